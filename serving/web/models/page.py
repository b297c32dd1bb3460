"""Models: which serves, which could, what was found about them, and putting one in charge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse, Response

from data.errors import Conflict, GateNotPassed, InvalidBundle, MissingEncoder, UnknownModel
from data.records import ANY
from evaluation.intervals import Interval
from evaluation.plain import plain
from serving.auth import Action
from serving.web import shown
from serving.web.models.words import WORDS, Words
from serving.web.shell import Door, Page, Visit

if TYPE_CHECKING:
    from training.judgement import Judgement

SHORTEST_REASON: Final = 5
MEASURES: Final = (
    "roc_auc",
    "average_precision",
    "macro_f1",
    "log_loss",
    "calibration_error",
    "predicted_to_true",
)

_SHARE_NAMES: Final = frozenset({"better_than_chance", "recall_not_lost", "recall_not_worse"})


def show(visit: Visit) -> Response:
    """Show the models, and one of them in full."""
    return _page(visit)


def show_json(visit: Visit) -> Response:
    """Return the same as data."""
    retraining, standing = visit.application.retraining, visit.application.champion.standing
    return JSONResponse(
        {
            "serving": standing.deployment.model if standing.deployment else None,
            "problem": standing.problem,
            "models": plain(retraining.judgements()),
            "deployments": plain(retraining.deployments()),
        }
    )


def show_charts(visit: Visit) -> Response:
    """Return the calibration plots of one model and of the one it was compared with."""
    from evaluation.charts import export, quality, style

    chosen = _chosen(visit, visit.application.retraining.judgements())
    theme = style.DARK if visit.query.get("theme") == "dark" else style.LIGHT
    charts = {} if chosen is None else dict(chosen.calibration)
    return JSONResponse(
        {
            who: export.specification(
                quality.calibration(
                    [
                        quality.CalibrationBin(
                            expected=one["expected"],
                            observed=one["observed"],
                            lower=one["interval"]["lower"],
                            upper=one["interval"]["upper"],
                            reviewed=one["reviewed"],
                        )
                        for one in bins
                    ],
                    language=visit.language,
                ),
                theme=theme,
            )
            for who, bins in charts.items()
            if bins
        }
    )


def keep_card(visit: Visit) -> Response:
    """Return the model card as it was written, in both languages."""
    chosen = _chosen(visit, visit.application.retraining.judgements())
    if chosen is None:
        raise UnknownModel
    name = f'attachment; filename="tamis-model-{chosen.version}.md"'
    headers = {"Content-Disposition": name}
    return Response(chosen.card, media_type="text/markdown; charset=utf-8", headers=headers)


def act(visit: Visit) -> Response:
    """Promote a model or roll back; where something is wrong, show the form as it was typed."""
    reason, version = visit.form.get("reason", "").strip(), visit.form.get("version", "")
    if len(reason) < SHORTEST_REASON:
        return _page(visit, status=HTTPStatus.UNPROCESSABLE_ENTITY, problem="short_reason")
    retraining, actor = visit.application.retraining, visit.actor.name
    try:
        deployment = (
            retraining.roll_back(actor=actor, reason=reason)
            if visit.form.get("do") == "roll_back"
            else retraining.promote(
                version, actor=actor, reason=reason, although=visit.form.get("although") == "yes"
            )
        )
    except GateNotPassed:
        return _page(visit, status=HTTPStatus.CONFLICT, problem="gate")
    except Conflict:
        return _page(visit, status=HTTPStatus.CONFLICT, problem="conflict")
    except (InvalidBundle, MissingEncoder):
        return _page(visit, status=HTTPStatus.CONFLICT, problem="broken")
    return visit.see(f"/models?done={deployment.model}")


def _page(visit: Visit, *, status: int = HTTPStatus.OK, problem: str = "") -> Response:
    application, words = visit.application, WORDS[visit.language]
    found, standing = application.retraining.judgements(), application.champion.standing
    chosen, deployments = _chosen(visit, found), application.retraining.deployments()
    serving = deployments[0] if deployments else None
    return visit.page(
        "models/models.html",
        words=WORDS,
        status=status,
        problem=problem,
        typed=visit.form,
        may_promote=visit.actor.may(Action.PROMOTE),
        done=visit.query.get("done", ""),
        serving=serving,
        wrong=standing.problem if serving else None,
        rows=[
            (one, _measure(one, "roc_auc", words), _measure(one, "average_precision", words)) for one in found
        ],
        chosen=chosen,
        compared=[] if chosen is None else _compared(chosen, words),
        slices=[] if chosen is None else _slices(chosen, words),
        conditions=[] if chosen is None else _conditions(chosen, words),
        facts=[] if chosen is None else _facts(chosen),
        measures=[] if chosen is None else _measures(chosen, words),
        before=application.retraining.before(),
        deployments=deployments,
        share=shown.setting,
    )


def _chosen(visit: Visit, found: Sequence[Judgement]) -> Judgement | None:
    version = visit.form.get("version") or visit.query.get("version", "")
    return next((one for one in found if one.version == version), found[0] if found and not version else None)


def _measure(one: Judgement, name: str, words: Words, part: str = "all") -> str:
    for measure in one.run["measures"]:
        if (measure["name"], measure["policy"], measure["part"]) == (name, ANY, part):
            return _told(measure["value"], measure["interval"], words)
    return words.unknown


def _measures(one: Judgement, words: Words) -> list[tuple[str, list[tuple[str, str]]]]:
    parts = list(dict.fromkeys(each["part"] for each in one.run["measures"]))
    return [(part, [(name, _measure(one, name, words, part)) for name in MEASURES]) for part in parts]


def _told(value: float | None, interval: Mapping[str, float] | None, words: Words) -> str:
    if value is None:
        return words.unknown
    ends = "" if interval is None else f" [{interval['lower']:.3f}, {interval['upper']:.3f}]"
    return f"{value:.3f}{ends}"


def _compared(one: Judgement, words: Words) -> list[tuple[str, str, str, str]]:
    if one.comparison is None:
        return []
    return [(name, *_sides(one.comparison[name], words)) for name in ("recall", "average_precision")]


def _slices(one: Judgement, words: Words) -> list[tuple[str, str, str, str, str]]:
    return [
        (each["value"], shown.count(each["comparison"]["hits"]), *_sides(each["comparison"]["recall"], words))
        for each in one.slices
    ]


def _sides(found: Mapping[str, Any], words: Words) -> tuple[str, str, str]:
    champion, challenger = (
        words.unknown if found[who] is None else f"{found[who]:.3f}" for who in ("champion", "challenger")
    )
    ends = Interval(**found["interval"])
    difference = (
        words.unknown
        if found["difference"] is None
        else f"{found['difference']:+.3f} [{ends.lower:+.3f}, {ends.upper:+.3f}]"
    )
    return champion, challenger, difference


def _conditions(one: Judgement, words: Words) -> list[tuple[str, bool, str]]:
    return [
        (
            words.conditions.get(each["name"], each["required"]),
            each["met"],
            words.unknown if each["value"] is None else _amount(each["name"], each["value"]),
        )
        for each in one.conditions
    ]


def _amount(name: str, value: float) -> str:
    return f"{value:.3f}" if name in _SHARE_NAMES or value % 1 else shown.count(value)


def _facts(one: Judgement) -> list[tuple[str, str]]:
    run, counts = one.run, one.run["counts"]
    learned = " – ".join(str(run[name])[:10] for name in ("learned_from", "learned_until") if run[name])
    return [
        ("snapshot", str(run["snapshot"])[:12]),
        ("rows", shown.count(counts["rows"])),
        ("violations", shown.count(counts["verdict"].get("violation", 0))),
        ("synthetic", shown.count(counts["source"].get("synthetic", 0))),
        ("learned", learned or "–"),
        ("judged", shown.count(run["split"]["judged"])),
        ("members", ", ".join(run["members"])),
        ("digest", one.digest[:12]),
    ]


PAGE: Final = Page(
    path="/models",
    name={language: words.title for language, words in WORDS.items()},
    action=Action.READ_MODELS,
    doors=(
        Door(path="/models", handle=show, action=Action.READ_MODELS),
        Door(path="/models", method="POST", handle=act, action=Action.PROMOTE),
        Door(path="/models.json", handle=show_json, action=Action.READ_MODELS),
        Door(path="/models/charts.json", handle=show_charts, action=Action.READ_MODELS),
        Door(path="/models/card.md", handle=keep_card, action=Action.READ_MODELS),
    ),
)
