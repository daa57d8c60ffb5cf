"""One Superset for all tests of the folder, on Debian's Postgres, with a year of data."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crm_mailchimp.sessions import open_session
from crm_mailchimp.warehouse.bi_login import grant_reading
from dashboards.provision import Superset
from dashboards_year import fill
from fresh_databases import fresh_databases
from local_installation.superset_processes import (
    ENVIRONMENT,
    USER,
    SupersetSettings,
    running_superset,
)
from superset_page import Provisioned

PASSWORD = "a password of the tests"


@pytest.fixture(scope="module")
def superset(debian_postgres: Any) -> Iterator[Provisioned]:
    if not ENVIRONMENT.is_dir():
        missing = "Superset is not installed: tools/install_beside bi"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    login = f"bi_{uuid.uuid4().hex[:8]}"
    metadata = f"superset_{uuid.uuid4().hex[:8]}"
    with (
        fresh_databases(debian_postgres) as (_, warehouse),
        tempfile.TemporaryDirectory(prefix="crm-superset-") as folder,
    ):
        # As the product's sessions: compiling takes longer than the statements themselves.
        with open_session(warehouse) as owner:
            fill(owner)
            owner.execute(f"create role {login} login password 'άνοιξε @/:%'")
            grant_reading(owner, login)
        bi = psycopg.conninfo.make_conninfo(warehouse, user=login, password="άνοιξε @/:%")
        home = Path(folder)
        for name in ("home", "logs", "running"):
            (home / name).mkdir()
        settings = SupersetSettings(
            home=home / "home",
            logs=home / "logs",
            running=home / "running",
            metadata_dsn=debian_postgres.create_database(metadata),
            password=PASSWORD,
            secret_key=uuid.uuid4().hex * 2,
        )
        try:
            with (
                running_superset(settings) as running,
                Superset(running.url, USER, PASSWORD) as api,
            ):
                api.provision(bi)
                yield Provisioned(running.url, api, warehouse, bi)
        finally:
            debian_postgres.drop_database(metadata)
            with psycopg.connect(warehouse) as owner:
                owner.execute(f"drop owned by {login}")
                owner.execute(f"drop role {login}")
