"""
Bodies that work, with something in them put wrong; and headers that no client of ours would send.

The examples of the endpoints reach further into the code than what is made from their schemas alone.
"""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from data.records import Role
from serving.api.app import ENDPOINTS
from serving.api.errors import Errors

WITH_BODY = [one for one in ENDPOINTS if one.example is not None]
FEW: dict[str, Any] = {
    "max_examples": 15,
    "deadline": None,
    "database": None,
    "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": list(HealthCheck),
}
MANY = {**FEW, "max_examples": 600}

ODD_TEXTS = st.sampled_from(
    [
        "",
        " ",
        "\0",
        "\ud800",
        "a\udfffb",
        "\u202e홍삼",
        "\u200d" * 40,
        "é",
        "ﷺ" * 300,
        "𝔊" * 500,
        "🏳️‍🌈",
        "\x1b[2J",
        "\ufeff",
        "null",
        "None",
        "__proto__",
        "../../etc/passwd",
        "';--",
        "{{7*7}}",
        "%00",
        "가" * 20_001,
        "\uffff",
    ]
)
ODD_NUMBERS = st.sampled_from(
    [0, -0.0, -1, 1e308, -1e308, 5e-324, 1e-9, 2**31, 2**63, -(2**63) - 1, 10**30, 10**4000]
)
ODD_MOMENTS = st.sampled_from(
    [
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "2026-02-30T00:00:00Z",
        "1970-01-01T00:00:00+14:00",
        "2199-12-31T23:59:59-14:00",
        "2026-06-30T23:59:60Z",
        "2026-11-22T09:00:00+24:00",
        "2026-11-22T09:00:00.123456789Z",
    ]
)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    ODD_NUMBERS,
    ODD_TEXTS,
    ODD_MOMENTS,
    st.floats(),
    st.text(st.characters(), max_size=20),
    st.just([]),
    st.just({}),
    st.recursive(ODD_TEXTS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20),
)


def _alike(value: Any) -> st.SearchStrategy[Any]:
    # Of the same kind, so that it passes the first doors.
    if isinstance(value, str):
        return ODD_MOMENTS if value.endswith("Z") else ODD_TEXTS
    return ODD_NUMBERS if isinstance(value, int | float) else st.just(value)


def _places(content: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    entries = content.items() if isinstance(content, dict) else enumerate(content)
    found = [(*at, name) for name, _ in entries]
    inner = content.values() if isinstance(content, dict) else content
    for place, value in zip(list(found), inner, strict=True):
        if isinstance(value, dict | list):
            found += _places(value, place)
    return found


@st.composite
def bodies(draw: Any, example: Any) -> bytes:
    content = copy.deepcopy(example)
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
        if not (places := _places(content)):
            break
        *outer, name = draw(st.sampled_from(places))
        inside = content
        for step in outer:
            inside = inside[step]
        change = draw(st.sampled_from(["replace", "replace", "replace", "drop", "add"]))
        if change == "drop":
            del inside[name]
        elif change == "add" and isinstance(inside, dict):
            inside[draw(ODD_TEXTS)] = draw(ODD)
        else:
            inside[name] = draw(_alike(inside[name]) | ODD)
    return json.dumps(content, ensure_ascii=draw(st.booleans())).encode("utf-8", errors="surrogatepass")


def _ask(
    site: Any, method: str, path: str, headers: list[tuple[bytes, bytes]], raw: bytes
) -> tuple[int, dict[bytes, bytes], bytes]:
    """Send a request as it is, past clients that would mend it; return status, headers and body."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "http_version": "1.1", "method": method, "path": path, "query_string": b"",
             "raw_path": path.encode(), "root_path": "", "scheme": "http", "headers": headers,
             "server": ("tamis.test", 80), "client": ("127.0.0.1", 1)}  # fmt: skip
    with start_blocking_portal() as portal:  # a thread of its own: this one may serve a browser's loop
        portal.call(site.app, scope, receive, send)
    start, *parts = sent
    body = b"".join(part.get("body", b"") for part in parts)
    return start["status"], dict(start["headers"]), body


def _check(endpoint: Any, status: int, headers: Any, body: bytes, allowed: set[int]) -> None:
    assert status < 500, body
    assert status in allowed | set(endpoint.answers), body
    assert headers[b"content-type"] == b"application/json"
    form = endpoint.answers.get(status, Errors)
    try:
        form.model_validate_json(body)
    except ValidationError as wrong:
        raise AssertionError(f"{status} is not of the documented form: {wrong}") from wrong


def _allowed(site: Any, endpoint: Any) -> set[int]:
    document = site.client.get("/openapi.json").json()
    path = re.sub(r":\w+\}", "}", endpoint.path)
    return {int(status) for status in document["paths"][path][endpoint.method.lower()]["responses"]}


def _mutate(site: Any, endpoint: Any, limits: Any) -> set[int]:
    site.score("video-1")
    site.score("seller-7")
    token = site.headers(Role.ADMIN)["Authorization"].encode()
    headers = [(b"authorization", token), (b"content-type", b"application/json")]
    allowed, seen = _allowed(site, endpoint), set[int]()
    path = re.sub(r"\{[^}]*\}", "1", endpoint.path)

    @seed(20261122)
    @settings(**limits)
    @given(bodies(endpoint.example))
    def run(raw: bytes) -> None:
        status, told, body = _ask(site, endpoint.method, path, headers, raw)
        seen.add(status)
        _check(endpoint, status, told, body, allowed)

    run()
    return seen


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=lambda each: f"{each.method} {each.path}")
def test_a_body_that_is_put_wrong_is_answered_as_documented(site: Any, endpoint: Any) -> None:
    assert _mutate(site, endpoint, FEW) & {400, 413, 422}, "something was wrong with some of them"


@pytest.mark.slow
@pytest.mark.parametrize("endpoint", WITH_BODY, ids=lambda each: f"{each.method} {each.path}")
def test_many_bodies_that_are_put_wrong_are_answered_as_documented(site: Any, endpoint: Any) -> None:
    assert _mutate(site, endpoint, MANY) & {400, 413, 422}


NAMES = st.sampled_from(
    [
        b"authorization",
        b"content-type",
        b"content-length",
        b"content-encoding",
        b"transfer-encoding",
        b"cookie",
        b"accept",
        b"expect",
        b"host",
        b"range",
        b"x-forwarded-for",
        b"x-http-method-override",
        b"x-request-id",
    ]
)
VALUES = st.one_of(
    st.binary(max_size=40).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")),
    st.sampled_from([b"", b"application/json", b"text/plain", b"gzip", b"chunked", b"-1", b"1e9", b"Bearer ",
                     b"Bearer tms_admin_" + b"a" * 43, b"\xff" * 20, b"9" * 400]),
)  # fmt: skip


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
def test_odd_and_repeated_headers_are_answered_as_documented(site: Any, endpoint: Any) -> None:
    raw = json.dumps(endpoint.example or {}).encode()
    token = site.headers(Role.ADMIN)["Authorization"].encode()
    own = [(b"authorization", token), (b"content-type", b"application/json")]
    allowed, path = _allowed(site, endpoint), re.sub(r"\{[^}]*\}", "1", endpoint.path)

    @seed(20261122)
    @settings(**{**FEW, "max_examples": 6})
    @given(st.lists(st.sampled_from(own), max_size=3), st.lists(st.tuples(NAMES, VALUES), max_size=4))
    def run(ours: list[tuple[bytes, bytes]], odd: list[tuple[bytes, bytes]]) -> None:
        status, told, body = _ask(site, endpoint.method, path, [*odd, *ours], raw)
        _check(endpoint, status, told, body, allowed)

    run()


@pytest.mark.parametrize("name", ["authorization", "content-type", "content-encoding"])
def test_a_header_that_decides_may_not_stand_there_twice(site: Any, name: str) -> None:
    values = {"authorization": site.headers()["Authorization"], "content-type": "application/json",
              "content-encoding": "identity"}  # fmt: skip
    other = {"authorization": f"Bearer tms_admin_{'a' * 43}", "content-type": "text/plain",
             "content-encoding": "gzip"}  # fmt: skip
    raw = json.dumps({"items": [{"item_id": "v1"}]}).encode()
    own = [(one.encode(), value.encode()) for one, value in values.items()]
    assert _ask(site, "POST", "/v1/scores", own, raw)[0] == 200
    for headers in (
        [*own, (name.encode(), other[name].encode())],
        [(name.encode(), other[name].encode()), *own],
    ):
        status, _, _ = _ask(site, "POST", "/v1/scores", headers, raw)
        assert status == (401 if name == "authorization" else 415)
