"""``python -m crm_mailchimp.crm``: the contract in a database, sample data, and trying a query."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import psycopg

from crm_mailchimp.crm.query_login import create_query_login
from crm_mailchimp.crm.query_session import TIMEOUT_SECONDS
from crm_mailchimp.crm.sample import SampleError, create_sample
from crm_mailchimp.crm.schema import (
    ContractError,
    create_contract,
    guarded_by_login,
    missing_write_back,
    unreadable_values,
)
from crm_mailchimp.crm.try_query import QueryTrialError, saved_text, try_query
from crm_mailchimp.database_errors import describe
from crm_mailchimp.dsn import readable_dsn
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.sessions import open_session
from crm_mailchimp.settings import QueryLoginSettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        dsn = readable_dsn(options.dsn)
        with open_session(dsn, autocommit=True) as connection:
            if options.command == "try-query":
                _try(connection, options)
            elif options.command == "create":
                _create(connection, options.query_login)
            else:
                _sample(connection, options.contacts, options.seed)
    except psycopg.Error as error:
        return _fail(describe(error))
    except (
        ContractError, OSError, PermanentError, QueryTrialError, SampleError, UnicodeError,
    ) as error:  # fmt: skip
        return _fail(str(error))
    return 0


def _fail(words: str) -> int:
    sys.stderr.write(f"error: {' '.join(words.split())}\n")
    return 1


def _create(connection: psycopg.Connection, login: str | None) -> None:
    if create_contract(connection):
        print("the contract's tables are there (schema crm)")
    else:
        print("the contract is made of views; all that is read is there, with fitting types")
        if missing := missing_write_back(connection):
            print(f"  only for write-back, and not there: {', '.join(missing)}")
    for table in guarded_by_login(connection):
        print(f"  {table}")
    for values in unreadable_values(connection):
        print(f"  {values}")
    if login is None:
        return
    password = QueryLoginSettings.read().crm_query_password.get_secret_value()
    still_open = create_query_login(connection, login, password)
    print(f"the login {login} may read the contract, and nothing else")
    for what in still_open:
        print(f"  but still open to it: {what}")


def _sample(connection: psycopg.Connection, contacts: int, seed: int) -> None:
    for table, rows in create_sample(connection, contacts=contacts, seed=seed).items():
        print(f"{rows:>10,} {table}")


def _try(connection: psycopg.Connection, options: argparse.Namespace) -> None:
    connection.autocommit = False
    if options.collection is not None:
        text = saved_text(connection, options.collection)
    elif options.file == "-":
        text = sys.stdin.read()
    else:
        text = Path(options.file).read_text(encoding="utf-8")
    for line in try_query(
        connection, text, timeout_seconds=options.seconds, with_plan=not options.no_plan
    ):
        print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m crm_mailchimp.crm", description="The CRM side of the pipeline."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser(
        "create", help="create the contract's tables where they are missing"
    )
    create.add_argument(
        "--query-login",
        metavar="NAME",
        help="also create, or bring up to date, the login that dynamic queries run under. Its "
        "password is read from the environment variable CRM_QUERY_PASSWORD. Rights that "
        "everybody had in this database are given to the other logins by name instead.",
    )
    sample = commands.add_parser("sample", help="fill an empty contract with a made-up CRM")
    sample.add_argument("--contacts", type=int, required=True, metavar="N", help="how many")
    sample.add_argument(
        "--seed", type=int, default=1, metavar="S", help="same seed, same rows (default: 1)"
    )
    trial = commands.add_parser(
        "try-query",
        help="show what the query of a dynamic collection would do, before it is saved",
        description="Checks and runs a query as sync_collections does, and changes nothing. Shows "
        "the verdict, the plan, the number of contacts and the time, and no values. Ends with 0 if "
        "the collection would be staged, else with 1 and the reason.",
    )
    source = trial.add_mutually_exclusive_group(required=True)
    source.add_argument("--collection", metavar="CODE", help="the saved text of this collection")
    source.add_argument("--file", metavar="FILE", help="a file with the text; - is the input")
    trial.add_argument(
        "--seconds",
        type=_seconds,
        default=TIMEOUT_SECONDS,
        metavar="S",
        help=f"stop the query after this time (default: {TIMEOUT_SECONDS:g}, as in a run)",
    )
    trial.add_argument("--no-plan", action="store_true", help="leave the plan out")
    for command in (create, sample):
        command.add_argument(
            "--dsn", required=True, help="postgresql://… or libpq keywords of the CRM's database"
        )
    trial.add_argument(
        "--dsn", required=True, help="the same, with the login of the connection crm_query_db"
    )
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= TIMEOUT_SECONDS:
        raise argparse.ArgumentTypeError(f"more than 0 and at most {TIMEOUT_SECONDS:g}")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
