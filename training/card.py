"""
The model card, written from the record of the run: first in English, then in Korean.

Sections and their order are those of common model-card schemas. Nothing in it is typed by hand, so nothing
in it can be out of date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from data.records import ANY
from evaluation.comparison import Comparison
from training.card_words import HEADINGS, WORDS
from training.promotion import Verdict

SECTIONS: Final = (
    "trainingData",
    "policyAndTaxonomy",
    "annotationMethodology",
    "performanceBenchmarks",
    "biasAndLimitations",
    "implementationGuidance",
    "relevantLinks",
)
"""The sections, in order; each is an anchor in the Markdown."""

_SYNTHETIC: Final = "synthetic"


def render(run: Mapping[str, Any], *, comparison: Comparison | None, verdict: Verdict) -> str:
    """Return the card of a run as Markdown, in both languages."""
    return "\n".join(
        line
        for language in ("en", "ko")
        for line in _card(run, comparison, verdict, WORDS[language], language)
    )


def _card(
    run: Mapping[str, Any],
    comparison: Comparison | None,
    verdict: Verdict,
    words: Mapping[str, str],
    language: str,
) -> list[str]:
    bodies = {
        "trainingData": _data(run, words),
        "policyAndTaxonomy": _policies(run, words),
        "annotationMethodology": [words["annotation"]],
        "performanceBenchmarks": _performance(run, comparison, verdict, words),
        "biasAndLimitations": _limits(run, words),
        "implementationGuidance": [words["guidance"].format(encoder=_encoder(run, words))],
        "relevantLinks": [words["links"].format(snapshot=run["snapshot"])],
    }
    lines = [f"# {words['title']}", ""]
    if _share_synthetic(run) > 0:
        lines += [f"> **{words['synthetic'].format(share=_share_synthetic(run))}**", ""]
    for section in SECTIONS:
        lines += [f'<a id="{section}-{language}"></a>', f"## {HEADINGS[language][section]}", ""]
        lines += [*bodies[section], ""]
    return lines


def _data(run: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    counts = run["counts"]
    sources = ", ".join(f"{name} ({count:,})" for name, count in counts["source"].items())
    verdicts = counts["verdict"]
    return [
        words["data"].format(
            rows=counts["rows"],
            violations=verdicts.get("violation", 0),
            sources=sources,
            as_of=run["as_of"],
            snapshot=run["snapshot"][:16],
        ),
        "",
        words["split"].format(
            by=words[f"by_{run['split']['by']}"],
            learned=run["split"]["learned"],
            judged=run["split"]["judged"],
            first=run["learned_from"] or "–",
            last=run["learned_until"] or "–",
        ),
        "",
        words["weights"].format(
            tempering=run["settings"]["learning_weights"], smallest=run["smallest_chance"]
        ),
    ]


def _policies(run: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    lines = [
        words["policies"],
        "",
        f"| {words['policy']} | {words['hits']} | {words['how']} |",
        "|---|---|---|",
    ]
    for policy, hits in run["policies"].items():
        share = run["shares"].get(policy)
        how = words["own"] if share is None else words["shared"].format(share=share)
        lines.append(f"| {policy} | {hits} | {how} |")
    return lines


def _performance(
    run: Mapping[str, Any], comparison: Comparison | None, verdict: Verdict, words: Mapping[str, str]
) -> list[str]:
    lines = [
        words["performance"],
        "",
        f"| {words['measure']} | {words['policy']} | {words['part']} | {words['value']} | "
        f"{words['interval']} | {words['items']} | {words['hits']} |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in run["measures"]:
        policy = words["any"] if one["policy"] == ANY else one["policy"]
        part = words.get(f"part_{one['part']}", one["part"])
        lines.append(
            f"| {words.get(one['name'], one['name'])} | {policy} | {part} | {_number(one['value'])} | "
            f"{_interval(one['interval'])} | {one['items']:,} | {one['hits']:,} |"
        )
    lines += ["", f"| {words['condition']} | {words['value']} | {words['met']} |", "|---|---|---|"]
    lines += [
        f"| {words[condition.name]} | {_number(condition.value)} | "
        f"{words['yes'] if condition.met else words['no']} |"
        for condition in verdict.conditions
    ]
    return lines + _difference(comparison, words)


def _difference(comparison: Comparison | None, words: Mapping[str, str]) -> list[str]:
    if comparison is None:
        return ["", words["first"]]
    recall = comparison.recall
    return [
        "",
        words["compared"].format(
            items=comparison.reviewed,
            hits=comparison.hits,
            workload=comparison.workload,
            before=_number(recall.champion),
            after=_number(recall.challenger),
            lower=recall.interval.lower,
            upper=recall.interval.upper,
        ),
    ]


def _limits(run: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    lines = [
        f"- {words[name]}" for name in ("limit_text", "limit_population", "limit_creator", "limit_slices")
    ]
    if run["shares"]:
        lines.append("- " + words["limit_shared"].format(policies=", ".join(run["shares"])))
    return lines


def _encoder(run: Mapping[str, Any], words: Mapping[str, str]) -> str:
    settings = run["settings"]
    return settings["encoder"]["name"] if "encoder" in settings["members"] else words["no_encoder"]


def _share_synthetic(run: Mapping[str, Any]) -> float:
    counts: Mapping[str, int] = run["counts"]["source"]
    made_up = sum(count for name, count in counts.items() if _SYNTHETIC in name)
    return made_up / max(sum(counts.values()), 1)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _interval(interval: Mapping[str, float] | None) -> str:
    return "–" if interval is None else f"[{interval['lower']:.3g}, {interval['upper']:.3g}]"


def headings(language: str) -> Sequence[str]:
    """Return the headings of the sections in a language, in order."""
    return [HEADINGS[language][section] for section in SECTIONS]
