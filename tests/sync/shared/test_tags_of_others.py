"""Tags that people made, and tags of collections that are gone: nobody keeps what is refused."""

from __future__ import annotations

import pytest

from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    audience_of,
    by_hand,
    last_run,
    rows,
    tagged,
    with_status,
)
from sync_world import World, subscriber_hash


def make_tag(world: World, name: str, *emails: str) -> int:
    """Somebody makes a tag in Mailchimp and gives it to members."""
    with world.provider() as provider:
        list_id = audience_of(world)
        made = provider.create_tag(list_id, name)
        for email in emails:
            provider.give_tag(list_id, name, subscriber_hash(email))
    world.sandbox.control("POST", "clock/advance", {"seconds": 2})
    return int(made.tag_id)


def carry(world: World, tag_id: int) -> set[str]:
    """Subscriber hashes that carry a tag in Mailchimp."""
    with world.provider() as provider:
        return {one.subscriber_hash for one in provider.tag_members(audience_of(world), tag_id)}


@pytest.mark.parametrize("full", [True, False])
def test_a_tag_of_our_name_that_was_there_before_is_left_alone(shared: World, full: bool) -> None:
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", offers)
    shared.contact("nikos@example.gr", offers)
    shared.sync()
    tag_id = make_tag(shared, "Ενημερωτικό (NEWS)", "maria@example.gr")
    news = shared.collection("NEWS", shared_audience=NAME, description="Ενημερωτικό")
    shared.contact("eleni@example.gr", news)

    for _ in range(2):
        results = shared.sync(options=UNGUARDED, full_refresh=full)
        assert results[CODE].state == "succeeded"
        run = last_run(shared, "NEWS")
        assert run["state"] == "blocked"
        assert run["detail"].startswith("tag_by_hand: ")
        assert carry(shared, tag_id) == {subscriber_hash("maria@example.gr")}
        assert tagged(shared, "OFFERS") == {"maria@example.gr", "nikos@example.gr"}
        assert "eleni@example.gr" not in with_status(shared, "subscribed"), "nobody gets no tag"

    with shared.provider() as provider:
        provider.rename_tag(audience_of(shared), tag_id, "Της Μαρίας")
    shared.sync(options=UNGUARDED)
    assert tagged(shared, "NEWS") == {"eleni@example.gr"}
    assert carry(shared, tag_id) == {subscriber_hash("maria@example.gr")}


def test_a_tag_of_our_name_in_a_linked_audience_is_left_alone(shared: World) -> None:
    """The audience was made by hand, with a tag that happens to have the name."""
    shared.collection("FIRST", shared_audience="Άλλο")
    shared.contact("kostas@example.gr", 1)
    shared.sync()
    list_id = shared.list_id("shared:Άλλο")
    with shared.provider() as provider:
        # As if it had been made by hand: nothing marks it.
        for field in provider.merge_fields(list_id):
            if field.tag == "CRMREF":
                provider.client.lists.delete_list_merge_field(list_id, str(field.merge_id))
        made = provider.create_tag(list_id, "Ενημερωτικό (NEWS)")
        provider.give_tag(list_id, made.name, subscriber_hash("kostas@example.gr"))
    shared.forget_ledger()
    shared.crm.execute("update crm.contact_collection set is_active = false")
    news = shared.collection(
        "NEWS", shared_audience=NAME, description="Ενημερωτικό", provider_list_id=list_id
    )
    shared.contact("eleni@example.gr", news)

    shared.sync(options=UNGUARDED)

    assert last_run(shared, "NEWS")["detail"].startswith("tag_by_hand: ")
    with shared.provider() as provider:
        assert {one.subscriber_hash for one in provider.tag_members(list_id, made.tag_id)} == {
            subscriber_hash("kostas@example.gr")
        }


@pytest.mark.parametrize("how", ["inactive", "deleted", "no provider"])
def test_who_refuses_loses_the_tag_of_a_collection_that_is_gone(shared: World, how: str) -> None:
    shared.crm.execute("insert into crm.campaign_type values ('PROS', 'Προσφορές', 'offer')")
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME, campaign_type="PROS")
    maria = shared.contact("maria@example.gr", news, offers)
    nikos = shared.contact("nikos@example.gr", news, offers)
    for one in (maria, nikos):
        shared.consent(one, category="offer")
    shared.sync()
    (row,) = rows(shared, "select tag_id from sync.tag where collection_code = 'OFFERS'")
    tag_id = row["tag_id"]
    assert len(carry(shared, tag_id)) == 2
    if how == "deleted":
        shared.crm.execute("delete from crm.collection_member where collection_id = %s", (offers,))
        shared.crm.execute("delete from crm.contact_collection where code = 'OFFERS'")
    elif how == "inactive":
        shared.crm.execute(
            "update crm.contact_collection set is_active = false where code = 'OFFERS'"
        )
    else:
        shared.crm.execute(
            "update crm.contact_collection set external_provider = null where code = 'OFFERS'"
        )
    shared.regrant(maria, granted=False, category="offer")

    results = shared.sync()

    assert carry(shared, tag_id) == {subscriber_hash("nikos@example.gr")}
    assert "1 member lost the tag" in (results[CODE].detail or "")
    assert "maria@example.gr" in with_status(shared, "subscribed"), "NEWS still wants her"
    assert tagged(shared, "NEWS") == {"maria@example.gr", "nikos@example.gr"}
    shared.calls.reset()
    shared.sync()
    assert not [call for call in shared.calls.made if not call.startswith("GET ")]


def test_a_preview_changes_nothing_that_is_known_of_tags(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", offers)
    shared.contact("nikos@example.gr", news)
    shared.sync()
    by_hand(shared, "NEWS", "maria@example.gr", "given")
    shared.join(news, maria)

    shared.push(shared.stage(dry_run=True), CODE)
    (row,) = rows(shared, "select count(*) as n from sync.tag_member where given_by_hand")
    assert row["n"] == 1

    shared.sync()
    (row,) = rows(shared, "select count(*) as n from sync.tag_member where given_by_hand")
    assert row["n"] == 0
