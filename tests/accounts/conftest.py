"""Worlds with two accounts, on both servers of Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from accounts_world import AccountsWorld
from fresh_databases import fresh_databases


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.fixture
def world(server: Any, mailchimp_sandbox: Any, second_sandbox: Any) -> Iterator[AccountsWorld]:
    with fresh_databases(server) as (crm, warehouse):
        world = AccountsWorld(crm, warehouse, mailchimp_sandbox, second_sandbox)
        yield world
        world.close()
