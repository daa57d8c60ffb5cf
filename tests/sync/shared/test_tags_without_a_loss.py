"""A tag is looked for as after a loss only if the state was lost, and a preview is no knowledge."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from crm_mailchimp.errors import ProviderError
from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    audience_of,
    change,
    last_run,
    rows,
    with_status,
)
from sync_world import World, subscriber_hash

MARIA, ZOI, KOSTAS = "maria@galaxy.gr", "zoi@galaxy.gr", "kostas@galaxy.gr"


class KilledError(Exception):
    """The process ends here."""


def sync(world: World, times: int = 1, **staging: Any) -> None:
    for _ in range(times):
        with suppress(ProviderError):
            world.sync(options=UNGUARDED, **staging)


def tags(world: World, list_id: str) -> dict[str, set[str]]:
    """The members of each tag, by its name."""
    with world.provider() as provider:
        return {
            tag.name: {one.subscriber_hash for one in provider.tag_members(list_id, tag.tag_id)}
            for tag in provider.tags(list_id)
        }


def audience_by_hand(world: World, tag: str, *emails: str) -> str:
    """An audience that people made, whose members have a tag of theirs."""
    first = world.collection("FIRST")
    world.contact("proti@galaxy.gr", first)
    world.sync()
    with world.provider() as provider:
        (settings,) = (one.settings for one in provider.audiences())
        list_id = str(provider.create_audience(settings).list_id)
        provider.create_tag(list_id, tag)
        for email in emails:
            provider.client.lists.add_list_member(
                list_id, {"email_address": email, "status": "subscribed"}
            )
            assert provider.give_tag(list_id, tag, subscriber_hash(email))
    world.sandbox.control("POST", "clock/advance", {"seconds": 2})
    return list_id


def linked(world: World, list_id: str) -> None:
    news = world.collection(
        "NEWS", shared_audience=NAME, description="Ενημερωτικό", provider_list_id=list_id
    )
    world.contact(MARIA, news, first_name="Μαρία")


def test_a_tag_of_people_stays_theirs_in_every_later_run(sharing: World) -> None:
    name = "Ενημερωτικό (NEWS)"
    list_id = audience_by_hand(sharing, name, KOSTAS)
    linked(sharing, list_id)

    for _ in range(3):
        sync(sharing)
        assert last_run(sharing, "NEWS")["detail"].startswith("tag_by_hand: ")
        assert tags(sharing, list_id)[name] == {subscriber_hash(KOSTAS)}


@pytest.mark.parametrize("name", ["Πελάτες (NEWS)", "Πελάτες (VIP)"])
def test_a_first_run_that_died_is_no_loss(sharing: World, name: str) -> None:
    """It died when the audience was marked, and before it made a tag."""
    list_id = audience_by_hand(sharing, name, KOSTAS)
    linked(sharing, list_id)

    def kill(call: str) -> None:
        if call.startswith("POST") and call.endswith("/segments"):
            raise KilledError(call)

    sharing.calls.reset(before=kill)
    with pytest.raises(KilledError):
        sharing.sync(options=UNGUARDED)
    sharing.calls.reset()
    sync(sharing, 2)

    assert tags(sharing, list_id) == {
        name: {subscriber_hash(KOSTAS)},
        "Ενημερωτικό (NEWS)": {subscriber_hash(MARIA)},
    }
    assert last_run(sharing, CODE)["detail"] is None


def filled(world: World) -> str:
    news = world.collection("NEWS", shared_audience=NAME)
    offers = world.collection("OFFERS", shared_audience=NAME)
    gifts = world.collection("GIFTS (EL)", shared_audience=NAME)
    world.contact(MARIA, news, first_name="Μαρία")
    world.contact(ZOI, news, offers, first_name="Ζωή")
    world.contact(KOSTAS, gifts, first_name="Κώστας")
    sync(world)
    return audience_of(world)


def test_a_preview_of_a_move_that_nobody_makes(sharing: World) -> None:
    list_id = filled(sharing)
    before = tags(sharing, list_id)
    change(sharing, "GIFTS (EL)", is_active=False)
    sharing.forget_ledger()
    change(sharing, "NEWS", shared_audience=None)
    sharing.stage(["NEWS"], dry_run=True)
    with suppress(ProviderError):
        sharing.sync(["NEWS"], options=UNGUARDED, dry_run=True)
    change(sharing, "NEWS", shared_audience=NAME)

    sync(sharing, 2)

    assert with_status(sharing, "subscribed") == {MARIA, ZOI, KOSTAS}
    assert tags(sharing, list_id) == before
    assert last_run(sharing, "OFFERS")["state"] == last_run(sharing, "NEWS")["state"] == "succeeded"


def test_a_preview_of_sharing_that_nobody_begins(sharing: World) -> None:
    news = sharing.collection("NEWS")
    offers = sharing.collection("OFFERS", shared_audience=NAME)
    sharing.contact(MARIA, news, first_name="Μαρία")
    sharing.contact(ZOI, news, first_name="Ζωή")
    sharing.contact(KOSTAS, offers, first_name="Κώστας")
    sync(sharing)
    own = sharing.list_id("NEWS")
    sharing.act(ZOI, "unsubscribe", "NEWS")
    sharing.forget_ledger()
    change(sharing, "NEWS", shared_audience=NAME)
    sync(sharing, dry_run=True)
    assert rows(sharing, "select found_in_preview from sync.former_audience") == []
    change(sharing, "NEWS", shared_audience=None)

    sync(sharing, 2)

    assert sharing.list_id("NEWS") == own
    assert sharing.remote("NEWS") == {MARIA: "subscribed", ZOI: "unsubscribed"}
    assert rows(sharing, "select from sync.former_audience") == []


def test_a_code_with_parentheses_comes_back(sharing: World) -> None:
    list_id = filled(sharing)
    before = tags(sharing, list_id)
    ((gifts, kostas),) = sharing.crm.execute(
        "select collection_id, contact_id from crm.collection_member"
        " inner join crm.contact_collection using (collection_id) where code = 'GIFTS (EL)'"
    ).fetchall()
    for table in ("collection_member", "contact_collection"):
        sharing.crm.execute(f"delete from crm.{table} where collection_id = %s", (gifts,))
    sharing.forget_ledger()
    sync(sharing, 2)
    assert tags(sharing, list_id) == before
    assert KOSTAS in with_status(sharing, "subscribed")

    sharing.join(sharing.collection("GIFTS (EL)", shared_audience=NAME), kostas)
    sync(sharing, 2)

    assert tags(sharing, list_id) == before
    assert last_run(sharing, "GIFTS (EL)")["state"] == "succeeded"


def test_one_that_was_broken_in_the_first_run_gets_its_tag_back(sharing: World) -> None:
    list_id = filled(sharing)
    before = tags(sharing, list_id)
    sharing.crm.execute(
        "alter table crm.external_provider add column if not exists kind text;"
        "insert into crm.external_provider (code, connection_id, email_type_option, kind)"
        " values ('other', 'x', false, 'brevo')"
    )
    change(sharing, "NEWS", external_provider="other")
    sharing.forget_ledger()
    sync(sharing, 2)
    assert with_status(sharing, "subscribed") == {MARIA, ZOI, KOSTAS}

    change(sharing, "NEWS", external_provider="mailchimp")
    sync(sharing, 2)

    assert tags(sharing, list_id) == before
    assert last_run(sharing, "NEWS")["state"] == "succeeded"
    assert with_status(sharing, "subscribed") == {MARIA, ZOI, KOSTAS}


def test_a_tag_of_which_nobody_knows_keeps_its_name(sharing: World) -> None:
    """Another collection wants the name of a tag that may be somebody's."""
    list_id = filled(sharing)
    with sharing.provider() as provider:
        provider.create_tag(list_id, "Πελάτες (VIP)")
        assert provider.give_tag(list_id, "Πελάτες (VIP)", subscriber_hash(MARIA))
    sharing.forget_ledger()
    sync(sharing)
    change(sharing, "OFFERS", description="Πελάτες")
    change(sharing, "OFFERS", code="VIP")

    sync(sharing, 2)

    assert tags(sharing, list_id)["Πελάτες (VIP)"] == {subscriber_hash(MARIA)}
    assert last_run(sharing, "VIP")["detail"].startswith("tag_by_hand: ")
    assert ZOI in with_status(sharing, "subscribed")
