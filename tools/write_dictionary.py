"""Writes ``docs/data_dictionary.md`` from the comments of a new warehouse.

Run by ``make dictionary``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import psycopg

from crm_mailchimp.warehouse.data_dictionary import data_dictionary
from crm_mailchimp.warehouse.migrations import upgrade
from local_installation import postgres

PAGE = Path(__file__).parents[1] / "docs/data_dictionary.md"


def main() -> int:
    """Start a server for the moment, migrate, write the page; returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        # The server may run as another user of the machine.
        Path(folder).chmod(0o755)
        with postgres.start(Path(folder, "data"), durable=False) as server:
            dsn = server.create_database("warehouse")
            upgrade(dsn)
            with psycopg.connect(dsn) as connection:
                text = data_dictionary(connection)
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(f"written: {PAGE.relative_to(PAGE.parents[1])}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
