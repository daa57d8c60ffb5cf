"""The directions of imports (``dags -> plugins -> include``), read from the syntax of files."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "include" / "crm_mailchimp"
FILES = sorted(PACKAGE.rglob("*.py"))
FACING = ROOT / "plugins" / "mailchimp_provider"
FACING_FILES = [path for path in sorted(FACING.rglob("*.py")) if path != FACING / "__init__.py"]
#: They start the commands of their folders, which are above these.
STARTERS = (PACKAGE / "sync" / "__main__.py", PACKAGE / "warehouse" / "__main__.py")
COMMANDS = ("sync_commands", "warehouse_commands")
#: Statements too; a landed migration never changes.
PRODUCT_FILES = [
    *FILES,
    *sorted((ROOT / "plugins").rglob("*.py")),
    *sorted((ROOT / "dags").glob("*.py")),
    *(
        path
        for path in sorted((ROOT / "sql").rglob("*.sql"))
        if path.parent != ROOT / "sql" / "migrations"
    ),
]
SANDBOX_SERVER = [
    path
    for path in sorted((ROOT / "include" / "mailchimp_sandbox").rglob("*.py"))
    if ".pytest_cache" not in path.parts  # its own tests keep downloads there
]
#: Gives the server this project's name.
DOOR = PACKAGE / "sandbox.py"
#: For trying and testing only: no wheel of the product holds them.
STAGE_SET = ("mailchimp_sandbox", "local_installation")

# Layers that know nothing of each other; the others join them.
APART = ("crm", "mailchimp", "warehouse")
JOINING = ("sync", "quality", "stats", "campaigns", "data_protection", "page_content", "readiness")
# Rooms of ``sync``, from the ground up: none imports one that is named after it.
ROOMS = ("refusals", "staging", "audience", "decisions", "fields", "members", "runs")
# Folders that join the layers, from the ground up, with the commands above all of them.
JOINING_UPWARDS = (
    "quality", "stats", "sync", "campaigns", "data_protection", "page_content", "readiness",
    *COMMANDS,
)  # fmt: skip
# What faces Airflow, from the ground up.
FACING_UPWARDS = (
    "connection_type", "connection_form", "assets", "lineage", "observed_client", "hooks",
    "deployment", "connections", "migrate",
    "plain_failures", "run_params", "table_lineage", "outcomes",
    "time_zones", "metrics", "spans", "alert_receivers", "alerts", "links", "run_notes", "pauses",
    "next_tick", "dag_defaults", "questions",
    "triggers", "tasks", "operators", "page", "doctor",
)  # fmt: skip
#: Of a file.
MOST_LINES = 400
# Importing one of these takes seconds: every DAG parse and every task would pay.
HEAVY = ("airflow", "great_expectations", "pandas", "numpy", "sqlfluff")


@cache
def imports(path: Path) -> tuple[tuple[str, bool], ...]:
    """Each imported module's full name, and whether it is imported by importing the file."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, bool]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node, at_import in walk(tree.body, at_import=True):
        if isinstance(node, ast.Import):
            yield from ((alias.name, at_import) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                source = ROOT / ("plugins" if path.is_relative_to(FACING) else "include")
                package = path.relative_to(source).parent.parts
                base = ".".join((*package[: len(package) - node.level + 1], base)).rstrip(".")
            yield base, at_import
            yield from ((f"{base}.{alias.name}", at_import) for alias in node.names)


def walk(nodes: list[ast.stmt], *, at_import: bool) -> Iterator[tuple[ast.AST, bool]]:
    for node in nodes:
        yield node, at_import
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        guarded = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
        handlers = [
            statement
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.ExceptHandler | ast.match_case)
            for statement in child.body
        ]
        yield from walk(children + handlers, at_import=at_import and not inside and not guarded)


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def room(path: Path) -> str | None:
    """The room of ``sync`` that a file is in; None for files elsewhere, and for its entries."""
    parts = path.relative_to(PACKAGE).parts
    return parts[1] if parts[0] == "sync" and len(parts) == 3 else None


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def of(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def test_there_is_something_to_check() -> None:
    assert len(FILES) > 50
    own = dict(imports(Path(__file__)))
    assert own["ast"] is True, "the reader of imports sees nothing"


def forbidden(
    paths: Iterable[Path], closed: Callable[[Path], Iterable[str]], *, at_import: bool = False
) -> dict[str, list[str]]:
    """Files that import a package which is closed to them, with what they import.

    Args:
        paths: files to look at; several, else the rule would hold of nothing.
        closed: the packages that are closed to a file.
        at_import: only what is imported by importing the file.
    """
    looked = [*paths]
    assert len(looked) > 1
    return {
        label(path): found
        for path in looked
        if (
            found := [
                name
                for name, early in imports(path)
                if (early or not at_import) and of(name, *closed(path))
            ]
        )
    }


def test_what_is_forbidden_is_found() -> None:
    assert len(forbidden(FILES, lambda _: ["collections", "psycopg"])) > 50
    assert forbidden(FILES[:9], lambda _: ["psycopg_of_another"]) == {}


def test_the_work_knows_nothing_of_airflow() -> None:
    assert forbidden(FILES, lambda _: ("airflow", "mailchimp_provider")) == {}


def test_crm_mailchimp_and_warehouse_stand_apart() -> None:
    def others(path: Path) -> list[str]:
        return [f"crm_mailchimp.{one}" for one in (*APART, *JOINING) if one != layer(path)]

    assert forbidden([path for path in FILES if layer(path) in APART], others) == {}


def test_what_joins_knows_the_provider_by_its_protocols_alone() -> None:
    joining = [path for path in FILES if layer(path) in JOINING]
    assert forbidden(joining, lambda _: ["crm_mailchimp.mailchimp"]) == {}


def test_every_room_has_its_place() -> None:
    assert {found for path in FILES if (found := room(path))} == set(ROOMS)
    entries = [one for one in (PACKAGE / "sync").iterdir() if one.name != "__pycache__"]
    assert len(entries) <= 12


def test_rooms_look_down_alone() -> None:
    def above(path: Path) -> list[str]:
        rooms = ROOMS[ROOMS.index(room(path) or "") + 1 :]
        return [
            *(f"crm_mailchimp.sync.{one}" for one in rooms),
            *("crm_mailchimp.data_protection", "crm_mailchimp.campaigns"),
        ]

    assert forbidden([path for path in FILES if room(path)], above) == {}


def part(path: Path, folder: Path) -> str:
    """The folder or module right below ``folder`` that a file is, or is in."""
    return path.relative_to(folder).parts[0].removesuffix(".py")


def test_every_part_has_its_place() -> None:
    assert {part(path, FACING) for path in FACING_FILES} == set(FACING_UPWARDS)
    assert set(JOINING_UPWARDS) == {*JOINING, *COMMANDS}


def test_what_faces_airflow_looks_down_alone() -> None:
    def above(path: Path) -> list[str]:
        parts = FACING_UPWARDS[FACING_UPWARDS.index(part(path, FACING)) + 1 :]
        return [f"mailchimp_provider.{one}" for one in parts]

    assert forbidden(FACING_FILES, above) == {}


def test_what_joins_looks_down_alone() -> None:
    def above(path: Path) -> list[str]:
        parts = JOINING_UPWARDS[JOINING_UPWARDS.index(part(path, PACKAGE)) + 1 :]
        return [f"crm_mailchimp.{one}" for one in parts]

    joining = [path for path in FILES if part(path, PACKAGE) in JOINING_UPWARDS]
    assert forbidden((path for path in joining if path not in STARTERS), above) == {}


def test_nothing_asks_for_a_command() -> None:
    commands = [f"crm_mailchimp.{one}" for one in COMMANDS]
    assert forbidden((path for path in FILES if path not in STARTERS), lambda _: commands) == {}


def test_no_file_is_too_long() -> None:
    lines = {label(path): len(path.read_text("utf-8").splitlines()) for path in PRODUCT_FILES}
    assert {path: count for path, count in lines.items() if count > MOST_LINES} == {}


def test_the_product_does_not_use_the_stage_set() -> None:
    stage = (*STAGE_SET, "crm_mailchimp.sandbox")
    assert forbidden((path for path in FILES if path != DOOR), lambda _: stage) == {}


def test_the_door_leads_to_the_sandbox_server_alone() -> None:
    assert {name for name, _ in imports(DOOR) if of(name, *STAGE_SET)} == {
        "mailchimp_sandbox.__main__",
        "mailchimp_sandbox.__main__.main",
    }


def test_the_sandbox_server_knows_nothing_of_this_project() -> None:
    project = ("crm_mailchimp", "local_installation", "mailchimp_provider")
    assert forbidden(SANDBOX_SERVER, lambda _: project) == {}


def test_importing_is_light() -> None:
    assert forbidden(FILES, lambda _: HEAVY, at_import=True) == {}


@pytest.mark.parametrize("folder", ["dags", "plugins"])
def test_what_faces_airflow_does_not_use_the_stage_set(folder: str) -> None:
    for path in sorted((ROOT / folder).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for name in (*STAGE_SET, "crm_mailchimp.sandbox"):
            assert name not in text, path
