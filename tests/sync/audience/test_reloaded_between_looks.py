"""A person changed the address in Mailchimp, and the CRM has the contact under a new id since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from fresh_databases import fresh_databases
from sharing_world import CODE, NAME, share
from sync_world import World

OLD, NEW, MARIA = "nikos@galaxy.gr", "nikos.neos@galaxy.gr", "maria@galaxy.gr"
_NO_GUARD = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**6, half=2.0))


@pytest.fixture(params=["postgres", "debian_postgres"])
def world(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[World]:
    with fresh_databases(request.getfixturevalue(request.param)) as (crm, warehouse):
        made = World(crm, warehouse, mailchimp_sandbox)
        share(made)
        yield made
        made.close()


def load_again(world: World, collection: int, contact: int) -> int:
    """The CRM loses a contact, and loads it again; gives its new id."""
    for table in ("collection_member", "consent", "contact"):
        world.crm.execute(f"delete from crm.{table} where contact_id = %s", (contact,))
    return world.contact(OLD, collection, first_name="Νίκος")


@pytest.mark.parametrize("name", [None, NAME])
@pytest.mark.parametrize("where", ["here", "where it goes", "another collection"])
def test_the_old_address_is_not_added(world: World, name: str | None, where: str) -> None:
    news = world.collection("NEWS", shared_audience=name)
    nikos = world.contact(OLD, news, first_name="Νίκος")
    world.contact(MARIA, news, first_name="Μαρία")
    world.sync(options=_NO_GUARD)
    code = "NEWS" if name is None else CODE
    world.act(OLD, "change_email", code, new_email_address=NEW)
    there = news
    if where == "where it goes":
        world.crm.execute(
            "update crm.contact_collection set shared_audience = %s",
            (NAME if name is None else None,),
        )
        code = CODE if name is None else "NEWS"
    elif where == "another collection":
        there = world.collection("OFFERS")
        world.contact(MARIA, there)
        code = "OFFERS"

    load_again(world, there, nikos)
    for _ in range(3):
        # First the audience where he changed it: nobody knows it before it was looked at.
        world.sync(["NEWS"], options=_NO_GUARD)
        world.sync(options=_NO_GUARD)
        assert OLD not in world.remote(code), where
    assert world.remote(code)[MARIA] == "subscribed"
