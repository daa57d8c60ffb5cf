"""Debian's own Postgres, which a stock server runs: older than the wheel's, and with JIT."""

from __future__ import annotations

import re
from pathlib import Path

_DEBIAN = Path("/usr/lib/postgresql")


def binaries() -> Path | None:
    """Folder with the newest ``initdb`` and ``postgres`` that Debian's packages installed."""
    found = [
        path.parent for path in _DEBIAN.glob("*/bin/initdb") if (path.parent / "postgres").is_file()
    ]
    return max(found, key=lambda folder: int(re.sub(r"\D", "", folder.parent.name)), default=None)
