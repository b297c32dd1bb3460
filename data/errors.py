"""
Everything this system refuses to do.

* TriageError
  + NotFound
    - UnknownItem
    - UnknownJob
    - UnknownModel
    - UnknownPolicy
    - UnknownPlan
  + Conflict
    - AlreadySubmitted
    - AlreadyRecorded
    - ClaimLost
    - StaleModel
    - PlanChanged
    - NotSealed
  + Invalid
    - InvalidMapping
    - InvalidPlan
    - InvalidBundle
    - InvalidSettings
    - MediaRefused
  + Denied
    - NotSignedIn
    - NotAllowed
  + Unprepared
    - NoPlan
    - NoChampion
    - TooFewLabels
    - MissingEncoder
    - MissingExtra
    - DatabaseBehind
    - DatabaseAhead
    - PortInUse
    - Unsafe
  + Overloaded
  + LedgerUnavailable

The docstring of a class is its message when none is given, and says what to do.
"""

from __future__ import annotations

import inspect


class TriageError(Exception):
    """The request was refused."""

    def __init__(self, message: str | None = None, *, field: str | None = None) -> None:
        self.field = field
        """Path of the field at fault, for example ``items/3/item_id``; None where there is none."""
        super().__init__(message or inspect.cleandoc(self.__doc__ or type(self).__name__))


class NotFound(TriageError):
    """There is nothing of that name."""


class UnknownItem(NotFound):
    """No item of that id was submitted or imported."""


class UnknownJob(NotFound):
    """No job of that id was made."""


class UnknownModel(NotFound):
    """No model of that version is registered. `tamis models` lists them."""


class UnknownPolicy(NotFound):
    """No policy of that id stands in configs/policies.yaml."""


class UnknownPlan(NotFound):
    """No plan of that version was set."""


class Conflict(TriageError):
    """The request contradicts what is already recorded."""


class AlreadySubmitted(Conflict):
    """This item_id and item_version were submitted with other content. Send a new item_version."""


class AlreadyRecorded(Conflict):
    """This event_id was recorded with another body. Send a new event_id."""


class ClaimLost(Conflict):
    """The job is held by somebody else or finished. Claim the next one."""


class StaleModel(Conflict):
    """The score was made by a model that no longer serves. Score again."""


class GateNotPassed(Conflict):
    """The model does not pass the gate."""


class PlanChanged(Conflict):
    """Another plan came into force meanwhile. Look at it, then decide again."""


class NotSealed(Conflict):
    """Facts about the item came in just now and are not sealed yet. Erase it again."""


class Invalid(TriageError):
    """The input cannot be used."""


class InvalidMapping(Invalid):
    """The mapping file cannot be used."""


class InvalidPlan(Invalid):
    """The plan cannot be used."""


class InvalidBundle(Invalid):
    """The model's files differ from their manifest. It is not loaded."""


class InvalidSettings(Invalid):
    """A setting cannot be used. configs/default.yaml lists them all."""


class MediaRefused(Invalid):
    """The file cannot be read safely. Let a person look at it."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        """One of `data.media.reasons.Reason`, for counting and for choosing what to say."""
        self.detail = detail
        """What was seen, in technical words; empty where the reason says it all."""
        said = reason.replace("_", " ").capitalize()
        super().__init__(f"{said}: {detail}" if detail else f"{said}.")


class Denied(TriageError):
    """This is not allowed."""


class NotSignedIn(Denied):
    """A valid token is needed. Make one with `tamis token create --role queue`."""


class NotAllowed(Denied):
    """The role of this token may not do that."""


class Unprepared(TriageError):
    """Something must be set up first."""


class NoPlan(Unprepared):
    """No plan is in force. Run `tamis up`, or POST one to /v1/plans."""


class NoChampion(Unprepared):
    """No model is promoted. Run `tamis train`, then `tamis promote`."""


class TooFewLabels(Unprepared):
    """There are too few labels to learn from. Import outcomes or review more items first."""


class MissingEncoder(Unprepared):
    """The text encoder's files are not there. Run `tamis up`, or set training.encoder to a local path."""


class MissingExtra(Unprepared):
    """An optional part is not installed."""


class DatabaseBehind(Unprepared):
    """The ledger was written by an older version. Run `tamis migrate`."""


class DatabaseAhead(Unprepared):
    """The ledger was written by a newer version. Install that version, or restore a backup."""


class Unsafe(Unprepared):
    """The settings are unsafe. `tamis doctor` says what to mend."""


class PortInUse(Unprepared):
    """The port is taken. Choose another with --port."""


class Overloaded(TriageError):
    """More is waiting than can be answered in time. Send it again later; treat it as full review."""


class LedgerUnavailable(TriageError):
    """The ledger does not answer. Nothing was recorded; send the same again later."""
