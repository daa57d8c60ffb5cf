"""``python -m crm_mailchimp.crm``: the contract in a database, sample data, and trying a query."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import psycopg

from crm_mailchimp.command_end import fail, run_until_reader_leaves
from crm_mailchimp.crm.contract_error import ContractError
from crm_mailchimp.crm.login_words import open_right_lines, without_right
from crm_mailchimp.crm.opening import require_contract
from crm_mailchimp.crm.query_login import create_query_login
from crm_mailchimp.crm.query_session import TIMEOUT_SECONDS
from crm_mailchimp.crm.sample import SampleError, create_sample
from crm_mailchimp.crm.schema import (
    create_contract,
    missing_write_back,
    possibly_hidden,
    unreadable_values,
)
from crm_mailchimp.crm.try_query import QueryTrialError, saved_text, try_query
from crm_mailchimp.database_errors import describe
from crm_mailchimp.database_kind import WAREHOUSE_WORDS, database_kind
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
            _refuse_warehouse(connection, options)
            if options.command == "try-query":
                _try(connection, options)
            elif options.command == "create":
                _create(connection, options)
            else:
                _sample(connection, options.contacts, options.seed)
    except psycopg.Error as error:
        return fail(describe(error))
    except BrokenPipeError:
        raise
    except (
        ContractError, OSError, PermanentError, QueryTrialError, SampleError, UnicodeError,
    ) as error:  # fmt: skip
        return fail(str(error))
    return 0


def _refuse_warehouse(connection: psycopg.Connection, options: argparse.Namespace) -> None:
    kind = database_kind(connection)
    if not kind.is_warehouse or kind.is_crm:
        return
    words = f"{WAREHOUSE_WORDS}: write the CRM's database in --dsn"
    if options.command != "create":
        raise ContractError(words)
    if not options.beside_warehouse:
        raise ContractError(
            f"{words}. Nothing was created. If both shall be in one database, add "
            "--beside-warehouse"
        )


def _create(connection: psycopg.Connection, options: argparse.Namespace) -> None:
    try:
        contract = create_contract(
            connection,
            missing_tables=options.missing_tables,
            with_write_back=not options.without_write_back,
        )
    except psycopg.errors.InsufficientPrivilege as error:
        raise ContractError(
            f"{describe(error)}. Nothing was created. The login of --dsn needs the right CREATE in "
            "this database, as its owner has it. Or it creates tables in a schema crm of its own"
        ) from None
    if not contract.is_mapped:
        print("the contract's tables are there (schema crm)")
    else:
        print("the contract is made of views; all that is read is there, with fitting types")
        if contract.created:
            print(f"  created beside them: {', '.join(contract.created)}")
    if missing := missing_write_back(connection):
        print(f"  only for write-back, and not there: {', '.join(missing)}")
    for source in possibly_hidden(connection):
        print(f"  warning: {source}")
    for values in unreadable_values(connection):
        print(f"  {values}")
    if options.query_login is not None:
        # What was done so far comes before an error about the login.
        sys.stdout.flush()
        _create_login(connection, options)


def _create_login(connection: psycopg.Connection, options: argparse.Namespace) -> None:
    login = options.query_login
    password = QueryLoginSettings.read().crm_query_password.get_secret_value()
    try:
        still_open = create_query_login(connection, login, password)
    except psycopg.errors.InsufficientPrivilege as error:
        raise ContractError(without_right(error, login)) from None
    print(f"the login {login} may read the contract, and nothing else")
    for line in open_right_lines(still_open, login, with_list=options.list_open):
        print(f"  {line}")


def _sample(connection: psycopg.Connection, contacts: int, seed: int) -> None:
    for table, rows in create_sample(connection, contacts=contacts, seed=seed).items():
        print(f"{rows:>10,} {table}")


def _try(connection: psycopg.Connection, options: argparse.Namespace) -> None:
    require_contract(connection)
    connection.autocommit = False
    if options.collection is not None:
        text = saved_text(connection, options.collection)
    elif options.file == "-":
        text = sys.stdin.read().removeprefix("\ufeff")  # a byte order mark
    else:
        text = Path(options.file).read_text(encoding="utf-8-sig")
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
    create.add_argument(
        "--list-open",
        action="store_true",
        help="name each function that stays open to the login, and not only their number",
    )
    create.add_argument(
        "--missing-tables",
        action="store_true",
        help="where schema crm has views of yours: create the tables that are missing entirely",
    )
    create.add_argument(
        "--without-write-back",
        action="store_true",
        help="leave out the tables that are only for write-back. Tables that are there stay.",
    )
    create.add_argument(
        "--beside-warehouse",
        action="store_true",
        help="create the tables in the warehouse's own database",
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
    sys.exit(run_until_reader_leaves(main))
