"""Users of services on this machine, their files and their processes."""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from pathlib import Path

from compose_file import Service


def user_of(service: Service) -> tuple[int, int]:
    """The numbers of a service's user and group. Without root's rights all run as this user."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    name, _, group = str(service.described.get("user", "postgres")).partition(":")
    if name.isdigit():
        return int(name), int(group or name)
    try:
        found = pwd.getpwnam(name)
    except KeyError:  # the image has such an account, this machine does not
        found = pwd.getpwnam("nobody")
    return found.pw_uid, found.pw_gid


def give(path: Path, ids: tuple[int, int]) -> None:
    """Let a user own a folder with all that is in it."""
    if os.geteuid() == 0:
        for below in (path, *path.rglob("*")):
            os.chown(below, *ids, follow_symlinks=False)


def family(leader: int) -> list[int]:
    """A process with all that come from it, in whatever session they are."""
    parents: dict[int, int] = {}
    sessions: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                parents[int(entry.name)], sessions[int(entry.name)] = int(fields[1]), int(fields[3])
    found = {leader, *(pid for pid, session in sessions.items() if session == leader)}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)
