"""A pooler that gives each transaction another session is refused; one that keeps them serves."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

from crm_mailchimp.crm.__main__ import main as crm_command
from crm_mailchimp.sessions import SharedSessionError, open_session
from crm_mailchimp.sync_commands import main as sync_command
from crm_mailchimp.warehouse.connection_slots import SlotLostError, slot
from crm_mailchimp.warehouse.locks import LockLostError, named_lock
from crm_mailchimp.warehouse.migrations import upgrade
from pgbouncer import is_installed, pgbouncer


@pytest.fixture
def folder() -> Iterator[Path]:
    if not is_installed():
        if os.environ.get("CI"):
            pytest.fail("pgbouncer is not installed: apt-get install pgbouncer")
        pytest.skip("pgbouncer is not installed: apt-get install pgbouncer")
    # Not pytest's own folders: those belong to root alone when root runs the tests.
    made = Path(tempfile.mkdtemp(prefix="crm-pgbouncer-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize("round_robin", [False, True])
@pytest.mark.parametrize("pool_size", [1, 5])
@pytest.mark.parametrize("busy", [0, 3])
def test_transaction_mode_is_refused(
    warehouse_db: str, folder: Path, pool_size: int, round_robin: bool, busy: int
) -> None:
    with (
        pgbouncer(
            warehouse_db,
            folder,
            pool_mode="transaction",
            pool_size=pool_size,
            round_robin=round_robin,
        ) as dsn,
        ExitStack() as others,
    ):
        for _ in range(min(busy, pool_size - 1)):
            other = others.enter_context(psycopg.connect(dsn, prepare_threshold=None))
            other.execute("select 1")  # and stays inside its transaction
        with pytest.raises(SharedSessionError, match="session mode"):
            open_session(dsn)


def test_session_mode_serves(warehouse_db: str, folder: Path) -> None:
    with pgbouncer(warehouse_db, folder, pool_mode="session") as dsn:
        upgrade(dsn)
        with (
            closing(open_session(dsn)) as session,
            slot(lambda: open_session(dsn)) as held,
            named_lock(session, "κλειδί"),
        ):
            held.require()
            row = session.execute("show timezone").fetchone()
        assert row == ("UTC",)


def test_commands_refuse_in_plain_words(
    warehouse_db: str, crm_db: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pgbouncer(warehouse_db, folder, pool_mode="transaction") as dsn:
        pooled_crm = dsn.replace(warehouse_db.rpartition("/")[2], crm_db.rpartition("/")[2])
        for command, arguments in (
            (sync_command, ["explain", "--dsn", dsn, "--email", "eleni@mail.gr"]),
            (crm_command, ["create", "--dsn", pooled_crm]),
        ):
            assert command(arguments) == 1
            words = capsys.readouterr().err
            assert "pooler in transaction mode" in words
            assert "Traceback" not in words


@pytest.mark.parametrize("how", ["ended", "reset"])
def test_a_lost_slot_is_noticed(warehouse_db: str, how: str) -> None:
    with (
        psycopg.connect(warehouse_db, autocommit=True) as admin,
        slot(lambda: open_session(warehouse_db)) as held,
    ):
        held.require()
        _lose(admin, held, how)
        with pytest.raises(SlotLostError, match=f"slot {int(held)} is lost"):
            held.require()


def _lose(admin: psycopg.Connection, held: object, how: str) -> None:
    if how == "reset":
        held._connection.execute("discard all")  # type: ignore[attr-defined]
        return
    admin.execute(
        "select pg_terminate_backend(pid, 5000) from pg_locks where locktype = 'advisory'"
        " and database = (select oid from pg_database where datname = current_database())"
    )


@pytest.mark.parametrize("how", ["ended", "reset"])
def test_a_lost_lock_is_noticed(warehouse_db: str, how: str) -> None:
    with psycopg.connect(warehouse_db, autocommit=True) as admin:
        session = open_session(warehouse_db)
        with pytest.raises(LockLostError, match="was lost"), named_lock(session, "κλειδί"):
            if how == "reset":
                session.execute("select pg_advisory_unlock_all()")
                session.commit()
            else:
                admin.execute(
                    "select pg_terminate_backend(pid, 5000) from pg_locks"
                    " where locktype = 'advisory'"
                )
        session.close()


def test_the_blocks_own_error_is_shown(warehouse_db: str) -> None:
    session = open_session(warehouse_db)
    with pytest.raises(ValueError, match="δικό του"), named_lock(session, "κλειδί"):
        session.close()
        raise ValueError("δικό του")
