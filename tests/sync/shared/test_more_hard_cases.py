"""More attempts to break the promises of shared audiences."""

from __future__ import annotations

from contextlib import suppress

import pytest

from crm_mailchimp.errors import PassingError, PermanentError, ProviderError
from crm_mailchimp.sync.runs import collection_run
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    audience_of,
    change,
    last_run,
    rows,
    tagged,
    with_status,
)  # fmt: skip
from sync_world import World


def share_in(world, code, name):
    change(world, code, shared_audience=name)


def filler(world, *collections, n=30):
    for number in range(n):
        world.contact(f"allos{number}@example.gr", *collections)


def delete_tags(world, *codes):
    with world.provider() as provider:
        list_id = audience_of(world)
        for tag in provider.tags(list_id):
            if not codes or any(tag.name.endswith(f"({code})") for code in codes):
                provider.client.lists.delete_segment(list_id, str(tag.tag_id))


@pytest.mark.parametrize("lost", [True, False])
def test_after_a_loss_the_guard_of_a_collection_holds(shared: World, lost: bool) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    filler(shared, news, offers, n=30)
    shared.sync()
    if lost:
        shared.forget_ledger()
    shared.crm.execute(
        "delete from crm.collection_member where collection_id = %s and contact_id >"
        " (select min(contact_id) from crm.collection_member)",
        (news,),
    )
    with suppress(ProviderError):
        shared.sync()
    assert len(tagged(shared, "NEWS")) == 30, last_run(shared, "NEWS")


@pytest.mark.parametrize("lost", [True, False])
def test_codes_that_differ_in_case_after_a_loss(shared: World, lost: bool) -> None:
    news = shared.collection("NEWS", shared_audience=NAME, description="Νέα")
    other = shared.collection("news", shared_audience=NAME, description="Νέα")
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", other)
    shared.sync(options=UNGUARDED)
    if lost:
        shared.forget_ledger()
    else:
        delete_tags(shared, "news")
    for _ in range(2):
        with suppress(ProviderError):
            shared.sync(options=UNGUARDED)
    tags = rows(shared, "select tag_id, name from sync.tag")
    assert len({row["tag_id"] for row in tags}) == 2, tags
    assert tagged(shared, "NEWS") == {"maria@example.gr"}
    assert tagged(shared, "news") == {"nikos@example.gr"}


def test_address_changed_in_mailchimp_and_a_loss(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    filler(shared, news)
    shared.sync()
    shared.act("maria@example.gr", "change_email", CODE, new_email_address="nea@example.gr")
    shared.sync()
    shared.forget_ledger()
    shared.sync()
    subscribed = with_status(shared, "subscribed")
    assert "nea@example.gr" in subscribed
    assert "maria@example.gr" not in subscribed
    assert "nea@example.gr" in tagged(shared, "NEWS")


def test_approval_of_a_collections_plan(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    everybody = [shared.contact(f"ola{n}@example.gr", news, offers) for n in range(20)]
    shared.sync()
    for contact in everybody[1:]:
        shared.leave(news, contact)
    shared.sync()
    assert last_run(shared, "NEWS")["state"] == "blocked"
    (row,) = rows(
        shared,
        "update sync.removal_request set decision = 'approved', decided_at = now()"
        " where collection_code = 'NEWS' and decided_at is null returning plan_id",
    )
    with suppress(PermanentError):
        shared.sync(options=SyncOptions(approved_plan=row["plan_id"]))
    assert tagged(shared, "NEWS") == {"ola0@example.gr"}, (
        last_run(shared, "NEWS"),
        last_run(shared, CODE),
    )
    assert len(with_status(shared, "subscribed")) == 20


@pytest.mark.parametrize("name", ["  ", "Κ" * 150, "a'b\"c%s{};--", "Κοινό\nδύο", "🍇" * 60])
def test_names_of_shared_audiences(shared: World, name: str) -> None:
    news = shared.collection("NEWS", shared_audience=name)
    own = shared.collection("OWN")
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", own)
    results = shared.sync()
    assert results["OWN"].state == "succeeded"
    assert all(one.state == "succeeded" for one in results.values()), results
    shared.forget_ledger()
    results = shared.sync()
    assert all(one.state == "succeeded" for one in results.values()), results
    with shared.provider() as provider:
        assert len(list(provider.audiences())) == 2


def test_withdrawal_right_before_the_addition(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news)

    def before(what: str) -> None:
        if "segments" in what and what.startswith("POST"):
            return
        if what == "POST /lists/{list_id}":
            shared.calls.before = None
            shared.regrant(maria, granted=False)

    shared.calls.reset(before=before)
    shared.sync()
    assert "maria@example.gr" not in tagged(shared, "NEWS")


def test_archived_by_hand_holds_for_all_and_new_address(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    filler(shared, news, offers)
    shared.sync()
    shared.archive_by_hand("maria@example.gr", CODE)
    shared.join(offers, maria)
    shared.sync()
    shared.change_contact(maria, email="nea@example.gr")
    shared.sync()
    assert len(with_status(shared, "subscribed")) == 30


def test_tag_of_a_collection_left_stays_off_after_returning(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news, offers)
    filler(shared, news, offers)
    shared.sync()
    shared.leave(news, maria)
    shared.leave(offers, maria)
    shared.sync()
    assert "maria@example.gr" in with_status(shared, "archived")
    shared.join(news, maria)
    shared.sync()
    assert "maria@example.gr" in tagged(shared, "NEWS")
    assert "maria@example.gr" not in tagged(shared, "OFFERS")


def test_left_and_withdrawn_while_the_own_run_moved_out(shared: World) -> None:
    """The shared audience's guard blocks, and a withdrawal still goes out."""
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    people = [shared.contact(f"n{n}@example.gr", news) for n in range(20)]
    filler(shared, offers, n=5)
    shared.sync()
    share_in(shared, "NEWS", None)
    shared.sync()
    shared.regrant(people[0], granted=False)
    shared.sync()
    assert "n0@example.gr" not in with_status(shared, "subscribed", "NEWS")
    assert "n0@example.gr" not in with_status(shared, "subscribed")


def test_a_failing_former_audience_stops_only_its_collection(shared: World) -> None:
    """NEWS joins; its former audience answers with errors. OFFERS goes on."""
    news = shared.collection("NEWS")
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", offers)
    shared.sync()
    own = shared.list_id("NEWS")
    share_in(shared, "NEWS", NAME)
    shared.contact("eleni@example.gr", offers)
    real = collection_run.CollectionRun.look_for_the_last_time

    def fails(self, audience):
        if audience.list_id == own:
            raise PassingError("cannot be read now")
        return real(self, audience)

    collection_run.CollectionRun.look_for_the_last_time = fails
    try:
        with suppress(ProviderError, PassingError):
            shared.sync()
    finally:
        collection_run.CollectionRun.look_for_the_last_time = real
    assert "eleni@example.gr" in tagged(shared, "OFFERS"), last_run(shared, CODE)
    assert last_run(shared, "OFFERS")["state"] == "succeeded"


def test_regrant_after_withdrawal_that_never_was_carried_out(shared: World) -> None:
    """Killed before the tag; she withdraws, then grants again: she is asked."""
    news = shared.collection("NEWS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    filler(shared, news)
    shared.sync()
    delete_tags(shared)
    shared.regrant(maria, granted=False)
    shared.sync()
    shared.regrant(maria)
    shared.sync()
    assert "maria@example.gr" not in with_status(shared, "subscribed")


def test_dynamic_query_fails_keeps_members(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news, offers)
    filler(shared, offers)
    shared.sync()
    change(shared, "NEWS", is_static=False, query_text="select nothing from nowhere")
    shared.sync()
    assert "maria@example.gr" in with_status(shared, "subscribed")
    assert tagged(shared, "NEWS") == {"maria@example.gr", "nikos@example.gr"}
