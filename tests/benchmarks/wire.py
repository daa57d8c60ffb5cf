"""The bare wire work to compare with: ready-made bodies over kept-alive connections."""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

CONNECTIONS = 8
PAGE = 500


@dataclass(frozen=True)
class Request:
    """One request, ready to be sent."""

    method: str
    path: str
    body: bytes | None = None


@dataclass(frozen=True)
class Wire:
    """What sending ready requests took."""

    seconds: float
    calls: int


def send(base_url: str, key: str, requests: Sequence[Request]) -> Wire:
    """Send requests over 8 kept-alive connections, decode each answer, and keep nothing.

    Args:
        base_url: of the API, ends in ``/3.0``.
        key: the API key.
        requests: in any order.
    """
    url = urlsplit(base_url)
    credentials = base64.b64encode(f"any:{key}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
    waiting: SimpleQueue[Request] = SimpleQueue()
    for request in requests:
        waiting.put(request)
    problems: list[str] = []

    def work() -> None:
        opened = (
            http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        )
        connection = opened(url.hostname or "", url.port, timeout=120)
        try:
            while not problems:
                try:
                    request = waiting.get_nowait()
                except Empty:
                    return
                connection.request(
                    request.method, f"{url.path}{request.path}", request.body, headers
                )
                answer = connection.getresponse()
                body = answer.read()
                if answer.status >= 300:
                    problems.append(f"{request.method}: {answer.status}")
                    return
                if body:
                    json.loads(body)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if problems:
        raise RuntimeError(f"the bare loop was refused: {problems[0]}")
    return Wire(seconds, len(requests))


def additions(list_id: str, count: int, *, prefix: str) -> list[Request]:
    """Requests that add members, 500 a call, as a sync sends them."""
    return [
        Request(
            "POST",
            f"/lists/{list_id}",
            json.dumps(
                {
                    "members": [_member(f"{prefix}{n}") for n in numbers],
                    "update_existing": False,
                }
            ).encode(),
        )
        for numbers in _pages(count)
    ]


def _pages(count: int) -> Iterator[range]:
    for start in range(0, count, PAGE):
        yield range(start, min(start + PAGE, count))


def _member(name: str) -> dict[str, object]:
    return {
        "email_address": f"{name}@mail.gr",
        "status": "subscribed",
        "language": "el",
        "timestamp_opt": "2020-01-01T00:00:00+00:00",
        "merge_fields": {
            "FNAME": "Μαρία", "LNAME": "Παπαδοπούλου", "CRMREF": f"bare-{name}",
        },
    }  # fmt: skip
