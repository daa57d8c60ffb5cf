from collections.abc import Iterator
from typing import Any

import pytest

from sync_world import World


@pytest.fixture
def world(crm_db: str, warehouse_db: str, mailchimp_sandbox: Any) -> Iterator[World]:
    world = World(crm_db, warehouse_db, mailchimp_sandbox)
    yield world
    world.close()
