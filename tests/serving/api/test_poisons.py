from __future__ import annotations

import json
from typing import Any

import pytest

DEEP = b'{"items": [{"item_id": "v1", "data": {"a": ' + b"[" * 20 + b"]" * 20 + b"}}]}"


def _item(**fields: Any) -> bytes:
    return json.dumps({"items": [{"item_id": "v1", **fields}]}).encode()


def _views(value: str) -> bytes:
    """Return a request whose number of views is a piece of JSON as it is written."""
    return b'{"items": [{"item_id": "v1", "expected_views": ' + value.encode() + b"}]}"


def _data(value: str) -> bytes:
    """Return a request whose free data hold a piece of JSON as it is written."""
    return b'{"items": [{"item_id": "v1", "data": {"x": ' + value.encode() + b"}}]}"


POISONS: dict[str, tuple[bytes, int, str | None]] = {
    # what came in: status, and the place that is named
    "half a surrogate pair in free data": (_data(r'"\ud800"'), 422, "/items/0/data/x"),
    "half a surrogate pair in an id": (b'{"items": [{"item_id": "\\udfff"}]}', 422, "/items/0/item_id"),
    "half a surrogate pair in a name": (
        b'{"items": [{"item_id": "v", "data": {"\\ud800": 1}}]}',
        422,
        "/items/0/data",
    ),
    "NaN in free data": (_data("NaN"), 422, "/items/0/data/x"),
    "infinity in free data": (_data("-Infinity"), 422, "/items/0/data/x"),
    "a number beyond double in free data": (_data("1e999"), 422, "/items/0/data/x"),
    "NaN for a number": (_views("NaN"), 422, "/items/0/expected_views"),
    "a number beyond double": (_views("1e999"), 422, "/items/0/expected_views"),
    "a truth value for a number": (_item(expected_views=False), 422, "/items/0/expected_views"),
    "a text for a number": (_item(expected_views="12"), 422, "/items/0/expected_views"),
    "a number below zero": (_item(expected_views=-1), 422, "/items/0/expected_views"),
    "a number for a text": (_item(item_id=7), 422, "/items/0/item_id"),
    "a number for a truth value": (b'{"items": [{"item_id": "v"}], "dry_run": 1}', 422, "/dry_run"),
    "NUL in a text": (_item(data={"title": "a\0b"}), 422, "/items/0/data/title"),
    "NUL in a name": (_item(data={"a\0b": 1}), 422, "/items/0/data"),
    "NUL in a category": (_item(category="a\0"), 422, "/items/0/category"),
    "a text that is too long": (_item(data={"title": "가" * 20_001}), 422, "/items/0/data/title"),
    "an id with a space": (_item(item_id="a b"), 422, "/items/0/item_id"),
    "an id with a line end": (_item(item_id="a\n"), 422, "/items/0/item_id"),
    "an empty id": (_item(item_id=""), 422, "/items/0/item_id"),
    "an id that is too long": (_item(item_id="a" * 129), 422, "/items/0/item_id"),
    "a Korean id": (_item(item_id="영상"), 422, "/items/0/item_id"),
    "a moment without a zone": (_item(submitted_at="2026-11-22T09:00:00"), 422, "/items/0/submitted_at"),
    "a moment in seconds": (_item(submitted_at=1_700_000_000), 422, "/items/0/submitted_at"),
    "a moment in seconds, as text": (_item(submitted_at="1700000000"), 422, "/items/0/submitted_at"),
    "a moment too early": (_item(submitted_at="0001-01-01T00:00:00+09:00"), 422, "/items/0/submitted_at"),
    "a moment too late": (_item(submitted_at="9999-12-31T23:59:59-09:00"), 422, "/items/0/submitted_at"),
    "an unknown field": (_item(itme_version="2"), 422, "/items/0/itme_version"),
    "an unknown kind of item": (_item(item_type="film"), 422, "/items/0/item_type"),
    "a title that is an object": (_item(data={"title": {"a": 1}}), 422, "/items/0/data/title"),
    "hashtags that are numbers": (_item(data={"hashtags": ["a", 1]}), 422, "/items/0/data/hashtags"),
    "a number beyond 64 bits": (_data("9" * 30), 422, "/items/0/data/x"),
    "a number of 5,000 digits": (_data("9" * 5000), 400, None),
    "free data that are too deep": (DEEP, 422, "/items/0/data/a" + "/0" * 15),
    "no items": (b'{"items": []}', 422, "/items"),
    "items missing": (b"{}", 422, "/items"),
    "a list for an object": (b"[]", 422, None),
    "a number alone": (b"7", 422, None),
    "100,000 brackets": (b"[" * 100_000, 400, None),
    "bytes that are not UTF-8": (b'{"items": [{"item_id": "v", "category": "\xff"}]}', 400, None),
    "half a body": (b'{"items": [', 400, None),
    "nothing": (b"", 400, None),
    "two bodies": (b'{"items": []}{}', 400, None),
    "compressed bytes": (b"\x1f\x8b\x08\x00", 400, None),
}  # fmt: skip


@pytest.mark.parametrize("name", POISONS)
def test_poison_is_refused_by_its_place_and_nothing_is_written(site: Any, name: str) -> None:
    raw, status, pointer = POISONS[name]
    answer = site.send(raw)
    assert answer.status_code == status, answer.text
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
    assert site.counts()["items"] == 0


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_only_json_is_taken_for_json(site: Any, kind: str) -> None:
    answer = site.send(_item(), **{"content-type": kind})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["errors"][0]["detail"]


def test_json_may_say_its_encoding(site: Any) -> None:
    assert site.send(_item(), **{"content-type": "Application/JSON; charset=utf-8"}).status_code == 200


def test_a_compressed_body_is_refused(site: Any) -> None:
    assert site.send(_item(), **{"content-encoding": "gzip"}).status_code == 415


def test_a_body_that_says_it_is_too_large_is_refused_unread(site: Any) -> None:
    answer = site.send(b"{}", **{"content-length": str(400 * 2**20)})
    assert answer.status_code == 413


def test_a_body_that_turns_out_too_large_is_refused(site: Any) -> None:
    def parts() -> Any:
        for _ in range(20):
            yield b" " * 100_000

    headers = {**site.headers(), "content-type": "application/json"}
    assert site.client.post("/v1/scores", content=parts(), headers=headers).status_code == 413


@pytest.mark.parametrize("length", ["-1", "many", "1e3"])
def test_a_length_that_is_none_does_no_harm(site: Any, length: str) -> None:
    answer = site.send(_item(), **{"content-length": length})
    assert answer.status_code < 500


def test_of_a_name_that_stands_there_twice_the_last_counts(site: Any) -> None:
    answer = site.send(b'{"items": [{"item_id": "first", "item_id": "last"}]}')
    assert answer.json()["results"][0]["item_id"] == "last"


def test_several_things_that_are_wrong_are_all_named(site: Any) -> None:
    answer = site.send(_item(item_id="a b", expected_views="x", nonsense=1))
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/items/0/item_id",
        "/items/0/expected_views",
        "/items/0/nonsense",
    }


def test_a_flood_of_mistakes_is_answered_in_few_words(site: Any) -> None:
    answer = site.send(json.dumps({f"x{number}": 1 for number in range(1000)}).encode())
    assert len(answer.json()["errors"]) == 20


@pytest.mark.parametrize(
    "path", ["/v1/items/%00/timeline", "/v1/items/%ED%A0%80/timeline", "/v1/items/a%20b/timeline"]
)
def test_poison_in_an_address_is_nothing_of_that_name(site: Any, path: str) -> None:
    assert site.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/v1/jobs/%00/renew", "/v1/jobs/%F0/release", "/v1/plans/%00/roll-back"])
def test_poison_in_an_address_that_is_posted_to_is_nothing_of_that_name(site: Any, path: str) -> None:
    body = {"reason": "for a test", "expected": None} if "plans" in path else None
    assert site.post(path, body).status_code == 404


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v1/queue", {"limit": "0"}),
        ("/v1/queue", {"limit": "٣"}),
        ("/v1/queue", {"limit": "1e2"}),
        ("/v1/queue", {"queue": "a\0"}),
        ("/v1/queue", {"nonsense": "1"}),
        ("/v1/reports/quality", {"since": "yesterday"}),
        ("/v1/reports/quality", {"since": "2026-11-22T09:00:00"}),
        ("/v1/reports/quality", {"by": "password"}),
        ("/v1/reports/quality", {"level": "nan"}),
        ("/v1/reports/quality", {"level": "2"}),
        ("/v1/reports/quality", {"since": "2026-11-22T09:00:00Z", "until": "2026-11-21T09:00:00Z"}),
    ],
)
def test_poison_in_a_query_is_refused(site: Any, path: str, params: dict[str, str]) -> None:
    answer = site.get(path, **params)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] is None


def test_a_parameter_that_stands_there_twice_is_refused(site: Any) -> None:
    assert site.get("/v1/queue?limit=1&limit=2").status_code == 422
