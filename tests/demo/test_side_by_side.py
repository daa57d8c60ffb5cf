"""``make up`` and ``make bi`` work with the same databases, and the second ends with the first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from local_installation import side_by_side
from local_installation.bi import bring_up
from local_installation.clean import clean
from local_installation.installation import Installation, InstallationError, InUseError, held
from local_installation.own_processes import OwnProcess, start_process
from local_installation.side_by_side import entered, find_host, last_words, stay

# A run that shares its services until its input ends, as an interrupted one does.
RUN = """
import sys
from pathlib import Path
from local_installation.installation import Installation
from local_installation.local_services import running_services
from local_installation.side_by_side import entered, shared

with entered(Installation(Path(sys.argv[1])), sys.argv[2]) as (installation, host):
    assert host is None
    with running_services(installation, installation.secrets()) as services:
        with shared(installation, sys.argv[2], services):
            print("shared", flush=True)
            sys.stdin.read()
"""


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "σπίτι")
    yield made
    # A run that was killed leaves its databases and its sandbox at work.
    clean(made)


@contextmanager
def started(installation: Installation, name: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(installation.home), name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as run:
        try:
            assert run.stdout
            assert run.stdout.readline() == b"shared\n"
            yield run
        finally:
            run.kill()


def ended(run: subprocess.Popen[bytes]) -> int:
    assert run.stdin
    run.stdin.close()
    return run.wait(60)


def nothing_ended() -> None:
    """No process of the guest has ended."""


@pytest.mark.parametrize(("first", "second"), [("make up", "make bi"), ("make bi", "make up")])
def test_the_second_works_with_the_databases_of_the_first(
    installation: Installation, first: str, second: str
) -> None:
    with started(installation, first) as run, entered(installation, second) as (own, host):
        assert host
        services = host.services(own)
        assert services.server.create_database("superset") == services.server.dsn("superset")
        with psycopg.connect(services.warehouse) as warehouse:
            assert warehouse.execute("select current_database()").fetchone() == ("warehouse",)
        assert f"of {first} (process {run.pid})" in last_words(host)
        # Its processes are written down elsewhere: the first stops its own alone.
        assert own.running != installation.running
        assert ended(run) == 0
        with pytest.raises(InstallationError, match=f"{first} has ended.*start this again"):
            stay(own, host, nothing_ended)


def test_the_second_notices_that_the_first_was_killed(installation: Installation) -> None:
    with started(installation, "make up") as run, entered(installation, "make bi") as (own, host):
        run.kill()
        run.wait(60)
        with pytest.raises(InstallationError, match="make up has ended"):
            stay(own, host, nothing_ended)
    clean(installation)


def test_while_the_first_lives_the_second_is_ended_by_its_own_process_alone(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_by_side, "_LOOK_SECONDS", 0.0)
    looks: list[int] = []

    def third_look() -> None:
        looks.append(1)
        if len(looks) == 3:
            raise InstallationError("superset ended with code 1")

    with (
        started(installation, "make up"),
        entered(installation, "make bi") as (own, host),
        pytest.raises(InstallationError, match="superset ended with code 1"),
    ):
        stay(own, host, third_look)


def test_a_run_alone_says_that_ctrl_c_stops_everything(installation: Installation) -> None:
    with entered(installation, "make up") as (own, host):
        assert (own, host) == (installation, None)
        assert "stops everything" in last_words(host)


@pytest.mark.parametrize("name", ["make up", "make bi"])
def test_two_of_the_same_name_are_refused(installation: Installation, name: str) -> None:
    with (
        started(installation, name) as run,
        pytest.raises(InUseError, match=f"process {run.pid} already runs"),
        entered(installation, name),
    ):
        pass


def test_a_third_run_is_refused(installation: Installation) -> None:
    with (
        started(installation, "make up"),
        entered(installation, "make bi"),
        pytest.raises(InUseError, match="already runs"),
        entered(installation, "make bi"),
    ):
        pass


def test_a_run_that_shares_nothing_is_left_alone(installation: Installation) -> None:
    """The demo drops databases; and a run that is only starting has none yet."""
    with (
        held(installation),
        pytest.raises(InUseError, match="make up and make bi run side by side"),
    ):
        bring_up(installation)


def test_what_a_killed_run_wrote_is_no_host(installation: Installation) -> None:
    with started(installation, "make up") as run:
        assert find_host(installation)
        run.kill()
        run.wait(60)
        assert find_host(installation) is None
        with entered(installation, "make bi") as (_, host):
            assert host is None
    clean(installation)


def test_what_a_killed_guest_left_is_stopped(installation: Installation) -> None:
    left = left_over(replace(installation, is_beside=True))
    with entered(installation, "make up"):
        assert left.popen.wait(60) != 0


def test_clean_stops_what_a_killed_guest_left(installation: Installation) -> None:
    left = left_over(replace(installation, is_beside=True))
    assert "stopped superset, left over" in clean(installation)
    assert left.popen.wait(60) != 0


def left_over(beside: Installation) -> OwnProcess:
    with held(beside):
        return start_process(
            "superset",
            [sys.executable, "-c", "import time; time.sleep(600)"],
            env={},
            logs=beside.logs,
            running=beside.running,
        )
