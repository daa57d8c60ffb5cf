"""Postgres' programs on this machine, in place of those in its image."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

from local_installation.postgres_cluster import binaries as postgres_programs

__all__ = ["known_here", "postgres_programs"]


def known_here(wanted: Sequence[str]) -> list[str]:
    """Options of ``initdb``. Before version 17 ICU takes the place of the provider ``builtin``."""
    said = subprocess.run(
        [str(postgres_programs() / "initdb"), "--version"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    version = re.search(r"\b(\d+)[.\w]*\s*$", said)
    assert version
    if int(version[1]) >= 17:
        return list(wanted)
    older = {"--locale-provider=builtin": "--locale-provider=icu"}
    return [
        older.get(word, word.replace("--builtin-locale=C.UTF-8", "--icu-locale=und"))
        for word in wanted
    ]
