"""The commands of ``python -m crm_mailchimp.warehouse``, for administrators of the warehouse.

A restore also removes what erased people left, so they are above ``data_protection``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import psycopg

from crm_mailchimp.command_end import fail
from crm_mailchimp.data_protection.erased_traces import remove_returned
from crm_mailchimp.database_errors import describe
from crm_mailchimp.dsn import readable_dsn
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_value
from crm_mailchimp.sync.staging.stagings import drop_staging
from crm_mailchimp.warehouse.backup import back_up
from crm_mailchimp.warehouse.bi_login import NoSuchLoginError, grant_reading
from crm_mailchimp.warehouse.data_dictionary import data_dictionary
from crm_mailchimp.warehouse.deployment import STAND_IN, hand_over, release, usable_id
from crm_mailchimp.warehouse.migrations import MigrationError, Upgrade, upgrade
from crm_mailchimp.warehouse.opening import opened_warehouse
from crm_mailchimp.warehouse.restore import restore_backup


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        sys.stdout.write(options.run(options) + "\n")
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
    handing_over = commands.add_parser(
        "hand-over", help="let another Airflow work with the warehouse from now on, and no other"
    )
    handing_over.add_argument(
        "--to", required=True, metavar="ID", help="the id that the refused Airflow's error says"
    )
    handing_over.set_defaults(run=_hand_over)
    backing_up = commands.add_parser(
        "backup", help="write the warehouse into one file, without the stagings"
    )
    backing_up.add_argument("--output", required=True, type=Path, help="a new file")
    backing_up.set_defaults(run=_back_up)
    restoring = commands.add_parser(
        "restore", help="restore a backup into a new, empty database, and bring it up to date"
    )
    restoring.add_argument("--input", required=True, type=Path, help="the file of a backup")
    former = restoring.add_mutually_exclusive_group(required=True)
    former.add_argument(
        "--former",
        metavar="DSN",
        help="the warehouse in use until now: people erased there since the backup stay erased",
    )
    former.add_argument(
        "--former-lost", action="store_true", help="the warehouse in use until now is lost"
    )
    restoring.add_argument(
        "--beside-crm", action="store_true", help="the new database may be the CRM's own"
    )
    restoring.set_defaults(run=_restore)
    for command in (backing_up, restoring):
        command.add_argument(
            "--programs", type=Path, help="folder of pg_dump and pg_restore, if they are not found"
        )
    for command in (migrating, granting, describing, handing_over, backing_up, restoring):
        command.add_argument(
            "--dsn", required=True, help="postgresql://… or libpq keywords of the warehouse"
        )
    return parser


def _migrate(options: argparse.Namespace) -> str:
    return _applied(upgrade(readable_dsn(options.dsn), beside_crm=options.beside_crm))


def _applied(done: Upgrade) -> str:
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


def _hand_over(options: argparse.Namespace) -> str:
    new = usable_id(options.to)
    with opened_warehouse(options.dsn) as connection:
        former = hand_over(connection, new)
    lines = [f"the Airflow {new} works with this warehouse from now on, and no other"]
    if former not in (None, new):
        lines.append(f"the Airflow {former} is refused, from its next task on. Pause its DAGs")
        lines.append(
            "Was that a mistake? Back again: "
            f"python -m crm_mailchimp.warehouse hand-over --dsn … --to {former}"
        )
    return "\n".join(lines)


def _back_up(options: argparse.Namespace) -> str:
    size = back_up(options.dsn, options.output, programs=options.programs)
    return (
        f"{options.output}: a whole backup, {size} bytes. It holds the key of the lists of erased "
        "people: keep it as secret as the warehouse"
    )


def _restore(options: argparse.Namespace) -> str:
    restored = restore_backup(
        options.dsn,
        options.input,
        former=options.former,
        programs=options.programs,
        beside_crm=options.beside_crm,
    )
    done = upgrade(readable_dsn(options.dsn), beside_crm=options.beside_crm)
    with opened_warehouse(options.dsn) as warehouse:
        # The backup has no stagings: an empty plan would look like "nothing to do".
        drop_staging(warehouse, keep_days=0, now=read_value(warehouse, datetime, "select now()"))
        returned = remove_returned(warehouse)
        release(warehouse)  # the backup may be from before warehouses belonged to an Airflow
    lines = [
        "the backup is restored; " + _applied(done),
        f"{restored.merged} erasures since the backup were taken over, and {returned.removed} rows "
        "of erased people were removed",
    ]
    if returned.problem:
        lines.append(
            f"rows of {returned.failed} erased people stay ({returned.problem}): run the DAG "
            "erase_contacts"
        )
    if options.former is None:
        lines.append(
            "erasures since the backup are not known: run the DAG erase_contacts before any other"
        )
    lines.append("logins of BI tools have no rights yet: run grant-bi for each of them")
    known = restored.deployment_id or f"{STAND_IN} (the error of the first task says the id)"
    lines.append(
        "no Airflow may work with this warehouse yet. If it is no drill, run "
        f"python -m crm_mailchimp.warehouse hand-over --dsn … --to {known}"
    )
    return "\n".join(lines)
