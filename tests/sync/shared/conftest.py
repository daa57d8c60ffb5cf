import pytest

from sharing_world import share
from sync_world import World


@pytest.fixture
def shared(world: World) -> World:
    share(world)
    return world
