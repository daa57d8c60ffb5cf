"""The other end of a benchmark: a sandbox of our own, or a server of one's choice."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

#: Seconds, for the sandbox to simulate a big campaign.
_PATIENCE = 3_600
#: How the sandbox calls itself.
_SANDBOX = "crm-mailchimp sandbox"


@dataclass(frozen=True)
class FarEnd:
    """A running server with Mailchimp's API.

    Attributes:
        host: without ``/3.0``.
        key: the API key.
        pid: its process on this machine; None: its CPU seconds are not known.
        is_sandbox: whether it has the sandbox's control API.
    """

    host: str
    key: str
    pid: int | None
    is_sandbox: bool

    @property
    def base_url(self) -> str:
        """Of the API, ends in ``/3.0``."""
        return f"{self.host}/3.0"

    def control(self, method: str, path: str, json: Any = None) -> Any:
        """Call the sandbox's control API, with patience for a big simulation.

        Args:
            path: below ``/_sandbox/``.
            json: the body.
        """
        return _request(method, f"{self.host}/_sandbox/{path}", json)

    def set_latency(self, milliseconds: int) -> None:
        """Add this to every answer of the sandbox; another server answers as it does."""
        if self.is_sandbox:
            self.control("POST", "latency", {"milliseconds": milliseconds})

    def forget(self) -> None:
        """Empty the sandbox's account, so that a second world meets nothing of the first."""
        if self.is_sandbox:
            self.control("POST", "reset")

    def let_pass(self, **time: int) -> None:
        """Let the sandbox's time pass; another server's passes by itself.

        Args:
            time: days, hours or seconds.
        """
        if self.is_sandbox:
            self.control("POST", "clock/advance", time)

    def cpu_seconds(self) -> float | None:
        """CPU seconds of the server's process so far (proc(5), stat: utime and stime)."""
        if self.pid is None:
            return None
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def far_end_at(host: str, key: str, pid: int | None) -> FarEnd:
    """A server of one's choice. A sandbox among them forgets what it holds.

    Raises:
        ValueError: it is Mailchimp itself: nobody may be made a member there for a benchmark. Or
            nobody answers there.
    """
    host = host.rstrip("/").removesuffix("/3.0")
    if (urlsplit(host).hostname or "").endswith("mailchimp.com"):
        raise ValueError("MAILCHIMP_BENCH_HOST is Mailchimp itself: name another server")
    try:
        identity = _request("GET", f"{host}/_sandbox/")
    except (urllib.error.HTTPError, ValueError):
        identity = None
    except OSError as error:
        raise ValueError(f"MAILCHIMP_BENCH_HOST: nobody answers at {host} ({error})") from error
    if not isinstance(identity, dict) or identity.get("name") != _SANDBOX:
        return FarEnd(host, key, pid, is_sandbox=False)
    _request("POST", f"{host}/_sandbox/reset")
    is_here = Path(f"/proc/{identity['pid']}/stat").exists()
    return FarEnd(host, key, pid or (identity["pid"] if is_here else None), is_sandbox=True)


def _request(method: str, url: str, body: Any = None) -> Any:
    request = urllib.request.Request(
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
        return json.loads(answer.read())
