"""
Requests that the served document allows, and requests that it forbids, for every operation.

Whatever comes: no mistake of ours, a documented status, a body of the documented form. What the document
allows is taken, or refused for a reason that no schema can say; what it forbids is refused.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from data.records import Role
from serving.api.app import ENDPOINTS

EVERYWHERE = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]

BEYOND_A_SCHEMA = re.compile(
    r"No policy '.*' stands in"  # the policies are those of an installation
    r"|goal must be like"  # a small language
    r"|must be some of language,"  # columns, alone or joined by +
    r"|must lie between the years 1970 and 2200"  # the first and last hours, in other zones
    r"|must be a date and time with a zone"  # the 30th of February
    r"|since must be before until|until must be after since"
    r"|must be empty unless the verdict is violation"
    r"|must not be before start_ms"
    r"|printable characters without space at its ends"
    r"|must not contain half a surrogate pair"
    r"|must not contain the character NUL"  # in free data, however deep
    r"|must not be nested deeper"
    r"|must fit into 64 bits|must be a finite number"
    r"|must be text, or a list of texts",
    flags=re.DOTALL,
)
"""Why a request may be refused (422) although its form is the documented one."""

OPERATIONS = [f"{one.method} {re.sub(r':[a-z]+}', '}', one.path)}" for one in ENDPOINTS]
_TAKEN = {200, 201, 207, 404, 409, 503}


def _run(site: Any, operation: str, mode: GenerationMode, *, examples: int) -> set[int]:
    for number in range(3):
        site.score(f"v{number}")
    site.bench.scorers["2"] = replace(site.bench.scorers["1"], version="2")
    schema = schemathesis.openapi.from_asgi("/openapi.json", site.app)
    [found] = [one.ok() for one in schema.get_all_operations() if one.ok().label == operation]
    headers, statuses = site.headers(Role.ADMIN), set[int]()
    endpoint = ENDPOINTS[OPERATIONS.index(operation)]

    def ask(case: Any) -> None:
        answer = case.call(headers=headers)
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=EVERYWHERE, headers=headers)
        # A query that is wrong may not survive being written; test_poisons has those.
        if mode is GenerationMode.NEGATIVE and endpoint.body and answer.status_code != 413:
            case.validate_response(answer, checks=[checks.negative_data_rejection], headers=headers)
        if mode is GenerationMode.POSITIVE and answer.status_code not in _TAKEN:
            assert answer.status_code == 422
            assert BEYOND_A_SCHEMA.search(answer.text), answer.text

    settings = hypothesis_settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    settings(given(case=found.as_strategy(generation_mode=mode))(ask))()
    return statuses


def test_every_operation_is_asked(site: Any) -> None:
    assert {(*one.split(),) for one in OPERATIONS} == {
        (method.upper(), path)
        for path, methods in site.client.get("/openapi.json").json()["paths"].items()
        for method in methods
    }


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_the_document_allows_is_taken(site: Any, operation: str) -> None:
    assert _run(site, operation, GenerationMode.POSITIVE, examples=5)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_the_document_forbids_is_refused_as_it_says(site: Any, operation: str) -> None:
    assert _run(site, operation, GenerationMode.NEGATIVE, examples=5)


@pytest.mark.slow
@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_many_requests_of_the_document_are_answered_as_it_says(
    site: Any, operation: str, mode: GenerationMode
) -> None:
    assert _run(site, operation, mode, examples=250)
