from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import InvalidSettings
from serving import configs

_POLICY = """
policies:
  - policy_id: {name}
    version: "1"
    severity: {severity}
    title: {{ko: 가, en: a}}
    guidance: {{ko: 나, en: b}}
"""


def _policies(folder: Path, text: str) -> Path:
    path = folder / "policies.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_policies_are_the_thirteen_of_the_contract() -> None:
    assert list(configs.policies()) == [
        "health_claim", "cosmetics_as_medicine", "misleading_price", "counterfeit", "prohibited_goods",
        "off_platform", "undisclosed_ad", "sexual", "violence", "hate_harassment", "minors", "copyright",
        "low_quality",
    ]  # fmt: skip


def test_policies_speak_korean_and_english() -> None:
    for policy in configs.policies().values():
        assert policy.title["ko"]
        assert policy.title["en"]


def test_policies_come_from_another_file_where_one_is_named(tmp_path: Path) -> None:
    path = _policies(tmp_path, _POLICY.format(name="mine", severity=2))
    assert configs.policies(str(path))["mine"].severity == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_POLICY.format(name="any", severity=2), "any"),
        (_POLICY.format(name="mine", severity=9), "severity"),
        (_POLICY.format(name="mine", severity=2).replace("severity", "severe"), "severe is unknown"),
        (_POLICY.format(name="mine", severity=2).replace("ko: 가, ", ""), "ko"),
        (_POLICY.format(name="mine", severity=2) * 1 + _POLICY.format(name="mine", severity=2)[11:], "twice"),
        ("policies: []", "policies"),
        ("policies", "names and values"),
    ],
)
def test_policies_that_cannot_be_used_are_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    path = _policies(tmp_path, text)
    with pytest.raises(InvalidSettings) as refused:
        configs.policies(str(path))
    assert said in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match=r"nowhere\.yaml"):
        configs.policies(str(tmp_path / "nowhere.yaml"))


@pytest.mark.parametrize("name", configs.plan_names())
def test_every_shipped_plan_flags_less_than_it_releases_and_audits_something(name: str) -> None:
    recipe = configs.plan_recipe(name)
    assert 0 < recipe.flag_share < 0.5
    assert recipe.audit.share > 0


def test_an_unknown_plan_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InvalidSettings, match=r"Did you mean cautious\?"):
        configs.plan_recipe("cautios")
