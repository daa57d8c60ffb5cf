"""The rights that docs/crm_contract.md tells to grant: enough for everything, and for no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.crm.provider_defaults import fill_provider_defaults
from crm_mailchimp.sync.members.write_back import write_back_members
from crm_mailchimp.sync.runs.collection_sync import sync_collection
from crm_mailchimp.sync.staging.stage import stage
from documented_grants import grants
from sync_world import World


@pytest.fixture
def world(crm_db: str, warehouse_db: str, mailchimp_sandbox: Any) -> Iterator[World]:
    world = World(crm_db, warehouse_db, mailchimp_sandbox)
    yield world
    world.close()


@pytest.fixture
def pipeline(world: World) -> Iterator[str]:
    """A DSN of the login `pipeline` with the documented rights."""
    database = str(psycopg.conninfo.conninfo_to_dict(world.crm_dsn)["dbname"])
    world.crm.execute("create role pipeline login password 'μυστικό'")
    try:
        for block in grants(database, "pipeline"):
            world.crm.execute(block.encode())
        yield psycopg.conninfo.make_conninfo(world.crm_dsn, user="pipeline", password="μυστικό")
    finally:
        world.crm.execute("drop owned by pipeline; drop role pipeline")


def test_the_documented_rights_are_enough_and_no_more(world: World, pipeline: str) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)

    with (
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(pipeline) as snapshot,
        psycopg.connect(pipeline, autocommit=True) as crm,
        world.provider() as provider,
    ):
        staging_id = stage(warehouse, snapshot, None, run_id="by pipeline")
        result = sync_collection(
            warehouse, crm, Accounts.only(provider), staging_id=staging_id, collection_code="NEWS"
        )
        assert (result.state, result.counts["added"]) == ("succeeded", 1)
        write_back_members(warehouse, crm)
        fill_provider_defaults(crm, "mailchimp", {"company": "Ελαιώνες"}, overwrite=True)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            crm.execute("update crm.contact set first_name = 'Ζωή'")

    written = world.crm.execute("select status from crm.provider_member_status").fetchall()
    assert written == [("subscribed",)]
