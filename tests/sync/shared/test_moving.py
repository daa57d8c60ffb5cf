"""Collections begin to share an audience, stop, and go elsewhere: nobody is lost or mailed."""

from __future__ import annotations

from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    act,
    audience_of,
    change,
    last_run,
    quarantine,
    rows,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World


def share_in(world: World, code: str, name: str | None) -> None:
    world.crm.execute(
        "update crm.contact_collection set shared_audience = %s where code = %s", (name, code)
    )


def test_from_an_own_audience_to_a_shared_one_and_back(shared: World) -> None:
    news = shared.collection("NEWS")
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", news, offers)
    shared.contact("nikos@example.gr", news)
    shared.contact("eleni@example.gr", offers)
    shared.sync()
    own = shared.list_id("NEWS")

    share_in(shared, "NEWS", NAME)
    shared.sync()
    assert tagged(shared, "NEWS") == {"maria@example.gr", "nikos@example.gr"}
    assert with_status(shared, "subscribed") == {
        "maria@example.gr",
        "nikos@example.gr",
        "eleni@example.gr",
    }
    with shared.provider() as provider:
        # Nothing happens in the audience that it had: no campaign goes there any more.
        assert {one.status for one in provider.members(own)} == {"subscribed"}

    share_in(shared, "NEWS", None)
    results = shared.sync(options=UNGUARDED)
    assert {one.state for one in results.values()} == {"succeeded"}
    assert with_status(shared, "subscribed", "NEWS") == {"maria@example.gr", "nikos@example.gr"}
    assert with_status(shared, "subscribed") == {"maria@example.gr", "eleni@example.gr"}
    assert with_status(shared, "archived") == {"nikos@example.gr"}


def test_a_collection_goes_back_to_the_audience_that_it_had(shared: World) -> None:
    """If the CRM names it. Who opted out anywhere meanwhile stays out."""
    news = shared.collection("NEWS")
    people = ("maria@galaxy.gr", "nikos@galaxy.gr", "zoi@galaxy.gr")
    for email in people:
        shared.contact(email, news)
    sync_each(shared, 2)
    own = audience_of(shared, "NEWS")
    change(shared, "NEWS", shared_audience=NAME)
    sync_each(shared, 2)
    act(shared, people[0], "unsubscribe")

    change(shared, "NEWS", shared_audience=None, provider_list_id=own)
    sync_each(shared, 2)

    assert audience_of(shared, "NEWS") == own
    assert with_status(shared, "subscribed", "NEWS") == set(people[1:])
    with shared.provider() as provider:
        names = [one.settings.name for one in provider.audiences()]
    assert len(names) == len(set(names)) == 2, "no second audience of the name"


def test_an_opt_out_that_nobody_saw_holds_after_leaving_a_shared_audience(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news)
    shared.sync()

    act(shared, "maria@example.gr", "unsubscribe")
    share_in(shared, "NEWS", None)
    # The collection alone: nobody looks at the shared audience otherwise.
    shared.sync(["NEWS"], options=UNGUARDED)

    assert with_status(shared, "subscribed", "NEWS") == {"nikos@example.gr"}
    assert quarantine(shared)[("NEWS", maria)] == "suppressed_unsubscribed"


def test_an_opt_out_that_nobody_saw_holds_after_joining_a_shared_audience(shared: World) -> None:
    news = shared.collection("NEWS")
    offers = shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", offers)
    shared.sync()
    act(shared, "nikos@example.gr", "unsubscribe")
    shared.act("maria@example.gr", "unsubscribe", "NEWS")
    share_in(shared, "NEWS", NAME)
    nikos = shared.contact("nikos@example.gr", news)

    shared.sync()

    assert with_status(shared, "subscribed") == set()
    assert quarantine(shared)[("NEWS", maria)] == "suppressed_unsubscribed"
    assert quarantine(shared)[("NEWS", nikos)] == "suppressed_unsubscribed"


def test_from_one_shared_audience_to_another(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", news, offers)
    shared.contact("nikos@example.gr", news)
    shared.sync()
    act(shared, "nikos@example.gr", "unsubscribe")
    share_in(shared, "NEWS", "Άλλο")

    for _ in range(2):
        shared.sync(options=UNGUARDED)

    assert with_status(shared, "subscribed", "shared:Άλλο") == {"maria@example.gr"}
    assert with_status(shared, "subscribed") == {"maria@example.gr"}
    assert tagged(shared, "OFFERS") == {"maria@example.gr"}


def test_a_collection_that_is_gone_keeps_its_members_and_withdrawals_go_out(
    shared: World,
) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news)
    shared.contact("eleni@example.gr", offers)
    shared.sync()

    shared.crm.execute("update crm.contact_collection set is_active = false where code = 'NEWS'")
    shared.sync()
    assert with_status(shared, "subscribed") == {
        "maria@example.gr",
        "nikos@example.gr",
        "eleni@example.gr",
    }

    shared.regrant(maria, granted=False)
    shared.sync()
    assert with_status(shared, "unsubscribed") == {"maria@example.gr"}
    assert with_status(shared, "subscribed") == {"nikos@example.gr", "eleni@example.gr"}


def test_when_all_collections_are_gone_withdrawals_still_go_out(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news)
    shared.sync()
    shared.crm.execute("update crm.contact_collection set is_active = false")
    shared.regrant(maria, granted=False)

    shared.sync()

    assert with_status(shared, "unsubscribed") == {"maria@example.gr"}
    assert with_status(shared, "subscribed") == {"nikos@example.gr"}


def test_a_preview_says_what_sharing_would_do_and_does_nothing(shared: World) -> None:
    news, offers = shared.collection("NEWS"), shared.collection("OFFERS")
    shared.contact("maria@example.gr", news, offers)
    shared.contact("nikos@example.gr", news)
    shared.sync()
    shared.crm.execute("update crm.contact_collection set shared_audience = %s", (NAME,))
    shared.calls.reset()

    results = shared.sync(dry_run=True)

    assert all(call.startswith("GET ") for call in shared.calls.made)
    assert results[CODE].state == "dry_run"
    assert "add 2" in (results[CODE].detail or "")
    assert "tag 2" in last_run(shared, "NEWS")["detail"]
    assert "tag 1" in last_run(shared, "OFFERS")["detail"]
    assert {row["collection_code"] for row in rows(shared, "select * from sync.audience")} == {
        "NEWS",
        "OFFERS",
    }
