"""The operating-system account that the embedded Postgres runs under.

Postgres refuses to run as root. An ordinary user runs it as itself; root hands it to the
unprivileged account ``nobody``. That account may be unable to reach the folders, as in a checkout
below ``/root``. Then the server keeps one capability to pass them, and nothing else of root.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Weakest first: searching foreign folders, then (containers that withhold the first) all access.
_PASSES: tuple[str, ...] = ("dac_read_search", "dac_override")


@dataclass(frozen=True, kw_only=True)
class Account:
    """How to start a process under an account.

    Attributes:
        uid: numeric user, None for the current one.
        gid: numeric group, None for the current one.
        prefix: words put before the command line.
        options: keyword arguments for ``subprocess``.
    """

    uid: int | None = None
    gid: int | None = None
    prefix: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def owns(self, folder: Path) -> None:
        """Give the folder itself (not its content) to the account."""
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)


def unprivileged_account(probe: Sequence[str], folder: Path) -> Account:
    """The account for a server whose files lie in ``folder``.

    Args:
        probe: a harmless command line of the server's own program, such as ``postgres --version``.
        folder: an existing folder that the account will own and write in.

    Raises:
        PermissionError: no way was found for the account to reach the program and the folder.
    """
    if os.geteuid() != 0:
        return Account()
    owner = folder.stat()
    nobody = pwd.getpwnam("nobody")
    # A folder with an ordinary owner stays with that one: root runs it on the owner's behalf.
    uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid else (nobody.pw_uid, nobody.pw_gid)
    plain = Account(uid=uid, gid=gid, options={"user": uid, "group": gid, "extra_groups": []})
    candidates = [plain]
    setpriv = shutil.which("setpriv")
    if setpriv:
        candidates += [_with_capability(setpriv, plain, name) for name in _PASSES]
    plain.owns(folder)
    for account in candidates:
        if _reaches(account, probe, folder):
            return account
    raise PermissionError(
        f"the account with user id {uid} (Postgres does not run as root) cannot reach {folder} or "
        f"{probe[0]}. Open the folders above them with chmod o+x, put the project elsewhere, or "
        "run it as an ordinary user"
    )


def _with_capability(setpriv: str, account: Account, capability: str) -> Account:
    return Account(
        uid=account.uid,
        gid=account.gid,
        prefix=(
            *(setpriv, "--reuid", str(account.uid), "--regid", str(account.gid)),
            *("--clear-groups", "--inh-caps", f"+{capability}", "--ambient-caps", f"+{capability}"),
            # Postgres asks access(2) about its own programs, which drops capabilities otherwise.
            *("--securebits", "+no_setuid_fixup"),
            "--",
        ),
    )


def _reaches(account: Account, probe: Sequence[str], folder: Path) -> bool:
    # Written for real: access(2), which `test -w` asks, looks at the user without capabilities.
    write = ("sh", "-c", 'cd "$1" && : > .reach && rm .reach', "sh", str(folder))
    for command in (probe, write):
        try:
            tried = subprocess.run(  # noqa: S603
                [*account.prefix, *command],
                cwd="/",
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                **account.options,
            )
        except PermissionError:  # the program itself is out of the account's reach
            return False
        if tried.returncode:
            return False
    return True
