"""``python -m mailchimp_sandbox``: run the Mailchimp sandbox as a server of its own."""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from mailchimp_sandbox import operations, persistence
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.app import create_app
from mailchimp_sandbox.clock import DAY, Clock
from mailchimp_sandbox.faults import PROFILES, Faults
from mailchimp_sandbox.server import Server

BACKLOG = 128
#: API key of a sandbox that was given none.
DEFAULT_KEY = "sandbox-us1"
_MOST_DAYS_AGO = 3650


def _arguments(given: list[str] | None, program: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=program,
        description="A stateful stand-in for the Mailchimp Marketing API 3.0, for trying and "
        "testing without an account. Its control API lives under /_sandbox/.",
    )
    parser.add_argument("--port", type=int, required=True, help="0 asks the system for a free one")
    parser.add_argument("--host", default="127.0.0.1", help="default %(default)s")
    parser.add_argument("--latency-ms", type=int, default=0, help="added to every answer")
    parser.add_argument("--fault", choices=sorted(PROFILES), default="none", help="fault profile")
    parser.add_argument("--state", type=Path, help="file that keeps the state over restarts")
    parser.add_argument("--key", default=DEFAULT_KEY, help="API key, default %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="of ids, behaviour and faults")
    parser.add_argument(
        "--begin-days-ago",
        type=_days,
        default=0,
        metavar="DAYS",
        help="a new account begins in the past; `POST clock/present` brings it to the present",
    )
    return parser.parse_args(given)


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) > _MOST_DAYS_AGO:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days up to {_MOST_DAYS_AGO}")
    return int(text)


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, address: str, server: Server) -> None:
        super().__init__(config)
        self._address = address
        self._server = server

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(f"ready {self._address}/3.0", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self._server.state_file is not None:
            persistence.save(self._server.sandbox, self._server.state_file)


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Inherited by accepted connections; without it every answer waits 40 ms for an ACK.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.bind((host, port))
    listening.listen(BACKLOG)
    return listening


def main(
    given: list[str] | None = None,
    *,
    program: str = "python -m mailchimp_sandbox",
    name: str = "mailchimp-sandbox",
) -> int:
    """Serve until SIGINT or SIGTERM.

    Args:
        given: command line without the program's name; None reads the process's own.
        program: how the help text calls this program.
        name: what the control API says whose server it is.

    Returns:
        The exit code.
    """
    wanted = _arguments(given, program)
    try:
        listening = _listen(wanted.host, wanted.port)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        print(f"cannot listen on {wanted.host}:{wanted.port}: {reason}", file=sys.stderr)
        return 1
    if wanted.state is not None and not wanted.state.absolute().parent.is_dir():
        print(f"no such folder for the state file: {wanted.state.parent}", file=sys.stderr)
        return 1
    # Another key is another account, and ids are unique over all accounts.
    sandbox = Sandbox(
        seed=wanted.seed,
        clock=Clock(-wanted.begin_days_ago * DAY),
        name="" if wanted.key == DEFAULT_KEY else wanted.key,
    )
    if wanted.state is not None and wanted.state.exists():
        try:
            persistence.load(sandbox, wanted.state)
        except persistence.BadStateError as error:
            print(f"cannot use the state file {wanted.state}: {error}", file=sys.stderr)
            return 1
    server = Server(
        sandbox=sandbox,
        name=name,
        key=wanted.key,
        faults=Faults(wanted.fault, wanted.seed),
        latency=wanted.latency_ms / 1000,
        state_file=wanted.state,
    )
    # Hundreds of thousands of long-lived records: the default makes every full collection dear.
    gc.set_threshold(50_000, 20, 100)
    assert operations.MODULES  # noqa: S101 - imported for the operations it registers
    config = uvicorn.Config(
        create_app(server),
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        # An answer says the time of the sandbox's own clock (app.py), as its members' changes do.
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
    )
    port = listening.getsockname()[1]
    # uvicorn raises the signal again once it is down; by then there is nothing left to do.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    asyncio.run(
        _AnnouncingServer(config, f"http://{wanted.host}:{port}", server).serve([listening])
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
