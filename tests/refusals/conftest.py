import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from crm_mailchimp.crm.schema import create_contract
from crm_mailchimp.sandbox.postgres import Server
from crm_mailchimp.warehouse.migrations import migrate
from refusals.story import Story


@pytest.fixture
def story(crm_db: str, warehouse_db: str, mailchimp_sandbox: Any) -> Iterator[Story]:
    story = Story(crm_db, warehouse_db, mailchimp_sandbox)
    yield story
    story.close()


@pytest.fixture
def second(
    postgres: Server, mailchimp_sandbox: Any
) -> Iterator[Callable[[], Story]]:
    """Makes other installations with the same account: databases of their own, all empty."""
    made: list[Story] = []
    names: list[str] = []

    def make() -> Story:
        dsns = []
        for kind in ("crm", "warehouse"):
            names.append(f"second_{kind}_{uuid.uuid4().hex[:12]}")
            dsns.append(postgres.create_database(names[-1]))
        crm_dsn, warehouse_dsn = dsns
        with psycopg.connect(crm_dsn) as crm:
            create_contract(crm)
        migrate(warehouse_dsn)
        made.append(Story(crm_dsn, warehouse_dsn, mailchimp_sandbox))
        return made[-1]

    yield make
    for story in made:
        story.close()
    for name in names:
        postgres.drop_database(name)
