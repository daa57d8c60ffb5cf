"""A read replica of the CRM is refused: it may not know yet who has withdrawn a consent."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from crm_mailchimp.crm.opening import CrmReplicaError, require_contract
from crm_mailchimp.crm.schema import create_contract
from crm_mailchimp.sessions import open_session
from debian_postgres import binaries as debian_binaries
from local_installation import postgres
from local_installation.postgres_cluster import binaries, prepare

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("debian_postgres")]


@pytest.fixture(params=["embedded", "debian"])
def folder(request: pytest.FixtureRequest) -> Iterator[tuple[Path, Path]]:
    """An empty folder that the server's account may enter, and the server's programs."""
    place = Path(tempfile.mkdtemp(prefix="crm-replica-"))
    place.chmod(0o755)
    yield place / "data", debian_binaries() if request.param == "debian" else binaries()
    shutil.rmtree(place)


def test_a_replica_of_the_crm_is_refused(folder: tuple[Path, Path]) -> None:
    data, programs = folder
    with postgres.start(data, durable=False, programs=programs) as server:
        with psycopg.connect(server.create_database("crm")) as crm:
            create_contract(crm)
        with open_session(server.dsn("crm")) as crm:
            require_contract(crm)

    # As ``pg_basebackup`` does for a server that follows another one.
    mark = data / "standby.signal"
    mark.touch()
    owner = (data / "PG_VERSION").stat()
    os.chown(mark, owner.st_uid, owner.st_gid)
    server._process, server.port = postgres._launch(
        data, programs, prepare(data, programs), 0, postgres._SETTINGS
    )
    try:
        with open_session(server.dsn("crm")) as crm:
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                crm.execute("create temporary table t (x integer)")
            crm.rollback()
            with pytest.raises(CrmReplicaError, match=r"database crm\) leads to a read replica"):
                require_contract(crm)
    finally:
        server._process.send_signal(signal.SIGINT)
        server._process.wait(60)
