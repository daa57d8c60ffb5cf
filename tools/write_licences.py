"""Writes ``docs/licences.md`` from what pip-licenses found; run by ``tools/sbom``.

It exits with 1 and names the distributions whose licence does not fit a program under Apache-2.0.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: Licences that ask for a notice, and for nothing else.
_PERMISSIVE = re.compile(
    r"\b(MIT|Apache|BSD|ISC|PSF|Python Software Foundation|Zlib|Unlicense|CC0|0BSD|Artistic)\b"
)
#: Licences of libraries that may be used unchanged. Changes to them have to be published.
_LIBRARY = re.compile(r"\b(LGPL|MPL|Mozilla Public License|Lesser General Public License)")
#: Distributions whose metadata and files name no licence, and why they are used all the same.
_UNDECLARED = {
    "mailchimp-marketing": "not declared: Mailchimp's own client, published for users of its API",
}
_HEADING = """# Licences

What the pipeline runs on in production, and under which licence. It is the content of
`requirements-celery.txt`: that of `requirements.txt`, and what Celery adds.
`make sbom` writes this page. It fails if a licence does not fit a program under Apache-2.0.
*Library* means: the licence is LGPL or MPL. The pipeline imports such a library unchanged, and does
not contain it. A changed library has to be published. *Undeclared* means: neither metadata nor
files of the distribution name a licence. Ask its author if your organisation needs one.

| distribution | licence | kind |
|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Licensed:
    """One distribution, its licence in the words of its metadata, and what the words mean."""

    name: str
    licence: str
    kind: str


def kind_of(licence: str) -> str:
    """``permissive``, ``library`` or ``unfit``.

    Args:
        licence: of the metadata. Alternatives stand between ``OR`` or ``;``, and parts of one
            distribution between ``AND``.
    """
    kinds = []
    for alternative in re.split(r"\s+OR\s+|;", licence):
        parts = {_kind_of_part(part) for part in re.split(r"\s+AND\s+", alternative)}
        kinds.append(
            "unfit" if "unfit" in parts else "library" if "library" in parts else "permissive"
        )
    return min(kinds, key=("permissive", "library", "unfit").index)


def _kind_of_part(part: str) -> str:
    if _LIBRARY.search(part):
        return "library"
    return "permissive" if _PERMISSIVE.search(part) else "unfit"


def read(found: str) -> list[Licensed]:
    """Distributions in the JSON of pip-licenses, by name."""
    rows = []
    for row in json.loads(found):
        licence = row["License"].splitlines()[0].strip()
        kind = kind_of(licence)
        if kind == "unfit" and row["Name"] in _UNDECLARED:
            licence, kind = _UNDECLARED[row["Name"]], "undeclared"
        rows.append(Licensed(name=row["Name"], licence=licence, kind=kind))
    return sorted(rows, key=lambda row: row.name.lower())


def main(arguments: Sequence[str]) -> int:
    """Write the table; 1 when a licence does not fit."""
    source, target = map(Path, arguments)
    rows = read(source.read_text(encoding="utf-8"))
    lines = [f"| {row.name} | {row.licence.replace('|', '/')} | {row.kind} |" for row in rows]
    target.write_text(_HEADING + "\n".join(lines) + "\n", encoding="utf-8")
    unfit = [f"{row.name} ({row.licence})" for row in rows if row.kind == "unfit"]
    if unfit:
        sys.stderr.write(f"sbom: licences that do not fit Apache-2.0: {', '.join(unfit)}\n")
    return 1 if unfit else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
