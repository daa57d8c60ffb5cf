"""What the benchmarks share: settings, one table over all files, a Postgres, the other end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.far_end import FarEnd, far_end_at
from benchmarks.settings import SettingError, Settings, read_settings
from benchmarks.table import Table


def pytest_configure() -> None:
    """Refuse a wrong setting before anything is started."""
    try:
        read_settings()
    except SettingError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.fixture(scope="session")
def settings() -> Settings:
    """What this run measures, and with what."""
    return read_settings()


@pytest.fixture(scope="session")
def table(settings: Settings) -> Iterator[Table]:
    """One table for all files of a run; printed and written at the end."""
    collected = Table(
        {
            "contacts": settings.contacts,
            "latency in ms": ", ".join(map(str, settings.latencies_ms)),
            "Postgres": settings.postgres,
            "other end": settings.host or "the sandbox",
        }
    )
    yield collected
    if collected.cases:
        print(f"\n\n{collected}\n\nwritten to {settings.results}", flush=True)
        collected.write(settings.results)


@pytest.fixture
def server(request: pytest.FixtureRequest, settings: Settings) -> Any:
    """The Postgres of choice: ``postgres`` or ``debian_postgres``."""
    return request.getfixturevalue(
        {"embedded": "postgres", "debian": "debian_postgres"}[settings.postgres]
    )


@pytest.fixture
def far_end(request: pytest.FixtureRequest, settings: Settings) -> FarEnd:
    """The server of choice, or a fresh sandbox."""
    if settings.host is not None:
        return far_end_at(settings.host, settings.key, settings.pid)
    sandbox = request.getfixturevalue("mailchimp_sandbox")
    return FarEnd(sandbox.host, sandbox.key, sandbox.pid, is_sandbox=True)
