"""The API's own description, OpenAPI 3.1, made from the same endpoints and models that answer."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.api.endpoint import Endpoint
from serving.api.errors import Errors
from serving.auth import RULES

_REF: Final = "#/components/schemas/{model}"

_EVERYWHERE: Final = {
    401: "There is no valid token.",
    403: "The role of the token may not do that.",
    429: "Too much is waiting. Send it again after `Retry-After` seconds; treat it as full review.",
    503: "Something must be set up first, or the ledger does not answer. Send it again.",
}
_MORE: Final = {
    400: "The body is no JSON.",
    404: "There is nothing of that name.",
    409: "It contradicts what is already recorded.",
    413: "The body has too many bytes, items or events.",
    415: "The body is not sent as application/json.",
    422: "A field is wrong; `pointer` says which.",
}
_SUCCESS: Final = {200: "The answer.", 201: "Recorded.", 207: "Some were recorded and some refused."}

_INTRODUCTION: Final = """\
Which videos should people look at, and what did we miss?

Every request needs `Authorization: Bearer tms_...`. A refusal is `{"errors": [...]}` with a `pointer` to the
field at fault. Whoever asks for scores treats everything that is not 200, and every time-out, as full review.
Unknown fields are refused. Moments are ISO 8601 with a zone.
"""


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """Return the OpenAPI document of the endpoints."""
    models: list[tuple[type[BaseModel], Any]] = [(Errors, "serialization")]
    for endpoint in endpoints:
        models += [(model, "validation") for model in (endpoint.body, endpoint.query) if model]
        models += [(model, "serialization") for model in endpoint.answers.values()]
    names, schemas = models_json_schema(list(dict.fromkeys(models)), ref_template=_REF)
    _close(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, path, names, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tamis", "version": version("tamis"), "description": _INTRODUCTION},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(endpoint.tag for endpoint in endpoints)],
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "tms_..."}},
        },
    }


def routes(content: Mapping[str, Any]) -> list[Route]:
    """Return the route of the document."""
    text = json.dumps(content, ensure_ascii=False)

    async def answer(_request: Request) -> Response:
        return Response(text, media_type="application/json", headers={"X-Content-Type-Options": "nosniff"})

    return [Route("/openapi.json", answer, methods=["GET"], name="openapi")]


def _operation(
    endpoint: Endpoint, path: str, names: Mapping[Any, Any], schemas: dict[str, Any]
) -> dict[str, Any]:
    allowed = sorted(str(role) for role in RULES.get(endpoint.action, ()))
    about = inspect.cleandoc(endpoint.handle.__doc__ or "")
    operation: dict[str, Any] = {
        "operationId": f"{endpoint.handle.__module__.rpartition('.')[2]}.{endpoint.handle.__name__}",
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "description": f"{about}\n\nRoles: {', '.join([*allowed, 'admin'])}.",
        "parameters": list(_parameters(endpoint, path, schemas)),
        "responses": dict(_responses(endpoint, names)),
    }
    if endpoint.body is not None:
        content = {"schema": names[endpoint.body, "validation"]}
        if endpoint.example is not None:
            content["example"] = endpoint.example
        operation["requestBody"] = {
            "required": endpoint.body_required,
            "content": {"application/json": content},
        }
    return operation


def _parameters(endpoint: Endpoint, path: str, schemas: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", path):
        schema = {"type": "string", "pattern": r"^[A-Za-z0-9._:@/+-]{1,128}$"}
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    if endpoint.query is not None:
        for name, field in schemas["$defs"][endpoint.query.__name__]["properties"].items():
            schema = _without_null(field)
            listed = schema.get("type") == "array"
            how = {"style": "form", "explode": False} if listed else {}
            about = {"description": schema["description"]} if "description" in schema else {}
            yield {"name": name, "in": "query", "required": False, "schema": schema, **about, **how}


def _close(schema: Any) -> None:
    # Of a mapping pydantic says which names may stand in it, and leaves open whether others may, too.
    if isinstance(schema, dict) and "patternProperties" in schema:
        schema.setdefault("additionalProperties", False)
    if isinstance(schema, dict | list):
        for part in schema.values() if isinstance(schema, dict) else schema:
            _close(part)


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    # An address has no null: what is left out is not written.
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return dict(schema)
    left = {name: value for name, value in schema.items() if name not in {"anyOf", "default"}}
    return {**left, **kinds[0]}


def _responses(endpoint: Endpoint, names: Mapping[Any, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for status, model in endpoint.answers.items():
        yield str(status), _response(_SUCCESS[status], names[model, "serialization"])
    refusals = dict(_EVERYWHERE)
    for status in (*endpoint.refusals, *((400, 413, 415) if endpoint.method != "GET" else ()), 422):
        refusals.setdefault(status, _MORE.get(status, ""))
    if "{" in endpoint.path:
        refusals.setdefault(404, _MORE[404])
    for status, about in sorted(refusals.items()):
        yield str(status), _response(about, names[Errors, "serialization"])


def _response(about: str, schema: Any) -> dict[str, Any]:
    return {"description": about, "content": {"application/json": {"schema": schema}}}
