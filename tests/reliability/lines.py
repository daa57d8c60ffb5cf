"""Lines between our processes and the servers: they count what passes, and break when asked."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_RESET = struct.pack("ii", 1, 0)
_CHUNK = 1 << 16


def _reset(connection: socket.socket) -> None:
    """Close with a reset (RST), as a broken line does."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RD)
    with suppress(OSError):
        connection.close()


@dataclass
class Trap:
    """What happens at one message.

    Attributes:
        number: of the message, counted from 1 since the trap was set.
        act: called when the message has come and was not passed on ("before"), or when the far
            side has answered and the answer was not passed on ("after").
        when: "before" or "after".
        cuts: the line resets the connection then.
        struck: whether it happened.
        over: set when ``act`` has ended.
    """

    number: int
    act: Callable[[], object]
    when: str = "before"
    cuts: bool = False
    struck: bool = False
    over: threading.Event = field(default_factory=threading.Event)

    def spring(self) -> None:
        try:
            self.act()
        finally:
            self.over.set()


class DatabaseLine:
    """A TCP line to a Postgres server; a message is what the client sends at once."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._guard = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port: int = self._listening.getsockname()[1]
        self.count = 0
        self.trap: Trap | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def set(self, trap: Trap | None) -> None:
        """Count from 1 again; the trap takes the place of the one before."""
        with self._guard:
            self.count, self.trap = 0, trap

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target), timeout=10)
            except OSError:
                _reset(client)
                continue
            server.settimeout(None)
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            armed: list[Trap] = []
            for work in (self._send, self._answer):
                threading.Thread(target=work, args=(client, server, armed), daemon=True).start()

    def _struck(self) -> Trap | None:
        with self._guard:
            self.count += 1
            trap = self.trap
            if trap is None or trap.struck or self.count < trap.number:
                return None
            trap.struck = True
            return trap

    def _send(self, client: socket.socket, server: socket.socket, armed: list[Trap]) -> None:
        try:
            while data := client.recv(_CHUNK):
                trap = self._struck()
                if trap is not None and trap.when == "before":
                    trap.spring()
                    if trap.cuts:
                        break
                elif trap is not None:
                    armed.append(trap)
                server.sendall(data)
            else:
                with suppress(OSError):
                    server.shutdown(socket.SHUT_WR)
                return
        except OSError:
            pass
        _reset(client)
        _reset(server)

    def _answer(self, client: socket.socket, server: socket.socket, armed: list[Trap]) -> None:
        with suppress(OSError):
            while data := server.recv(_CHUNK):
                if armed:
                    trap = armed.pop()
                    trap.spring()
                    if trap.cuts:
                        break
                client.sendall(data)
        _reset(client)
        _reset(server)


@dataclass
class Bad:
    """What a request suffers.

    Attributes:
        kind: reset_before, reset_after, truncated, slow, html, empty_403 or 429.
        number: of the first request that suffers, from 1 since it was set.
        count: of requests that suffer, one after the other.
        status: of the answer in HTML.
        left: how many are still to suffer.
    """

    kind: str
    number: int
    count: int = 1
    status: int = 502
    struck: int = 0


class MailchimpLine:
    """An HTTP line to the sandbox; a message is a request."""

    def __init__(self, host: str) -> None:
        self.aim(host)
        self._guard = threading.Lock()
        self.count = 0
        self.trap: Trap | None = None
        self.bad: Bad | None = None
        #: "METHOD path" of the requests since the last trap.
        self.made: list[str] = []
        line = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                with suppress(OSError):
                    super().handle_one_request()
                    return
                self.close_connection = True

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return lambda: line._serve(self)
                raise AttributeError(name)

            def log_message(self, *words: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def aim(self, host: str) -> None:
        """Lead to this sandbox from now on."""
        name, _, port = host.partition("://")[2].partition(":")
        self._target = (name, int(port))

    def set(self, trap: Trap | None = None, bad: Bad | None = None) -> None:
        """Count from 1 again."""
        with self._guard:
            self.count, self.trap, self.bad, self.made = 0, trap, bad, []

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _fate(self, what: str) -> tuple[Trap | None, Bad | None]:
        with self._guard:
            self.count += 1
            self.made.append(what)
            trap, bad = self.trap, self.bad
            if trap is None or trap.struck or self.count < trap.number:
                trap = None
            else:
                trap.struck = True
            if bad is None or self.count < bad.number or bad.struck >= bad.count:
                bad = None
            else:
                bad.struck += 1
            return trap, bad

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        trap, bad = self._fate(f"{request.command} {request.path.partition('?')[0]}")
        if trap is not None and trap.when == "before":
            trap.spring()
        kind = bad.kind if bad else ""
        if kind == "reset_before":
            request.close_connection = True
            _reset(request.connection)
            return
        if bad is not None and kind in _REFUSALS:
            self._refuse(request, *_REFUSALS[kind](bad))
            return
        status, headers, answer = self._ask(request, body)
        if trap is not None and trap.when == "after":
            trap.spring()
        if kind == "reset_after":
            request.close_connection = True
            _reset(request.connection)
            return
        request.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                request.send_header(name, value)
        if status != http.HTTPStatus.NO_CONTENT:
            request.send_header("Content-Length", str(len(answer)))
        request.end_headers()
        if kind == "truncated":
            request.wfile.write(answer[: len(answer) // 2])
            request.wfile.flush()
            request.close_connection = True
            return
        if kind == "slow":
            # Longer than the client waits; the event ends the wait when the test is over.
            threading.Event().wait(_SLOW_SECONDS)
        request.wfile.write(answer)

    def _ask(
        self, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(*self._target, timeout=60)
        try:
            # The host that the client asked for: the sandbox builds its links from it.
            connection.putrequest(
                request.command, request.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in request.headers.items():
                if name.lower() != "connection":
                    connection.putheader(name, value)
            connection.putheader("Connection", "close")
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    @staticmethod
    def _refuse(
        request: BaseHTTPRequestHandler, status: int, kind: str, text: str, extra: dict[str, str]
    ) -> None:
        data = text.encode()
        request.send_response_only(status)
        for name, value in extra.items():
            request.send_header(name, value)
        if kind:
            request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)


_SLOW_SECONDS = 2.5
_TOO_MANY = (
    '{"type":"https://mailchimp.com/developer/marketing/docs/errors/","title":"Too Many Requests",'
    '"status":429,"detail":"You have exceeded the limit of 10 simultaneous connections.",'
    '"instance":"1"}'
)
_REFUSALS: dict[str, Callable[[Bad], tuple[int, str, str, dict[str, str]]]] = {
    "html": lambda bad: (
        bad.status,
        "text/html",
        f"<html><body><h1>{bad.status} Σφάλμα</h1></body></html>",
        {},
    ),
    "empty_403": lambda bad: (403, "", "", {}),
    "429": lambda bad: (429, "application/problem+json", _TOO_MANY, {"Retry-After": "1"}),
}
