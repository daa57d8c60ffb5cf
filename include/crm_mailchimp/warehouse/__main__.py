"""``python -m crm_mailchimp.warehouse``: commands for administrators of the warehouse."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import psycopg

from crm_mailchimp.command_end import fail, run_until_reader_leaves
from crm_mailchimp.database_errors import describe
from crm_mailchimp.dsn import readable_dsn
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.warehouse.bi_login import NoSuchLoginError, grant_reading
from crm_mailchimp.warehouse.data_dictionary import data_dictionary
from crm_mailchimp.warehouse.migrations import MigrationError, upgrade
from crm_mailchimp.warehouse.opening import opened_warehouse


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        print(options.run(options))
    except psycopg.Error as error:
        return fail(describe(error))
    except (MigrationError, NoSuchLoginError, PermanentError) as error:
        return fail(str(error))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m crm_mailchimp.warehouse", description="Commands for the warehouse."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    migrating = commands.add_parser(
        "migrate", help="create the warehouse's tables and views, or bring them up to date"
    )
    migrating.add_argument(
        "--beside-crm",
        action="store_true",
        help="create the warehouse in the CRM's own database. Without this switch a new warehouse "
        "is not created where schema crm has tables of the contract",
    )
    migrating.set_defaults(run=_migrate)
    granting = commands.add_parser(
        "grant-bi", help="let an existing login read stats and mart, and nothing else"
    )
    granting.add_argument("--login", required=True, help="name of the login")
    granting.set_defaults(run=_grant)
    describing = commands.add_parser(
        "dictionary", help="print the data dictionary of stats and mart, in Markdown"
    )
    describing.set_defaults(run=_describe)
    for command in (migrating, granting, describing):
        command.add_argument(
            "--dsn", required=True, help="postgresql://… or libpq keywords of the warehouse"
        )
    return parser


def _migrate(options: argparse.Namespace) -> str:
    done = upgrade(readable_dsn(options.dsn), beside_crm=options.beside_crm)
    if not done.definitions:
        return "the warehouse is up to date"
    parts = ["applied " + ", ".join(done.migrations)] if done.migrations else []
    return "; ".join([*parts, f"re-applied {done.definitions} views, functions and triggers"])


def _grant(options: argparse.Namespace) -> str:
    with opened_warehouse(options.dsn) as connection:
        grant_reading(connection, options.login)
    return f"{options.login} may read stats and mart"


def _describe(options: argparse.Namespace) -> str:
    with opened_warehouse(options.dsn) as connection:
        return data_dictionary(connection).rstrip("\n")


if __name__ == "__main__":
    sys.exit(run_until_reader_leaves(main))
