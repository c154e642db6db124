"""The arrows of the architecture: imports point down only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = [
    *("database", "pages", "audit", "access", "calls", "register", "media", "deletions"),
    *("rules", "overview", "api", "operations"),
]
OUTERMOST = ["admin", "apps", "checks", "management", "migrations", "templatetags", "urls"]
"""What Django looks for by these names, and nothing else imports."""
FLOORS = {
    "database": [
        ["dialect", "folding", "grams"],
        ["sql", "triggers"],
        ["append_only", "json_rows", "listed", "locks"],
        ["prompt_reading"],
        ["marks", "prompt_index", "proposals", "statistics"],
    ],
    "register": [
        ["models"],
        ["membership", "search", "ticks"],
        ["filters"],
        ["counting", "inserting", "looks", "outside", "totals", "witnesses"],
        ["facets", "sample_words", "selecting", "walking"],
        ["starring", "holding"],
        ["presses"],
        ["listing", "importing", "naming", "samples"],
        ["watching"],
        ["refreshing"],
        ["looking", "saved_views"],
        ["command_line"],
        ["views"],
        OUTERMOST,
    ],
    "media": [
        ["models", "formats", "decoder"],
        ["addresses", "s3"],
        ["hosts", "storing", "decoding"],
        ["fetching", "keeping", "showing", "wanting"],
        ["making"],
        ["jobs"],
        ["asking", "drawing"],
        ["views"],
        OUTERMOST,
    ],
    "deletions": [
        ["models", "moves"],
        ["drafts"],
        ["approvals"],
        ["certificates", "dispatch", "evidence", "forgetting"],
        ["history"],
        ["actions"],
        ["command_line"],
        ["views"],
        OUTERMOST,
    ],
    "rules": [
        ["cadence"],
        ["models"],
        ["consents", "standing"],
        ["deciding"],
        ["running"],
        ["jobs"],
        ["making", "tending", "policies"],
        ["forms", "showing"],
        ["views"],
        OUTERMOST,
    ],
}
"""Of the rooms with floors, from the lowest up. A file or folder imports from its own floor and from those below."""

DATABASES = {"sqlite", "sqlite3", "postgres", "postgresql"}
TOLD_BY = {"vendor", "features", "display_name"}
"""What a connection tells of the database behind it."""
READS_ADDRESSES = Path("dashboard", "database_url.py")
"""What somebody wrote as `DATABASE_URL` says by its beginning which database is meant."""


def modules() -> list[Path]:
    found = [path for top in ("tensorslab_api", "dashboard") for path in sorted((ROOT / top).rglob("*.py"))]
    assert found
    return found


def imports(path: Path, *, for_types: bool = True) -> Iterator[str]:
    """Every module that `path` imports anywhere in it, functions and, if wanted, type-checking blocks included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for block in ast.walk(tree):
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test) and not for_types:
            block.body = []
    for node in ast.walk(tree):
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
    if imported[1] != room:
        return "only views know another room's views" if "views" in imported[2:3] and "views" not in importer else ""
    ours, theirs = floor(importer), floor(imported)
    return f"{importer[2]} lies below {imported[2]}" if theirs > ours else ""


def floor(module: tuple[str, ...]) -> int:
    """Of a module of a room. All of a room without floors is one floor."""
    floors = FLOORS.get(module[1], [])
    if not floors or len(module) < 3:
        return 0
    return next(number for number, names in enumerate(floors) if module[2] in names)


def asks(source: str) -> list[str]:
    """Where it asks which database it is: lines that name one, or look at what a connection tells of it."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        is_asked = isinstance(node, ast.Attribute) and node.attr in TOLD_BY
        # Compared with, looked up by, or given to `getattr`.
        is_named = isinstance(node, ast.Constant) and node.value in DATABASES | {"vendor"}
        if is_asked or is_named:
            found.add(node.lineno)
    lines = source.splitlines()
    return [f"{number}: {lines[number - 1].strip()}" for number in sorted(found)]


def circle(arrows: dict[str, set[str]]) -> list[str]:
    """Modules that import each other, one after another; none when there is no such circle."""
    done: set[str] = set()

    def walk(module: str, way: list[str]) -> list[str]:
        if module in way:
            return way[way.index(module) :]
        if module in done:
            return []
        found = next((found for one in sorted(arrows[module]) if (found := walk(one, [*way, module]))), [])
        done.add(module)
        return found

    return next((found for module in sorted(arrows) if (found := walk(module, []))), [])


def test_no_modules_import_each_other() -> None:
    names = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in modules()
    }
    # `from package import module` is no arrow to the package. What only names a type is not there when it runs.
    arrows = {
        name: {
            next((known for known in (imported, imported.rpartition(".")[0]) if known in names), name)
            for imported in imports(path, for_types=False)
        }
        - {name}
        for name, path in names.items()
    }
    assert circle(arrows) == []


def test_it_notices_a_circle() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_every_module_of_a_room_with_floors_has_one() -> None:
    for room, floors in FLOORS.items():
        there = {path.stem for path in (ROOT / "dashboard" / room).iterdir() if path.suffix == ".py" or path.is_dir()}
        assert there - {"__init__", "__pycache__"} == {name for names in floors for name in names if name in there}, (
            room
        )


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
        ("dashboard.database.sql", "dashboard.audit.chain"),
        ("dashboard.register.views.listing", "dashboard.deletions.models.Deletion"),
        ("dashboard.audit.chain", "dashboard.access.roles"),
        ("dashboard.deletions.dispatch.agenda", "tensorslab_api.verdict.Ruling"),
        ("dashboard.deletions.drafts.freezing", "dashboard.deletions.dispatch.jobs.shift"),
        ("dashboard.deletions.models.deletion", "dashboard.deletions.dispatch.agenda"),
        ("dashboard.deletions.actions", "dashboard.deletions.views.detail"),
        ("dashboard.deletions.drafts.freezing", "dashboard.register.views.listing"),
        ("dashboard.register.search.predicate", "dashboard.register.filters.filter.Filter"),
        ("dashboard.settings", "dashboard.calls.models"),
        ("dashboard.register.templatetags.task_cells", "dashboard.media.drawing.thumb"),
        ("dashboard.media.wanting", "dashboard.media.jobs.wake"),
        ("dashboard.deletions.actions.sets", "dashboard.api.tasks.read_filter"),
    ],
)
def test_it_notices_an_arrow_that_points_up(importer: str, imported: str) -> None:
    assert breach(tuple(importer.split(".")), tuple(imported.split(".")))


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("dashboard.calls.sending", "tensorslab_api.client.Client"),
        ("dashboard.deletions.views.draft", "dashboard.deletions.actions.confirm"),
        ("dashboard.deletions.actions", "dashboard.deletions.dispatch.jobs"),
        ("dashboard.deletions.drafts.freezing", "dashboard.register.selecting.selected"),
        ("dashboard.operations.readiness", "dashboard.calls.models.Worker"),
        ("dashboard.api.deletions", "dashboard.deletions.actions.sets"),
        ("dashboard.urls", "dashboard.deletions.views"),
    ],
)
def test_it_lets_an_arrow_pass_that_points_down(importer: str, imported: str) -> None:
    assert not breach(tuple(importer.split(".")), tuple(imported.split(".")))


def test_only_the_database_room_asks_which_database_it_is() -> None:
    room = ROOT / "dashboard" / "database"
    others = {path.relative_to(ROOT): path for path in modules() if not path.is_relative_to(room)}
    del others[READS_ADDRESSES]
    assert {str(place): found for place, path in others.items() if (found := asks(path.read_text("utf-8")))} == {}


@pytest.mark.parametrize(
    "source",
    [
        'if connection.vendor == "postgresql":\n    pass',
        "lock = connection.features.has_select_for_update",
        "name = connections[alias].vendor",
        'name = getattr(connection, "vendor")',
        'DIALECT == "sqlite"',
        'few = {"sqlite": 1000, "postgresql": 500}[name]',
        'match name:\n    case "postgresql":\n        pass',
        'is_file = name in ("sqlite", "sqlite3")',
    ],
)
def test_it_notices_who_asks_which_database_it_is(source: str) -> None:
    assert len(asks(source)) == 1


def test_it_lets_pass_who_asks_for_what_it_wants() -> None:
    assert asks('"""As on PostgreSQL."""\nimport sqlite3\norder = Collate("task_id", dialect.bytewise())') == []
