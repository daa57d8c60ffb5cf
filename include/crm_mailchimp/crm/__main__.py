"""``python -m crm_mailchimp.crm``: make the CRM contract in a database, and sample data in it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import psycopg

from crm_mailchimp.crm.query_login import create_query_login
from crm_mailchimp.crm.sample import SampleError, create_sample
from crm_mailchimp.crm.schema import (
    ContractError,
    create_contract,
    missing_write_back,
    unreadable_values,
)
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
            if options.command == "create":
                _create(connection, options.query_login)
            else:
                _sample(connection, options.contacts, options.seed)
    except (ContractError, SampleError, PermanentError, psycopg.Error) as error:
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        return 1
    return 0


def _create(connection: psycopg.Connection, login: str | None) -> None:
    if create_contract(connection):
        print("the contract's tables are there (schema crm)")
    else:
        print("the contract is made of views; all that is read is there, with fitting types")
        if missing := missing_write_back(connection):
            print(f"  only for write-back, and not there: {', '.join(missing)}")
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
    for command in (create, sample):
        command.add_argument(
            "--dsn", required=True, help="postgresql://… or libpq keywords of the CRM's database"
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
