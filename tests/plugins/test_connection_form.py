"""What the provider does to requests that test a connection, and to no others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from mailchimp_provider.connection_form import PortlessTests, without_port

ROUTE = "/api/v2/connections/test"
ASKED = {"conn_type": "mailchimp", "connection_id": "πελάτες", "port": 0, "password": "***"}


def passed_on(
    chunks: Sequence[bytes], *, path: str = ROUTE, method: str = "POST", cut: bool = False
) -> tuple[list[dict[str, Any]], dict[bytes, bytes]]:
    """What the application behind the middleware receives: messages, and headers."""
    sent = [
        {"type": "http.request", "body": chunk, "more_body": cut or number < len(chunks)}
        for number, chunk in enumerate(chunks, 1)
    ]
    incoming = iter([*sent, {"type": "http.disconnect"}])
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [
            (b"host", b"airflow"),
            (b"content-length", str(sum(map(len, chunks))).encode()),
        ],
    }
    received: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(incoming)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while not received or received[-1]["type"] != "http.disconnect":
            received.append(await receive())

    asyncio.run(PortlessTests(app)(scope, receive, None))  # type: ignore[arg-type]
    return received, dict(scope["headers"])  # type: ignore[call-overload]


@pytest.mark.parametrize("path", [ROUTE, f"/airflow{ROUTE}"])
@pytest.mark.parametrize("size", [7, 10_000])
def test_the_port_leaves_a_test(path: str, size: int) -> None:
    body = json.dumps(ASKED, ensure_ascii=False).encode()
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    (request, end), headers = passed_on(chunks, path=path)
    assert json.loads(request["body"]) == {k: v for k, v in ASKED.items() if k != "port"}
    assert not request["more_body"]
    assert end["type"] == "http.disconnect"
    assert headers == {b"host": b"airflow", b"content-length": str(len(request["body"])).encode()}


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({**ASKED, "conn_type": "postgres"}).encode(),
        json.dumps({**ASKED, "port": 8099}).encode(),
        json.dumps({**ASKED, "port": None}).encode(),
        json.dumps({**ASKED, "port": False}).encode(),
        json.dumps({**ASKED, "port": "0"}).encode(),
        b'{"conn_type": "mailchimp"}',
        b'["mailchimp", 0]',
        b'{"conn_type": "mailchimp", "port": 0',
        b"[" * 100_000,
        b"\xff\xfe",
        b"",
    ],
)
def test_another_body_passes_as_it_is(body: bytes) -> None:
    assert without_port(body) == body
    (request, _), headers = passed_on([body])
    assert request["body"] == body
    assert headers[b"content-length"] == str(len(body)).encode()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", ROUTE),
        ("POST", "/api/v2/connections"),
        ("POST", f"{ROUTE}/more"),
        ("POST", "/execution/connections/test"),
    ],
)
def test_another_request_is_not_even_read(method: str, path: str) -> None:
    body = json.dumps(ASKED).encode()
    chunks = [body[:9], body[9:]]
    (*received, _), _ = passed_on(chunks, path=path, method=method)
    assert [message["body"] for message in received] == chunks


def test_a_request_that_is_cut_stays_cut() -> None:
    """Half a request may be a whole one by its words."""
    received, _ = passed_on([json.dumps(ASKED).encode()], cut=True)
    assert [message["type"] for message in received] == ["http.request", "http.disconnect"]
    assert received[0]["more_body"]
