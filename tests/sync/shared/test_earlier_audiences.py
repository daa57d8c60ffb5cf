"""After a loss of the state: what people refused where a collection was before still holds."""

from __future__ import annotations

import pytest

from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    act,
    by_hand,
    last_run,
    quarantine,
    rows,
    tagged,
    with_status,
)
from sync_world import World

OTHER = "Άλλο"


def share_in(world: World, code: str, name: str | None) -> None:
    world.crm.execute(
        "update crm.contact_collection set shared_audience = %s where code = %s", (name, code)
    )


def refuse_unseen(world: World, email: str, code: str, how: str) -> None:
    """Somebody refuses where nobody looks before the loss."""
    if how == "archived":
        world.archive_by_hand(email, code)
    else:
        world.act(email, how, code)


@pytest.mark.parametrize("how", ["unsubscribe", "archived"])
def test_of_its_own_audience_when_it_shares_one_now(shared: World, how: str) -> None:
    news = shared.collection("NEWS")
    offers = shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news, offers)
    shared.contact("nikos@example.gr", news)
    shared.sync()
    own = shared.list_id("NEWS")
    refuse_unseen(shared, "maria@example.gr", "NEWS", how)
    shared.forget_ledger()
    share_in(shared, "NEWS", NAME)

    shared.sync(options=UNGUARDED)

    assert tagged(shared, "NEWS") == {"nikos@example.gr"}
    assert tagged(shared, "OFFERS") == {"maria@example.gr"}, "she refused the other collection"
    assert ("NEWS", maria) in quarantine(shared)
    assert rows(shared, "select list_id, collection_code from sync.former_audience") == [
        {"list_id": own, "collection_code": "NEWS"}
    ]
    # What happens there later holds, too, and what is due goes out there.
    shared.regrant(maria, granted=False)
    shared.sync(options=UNGUARDED)
    with shared.provider() as provider:
        assert {one.status for one in provider.members(own) if one.email_address[0] == "m"} <= {
            "unsubscribed"
        }


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("how", ["unsubscribe", "archived"])
def test_of_the_shared_audience_when_it_has_its_own_now(
    shared: World, how: str, alone: bool
) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    maria = shared.contact("maria@example.gr", news, offers)
    shared.contact("nikos@example.gr", news)
    shared.sync()
    refuse_unseen(shared, "maria@example.gr", CODE, how)
    shared.forget_ledger()
    share_in(shared, "NEWS", None)

    # Alone: nobody looks at the shared audience otherwise.
    shared.sync(["NEWS"] if alone else (), options=UNGUARDED)

    assert with_status(shared, "subscribed", "NEWS") == {"nikos@example.gr"}
    assert ("NEWS", maria) in quarantine(shared)
    shared.sync(options=UNGUARDED)
    assert with_status(shared, "subscribed", "NEWS") == {"nikos@example.gr"}
    with shared.provider() as provider:
        assert len(list(provider.audiences())) == 2, "the shared audience is found again"
    assert tagged(shared, "OFFERS") == set()


@pytest.mark.parametrize("linked", [True, False])
def test_of_a_shared_audience_when_it_shares_another_now(shared: World, linked: bool) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    shared.collection("OFFERS", shared_audience=NAME)
    more = shared.collection("MORE", shared_audience=OTHER)
    maria = shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news, more)
    shared.sync()
    act(shared, "maria@example.gr", "unsubscribe")
    if linked:
        shared.crm.execute(
            "update crm.contact_collection set provider_list_id = %s where code = 'MORE'",
            (shared.list_id(f"shared:{OTHER}"),),
        )
    shared.forget_ledger()
    share_in(shared, "NEWS", OTHER)

    for _ in range(2):
        shared.sync(options=UNGUARDED)
        assert with_status(shared, "subscribed", f"shared:{OTHER}") == {"nikos@example.gr"}
        assert ("NEWS", maria) in quarantine(shared)
    assert last_run(shared, "NEWS")["state"] == "succeeded"


def test_when_its_own_audience_is_the_shared_one_now(shared: World) -> None:
    news = shared.collection("NEWS")
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news)
    shared.sync()
    own = shared.list_id("NEWS")
    shared.act("maria@example.gr", "unsubscribe", "NEWS")
    shared.forget_ledger()
    share_in(shared, "NEWS", NAME)
    shared.crm.execute("update crm.contact_collection set provider_list_id = %s", (own,))

    shared.sync(options=UNGUARDED)

    assert shared.list_id(CODE) == own
    assert tagged(shared, "NEWS") == {"nikos@example.gr"}
    assert rows(shared, "select * from sync.former_audience") == []


def test_a_preview_finds_them_too_and_changes_nothing(shared: World) -> None:
    news = shared.collection("NEWS")
    maria = shared.contact("maria@example.gr", news)
    nikos = shared.contact("nikos@example.gr", news)
    shared.sync()
    shared.act("maria@example.gr", "unsubscribe", "NEWS")
    shared.forget_ledger()
    share_in(shared, "NEWS", NAME)
    before = len(shared.write_requests())

    staging_id = shared.stage(dry_run=True)
    shared.push(staging_id, CODE)

    assert len(shared.write_requests()) == before
    found = rows(
        shared,
        "select contact_id, action, cause from staging.plan"
        " where staging_id = %s and collection_id > 0 order by contact_id",
        staging_id,
    )
    assert [(one["contact_id"], one["action"]) for one in found] == [
        (maria, "quarantine"),
        (nikos, "tag"),
    ], found


def test_nobody_gets_a_tag_while_an_earlier_audience_cannot_be_read(shared: World) -> None:
    news = shared.collection("NEWS")
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", offers)
    shared.sync()
    own = shared.list_id("NEWS")
    shared.act("maria@example.gr", "unsubscribe", "NEWS")
    shared.forget_ledger()
    share_in(shared, "NEWS", NAME)
    shared.sandbox.control(
        "POST", "faults", {"next": [{"kind": "503", "count": 10**4, "path": f"/lists/{own}"}]}
    )
    staging_id = shared.stage()
    try:
        shared.push(staging_id, CODE)
    finally:
        shared.sandbox.control("POST", "faults", {"clear": True})

    assert "maria@example.gr" not in with_status(shared, "subscribed")
    shared.sync(options=UNGUARDED)
    assert tagged(shared, "OFFERS") == {"nikos@example.gr"}
    assert "maria@example.gr" not in with_status(shared, "subscribed")


def test_a_code_that_a_collection_had_before_is_no_trace_of_a_new_one(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("maria@example.gr", news, offers)
    shared.sync()
    calls = len(shared.calls.made)
    new = shared.collection("NEW")
    shared.contact("zoe@example.gr", new)
    shared.sync(["NEW"])
    made = shared.calls.made[calls:]
    assert sum(call == "GET /lists" for call in made) == 1, "all audiences are listed once"
    assert sum("segments" in call for call in made) == 1, "tags that are known are not read"
    assert rows(shared, "select * from sync.tag where collection_code = 'NEW'") == []
    # The second time everything is known.
    calls = len(shared.calls.made)
    shared.sync(["NEW"])
    assert not any("segments" in call or call == "GET /lists" for call in shared.calls.made[calls:])


@pytest.mark.parametrize("where", [None, OTHER], ids=["own", "another"])
def test_people_who_moved_along_before_the_loss_stay(shared: World, where: str | None) -> None:
    """The sync archived them in the audience left behind. Nobody knows that after the loss."""
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    for number in range(8):
        shared.contact(f"filos{number}@example.gr", news)
    gone = shared.contact("maria@example.gr", offers)
    for number in range(8):
        shared.contact(f"allos{number}@example.gr", offers)
    shared.sync()
    share_in(shared, "NEWS", where)
    for _ in range(2):
        shared.sync(options=UNGUARDED)
    code = "NEWS" if where is None else f"shared:{where}"
    people = {f"filos{number}@example.gr" for number in range(8)}
    assert with_status(shared, "subscribed", code) == people
    assert with_status(shared, "archived") == people
    shared.archive_by_hand("maria@example.gr", CODE)
    shared.forget_ledger()

    for _ in range(2):
        shared.sync()
        assert with_status(shared, "subscribed", code) == people, last_run(shared, "NEWS")
    # What a person archived still holds for the collection that shares the audience.
    assert quarantine(shared) == {("OFFERS", gone): "suppressed_archived"}
    assert "maria@example.gr" not in with_status(shared, "subscribed")


@pytest.mark.parametrize("where", [None, OTHER], ids=["own", "another"])
def test_a_tag_taken_by_hand_before_the_last_look_holds(shared: World, where: str | None) -> None:
    news = shared.collection("NEWS", shared_audience=NAME)
    offers = shared.collection("OFFERS", shared_audience=NAME)
    shared.contact("nikos@example.gr", news, offers)
    shared.contact("zoe@example.gr", news, offers)
    shared.sync()
    by_hand(shared, "NEWS", "nikos@example.gr", "taken")
    share_in(shared, "NEWS", where)

    code = "NEWS" if where is None else f"shared:{where}"
    for _ in range(2):
        shared.sync(options=UNGUARDED)
        assert with_status(shared, "subscribed", code) == {"zoe@example.gr"}
    assert tagged(shared, "OFFERS") == {"nikos@example.gr", "zoe@example.gr"}
