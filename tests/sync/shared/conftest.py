"""A world whose CRM has the column for shared audiences."""

from __future__ import annotations

import pytest

from sync_world import World


@pytest.fixture
def shared(world: World) -> World:
    world.crm.execute(
        "alter table crm.contact_collection add column if not exists shared_audience text"
    )
    return world
