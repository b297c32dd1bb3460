"""What is told at the end: addresses, a token that works, the first numbers."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from data.records import Role
from evaluation.report import QualityReport
from serving.settings import Settings
from serving.up.stages import State, state
from serving.wiring import Application

TOKEN_LASTS: Final = timedelta(days=7)
"""How long the token in the printed line works."""

EXAMPLE: Final = {
    "item_id": "try-1",
    "language": "ko",
    "creator_id": "seller-0720",
    "category": "health_food",
    "expected_views": 54000,
    "data": {
        "title": "당뇨에 특효인 홍삼! 먹기만 하면 혈당이 뚝",
        "transcript": "한 달이면 당뇨 완치, 약 끊으셔도 됩니다",
        "ocr_text": "의사들이 숨기는 당뇨 치료제",
    },
}
"""An item that a health-claim policy is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """Where everything is, and how well it goes."""

    page: str
    """The page, with a link that signs in once."""
    docs: str
    mlflow: str | None
    """None where MLflow's pages are not shown."""
    mlflow_starts: bool
    """Whether they do not answer yet."""
    curl: str
    """A line for a shell that scores an item."""
    report: QualityReport
    found: State
    """What the ledger holds now."""


def greeting(application: Application, *, mlflow: str | None, mlflow_starts: bool = False) -> Greeting:
    """Make the credentials and read the numbers."""
    settings = application.settings
    token = application.auth.create_token(role=Role.QUEUE, name="tamis up", lasts=TOKEN_LASTS)
    link = application.auth.create_link(role=Role.QC_LEAD, name="tamis up")
    return Greeting(
        page=sign_in_address(settings, link.secret),
        docs=f"{address(settings)}/docs",
        mlflow=mlflow,
        mlflow_starts=mlflow_starts,
        curl=curl(settings, token.secret),
        report=application.quality.report(by=()),
        found=state(application),
    )


def address(settings: Settings) -> str:
    """Return where the service is reached from this machine.

    Examples
    --------
    >>> address(Settings(host="0.0.0.0", port=3100))
    'http://127.0.0.1:3100'
    """
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - replaced
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def sign_in_address(settings: Settings, secret: str) -> str:
    """Return the link that signs a person in."""
    return f"{address(settings)}/sign-in?token={secret}"


def curl(settings: Settings, token: str) -> str:
    """Return a line for a shell that scores `EXAMPLE`."""
    body = json.dumps({"items": [EXAMPLE]}, ensure_ascii=False)
    return (
        f"curl -s {address(settings)}/v1/scores -H 'Authorization: Bearer {token}' "
        f"-H 'Content-Type: application/json' -d {shlex.quote(body)}"
    )
