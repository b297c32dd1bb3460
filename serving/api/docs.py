"""GET /docs: the OpenAPI document as one page that needs nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

_STYLE: Final = """
body{font:16px/1.55 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}
body{color:#1b1f24;background:#fff}h1,h2,h3{line-height:1.25}
h3{margin-top:2.5rem;border-top:1px solid #d0d7de;padding-top:1.5rem}
code,pre{font:14px/1.5 ui-monospace,monospace;background:#f3f4f6;border-radius:4px}
code{padding:.1em .3em}pre{padding:.8rem;overflow-x:auto;white-space:pre-wrap;word-break:break-word}
pre code{padding:0}table{border-collapse:collapse}td{padding:.15rem .8rem .15rem 0;vertical-align:top}
.method{font-weight:700;color:#0b5cad}
@media(prefers-color-scheme:dark){body{background:#14171c;color:#e6e8eb}code,pre{background:#22272e}
.method{color:#7cb7ff}h3{border-color:#39414c}a{color:#7cb7ff}}
"""
_STYLE_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = f"default-src 'none'; frame-ancestors 'none'; style-src 'sha256-{_STYLE_DIGEST}'"


def routes(document: Mapping[str, Any]) -> list[Route]:
    """Return the route of the page."""
    page = "\n".join(_page(document))

    async def answer(_request: Request) -> Response:
        headers = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
        return HTMLResponse(page, headers=headers)

    return [Route("/docs", answer, methods=["GET"], name="docs")]


def _page(document: Mapping[str, Any]) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tamis API</title>'
    yield f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
    yield "<h1>Tamis API</h1>"
    yield _text(document["info"]["description"])
    yield '<p><a href="/openapi.json">openapi.json</a></p>'
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    for tag in document["tags"]:
        yield f"<h2>For {escape(tag['name'])}</h2>"
        for method, path, operation in operations:
            if tag["name"] in operation["tags"]:
                yield from _operation(method, path, operation)
    yield "</body></html>"


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f'<h3 id="{escape(operation["operationId"])}">{escape(operation["summary"])}</h3>'
    yield f'<p><code><span class="method">{method}</span> {escape(path)}</code></p>'
    yield _text(operation["description"])
    yield f"<pre><code>{escape(_curl(method, path, operation))}</code></pre><table>"
    for parameter in operation["parameters"]:
        yield _row(parameter["name"], f"{parameter['in']}. {parameter.get('description', '')}")
    for status, response in operation["responses"].items():
        yield _row(status, response["description"])
    yield "</table>"


def _curl(method: str, path: str, operation: Mapping[str, Any]) -> str:
    lines = [f"curl -s http://127.0.0.1:3000{path}", '-H "Authorization: Bearer $TOKEN"']
    if method != "GET":
        lines[0] += f" -X {method}"
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "example" in content:
        lines += ["-H 'Content-Type: application/json'"]
        lines += [f"-d '{json.dumps(content['example'], ensure_ascii=False)}'"]
    return " \\\n  ".join(lines)


def _row(name: str, about: str) -> str:
    return f"<tr><td><code>{escape(name)}</code></td><td>{_inline(about)}</td></tr>"


def _text(text: str) -> str:
    return "".join(f"<p>{_inline(part)}</p>" for part in text.split("\n\n"))


def _inline(text: str) -> str:
    parts = escape(text).replace("``", "`").split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
