"""Where things live, which user owns them, and what is said when something is in the way."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import stat
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from local_installation import installation as module
from local_installation.clean import clean
from local_installation.installation import (
    CHECKOUT,
    Installation,
    InstallationError,
    find_installation,
    free_port,
    held,
    remove,
    require_port,
)
from local_installation.up import PORT_SETTING, chosen_port

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "σπίτι"


def test_it_lives_in_the_checkout_or_where_one_says(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.delenv(module.HOME_SETTING, raising=False)
    assert find_installation().home == CHECKOUT / ".local"
    monkeypatch.setenv(module.HOME_SETTING, str(home))
    assert find_installation().home == home


def test_secrets_are_made_once_and_private(home: Path) -> None:
    with held(Installation(home)):
        first = Installation(home).secrets()
        assert Installation(home).secrets() == first
        path = home / "secrets.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.mailchimp_key.endswith("-us1")
    assert first.airflow_password not in repr(first)


def test_a_run_killed_while_writing_secrets_leaves_none_half(home: Path) -> None:
    with held(Installation(home)):
        (home / "secrets.json.new").write_text('{"airflow_pass', encoding="utf-8")
        assert Installation(home).secrets() == Installation(home).secrets()


def test_one_run_at_a_time_and_who_it_is(home: Path) -> None:
    with (
        held(Installation(home)),
        pytest.raises(InstallationError, match=rf"process {os.getpid()} already runs"),
        held(Installation(home)),
    ):
        pass
    with held(Installation(home)):
        pass


def test_a_folder_with_something_else_is_neither_used_nor_removed(home: Path) -> None:
    home.mkdir()
    (home / "γράμματα.txt").write_text("δικά μου", encoding="utf-8")
    with pytest.raises(InstallationError, match="holds something else"), held(Installation(home)):
        pass
    for action in (remove, clean):
        with pytest.raises(InstallationError, match="holds something else"):
            action(Installation(home))
    assert (home / "γράμματα.txt").exists()


def test_a_full_disk_is_reported_before_anything_starts(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10, 10, 5 * 2**20))
    with (
        pytest.raises(InstallationError, match=r"only 5 MiB are free.*Make room"),
        held(Installation(home)),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(InstallationError, match="cannot use the folder"),
        held(Installation(tmp_path / "file" / "home")),
    ):
        pass


def test_a_port_in_use_is_reported_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        taken = somebody.getsockname()[1]
        monkeypatch.setenv(PORT_SETTING, str(taken))
        with pytest.raises(InstallationError, match=rf"port {taken} .*{PORT_SETTING}=8081"):
            chosen_port()
        # Still there, and still somebody else's.
        with socket.create_connection(("127.0.0.1", taken), timeout=5):
            pass


@pytest.mark.parametrize("wrong", ["eight", "0", "70000", "-1"])
def test_what_is_no_port_is_reported(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv(PORT_SETTING, wrong)
    with pytest.raises(InstallationError, match=PORT_SETTING):
        chosen_port()


def test_a_port_is_below_those_that_the_system_gives(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = tmp_path / "ip_local_port_range"
    given.write_text("20100\t60999\n", encoding="ascii")
    monkeypatch.setattr(module, "_GIVEN_PORTS", given)
    port = free_port()
    assert 20_000 <= port < 20_100
    assert require_port(port, PORT_SETTING) == port


def test_a_port_is_chosen_where_the_system_does_not_tell_its_range(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_GIVEN_PORTS", tmp_path / "missing")
    assert require_port(free_port(), PORT_SETTING) > 0


def test_clean_ends_the_run_that_is_under_way(home: Path) -> None:
    code = (
        "import sys, signal\n"
        "from pathlib import Path\n"
        "from local_installation.installation import Installation, held\n"
        "with held(Installation(Path(sys.argv[1]))):\n"
        "    print('held', flush=True)\n"
        "    signal.pause()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE) as run:
        assert run.stdout
        assert run.stdout.readline() == b"held\n"
        assert "stopped the run that was using it" in clean(Installation(home))
        assert run.wait(20) != 0
    assert not home.exists()


def test_clean_needs_nothing_but_the_standard_library(home: Path) -> None:
    with held(Installation(home)):
        pass
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _WITHOUT_PACKAGES, str(CHECKOUT / "include")],
        env={**os.environ, module.HOME_SETTING: str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not home.exists()


_WITHOUT_PACKAGES = """
import runpy, sys
sys.path.insert(0, sys.argv[1])
sys.argv = ["clean"]
runpy.run_module("local_installation.clean", run_name="__main__")
"""


def test_the_lock_goes_with_its_holder(home: Path) -> None:
    with held(Installation(home)):
        pass
    with (home / "lock").open("a+", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
