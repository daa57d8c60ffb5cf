"""A collection that is away keeps its own members in the shared audience, and nobody else's."""

from __future__ import annotations

import pytest

from sharing_world import NAME, audience_of, sync_each, tagged, with_status
from sync_world import World

MARIA, ZOI, KOSTAS, ELENI = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "eleni"))
WAYS = ("inactive", "without a provider", "deleted", "waits elsewhere", "lost with the state")


def fill(world: World) -> tuple[int, int, int]:
    """Ids of NEWS, of OFFERS, and of the contact who leaves OFFERS later."""
    news = world.collection("NEWS", shared_audience=NAME)
    offers = world.collection("OFFERS", shared_audience=NAME)
    world.contact(MARIA, news, first_name="Μαρία")
    world.contact(ZOI, news, offers, first_name="Ζωή")
    kostas = world.contact(KOSTAS, offers, first_name="Κώστας")
    world.contact(ELENI, offers, first_name="Ελένη")
    sync_each(world)
    return news, offers, kostas


def put_away(world: World, news: int, how: str) -> None:
    if how == "inactive":
        world.crm.execute("update crm.contact_collection set is_active = false where code = 'NEWS'")
    elif how == "without a provider":
        world.crm.execute(
            "update crm.contact_collection set external_provider = null where code = 'NEWS'"
        )
    elif how == "waits elsewhere":
        world.sandbox.control("POST", "limits", {"max_audiences": 1})
        world.crm.execute(
            "update crm.contact_collection set shared_audience = null where code = 'NEWS'"
        )
    else:
        for table in ("collection_member", "contact_collection"):
            world.crm.execute(f"delete from crm.{table} where collection_id = %s", (news,))
    if how == "lost with the state":
        world.forget_ledger()


@pytest.mark.parametrize("how", WAYS)
def test_who_leaves_another_collection_is_archived(shared: World, how: str) -> None:
    news, offers, kostas = fill(shared)
    put_away(shared, news, how)
    sync_each(shared, 2)
    assert with_status(shared, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}

    shared.leave(offers, kostas)
    sync_each(shared, 2)

    assert tagged(shared, "OFFERS") == {ZOI, ELENI}
    assert with_status(shared, "archived") == {KOSTAS}
    assert with_status(shared, "subscribed") == {MARIA, ZOI, ELENI}


@pytest.mark.parametrize("how", WAYS[:3])
def test_if_its_tag_is_deleted_nobody_knows_who_its_members_are(shared: World, how: str) -> None:
    news, offers, kostas = fill(shared)
    put_away(shared, news, how)
    sync_each(shared)
    with shared.provider() as provider:
        list_id = audience_of(shared)
        (tag,) = [one for one in provider.tags(list_id) if one.name.endswith("(NEWS)")]
        provider.client.lists.delete_segment(list_id, str(tag.tag_id))

    shared.leave(offers, kostas)
    sync_each(shared, 2)

    assert with_status(shared, "archived") == set()
    assert with_status(shared, "subscribed") == {MARIA, ZOI, KOSTAS, ELENI}
