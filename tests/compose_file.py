"""``docker-compose.yaml`` as Docker Compose itself understands it. No engine is needed."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docker-compose.yaml"
#: Values that Docker Compose insists on. The key of Fernet is a real one: 32 bytes.
REQUIRED = {
    "POSTGRES_PASSWORD": "pgpass",
    "AIRFLOW_ADMIN_PASSWORD": "adminpass",
    "AIRFLOW_FERNET_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "AIRFLOW_API_SECRET": "apisecret",
    "AIRFLOW_JWT_SECRET": "jwtsecret" * 8,
}


@dataclass(frozen=True)
class Service:
    """A service, with the values of the settings in their places.

    Attributes:
        name: in the file.
        described: all that the file says.
    """

    name: str
    described: Mapping[str, Any]

    @property
    def environment(self) -> dict[str, str]:
        found = self.described.get("environment") or {}
        return {name: _unescaped(str(value)) for name, value in found.items()}

    @property
    def entrypoint(self) -> list[str] | None:
        return _words(self.described.get("entrypoint"))

    @property
    def command(self) -> list[str]:
        return _words(self.described.get("command")) or []

    @property
    def health(self) -> list[str]:
        """The words of the health check, the shell's own among them; empty without a check."""
        test = (self.described.get("healthcheck") or {}).get("test")
        if not test:
            return []
        kind, *words = map(_unescaped, test)
        return ["/bin/sh", "-c", *words] if kind == "CMD-SHELL" else words

    @property
    def waits_for(self) -> dict[str, str]:
        """The condition of each service that it depends on."""
        found = self.described.get("depends_on") or {}
        return {name: value["condition"] for name, value in found.items()}

    @property
    def volumes(self) -> dict[str, str]:
        """What is mounted, by the path inside: a volume's name, or a path of this machine."""
        found = {}
        for volume in self.described.get("volumes") or []:
            if isinstance(volume, str):
                source, path = volume.split(":")[:2]
            else:
                source, path = volume["source"], volume["target"]
            found[path] = source
        return found

    @property
    def target(self) -> str | None:
        """The stage of ``Dockerfile`` that it is built from; empty: the last; None: not built."""
        build = self.described.get("build")
        if build is None:
            return None
        return "" if isinstance(build, str) else build.get("target", "")


def compose(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run ``docker-compose`` on the file, with these settings and no others.

    Args:
        folder: for its own files.
        arguments: such as ``config``.
        settings: environment variables.
    """
    program = shutil.which("docker-compose")
    if program is None and not os.environ.get("CI"):
        pytest.skip("docker-compose is not installed. On Debian: apt-get install docker-compose")
    assert program, "a build server has docker-compose (.ci/run installs it)"
    (folder / "empty.env").touch()
    return subprocess.run(
        [
            *(program, "--env-file", str(folder / "empty.env")),
            *("--file", str(FILE), *arguments),
        ],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def services(folder: Path, *profiles: str, **settings: str) -> dict[str, Service]:
    """The services of some profiles, and those without a profile.

    Args:
        folder: for the program's own files.
        profiles: their names.
        settings: environment variables beside the required ones.
    """
    asked = [word for profile in profiles for word in ("--profile", profile)]
    done = compose(folder, *asked, "config", **{**REQUIRED, **settings})
    assert done.returncode == 0, done.stderr
    described: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    # Old releases of docker-compose show the services of every profile.
    return {
        name: Service(name, service)
        for name, service in described.items()
        if not service.get("profiles") or set(service["profiles"]) & set(profiles)
    }


def _words(words: str | list[str] | None) -> list[str] | None:
    if words is None:
        return None
    return [_unescaped(word) for word in (shlex.split(words) if isinstance(words, str) else words)]


def _unescaped(word: str) -> str:
    return word.replace("$$", "$")
