"""Every page there is, and the site they make together with the API."""

from __future__ import annotations

from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from serving import metrics
from serving.web.models import page as models
from serving.web.planner import page as planner
from serving.web.report import page as report
from serving.web.review import page as review
from serving.web.reviewers import page as reviewers
from serving.web.shell import Page, Shell
from serving.web.signing import page as signing
from serving.web.today import page as today
from serving.wiring import Application

PAGES: Final[tuple[Page, ...]] = (
    today.PAGE,
    review.PAGE,
    planner.PAGE,
    report.PAGE,
    models.PAGE,
    reviewers.PAGE,
)
"""In the order of the navigation."""


def create_site(application: Application, *, api: ASGIApp) -> Starlette:
    """Return the whole site: the pages, the metrics, and the API for every path that is neither."""
    pages = Shell(application, PAGES).routes(signing.DOORS)
    return Starlette(routes=[*pages, Route("/metrics", _metrics), Mount("/", app=api)])


def _metrics(_: Request) -> Response:
    content, media_type = metrics.exposition()
    return Response(content, headers={"Content-Type": media_type})
