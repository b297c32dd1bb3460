from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.errors import TriageError
from data.store.store import Store
from serving import settings as settings_
from serving.cli.answers import Stages

Run = Callable[..., Any]


def _outcomes(folder: Path, *, rows: int = 3) -> Path:
    path = folder / "outcomes.csv"
    lines = [f"v{number},홍삼 특가 {number},{'violation' if number == 0 else 'ok'}" for number in range(rows)]
    path.write_text("\n".join(["id,title,verdict", *lines]) + "\n", encoding="utf-8")
    (folder / "mine.yaml").write_text(
        "name: mine\n"
        "id: id\n"
        "text: {title: title}\n"
        "outcome:\n"
        "  verdict: {column: verdict, violation: [violation], no_violation: [ok]}\n"
        "  inclusion_probability: {constant: 1.0}\n",
        encoding="utf-8",
    )
    return path


def test_help_is_there_at_once() -> None:
    def seconds() -> float:
        # What the processor did for it: the clock on the wall also knows what else the machine does.
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([Path(sys.executable).with_name("tamis"), "--help"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(3)) < 0.5


def test_help_names_every_command(run: Run) -> None:
    commands = {
        "up", "demo", "serve", "migrate", "import", "train", "models", "promote", "rollback", "replay",
        "plan", "token", "link", "report", "settings",
    }  # fmt: skip
    listed = run("--help").out.partition("Commands:")[2].split("\n")
    assert {line.split()[0] for line in listed if line.strip()} >= commands


def test_no_help_line_is_cut_off(run: Run) -> None:
    assert "..." not in run("--help").out.partition("Commands:")[2]


def test_a_wrong_word_is_status_2(run: Run) -> None:
    said = run("nonsense")
    assert said.status == 2
    assert "nonsense" in said.err


def test_a_refusal_is_one_line_and_status_1(run: Run) -> None:
    said = run("token", "revoke", "token-1")
    assert said.status == 1
    assert said.err == "tamis: No credential token-1 still holds. `tamis token list` shows them all.\n"
    assert said.out == ""


def test_a_refusal_that_has_several_lines_is_told_on_one(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    def refuse(**_: object) -> None:
        raise TriageError("first\n  second", field="items/3")

    monkeypatch.setattr(settings_, "read", refuse)
    assert run("report").err == "tamis: first second (at items/3)\n"


def test_an_unknown_setting_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setenv("TAMIS_PROT", "3100")
    said = run("report")
    assert said.status == 1
    assert "TAMIS_PORT" in said.err


def test_an_old_ledger_says_which_command_helps(run: Run, tmp_path: Path) -> None:
    said = run("--home", str(tmp_path / "new"), "report")
    assert said.status == 1
    assert "tamis migrate" in said.err


def test_migrating_makes_a_ledger_that_can_be_used(run: Run, tmp_path: Path) -> None:
    where = ("--home", str(tmp_path / "new"))
    assert run(*where, "migrate").status == 0
    assert run(*where, "report").status == 0


def test_a_token_is_one_line_so_that_a_script_can_take_it(run: Run) -> None:
    said = run("token", "create", "--role", "queue")
    assert said.out.startswith("tms_queue_")
    assert said.out.count("\n") == 1
    assert "not shown again" in said.err


def test_a_token_that_was_made_works_and_a_revoked_one_does_not(run: Run, home: Path) -> None:
    from serving import wiring
    from serving.settings import Settings

    made = run("token", "create", "--role", "queue", "--name", "crawler", "--json").json()
    application = wiring.build(Settings(home=home), follow=False)
    try:
        assert application.auth.token(f"Bearer {made['token']}").name == "crawler"
    finally:
        application.close()
    assert run("token", "revoke", made["credential_id"]).status == 0
    assert run("token", "revoke", made["credential_id"]).status == 1


def test_the_list_of_tokens_holds_no_secret(run: Run) -> None:
    token = run("token", "create", "--role", "queue", "--json").json()["token"]
    for said in (run("token", "list"), run("token", "list", "--json")):
        assert said.status == 0
        assert token.rpartition("_")[2] not in said.out


def test_an_unknown_role_is_refused_with_all_there_are(run: Run) -> None:
    said = run("token", "create", "--role", "boss")
    assert said.status == 2
    assert "qc_lead" in said.err


def test_a_link_leads_to_the_page(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAMIS_PORT", "3100")
    made = run("link", "create", "--role", "qc_lead", "--json").json()
    assert made["url"].startswith("http://127.0.0.1:3100/sign-in?token=")
    assert made["expires_at"]


def test_importing_twice_changes_nothing(run: Run, tmp_path: Path) -> None:
    command = ("import", str(_outcomes(tmp_path)), "--mapping", str(tmp_path / "mine.yaml"), "--json")
    first, second = run(*command).json(), run(*command).json()
    assert (first["new_items"], first["new_outcomes"]) == (3, 3)
    assert (second["new_items"], second["new_outcomes"]) == (0, 0)
    assert (second["known_items"], second["known_outcomes"]) == (3, 3)


def test_an_import_says_what_it_left_out_and_where_that_is_written(run: Run, tmp_path: Path) -> None:
    path = _outcomes(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + "v9,t,maybe\n", encoding="utf-8")
    said = run("import", str(path), "--mapping", str(tmp_path / "mine.yaml"))
    assert "3 new items" in said.out
    assert "1 rows were not taken" in said.out
    rejects = tmp_path / "home" / "var" / "imports" / "outcomes.csv.rejects.jsonl"
    assert "maybe" in rejects.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["configs/imports/kuaimod.yaml", "kuaimod.yaml", "kuaimod"])
def test_a_shipped_mapping_is_found_from_anywhere(run: Run, name: str) -> None:
    said = run("import", "no-such-file.tsv", "--mapping", name)
    assert "no-such-file.tsv cannot be read" in said.err


def test_a_mapping_of_that_path_is_preferred_to_a_shipped_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kuaimod").write_text("nonsense: 1\n", encoding="utf-8")
    assert "nonsense" in run("import", "x.csv", "--mapping", "kuaimod").err


def test_a_mapping_that_is_nowhere_is_refused_with_those_that_are_shipped(run: Run) -> None:
    said = run("import", "x.csv", "--mapping", "nowhere")
    assert said.status == 1
    assert "kuaimod" in said.err


def test_a_report_names_every_estimate_also_when_nothing_is_known(run: Run) -> None:
    said = run("report")
    assert said.status == 0
    assert "recall" in said.out
    found = run("report", "--json").json()
    assert {one["value"] for one in found["estimates"]} <= {None, 0.0}


def test_a_report_can_be_sliced_and_cut(run: Run) -> None:
    words = ("report", "--since", "2026-01-01", "--until", "2026-02-01", "--by", "language", "--json")
    found = run(*words).json()
    assert found["since"] == "2026-01-01T00:00:00+00:00"
    assert found["until"] == "2026-02-01T00:00:00+00:00"


@pytest.mark.parametrize(
    "words", [("--by", "colour"), ("--since", "2026-02-01", "--until", "2026-01-01")], ids=["slice", "window"]
)
def test_a_report_that_cannot_be_made_is_refused_in_one_line(run: Run, words: tuple[str, ...]) -> None:
    said = run("report", *words)
    assert said.status == 1
    assert said.err.startswith("tamis: ")
    assert said.err.count("\n") == 1


def test_a_report_can_be_kept_as_a_page_and_as_lines(run: Run, tmp_path: Path) -> None:
    page, lines = tmp_path / "report.html", tmp_path / "report.csv"
    said = run("report", "--window", "7d", "--html", str(page), "--csv", str(lines), "--language", "en")
    assert (said.out, said.err.count("was written")) == ("", 2)
    assert "Quality report" in page.read_text(encoding="utf-8")
    assert lines.read_text(encoding="utf-8").startswith("slice,name,value")


@pytest.mark.parametrize("window", ["7", "d", "-7d", "7y", "0d"])
def test_a_window_that_is_no_time_is_refused(run: Run, window: str) -> None:
    assert "window must be like 7d" in run("report", f"--window={window}").err


def test_settings_say_where_each_value_comes_from(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "var" / "config.yaml").write_text("reviews: {lease_minutes: 12}\n", encoding="utf-8")
    monkeypatch.setenv("TAMIS_PORT", "3100")
    found = run("settings", "--json").json()
    assert found["reviews.lease_minutes"]["from"] == str(home / "var" / "config.yaml")
    assert (found["port"]["value"], found["port"]["from"]) == ("3100", "TAMIS_PORT")
    assert found["server.threads"]["from"] == "default"
    assert found["store.url"]["variable"] == "TAMIS_STORE__URL"
    assert set(found) == set(settings_.names())


def test_settings_show_no_password(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAMIS_STORE__URL", "postgresql+psycopg://tamis:hunter2@db/tamis")
    said = run("settings")
    assert "hunter2" not in said.out
    assert "tamis:***@db" in said.out


def test_options_before_the_command_name_the_file_and_the_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("port: 3456\n", encoding="utf-8")
    said = run("--config", "other.yaml", "--home", str(tmp_path / "elsewhere"), "settings", "--json").json()
    assert (said["port"]["value"], said["port"]["from"]) == ("3456", str(tmp_path / "other.yaml"))
    assert said["home"]["from"] == "command line"


def test_a_taken_port_is_refused_before_anything_is_done(run: Run, home: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = run("up", "--port", str(taken.getsockname()[1]))
    assert said.status == 1
    assert "--port" in said.err
    with Store(f"sqlite:///{home / 'var' / 'ledger.db'}") as store, store.read() as session:
        assert session.ledger.counts()["items"] == 0
    assert not (home / "var" / "encoder").exists()


def test_an_answer_that_nobody_reads_to_its_end_is_no_error(home: Path) -> None:
    script = Path(sys.executable).with_name("tamis")
    piped = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{script} settings | head -n 1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in piped.stderr
    assert piped.stdout.startswith("setting")


def test_without_a_terminal_nothing_moves_on_stderr(run: Run, tmp_path: Path) -> None:
    assert run("import", str(_outcomes(tmp_path)), "--mapping", str(tmp_path / "mine.yaml")).err == ""


def test_stages_remember_how_long_each_took(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 4.0, 5.0, 6.5])
    monkeypatch.setattr(time, "monotonic", lambda: next(moments))
    progress = Stages(None)
    for stage, done in (("read", 0), ("read", 1), ("write", 0), ("write", 1)):
        progress(stage, done, 1)
    assert progress.seconds == {"read": 4.0, "write": 2.5}
