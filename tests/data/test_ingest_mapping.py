from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

import configs
from data.errors import InvalidMapping
from data.ingest.mapping import Mapping, read_mapping

SMALLEST = """
name: small
id: {column: id}
text: {title: title}
"""
From = Callable[[str], Mapping]
IMPORTS = Path(*configs.__path__) / "imports"


@pytest.fixture
def mapping_from(tmp_path: Path) -> From:
    def read(text: str) -> Mapping:
        path = tmp_path / "mapping.yaml"
        path.write_text(dedent(text), "utf-8")
        return read_mapping(path)

    return read


@pytest.mark.parametrize("path", sorted(IMPORTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_mapping_that_is_shipped_can_be_read(path: Path) -> None:
    mapping = read_mapping(path)
    assert mapping.outcome is not None
    assert mapping.name == path.stem


def test_the_example_names_everything_that_a_mapping_may_say() -> None:
    text = (IMPORTS / "example.yaml").read_text("utf-8")
    assert [
        name for name in Mapping.model_fields if f"\n{name}:" not in text and f"\n# {name}:" not in text
    ] == []


def test_every_tag_of_kuaimod_has_a_verdict_and_a_policy_or_a_reason_to_have_none() -> None:
    outcome = read_mapping(IMPORTS / "kuaimod.yaml").outcome
    assert outcome is not None
    assert outcome.policies is not None
    assert outcome.policies.map is not None
    assert len(outcome.verdict.violation) == 15
    assert set(outcome.policies.map) <= set(outcome.verdict.violation)
    assert set(outcome.verdict.violation) - set(outcome.policies.map) == {
        "涉政不当言行", "不实信息", "违法犯罪", "历史虚无主义", "未添加AI标识",
    }  # fmt: skip


@pytest.mark.parametrize("path", sorted(IMPORTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_mappings_send_violations_to_policies_that_there_are(path: Path) -> None:
    policies = yaml.safe_load((IMPORTS.parent / "policies.yaml").read_text("utf-8"))["policies"]
    outcome = read_mapping(path).outcome
    mapped = outcome.policies.map if outcome and outcome.policies else None
    assert mapped
    assert set(mapped.values()) <= {policy["policy_id"] for policy in policies}


def test_a_bare_name_is_a_column(mapping_from: From) -> None:
    title = mapping_from(SMALLEST).text.title
    assert title is not None
    assert title.column == "title"


def test_words_that_yaml_takes_for_switches_stay_words(mapping_from: From) -> None:
    mapping = mapping_from(
        SMALLEST
        + """
outcome:
  inclusion_probability: {constant: 1}
  verdict: {column: ok, violation: [no, 007], no_violation: [yes, null]}
"""
    )
    assert mapping.outcome is not None
    assert mapping.outcome.verdict.violation == ("no", "007")
    assert mapping.outcome.verdict.no_violation == ("yes", "null")


OUTCOME = """
outcome:
  inclusion_probability: {{constant: 1}}
  verdict: {{column: v, violation: [bad], no_violation: [good]}}
  {more}
"""


@pytest.mark.parametrize(
    ("text", "field", "remedy"),
    [
        (SMALLEST + "titel: x", None, "known are"),
        (SMALLEST + "creater: x", None, "did you mean 'creator'?"),
        (SMALLEST.replace("{title:", "{titel:"), "text", "did you mean 'title'?"),
        (SMALLEST + "views: {colum: n}", "views", "did you mean 'column'?"),
        (SMALLEST + "views: {column: n, constant: 1}", "views", "exactly one"),
        (SMALLEST + "views: {}", "views", "exactly one"),
        (SMALLEST + "times: {submitted: {column: t, zone: Asia/Soul}}", "times.submitted", "Asia/Seoul"),
        (SMALLEST + "times: {submitted: {column: t, unit: us}}", "times.submitted.unit", "'s' or 'ms'"),
        (SMALLEST + "times: {submitted: {column: t, unit: s, format: '%Y'}}", "times.submitted", "not both"),
        (SMALLEST + "file: {encoding: utf-9}", "file", "cp949"),
        (SMALLEST + "file: {delimiter: '::'}", "file.delimiter", "at most 1 character"),
        (SMALLEST + "extra: {title: other}", None, "has a place for it"),
        (SMALLEST + "creator: {column: c, prefix: 가게}", "creator", "prefix must be"),
        (SMALLEST + "beside: [{column: a, match: '(', file: b}]", "beside.0.match", "regular expression"),
        ("name: small\nid: {column: id}\ntext: {}", None, "at least one of title"),
        ("name: small\ntext: {title: title}", "id", "Field required"),
        (SMALLEST + OUTCOME.format(more="").replace("good", "Bad"), "outcome.verdict", "'bad' is listed"),
        (SMALLEST + OUTCOME.format(more="policies: {column: p, map: {a: b c}}"), "outcome.policies", "must"),
        (
            SMALLEST + "outcome: {verdict: {column: v, violation: [a]}}",
            "outcome.inclusion_probability",
            "required",
        ),
        (SMALLEST + OUTCOME.format(more="reviewers: x"), "outcome", "did you mean 'reviewer'?"),
        (SMALLEST + "views: a\nviews: b", None, "views is given twice"),
        ("- a\n- b", None, "example.yaml"),
        ("a: [", None, "not YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_its_field_and_a_remedy(
    mapping_from: From, text: str, field: str | None, remedy: str
) -> None:
    with pytest.raises(InvalidMapping) as refusal:
        mapping_from(text)
    assert remedy in str(refusal.value)
    assert refusal.value.field == field


def test_a_mapping_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidMapping, match="cannot be read"):
        read_mapping(tmp_path / "none.yaml")


def test_a_mapping_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_bytes("note: 메모".encode("cp949"))
    with pytest.raises(InvalidMapping, match="UTF-8"):
        read_mapping(path)


def test_the_shipped_mappings_hold_no_class_paths() -> None:
    for path in IMPORTS.glob("*.yaml"):
        yaml.safe_load(path.read_text("utf-8"))  # a tag like !!python/object would fail here
