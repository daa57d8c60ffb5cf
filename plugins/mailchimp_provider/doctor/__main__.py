"""``python -m mailchimp_provider.doctor``: read-only checks before going live."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from crm_mailchimp.command_end import run_until_reader_leaves

if TYPE_CHECKING:
    from crm_mailchimp.readiness.finding import Check


def main(arguments: Sequence[str] | None = None) -> int:
    """Look at everything, and write the findings; returns the exit code."""
    options = _parser().parse_args(arguments)
    # Connections of people are in Airflow's database. Only its own processes may look there
    # (Airflow 3.3.2, airflow/sdk/execution_time/supervisor.py, ``ensure_secrets_backend_loaded``).
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
    with _own_output() as output, _no_new_home():
        try:
            from crm_mailchimp.readiness.finding import run_checks  # noqa: PLC0415
            from mailchimp_provider.doctor import report  # noqa: PLC0415

            checks = list(_parts())
        except Exception as error:
            sys.stderr.write(
                f"error: the doctor cannot run ({type(error).__name__}): install this package in"
                " the Python of Airflow, and check Airflow's configuration (airflow info)\n"
            )
            return 2
        findings = list(run_checks(check for part in checks for check in part))
        if options.json:
            output.write(report.as_json(findings) + "\n")
        else:
            output.writelines(f"{line}\n" for line in report.text_lines(findings))
    return report.exit_code(findings)


def _parts() -> Iterator[Iterator[Check]]:
    """The checks by part; those of accounts are known when the CRM has been read."""
    from mailchimp_provider.doctor.accounts import account_checks  # noqa: PLC0415 - needs Airflow
    from mailchimp_provider.doctor.dag_files import dag_checks  # noqa: PLC0415
    from mailchimp_provider.doctor.databases import database_checks  # noqa: PLC0415
    from mailchimp_provider.doctor.surroundings import surrounding_checks  # noqa: PLC0415

    yield database_checks()
    yield account_checks()
    yield surrounding_checks()
    yield dag_checks()


@contextmanager
def _own_output() -> Iterator[TextIO]:
    """Standard output for the findings alone: what Airflow prints goes to standard error."""
    sys.stdout.flush()
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        kept = os.dup(1)
        os.dup2(2, 1)
        try:
            yield output
        finally:
            sys.stdout.flush()
            os.dup2(kept, 1)
            os.close(kept)


@contextmanager
def _no_new_home() -> Iterator[None]:
    """Airflow makes its folder of logs when it is imported, and its home with it.

    Where no home is, the logs go to a folder that lasts as long as the context. A home that is
    there is used as it is.
    """
    variable = "AIRFLOW__LOGGING__BASE_LOG_FOLDER"
    home = Path(os.path.expandvars(os.environ.get("AIRFLOW_HOME", "~/airflow"))).expanduser()
    if variable in os.environ or home.exists():
        yield
        return
    with tempfile.TemporaryDirectory(prefix="doctor-") as folder:
        os.environ.update({variable: folder})
        try:
            yield
        finally:
            os.environ.pop(variable)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mailchimp_provider.doctor",
        description="Looks at an installation before it goes live: connections, logins, the CRM,"
        " Mailchimp accounts, settings, Airflow and its DAGs. Nothing is written anywhere. Ends"
        " with 0 if nothing is to do, with 1 if something is, and with 2 if it cannot run.",
    )
    parser.add_argument("--json", action="store_true", help="write the findings as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(run_until_reader_leaves(main))
