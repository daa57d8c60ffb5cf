"""``docs/provider.md`` has each part of the Airflow provider, with each of its arguments."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

import mailchimp_provider

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "provider.md").read_text(encoding="utf-8")
INFO = mailchimp_provider.get_provider_info()
#: Rows of the table with a module: name and module.
LISTED = re.findall(r"^\| [a-z]+ \| `(\w+)` \| `([\w.]+)` \|", PAGE, re.MULTILINE)
DEFAULT_CONNECTION = "mailchimp_default"


def section(name: str) -> str:
    (found,) = re.findall(rf"^### `{name}`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def tree_of(module: str) -> ast.Module:
    path = ROOT / "plugins" / f"{module.replace('.', '/')}.py"
    return ast.parse(path.read_text(encoding="utf-8"))


def arguments_of(module: str, name: str) -> dict[str, Any]:
    """Each argument of a class or function, with its default; ``...`` where it has none."""
    (found,) = [node for node in tree_of(module).body if getattr(node, "name", None) == name]
    if isinstance(found, ast.ClassDef):
        found = next(
            node
            for node in found.body
            if isinstance(node, ast.FunctionDef) and node.name == "__init__"
        )
    assert isinstance(found, ast.FunctionDef)
    given = found.args
    values = [
        *zip(given.args, [None] * (len(given.args) - len(given.defaults)), strict=False),
        *zip(given.kwonlyargs, given.kw_defaults, strict=True),
    ]
    return {
        argument.arg: ... if default is None else read_default(default)
        for argument, default in values
        if argument.arg != "self"
    }


def read_default(node: ast.expr) -> Any:
    # The one default that is a name: that of the hook's class.
    return DEFAULT_CONNECTION if isinstance(node, ast.Name) else ast.literal_eval(node)


def described(text: str) -> dict[str, Any]:
    """Each argument of a section's table, with its default."""
    words = {"required": ..., "empty": ""}
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| [^|]{3,} \|$", text, re.MULTILINE)
    return {
        name: words[default] if default in words else read_word(default.strip("`"))
        for name, default in rows
    }


def read_word(word: str) -> Any:
    return word if word == DEFAULT_CONNECTION else ast.literal_eval(word)


def test_airflow_and_the_page_name_the_same_parts() -> None:
    named = {
        module
        for kind in ("hooks", "operators", "triggers")
        for group in INFO[kind]
        for module in group["python-modules"]
    }
    notifiers = {tuple(path.rpartition(".")[::2]) for path in INFO["notifications"]}
    listed = {(module, name) for name, module in LISTED}
    assert notifiers <= listed
    assert named == {module for module, _ in listed - notifiers}
    assert re.findall("^### `(.*)`", PAGE, re.MULTILINE) == [name for name, _ in LISTED]
    for kind in INFO["connection-types"]:
        assert f"| connection type | `{kind['connection-type']}` |" in PAGE


def test_each_module_of_a_kind_is_named() -> None:
    """A module that nobody names is one that nobody finds."""
    plugins = ROOT / "plugins" / "mailchimp_provider"
    listed = {module for _, module in LISTED}
    for kind in ("hooks", "operators", "triggers"):
        modules = {path.stem for path in (plugins / kind).glob("[!_]*.py")}
        assert modules
        assert {f"mailchimp_provider.{kind}.{name}" for name in modules} <= listed


@pytest.mark.parametrize(("name", "module"), LISTED)
def test_the_page_has_each_argument_with_its_default(name: str, module: str) -> None:
    found = described(section(name))
    assert found
    assert found == arguments_of(module, name)


@pytest.mark.parametrize(("name", "module"), LISTED)
def test_each_part_has_an_example_that_passes_known_arguments(name: str, module: str) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", section(name), re.DOTALL)
    tree = ast.parse(example)
    imported = {
        (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert (module, name) in imported
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]
    assert calls
    known = arguments_of(module, name)
    for call in calls:
        given = {keyword.arg for keyword in call.keywords}
        assert given - {"task_id"} <= set(known)
        missing = {argument for argument, default in known.items() if default is ...} - given
        assert len(missing) == len(call.args)
