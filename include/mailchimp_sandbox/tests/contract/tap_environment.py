"""An environment with tap-mailchimp: its pins do not fit into ours."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mailchimp_sandbox.tests.contract.description import cache_of

_SOURCE = Path(__file__).parent / "tap_mailchimp"
_LOCK = _SOURCE / "requirements.txt"
#: Runs the tap against another address than Mailchimp's.
DRIVER = _SOURCE / "drive.py"
_OUT_OF_REACH = re.compile(
    r"NewConnectionError|ConnectTimeoutError|ReadTimeoutError|Max retries exceeded"
    r"|Temporary failure in name resolution|ProxyError"
)


def tap_python(config: pytest.Config) -> Path:
    """The interpreter of the environment, kept from one run of pytest to the next.

    Skips when (and only when) the package index is out of reach.
    """
    made_of = _LOCK.read_bytes() + sys.version.encode()
    folder = cache_of(config) / f"tap-mailchimp-{hashlib.sha256(made_of).hexdigest()[:12]}"
    interpreter = folder / "bin" / "python"
    if not (folder / "complete").exists():
        # Without pip: Debian's Python has no ensurepip, and ours installs into any environment.
        subprocess.run(
            [sys.executable, "-m", "venv", "--clear", "--without-pip", folder], check=True
        )
        _pip(interpreter, "--require-hashes", "-r", str(_LOCK))
        (folder / "complete").touch()
    return interpreter


def _pip(python: Path, *arguments: str) -> None:
    """Install into another environment."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and _OUT_OF_REACH.search(done.stderr):
        pytest.skip("the package index is out of reach")
    assert done.returncode == 0, done.stderr[-2000:]
