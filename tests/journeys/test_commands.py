from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from serving.cli import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAMIS_HOME", str(tmp_path))
    # Words alone: what is tried here is the way through, not how good a model gets.
    monkeypatch.setenv("TAMIS_TRAINING__MEMBERS", '["ngrams"]')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def outcomes(home: Path) -> Path:
    dice = random.Random(5)
    lines = ["id,title,verdict"]
    for number in range(400):
        bad = number % 4 == 0
        words = ["완치 보장", "약 끊으세요"] if bad else ["오늘의 특가", "세일 안내"]
        lines.append(f"v{number},{dice.choice(words)} {dice.choice('가나다라마바사')} {number},{bad}")
    path = home / "outcomes.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (home / "mine.yaml").write_text(
        "name: mine\n"
        "id: id\n"
        "text: {title: title}\n"
        "outcome:\n"
        '  verdict: {column: verdict, violation: ["True"], no_violation: ["False"]}\n'
        "  inclusion_probability: {constant: 1.0}\n",
        encoding="utf-8",
    )
    return path


def _tamis(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_from_past_outcomes_to_a_model_in_charge_and_back(
    outcomes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(*words: str) -> Any:
        status, out, err = _tamis(capsys, *words, "--json")
        assert (status, err) == (0, "")
        return json.loads(out)  # and nothing but the answer stands on stdout

    assert _tamis(capsys, "migrate")[0] == 0
    assert answer("import", str(outcomes), "--mapping", "mine.yaml")["new_outcomes"] == 400
    first = answer("train")
    assert (first["version"], first["may_promote"]) == ("1", True)
    assert answer("models")["serving"] is None
    assert answer("promote", "1", "--reason", "the first model")["model"] == "1"

    status, out, _ = _tamis(capsys, "train", "--config", "linear", "--evaluate", "cv=2")
    assert status == 0
    assert "recall_not_worse" in out
    assert "tamis promote 2" in out

    assert answer("promote", "2", "--reason", "with facts about the item")["model"] == "2"
    assert answer("rollback", "--reason", "the first was better")["model"] == "1"
    listed = answer("models")
    assert listed["serving"] == "1"
    assert [one["version"] for one in listed["registered"]] == ["2", "1"]
    assert [one["model"] for one in listed["deployments"]] == ["1", "2", "1"]

    status, _, err = _tamis(capsys, "promote", "7", "--reason", "there is none")
    assert (status, err.count("\n")) == (1, 1)


def test_retraining_for_cron_learns_once_and_again_when_enough_is_new(
    outcomes: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(*words: str) -> Any:
        status, out, err = _tamis(capsys, *words, "--json")
        assert status == 0, err
        return json.loads(out)

    _tamis(capsys, "migrate")
    rows = outcomes.read_text(encoding="utf-8").splitlines(keepends=True)
    outcomes.write_text("".join(rows[:201]), encoding="utf-8")
    answer("import", str(outcomes), "--mapping", "mine.yaml")
    assert answer("retrain", "--dry-run")["candidate"] is None
    first = answer("retrain", "--promote")
    assert (first["due"], first["why"]) == (True, "there is no model yet")
    assert (first["candidate"]["version"], first["deployment"]["model"]) == ("1", "1")

    again = answer("retrain", "--promote")
    assert (again["due"], again["candidate"], again["deployment"]) == (False, None, None)
    assert again["why"] == "0 new labels are fewer than 500"

    outcomes.write_text("".join(rows), encoding="utf-8")
    answer("import", str(outcomes), "--mapping", "mine.yaml")
    monkeypatch.setenv("TAMIS_RETRAINING__NEW_ITEMS", "200")
    status, out, _ = _tamis(capsys, "retrain")
    assert status == 0
    assert "It is time: 200 new labels with 50 violations." in out
    assert "Model 2 is registered." in out
    assert answer("models")["serving"] == "1", "without --promote it waits for a person"


def test_a_replay_prints_every_estimate_beside_the_truth(
    outcomes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _tamis(capsys, "migrate")
    _tamis(capsys, "import", str(outcomes), "--mapping", "mine.yaml")
    words = ("replay", "--days", "2", "--warmup", "0.7", "--retrain-days", "5")
    status, out, err = _tamis(capsys, *words)
    assert status == 0, err
    assert "recall: estimate, truth" in out
    assert "simulated" in out


def test_what_cannot_be_replayed_is_refused_in_one_line(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _tamis(capsys, "migrate")
    for words in (["replay"], ["replay", "--days", "0"], ["replay", "--config", "nowhere"]):
        status, _, err = _tamis(capsys, *words)
        assert (status, err.count("\n")) == (1, 1), words
