"""A mail server and a webhook, as small as they can be, both real: they speak over sockets."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

Server = TypeVar("Server", bound=socketserver.BaseServer)


class MailServer(socketserver.ThreadingTCPServer):
    """Takes every mail (RFC 5321, what a client needs at least)."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.mails: list[tuple[list[str], Message]] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Dialogue(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        recipients: list[str] = []
        self._say("220 test")
        while line := self.rfile.readline():
            command = line.decode().strip()
            if command.upper().startswith("RCPT TO:"):
                recipients.append(command[8:].strip(" <>"))
            if command.upper() == "DATA":
                self._say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                text = b"".join(line.removeprefix(b".") for line in lines)
                self.server.mails.append((recipients, message_from_bytes(text, policy=default)))
            self._say("221 bye" if command.upper() == "QUIT" else "250 ok")
            if command.upper() == "QUIT":
                return

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class Webhook(ThreadingHTTPServer):
    """Keeps what is posted, and answers with ``status``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.status = 200
        self.posts: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/services/s3cret-part"

    @property
    def texts(self) -> list[str]:
        return [post["text"] for post in self.posts]


class _Request(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.posts.append(json.loads(self.rfile.read(length)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Silent(socketserver.ThreadingTCPServer):
    """Takes every request, and never answers until it is shut down."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Waiting)
        self.ended = threading.Event()
        self.asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/services/s3cret-part"

    def shutdown(self) -> None:
        self.ended.set()
        super().shutdown()


class _Waiting(socketserver.BaseRequestHandler):
    server: Silent

    def handle(self) -> None:
        self.server.asked += 1
        self.server.ended.wait()


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Run a server in a thread, as long as the context lasts."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
