"""The embedded Postgres: what it gives, and what it leaves alone."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local_installation import postgres_cluster as embedded
from local_installation.postgres import EmbeddedPostgresError, Server, start

AS_ROOT = os.geteuid() == 0
#: A process that starts a server and is killed before it can stop it.
KILLED = """
import os, signal, sys
from local_installation.postgres import start
with start(sys.argv[1], durable=False) as server:
    server.create_database("kept")
    print(server.pid, server.port, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A cluster, stopped: copied where a test does not care how it was made."""
    place = Path(tempfile.mkdtemp(prefix="crm-postgres-"))
    place.chmod(0o755)
    start(place / "data", durable=False).stop()
    yield place
    shutil.rmtree(place)


@pytest.fixture
def cluster(folder: Path, made: Path) -> Path:
    subprocess.run(["cp", "-a", f"{made}/data", f"{made}/data.password", folder.parent], check=True)
    return folder


@pytest.fixture
def folder() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="crm-postgres-"))
    place.chmod(0o755)
    yield place / "data"
    pid = embedded.postmaster(place / "data")
    if pid:
        os.kill(pid, signal.SIGQUIT)
        _wait_for_end(pid)
    shutil.rmtree(place)


def _left_behind(folder: Path) -> tuple[int, int]:
    """Process id and port of a server whose owner was killed."""
    ran = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder)], check=False, capture_output=True, text=True
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    pid, port = ran.stdout.split()
    return int(pid), int(port)


def _wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 30
    while _lives(pid):
        assert time.monotonic() < deadline, f"process {pid} does not end"
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _answers(dsn: str) -> bool:
    with psycopg.connect(dsn) as connection:
        return connection.execute("select 1").fetchone() == (1,)


def test_greek_letters_have_cases(postgres: Server) -> None:
    with psycopg.connect(postgres.dsn()) as connection:
        row = connection.execute(
            "select lower('ΖΩΉ'), upper('ζωή'), 'Ζωή' ~* 'ζΩή', "
            "current_setting('server_encoding'), current_setting('timezone')"
        ).fetchone()
    assert row == ("ζωή", "ΖΩΉ", True, "UTF8", "UTC")


def test_only_the_password_lets_in(postgres: Server) -> None:
    for dsn in (
        postgres.dsn(user="postgres", password="λάθος"),
        postgres.dsn(user="postgres"),
        postgres.dsn(user="root", password=""),
    ):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(dsn, passfile=os.devnull)


def test_it_listens_on_this_machine_only(postgres: Server) -> None:
    with psycopg.connect(postgres.dsn()) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("show unix_socket_directories").fetchone() == ("",)
        (limit,) = connection.execute("show max_connections").fetchone() or ("0",)
    assert int(limit) >= 200


def test_a_process_group_of_its_own(postgres: Server) -> None:
    assert os.getpgid(postgres.pid) == postgres.pid != os.getpgid(0)


@pytest.mark.skipif(not AS_ROOT, reason="needs root to step down from")
def test_root_does_not_run_it(postgres: Server) -> None:
    owner = Path(f"/proc/{postgres.pid}").stat().st_uid
    assert owner == postgres.data_dir.stat().st_uid == pwd.getpwnam("nobody").pw_uid
    capabilities = Path(f"/proc/{postgres.pid}/status").read_text(encoding="utf-8")
    # Nothing of root, or (a checkout below a closed folder) the right to search folders alone.
    closed = any(not folder.stat().st_mode & 0o001 for folder in Path(sys.prefix).parents)
    kept = 1 << 2 if closed else 0
    assert f"CapEff:\t{kept:016x}\n" in capabilities


@pytest.mark.skipif(not AS_ROOT, reason="needs root to step down from")
def test_below_a_folder_that_is_closed_to_others(folder: Path) -> None:
    folder.parent.chmod(0o700)
    with start(folder, durable=False) as server:
        assert _answers(server.dsn())


@pytest.mark.skipif(not AS_ROOT, reason="needs root to step down from")
def test_an_ordinary_user_runs_it_too(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(folder.parent, nobody.pw_uid, nobody.pw_gid)
    # The interpreter and the project may lie below root's own folder; they are only read.
    step_down = [
        *("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"),
        *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
        *("--securebits=+no_setuid_fixup", "--"),
    ]
    ran = subprocess.run(
        [*step_down, sys.executable, "-c", KILLED, str(folder)],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
    )
    if ran.returncode == 127:
        pytest.skip("capabilities are not to be had here")
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    with start(folder, durable=False) as server:  # root takes it over on the owner's behalf
        assert _answers(server.dsn("kept"))
        assert Path(f"/proc/{server.pid}").stat().st_uid == nobody.pw_uid


def test_the_password_is_the_owners_alone(postgres: Server) -> None:
    secret = postgres.data_dir.with_name("data.password")
    assert secret.stat().st_mode & 0o777 == 0o600
    log = postgres.data_dir.with_name("data.log").read_text(encoding="utf-8")
    assert secret.read_text(encoding="utf-8") not in log


def test_databases_let_nobody_in_by_default(postgres: Server) -> None:
    with psycopg.connect(postgres.dsn(), autocommit=True) as admin:
        admin.execute("create role stranger login password 'ξένος'")
        try:
            dsn = postgres.dsn(user="stranger", password="ξένος")
            with pytest.raises(psycopg.OperationalError, match="permission denied"):
                psycopg.connect(dsn)
        finally:
            admin.execute("drop role stranger")


def test_stop_and_start_again_keeps_the_data(cluster: Path) -> None:
    with start(cluster) as first:
        dsn = first.create_database("kept")
        assert first.create_database("kept") == dsn
        with psycopg.connect(dsn) as connection:
            connection.execute("create table word as select 'λέξη' as word")
        pid = first.pid
    assert not _lives(pid)
    first.stop()  # a second time does nothing
    with start(cluster) as second, psycopg.connect(second.dsn("kept")) as connection:
        assert connection.execute("select word from word").fetchone() == ("λέξη",)


def test_after_kill_9_of_the_process_that_ran_it(cluster: Path) -> None:
    pid, port = _left_behind(cluster)
    assert _lives(pid)
    with start(cluster, port, durable=False) as server:
        assert not _lives(pid)
        assert server.port == port
        assert _answers(server.dsn("kept"))


def test_after_kill_9_of_everything(cluster: Path) -> None:
    pid, port = _left_behind(cluster)
    os.kill(pid, signal.SIGKILL)
    with start(cluster, port, durable=False) as server:
        assert _answers(server.dsn("kept"))


def test_a_process_id_that_is_somebody_elses_now(cluster: Path) -> None:
    pid, _ = _left_behind(cluster)
    os.kill(pid, signal.SIGKILL)
    _wait_for_end(pid)
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").split("\n")
        (cluster / "postmaster.pid").write_text(
            "\n".join([str(stranger.pid), *lines[1:]]), encoding="utf-8"
        )
        with start(cluster, durable=False) as server:
            assert _answers(server.dsn("kept"))
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_another_server_is_never_touched(cluster: Path, postgres: Server) -> None:
    """Its postmaster.pid copied into our folder must not make us stop it."""
    with start(cluster, durable=False):
        pass
    shutil.copy(postgres.data_dir / "postmaster.pid", cluster / "postmaster.pid")
    with start(cluster, durable=False) as server:
        assert _answers(server.dsn())
        assert _answers(postgres.dsn())


def test_twice_at_once_is_refused(postgres: Server) -> None:
    with pytest.raises(
        EmbeddedPostgresError, match=rf"in use by the running process {os.getpid()}"
    ):
        start(postgres.data_dir)
    assert _answers(postgres.dsn())


def test_a_port_in_use_is_said(cluster: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EmbeddedPostgresError, match=f"port {port} on 127.0.0.1 is in use"):
            start(cluster, port, durable=False)
        with start(cluster, durable=False) as server:
            assert server.port != port


def test_a_folder_of_something_else_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "σημειώσεις.txt").write_text("x", encoding="utf-8")
    with pytest.raises(EmbeddedPostgresError, match="neither empty nor a Postgres data folder"):
        start(folder)
    assert [path.name for path in folder.iterdir()] == ["σημειώσεις.txt"]


def test_a_full_disk_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil._ntuple_diskusage(10**9, 10**9, 10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(EmbeddedPostgresError, match="only 0 MB are free") as refused:
        start(folder)
    assert "\n" not in str(refused.value)
    assert not folder.exists()


def test_a_disk_that_fills_up_half_way(folder: Path) -> None:
    if not AS_ROOT:
        pytest.skip("needs root to mount a small disk")
    small = folder.parent / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(small)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        embedded_space, embedded._SPACE_NEEDED = embedded._SPACE_NEEDED, 0
        with pytest.raises(EmbeddedPostgresError, match="No space left on device") as refused:
            start(small / "data")
        assert "\n" not in str(refused.value)
        assert not (small / "data").exists()
    finally:
        embedded._SPACE_NEEDED = embedded_space
        subprocess.run(["umount", str(small)], check=True)


def test_a_half_made_cluster_is_made_again(folder: Path) -> None:
    unfinished = folder.with_name("data.new")
    (unfinished / "cluster" / "base").mkdir(parents=True)
    with start(folder, durable=False) as server:
        assert _answers(server.dsn())
    assert not unfinished.exists()


def test_another_version_is_said(folder: Path) -> None:
    folder.mkdir()
    (folder / "PG_VERSION").write_text("9\n", encoding="ascii")
    with pytest.raises(EmbeddedPostgresError, match="was made by Postgres 9, installed is"):
        start(folder)


def test_what_statements_stumble_over_does_not_reach_the_log(postgres: Server) -> None:
    marker = "μυστική.διεύθυνση@example.com"
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            connection.execute("select %s::text::int", [marker])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(
                "create temporary table held as select %s::text as email union all select %s",
                [marker, marker],
            )
            connection.execute("create unique index on held (email)")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres.dsn("missing"))
    log = postgres.data_dir.with_name("data.log").read_text(encoding="utf-8")
    assert 'database "missing" does not exist' in log
    assert marker not in log


def test_removing_leaves_nothing(folder: Path) -> None:
    pid, _ = _left_behind(folder)
    embedded.remove(folder)
    assert not _lives(pid)
    assert list(folder.parent.iterdir()) == []
    embedded.remove(folder)  # a second time does nothing
    embedded.remove(folder / "never" / "was")


def test_removing_spares_what_runs(postgres: Server) -> None:
    with pytest.raises(EmbeddedPostgresError, match="in use by the running process"):
        embedded.remove(postgres.data_dir)
    assert _answers(postgres.dsn())
