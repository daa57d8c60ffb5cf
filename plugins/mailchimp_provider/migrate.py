"""``python -m mailchimp_provider.migrate``: brings the warehouse of ``warehouse_db`` up to date.

It does what ``python -m crm_mailchimp.warehouse migrate`` does. But it reads Airflow's connection,
in every form that Airflow knows. So no DSN is on a command line. Containers run it at their start.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from crm_mailchimp.command_end import fail, run_until_reader_leaves


def main(arguments: Sequence[str] | None = None) -> int:
    """Migrate; returns the exit code."""
    argparse.ArgumentParser(
        prog="python -m mailchimp_provider.migrate",
        description="Bring the warehouse of Airflow's connection warehouse_db up to date. A second"
        " time changes nothing.",
    ).parse_args(arguments)
    # As in ``mailchimp_provider.doctor``: connections of people are in Airflow's database.
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")

    import psycopg  # noqa: PLC0415 - takes seconds, with what follows

    from crm_mailchimp.database_errors import describe  # noqa: PLC0415
    from crm_mailchimp.errors import PermanentError  # noqa: PLC0415
    from crm_mailchimp.warehouse.migration_error import MigrationError  # noqa: PLC0415
    from crm_mailchimp.warehouse.migrations import upgrade  # noqa: PLC0415
    from mailchimp_provider.connections import (  # noqa: PLC0415
        WAREHOUSE,
        is_undefined_connection,
        warehouse_dsn,
    )

    try:
        done = upgrade(warehouse_dsn())
    except psycopg.Error as error:
        return fail(describe(error))
    except (MigrationError, PermanentError) as error:
        return fail(str(error))
    except Exception as error:
        if not is_undefined_connection(error):
            raise
        return fail(
            f"connection {WAREHOUSE} is not defined: set AIRFLOW_CONN_{WAREHOUSE.upper()} in the"
            " environment"
        )
    applied = ", ".join(done.migrations) or "no new migration"
    sys.stdout.write(f"the warehouse is up to date: {applied}\n")
    return 0


if __name__ == "__main__":
    sys.exit(run_until_reader_leaves(main))
