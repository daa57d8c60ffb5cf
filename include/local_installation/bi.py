"""``make bi``: Superset's dashboards beside the data that the demo left, until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack

import psycopg
from psycopg import sql

from dashboards.provision import Dashboard, Superset, SupersetError
from local_installation.console import Steps, unwind_on_termination
from local_installation.installation import (
    Installation,
    InstallationError,
    find_installation,
)
from local_installation.local_services import Services, run_command, running_services
from local_installation.own_processes import stop_leftovers
from local_installation.preparation import is_prepared
from local_installation.side_by_side import entered, last_words, require_host, shared, stay
from local_installation.superset_processes import USER, SupersetSettings, running_superset

NAME = "make bi"
BI_LOGIN = "bi"
_METADATA = "superset"


def bring_up(installation: Installation) -> None:
    """Start Superset on the warehouse, print where it is, and stay until interrupted.

    Beside ``make up`` only Superset starts: the warehouse is there.

    Raises:
        InstallationError: there is no data yet, or something does not start, or ends by itself.
        SupersetError: Superset refuses the dashboards.
    """
    with ExitStack() as running:
        installation, host = running.enter_context(entered(installation, NAME))
        if not is_prepared(installation):
            raise InstallationError("there is no data to show yet: run make demo first")
        # Also what an interruption left between its start and its place in the stack.
        running.callback(stop_leftovers, installation.running)
        secrets = installation.secrets()
        steps = Steps(total=3)
        with steps.step(
            "a login that can only read the warehouse's statistics"
            if host
            else "Postgres, and a login that can only read the warehouse's statistics"
        ):
            services = (
                host.services(installation)
                if host
                else running.enter_context(running_services(installation, secrets))
            )
            warehouse = grant_bi(services, secrets.bi_password)
        if not host:
            running.enter_context(shared(installation, NAME, services))
        settings = SupersetSettings(
            home=installation.superset_home,
            logs=installation.logs,
            running=installation.running,
            metadata_dsn=services.server.create_database(_METADATA),
            password=secrets.superset_password,
            secret_key=secrets.superset_secret_key,
        )
        with steps.step("Superset: its tables, its admin, its web page"):
            superset = running.enter_context(running_superset(settings))
        with (
            steps.step("databases, datasets, charts and dashboards"),
            Superset(superset.url, USER, secrets.superset_password) as page,
        ):
            try:
                page.provision(warehouse)
                dashboards = page.dashboards()
            except SupersetError:
                require_host(installation, host)
                raise
        where = _where_it_is(superset.url, secrets.superset_password, dashboards)
        _say("\n".join([where, last_words(host)]))
        stay(installation, host, superset.process.require_alive)


def grant_bi(services: Services, password: str) -> str:
    """Make the BI login, or give it this password and its rights; gives its DSN.

    Args:
        services: what runs here.
        password: of the login.
    """
    login = sql.Identifier(BI_LOGIN)
    with psycopg.connect(services.warehouse, autocommit=True) as warehouse:
        known = warehouse.execute("select from pg_roles where rolname = %s", (BI_LOGIN,))
        if known.rowcount == 0:
            warehouse.execute(sql.SQL("create role {} login").format(login))
        warehouse.execute(sql.SQL("alter role {} password {}").format(login, sql.Literal(password)))
    run_command(
        "crm_mailchimp.warehouse", ["grant-bi", "--dsn", services.warehouse, "--login", BI_LOGIN]
    )
    return services.server.dsn("warehouse", user=BI_LOGIN, password=password)


def _where_it_is(url: str, password: str, dashboards: list[Dashboard]) -> str:
    return "\n".join(
        [
            "",
            f"  Superset           {url}",
            f"    user             {USER}",
            f"    password         {password}",
            *(f"  {one.title:<36} {one.url}" for one in dashboards),
            "",
        ]
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Entry of ``python -m local_installation.bi``."""
    argparse.ArgumentParser(
        prog="python -m local_installation.bi",
        description="Bring up Superset with the dashboards beside the demo's data, until Ctrl-C. "
        "Settings are environment variables, see .env.example.",
    ).parse_args()
    unwind_on_termination()
    installation = find_installation()
    try:
        bring_up(installation)
    except KeyboardInterrupt:
        sys.stderr.write("\nbi: everything is stopped\n")
        return 0
    except (InstallationError, SupersetError) as error:
        sys.stderr.write(f"\nbi: {error}\n  Logs: {installation.logs}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
