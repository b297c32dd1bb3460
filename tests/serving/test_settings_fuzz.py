"""Settings, policies, plan options and goals that nobody meant: refused as what they are, never a crash."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from data.errors import InvalidSettings, TriageError
from evaluation import goals
from serving import configs
from serving.cli.planning import _threshold
from serving.settings import Settings, names, read, variable

QUIET = settings(
    max_examples=80,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
ODD = st.sampled_from(
    ["", ":", "- ", "&a ", "*a", "? ", "\t", "'", '"', "[", "{", "]", "}", "!!int x", "!!float x", "%", "|",
     "\0", "2026-02-30", "~", "\n", "\n  ", "null", "0x", "1e999", "-1", ".nan", "9" * 5000, "yes", "한",
     "\x1b", "=", "!!python/object/apply:os.system [x]"]
)  # fmt: skip


def _mutated(text: str) -> st.SearchStrategy[str]:
    @st.composite
    def change(draw: Any) -> str:
        changed = text
        for _ in range(draw(st.integers(1, 3))):
            start = draw(st.integers(0, len(changed)))
            changed = changed[:start] + draw(ODD) + changed[start + draw(st.integers(0, 12)) :]
        return changed

    return change()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings")


@QUIET
@given(text=_mutated(configs.shipped("default.yaml").read_text("utf-8")))
@example(text="triage: &a {ledger_deadline_s: *a}")
@example(text="port: 2026-02-30")
@example(text="port: " + "9" * 5000)
@example(text="[" * 5000)
@example(text="? [a]\n: b")
def test_a_settings_file_that_is_put_wrong_is_refused_as_such(folder: Path, text: str) -> None:
    path = folder / "config.yaml"
    path.write_text(text, "utf-8")
    with contextlib.suppress(InvalidSettings):
        assert isinstance(read(home=folder, config=path), Settings)


@QUIET
@given(
    name=st.sampled_from(names()), value=ODD | st.text(st.characters(exclude_characters="\0"), max_size=20)
)
@example(name="training.encoder.path", value="\ud800")
def test_a_variable_that_is_put_wrong_is_refused_as_such(folder: Path, name: str, value: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for known in [one for one in os.environ if one.startswith("TAMIS_")]:
            patch.delenv(known)
        patch.setenv("TAMIS_HOME", str(folder / "home"))
        try:
            patch.setenv(variable(name), value)
        except (ValueError, UnicodeError):
            return  # no variable can hold that
        with contextlib.suppress(InvalidSettings):
            assert isinstance(read(), Settings)


@QUIET
@given(text=_mutated(configs.shipped("policies.yaml").read_text("utf-8")))
@example(text="policies: 2026-02-30")
def test_policies_that_are_put_wrong_are_refused_as_such(folder: Path, text: str) -> None:
    path = folder / "policies.yaml"
    path.write_text(text, "utf-8")
    with contextlib.suppress(InvalidSettings):
        assert configs.policies(str(path))


@QUIET
@given(text=st.text(max_size=30) | st.sampled_from(goals.FORMS).flatmap(_mutated))
@example(text="minimum workload @ recall >= 95 % confidence 0")
@example(text="maximum recall @ hours <= 0")
@example(text="minimum  workload@recall>=.95(٩٠ % sure)")
def test_a_goal_is_understood_wholly_or_refused(text: str) -> None:
    try:
        goal = goals.parse(text)
    except ValueError:
        return
    assert goals.parse(str(goal)) == goal


@QUIET
@given(text=ODD | st.text(max_size=20) | st.sampled_from(["any=0.4", "minors=.05"]).flatmap(_mutated))
def test_a_threshold_is_a_name_and_a_number_or_refused(text: str) -> None:
    try:
        name, value = _threshold(text)
    except TriageError:
        return
    assert isinstance(value, float)
    assert name == name.strip()
