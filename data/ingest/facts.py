"""The item and the decision that one row of a file describes, read as the mapping says."""

from __future__ import annotations

import json
from collections.abc import Mapping as Values
from datetime import datetime
from typing import Any, Final, Literal

from data.errors import Invalid
from data.ingest.mapping import Mapping
from data.ingest.outcomes import Policies, Verdicts, spelling
from data.ingest.sources import ItemName, Name, Source
from data.ingest.values import (
    SPACES,
    amount,
    cell,
    given,
    identifier,
    moment,
    number,
    parts,
    plain,
    short_digest,
    unless_null,
)  # fmt: skip
from data.records import Decision, Item, ItemType, ReviewType, Verdict

_WORD_LIMIT: Final = 200
_LANGUAGE_LIMIT: Final = 35

_AS_IT_STANDS: Final = Name(constant="-")

Cells = Values[str, Any]


def read_item(cells: Cells, mapping: Mapping) -> Item:
    """Return the item of a row, or refuse with the field at fault."""
    views = given(cells, mapping.views, mapping.null) if mapping.views else None
    return Item(
        item_id=_item_id(cells, mapping.id, mapping.null),
        item_version=_name(cells, mapping.version, mapping, field="version") or "1",
        item_type=_item_type(cells, mapping),
        creator_id=_name(cells, mapping.creator, mapping, field="creator"),
        language=_word(cells, mapping.language, mapping, field="language", limit=_LANGUAGE_LIMIT),
        category=_word(cells, mapping.category, mapping, field="category", limit=_WORD_LIMIT),
        submitted_at=read_moment(cells, mapping, "submitted"),
        data=_content(cells, mapping),
        expected_views=None if views is None else amount(views, field="views"),
        fingerprint=_name(cells, mapping.fingerprint, mapping, field="fingerprint"),
        source=f"import:{mapping.name}",
    )


def read_decision(
    cells: Cells, mapping: Mapping, item: Item, *, decided: datetime | None, now: datetime
) -> Decision | None:
    """Return the outcome of a row, None where it was not reviewed, or refuse with the field at fault.

    Its id follows from whose look at which item it was, so that the same outcome is the same decision
    however often it is imported.
    """
    outcome = mapping.outcome
    verdict = None if outcome is None else _verdict(cells, outcome.verdict, mapping.null)
    if outcome is None or verdict is None:
        return None
    reviewer = _name(cells, outcome.reviewer, mapping, field="outcome.reviewer") or "unknown"
    look = [mapping.name, *item.key, reviewer, decided.isoformat() if decided else None]
    reason = _word(cells, outcome.reason, mapping, field="outcome.reason", limit=20_000)
    policies = outcome.policies if verdict is Verdict.VIOLATION else None
    return Decision(
        decision_id=_name(cells, outcome.id, mapping, field="outcome.id") or f"import-{_digest(look)}",
        item_id=item.item_id,
        item_version=item.item_version,
        reviewer_id=reviewer,
        review_type=ReviewType.IMPORTED,
        verdict=verdict,
        decided_at=decided or now,
        policies=_policies(cells, policies, mapping.null) if policies else (),
        reason=reason or "",
        started_at=read_moment(cells, mapping, "started"),
        inclusion_probability=_chance(cells, outcome.inclusion_probability, mapping.null),
    )


def read_moment(
    cells: Cells, mapping: Mapping, name: Literal["submitted", "started", "decided"]
) -> datetime | None:
    """Return one of the moments of a row, None where the file does not say."""
    source = getattr(mapping.times, name)
    value = given(cells, source, mapping.null) if source else None
    return None if value is None else moment(value, source, field=f"times.{name}")


def _item_id(cells: Cells, source: ItemName, null: tuple[str, ...]) -> str:
    if not source.content:
        value = given(cells, source, null)
        if value is None:
            raise Invalid("id is empty. Every row needs one, or set id.content in the mapping.", field="id")
        return identifier(value, source, field="id")
    texts = [
        None if (value := unless_null(cell(cells, name), null)) is None else plain(value, field=f"id.{name}")
        for name in source.content
    ]
    if not any(texts):
        raise Invalid(f"id cannot be made: {', '.join(source.content)} are empty.", field="id")
    return source.prefix + _digest(texts)


def _digest(values: list[str | None]) -> str:
    return short_digest(json.dumps(values, ensure_ascii=False))


def _item_type(cells: Cells, mapping: Mapping) -> ItemType:
    value = given(cells, mapping.item_type, mapping.null)
    try:
        return ItemType(str(value or ItemType.VIDEO))
    except ValueError as error:
        raise Invalid(
            f"item_type must be one of {', '.join(ItemType)}; got {value!r}.", field="item_type"
        ) from error


def _content(cells: Cells, mapping: Mapping) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name, source in mapping.text.given():
        field = f"text.{name}"
        value = given(cells, source, mapping.null)
        if value is None:
            continue
        if name == "hashtags":
            content[name] = parts(value, source.split or SPACES, field=field)
        elif source.split is not None:
            content[name] = " ".join(parts(value, source.split, field=field))
        else:
            content[name] = plain(value, field=field)
    if mapping.duration_s and (value := given(cells, mapping.duration_s, mapping.null)) is not None:
        content["duration_s"] = amount(value, field="duration_s")
    for name, extra in mapping.extra.items():
        if (value := given(cells, extra, mapping.null)) is not None:
            field = f"extra.{name}"
            content[name] = (
                number(value, field=field) if extra.type == "number" else plain(value, field=field)
            )
    return content


def _name(cells: Cells, source: Name | None, mapping: Mapping, *, field: str) -> str | None:
    value = given(cells, source, mapping.null) if source else None
    return None if value is None or source is None else identifier(value, source, field=field)


def _word(cells: Cells, source: Source | None, mapping: Mapping, *, field: str, limit: int) -> str | None:
    value = given(cells, source, mapping.null) if source else None
    return None if value is None else plain(value, field=field, limit=limit).strip()


def _verdict(cells: Cells, verdicts: Verdicts, null: tuple[str, ...]) -> Verdict | None:
    value = cell(cells, verdicts.column)
    text = "" if value is None else plain(value, field="outcome.verdict")
    if (
        known := verdicts.table.get(spelling(text))
    ) is not None:  # before null: a set may call a verdict "none"
        return known
    if value is None or text.strip() in null:
        return None
    if verdicts.default is None:
        raise Invalid(
            f"outcome.verdict does not say what {text[:60]!r} means. List it under violation, "
            "no_violation, unsure or unreviewable, or set outcome.verdict.default.",
            field="outcome.verdict",
        )
    return verdicts.default


def _policies(cells: Cells, policies: Policies, null: tuple[str, ...]) -> tuple[str, ...]:
    value = unless_null(cell(cells, policies.column), null)
    found: dict[str, None] = {}
    for text in () if value is None else parts(value, policies.split, field="outcome.policies"):
        policy_id = _policy_id(text) if policies.map is None else policies.map.get(text)
        if policy_id is not None:
            found[policy_id] = None
        elif policies.unmapped == "refuse":
            raise Invalid(
                f"outcome.policies.map does not have {text[:60]!r}. Add it, or set "
                "outcome.policies.unmapped: ignore.",
                field="outcome.policies",
            )
    return tuple(found)


def _chance(cells: Cells, source: Source, null: tuple[str, ...]) -> float:
    field = "outcome.inclusion_probability"
    value = given(cells, source, null)
    if value is None:
        raise Invalid(f"{field} is empty. Give the chance this item had of being reviewed.", field=field)
    chance = number(value, field=field)
    if not 0 < chance <= 1:
        raise Invalid(f"{field} must be above 0 and at most 1; got {chance!r}.", field=field)
    return chance


def _policy_id(text: str) -> str:
    return identifier(text, _AS_IT_STANDS, field="outcome.policies")
