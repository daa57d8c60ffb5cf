"""A real HTTP server that answers as a test says: the faults a well-behaved sandbox cannot show."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Seen:
    """A request as it came over the wire. ``connection`` tells TCP connections apart."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Step = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class ScriptedServer:
    """``script``: one step a request; the last one is repeated. ``seen``: what came in."""

    script: list[Step]
    host: str = ""
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    in_flight: int = 0
    most_in_flight: int = 0


@contextmanager
def scripted(*script: Step) -> Iterator[ScriptedServer]:
    """Run a server on a free port for a block."""
    server = ScriptedServer(list(script))
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            with lock:
                server.connections += 1
                self.number = server.connections

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                server.in_flight += 1
                server.most_in_flight = max(server.most_in_flight, server.in_flight)
                server.seen.append(
                    Seen(self.command, self.path, dict(self.headers), body, self.number)
                )
                step = server.script.pop(0) if len(server.script) > 1 else server.script[0]
            try:
                step(self)
            finally:
                with lock:
                    server.in_flight -= 1

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Cut connections are what the tests are about."""

    http = Server(("127.0.0.1", 0), Handler)
    server.host = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def answer(
    status: int = 200,
    content: Any = None,
    *,
    kind: str = "application/json",
    headers: dict[str, str] | None = None,
) -> Step:
    """Answer with a JSON value, or with text or bytes as they are."""

    def step(handler: BaseHTTPRequestHandler) -> None:
        if content is None:
            body = b""
        elif isinstance(content, bytes):
            body = content
        else:
            body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        handler.send_response(status)
        if content is not None:
            handler.send_header("Content-Type", kind)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return step


def problem(status: int, title: str, detail: str = "", **more: Any) -> Step:
    """Answer with problem+json, as Mailchimp's API does."""
    content = {
        "type": "https://mailchimp.com/developer/marketing/docs/errors/",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": "995c5cb0-3280-4a6e-808b-3b096d0bb219",
        **more,
    }
    return answer(status, content, kind="application/problem+json; charset=utf-8")


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Cut the connection without an answer."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def cut_short(handler: BaseHTTPRequestHandler) -> None:
    """Promise more bytes than come, then close."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"lists": [')
    handler.close_connection = True


def late(seconds: float, then: Step) -> Step:
    """Answer, but not at once."""

    def step(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        then(handler)

    return step
