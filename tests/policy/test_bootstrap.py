"""``tools/install`` on poor machines: what it says, and that it touches nothing it need not."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = (
    *(
        "tools/install",
        "tools/fetch_pip.py",
        "tools/bootstrap.txt",
        "requirements-local.txt",
        "requirements-dev.txt",
    ),
    *("pyproject.toml", "hatch_dependencies.py"),
)
PROGRAMS = [
    "bash",
    "dirname",
    "cat",
    "sha256sum",
    "cut",
    "mkdir",
    "rm",
    "df",
    "awk",
    "flock",
    "env",
    "touch",
]
#: Answers what the installer asks of a Python: its version, itself, and has it venv?
FAKE_PYTHON = """#!/bin/bash
case "$*" in
*version_info*) echo {minor} ;;
-V) echo "Python 3.{minor}.0" ;;
*_base_executable*) echo "$0" ;;
*"import venv"*) exit {venv} ;;
*) echo "unexpected: $*" >&2; exit 99 ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "έργο με κενά"
    for name in NEEDED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (tmp_path / "bin").mkdir()
    for name in PROGRAMS:
        program = shutil.which(name)
        assert program, name
        (tmp_path / "bin" / name).symlink_to(program)
    return folder


def give_python(checkout: Path, *, minor: int, venv: bool, name: str = "python3") -> Path:
    path = checkout.parent / "bin" / name
    path.write_text(FAKE_PYTHON.format(minor=minor, venv=0 if venv else 1), encoding="utf-8")
    path.chmod(0o755)
    return path


def install(checkout: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", str(checkout / "tools/install"), "run"],
        env={"PATH": str(checkout.parent / "bin"), **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_no_python_at_all(checkout: Path) -> None:
    done = install(checkout, MAKE_TARGET="demo")
    assert done.returncode == 2
    assert "no fitting Python: this needs Python 3.11 to 3.14" in done.stderr
    assert "apt-get install python3" in done.stderr
    assert "make PYTHON=" in done.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("minor", [9, 10, 15])
def test_a_python_too_old_or_too_new_is_named(checkout: Path, minor: int) -> None:
    path = give_python(checkout, minor=minor, venv=True)
    done = install(checkout)
    assert done.returncode == 2
    assert f"{path} is Python 3.{minor}.0" in done.stderr


def test_a_fitting_python_further_on_is_found(checkout: Path) -> None:
    give_python(checkout, minor=9, venv=True)
    fitting = give_python(checkout, minor=13, venv=False, name="python3.13")
    assert f"Python 3.13.0 ({fitting})" in install(checkout).stderr


def test_a_chosen_python_is_not_second_guessed(checkout: Path) -> None:
    give_python(checkout, minor=12, venv=True)
    chosen = give_python(checkout, minor=9, venv=True, name="mine")
    done = install(checkout, PYTHON=str(chosen))
    assert done.returncode == 2
    assert f"{chosen} is Python 3.9.0" in done.stderr


def test_a_python_without_venv(checkout: Path) -> None:
    give_python(checkout, minor=11, venv=False)
    done = install(checkout, MAKE_TARGET="test")
    assert done.returncode == 2
    assert "has no venv module" in done.stderr
    assert "make PYTHON=/path/to/another/python3.11 test" in done.stderr


def test_a_python_without_ensurepip_gets_its_pip_from_the_index(tmp_path: Path) -> None:
    """As Debian's Python is, where python3-venv is not installed."""
    venv = tmp_path / "περιβάλλον"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    fetch = [venv / "bin/python", ROOT / "tools/fetch_pip.py"]
    done = subprocess.run(fetch, capture_output=True, text=True, check=False, timeout=300)
    if re.search(r"urlopen error|timed out|reset by peer|HTTP Error 5\d\d", done.stderr):
        pytest.skip("the package index is out of reach")
    assert done.returncode == 0, done.stderr
    answer = subprocess.run(
        [venv / "bin/python", "-m", "pip", "--version"], capture_output=True, text=True, check=True
    )
    locked = (ROOT / "tools/bootstrap.txt").read_text(encoding="utf-8")
    assert f"pip=={answer.stdout.split()[1]} " in locked


@pytest.fixture
def package_index(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An index of our own: its address, and the folder it serves."""
    folder = tmp_path / "index"
    (folder / "pip").mkdir(parents=True)
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()


def test_another_pip_than_the_locked_one_is_refused(package_index: tuple[str, Path]) -> None:
    address, folder = package_index
    version = re.search(r"^pip==(\S+)", (ROOT / "tools/bootstrap.txt").read_text("utf-8"), re.M)
    assert version
    wheel = f"pip-{version[1]}-py3-none-any.whl"
    (folder / "pip" / "index.html").write_text(f'<a href="{wheel}#sha256=0">{wheel}</a>')
    (folder / "pip" / wheel).write_bytes(b"something else")
    done = subprocess.run(
        [sys.executable, ROOT / "tools/fetch_pip.py"],
        env={**os.environ, "PIP_INDEX_URL": address},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert "is not the one that tools/bootstrap.txt locks" in done.stderr


def test_an_index_out_of_reach_is_named(checkout: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools/fetch_pip.py"],
        env={**os.environ, "PIP_INDEX_URL": "http://127.0.0.1:1/simple"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert "http://127.0.0.1:1/simple/pip/: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_chosen_python_replaces_another(checkout: Path) -> None:
    make_current(checkout)
    chosen = give_python(checkout, minor=12, venv=False, name="mine")
    done = install(checkout, PYTHON=str(chosen))
    assert f".venv was made with another Python than {chosen}; making a new one" in done.stderr


def test_a_chosen_python_that_is_none_costs_nothing(checkout: Path) -> None:
    make_current(checkout)
    done = install(checkout, PYTHON="/no/such/python")
    assert done.returncode == 2
    assert "no fitting Python" in done.stderr
    assert (checkout / ".venv/installed-run").exists()


def test_a_full_disk(checkout: Path) -> None:
    give_python(checkout, minor=11, venv=True)
    df = checkout.parent / "bin" / "df"
    df.unlink()
    df.write_text("#!/bin/bash\necho header\necho 'disk 10 8 20480 99% /'\n", encoding="utf-8")
    df.chmod(0o755)
    done = install(checkout)
    assert done.returncode == 2
    assert "only 20 MiB are free" in done.stderr
    assert not (checkout / ".venv").exists()


def make_current(checkout: Path) -> None:
    (checkout / ".venv/bin").mkdir(parents=True)
    python = checkout / ".venv/bin/python"
    python.write_text("#!/bin/bash\nexit 99\n", encoding="utf-8")
    python.chmod(0o755)
    (checkout / ".venv/pyvenv.cfg").touch()
    files = ["tools/install", "tools/bootstrap.txt", "requirements-local.txt", "pyproject.toml"]
    files += ["hatch_dependencies.py"]
    contents = f"{os.path.realpath(checkout)}\n".encode()
    contents += b"".join((checkout / name).read_bytes() for name in files)
    (checkout / ".venv/installed-run").write_text(hashlib.sha256(contents).hexdigest())


def test_nothing_is_done_when_nothing_changed(checkout: Path) -> None:
    make_current(checkout)
    done = install(checkout)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "changed", ["requirements-local.txt", "pyproject.toml", "tools/bootstrap.txt"]
)
def test_a_change_of_what_is_asked_for_is_noticed(checkout: Path, changed: str) -> None:
    make_current(checkout)
    with (checkout / changed).open("a", encoding="utf-8") as handle:
        handle.write("# changed\n")
    assert "installing what requirements-local.txt locks" in install(checkout).stderr


def test_a_half_finished_installation_is_thrown_away(checkout: Path) -> None:
    make_current(checkout)
    (checkout / ".venv/installing").touch()
    done = install(checkout)
    assert "an earlier installation did not finish; starting over" in done.stderr
    assert not (checkout / ".venv/installed-run").exists()


def test_a_venv_of_another_place_is_replaced(checkout: Path) -> None:
    make_current(checkout)
    (checkout / ".venv/installed-at").write_text("/somewhere/else\n", encoding="utf-8")
    (checkout / ".venv/installed-run").write_text("other", encoding="utf-8")
    done = install(checkout)
    assert ".venv is broken or was made elsewhere; making a new one" in done.stderr
