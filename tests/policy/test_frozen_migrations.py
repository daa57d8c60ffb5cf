"""Migrations that have landed never change; views, functions and triggers have files of their own.

``sql/migrations/checksums.txt`` is written by ``sha256sum``: a line per landed file.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pytest

MIGRATIONS = Path(__file__).parents[2] / "sql" / "migrations"

#: The last file that was written when migrations still made views and functions.
LAST_WITH_VIEWS = "0014_intents.sql"
_DEFINES = re.compile(
    r"^\s*create\s+(or\s+replace\s+)?(constraint\s+)?(view|function|procedure|trigger)\b",
    re.IGNORECASE | re.MULTILINE,
)
_CASCADE = re.compile(r"^\s*(drop|alter)\b[^;]*\bcascade\b", re.IGNORECASE | re.MULTILINE)


def problems(folder: Path) -> list[str]:
    """What differs between the files of a folder and its list of checksums, in words."""
    lines = (folder / "checksums.txt").read_text(encoding="utf-8").splitlines()
    listed = {name: checksum for checksum, name in (line.split() for line in lines)}
    present = {path.name: path for path in folder.glob("*.sql")}
    found = [f"{name} is listed twice" for name in listed if sum(name in x for x in lines) > 1]
    for name in sorted(listed.keys() | present.keys()):
        if name not in present:
            found.append(f"{name} has landed and is gone: databases need it, put it back")
        elif name not in listed:
            found.append(f"{name} is not frozen: sha256sum {name} >> checksums.txt, when it lands")
        elif hashlib.sha256(present[name].read_bytes()).hexdigest() != listed[name]:
            found.append(f"{name} has landed and has changed: put it back, add a new migration")
    return found


def test_landed_migrations_are_as_they_landed() -> None:
    assert problems(MIGRATIONS) == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))


def test_a_changed_file_is_named(folder: Path) -> None:
    with (folder / "0002_sync.sql").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert problems(folder) == [
        "0002_sync.sql has landed and has changed: put it back, add a new migration"
    ]


def test_a_removed_file_is_named(folder: Path) -> None:
    (folder / "0002_sync.sql").unlink()
    assert problems(folder) == [
        "0002_sync.sql has landed and is gone: databases need it, put it back"
    ]


def test_an_unlisted_file_is_named(folder: Path) -> None:
    (folder / "9000_new.sql").touch()
    assert problems(folder) == [
        "9000_new.sql is not frozen: sha256sum 9000_new.sql >> checksums.txt, when it lands"
    ]


def test_a_second_line_for_a_file_is_named(folder: Path) -> None:
    with (folder / "checksums.txt").open("a", encoding="utf-8") as file:
        file.write(f"{'0' * 64}  0002_sync.sql\n")
    assert "0002_sync.sql is listed twice" in problems(folder)


def defines(path: Path) -> bool:
    return bool(_DEFINES.search(path.read_text(encoding="utf-8")))


def test_new_migrations_hold_tables_and_data_only() -> None:
    assert defines(MIGRATIONS / LAST_WITH_VIEWS), "the pattern finds nothing"
    late = [path for path in sorted(MIGRATIONS.glob("*.sql")) if path.name > LAST_WITH_VIEWS]
    assert [path.name for path in late if defines(path)] == [], "files below sql/views do that"


def test_new_migrations_drop_nothing_of_others() -> None:
    assert _CASCADE.search("drop view a, b cascade;"), "the pattern finds nothing"
    late = [path for path in sorted(MIGRATIONS.glob("*.sql")) if path.name > LAST_WITH_VIEWS]
    assert [path.name for path in late if _CASCADE.search(path.read_text("utf-8"))] == []
