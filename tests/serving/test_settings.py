from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from data.errors import InvalidSettings
from serving import configs
from serving.settings import Settings, names, read, variable


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("TAMIS_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _write(folder: Path, text: str) -> Path:
    path = folder / "var" / "config.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_hold_where_nothing_is_said(tmp_path: Path) -> None:
    settings = read(home=tmp_path)
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert settings.ledger_url == f"sqlite:///{tmp_path}/var/ledger.db"


def test_the_file_overrules_a_default(tmp_path: Path) -> None:
    _write(tmp_path, "port: 3100\ntriage: {batch_items: 8}")
    settings = read(home=tmp_path)
    assert (settings.port, settings.triage.batch_items, settings.triage.most_waiting) == (3100, 8, 1000)


def test_a_variable_overrules_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path, "port: 3100\ntriage: {batch_items: 8, most_waiting: 500}")
    monkeypatch.setenv("TAMIS_PORT", "3200")
    monkeypatch.setenv("TAMIS_TRIAGE__BATCH_ITEMS", "16")
    settings = read(home=tmp_path)
    assert (settings.port, settings.triage.batch_items, settings.triage.most_waiting) == (3200, 16, 500)


def test_an_argument_overrules_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAMIS_HOME", str(tmp_path / "elsewhere"))
    assert read(home=tmp_path).var == tmp_path / "var"


def test_home_comes_from_its_variable_and_then_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path / "there", "port: 3100")
    monkeypatch.setenv("TAMIS_HOME", str(tmp_path / "there"))
    assert read().port == 3100


def test_home_is_the_current_folder_where_nothing_is_said(tmp_path: Path) -> None:
    assert read().home.resolve() == tmp_path.resolve()


def test_a_named_file_is_read_in_place_of_the_usual_one(tmp_path: Path) -> None:
    _write(tmp_path, "port: 3100")
    (tmp_path / "other.yaml").write_text("port: 3200")
    assert read(home=tmp_path, config=tmp_path / "other.yaml").port == 3200


def test_a_named_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match=r"missing\.yaml"):
        read(home=tmp_path, config=tmp_path / "missing.yaml")


@pytest.mark.parametrize(
    ("text", "nearest"), [("prot: 1", "port"), ("triage: {batch_item: 8}", "triage.batch_items")]
)
def test_an_unknown_name_in_the_file_is_refused_with_the_nearest_one_and_the_file(
    tmp_path: Path, text: str, nearest: str
) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(InvalidSettings) as refused:
        read(home=tmp_path)
    assert f"Did you mean {nearest}?" in str(refused.value)
    assert str(path) in str(refused.value)


def test_an_unknown_variable_is_refused_with_the_nearest_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAMIS_TRIAGE__BATCH_ITEM", "8")
    with pytest.raises(InvalidSettings) as refused:
        read(home=tmp_path)
    assert "TAMIS_TRIAGE__BATCH_ITEM is unknown" in str(refused.value)
    assert "Did you mean TAMIS_TRIAGE__BATCH_ITEMS?" in str(refused.value)


@pytest.mark.parametrize("name", ["home", "config"])
def test_the_file_cannot_say_where_the_file_is(tmp_path: Path, name: str) -> None:
    _write(tmp_path, f"{name}: /somewhere")
    with pytest.raises(InvalidSettings, match=f"{name} is unknown"):
        read(home=tmp_path)


@pytest.mark.parametrize("text", ["port: [", "- port", "port: 99999", "port: soon"])
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str) -> None:
    _write(tmp_path, text)
    with pytest.raises(InvalidSettings):
        read(home=tmp_path)


def test_a_wrong_value_is_named_with_its_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAMIS_TRIAGE__LEDGER_DEADLINE_S", "-1")
    with pytest.raises(InvalidSettings, match=r"triage\.ledger_deadline_s.*'-1'"):
        read(home=tmp_path)


def test_reading_settings_writes_nothing(tmp_path: Path) -> None:
    read(home=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_every_path_lies_below_var(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    paths = [settings.mlflow, settings.bundles, settings.encoder, settings.bentoml, settings.draw_key]
    paths += [settings.snapshots, settings.imports]
    assert all(path.is_relative_to(tmp_path / "var") for path in paths)


def _leaves(content: object, before: str = "") -> dict[str, object]:
    if not isinstance(content, dict):
        return {before: content}
    leaves: dict[str, object] = {}
    for name, value in content.items():
        leaves |= _leaves(value, f"{before}.{name}" if before else str(name))
    return leaves


def test_default_yaml_lists_every_setting_at_its_default() -> None:
    written = _leaves(yaml.safe_load(configs.shipped("default.yaml").read_text(encoding="utf-8")))
    defaults = _leaves(Settings().model_dump(mode="json", exclude={"home", "config"}))
    assert written == defaults


def test_default_yaml_explains_every_setting() -> None:
    lines = configs.shipped("default.yaml").read_text(encoding="utf-8").splitlines()
    values = [line for line in lines if ":" in line and not line.lstrip().startswith("#")]
    unexplained = [line for line in values if "#" not in line and not line.rstrip().endswith(":")]
    assert [line.split(":")[0].strip() for line in unexplained] == ["port", "name", "seed"]


def test_postgres_yaml_can_be_used(tmp_path: Path) -> None:
    text = configs.shipped("postgres.yaml").read_text(encoding="utf-8")
    _write(tmp_path, text)
    assert read(home=tmp_path).ledger_url.startswith("postgresql://")


def test_every_setting_has_a_variable_of_its_own() -> None:
    assert len({variable(name) for name in names()}) == len(names())


def test_a_refused_address_is_never_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAMIS_STORE__URL", "mysql://tamis:hunter2@db/tamis")
    with pytest.raises(InvalidSettings, match=r"store\.url") as refused:
        read(home=tmp_path)
    assert "hunter2" not in str(refused.value)
