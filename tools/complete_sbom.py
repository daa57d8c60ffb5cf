"""Adds to the bill of materials what its generator does not know; run by ``tools/sbom``.

The generator looks at an installed environment. That has no hashes of the files that it came from.
Some distributions name their licence only in an old field. The lock file and pip-licenses know
both.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from write_licences import read

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def locked_hashes(lock: str) -> dict[tuple[str, str], list[str]]:
    """SHA-256 of each file that the lock permits, by name and version."""
    return {
        (canonicalize_name(name), version): _HASH.findall(rest)
        for name, version, rest in _PIN.findall(lock)
    }


def complete(
    bill: dict[str, Any],
    hashes: Mapping[tuple[str, str], Sequence[str]],
    licences: Mapping[str, str],
) -> list[str]:
    """Put hashes, and licences where none are, into each component.

    Args:
        bill: CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json), changed in place.
        hashes: of the lock, by name and version.
        licences: words of the metadata, by name.

    Returns:
        what is not complete all the same: names of components.
    """
    incomplete = []
    for component in bill["components"]:
        name = canonicalize_name(component["name"])
        found = hashes.get((name, component["version"]), ())
        component["hashes"] = [{"alg": "SHA-256", "content": content} for content in found]
        if not component.get("licenses") and name in licences:
            component["licenses"] = [{"license": {"name": licences[name]}}]
        if not found or not component.get("licenses"):
            incomplete.append(name)
    return incomplete


def main(arguments: Sequence[str]) -> int:
    """Complete the file; 1 when a component has no hash or no licence in the end."""
    bill_path, lock_path, licences_path = map(Path, arguments)
    bill = json.loads(bill_path.read_text(encoding="utf-8"))
    rows = read(licences_path.read_text(encoding="utf-8"))
    incomplete = complete(
        bill,
        locked_hashes(lock_path.read_text(encoding="utf-8")),
        {canonicalize_name(row.name): row.licence for row in rows},
    )
    bill_path.write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if incomplete:
        sys.stderr.write(f"sbom: without hash or licence: {', '.join(incomplete)}\n")
    return 1 if incomplete else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
