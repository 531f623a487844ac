"""The building code: sizes, floors, doors on routes, settings and comments, migrations, glossary."""

import ast
import dataclasses
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import cases
import hallqueue
import main
from base.clock import SetClock
from base.db import Database, metadata
from base.settings import load
from server.app import create_app
from server.house import SECTIONS
from server.settings import DatabaseSettings

HOUSE = Path(__file__).parent.parent
ROOMS = ("base", "hallqueue", "intents", "knowledge", "cases", "bot", "server")
SOURCES = [*sorted(path for room in ROOMS for path in (HOUSE / room).rglob("*.py")), HOUSE / "main.py"]
TESTS = sorted((HOUSE / "tests").rglob("*.py"))
MOST_POSITIONAL = 5

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(paths: list[Path]) -> Iterator[tuple[Path, Function]]:
    """Every function and method in ``paths``."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def length(node: Function) -> int:
    """Lines from ``def`` to the end, without the docstring."""
    body = node.body
    has_docstring = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    docstring = (body[0].end_lineno or 0) - body[0].lineno + 1 if has_docstring and isinstance(body[0], ast.Expr) else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring


def percentile(values: list[int], share: float) -> int:
    """The value below which ``share`` of ``values`` lie."""
    return sorted(values)[int(len(values) * share)]


def test_functions_are_short() -> None:
    """Median ≤ 8 lines, p95 ≤ 30, none over 50."""
    sizes = {f"{path.relative_to(HOUSE)}:{node.name}": length(node) for path, node in functions(SOURCES)}
    lines = list(sizes.values())
    assert {name: size for name, size in sizes.items() if size > 50} == {}
    assert percentile(lines, 0.95) <= 30
    assert statistics.median(lines) <= 8


def test_files_are_short() -> None:
    """p95 ≤ 400 lines, none over 500; tests too."""
    sizes = {
        str(path.relative_to(HOUSE)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES + TESTS
    }
    assert {name: size for name, size in sizes.items() if size > 500} == {}
    assert percentile(list(sizes.values()), 0.95) <= 400


def test_functions_take_few_positional_parameters() -> None:
    """At most five besides self; more are keyword-only."""
    many = []
    for path, node in functions(SOURCES):
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        if len([name for name in names if name not in {"self", "cls"}]) > MOST_POSITIONAL:
            many.append(f"{path.relative_to(HOUSE)}:{node.name}")
    assert many == []


def test_rules_are_pure() -> None:
    """Rules import the standard library, base.errors and other rules of their room, nothing else."""
    allowed = set(sys.stdlib_module_names)
    strangers = []
    for path in SOURCES:
        room = path.relative_to(HOUSE).parts[0]
        is_rule = "rules" in path.relative_to(HOUSE).parts or path.name == "rules.py"
        for name in imported(path) if is_rule else ():
            is_fine = name.split(".")[0] in allowed or name == "base.errors" or name.startswith(f"{room}.rules")
            if not is_fine:
                strangers.append(f"{path.relative_to(HOUSE)} imports {name}")
    assert strangers == []


def imported(path: Path) -> list[str]:
    """The modules that a file imports."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return names


def test_floors_hold() -> None:
    """import-linter's contracts."""
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout


def test_every_route_has_a_door(tmp_path: Path) -> None:
    """``create_app`` refuses a route without ``@allow``; so building it proves them all."""
    settings = load(None, {}, SECTIONS).replace(DatabaseSettings(f"sqlite:///{tmp_path / 'hall.db'}"))
    app = create_app(settings)
    assert len(app.router.routes()) > 0


def test_no_get_changes_anything() -> None:
    """A handler of GET never calls ``db.write``."""
    writers = []
    for path, node in functions(SOURCES):
        is_get = any("routes.get" in ast.unparse(decorator) for decorator in node.decorator_list)
        if is_get and ".write(" in ast.unparse(node):
            writers.append(f"{path.relative_to(HOUSE)}:{node.name}")
    assert writers == []


def test_config_lists_every_setting_with_its_default() -> None:
    """config.toml, the dataclasses and the comments agree, key by key."""
    text = (HOUSE / "config.toml").read_text(encoding="utf-8")
    given = tomllib.loads(text)
    expected = {
        name: {field.name for field in dataclasses.fields(section) if _default(section, field) is not None}
        for name, section in SECTIONS.items()
    }
    assert {name: set(table) for name, table in given.items()} == expected
    loaded = load(HOUSE / "config.toml", {}, SECTIONS)
    assert {name: loaded[section] for name, section in SECTIONS.items()} == {
        name: section() for name, section in SECTIONS.items()
    }


def test_every_setting_is_commented() -> None:
    """The line of a key, or the one above it, explains it."""
    lines = (HOUSE / "config.toml").read_text(encoding="utf-8").splitlines()
    bare = []
    for before, line in zip(["", *lines], lines, strict=False):
        is_key = re.match(r"^[a-z_0-9]+ *=", line)
        if is_key and "#" not in line and not before.strip().startswith("#"):
            bare.append(line)
    assert bare == []


def _default(section: type, field: "dataclasses.Field[object]") -> object:
    return getattr(section(), field.name)


def test_migrations_from_empty_equal_the_tables(empty_url: str) -> None:
    """Running every migration on an empty database gives exactly the tables that the code declares."""
    settings = load(None, {}, SECTIONS).replace(DatabaseSettings(empty_url))
    main.migrate_database(settings)
    engine = sa.create_engine(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _ours})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def _ours(_thing: object, name: str | None, _kind: str, _reflected: bool, _other: object) -> bool:  # noqa: FBT001 (Alembic's signature)
    return not (name or "").startswith("test_")


def test_glossary_names_stand_in_the_code() -> None:
    """Every name of the last column is an identifier or a string of the code."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    words = set(re.findall(r"[A-Za-z_]\w*", code))
    assert [name for name in glossary() if name not in words] == []


def test_glossary_knows_every_table_and_state() -> None:
    """A table or a state without a row would be a word that nobody agreed on."""
    states = {state.value for state in (*hallqueue.State, *cases.State)}
    tables = {name for name in metadata.tables if not name.startswith("test_")}
    assert (states | tables) - set(glossary()) == set()


def glossary() -> list[str]:
    """The names in the glossary's last column."""
    text = (HOUSE / "docs/glossary.md").read_text(encoding="utf-8")
    return re.findall(r"\| `(\w+)` \|$", text, re.MULTILINE)


def test_stylesheet_uses_tokens_only() -> None:
    """A colour is written once, among the tokens."""
    strays = []
    for path in sorted((HOUSE / "server/static/css").glob("*.css")):
        if path.name != "00-tokens.css":
            found = re.findall(r"#[0-9a-fA-F]{3,8}\b", path.read_text(encoding="utf-8"))
            strays += [
                f"{path.name}: {colour}" for colour in found if colour.lower() not in {"#fff", "#ffffff", "#8494a8"}
            ]
    assert strays == []


@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        ("ink", "paper", 4.5),
        ("muted", "paper", 4.5),
        ("primary", "surface", 4.5),
        ("surface", "primary", 4.5),
        ("call", "surface", 4.5),
        ("ok", "ok-tint", 4.5),
        ("warn", "warn-tint", 4.5),
        ("call", "call-tint", 4.5),
        ("screen-number", "screen-ground", 4.5),
        ("muted", "surface", 4.5),
        ("primary", "primary-tint", 4.5),
    ],
)
def test_contrast_of_tokens(ink: str, ground: str, least: float) -> None:
    """WCAG 2.1: relative luminance contrast of what is written on what."""
    text = (HOUSE / "server/static/css/00-tokens.css").read_text(encoding="utf-8")
    tokens = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", text))
    light, dark = sorted((luminance(tokens[ink]), luminance(tokens[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= least


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.1)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def test_the_standing_clock_is_utc(db: Database, clock: SetClock) -> None:
    """What the fixtures promise."""
    assert db.clock is clock
    assert clock.now().utcoffset() is not None
