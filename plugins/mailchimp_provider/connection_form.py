"""Airflow plugin: the Test button works for a connection without a port.

For such a connection Airflow's page sends ``port: 0``. The API server of Airflow 3.3.1 and 3.3.2
takes 0 for another destination than the stored one. So it refuses the test. The port leaves the
request here, before the API server reads it. Source: https://github.com/apache/airflow/pull/73298,
which corrects later versions.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ROUTE = "/api/v2/connections/test"


class PortlessTests:
    """Middleware for requests that test a connection of type ``mailchimp``. Others pass by.

    A request may always leave out its port: the API server then uses the stored one. So nobody can
    send a stored key to another place by this.

    Args:
        app: what gets the requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_test = (
            scope["type"] == "http"
            and scope["method"] == "POST"
            and scope["path"].endswith(_ROUTE)  # Airflow may live below a path of its own
        )
        await self._app(scope, await _changed(scope, receive) if is_test else receive, send)


class MailchimpConnectionForm(AirflowPlugin):
    """The wheel registers it (entry point ``airflow.plugins``), so it needs no plugins folder."""

    name = "mailchimp_connection_form"
    fastapi_root_middlewares: list[dict[str, Any]] = [  # noqa: RUF012 - Airflow's own form
        {"middleware": PortlessTests, "name": "Mailchimp's Test button"}
    ]


def without_port(body: bytes) -> bytes:
    """The body of a request without ``port: 0``, if it tests a connection of type ``mailchimp``."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return body  # the API server says what is wrong with it
    if not isinstance(asked, dict) or asked.get("conn_type") != "mailchimp":
        return body
    if type(asked.get("port")) is not int or asked["port"] != 0:
        return body
    del asked["port"]
    return json.dumps(asked).encode()


async def _changed(scope: Scope, receive: Receive) -> Receive:
    """Read a request to its end; gives it again, changed, with its new length in the headers."""
    messages: list[Message] = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body"):
        messages.append(await receive())
    if messages[-1]["type"] == "http.request":
        body = without_port(b"".join(message.get("body", b"") for message in messages))
        messages = [{"type": "http.request", "body": body, "more_body": False}]
        scope["headers"] = [
            (name, str(len(body)).encode() if name == b"content-length" else value)
            for name, value in scope["headers"]
        ]

    async def given_again() -> Message:
        return messages.pop(0) if messages else await receive()

    return given_again
