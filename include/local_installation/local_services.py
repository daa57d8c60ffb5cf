"""The services that Airflow works with here: embedded Postgres and the Mailchimp sandbox."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests

from local_installation import postgres
from local_installation.airflow_processes import clean_environment
from local_installation.installation import (
    LOCALHOST,
    Installation,
    InstallationError,
    Secrets,
    free_port,
)
from local_installation.own_processes import start_process, stop_leftovers, stop_processes

QUERY_LOGIN = "crm_query"
DATABASES = ("crm", "warehouse", "airflow")
_READY_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class Services:
    """Where the running services are."""

    server: postgres.ServerAddress = field(repr=False)
    mailchimp_url: str
    mailchimp_key: str = field(repr=False)
    query_password: str = field(repr=False)

    @property
    def crm(self) -> str:
        return self.server.dsn("crm")

    @property
    def crm_query(self) -> str:
        """The CRM through the login that can only read the contract."""
        return self.server.dsn("crm", user=QUERY_LOGIN, password=self.query_password)

    @property
    def warehouse(self) -> str:
        return self.server.dsn("warehouse")

    @property
    def airflow(self) -> str:
        return self.server.dsn("airflow")

    def connections(self) -> dict[str, str]:
        """The four Airflow connections, as ``AIRFLOW_CONN_*`` holds them."""
        mailchimp = {
            "conn_type": "mailchimp",
            "password": self.mailchimp_key,
            "host": self.mailchimp_url,
        }
        return {
            "crm_db": self.crm,
            "crm_query_db": self.crm_query,
            "warehouse_db": self.warehouse,
            "mailchimp_default": json.dumps(mailchimp),
        }


@contextmanager
def running_services(
    installation: Installation,
    secrets: Secrets,
    *,
    afresh: bool = False,
    begin_days_ago: int = 0,
) -> Iterator[Services]:
    """Postgres with the three databases, and the Mailchimp sandbox, as long as the context lasts.

    What a killed run of this installation left behind is stopped first.

    Args:
        afresh: forget what earlier runs left: databases, the sandbox's memory, task logs.
        begin_days_ago: age of the sandbox's account, if it is new. Its clock begins in the past.

    Raises:
        InstallationError: one of them does not start.
    """
    stop_leftovers(installation.running)
    try:
        server = postgres.start(installation.postgres_data)
    except postgres.EmbeddedPostgresError as error:
        raise InstallationError(str(error)) from error
    with server:
        if afresh:
            _forget_everything(installation, server)
        for name in DATABASES:
            server.create_database(name)
        with _running_sandbox(installation, secrets, begin_days_ago) as url:
            yield Services(
                server=server,
                mailchimp_url=url,
                mailchimp_key=secrets.mailchimp_key,
                query_password=secrets.crm_query_password,
            )


@contextmanager
def _running_sandbox(
    installation: Installation, secrets: Secrets, begin_days_ago: int
) -> Iterator[str]:
    port = free_port()
    process = start_process(
        "mailchimp-sandbox",
        [
            *(sys.executable, "-m", "mailchimp_sandbox", "--port", str(port)),
            *("--host", LOCALHOST, "--key", secrets.mailchimp_key),
            *("--state", str(installation.sandbox_state)),
            *("--begin-days-ago", str(begin_days_ago)),
        ],
        env=clean_environment(),
        logs=installation.logs,
        running=installation.running,
    )
    url = f"http://{LOCALHOST}:{port}"
    try:
        deadline = time.monotonic() + _READY_SECONDS
        while not _answers(url, secrets.mailchimp_key):
            process.require_alive()
            if time.monotonic() > deadline:
                raise InstallationError(
                    f"the Mailchimp sandbox does not answer after {_READY_SECONDS:.0f} s. "
                    + process.log_tail()
                )
            time.sleep(0.05)
        yield url
    finally:
        stop_processes([process])


def _answers(url: str, key: str) -> bool:
    # Only our own sandbox knows our key: an answer proves that nobody else has this port.
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"{url}/3.0/ping", auth=("any", key), timeout=5).ok
    except requests.RequestException:
        return False


def run_command(module: str, arguments: Sequence[str], env: Mapping[str, str] | None = None) -> str:
    """Run one of the project's own commands (``python -m <module> ...``); gives what it printed.

    Raises:
        InstallationError: it failed; with its own words.
    """
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", module, *arguments],
        env={**clean_environment(), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise InstallationError(f"python -m {module} {arguments[0]} failed: {said[-2000:]}")
    return done.stdout


def fill_sample_crm(services: Services, *, contacts: int, seed: int) -> None:
    """Make the CRM's tables, the login for dynamic queries, and the sample data."""
    login = {"CRM_QUERY_PASSWORD": services.query_password}
    crm = ("--dsn", services.crm)
    run_command("crm_mailchimp.crm", ["create", *crm, "--query-login", QUERY_LOGIN], login)
    numbers = ("--contacts", str(contacts), "--seed", str(seed))
    run_command("crm_mailchimp.crm", ["sample", *crm, *numbers])


def migrate_warehouse(services: Services) -> None:
    """Bring the warehouse to the newest version of its tables."""
    run_command("crm_mailchimp.warehouse", ["migrate", "--dsn", services.warehouse])


def _forget_everything(installation: Installation, server: postgres.Server) -> None:
    for name in DATABASES:
        server.drop_database(name)
    installation.sandbox_state.unlink(missing_ok=True)
    for folder in (installation.task_logs, installation.data_docs):
        shutil.rmtree(folder, ignore_errors=True)
