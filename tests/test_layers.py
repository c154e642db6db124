"""The arrows of the architecture: imports point down only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ["pages", "audit", "access", "calls", "inventory", "deletions", "monitoring"]
# Modules that stand for a whole floor within a room. The others serve whichever floor imports them.
FLOORS = {"models": 0, "engine": 1, "jobs": 2, "requests": 3, "importing": 3, "views": 4, "urls": 5}


def modules() -> list[Path]:
    found = [path for top in ("tensorslab_api", "dashboard") for path in sorted((ROOT / top).rglob("*.py"))]
    assert found
    return found


def imports(path: Path) -> Iterator[str]:
    """Every module that `path` imports anywhere in it, functions and type-checking blocks included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(ROOT).parts[: -node.level] if node.level else ()
            module = ".".join([*package, *([node.module] if node.module else [])])
            # `from dashboard.calls import slots` may name a module or something in it; the longer name serves both.
            yield from (f"{module}.{alias.name}" for alias in node.names)


def breach(importer: tuple[str, ...], imported: tuple[str, ...]) -> str:
    """Why that import points the wrong way; empty when it does not."""
    if importer[0] == "tensorslab_api":
        return "tensorslab_api knows neither Django nor the dashboard" if imported[0] in {"django", "dashboard"} else ""
    room = importer[1] if importer[1] in ROOMS else ""
    if imported[0] == "tensorslab_api":
        return "" if room == "calls" else "only calls knows tensorslab_api"
    if imported[0] != "dashboard" or len(imported) < 2 or imported[1] not in ROOMS or importer[1:] == ("urls",):
        return ""
    if not room:
        return "settings, readers and checks know no room"
    if ROOMS.index(imported[1]) > ROOMS.index(room):
        return f"{room} lies below {imported[1]}"
    ours, theirs = FLOORS.get(importer[2]), FLOORS.get(imported[2]) if len(imported) > 2 else None
    if theirs == FLOORS["views"] and ours is None:
        return "only views and urls know views"
    if ours is not None and theirs is not None and imported[1] == room and theirs > ours:
        return f"{importer[2]} lies below {imported[2]}"
    return ""


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_its_imports_point_down(path: Path) -> None:
    importer = path.relative_to(ROOT).with_suffix("").parts
    breaches = {name: why for name in imports(path) if (why := breach(importer, tuple(name.split("."))))}
    assert breaches == {}


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("tensorslab_api.client", "django.conf.settings"),
        ("tensorslab_api.sandbox.server", "dashboard.calls.models"),
        ("dashboard.inventory.views.listing", "dashboard.deletions.models.Deletion"),
        ("dashboard.audit.chain", "dashboard.access.roles"),
        ("dashboard.deletions.engine", "tensorslab_api.verdict.Ruling"),
        ("dashboard.deletions.engine", "dashboard.deletions.jobs.shift"),
        ("dashboard.deletions.models", "dashboard.deletions.engine"),
        ("dashboard.deletions.requests", "dashboard.deletions.views"),
        ("dashboard.deletions.manifest", "dashboard.inventory.views.listing"),
        ("dashboard.settings", "dashboard.calls.models"),
    ],
)
def test_it_notices_an_arrow_that_points_up(importer: str, imported: str) -> None:
    assert breach(tuple(importer.split(".")), tuple(imported.split(".")))


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("dashboard.calls.sending", "tensorslab_api.client.Client"),
        ("dashboard.deletions.views", "dashboard.deletions.requests.confirm"),
        ("dashboard.deletions.requests", "dashboard.deletions.jobs"),
        ("dashboard.deletions.manifest", "dashboard.inventory.selecting.selected"),
        ("dashboard.monitoring.readiness", "dashboard.calls.models.Worker"),
        ("dashboard.urls", "dashboard.deletions.views"),
    ],
)
def test_it_lets_an_arrow_pass_that_points_down(importer: str, imported: str) -> None:
    assert not breach(tuple(importer.split(".")), tuple(imported.split(".")))
