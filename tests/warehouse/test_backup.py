"""A backup is whole or not there, and goes into a new database only. On both servers."""

from __future__ import annotations

import errno
import os
import re
import resource
import signal
import stat
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crm_mailchimp.crm.schema import create_contract
from crm_mailchimp.sync.staging.stagings import open_staging
from crm_mailchimp.warehouse import dump_programs, restore
from crm_mailchimp.warehouse.backup import BackupFileError, back_up
from crm_mailchimp.warehouse.backup_file import NoBackupError
from crm_mailchimp.warehouse.bi_login import grant_reading
from crm_mailchimp.warehouse.deployment import (
    OtherDeploymentError,
    find_holder,
    hand_over,
    require_holder,
)
from crm_mailchimp.warehouse.dump_programs import (
    DumpProgramError,
    DumpPrograms,
    failed_at,
    find_programs,
    open_target,
    run_program,
)
from crm_mailchimp.warehouse.locks import named_lock
from crm_mailchimp.warehouse.migrations import migration_files, upgrade
from crm_mailchimp.warehouse.opening import NoWarehouseError, require_current
from crm_mailchimp.warehouse.restore import RestoreRefusedError, restore_backup
from crm_mailchimp.warehouse_commands import main
from local_installation.postgres import Server
from local_installation.postgres_cluster import binaries
from warehouse.schema_description import describe
from warehouse.test_upgrade import DUMP, lost_rows, read_rows

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 27, tzinfo=UTC)
GREEK = "Ελένη Οικονόμου «Ζωή»\n\t\\."
PERSON = "eleni@mail.gr"


@dataclass
class Place:
    """A server with its programs, a warehouse with data, its backup, and an empty database."""

    server: Server
    programs: Path
    source: str
    file: Path
    empty: str
    login: str
    major: int
    names: list[str]
    shape: dict[str, Any] = field(default_factory=dict)

    def database(self) -> str:
        self.names.append(f"backup_{uuid.uuid4().hex[:12]}")
        return self.server.create_database(self.names[-1])


@pytest.fixture(scope="module", params=["postgres", "debian_postgres"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    server: Server = request.getfixturevalue(request.param)
    with psycopg.connect(server.dsn()) as connection:
        major = connection.info.server_version // 10000
    folder = binaries() if request.param == "postgres" else None
    login = f"πίνακες_{uuid.uuid4().hex[:8]}"
    file = tmp_path_factory.mktemp("backups") / "αντίγραφο"
    made = Place(server, find_programs(major, folder).folder, "", file, "", login, major, [])
    made.source, made.empty = made.database(), made.database()
    upgrade(made.source)
    fill(made.source)
    with psycopg.connect(made.source, autocommit=True) as connection:
        made.shape = describe(connection)
        connection.execute(f'create role "{login}" login')
        grant_reading(connection, login)
    backing_up = ["backup", "--dsn", made.source, "--output", str(file)]
    assert main([*backing_up, "--programs", str(made.programs)]) == 0
    # The new server may not have the login.
    with psycopg.connect(made.source, autocommit=True) as connection:
        connection.execute(f'drop owned by "{login}"')
        connection.execute(f'drop role "{login}"')
    yield made
    with psycopg.connect(made.empty) as connection:
        assert read_rows(connection) == {}, "a restore that was refused left something"
    for name in made.names:
        server.drop_database(name)


def fill(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into sync.alert values (%s, 'failed', %s, now())", (GREEK, GREEK)
        )
        connection.execute(
            "insert into sync.suppression (kind, digest, cause) values ('address', %s, 'erased')",
            (b"\x00\t\n\\x",),
        )
        hand_over(connection, "production")


def test_a_restored_warehouse_is_the_one_that_was_backed_up(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stat.S_IMODE(place.file.stat().st_mode) == 0o600
    assert [one.name for one in place.file.parent.iterdir()] == [place.file.name]
    with psycopg.connect(place.source) as connection:
        before = read_rows(connection)
    target = place.database()
    restoring = ["restore", "--dsn", target, "--input", str(place.file), "--former", place.source]
    assert main([*restoring, "--programs", str(place.programs)]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert "the backup is restored; the warehouse is up to date" in output.out
    assert "0 erasures since the backup were taken over" in output.out
    # A drill changes nothing in Mailchimp, until a person says that it is no drill.
    assert "warehouse hand-over --dsn … --to production\n" in output.out
    with psycopg.connect(target, autocommit=True) as connection:
        after, theirs = read_rows(connection), describe(connection)
        (held,), (free,) = before.pop("sync.deployment"), after.pop("sync.deployment")
        assert (held["deployment_id"], free["deployment_id"]) == ("production", None)
        with pytest.raises(OtherDeploymentError, match="was restored from a backup"):
            require_holder(connection, lambda: "production", lambda: "never")
        assert before["sync.alert"]
        assert before["sync.suppression"]
        assert lost_rows(before, after) == {}
        assert lost_rows(after, before) == {}
        assert len(theirs["views"]) > 20
        for kind in place.shape:
            assert without_brackets(theirs[kind]) ^ without_brackets(place.shape[kind]) == set()
        # An answer to a question of the former warehouse must not meet another plan.
        (next_id,) = connection.execute(
            "select nextval(pg_get_serial_sequence('sync.removal_request', 'plan_id'))"
        ).fetchone() or (0,)
        assert next_id > 100_000
        connection.execute(f'create role "{place.login}" login')
        grant_reading(connection, place.login)
        connection.execute(f'drop owned by "{place.login}"')
        connection.execute(f'drop role "{place.login}"')


def without_brackets(found: set[Any]) -> set[tuple[str, ...]]:
    """Postgres writes ``(a or b) or c`` as ``a or b or c`` when it has read its own words."""
    return {tuple(re.sub(r"[()\s]", "", str(part)) for part in one) for one in found}


def test_an_old_warehouse_is_backed_up_and_restored_up_to_date(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, target, file = place.database(), place.database(), tmp_path / "old"
    with psycopg.connect(old, autocommit=True) as connection:
        connection.execute(DUMP.read_text(encoding="utf-8"))
        before = read_rows(connection)
    back_up(old, file, programs=place.programs)
    restoring = ["restore", "--dsn", target, "--input", str(file), "--former-lost"]
    assert main([*restoring, "--programs", str(place.programs)]) == 0
    words = capsys.readouterr().out
    assert f"applied {next(one.name for one in migration_files() if one.name > '0015')}" in words
    assert "erasures since the backup are not known" in words
    assert "--to ID (the error of the first task says the id)" in words
    with psycopg.connect(target) as connection:
        assert getattr(find_holder(connection), "deployment_id", "") is None, "it is nobody's"
        after = read_rows(connection)
    # Stagings are not backed up, and unwanted traces of erased people are gone.
    assert {run.pop("dropped_at") is not None for run in after["sync.staging_run"]} == {True}
    for run in before["sync.staging_run"]:
        run.pop("dropped_at")
    lost = lost_rows(before, after)
    assert {name for name in lost if not name.startswith("staging.")} == set()


def test_a_week_of_hourly_stagings_is_backed_up_without_them(place: Place, tmp_path: Path) -> None:
    """An empty plan must not look like "nothing to do", and the tables would need many locks."""
    source, target, file = place.database(), place.database(), tmp_path / "week"
    upgrade(source)
    fill(source)
    stagings = 3
    with psycopg.connect(source) as connection:
        for number in range(stagings):
            open_staging(connection, NOW, str(number), refusal_clock=NOW, dry_run=True,
                         full_refresh=False, is_whole=True)  # fmt: skip
        connection.execute("update sync.staging_run set row_counts = '{}'")
        connection.commit()
        assert len(staging_tables(connection)) > 7 * stagings
    back_up(source, file, programs=place.programs)
    restoring = ["restore", "--dsn", target, "--input", str(file), "--former", source]
    assert main([*restoring, "--programs", str(place.programs)]) == 0
    with psycopg.connect(target) as connection:
        # Only the parents.
        assert [name for name in staging_tables(connection) if re.search(r"\d", name)] == []
        assert len(staging_tables(connection)) == 7
        dropped = connection.execute("select count(dropped_at), count(*) from sync.staging_run")
        assert dropped.fetchone() == (stagings, stagings)


def staging_tables(connection: psycopg.Connection) -> list[str]:
    found = connection.execute(
        "select relname::text from pg_class where relnamespace = 'staging'::regnamespace"
        " and relkind in ('r', 'p') order by 1"
    )
    return [name for (name,) in found]


def refused(place: Place, target: str, *, former: str | None = None) -> str:
    with pytest.raises(RestoreRefusedError) as caught:
        restore_backup(target, place.file, former=former, programs=place.programs)
    return str(caught.value)


def test_nothing_is_restored_where_something_is(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(place.source) as connection:
        before = read_rows(connection)
    words = refused(place, place.source, former=place.source)
    assert "the database already has mart, migration, staging, stats, sync" in words
    assert "Nothing was restored" in words
    with psycopg.connect(place.source) as connection:
        assert read_rows(connection) == before

    target = place.database()
    with psycopg.connect(target) as connection:
        create_contract(connection)
    assert "this database is the CRM's" in refused(place, target)
    with monkeypatch.context() as patch:
        patch.setattr(restore, "_record", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            restore_backup(
                target, place.file, former=None, programs=place.programs, beside_crm=True
            )
    # Not a warehouse yet: no task works with it, and it is not taken for a restored one.
    with psycopg.connect(target) as connection:
        rows = read_rows(connection)
        assert rows["sync.suppression"]
        assert rows["migration.applied_file"] == []
        with pytest.raises(NoWarehouseError):
            require_current(connection)
    with pytest.raises(RestoreRefusedError, match="was cut off, drop it first"):
        restore_backup(target, place.file, former=None, programs=place.programs, beside_crm=True)


def test_the_former_warehouse_must_be_idle_and_the_same(place: Place, tmp_path: Path) -> None:
    with psycopg.connect(place.source, autocommit=True) as source:
        for name in ("audience:a1", "erasure"):
            with named_lock(source, name):
                words = refused(place, place.empty, former=place.source)
            assert "1 sessions work with the former warehouse. Pause the DAGs" in words
        (ours,) = source.execute("select installation_id from sync.installation").fetchone() or (
            None,
        )
        change = "update sync.installation set installation_id = %s"
        source.execute(change, [uuid.uuid4()])
        assert "of two installations" in refused(place, place.empty, former=place.source)
        source.execute(change, [ours])
        (key,) = source.execute(
            "delete from sync.suppression_key returning hmac_key"
        ).fetchone() or (b"",)
        assert "has no usable key" in refused(place, place.empty, former=place.source)
        with pytest.raises(NoBackupError, match="lost its installation or its key"):
            back_up(place.source, tmp_path / "second", programs=place.programs)
        source.execute("insert into sync.suppression_key (hmac_key) values (%s)", [key])
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_file_is_refused(place: Place, tmp_path: Path) -> None:
    foreign, other = place.database(), tmp_path / "other"
    with psycopg.connect(foreign) as connection:
        connection.execute("create schema sync")
        connection.execute("create table sync.suppression (name text)")
        connection.execute("insert into sync.suppression values (%s)", [PERSON])
    where, environment = open_target(foreign)
    run_program(
        place.programs / "pg_dump", ["--format=custom", f"--file={other}", *where], environment
    )
    data = place.file.read_bytes()
    # The version of the format is in bytes 5 and 6. Source: PostgreSQL 18, pg_backup_archiver.c.
    (tmp_path / "newer").write_bytes(data[:6] + b"\x63" + data[7:])
    (tmp_path / "text").write_text(f"insert into people values ('{PERSON}');\n" * 50)
    (tmp_path / "cut").write_bytes(data[: len(data) // 2])
    (tmp_path / "empty").touch()
    for name, words in {
        "other": "no backup of a warehouse of this project",
        "nothing": "No such file",
        "text": "is no backup, or not a whole one",
        "cut": "not a whole",
        "empty": "is no backup",
        "newer": "was made by a newer pg_dump",
    }.items():
        with pytest.raises((NoBackupError, DumpProgramError), match=words) as caught:
            restore_backup(place.empty, tmp_path / name, former=None, programs=place.programs)
        assert PERSON not in str(caught.value)
        with psycopg.connect(place.empty) as connection:
            assert read_rows(connection) == {}, name


def test_a_backup_of_a_newer_version_is_refused(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "newer"
    with psycopg.connect(place.source, autocommit=True) as source:
        source.execute("insert into migration.applied_file values ('9000_next.sql', 'x')")
        back_up(place.source, file, programs=place.programs)
        source.execute("delete from migration.applied_file where checksum = 'x'")
    with pytest.raises(RestoreRefusedError, match=r"9000_next\.sql.*newer version"):
        restore_backup(place.empty, file, former=None, programs=place.programs)


def test_programs_that_are_older_than_the_server_are_named(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DumpProgramError) as caught:
        find_programs(99, place.programs)
    assert f" in {place.programs}. Install them" in str(caught.value)
    assert "postgresql-client-99" in str(caught.value)
    # A backup that could not be restored on the same server is not made.
    monkeypatch.setattr(dump_programs, "_installed", lambda _: [DumpPrograms(tmp_path, 18)])
    assert find_programs(17).major == 18
    for server, words in ((15, "15 to 16"), (16, "16")):
        with pytest.raises(DumpProgramError, match=f"pg_restore {words} are needed"):
            find_programs(server)
    monkeypatch.undo()
    monkeypatch.setattr(dump_programs, "_PACKAGED", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DumpProgramError, match="Found: none"):
        back_up(place.source, tmp_path / "backup")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_exists_is_kept(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    file.write_text("χθες")
    with pytest.raises(BackupFileError, match="exists already"):
        back_up(place.source, file, programs=place.programs)
    assert file.read_text() == "χθες"
    with pytest.raises(BackupFileError, match="No such file"):
        back_up(place.source, tmp_path / "missing" / "backup", programs=place.programs)


def test_a_folder_without_links_takes_a_backup_too(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    size = back_up(place.source, tmp_path / "backup", programs=place.programs)
    assert [(one.name, one.stat().st_size) for one in tmp_path.iterdir()] == [("backup", size)]


#: pg_dump that writes something, and then waits until it is killed.
STALLING = """#!/bin/sh
if [ "$1" = --version ]; then echo "pg_dump (PostgreSQL) {major}.1"; exit; fi
echo beginning
echo "$PGPASSWORD" >> {folder}/password
tr '\\0' ' ' < /proc/$$/cmdline >> {folder}/command
exec sleep 600
"""


def stall(folder: Path, major: int) -> Path:
    programs = folder / "programs"
    programs.mkdir()
    for name in ("pg_dump", "pg_restore"):
        (programs / name).write_text(STALLING.format(folder=folder, major=major))
        (programs / name).chmod(0o755)
    return programs


@pytest.mark.parametrize("killed", ["pg_dump", "the command"])
def test_a_killed_dump_leaves_no_file(place: Place, tmp_path: Path, killed: str) -> None:
    source, file, programs = place.source, tmp_path / "backup", stall(tmp_path, place.major)
    command = [sys.executable, "-m", "crm_mailchimp.warehouse", "backup", "--dsn", source]
    command += ["--output", str(file), "--programs", str(programs)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    unfinished = tmp_path / ".backup.unfinished"
    (dumping,) = wait_for_child(process)
    os.kill(dumping if killed == "pg_dump" else process.pid, signal.SIGKILL)
    error = process.communicate(timeout=60)[1]
    assert not file.exists()
    if killed == "pg_dump":
        assert process.returncode == 1
        assert "pg_dump ended by signal 9" in error
        assert not unfinished.exists()
    else:
        os.kill(dumping, signal.SIGKILL)
        assert stat.S_IMODE(unfinished.stat().st_mode) == 0o600
        # The next backup takes the place of what is left.
        back_up(source, file, programs=place.programs)
        assert not unfinished.exists()
    # The password is not on the command line, which everybody on the machine can read.
    password = source.split(":")[2].split("@")[0]
    assert (tmp_path / "password").read_text().strip() == password
    assert password not in (tmp_path / "command").read_text()


def wait_for_child(process: subprocess.Popen[Any]) -> list[int]:
    """Process ids of the sleeping program below a command."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None:
        for child in map(int, children.read_text().split()):
            with suppress(OSError):  # it has ended
                if Path(f"/proc/{child}/comm").read_text().strip() == "sleep":
                    return [child]
    raise AssertionError(process.communicate())


def test_a_full_disk_leaves_no_file(place: Place, tmp_path: Path) -> None:
    source, file = place.source, tmp_path / "backup"
    command = [sys.executable, "-m", "crm_mailchimp.warehouse", "backup", "--dsn", source]
    done = subprocess.run(
        [*command, "--output", str(file), "--programs", str(place.programs)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "File too large. No backup was written" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_a_program_quotes_no_row(place: Place, tmp_path: Path) -> None:
    database = place.database()
    where, environment = open_target(database)
    file = tmp_path / "people"
    with psycopg.connect(database) as connection:
        connection.execute("create table people (name text)")
        connection.execute("insert into people values (%s), (%s)", [PERSON, PERSON])
    run_program(
        place.programs / "pg_dump",
        ["--format=custom", f"--file={file}", *where],
        environment,
    )
    with psycopg.connect(database) as connection:
        connection.execute("delete from people")
        connection.execute("create unique index on people (name)")
    with pytest.raises(DumpProgramError) as caught:
        run_program(
            place.programs / "pg_restore",
            ["--data-only", "--exit-on-error", *where, str(file)],
            environment,
        )
    assert str(caught.value) == ('pg_restore ended with code 1: COPY failed for table "people"')
    wrong = database.replace("postgresql://", "postgresql://nobody", 1)
    where, environment = open_target(wrong)
    with pytest.raises(DumpProgramError, match=r"connection to server .* failed"):
        run_program(place.programs / "pg_dump", where, environment)
    assert "nobody" not in "".join(environment.values())


def test_a_restore_that_fails_says_what_where_and_what_to_do(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """The login of --dsn does not own the new database, as after a plain createdb."""
    target, login = place.database(), f"ξένος_{uuid.uuid4().hex[:8]}"
    name = str(psycopg.conninfo.conninfo_to_dict(target)["dbname"])
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(f"create role \"{login}\" login password 'κ'")
        connection.execute(f'grant connect, temporary on database {name} to "{login}"'.encode())
    dsn = place.server.dsn(name, user=login, password="κ")
    restoring = ["restore", "--dsn", dsn, "--input", str(place.file), "--former-lost"]
    try:
        assert main([*restoring, "--programs", str(place.programs)]) == 1
        words = capsys.readouterr().err
        assert f"database {name}): pg_restore ended with code 1: " in words
        assert f"permission denied for database {name}. Nothing was restored" in words
        assert "the database is still empty. --dsn has to name the login that owns" in words
        assert "Then run the command again" in words
        with psycopg.connect(target) as connection:
            assert read_rows(connection) == {}
    finally:
        with psycopg.connect(target, autocommit=True) as connection:
            connection.execute(f'drop owned by "{login}"'.encode())
            connection.execute(f'drop role "{login}"'.encode())


def test_a_backup_that_fails_says_what_where_and_what_to_do(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A login that may look at the list of migrations, and at nothing else."""
    login = f"ξένος_{uuid.uuid4().hex[:8]}"
    name = str(psycopg.conninfo.conninfo_to_dict(place.source)["dbname"])
    with psycopg.connect(place.source, autocommit=True) as connection:
        connection.execute(f"create role \"{login}\" login password 'κ'")
        for grant in (f"connect on database {name}", "usage on schema migration, sync",
                      "select on all tables in schema migration"):  # fmt: skip
            connection.execute(f'grant {grant} to "{login}"'.encode())
    dsn = place.server.dsn(name, user=login, password="κ")
    backing_up = ["backup", "--dsn", dsn, "--output", str(tmp_path / "b")]
    try:
        assert main([*backing_up, "--programs", str(place.programs)]) == 1
        words = capsys.readouterr().err
        assert f"database {name}): pg_dump ended with code 1: " in words
        assert ". No backup was written. --dsn has to name the login that owns" in words
        assert list(tmp_path.iterdir()) == []
    finally:
        with psycopg.connect(place.source, autocommit=True) as connection:
            connection.execute(f'drop owned by "{login}"'.encode())
            connection.execute(f'drop role "{login}"'.encode())


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        (": could not write to file: No space left on device", "Make room on that disk"),
        (": ERROR:  out of shared memory", "Give the server more max_locks_per_transaction"),
        (": connection to server at h failed: timeout expired", "See that the server runs"),
        (": unrecognized configuration parameter x", "Correct that"),
        ("", "Its own words may quote people's data, so they are not shown"),
    ],
)
def test_each_failure_of_a_program_has_a_remedy(said: str, remedy: str) -> None:
    words = str(failed_at("h", DumpProgramError(f"pg_dump ended with code 1{said}"), "No backup"))
    assert f"code 1{said}. No backup. {remedy}" in words
    assert words.endswith(". Then run the command again")


def test_a_secret_that_would_be_seen_is_refused() -> None:
    with pytest.raises(DumpProgramError, match="the DSN has sslpassword") as caught:
        open_target("host=h password=p sslpassword=κρυφό")
    assert "κρυφό" not in str(caught.value)
