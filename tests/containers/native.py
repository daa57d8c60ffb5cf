"""Services of ``docker-compose.yaml`` as processes of this machine, without Docker.

Each service has a folder that is the disk of its container. What its image copies is copied
there, and its volumes are links to folders that services share. It runs the file's own entrypoint
and command, with the file's own environment and user. Three things are translated, because all of
them share one machine: paths inside of a container, names of hosts, and ports.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from compose_file import ROOT, Service
from containers.accounts import family, give, user_of
from containers.images import Image, image_of
from containers.postgres_programs import known_here, postgres_programs
from local_installation.installation import free_port
from local_installation.os_account import unprivileged_account
from local_installation.own_processes import OwnProcess, start_process, stop_processes

#: The port on which each service listens in its container.
PORTS = {
    "postgres": 5432, "redis": 6379, "api-server": 8080, "mailchimp-sandbox": 8099,
    "superset": 8088,
}  # fmt: skip
#: A one-shot service that takes this long hangs, and so does one that is not healthy by then.
_SECONDS = 300.0
_PYTHON = Path(sys.executable).parent


@dataclass
class Machine:
    """One service, as it runs here.

    Attributes:
        service: of the file.
        folder: in place of the disk of its container.
        words: the whole command.
        environment: the whole environment.
        prefix: words that change to its user.
        process: while it runs.
    """

    service: Service
    folder: Path
    words: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    prefix: Sequence[str] = ()
    process: OwnProcess | None = None


class Containers:
    """Services that run on this machine; ``close`` stops them.

    Args:
        folder: for all files. Every account must be able to reach it.
        services: of the file.
        more: environment variables for every service that runs Airflow.
        own_ports: ports of this machine, by service; the others are chosen.
    """

    def __init__(
        self,
        folder: Path,
        services: Mapping[str, Service],
        *,
        more: Mapping[str, str],
        own_ports: Mapping[str, int],
    ) -> None:
        self.folder = folder
        self.services = dict(services)
        self.ports = {name: own_ports.get(name) or free_port() for name in PORTS}
        #: Volumes that a service does not share, but has for itself.
        self.apart: set[tuple[str, str]] = set()
        self._more = more
        self._machines: dict[str, Machine] = {}
        self._done: set[str] = set()
        self._prefixes: dict[int, tuple[str, ...]] = {}
        for name in ("logs", "running", "volumes"):
            (folder / name).mkdir()

    # ---- what a person does with Docker Compose

    def up(self, *names: str) -> None:
        """Start services, and before them what they depend on, under the file's conditions."""
        for name in names:
            for before, condition in self.services[name].waits_for.items():
                self._meet(before, condition)
            if name not in self._machines:
                self._start(name)

    def run_again(self, name: str) -> None:
        """Run a one-shot service once more, as ``up`` does."""
        self._done.discard(name)
        self._meet(name, "service_completed_successfully")

    def stop(self, *names: str) -> None:
        stop_processes([process for name in names if (process := self._take(name))])

    def close(self) -> None:
        """End everything. Only Postgres has to end by itself: it gives its shared memory back."""
        for name in [name for name in self._machines if name != "postgres"]:
            self.kill(name)
        self.stop("postgres")

    def kill(self, name: str) -> None:
        """``kill -9`` of all processes of a service, as if its machine lost its power."""
        process = self._take(name)
        assert process is not None
        for pid in family(process.popen.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        stop_processes([process])

    # ---- how they are

    def wait_until_healthy(self, *names: str) -> None:
        """Until the file's health check of each says so; all at once."""
        with ThreadPoolExecutor(len(names)) as pool:
            list(pool.map(self._wait_until_healthy, names))

    def is_healthy(self, name: str) -> bool:
        """Whether the file's health check passes now."""
        return not self._complaint(self._machine(name))

    def require_alive(self) -> None:
        """
        Raises:
            InstallationError: a service that was started has ended; with the end of its log.
        """
        for machine in self._machines.values():
            if machine.process:
                machine.process.require_alive()

    def has_said(self, name: str, words: str) -> bool:
        """Whether a service has printed some words since it was started."""
        log = self.folder / "logs" / f"{name}.log"
        return words in log.read_text(encoding="utf-8", errors="replace")

    def disk_of(self, name: str, path: str) -> Path:
        """Where a path of a service's container is on this machine."""
        return self.folder / "disks" / name / path.lstrip("/")

    def pids(self, name: str) -> list[int]:
        process = self._machines[name].process
        return family(process.popen.pid) if process else []

    # ---- inside

    def _take(self, name: str) -> OwnProcess | None:
        machine = self._machines.pop(name, None)
        return machine.process if machine else None

    def _meet(self, name: str, condition: str) -> None:
        if condition == "service_completed_successfully":
            if name not in self._done:
                for before, other in self.services[name].waits_for.items():
                    self._meet(before, other)
                self._run(name)
                self._done.add(name)
        else:
            assert condition == "service_healthy"
            self.up(name)
            self._wait_until_healthy(name)

    def _run(self, name: str) -> None:
        machine = self._made(name)
        log = self.folder / "logs" / f"{name}.log"
        with log.open("wb") as output:
            done = subprocess.run(
                [*machine.prefix, *machine.words], env=dict(machine.environment), cwd="/",
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False,
                timeout=_SECONDS,
            )  # fmt: skip
        assert done.returncode == 0, f"{name}: {log.read_text(errors='replace')[-4000:]}"

    def _start(self, name: str) -> None:
        machine = self._made(name)
        if name == "postgres":
            self._prepare_postgres(machine)
        machine.process = start_process(
            name,
            [*machine.prefix, *machine.words],
            env=machine.environment,
            logs=self.folder / "logs",
            running=self.folder / "running",
        )
        self._machines[name] = machine
        if name == "postgres":
            self._fill_postgres(machine)

    def _machine(self, name: str) -> Machine:
        return self._machines.get(name) or self._made(name)

    def _made(self, name: str) -> Machine:
        service = self.services[name]
        image = Image() if service.target is None else image_of(service.target)
        disk = self.folder / "disks" / name
        uid, gid = user_of(service)
        if not disk.exists():
            self._lay_out(service, image, disk, (uid, gid))
        entry = image.entrypoint if service.entrypoint is None else service.entrypoint
        words = [self._translated(word, name) for word in (*entry, *service.command)]
        machine = Machine(service, disk)
        machine.words, more = self._on_one_machine(name, words)
        machine.environment = {
            "HOME": str(disk), "USER": name, "LANG": "C.UTF-8", "HOSTNAME": socket.gethostname(),
            "PATH": self._programs(service), "TMPDIR": str(disk / "tmp"),
            **{
                key: self._translated(value, name)
                for key, value in {**image.environment, **service.environment}.items()
            },
            **(self._more if "AIRFLOW__CORE__EXECUTOR" in service.environment else {}),
            **more,
        }  # fmt: skip
        machine.prefix = self._asuser_of(disk, uid, gid)
        return machine

    def _asuser_of(self, disk: Path, uid: int, gid: int) -> tuple[str, ...]:
        """Words that change to a user, who can read this checkout and Python."""
        if os.geteuid() != 0:
            return ()
        if uid not in self._prefixes:
            account = unprivileged_account((str(_PYTHON / "python"), "-c", "import sqlglot"), disk)
            ids = ("--reuid", str(uid), "--regid", str(gid), "--clear-groups", "--")
            self._prefixes[uid] = account.prefix or ("setpriv", *ids)
        return self._prefixes[uid]

    def _lay_out(self, service: Service, image: Image, disk: Path, ids: tuple[int, int]) -> None:
        (disk / "tmp").mkdir(parents=True)
        for source, place in image.copies:
            if place.startswith("/opt/"):
                ignore = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, disk / place.lstrip("/"), ignore=ignore)
        for folder in image.folders:
            (disk / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
        for path, source in service.volumes.items():
            inside = disk / path.lstrip("/")
            inside.parent.mkdir(parents=True, exist_ok=True)
            if source.startswith("/"):
                inside.symlink_to(source)
                continue
            is_apart = (service.name, source) in self.apart
            volume = self.folder / "volumes" / (f"{source}-{service.name}" if is_apart else source)
            # As with Docker: the volume takes the place of a folder that the image made.
            assert service.name == "postgres" or inside.is_dir(), f"{path} is not in the image"
            shutil.rmtree(inside, ignore_errors=True)
            if not volume.exists():
                volume.mkdir()
                give(volume, ids)
            inside.symlink_to(volume)
        give(disk, ids)

    def _programs(self, service: Service) -> str:
        own = ROOT / ".venv-bi" / "bin" if service.name == "superset" else _PYTHON
        return f"{own}:{postgres_programs()}:/usr/local/bin:/usr/bin:/bin"

    def _translated(self, text: str, name: str) -> str:
        """Paths below ``/opt``, hosts and ports, as they are on this one machine."""
        disk = self.folder / "disks" / name
        for path in self.services[name].volumes:
            text = re.sub(rf"(?<![\w/]){re.escape(path)}", str(disk / path.lstrip("/")), text)
        text = re.sub(r"(?<![\w/])/opt/", f"{disk}/opt/", text)
        for host, port in PORTS.items():
            here = self.ports[host]
            text = re.sub(rf"@{host}/", f"@127.0.0.1:{here}/", text)
            address = rf"(?:(?<=%2F)|\b){host}(:|%3A){port}\b"
            text = re.sub(address, rf"127.0.0.1\g<1>{here}", text)
        if name in PORTS:
            text = text.replace("0.0.0.0", "127.0.0.1")
            text = re.sub(rf"(?<=127\.0\.0\.1:){PORTS[name]}\b", str(self.ports[name]), text)
            text = re.sub(rf"^{PORTS[name]}$", str(self.ports[name]), text)
        return text

    def _on_one_machine(self, name: str, words: list[str]) -> tuple[list[str], dict[str, str]]:
        """Programs that are not named a port in their container get one here."""
        port = str(self.ports.get(name, 0))
        if name == "redis":
            return [*words, "--port", port, "--bind", "127.0.0.1"], {}
        if name == "postgres":
            data = self.disk_of(name, "/var/lib/postgresql/data")
            more = ("-D", data, "-p", port, "-k", self.disk_of(name, "tmp"), "-c", "fsync=off")
            return [*words, *map(str, more)], {"PGPORT": port, "PGHOST": "127.0.0.1"}
        if name == "api-server":
            return words, {"AIRFLOW__API__PORT": port, "AIRFLOW__API__HOST": "127.0.0.1"}
        # Others than the API server serve logs.
        return words, {
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        }

    # ---- what the entry of Postgres' image does:
    # https://github.com/docker-library/docs/blob/master/postgres/README.md

    def _prepare_postgres(self, machine: Machine) -> None:
        password = machine.folder / "tmp" / "password"
        password.write_text(machine.environment["POSTGRES_PASSWORD"], encoding="utf-8")
        give(password, user_of(machine.service))
        wanted = machine.environment["POSTGRES_INITDB_ARGS"].split()
        self._as(
            machine,
            ["initdb", "--pgdata", str(machine.folder / "var/lib/postgresql/data"),
             *("--username", "postgres", "--pwfile", str(password)),
             *("--auth-local", "trust", "--auth-host", "scram-sha-256"), *known_here(wanted)],
        )  # fmt: skip

    def _fill_postgres(self, machine: Machine) -> None:
        self._wait_until_healthy("postgres", ["pg_isready", "--username", "postgres"])
        socket_folder = str(machine.folder / "tmp")
        for path in sorted(machine.service.volumes):
            if path.startswith("/docker-entrypoint-initdb.d/"):
                self._as(
                    machine,
                    ["psql", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--host", socket_folder,
                     "--username", "postgres", "--file", str(machine.folder / path.lstrip("/"))],
                )  # fmt: skip

    def _as(self, machine: Machine, words: Sequence[str]) -> None:
        done = subprocess.run(
            [*machine.prefix, *words], env=dict(machine.environment), cwd="/",
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{words[0]}: {done.stderr}"

    # ---- health

    def _wait_until_healthy(self, name: str, check: Sequence[str] | None = None) -> None:
        machine = self._machines[name]
        deadline = time.monotonic() + _SECONDS
        while complaint := self._complaint(machine, check):
            assert machine.process
            machine.process.require_alive()
            assert time.monotonic() < deadline, (
                f"{name} is not healthy: {complaint} {machine.process.log_tail()}"
            )
            time.sleep(0.2)

    def _complaint(self, machine: Machine, check: Sequence[str] | None = None) -> str:
        """What the health check says against it; empty if nothing."""
        name = machine.service.name
        words = [self._translated(word, name) for word in check or machine.service.health]
        assert words, f"{name} has no health check"
        if name == "redis":
            words = [
                word.replace("redis-cli", f"redis-cli -p {self.ports[name]}") for word in words
            ]
        done = subprocess.run(
            [*machine.prefix, *words], env=dict(machine.environment), cwd="/",
            capture_output=True, text=True, check=False, timeout=_SECONDS,
        )  # fmt: skip
        return "" if done.returncode == 0 else f"{done.returncode}: {done.stderr[-2000:]}"
