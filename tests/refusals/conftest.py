import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crm_mailchimp.crm.schema import create_contract
from crm_mailchimp.warehouse.migrations import upgrade
from local_installation.postgres import Server

pytest.register_assert_rewrite("refusals.story")

from refusals.story import Story  # noqa: E402 - its assertions speak as those of tests do


@pytest.fixture
def story(crm_db: str, warehouse_db: str, mailchimp_sandbox: Any) -> Iterator[Story]:
    story = Story(crm_db, warehouse_db, mailchimp_sandbox)
    yield story
    story.close()


#: The optional columns of the contract.
_OPTIONAL = (
    "alter table crm.contact_collection add column confirm_new_members boolean",
    "alter table crm.contact_collection add column marketing_permission text",
)


@pytest.fixture(scope="session", params=["postgres", "debian_postgres"])
def _either_server(request: pytest.FixtureRequest) -> tuple[Server, dict[str, str]]:
    """A server, and databases to copy: a CRM with the optional columns, and a warehouse."""
    server = request.getfixturevalue(request.param)
    templates = {kind: f"optional_{kind}_template" for kind in ("crm", "warehouse")}
    with psycopg.connect(server.create_database(templates["crm"])) as connection:
        create_contract(connection)
        for change in _OPTIONAL:
            connection.execute(change)
    upgrade(server.create_database(templates["warehouse"]))
    return server, templates


@pytest.fixture
def either_story(
    _either_server: tuple[Server, dict[str, str]], mailchimp_sandbox: Any
) -> Iterator[Story]:
    """A story whose CRM has the optional columns, on each of both servers."""
    server, templates = _either_server
    names = {kind: f"optional_{kind}_{uuid.uuid4().hex[:12]}" for kind in templates}
    crm_dsn, warehouse_dsn = (
        server.create_database(names[kind], template=templates[kind]) for kind in names
    )
    story = Story(crm_dsn, warehouse_dsn, mailchimp_sandbox)
    yield story
    story.close()
    for name in names.values():
        server.drop_database(name)


@pytest.fixture(scope="session")
def _other_templates(postgres: Server) -> dict[str, str]:
    """Databases of another installation: not copies of the first one's, which share its id."""
    crm, warehouse = "other_crm_template", "other_warehouse_template"
    with psycopg.connect(postgres.create_database(crm)) as connection:
        create_contract(connection)
    upgrade(postgres.create_database(warehouse))
    return {"crm": crm, "warehouse": warehouse}


@pytest.fixture
def other(
    postgres: Server, _other_templates: dict[str, str], mailchimp_sandbox: Any
) -> Iterator[Story]:
    """A second installation with the same account; its warehouse is empty."""
    names = {kind: f"other_{kind}_{uuid.uuid4().hex[:12]}" for kind in _other_templates}
    crm_dsn, warehouse_dsn = (
        postgres.create_database(names[kind], template=_other_templates[kind]) for kind in names
    )
    story = Story(crm_dsn, warehouse_dsn, mailchimp_sandbox)
    yield story
    story.close()
    for name in names.values():
        postgres.drop_database(name)
