"""Each statement that the code names has a file, and each file below ``sql/`` has a caller."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SQL = ROOT / "sql"
#: Files that a statement of their own applies: all of the folder.
WHOLE_FOLDERS = ("migrations", "views")
_NAMED = re.compile(r"\bstatement\(\s*f?\"([\w/]+)\"")


def named() -> set[str]:
    files = [*(ROOT / "include/crm_mailchimp").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    return {name for file in files for name in _NAMED.findall(file.read_text())}


def test_a_named_statement_has_a_file() -> None:
    names = named()
    assert len(names) > 100
    assert {name for name in names if not (SQL / f"{name}.sql").is_file()} == set()


def texts() -> set[str]:
    """Every text of the code that may name a statement, with its folder or without."""
    return {
        text
        for folder in ("include/crm_mailchimp", "plugins", "dags")
        for file in (ROOT / folder).rglob("*.py")
        for text in re.findall(r"\"([\w/]+)\"", file.read_text())
    }


def test_each_file_has_a_caller() -> None:
    files = {
        str(file.relative_to(SQL).with_suffix(""))
        for file in SQL.rglob("*.sql")
        if file.relative_to(SQL).parts[0] not in WHOLE_FOLDERS
    }
    assert len(files) > 200
    known = texts()
    # Retention puts "expire_" before the name of each kind of data.
    unused = {
        name
        for name in files
        if not {name, Path(name).name, Path(name).name.removeprefix("expire_")} & known
    }
    assert unused == set()
