"""Worlds for plots: fresh databases of one server, and a far side."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from histories.memory_side import MemorySide
from histories.people import Cast
from histories.play import MakeWorld
from histories.sandbox_side import SandboxSide
from histories.two_sandboxes import TwoSandboxes
from histories.world import World
from local_installation import postgres as embedded


class Databases:
    """Fresh databases, dropped when the plot is over."""

    def __init__(self, server: embedded.Server, crm: str, warehouse: str) -> None:
        self._server, self._templates = server, {"crm": crm, "warehouse": warehouse}
        self._made: list[str] = []

    def make(self, kind: str) -> str:
        name = f"{kind}_{uuid.uuid4().hex[:12]}"
        self._made.append(name)
        return self._server.create_database(name, template=self._templates[kind])

    def drop(self) -> None:
        while self._made:
            self._server.drop_database(self._made.pop())

    def world(self, side: Any, casts: list[Cast]) -> World:
        self.drop()
        made = World(self.make("crm"), self.make("warehouse"), side, casts)
        made.second_dsn = self._second_warehouse
        return made

    def _second_warehouse(self) -> str:
        """An empty warehouse of another installation: a copy of the template has the same id."""
        dsn = self.make("warehouse")
        with psycopg.connect(dsn) as warehouse:
            warehouse.execute("update sync.installation set installation_id = gen_random_uuid()")
        return dsn


@pytest.fixture
def databases(
    postgres: embedded.Server, _crm_template: str, _warehouse_template: str
) -> Iterator[Databases]:
    made = Databases(postgres, _crm_template, _warehouse_template)
    yield made
    made.drop()


@pytest.fixture
def in_memory(databases: Databases) -> MakeWorld:
    """Worlds whose far side is kept in memory."""
    return lambda casts: databases.world(MemorySide(), casts)


@pytest.fixture
def over_the_wire(databases: Databases, mailchimp_sandbox: Any) -> Callable[[int], MakeWorld]:
    """Worlds whose far side is the sandbox; more changes than the argument go in a batch."""

    def make(batch_above: int) -> MakeWorld:
        def world(casts: list[Cast]) -> World:
            mailchimp_sandbox.control("POST", "reset")
            return databases.world(SandboxSide(mailchimp_sandbox, batch_above=batch_above), casts)

        return world

    return make


@pytest.fixture
def in_two_sandboxes(
    databases: Databases, mailchimp_sandbox: Any, second_sandbox: Any
) -> MakeWorld:
    """Worlds in two accounts over the wire."""

    def world(casts: list[Cast]) -> World:
        for sandbox in (mailchimp_sandbox, second_sandbox):
            sandbox.control("POST", "reset")
        return databases.world(TwoSandboxes(mailchimp_sandbox, second_sandbox), casts)

    return world


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many histories were played, and which breaks of the product were noticed."""
    numbers: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", ()):
        properties = dict(report.user_properties)
        if "mutant" in properties:
            terminalreporter.write_line(f"  {properties['mutant']:<58} {properties['noticed']}")
        numbers.update(
            {name: value for name, value in properties.items() if isinstance(value, int)}
        )
    for name, value in sorted(numbers.items()):
        terminalreporter.write_line(f"  {name}: {value:,}")
