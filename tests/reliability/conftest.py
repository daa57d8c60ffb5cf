"""Servers for trials: one pair for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reliability.servers import Postgres, postgres_server


@pytest.fixture(scope="module")
def crm_server() -> Iterator[Postgres]:
    with postgres_server(has_own_clock=True) as server:
        yield server


@pytest.fixture(scope="module")
def warehouse_server() -> Iterator[Postgres]:
    with postgres_server(on_small_disk=True, has_own_clock=True) as server:
        yield server
