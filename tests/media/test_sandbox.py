from __future__ import annotations

import json
import os
import resource
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from data.errors import MediaRefused
from data.media import sandbox, walls
from data.media.reasons import Limits, Reason
from data.media.sandbox import Answer

HERE = Path(__file__).parent


@pytest.fixture
def source(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "file"
    path.write_bytes(b"heads and tails")
    number = os.open(path, os.O_RDONLY)
    yield number
    os.close(number)


def _call(source: int, name: str, asked: Mapping[str, Any] | None = None, **limits: Any) -> Answer:
    return sandbox.call(source, f"misbehaving:{name}", asked or {}, limits=Limits(**limits), path=(HERE,))


def _refusal(source: int, name: str, asked: Mapping[str, Any] | None = None, **limits: Any) -> MediaRefused:
    with pytest.raises(MediaRefused) as refused:
        _call(source, name, asked, **limits)
    return refused.value


def test_facts_and_buffers_come_back_as_they_were_said(source: int) -> None:
    answer = _call(source, "echo", {"word": "홍삼", "number": 1.5})
    assert answer.facts == {"word": "홍삼", "number": 1.5}
    assert {name: bytes(buffer) for name, buffer in answer.buffers.items()} == {
        "first": b"head", "rest": b"s and tails",
    }  # fmt: skip


def test_it_is_told_which_walls_stand_on_this_machine() -> None:
    told = sandbox.walls()
    assert told.namespace or told.filter
    assert told.keeps_from_network


def test_a_process_that_was_taken_over_can_do_nothing_else(
    source: int, tmp_path: Path, free_port: int
) -> None:
    kept = tmp_path / "kept"
    kept.write_text("as it was")
    answer = _call(source, "break_out", {"port": free_port, "file": str(kept)})
    assert answer.walls.filter
    assert set(answer.facts.values()) == {"PermissionError", "OSError"}
    assert [name for name, how in answer.facts.items() if how == "OSError"] == ["write into the source"]
    assert kept.read_text() == "as it was"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "kept"]


def test_the_namespace_alone_keeps_from_the_network(source: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked = {"port": server.getsockname()[1]}
        answer = sandbox.call(source, "misbehaving_early:how_it_went", asked, limits=Limits(), path=(HERE,))
        server.settimeout(0.1)
        if not answer.walls.namespace:
            pytest.skip("this user may not make a network namespace")
        with pytest.raises(TimeoutError):
            server.accept()
    assert answer.facts == {"how": "OSError"}


def test_it_knows_no_variable_and_no_file_of_ours(source: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAMIS_SECRET", "s3cret")
    known = _call(source, "environment").facts
    assert "TAMIS_SECRET" not in known["names"]
    assert set(known["files"]) <= {0, 1, 2, source}


def test_the_file_may_have_any_number(source: int) -> None:
    number = 300
    os.dup2(source, number)
    try:
        assert bytes(_call(number, "echo").buffers["first"]) == b"head"
    finally:
        os.close(number)


def test_more_memory_than_allowed_is_refused(source: int) -> None:
    assert _refusal(source, "eat_memory", memory_bytes=2**28).reason == Reason.TOO_MUCH_MEMORY


def test_a_loop_ends_when_the_processor_time_is_used_up(source: int) -> None:
    refused = _refusal(source, "compute_for_ever", processor_s=1)
    assert (refused.reason, refused.detail) == (Reason.TOO_SLOW, "the processor time ran out")


@pytest.mark.parametrize("name", ["sleep_for_ever", "complain_for_ever", "hang_up_and_sleep"])
def test_waiting_ends_when_the_time_of_the_clock_is_over(source: int, name: str) -> None:
    began = time.monotonic()
    refused = _refusal(source, name, wall_s=1.0)
    assert (refused.reason, refused.detail) == (Reason.TOO_SLOW, "not done after 1 s")
    assert time.monotonic() - began < 5


def test_a_process_that_cannot_be_killed_is_left_behind(source: int, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[subprocess.Popen[bytes]] = []

    def not_killed(process: subprocess.Popen[bytes]) -> None:  # as one that the kernel holds
        left.append(process)

    monkeypatch.setattr(subprocess.Popen, "kill", not_killed)
    began = time.monotonic()
    assert _refusal(source, "sleep_for_ever", wall_s=0.5).reason == Reason.TOO_SLOW
    assert time.monotonic() - began < 4
    monkeypatch.undo()
    left[0].kill()
    left[0].wait()


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("fall_over", "ended by signal 11"),
        ("say_nothing", "the answer of the reading is none (no mark)"),
        ("raise_something", "LookupError: where am I?"),
        ("talk_for_ever", "the reading answered more than 1000000 bytes"),
    ],
)
def test_a_process_that_ends_badly_crashed(source: int, name: str, detail: str) -> None:
    refused = _refusal(source, name, answer_bytes=1_000_000)
    assert (refused.reason, refused.detail) == (Reason.CRASHED, detail)


def _said(head: object, rest: bytes = b"", length: int | None = None) -> dict[str, str]:
    text = json.dumps(head).encode()
    return {"hex": (b"TMS1" + struct.pack("<I", length or len(text)) + text + rest).hex()}


STAND = {"namespace": True, "filter": True}


@pytest.mark.parametrize(
    "said",
    [
        {"hex": "80049500"},  # a pickle
        _said([]),
        _said({"facts": {}}),
        _said({"facts": {}, "buffers": {"frames": 5}, "walls": STAND}, b"1234"),
        _said({"facts": {}, "buffers": {"frames": 3}, "walls": STAND}, b"1234"),
        _said({"facts": {}, "buffers": {"frames": -1, "more": 5}, "walls": STAND}, b"1234"),
        _said({"facts": {}, "buffers": {}, "walls": {"moat": True}}),
        _said({"facts": {}, "buffers": {}, "walls": STAND}, length=2**31),
        _said({"reason": "because", "detail": ""}),
    ],
)
def test_an_answer_that_lies_about_its_form_is_no_answer(source: int, said: dict[str, str]) -> None:
    assert _refusal(source, "say", said).reason == Reason.CRASHED


def test_limits_are_never_raised_above_those_of_the_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 200))
    monkeypatch.setattr(resource, "setrlimit", known.__setitem__)
    walls.limit(memory_bytes=2**30, processor_s=150)
    assert known[resource.RLIMIT_AS] == (200, 200)
    assert known[resource.RLIMIT_CPU] == (150, 151)
    assert known[resource.RLIMIT_FSIZE] == (0, 0)


def test_where_neither_wall_can_stand_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert (walls.leave_network(), walls.close_system()) == (False, False)
    assert not sandbox.Walls(namespace=False, filter=False).keeps_from_network
