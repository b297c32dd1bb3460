"""The groups of settings of the running process."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

_FORBID: Final = ConfigDict(extra="forbid", frozen=True)


class TriageSettings(BaseModel):
    """How items are scored and routed."""

    model_config = _FORBID

    ledger_deadline_s: float = Field(default=2.0, gt=0, le=60)
    """Seconds the ledger has to answer. After that an item goes to full review, unrecorded, saying so."""
    scoring_deadline_s: float = Field(default=10.0, gt=0, le=120)
    """Seconds the model has for one request. What is not scored by then goes to full review."""
    most_waiting: int = Field(default=1000, ge=100)
    """Items that may wait for the model. More are refused with 429."""
    batch_items: int = Field(default=32, ge=1, le=256)
    """Items scored together, at most."""
    batch_characters: int = Field(default=40_000, ge=1_000)
    """Characters of text scored together, at most; an item longer than that is scored alone."""
    scoring_threads: int = Field(default=0, ge=0, le=64)
    """Batches scored at the same time in one process; 0: one a core, shared among the processes."""
    history_days: float = Field(default=14.0, ge=1, le=90)
    """Days of past routings from which the audit rates of a day are solved."""


class SecondLookSettings(BaseModel):
    """Chances that somebody else looks at a settled item again. 0 turns it off: verdicts are the truth."""

    model_config = _FORBID

    audit_violations: float = Field(default=0.0, ge=0, le=1)
    """Violations found in audits. Each stands for many items: 1 confirms every one of them."""
    flagged_violations: float = Field(default=0.0, ge=0, le=1)
    """Violations found in full review."""
    clean: float = Field(default=0.0, ge=0, le=1)
    """What was found clean, in audits and in full review."""


class ReviewSettings(BaseModel):
    """How people get work."""

    model_config = _FORBID

    lease_minutes: float = Field(default=30.0, gt=0, le=24 * 60)
    """Minutes a claimed job stays with its reviewer. After that anybody may claim it."""
    second_looks: SecondLookSettings = SecondLookSettings()
    score_visible_share: float = Field(default=0.0, ge=0, le=1)
    """Share of the jobs whose reviewer sees score and evidence. Who sees a score leans towards it."""


class MediaSettings(BaseModel):
    """The clips of items."""

    model_config = _FORBID

    folder: str = ""
    """Where clips and frames lie; ``data.media`` of an item is a path below it. Empty: texts only."""
    orientation: Literal["", "portrait", "landscape", "square"] = ""
    """How clips should stand; other ones are told apart. Empty: any way will do."""
    watched_at_once: int = Field(default=2, ge=1, le=64)
    """Clips read at the same time in one process; each is a process of its own and takes about a second."""


class ChampionSettings(BaseModel):
    """How the service follows the model in force."""

    model_config = _FORBID

    poll_s: float = Field(default=0.5, gt=0, le=60)
    """Seconds between two looks at the ledger's newest deployment."""


class AccessSettings(BaseModel):
    """How people and programs prove who they are."""

    model_config = _FORBID

    link_minutes: float = Field(default=60.0, gt=0, le=24 * 60)
    """Minutes a sign-in link works. It works once."""
    session_hours: float = Field(default=8.0, gt=0, le=24 * 7)
    """Hours a browser stays signed in."""
    remember_s: float = Field(default=5.0, ge=0, le=60)
    """Seconds a checked token is not looked up again: a revoked one may work this much longer."""


class ServerSettings(BaseModel):
    """How requests are taken in."""

    model_config = _FORBID

    threads: int = Field(default=32, ge=2, le=256)
    """Requests worked on at the same time in one process."""
    most_waiting: int = Field(default=128, ge=1)
    """Requests that may wait for a free thread. More are refused with 429."""
    workers: int = Field(default=1, ge=1, le=64)
    """Processes. More than one needs PostgreSQL, or one machine."""
    behind_proxy: bool = False
    """A proxy in front ends TLS. Without one Tamis serves this machine only; with it cookies need TLS."""
    drain_s: float = Field(default=1.0, ge=0, le=600)
    """Seconds after the signal to stop in which requests are still taken, each on its last connection."""


class RegistrySettings(BaseModel):
    """Where models are registered."""

    model_config = _FORBID

    tracking_uri: str = ""
    """An MLflow tracking server. Empty: a database of its own in var/mlflow."""
    port: int = Field(default=5000, ge=1, le=65_535)
    """Where `tamis up` shows MLflow's own pages, on this machine only, if no tracking server is set."""


class DemoSettings(BaseModel):
    """The synthetic month that `tamis up` builds."""

    model_config = _FORBID

    items: int = Field(default=9_500, ge=500)
    """Items of the month."""
    seed: int = 20260601
    """The same seed makes the same month."""
