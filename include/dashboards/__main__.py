"""``python -m dashboards``: loads the dashboards into a running Superset."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import psycopg

from crm_mailchimp.command_end import fail
from crm_mailchimp.database_errors import describe
from crm_mailchimp.dsn import readable_dsn
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.sessions import open_session
from crm_mailchimp.warehouse.opening import require_warehouse
from dashboards.provision import Superset, SupersetError


def main(words: Sequence[str] | None = None) -> int:
    """Entry of the command; gives its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m dashboards",
        description="Load database, datasets, charts and dashboards into a running Superset. What "
        "has the same uuid is overwritten. SUPERSET_PASSWORD has the user's password.",
    )
    parser.add_argument("--url", required=True, help="address of Superset")
    parser.add_argument("--user", required=True, help="user of Superset that may import assets")
    parser.add_argument("--dsn", required=True, help="the warehouse, through the BI login")
    given = parser.parse_args(words)
    try:
        dsn = readable_dsn(given.dsn)
        with open_session(dsn) as warehouse:
            require_warehouse(warehouse)
        with Superset(given.url, given.user, _password()) as superset:
            number = superset.provision(dsn)
            found = superset.dashboards()
    except psycopg.Error as error:
        return fail(describe(error))
    except (PermanentError, SupersetError) as error:
        return fail(str(error))
    print(f"{number} assets loaded")
    for one in found:
        print(f"  {one.title}  {one.url}")
    return 0


def _password() -> str:
    password = os.environ.get("SUPERSET_PASSWORD", "")
    if not password:
        raise SupersetError("SUPERSET_PASSWORD is not set: it has the password of --user")
    return password


if __name__ == "__main__":
    sys.exit(main())
