"""Loads the assets into a running Superset, through its assets API.

The API writes over what it finds under the same uuid: a second time changes charts and duplicates
nothing. Superset's command line does not change charts that exist (Superset 6.1,
``superset/commands/importers/v1/assets.py`` and ``superset/commands/chart/importers``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import requests
from psycopg.conninfo import conninfo_to_dict

from dashboards.bundle import DATABASE, bundle

_SECONDS = 300.0


class SupersetError(Exception):
    """Superset refused or did not answer; the message says what to do."""


@dataclass(frozen=True)
class Dashboard:
    """A dashboard as Superset lists it."""

    title: str
    url: str


@dataclass
class Superset:
    """A session with a running Superset.

    Args:
        url: its address, such as ``http://127.0.0.1:8088``.
        user: a user that may import assets, such as an admin.
        password: of that user.

    Raises:
        SupersetError: on entering, if Superset does not take the login.
    """

    url: str
    user: str
    password: str = field(repr=False)
    _session: requests.Session = field(default_factory=requests.Session, init=False, repr=False)

    def __enter__(self) -> Self:
        login = {
            "username": self.user,
            "password": self.password,
            "provider": "db",
            "refresh": False,
        }
        answer = self.call("POST", "security/login", json=login)
        self._session.headers["Authorization"] = f"Bearer {answer['access_token']}"
        token = self.call("GET", "security/csrf_token/")["result"]
        self._session.headers.update({"X-CSRFToken": token, "Referer": self.url})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """The parsed answer of an API call.

        Args:
            method: of HTTP.
            path: below ``/api/v1/``.
            arguments: as ``requests`` takes them.

        Raises:
            SupersetError: no answer, or a refusal, with Superset's words.
        """
        address = f"{self.url.rstrip('/')}/api/v1/{path}"
        try:
            answer = self._session.request(method, address, timeout=_SECONDS, **arguments)
        except requests.RequestException as error:
            raise SupersetError(
                f"Superset at {self.url} does not answer ({type(error).__name__}). Start it, or "
                "name another address"
            ) from error
        if not answer.ok:
            raise SupersetError(
                f"Superset answered {answer.status_code} to {method} {path}: {answer.text[:2000]}"
            )
        return answer.json()

    def provision(self, dsn: str) -> int:
        """Load every asset; gives their number.

        Args:
            dsn: of the warehouse through the BI login. Superset keeps its password encrypted.

        Raises:
            SupersetError: the DSN names no login or database, or Superset refuses the assets.
        """
        parts = conninfo_to_dict(dsn)
        if missing := [
            name for name in ("host", "user", "password", "dbname") if not parts.get(name)
        ]:
            raise SupersetError(f"the DSN of the BI login does not name {', '.join(missing)}")
        file, number = bundle(
            host=str(parts["host"]),
            port=int(parts.get("port") or 5432),
            database=str(parts["dbname"]),
            login=str(parts["user"]),
        )
        self.call(
            "POST",
            "assets/import/",
            files={"bundle": ("assets.zip", file, "application/zip")},
            data={"passwords": json.dumps({DATABASE: parts["password"]})},
        )
        return number

    def dashboards(self) -> list[Dashboard]:
        """The dashboards, by title."""
        found = self.call("GET", "dashboard/", params={"q": "(page_size:100)"})["result"]
        listed = [
            Dashboard(one["dashboard_title"], f"{self.url.rstrip('/')}{one['url']}")
            for one in found
        ]
        return sorted(listed, key=lambda one: one.title)
