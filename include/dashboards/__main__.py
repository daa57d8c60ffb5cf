"""``python -m dashboards``: loads the dashboards into a running Superset."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from crm_mailchimp.dsn import UnreadableDsnError, readable_dsn
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
        with Superset(given.url, given.user, _password()) as superset:
            number = superset.provision(dsn)
            found = superset.dashboards()
    except (UnreadableDsnError, SupersetError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
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
