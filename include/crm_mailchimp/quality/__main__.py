"""``python -m crm_mailchimp.quality``: the quarantine for people who work through it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import psycopg

from crm_mailchimp import database_errors
from crm_mailchimp.command_end import fail, run_until_reader_leaves
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.quality.export import (
    BOM,
    export_quarantine,
    new_file,
    require_known,
    require_known_reason,
)
from crm_mailchimp.warehouse.opening import opened_warehouse


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        with opened_warehouse(options.dsn, read_only=True) as warehouse:
            if options.output is None:
                # Not Python's own idea of a terminal's encoding and line ends.
                sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
                _export(warehouse, sys.stdout, options)
            else:
                with new_file(options.output) as file:
                    rows = _export(warehouse, file, options)
                print(f"{rows} rows in {options.output}")
    except psycopg.Error as error:
        return fail(database_errors.describe(error))
    except PermanentError as error:
        return fail(str(error))
    except BrokenPipeError:
        raise
    except OSError as error:
        place = options.output or "standard output"
        return fail(f"{place}: {error.strerror}")
    return 0


def _export(warehouse: psycopg.Connection, target: TextIO, options: argparse.Namespace) -> int:
    if options.collection is not None:
        require_known(warehouse, options.collection)
    if options.reason is not None:
        require_known_reason(warehouse, options.reason)
    if options.bom:
        target.write(BOM)
    return export_quarantine(
        warehouse,
        target,
        collection_code=options.collection,
        reason_code=options.reason,
        with_resolved=options.all,
        delimiter=options.delimiter,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m crm_mailchimp.quality",
        description="The quarantine: contacts held back from Mailchimp, and what to do about each.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    export = commands.add_parser("export", help="write the open rows as CSV (times in UTC)")
    export.add_argument(
        "--dsn", required=True, help="postgresql://… or libpq keywords of the warehouse"
    )
    export.add_argument("--collection", metavar="CODE", help="only this collection")
    export.add_argument("--reason", metavar="CODE", help="only contacts held back for this reason")
    export.add_argument(
        "--output", type=Path, metavar="FILE", help="write here instead of to the terminal"
    )
    export.add_argument("--all", action="store_true", help="rows that were resolved, too")
    export.add_argument("--bom", action="store_true", help="begin as Excel needs it for Greek")
    export.add_argument(
        "--delimiter",
        default=",",
        choices=[",", ";", "\t"],
        help="between the columns; Excel in Greek expects ';' (default: ',')",
    )
    return parser


if __name__ == "__main__":
    sys.exit(run_until_reader_leaves(main))
