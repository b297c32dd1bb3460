"""No library older than the first version without a known hole: neither installed, nor allowed to be."""

from __future__ import annotations

from importlib.metadata import requires, version

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

FLOORS = {
    "bentoml": ("1.4.39", "CVE-2025-27520, CVE-2025-32375, CVE-2025-54381, CVE-2026-27905, CVE-2026-44345"),
    "jinja2": ("3.1.6", "CVE-2025-27516: out of the sandbox"),
    "mlflow": ("3.16.1", "CVE-2026-2614, CVE-2026-2393, GHSA-46r5, GHSA-fh64, GHSA-gq3w: a default password"),
    "starlette": ("0.49.1", "CVE-2025-62727: a Range header that costs hours"),
    "torch": ("2.6", "CVE-2025-32434: code in weights"),
}
"""The first version without the hole, by library."""


@pytest.mark.parametrize("name", FLOORS)
def test_no_version_with_a_known_hole_is_installed_or_allowed(name: str) -> None:
    floor, hole = FLOORS[name]
    assert Version(version(name)) >= Version(floor), hole
    asked = [Requirement(line) for line in requires("tamis") or ()]
    bounds = [spec for one in asked if one.name == name and not one.marker for spec in one.specifier]
    least = [Version(spec.version) for spec in bounds if spec.operator in {">=", "==", "~="}]
    assert least, f"pyproject.toml must say from which version on {name} will do: {hole}"
    assert max(least) >= Version(floor), hole
