from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from serving.api.app import ENDPOINTS
from serving.cli import app

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]

pytestmark = pytest.mark.skipif(not (ROOT / "docs").exists(), reason="the documents lie in the checkout")


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
def test_every_address_is_documented(endpoint: object) -> None:
    path = endpoint.path  # type: ignore[attr-defined]
    shortened = re.sub(r"\{(\w+):path\}", r"{\1}", path)
    last = f"`/{shortened.rsplit('/', 1)[1]}`"
    text = _read("docs/api.md")
    assert shortened in text or (shortened.rsplit("/", 1)[0] in text and last in text)


@pytest.mark.parametrize("command", sorted(get_command(app).commands))  # type: ignore[attr-defined]
def test_every_command_is_documented(command: str) -> None:
    assert f"`tamis {command}" in _read("docs/operations.md")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []
