"""Environments of their own for tests: what a lock file holds, and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local_installation.installation import CHECKOUT

OUT_OF_REACH = re.compile(
    r"NewConnectionError|ConnectTimeoutError|ReadTimeoutError|Max retries exceeded"
    r"|Temporary failure in name resolution|ProxyError"
)


def make_environment(folder: Path) -> None:
    """An empty virtual environment; one that is there is emptied."""
    # Without pip: Debian's Python has no ensurepip, and ours installs into any environment.
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", folder], check=True)


def install_locked(python: Path, lock: Path) -> None:
    """Install what a lock holds, by uv, else by pip.

    uv has the packages in its cache if ``tools/install`` got them by uv. If they are neither there
    nor in an index, the test is skipped, but never in CI.

    Args:
        python: the interpreter of the environment.
        lock: the file with hashes.
    """
    locked = ["--require-hashes", "-r", str(lock)]
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python)]
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    for tool in (uv, pip):
        done = subprocess.run(
            [*tool, *locked], env=_index(), capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return
    if OUT_OF_REACH.search(done.stderr) and not os.environ.get("CI"):
        pytest.skip("the package index is out of reach")
    pytest.fail(done.stderr[-2000:])


def _index() -> dict[str, str]:
    """The package index of pip's settings, for uv as well (as in ``tools/install``)."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"],
        capture_output=True,
        text=True,
        check=False,
    )
    index = {"UV_DEFAULT_INDEX": asked.stdout.strip()} if asked.returncode == 0 else {}
    certificates = os.environ.get("PIP_CERT")
    if certificates:
        index["SSL_CERT_FILE"] = certificates
    return {
        "UV_CACHE_DIR": str(CHECKOUT / ".local" / "cache" / "uv"),
        "UV_SYSTEM_CERTS": "1",
        **index,
        **os.environ,
    }
