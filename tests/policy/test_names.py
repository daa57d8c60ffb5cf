"""Two things never share a name: public functions and classes, and the word "ledger"."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = (ROOT / "include" / "crm_mailchimp", ROOT / "plugins")
#: Airflow names a task after its function, and task ids are fixed: each DAG has its own module.
TASKS = ROOT / "plugins" / "mailchimp_provider" / "tasks"
FILES = [
    path
    for folder in PRODUCT
    for path in sorted(folder.rglob("*.py"))
    if not path.is_relative_to(TASKS)
]
#: Names that several modules define, with the reason.
ALLOWED = {
    "main": "Python starts a command at this name, one in each package with commands",
}
#: The ledger is the one of refusals. Other tables are called by their names.
LEDGER = ROOT / "include" / "crm_mailchimp" / "sync" / "refusals" / "refusal_ledger.py"


def public_names(text: str) -> list[str]:
    """Functions and classes at the top of a module that other modules may import."""
    return [
        node.name
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
    ]


def shared_names(texts: dict[str, str]) -> dict[str, list[str]]:
    """Each name that several modules define, with these modules."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, text in texts.items():
        for name in public_names(text):
            places[name].append(place)
    return {name: found for name, found in places.items() if len(found) > 1}


def texts_of_the_product() -> dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in FILES}


def test_a_public_name_has_one_meaning() -> None:
    shared = shared_names(texts_of_the_product())
    assert {name: places for name, places in shared.items() if name not in ALLOWED} == {}
    assert set(ALLOWED) == set(ALLOWED) & set(shared), "an exception that nothing needs"


def test_shared_names_are_found() -> None:
    texts = {"one.py": "def note(): ...\nclass Plan: ...\n", "two.py": "async def note(): ...\n"}
    assert shared_names(texts) == {"note": ["one.py", "two.py"]}
    assert shared_names({"one.py": "def _note(): ...\n", "two.py": "def _note(): ...\n"}) == {}


def test_the_ledger_is_that_of_refusals() -> None:
    elsewhere = [path for path in FILES if LEDGER.parent not in path.parents]
    assert 100 < len(elsewhere) < len(FILES)
    assert [
        str(path.relative_to(ROOT))
        for path in elsewhere
        if "ledger" in path.read_text(encoding="utf-8").replace(LEDGER.stem, "").lower()
    ] == []
