"""A page for each DAG, made of the docstring that is also the DAG's page in Airflow."""

from __future__ import annotations

import ast
import re
from pathlib import Path

_DOCUMENT = re.compile(r"(?<![\w/])docs/(\w+\.md(?:#[\w-]+)?)")
_NAME = re.compile(r"`(\w+)`")


def runbooks(folder: Path) -> dict[str, str]:
    """The pages of all DAGs, by the DAG's id.

    Args:
        folder: with a file for each DAG, named like the DAG.
    """
    names = {path.stem for path in folder.glob("*.py")}
    return {path.stem: _page(path, names) for path in sorted(folder.glob("*.py"))}


def _page(path: Path, names: set[str]) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if text is None:
        raise ValueError(f"{path}: no docstring")
    text = _DOCUMENT.sub(r"[docs/\1](../docs/\1)", text)

    def link(match: re.Match[str]) -> str:
        other = match[1] in names - {path.stem}
        return f"[{match[0]}]({match[1]}.py)" if other else match[0]

    return (
        f"{_NAME.sub(link, text)}\n\n---\n\n"
        f"Airflow shows this text on the DAG's own page. It is the docstring of"
        f" `dags/{path.name}`.\n"
    )
