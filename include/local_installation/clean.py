"""``make clean``: stop what still runs of this installation, then remove its folder.

Runs without the virtual environment, on the standard library alone.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from local_installation.installation import (
    Installation,
    InstallationError,
    end_holder,
    find_installation,
    remove,
)
from local_installation.own_processes import stop_leftovers

_STOP_SECONDS = 20.0


def clean(installation: Installation) -> list[str]:
    """Stop and remove everything of an installation; gives one line for each thing done.

    Raises:
        InstallationError: a live run does not end, or the folder is not ours.
    """
    if not installation.home.is_dir():
        return []
    done = []
    # The run beside another one first: it works with the other one's databases.
    for one in (replace(installation, is_beside=True), installation):
        if end_holder(one):
            done.append("stopped the run that was using it")
        done += [f"stopped {name}, left over" for name in stop_leftovers(one.running)]
    if _stop_postgres(installation.postgres_data):
        done.append("stopped Postgres, left over")
    remove(installation)
    return [*done, f"removed {installation.home}"]


def _stop_postgres(data_dir: Path) -> bool:
    """End a postmaster that works in this very data folder: its working directory says so."""
    stopped = False
    # SIGINT is Postgres' "fast shutdown", SIGQUIT its "immediate" one.
    for signal_number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        deadline = time.monotonic() + _STOP_SECONDS
        while (pids := _working_in(data_dir)) and time.monotonic() < deadline:
            if not stopped or signal_number != signal.SIGINT:
                for pid in pids:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal_number)
            stopped = True
            time.sleep(0.2)
    return stopped


def _working_in(data_dir: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # ended meanwhile, or another user's: not ours
                comm = (entry / "comm").read_text(encoding="utf-8")
                if comm.startswith("postgres") and (entry / "cwd").readlink() == data_dir:
                    found.append(int(entry.name))
    return found


def main() -> int:
    """Entry of ``python -m local_installation.clean``."""
    try:
        for line in clean(find_installation()):
            sys.stdout.write(f"clean: {line}\n")
    except InstallationError as error:
        sys.stderr.write(f"clean: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
