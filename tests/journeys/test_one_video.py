"""One video from its upload to the report, through the front door, with a restart in the middle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from data.records import ANY, CreatorHistory, Item, Role, Score
from data.settings import StoreSettings
from data.store.store import Store
from serving import wiring
from serving.api.app import create_app
from serving.drafts import Draft
from serving.settings import Settings
from serving.wiring import Application

CLAIM = "혈당이 뚝! 당뇨 완치 홍삼"


class Keyword:
    """A model of one word."""

    version = "1"

    def score(
        self, items: Sequence[Item], histories: Mapping[str, CreatorHistory], *, scored_at: datetime
    ) -> list[Score | Exception]:
        return [
            Score(
                score_id=f"score-{item.item_id}",
                item_id=item.item_id,
                item_version=item.item_version,
                model=self.version,
                violation_probability=(p := 0.9 if "완치" in item.text("title") else 0.01),
                policy_scores={"health_claim": p},
                scored_at=scored_at,
            )
            for item in items
        ]


@contextmanager
def _running(settings: Settings) -> Iterator[tuple[Application, TestClient]]:
    application = wiring.build(settings, load=lambda _: Keyword())
    try:
        with TestClient(create_app(application)) as client:
            yield application, client
    finally:
        application.close()


@pytest.fixture
def settings(url: str, tmp_path: Path) -> Settings:
    with Store(url) as store, store.begin() as session:
        session.deployments.append(
            model="1", bundle="b", digest="d", actor="test", reason="the first", deployed_at=wiring.now()
        )
    return Settings(home=tmp_path, store=StoreSettings(url=url))


def _bearer(application: Application, role: Role, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {application.auth.create_token(role=role, name=name).secret}"}


def test_a_video_is_scored_reviewed_and_reported(settings: Settings) -> None:
    with _running(settings) as (application, client):
        queue = _bearer(application, Role.QUEUE, "the queue")
        reviewer = _bearer(application, Role.REVIEWER, "mina")
        lead = _bearer(application, Role.QC_LEAD, "lead")
        application.plans.set(
            Draft(thresholds={ANY: 0.5}, daily_budget=100), author="lead", reason="to begin", expected=None
        )

        video = {"item_id": "video-1", "language": "ko", "expected_views": 54000, "data": {"title": CLAIM}}
        others = [{"item_id": f"calm-{number}", "data": {"title": "계란찜"}} for number in range(9)]
        answer = client.post("/v1/scores", json={"items": [video, *others]}, headers=queue)
        assert answer.status_code == 200, answer.text
        first = answer.json()["results"][0]
        assert (first["route"], first["queue"], first["degraded"]) == ("full_review", "ko", None)

    # Everything stops and starts again. Nothing that was acknowledged is lost, nothing is decided anew.
    with _running(settings) as (application, client):
        again = client.post("/v1/scores", json={"items": [video]}, headers=queue).json()["results"][0]
        assert again.pop("replay") is True
        assert again == {name: value for name, value in first.items() if name != "replay"}

        claimed = client.post("/v1/queue/claim", json={"queue": "ko"}, headers=reviewer).json()
        assert claimed["item"]["data"]["title"] == CLAIM
        decision: dict[str, Any] = {
            "event": "decision.created",
            "event_id": "event-1",
            "occurred_at": wiring.now().isoformat(),
            "payload": {
                "item_id": "video-1",
                "item_version": "1",
                "job_id": claimed["job"]["job_id"],
                "reviewer_id": "mina",
                "verdict": "violation",
                "policies": ["health_claim"],
                "reason": "병이 낫는다고 함",
            },
        }
        assert client.post("/v1/events", json=decision, headers=reviewer).status_code == 201
        assert client.post("/v1/events", json=decision, headers=reviewer).status_code == 200

        facts = client.get("/v1/items/video-1/timeline", headers=lead).json()["facts"]
        assert [fact["kind"] for fact in facts] == ["item", "score", "routing", "job", "decision"]

        report = client.get("/v1/reports/quality", params={"by": "language"}, headers=lead).json()
        assert report["workload"]["items"] == 10
        precision = next(one for one in report["estimates"] if one["name"] == "precision")
        assert (precision["value"], precision["hits"]) == (1.0, 1)
        recall = next(one for one in report["estimates"] if one["name"] == "recall")
        # Nothing was audited yet: what was missed below the threshold is not known, and the interval says so.
        assert recall["interval"]["lower"] < 0.5
        assert recall["interval"]["upper"] == 1


def test_a_crash_before_the_commit_leaves_nothing_and_the_draw_stays(settings: Settings) -> None:
    item = Item(item_id="video-1", data={"title": "계란찜"})
    with _running(settings) as (application, _):
        application.plans.set(
            Draft(thresholds={ANY: 0.5}, daily_budget=100), author="lead", reason="to begin", expected=None
        )
        [promised] = application.triage.submit([item], dry_run=True)
        with application.store.read() as session:
            assert session.ledger.counts()["items"] == 0
    with _running(settings) as (application, _):
        [kept] = application.triage.submit([item])
        assert kept.routing.draw == promised.routing.draw
        assert kept.recorded
