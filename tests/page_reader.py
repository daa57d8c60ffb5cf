"""A reader of the page "Mailchimp", over HTTP, without a running Airflow.

Airflow's own database is not there: what the page asks of it has fixed answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api import security
from airflow.configuration import conf
from fastapi.testclient import TestClient

from crm_mailchimp.sessions import open_session
from mailchimp_provider.page import app as page
from mailchimp_provider.page import files, person, rights, views

NEXT_SYNC = datetime(2030, 1, 2, 3, 0, tzinfo=UTC)


class Reader:
    """One user's browser on the page."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str = "", status: int = 200, **headers: str) -> str:
        """A view's HTML, spaces made one."""
        answer = self.client.get(
            f"/{path}", headers={"Accept": "text/html", **headers}, follow_redirects=False
        )
        assert answer.status_code == status, answer.text[-2000:]
        return " ".join(answer.text.split())

    def token(self) -> str:
        """Of the forms of this user's views."""
        found = re.search(r'name="token" value="([^"]+)"', self.get())
        assert found, "the user has no form"
        return found[1]


@contextmanager
def reading(
    connect: str | Callable[[], Any],
    *,
    role: str | None = "admin",
    username: str = "άννα",
    paused: tuple[str, ...] = (),
) -> Iterator[Reader]:
    """A signed-in reader.

    Args:
        connect: DSN of the warehouse, or what opens a connection to it.
        role: of Airflow's simple auth manager; None: nobody is signed in.
        username: Airflow's id of the user.
        paused: ids of paused DAGs.
    """
    opener = connect if callable(connect) else lambda: open_session(connect)
    if role is not None:
        user = SimpleAuthManagerUser(username=username, role=role)
        page.app.dependency_overrides[security.get_user] = lambda: user
    with ExitStack() as stack:
        stack.callback(page.app.dependency_overrides.clear)
        for module in (security, rights):
            stack.enter_context(patch.object(module, "get_auth_manager", SimpleAuthManager))
        stack.enter_context(patch.object(security.DagModel, "get_team_name", lambda *_, **__: None))
        for module in (views, files, person):
            stack.enter_context(patch.object(module, "warehouse_connection", opener))
        for name, answer in (
            ("paused_dags", lambda _: set(paused)),
            ("next_sync", lambda: NEXT_SYNC),
            ("log_addresses", lambda _: {}),
            ("runs_of", lambda *_: set()),
        ):
            stack.enter_context(patch.object(views, name, answer))
        if not conf.get("api", "secret_key", fallback=""):
            conf.set("api", "secret_key", "σ" * 40)
        client = stack.enter_context(TestClient(page.app, raise_server_exceptions=False))
        yield Reader(client)
