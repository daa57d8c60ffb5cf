"""A reverse proxy before the sandbox that keeps every exchange of every client."""

from __future__ import annotations

import http.client
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

from mailchimp_sandbox.tests.contract.description import Exchange

API = "/3.0"
_RESULTS = "/batch-results/"
_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "date", "server")


@dataclass
class Recording:
    """``base_url`` ends in ``/3.0``; ``exchanges`` holds what went through, in order."""

    base_url: str
    exchanges: list[Exchange] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return self.base_url.removesuffix(API)

    def everything(self) -> list[Exchange]:
        """What went over the line, and what batches carried inside."""
        return self.exchanges + list(self._inside_batches())

    def _inside_batches(self) -> Iterator[Exchange]:
        for exchange in self.exchanges:
            if (exchange.method, exchange.path) != ("POST", "/batches") or exchange.status != 200:
                continue
            batch_id = json.loads(exchange.received)["id"]
            operations = json.loads(exchange.sent)["operations"]
            by_id = {row["operation_id"]: row for row in operations}
            assert len(by_id) == len(operations), "operations of a batch need ids of their own"
            for result in _results(self.files[batch_id]):
                row = by_id[result["operation_id"]]
                path, _, query = row["path"].partition("?")
                pairs = parse_qsl(query) + parse_qsl(urlencode(row.get("params", {})))
                status = result["status_code"]
                kind = "application/json" if status < 400 else "application/problem+json"
                yield Exchange(
                    row["method"],
                    "/" + path.lstrip("/"),
                    tuple(pairs),
                    row.get("body", "").encode(),
                    status,
                    kind,
                    result["response"].encode(),
                )


def _results(archive: bytes) -> Iterator[dict[str, str | int]]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for member in files:
            held = files.extractfile(member)
            if held is not None:
                yield from json.load(held)


@contextmanager
def recording(host: str) -> Iterator[Recording]:
    """Listen on a free port before ``host`` (scheme, name and port)."""
    target = urlsplit(host)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1
        upstream: http.client.HTTPConnection

        def setup(self) -> None:
            super().setup()
            self.upstream = http.client.HTTPConnection(target.hostname or "", target.port)

        def finish(self) -> None:
            self.upstream.close()
            super().finish()

        def log_message(self, *_: object) -> None:
            """The exchanges are the log."""

        def _forward(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            # The Host header stays as it came, so that links in answers lead here again.
            self.upstream.request(self.command, self.path, sent, dict(self.headers.items()))
            answer = self.upstream.getresponse()
            received = answer.read()
            self._keep(sent, answer, received)
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(received)))
            self.end_headers()
            self.wfile.write(received)

        def _keep(self, sent: bytes, answer: http.client.HTTPResponse, received: bytes) -> None:
            path, _, query = self.path.partition("?")
            if path.startswith(API):
                kept.exchanges.append(
                    Exchange(
                        self.command,
                        path.removeprefix(API) or "/",
                        tuple(parse_qsl(query, keep_blank_values=True)),
                        sent,
                        answer.status,
                        answer.headers.get("content-type", ""),
                        received,
                    )
                )
            elif path.startswith(_RESULTS) and answer.status == 200:
                name = path.removeprefix(_RESULTS).removesuffix("-response.tar.gz")
                kept.files[name] = received

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _forward  # noqa: N815 - the base's names

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept = Recording(f"http://127.0.0.1:{server.server_address[1]}{API}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
