from collections.abc import Iterator
from typing import Any

import pytest

from fresh_databases import fresh_databases
from sharing_world import share
from sync_world import World


@pytest.fixture
def shared(world: World) -> World:
    share(world)
    return world


@pytest.fixture(params=["postgres", "debian_postgres"])
def sharing(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[World]:
    """The same on each server."""
    with fresh_databases(request.getfixturevalue(request.param)) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        share(world)
        yield world
        world.close()


@pytest.fixture
def gdpr(sharing: World) -> World:
    """The same with marketing permissions."""
    sharing.crm.execute("alter table crm.contact_collection add column marketing_permission text")
    return sharing
