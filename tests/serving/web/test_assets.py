from __future__ import annotations

import gzip
import hashlib

import pytest
from starlette.testclient import TestClient

from serving.web.assets import FOLDER, address, assets

VENDOR = FOLDER / "vendor"
SUMS = {
    name: digest
    for digest, name in map(str.split, (VENDOR / "SHA256SUMS.txt").read_text("ascii").splitlines())
}


def test_every_file_from_elsewhere_is_the_one_that_was_looked_at() -> None:
    from_elsewhere = {path.name for path in VENDOR.iterdir() if path.suffix != ".txt"}
    assert from_elsewhere == SUMS.keys()
    for name, digest in SUMS.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


def test_every_file_from_elsewhere_has_its_licence_beside_it() -> None:
    for name in SUMS:
        licence = VENDOR / f"{name.split('-')[0]}-LICENSE.txt"
        assert "SOFTWARE IS PROVIDED" in licence.read_text(encoding="utf-8").upper(), name


def test_an_address_with_its_digest_is_kept_for_good(browser: TestClient) -> None:
    answer = browser.get(address("tamis.css"))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert "immutable" not in browser.get("/static/tamis.css").headers["cache-control"]
    assert "immutable" not in browser.get("/static/tamis.css?v=old").headers["cache-control"]


def test_texts_are_sent_zipped_to_who_understands_it(browser: TestClient) -> None:
    plain = browser.get("/static/tamis.css", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    zipped = browser.get("/static/tamis.css", headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.content == plain.content == (FOLDER / "tamis.css").read_bytes()
    assert gzip.decompress(assets()["tamis.css"].zipped or b"") == plain.content


def test_a_file_that_has_not_changed_is_not_sent_again(browser: TestClient) -> None:
    etag = browser.get("/static/tamis.svg").headers["etag"]
    assert browser.get("/static/tamis.svg", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("path", ["nothing.css", "../words.py", "%2e%2e/words.py", "/etc/passwd", ""])
def test_nothing_else_can_be_loaded(browser: TestClient, path: str) -> None:
    assert browser.get(f"/static/{path}").status_code == 404
