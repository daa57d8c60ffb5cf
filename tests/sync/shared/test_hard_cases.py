"""Attempts to break the promises of shared audiences."""

from __future__ import annotations

import unicodedata
from contextlib import suppress

import pytest

from crm_mailchimp.errors import ProviderError
from crm_mailchimp.sync.staging.stagings import StagingOutdatedError
from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    act,
    audience_of,
    by_hand,
    change,
    last_run,
    quarantine,
    rows,
    tagged,
    with_status,
)  # fmt: skip
from sync_world import World


def share_in(world, code, name):
    world.crm.execute(
        "update crm.contact_collection set shared_audience = %s where code = %s", (name, code)
    )


def filler(world, *collections, n=30):
    for number in range(n):
        world.contact(f"allos{number}@example.gr", *collections)


def delete_tags(world, *codes):
    with world.provider() as provider:
        list_id = audience_of(world)
        for tag in provider.tags(list_id):
            if not codes or any(tag.name.endswith(f"({code})") for code in codes):
                provider.client.lists.delete_segment(list_id, str(tag.tag_id))


# ---- refusals: the tag taken by hand


def test_tag_taken_by_hand_then_address_changes(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    filler(shared, news)
    shared.sync()
    by_hand(shared, "NEWS", "maria@example.gr", "taken")
    shared.sync()
    assert quarantine(shared)[("NEWS", maria)] == "suppressed_archived"
    shared.change_contact(maria, email="maria.nea@example.gr")
    for _ in range(2):
        shared.sync()
    assert "maria.nea@example.gr" not in tagged(shared, "NEWS")


def test_tag_taken_by_hand_then_merged(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    filler(shared, news)
    shared.sync()
    by_hand(shared, "NEWS", "maria@example.gr", "taken")
    shared.sync()
    other = shared.contact("maria.nea@example.gr", news)
    shared.change_contact(maria, merged_into_id=other, is_active=False)
    for _ in range(2):
        shared.sync()
    assert "maria.nea@example.gr" not in tagged(shared, "NEWS")


def test_tag_taken_by_hand_then_tag_deleted(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    filler(shared, news)
    shared.sync()
    by_hand(shared, "NEWS", "maria@example.gr", "taken")
    shared.sync()
    delete_tags(shared)
    shared.sync()
    assert "maria@example.gr" not in tagged(shared, "NEWS")


def test_tag_taken_by_hand_then_collection_gets_its_own_audience(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    filler(shared, news)
    shared.sync()
    by_hand(shared, "NEWS", "maria@example.gr", "taken")
    shared.sync()
    share_in(shared, "NEWS", None)
    shared.sync(options=UNGUARDED)
    assert "maria@example.gr" not in with_status(shared, "subscribed", "NEWS")


# ---- people lost


def test_pending_members_of_a_broken_collection_stay(shared: World) -> None:
    shared.crm.execute(
        "alter table crm.contact_collection add column if not exists confirm_new_members boolean"
    )
    news = shared.collection("NEWS", shared_audience=NAME, confirm_new_members=True)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    filler(shared, offers)
    shared.sync()
    assert with_status(shared, "pending") == {"maria@example.gr"}
    change(shared, "NEWS", campaign_type=None)
    shared.sync()
    assert with_status(shared, "pending") == {"maria@example.gr"}


def test_a_deleted_tag_of_a_broken_collection_removes_nobody(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    filler(shared, offers)
    shared.sync()
    change(shared, "NEWS", campaign_type=None)
    delete_tags(shared, "NEWS")
    shared.sync()
    assert "maria@example.gr" in with_status(shared, "subscribed")


def test_killed_before_tagging_then_broken_removes_nobody(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    filler(shared, offers)
    shared.sync()
    shared.contact("maria@example.gr", news)

    class KilledError(Exception):
        pass

    def kill(what):
        if "/segments" in what and what.startswith("POST"):
            raise KilledError(what)

    shared.calls.reset(before=kill)
    with suppress(KilledError):
        shared.sync()
    shared.calls.reset()
    assert "maria@example.gr" in with_status(shared, "subscribed")
    change(shared, "NEWS", campaign_type=None)
    shared.sync()
    assert "maria@example.gr" in with_status(shared, "subscribed")


def test_loss_of_sync_while_one_collection_is_broken(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    filler(shared, offers)
    shared.sync()
    change(shared, "NEWS", campaign_type=None)
    shared.forget_ledger()
    shared.sync()
    assert "maria@example.gr" in with_status(shared, "subscribed")
    assert tagged(shared, "NEWS") == {"maria@example.gr"}


def test_withdrawals_without_a_tag_unsubscribe(shared: World) -> None:
    """Tag deleted and people withdraw: a withdrawal is no removal for the guard."""
    news = shared.collection("NEWS", shared_audience=NAME)
    people = [shared.contact(f"a{n}@example.gr", news) for n in range(20)]
    shared.sync()
    delete_tags(shared)
    for one in people[:10]:
        shared.regrant(one, granted=False)
    result = shared.sync()[CODE]
    assert len(with_status(shared, "unsubscribed")) == 10, result.detail


def test_withdrawal_of_pending(shared: World) -> None:
    shared.crm.execute(
        "alter table crm.contact_collection add column if not exists confirm_new_members boolean"
    )
    news = shared.collection("NEWS", shared_audience=NAME, confirm_new_members=True)
    people = [shared.contact(f"a{n}@example.gr", news) for n in range(20)]
    shared.sync()
    for one in people[:10]:
        shared.regrant(one, granted=False)
    result = shared.sync()[CODE]
    assert len(with_status(shared, "unsubscribed")) == 10, result.detail


# ---- names


def test_two_codes_that_differ_in_case_only(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME, description="Νέα")
    other = shared.collection("news", shared_audience=NAME, description="Νέα")
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", other)
    for _ in range(3):
        with suppress(ProviderError):
            shared.sync(options=UNGUARDED)
    tags = rows(shared, "select tag_id, name from sync.tag")
    assert len({row["tag_id"] for row in tags}) == 2, tags


def test_a_code_like_that_of_a_shared_audience_is_refused(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    other = shared.collection(CODE)
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", other)
    results = shared.sync()
    assert results[CODE].state == "succeeded"
    (blocked,) = [one for code, one in results.items() if code != CODE]
    assert blocked.state == "blocked"
    assert "shared:" in (blocked.detail or "")
    assert with_status(shared, "subscribed") == {"maria@example.gr"}


def test_a_tag_name_taken_stops_only_that_collection(shared: World) -> None:
    """Renaming NEWS fails; OFFERS goes on."""
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", offers)
    shared.sync()
    with shared.provider() as provider:
        provider.create_tag(audience_of(shared), "Αλλιώς (NEWS)")
    change(shared, "NEWS", description="Αλλιώς")
    shared.contact("eleni@example.gr", offers)
    with suppress(ProviderError):
        shared.sync()
    assert "eleni@example.gr" in tagged(shared, "OFFERS")
    assert last_run(shared, "OFFERS")["state"] == "succeeded"


def test_a_long_code_stops_only_that_collection(shared: World) -> None:
    news = shared.collection("N" * 120, shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", offers)
    with suppress(ProviderError):
        shared.sync()
    assert tagged(shared, "OFFERS") == {"nikos@example.gr"}
    assert last_run(shared, "OFFERS")["state"] == "succeeded"


@pytest.mark.parametrize("length", [85, 95, 100, 300])
def test_long_description(shared: World, length: int) -> None:
    news = shared.collection("NEWS", shared_audience=NAME, description="Ω" * length)
    two = shared.collection("NEWS2", shared_audience=NAME, description="Ω" * length)
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", two)
    assert shared.sync()[CODE].state == "succeeded"
    assert tagged(shared, "NEWS") == {"maria@example.gr"}
    assert tagged(shared, "NEWS2") == {"nikos@example.gr"}


def test_unicode_forms_of_one_name(shared: World) -> None:
    nfd = unicodedata.normalize("NFD", "Κοινό")
    news = shared.collection("NEWS", shared_audience="Κοινό")
    offers = shared.collection("OFFERS", shared_audience=nfd)
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", offers)
    results = shared.sync()
    assert all(one.state in ("succeeded", "blocked") for one in results.values())
    shared.forget_ledger()
    results = shared.sync()
    assert all(one.state in ("succeeded", "blocked") for one in results.values()), results
    with shared.provider() as provider:
        assert len(list(provider.audiences())) in (1, 2)
        for a in provider.audiences():
            assert len(list(provider.members(a.list_id))) <= 2


# ---- runs beside each other


def test_an_older_run_of_the_shared_audience_does_not_take_a_collection_back(
    shared: World,
) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", offers)
    shared.sync()
    older = shared.stage()
    share_in(shared, "NEWS", None)
    shared.sync(["NEWS"], options=UNGUARDED)
    own = shared.list_id("NEWS")
    with suppress(StagingOutdatedError):
        shared.push(older, CODE)
    found = rows(shared, "select list_id from sync.audience where collection_code = 'NEWS'")
    assert [row["list_id"] for row in found] == [own]


def test_an_older_own_run_does_not_take_a_collection_out(shared: World) -> None:
    news = shared.collection("NEWS")
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", offers)
    shared.sync()
    older = shared.stage()
    share_in(shared, "NEWS", NAME)
    shared.sync(options=UNGUARDED)
    assert tagged(shared, "NEWS") == {"maria@example.gr"}
    with suppress(StagingOutdatedError):
        shared.push(older, "NEWS")
    found = rows(
        shared, "select left_at from sync.tag where collection_code = 'NEWS' and left_at is null"
    )
    assert len(found) == 1


# ---- audiences of others


def test_one_audience_linked_by_a_shared_and_by_an_own_collection(shared: World) -> None:
    own = shared.collection("OWN")
    shared.contact("maria@example.gr", own)
    shared.sync()
    list_id = shared.list_id("OWN")
    news = shared.collection("NEWS", shared_audience=NAME, provider_list_id=list_id)
    shared.contact("nikos@example.gr", news)
    results = shared.sync(options=UNGUARDED)
    results = shared.sync(options=UNGUARDED)
    with shared.provider() as provider:
        assert {one.email_address: one.status for one in provider.members(list_id)} in (
            {"maria@example.gr": "subscribed"},
            {"maria@example.gr": "subscribed", "nikos@example.gr": "subscribed"},
        ), results


def test_shared_name_is_that_of_an_own_audience(shared: World) -> None:
    own = shared.collection("OWN")
    shared.contact("maria@example.gr", own)
    shared.sync()
    list_id = shared.list_id("OWN")
    with shared.provider() as provider:
        (one,) = provider.audiences()
        name = one.settings.name
    news = shared.collection("NEWS", shared_audience=name)
    shared.contact("nikos@example.gr", news)
    results = shared.sync()
    print(results)
    with shared.provider() as provider:
        assert {one.email_address: one.status for one in provider.members(list_id)} == {
            "maria@example.gr": "subscribed"
        }
    shared.forget_ledger()
    results = shared.sync()
    print(results)
    with shared.provider() as provider:
        assert {one.email_address: one.status for one in provider.members(list_id)} == {
            "maria@example.gr": "subscribed"
        }


def test_own_audience_becomes_the_shared_one_by_link(shared: World) -> None:
    news = shared.collection("NEWS")
    offers = shared.collection("OFFERS")
    shared.contact("maria@example.gr", news)
    ref = shared.contact("nikos@example.gr", news)
    shared.contact("eleni@example.gr", offers)
    shared.sync()
    list_id = shared.list_id("NEWS")
    shared.act("nikos@example.gr", "unsubscribe", "NEWS")
    for code in ("NEWS", "OFFERS"):
        share_in(shared, code, NAME)
    change(shared, "NEWS", provider_list_id=list_id)
    results = shared.sync(options=UNGUARDED)
    print(results)
    assert results[CODE].state == "succeeded", results
    assert audience_of(shared) == list_id
    assert with_status(shared, "subscribed") == {"maria@example.gr", "eleni@example.gr"}
    assert tagged(shared, "NEWS") == {"maria@example.gr"}
    shared.change_contact(ref, email="n2@example.gr")
    shared.sync(options=UNGUARDED)
    assert with_status(shared, "subscribed") == {"maria@example.gr", "eleni@example.gr"}


# ---- the persons


def test_two_contacts_of_one_address_one_refuses(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME, campaign_type="OFFER")
    shared.contact("maria@example.gr", news)
    two = shared.contact("Maria@Example.GR", offers)
    shared.consent(two, category="offer")
    filler(shared, news)
    shared.sync()
    assert "maria@example.gr" in tagged(shared, "NEWS")
    shared.regrant(two, granted=False, category="newsletter")
    shared.sync()
    assert "maria@example.gr" not in tagged(shared, "NEWS")
    assert len(tagged(shared, "OFFERS")) == 1


def test_address_changed_in_mailchimp_then_leaves(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news, offers)
    filler(shared, news)
    shared.sync()

    list_id = audience_of(shared)
    shared.sandbox.control("POST", "clock/advance", {"seconds": 2})
    shared.sandbox.control(
        "POST", "act",
        {"list_id": list_id, "email_address": "maria@example.gr", "action": "change_email",
         "new_email_address": "nea@example.gr"},
    )  # fmt: skip
    shared.sandbox.control("POST", "clock/advance", {"seconds": 2})
    shared.sync()
    assert "nea@example.gr" in tagged(shared, "NEWS")
    shared.leave(news, maria)
    shared.sync()
    assert "nea@example.gr" not in tagged(shared, "NEWS")
    assert "nea@example.gr" in tagged(shared, "OFFERS")
    shared.join(news, maria)
    shared.sync()
    assert "nea@example.gr" in tagged(shared, "NEWS")
    shared.regrant(maria, granted=False)
    shared.sync()
    assert with_status(shared, "unsubscribed") == {"nea@example.gr"}


def test_tag_renamed_by_hand(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    shared.sync()
    with shared.provider() as provider:
        list_id = audience_of(shared)
        (tag,) = provider.tags(list_id)
        provider.rename_tag(list_id, tag.tag_id, "Αλλο")
    shared.contact("nikos@xn--kxawhkm4g.gr", news)
    shared.sync()
    shared.sync()
    with shared.provider() as provider:
        tags = list(provider.tags(list_id))
        assert [(t.tag_id, t.member_count) for t in tags] == [(tag.tag_id, 2)]


def test_resubscribed_after_opt_out_gets_tags(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    filler(shared, news)
    shared.sync()
    act(shared, "maria@example.gr", "unsubscribe")
    shared.sync()
    act(shared, "maria@example.gr", "subscribe")
    for _ in range(2):
        shared.sync()
    assert "maria@example.gr" in with_status(shared, "subscribed")
    assert "maria@example.gr" in tagged(shared, "NEWS")


def test_lost_collection_after_loss_and_foreign_tag(shared: World) -> None:
    """Withdrawn while a dynamic collection fails."""
    news = shared.collection("NEWS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    filler(shared, news)
    shared.sync()
    change(shared, "NEWS", is_static=False, query_text="select nothing from nowhere")
    shared.regrant(maria, granted=False)
    shared.sync()
    assert "maria@example.gr" in with_status(shared, "unsubscribed")
    assert len(with_status(shared, "subscribed")) == 30
