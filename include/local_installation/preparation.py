"""From empty databases to a sample CRM, a migrated warehouse and Airflow's own tables."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local_installation.airflow_processes import AirflowSettings, prepare_airflow
from local_installation.installation import Installation, Secrets
from local_installation.local_services import Services, fill_sample_crm, migrate_warehouse

SAMPLE_CONTACTS = 2_000
SAMPLE_SEED = 1
_SETTINGS = {"REPORT_TIME_ZONE": "Europe/Athens", "MAILCHIMP_CONTACT_LIMIT": "5000"}


def sample_settings() -> dict[str, str]:
    """Settings of the pipeline that suit the sample. What the calling shell sets goes before."""
    return {name: os.environ.get(name) or value for name, value in _SETTINGS.items()}


def prepare(
    installation: Installation,
    secrets: Secrets,
    services: Services,
    settings: AirflowSettings,
    *,
    contacts: int = SAMPLE_CONTACTS,
) -> None:
    """Fill the three fresh databases, side by side.

    Args:
        contacts: how many contacts the sample CRM has.

    Raises:
        InstallationError: a command failed; with its own words.
    """
    with ThreadPoolExecutor(max_workers=3) as pool:
        parts = (
            pool.submit(prepare_airflow, installation, secrets, settings),
            pool.submit(fill_sample_crm, services, contacts=contacts, seed=SAMPLE_SEED),
            pool.submit(migrate_warehouse, services),
        )
        for part in parts:
            part.result()


def is_prepared(installation: Installation) -> bool:
    """Whether databases and sandbox fit together: an earlier run came to its end."""
    return _marker(installation).is_file()


def set_prepared(installation: Installation, prepared: bool) -> None:
    """Remember whether databases and sandbox fit together."""
    if prepared:
        _marker(installation).touch()
    else:
        _marker(installation).unlink(missing_ok=True)


def _marker(installation: Installation) -> Path:
    return installation.home / "prepared"
