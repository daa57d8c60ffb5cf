"""The bare wire work to compare with: ready-made requests over 8 kept-alive connections."""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar
from urllib.parse import urlsplit

from benchmarks.far_end import FarEnd
from benchmarks.table import Measured

CONNECTIONS = 8
#: Members of a call (``POST /lists/{list_id}`` of the API reference).
PAGE = 500

W = TypeVar("W")


@dataclass(frozen=True)
class Request:
    """One request, ready to be sent; its path is below ``/3.0``."""

    method: str
    path: str
    body: bytes | None = None


class Line:
    """One kept-alive connection to the other end, which counts its calls."""

    def __init__(self, far_end: FarEnd) -> None:
        url = urlsplit(far_end.base_url)
        opened = (
            http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = opened(url.hostname or "", url.port, timeout=120)
        self._base = url.path
        credentials = base64.b64encode(f"any:{far_end.key}".encode()).decode()
        self._headers = {
            "Authorization": f"Basic {credentials}",
            "Content-Type": "application/json",
        }
        self.calls = 0

    def call(self, request: Request) -> Any:
        """Send a request and decode its answer.

        Raises:
            RuntimeError: it was refused.
        """
        self.calls += 1
        body = self._answer(request.method, self._base + request.path, request.body, self._headers)
        return json.loads(body) if body else None

    def download(self, path: str) -> bytes:
        """A result file of the same host, which wants no key."""
        return self._answer("GET", path, None, {})

    def _answer(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        received = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"the bare loop was refused: {method}: {answer.status}")
        return received

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def over_connections(
    far_end: FarEnd, pieces: Iterable[W], act: Callable[[Line, W], object]
) -> Measured:
    """Do the same with each piece, over 8 connections.

    Args:
        pieces: in any order.
        act: runs in as many threads; what it returns is thrown away.

    Raises:
        RuntimeError: a request was refused.
    """
    waiting: SimpleQueue[W] = SimpleQueue()
    for piece in pieces:
        waiting.put(piece)
    lines = [Line(far_end) for _ in range(min(CONNECTIONS, max(1, waiting.qsize())))]
    problems: list[Exception] = []

    def work(line: Line) -> None:
        try:
            while not problems:
                act(line, waiting.get_nowait())
        except Empty:
            return
        except Exception as error:
            problems.append(error)
        finally:
            line.close()

    threads = [threading.Thread(target=work, args=(line,)) for line in lines]
    cpu, began = far_end.cpu_seconds(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds, after = time.perf_counter() - began, far_end.cpu_seconds()
    if problems:
        raise problems[0]
    return Measured(
        seconds=seconds,
        calls=sum(line.calls for line in lines),
        in_flight=len(lines),
        server_cpu=None if cpu is None or after is None else after - cpu,
    )


def send(far_end: FarEnd, requests: Sequence[Request]) -> Measured:
    """Send requests over 8 kept-alive connections, decode each answer, and keep nothing.

    Args:
        requests: in any order.
    """
    return over_connections(far_end, requests, Line.call)


def read_again(far_end: FarEnd, paths: Sequence[str]) -> Measured:
    """Repeat the GETs of a task over 8 connections, decode each answer, and keep nothing.

    Args:
        paths: with their parameters, below ``/3.0``.
    """
    return send(far_end, [Request("GET", path) for path in paths])


def additions(list_id: str, count: int, *, prefix: str) -> list[Request]:
    """Requests that add members, 500 a call, as a sync sends them."""
    return [
        Request(
            "POST",
            f"/lists/{list_id}",
            json.dumps(
                {
                    "members": [new_member(f"{prefix}{n}") for n in numbers],
                    "update_existing": False,
                }
            ).encode(),
        )
        for numbers in pages(count)
    ]


def renamings(list_id: str, addresses: Sequence[str], first_name: str) -> list[Request]:
    """Requests that change the first name of members, 500 a call."""
    return [
        Request(
            "POST",
            f"/lists/{list_id}",
            json.dumps(
                {
                    "members": [
                        {"email_address": addresses[n], "merge_fields": {"FNAME": first_name}}
                        for n in numbers
                    ],
                    "update_existing": True,
                }
            ).encode(),
        )
        for numbers in pages(len(addresses))
    ]


def pages(count: int, size: int = PAGE) -> Iterator[range]:
    """Numbers from 0, so many on a page."""
    for start in range(0, count, size):
        yield range(start, min(start + size, count))


def new_member(name: str) -> dict[str, object]:
    """A member as a sync adds it."""
    return {
        "email_address": f"{name}@mail.gr",
        "status": "subscribed",
        "language": "el",
        "timestamp_opt": "2020-01-01T00:00:00+00:00",
        "merge_fields": {
            "FNAME": "Μαρία", "LNAME": "Παπαδοπούλου", "CRMREF": f"bare-{name}",
        },
    }  # fmt: skip
