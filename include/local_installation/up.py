"""``make up``: the installation that the demo left, with Airflow's web page, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack

from local_installation.airflow_api import AirflowApiError
from local_installation.airflow_processes import USER, AirflowSettings, running_airflow
from local_installation.console import Steps, unwind_on_termination
from local_installation.installation import (
    Installation,
    InstallationError,
    Secrets,
    find_installation,
    free_port,
    require_port,
)
from local_installation.local_services import Services, running_services
from local_installation.own_processes import stop_leftovers
from local_installation.preparation import is_prepared, prepare, sample_settings, set_prepared
from local_installation.side_by_side import entered, last_words, shared, stay

NAME = "make up"
PORT_SETTING = "CRM_MAILCHIMP_UI_PORT"
_USUAL_PORT = 8080


def bring_up(installation: Installation) -> None:
    """Start everything, print where it is, and stay until interrupted.

    Beside ``make bi`` only Airflow starts: databases and sandbox are there.

    Raises:
        InstallationError: something does not start, or ends by itself.
    """
    with ExitStack() as running:
        installation, host = running.enter_context(entered(installation, NAME))
        # Also what an interruption left between its start and its place in the stack.
        running.callback(stop_leftovers, installation.running)
        port = chosen_port()
        secrets = installation.secrets()
        # After a demo that was killed half-way, CRM, warehouse and sandbox may not fit together.
        afresh = not is_prepared(installation)
        steps = Steps(total=1 if host else 3 if afresh else 2)
        if host:
            services = host.services(installation)
        else:
            with steps.step("Postgres and the Mailchimp sandbox"):
                services = running.enter_context(
                    running_services(installation, secrets, afresh=afresh)
                )
        settings = AirflowSettings(
            port=port,
            metadata_dsn=services.airflow,
            connections=services.connections(),
            extra=sample_settings(),
        )
        if afresh:
            with steps.step("sample CRM, warehouse, Airflow's tables"):
                prepare(installation, secrets, services, settings)
                set_prepared(installation, True)
        if not host:
            running.enter_context(shared(installation, NAME, services))
        with steps.step("Airflow: API server, scheduler, dag-processor, triggerer"):
            airflow = running.enter_context(running_airflow(installation, secrets, settings))
        _say("\n".join([_where_it_is(settings, secrets, services), last_words(host)]))
        stay(installation, host, airflow.require_alive)


def chosen_port() -> int:
    """The port that was asked for, or the usual one, or a free one.

    Raises:
        InstallationError: what was asked for is no port, or taken.
    """
    asked = os.environ.get(PORT_SETTING, "").strip()
    if asked:
        if not asked.isdigit() or not 0 < int(asked) < 2**16:
            raise InstallationError(f"{PORT_SETTING} is {asked!r}: it must be a port, such as 8081")
        return require_port(int(asked), PORT_SETTING)
    try:
        return require_port(_USUAL_PORT, PORT_SETTING)
    except InstallationError:
        return free_port()


def _where_it_is(settings: AirflowSettings, secrets: Secrets, services: Services) -> str:
    return "\n".join(
        [
            "",
            f"  Airflow            {settings.url}",
            f"    user             {USER}",
            f"    password         {secrets.airflow_password}",
            f"  Mailchimp sandbox  {services.mailchimp_url}/3.0",
            f"    API key          {secrets.mailchimp_key}",
            f"  CRM                {services.crm}",
            f"  Warehouse          {services.warehouse}",
            "",
            "Commands of the project run in another terminal, with the Python of the checkout:",
            "  .venv/bin/python -m crm_mailchimp.sync explain --dsn … --contact 57",
            "",
        ]
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Entry of ``python -m local_installation.up``."""
    argparse.ArgumentParser(
        prog="python -m local_installation.up",
        description="Bring up the local installation with Airflow's web page, until Ctrl-C. "
        "Settings are environment variables, see .env.example.",
    ).parse_args()
    unwind_on_termination()
    try:
        bring_up(find_installation())
    except KeyboardInterrupt:
        _say("\nStopped.")
        return 0
    except (InstallationError, AirflowApiError) as error:
        sys.stderr.write(f"\nup: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
