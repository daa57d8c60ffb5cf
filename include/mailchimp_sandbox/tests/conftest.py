"""One server for all tests of a module, empty at the start of each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailchimp_sandbox.tests.running import Running, running


@pytest.fixture(scope="module")
def _server() -> Iterator[Running]:
    with running("--seed", "7") as server:
        yield server


@pytest.fixture
def world(_server: Running) -> Running:
    """An empty simulated account."""
    _server.control("POST", "reset")
    return _server


@pytest.fixture
def list_id(world: Running) -> str:
    """An empty audience."""
    return world.new_list()
