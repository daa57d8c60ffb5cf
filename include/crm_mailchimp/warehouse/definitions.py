"""The files of ``sql/views``: each defines one view, function or trigger of the warehouse.

A file says what its object is like now. Its place follows from the object's name:

- ``<schema>/<view>.sql``
- ``<schema>/functions/<function>.sql``
- ``<schema>/triggers/<table>.<trigger>.sql``

The order follows from the texts: a file comes after the files whose objects it names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from crm_mailchimp.statements import SQL_ROOT
from crm_mailchimp.warehouse.migration_error import MigrationError

VIEWS = SQL_ROOT / "views"

#: Objects that migrations made before each object had a file of its own.
_MADE_BY_MIGRATIONS = "made_by_migrations.txt"

_CREATE = re.compile(
    r"^create or replace (?:"
    r"(?P<kind>view|function) (?P<name>[a-z0-9_]+\.[a-z0-9_]+)\b"
    r"|trigger (?P<trigger>[a-z0-9_]+) .*? on (?P<table>[a-z0-9_]+\.[a-z0-9_]+)\b"
    r")",
    re.MULTILINE | re.DOTALL,
)
_ANY_CREATE = re.compile(r"^create ", re.MULTILINE)
_REMARKS = re.compile(r"--[^\n]*|^comment on .*?;$", re.MULTILINE | re.DOTALL)
_QUALIFIED = re.compile(r"(?<![\w.])[a-z0-9_]+\.[a-z0-9_]+")


@dataclass(frozen=True)
class Definition:
    """One view, function or trigger, as its file defines it.

    Attributes:
        identity: kind and name, such as ``view mart.dates``, ``function sync.hmac_pad`` or
            ``trigger know_list on stats.campaigns``: what ``drop`` takes.
        file: path below ``sql/views``.
        text: the statements: one ``create or replace`` and what belongs to it, comments above all.
    """

    identity: str
    file: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text; line ends do not count."""
        return hashlib.sha256(self.text.replace("\r\n", "\n").encode()).hexdigest()

    @property
    def names(self) -> set[str]:
        """Each qualified name that the statements use; words in comments do not count."""
        return set(_QUALIFIED.findall(_REMARKS.sub("", self.text)))


def read_definitions(folder: Path = VIEWS) -> list[Definition]:
    """The definitions, each one after those that it uses.

    Args:
        folder: where the files are.

    Raises:
        MigrationError: a file defines no object, several objects, or another object than its name
            says. Or files use each other in a circle.
    """
    definitions = [_read(path, folder) for path in sorted(folder.rglob("*.sql"))]
    if not definitions:
        raise MigrationError(f"no files of views and functions in {folder}")
    return _in_order(definitions)


def made_by_migrations(folder: Path = VIEWS) -> set[str]:
    """Identities of the views, functions and triggers that migrations 0001 to 0014 make."""
    return set((folder / _MADE_BY_MIGRATIONS).read_text(encoding="utf-8").splitlines())


def _read(path: Path, folder: Path) -> Definition:
    file = path.relative_to(folder).as_posix()
    text = path.read_text(encoding="utf-8")
    made = _CREATE.search(text)
    if not made or len(_ANY_CREATE.findall(text)) != 1:
        raise MigrationError(
            f"views/{file}: a file holds one statement that begins with "
            "create or replace view, function or trigger"
        )
    if made["kind"]:
        schema, name = made["name"].split(".")
        identity = f"{made['kind']} {made['name']}"
        place = (
            f"{schema}/{name}.sql" if made["kind"] == "view" else f"{schema}/functions/{name}.sql"
        )
    else:
        schema, table = made["table"].split(".")
        identity = f"trigger {made['trigger']} on {made['table']}"
        place = f"{schema}/triggers/{table}.{made['trigger']}.sql"
    if file != place:
        raise MigrationError(f"views/{file} defines {identity}: its place is views/{place}")
    return Definition(identity, file, text)


def _in_order(definitions: Sequence[Definition]) -> list[Definition]:
    by_name: dict[str, list[str]] = {}
    for definition in definitions:
        kind, _, name = definition.identity.partition(" ")
        if kind != "trigger":
            by_name.setdefault(name, []).append(definition.identity)
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for definition in definitions:
        used = [identity for name in definition.names for identity in by_name.get(name, ())]
        sorter.add(definition.identity, *(set(used) - {definition.identity}))
    known = {definition.identity: definition for definition in definitions}
    return [known[identity] for identity in _sorted(sorter)]


def _sorted(sorter: TopologicalSorter[str]) -> Iterable[str]:
    try:
        sorter.prepare()
    except CycleError as error:
        raise MigrationError(
            f"files below views use each other in a circle: {', '.join(error.args[1])}"
        ) from error
    while sorter.is_active():
        # Sorted, so that the order does not depend on the order of sets.
        ready = sorted(sorter.get_ready())
        yield from ready
        sorter.done(*ready)
