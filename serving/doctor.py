"""
Whether this installation is safe and ready: `tamis doctor`, and what is refused before anything is served.

Things are looked at and not mended. What is *unsafe* keeps the service from starting; what needs
*attention* does not, since a service without a model still sends everything to full review.
"""

from __future__ import annotations

import ipaddress
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from data.errors import InvalidBundle, InvalidSettings, TriageError, Unsafe
from serving.settings import Settings
from serving.spool import Spool
from serving.wiring import Application
from training import bundle

State = Literal["fine", "attention", "unsafe"]

LEAST_SPACE: Final = 1 << 30
"""Bytes. With less the disk may be full before somebody looks."""

MOST_AHEAD: Final = timedelta(minutes=1)
"""Clocks of servers may differ by so much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    about: str
    state: State
    text: str
    remedy: str = ""


def examine(settings: Settings, open_application: Callable[[], Application]) -> Iterator[Finding]:
    """Yield what was found about everything.

    Parameters
    ----------
    settings : Settings
        Of the installation.
    open_application : callable
        Opens it; what it raises is a finding. It is closed again.
    """
    yield from safety(settings)
    yield _space(settings.var)
    try:
        application = open_application()
    except TriageError as wrong:
        yield Finding(about="ledger", state="attention", text=str(wrong))
        return
    try:
        yield Finding(about="ledger", state="fine", text="Its tables are those of this version.")
        yield from _ledger(settings, application)
    finally:
        application.close()


def safety(settings: Settings) -> Iterator[Finding]:
    """Yield what can be told from settings and files alone."""
    yield _address(settings)
    yield _tracking(settings.registry.tracking_uri)
    yield _private(
        "draw key", settings.draw_key, why="Whoever reads it can foresee which videos are audited."
    )
    yield _private("seal key", settings.seal_key, why="Whoever reads it can seal a ledger that was changed.")
    file, url = settings.config or settings.var / "config.yaml", settings.store.url
    # The address may come from a variable, too.
    if urlsplit(url).password and file.exists() and url in file.read_text(encoding="utf-8"):
        yield _private("settings file", file, why="It holds the password of the database.")


def refuse_unsafe(settings: Settings) -> None:
    """Raise `Unsafe` with everything that is unsafe, and how to mend it."""
    wrong = [one for one in safety(settings) if one.state == "unsafe"]
    if wrong:
        raise Unsafe(" ".join(f"{one.text} {one.remedy}" for one in wrong))


def _address(settings: Settings) -> Finding:
    host = settings.host
    if _is_this_machine(host):
        return Finding(about="address", state="fine", text=f"Listens on {host}: this machine only.")
    if settings.server.behind_proxy:
        return Finding(about="address", state="fine", text=f"Listens on {host}; a proxy in front ends TLS.")
    return Finding(
        about="address",
        state="unsafe",
        text=f"host is {host}: tokens and sessions would cross the network in the clear.",
        remedy="Set host to 127.0.0.1; or let a proxy in front end TLS, and set server.behind_proxy to true.",
    )


def _tracking(uri: str) -> Finding:
    parts = urlsplit(uri)
    if parts.scheme == "http" and not _is_this_machine(parts.hostname or ""):
        return Finding(
            about="tracking server",
            state="attention",
            text=f"registry.tracking_uri reaches {parts.hostname} without TLS.",
            remedy="Use https. Bundles are checked by their digests; what is told about runs is not.",
        )
    return Finding(about="tracking server", state="fine", text="Reached on this machine, or through TLS.")


def _private(about: str, file: Path, *, why: str) -> Finding:
    if not file.exists():
        return Finding(about=about, state="fine", text="There is none yet.")
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        return Finding(
            about=about,
            state="unsafe",
            text=f"{file} is open to others on this machine. {why}",
            remedy=f"Run: chmod go-rwx {file}",
        )
    return Finding(about=about, state="fine", text=f"Only its owner reads {file.name}.")


def _space(var: Path) -> Finding:
    free = shutil.disk_usage(var if var.exists() else var.parent).free
    if free >= LEAST_SPACE:
        return Finding(about="disk", state="fine", text=f"{free / (1 << 30):,.1f} GiB are free.")
    return Finding(
        about="disk",
        state="attention",
        text=f"{free / (1 << 20):,.0f} MiB are free. On a full disk nothing is recorded: all is full review.",
        remedy=f"Make room where {var} lies.",
    )


def _spool(spool: Spool) -> Finding:
    if refused := spool.refused():
        return Finding(
            about="spool",
            state="attention",
            text=f"{len(refused)} answers of full review cannot be recorded; the first is {refused[0]}.",
            remedy="See answer_not_recorded in the log; send the items again with a new item_version.",
        )
    if waiting := spool.waiting():
        return Finding(
            about="spool",
            state="attention",
            text=f"{len(waiting)} answers of full review are not in the ledger yet.",
            remedy="They are recorded while `tamis serve` runs and the ledger answers.",
        )
    return Finding(about="spool", state="fine", text="Every answer is in the ledger.")


def _seals(application: Application) -> Finding:
    try:
        newest = application.sealer.newest()
    except InvalidSettings as wrong:
        return Finding(about="seals", state="attention", text=str(wrong))
    text = "Nothing is sealed yet." if newest is None else f"The head is {newest.head}."
    return Finding(about="seals", state="fine", text=f"{text} tamis verify reads it all.")


def _ledger(settings: Settings, application: Application) -> Iterator[Finding]:
    yield _spool(application.spool)
    yield _seals(application)
    now = application.clock()
    with application.store.read() as session:
        plan, deployment = session.plans.in_force(now), session.deployments.active()
        last = session.ledger.activity(day=now, week=now).last_item_at
    if last is not None and last > now + MOST_AHEAD:
        yield Finding(
            about="clock",
            state="attention",
            text=f"The newest item came in at {last:%Y-%m-%d %H:%M:%S}, which is still to come.",
            remedy="Set the clock of this machine (NTP), and of the others that share the ledger.",
        )
    else:
        yield Finding(about="clock", state="fine", text="No record lies in the future.")
    if plan is None:
        text = "None is in force: everything goes to full review."
        yield Finding(about="plan", state="attention", text=text, remedy="Set one: tamis plan set --help")
    else:
        yield Finding(about="plan", state="fine", text=f"{plan.version} is in force.")
    if deployment is None:
        text = "None is in charge: everything goes to full review."
        yield Finding(about="model", state="attention", text=text, remedy="tamis train, then tamis promote")
        return
    try:
        bundle.checked_contents(settings.bundles / deployment.bundle, deployment.digest)
    except InvalidBundle as wrong:
        remedy = "Restore its files, or run: tamis rollback --reason WHY"
        yield Finding(about="model", state="attention", text=str(wrong), remedy=remedy)
        return
    text = f"Version {deployment.model} is in charge; its files are the ones that were registered."
    yield Finding(about="model", state="fine", text=text)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
