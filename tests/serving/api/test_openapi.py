from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from openapi_spec_validator import validate

from data.records import Role
from serving.api.app import ENDPOINTS


@pytest.fixture
def document(site: Any) -> Any:
    return site.client.get("/openapi.json").json()


def test_the_document_is_valid_openapi(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_endpoint_is_in_the_document(document: Any) -> None:
    written = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert written == {
        (endpoint.method.lower(), re.sub(r":\w+\}", "}", endpoint.path)) for endpoint in ENDPOINTS
    }


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(document: Any) -> None:
    operations = [one for methods in document["paths"].values() for one in methods.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    for one in operations:
        assert one["summary"]
        assert "Roles: " in one["description"]
        assert {"401", "403", "429", "503"} <= one["responses"].keys()


def test_nothing_can_be_uploaded_as_a_file(document: Any) -> None:
    assert "binary" not in str(document)
    bodies = [one["requestBody"] for methods in document["paths"].values() for one in methods.values()
              if "requestBody" in one]  # fmt: skip
    assert {kind for body in bodies for kind in body["content"]} == {"application/json"}


@pytest.mark.parametrize(
    "endpoint", [e for e in ENDPOINTS if e.example], ids=lambda e: f"{e.method} {e.path}"
)
def test_every_example_can_be_read(endpoint: Any) -> None:
    import json

    endpoint.body.model_validate_json(json.dumps(endpoint.example))


def test_the_examples_of_the_review_queue_work_one_after_the_other(site: Any) -> None:
    for endpoint in ENDPOINTS[:2]:
        answer = site.post(endpoint.path, endpoint.example, Role.QUEUE)
        assert answer.status_code in {200, 201}, answer.text


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [value or "" for name, value in attrs if name in {"href", "src"}]


def test_the_page_shows_every_endpoint_and_needs_nothing_from_elsewhere(site: Any, document: Any) -> None:
    answer = site.client.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    for path in document["paths"]:
        assert path in answer.text
    links = _Links()
    links.feed(answer.text)
    assert links.found == ["/openapi.json"]
    assert not links.tags & {"script", "link", "img", "iframe"}
    assert "default-src 'none'" in answer.headers["content-security-policy"]
