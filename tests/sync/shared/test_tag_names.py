"""Collections change their names among each other: their tags follow, and nobody's tag changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crm_mailchimp.mailchimp import tags as tag_calls
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from fresh_databases import fresh_databases
from sharing_world import CODE, NAME, audience_of, last_run, share, tagged, with_status
from sync_world import World, subscriber_hash

_RENAME = "PATCH /lists/{list_id}/segments/{segment_id}"
_MAKE = "POST /lists/{list_id}/segments"


@pytest.fixture(params=["postgres", "debian_postgres"])
def both(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[World]:
    """A world on either server."""
    with fresh_databases(request.getfixturevalue(request.param)) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        share(world)
        yield world
        world.close()


class KilledError(BaseException):
    """The process dies."""


def collections(world: World, *codes: str) -> dict[str, int]:
    """Collections with one description, each with a person of its own."""
    ids = {code: world.collection(code, shared_audience=NAME, description="Ίδια") for code in codes}
    for code, collection_id in ids.items():
        world.contact(f"{code.lower()}@example.gr", collection_id)
    world.sync()
    return ids


def rotate(world: World, *codes: str) -> None:
    """Each collection gets the code of the next one."""
    change(world, codes[0], "ΠΡΟΣΩΡΙΝΟΣ")
    for code, following in zip(codes[-1:0:-1], (codes[0], *codes[:1:-1]), strict=True):
        change(world, code, following)
    change(world, "ΠΡΟΣΩΡΙΝΟΣ", codes[1])


def change(world: World, old: str, new: str) -> None:
    world.crm.execute("update crm.contact_collection set code = %s where code = %s", (new, old))


def carriers(world: World) -> dict[int, tuple[str, set[str]]]:
    """Of each tag in Mailchimp its name and the subscriber hashes that carry it."""
    with world.provider() as provider:
        list_id = audience_of(world)
        return {
            tag.tag_id: (
                tag.name,
                {one.subscriber_hash for one in provider.tag_members(list_id, tag.tag_id)},
            )
            for tag in provider.tags(list_id)
        }


def make_by_hand(world: World, name: str, *emails: str) -> int:
    with world.provider() as provider:
        list_id = audience_of(world)
        made = provider.create_tag(list_id, name)
        for email in emails:
            assert provider.give_tag(list_id, name, subscriber_hash(email))
    world.sandbox.control("POST", "clock/advance", {"seconds": 2})
    return made.tag_id


def rename_by_hand(world: World, tag_id: int, name: str) -> None:
    with world.provider() as provider:
        provider.rename_tag(audience_of(world), tag_id, name)


def states(world: World, *codes: str) -> list[str]:
    return [last_run(world, code)["state"] for code in codes]


def test_two_collections_swap_their_codes(both: World) -> None:
    collections(both, "A", "B")
    foreign = make_by_hand(both, "Με το χέρι", "a@example.gr")
    before = carriers(both)
    rotate(both, "A", "B")
    both.calls.reset()

    both.sync()

    assert states(both, CODE, "A", "B") == ["succeeded"] * 3
    assert tagged(both, "A") == {"b@example.gr"}
    assert tagged(both, "B") == {"a@example.gr"}
    after = carriers(both)
    assert {one: who for one, (_, who) in after.items()} == {
        one: who for one, (_, who) in before.items()
    }
    assert after[foreign] == before[foreign]
    assert {call for call in both.calls.made if not call.startswith("GET ")} == {_RENAME}
    both.calls.reset()
    both.sync()
    assert both.calls.made and all(call.startswith("GET ") for call in both.calls.made)


@pytest.mark.parametrize(
    ("who", "how"),
    [(None, "inactive"), ("A", "inactive"), ("B", "broken"), ("B", "inactive"), ("C", "broken")],
)
def test_three_collections_change_their_codes_in_a_circle(
    shared: World, who: str | None, how: str
) -> None:
    """One of them is broken, or not synced any more: the names of the others do not wait."""
    ids = collections(shared, "A", "B", "C")
    rotate(shared, "A", "B", "C")
    column = {"inactive": "is_active = false", "broken": "campaign_type = null"}[how]
    if who is not None:
        shared.crm.execute(
            f"update crm.contact_collection set {column} where collection_id = %s", (ids[who],)
        )
    before = {one: held for one, (_, held) in carriers(shared).items()}
    moved = {"A": "B", "B": "C", "C": "A"}

    for _ in range(2):
        shared.sync()

    for old, new in moved.items():
        if old != who:
            assert states(shared, new) == ["succeeded"], new
            assert tagged(shared, new) == {f"{old.lower()}@example.gr"}
    assert {one: held for one, (_, held) in carriers(shared).items()} == before
    shared.crm.execute("update crm.contact_collection set is_active = true, campaign_type = 'NEWS'")
    shared.sync()
    for old, new in moved.items():
        assert tagged(shared, new) == {f"{old.lower()}@example.gr"}
    assert states(shared, CODE, "A", "B", "C") == ["succeeded"] * 4
    assert {one: held for one, (_, held) in carriers(shared).items()} == before


@pytest.mark.parametrize(
    ("number", "is_made"),
    # Mailchimp refuses the first call: another tag has the name.
    [(1, False), (2, False), (2, True), (3, False), (3, True), (4, False), (4, True)],
)
def test_the_process_dies_between_the_names(
    shared: World, monkeypatch: pytest.MonkeyPatch, number: int, is_made: bool
) -> None:
    """It dies before a call that renames, or after the call and before that is noted."""
    collections(shared, "A", "B")
    before = {one: held for one, (_, held) in carriers(shared).items()}
    rotate(shared, "A", "B")
    calls: list[str] = []

    def rename(*arguments: Any) -> Any:
        calls.append(str(arguments[-1]))
        if not is_made and len(calls) == number:
            raise KilledError
        answer = tag_calls.rename_tag(*arguments)
        if len(calls) == number:
            raise KilledError
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(
            Mailchimp,
            "rename_tag",
            lambda provider, *rest: rename(provider.client, *rest),
        )
        with pytest.raises(KilledError):
            shared.sync()

    for _ in range(2):
        shared.sync()

    assert len(calls) == number
    assert states(shared, CODE, "A", "B") == ["succeeded"] * 3
    assert tagged(shared, "A") == {"b@example.gr"}
    assert tagged(shared, "B") == {"a@example.gr"}
    assert {one: held for one, (_, held) in carriers(shared).items()} == before


def test_a_new_collection_gets_the_code_of_one_that_is_not_synced_any_more(shared: World) -> None:
    shared.collection("SPARE", shared_audience=NAME, description="Ίδια", is_active=False)
    ids = collections(shared, "A", "B")
    shared.crm.execute(
        "update crm.contact_collection set is_active = false where collection_id = %s", (ids["A"],)
    )
    shared.sync()
    change(shared, "A", "ΠΑΛΙΑ")
    change(shared, "SPARE", "A")
    shared.crm.execute("update crm.contact_collection set is_active = true where code = 'A'")
    shared.contact("nea@example.gr", 1)

    shared.sync()

    assert states(shared, CODE, "A", "B") == ["succeeded"] * 3
    assert tagged(shared, "A") == {"nea@example.gr"}
    assert {subscriber_hash("a@example.gr")} in [held for _, held in carriers(shared).values()]
    shared.crm.execute("update crm.contact_collection set is_active = true")
    shared.sync()
    assert tagged(shared, "ΠΑΛΙΑ") == {"a@example.gr"}


def test_a_tag_made_by_hand_has_the_name_that_a_collection_gets(shared: World) -> None:
    collections(shared, "A", "B")
    foreign = make_by_hand(shared, "Ίδια (NEA)", "b@example.gr")
    before = carriers(shared)
    change(shared, "A", "NEA")

    for _ in range(2):
        shared.sync()
        run = last_run(shared, "NEA")
        assert run["state"] == "blocked"
        assert run["detail"].startswith("tag_by_hand: ") and "'Ίδια (NEA)'" in run["detail"]
        assert states(shared, CODE, "B") == ["succeeded"] * 2
        assert carriers(shared) == before

    rename_by_hand(shared, foreign, "Της Ελένης")
    shared.sync()
    assert states(shared, "NEA") == ["succeeded"]
    assert tagged(shared, "NEA") == {"a@example.gr"}
    assert carriers(shared)[foreign] == ("Της Ελένης", {subscriber_hash("b@example.gr")})


@pytest.mark.parametrize("inside", [[], ["b@example.gr"]])
@pytest.mark.parametrize("is_lost", [True, False])
def test_somebody_makes_a_tag_of_the_name_right_before_the_sync_does(
    shared: World, inside: list[str], is_lost: bool
) -> None:
    collections(shared, "B")
    new = shared.collection("A", shared_audience=NAME, description="Ίδια")
    shared.contact("a@example.gr", new)
    made: list[int] = []

    def before(request: str) -> bool:
        if request != _MAKE or made:
            return False
        made.append(make_by_hand(shared, "Ίδια (A)", *inside))
        return is_lost

    shared.calls.reset(before=before)
    shared.sync()
    shared.calls.reset()
    assert made
    for _ in range(2):
        shared.sync()
        assert last_run(shared, "A")["detail"].startswith("tag_by_hand: ")

    theirs = ("Ίδια (A)", {subscriber_hash(one) for one in inside})
    assert carriers(shared)[made[0]] == theirs
    rename_by_hand(shared, made[0], "Άλλο")
    shared.sync()
    assert tagged(shared, "A") == {"a@example.gr"}
    assert carriers(shared)[made[0]] == ("Άλλο", theirs[1])
    assert len(carriers(shared)) == 3, "the lost tag was found again"


def test_the_process_dies_after_the_tag_was_made(
    both: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    collections(both, "B")
    new = both.collection("A", shared_audience=NAME, description="Ίδια")
    both.contact("a@example.gr", new)
    made = []

    def create(provider: Mailchimp, *arguments: Any) -> Any:
        made.append(tag_calls.create_tag(provider.client, *arguments))
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(Mailchimp, "create_tag", create)
        with pytest.raises(KilledError):
            both.sync()
    assert made
    theirs = make_by_hand(both, "Ίδια (A)", "b@example.gr")
    for _ in range(2):
        both.sync()
        assert last_run(both, "A")["detail"].startswith("tag_by_hand: ")
    with both.provider() as provider:
        provider.client.lists.delete_segment(audience_of(both), str(theirs))

    both.sync()

    assert states(both, CODE, "A", "B") == ["succeeded"] * 3
    assert tagged(both, "A") == {"a@example.gr"}
    assert len(carriers(both)) == 2


def test_who_is_known_by_an_id_alone_gets_the_tag_and_no_other(shared: World) -> None:
    """Somebody swaps the names of two tags. Mailchimp gives a tag to such a member by its name."""
    ids = collections(shared, "A", "B")
    person = shared.contact("nikos@example.gr", ids["B"])
    shared.sync()
    shared.act("nikos@example.gr", "change_email", CODE, new_email_address="nea@example.gr")
    shared.sync()
    held = {name: tag_id for tag_id, (name, _) in carriers(shared).items()}
    a, b = held["Ίδια (A)"], held["Ίδια (B)"]
    for tag_id, name in ((a, "Άλλο"), (b, "Ίδια (A)"), (a, "Ίδια (B)")):
        rename_by_hand(shared, tag_id, name)
    shared.join(ids["A"], person)

    shared.sync()

    assert carriers(shared) == {
        a: ("Ίδια (B)", {subscriber_hash("a@example.gr"), subscriber_hash("nea@example.gr")}),
        b: ("Ίδια (A)", {subscriber_hash("b@example.gr"), subscriber_hash("nea@example.gr")}),
    }


def test_who_opts_out_right_before_the_tag_is_made_does_not_get_it(shared: World) -> None:
    """Mailchimp passes over who is not subscribed: the answer counts fewer members."""
    collections(shared, "B")
    new = shared.collection("A", shared_audience=NAME, description="Ίδια")
    for name in ("maria", "nikos"):
        shared.contact(f"{name}@example.gr", new)
    acted = []

    def before(request: str) -> None:
        if request == _MAKE and not acted:
            acted.append(request)
            shared.act("maria@example.gr", "unsubscribe", CODE)

    shared.calls.reset(before=before)
    shared.sync()
    shared.calls.reset()
    shared.sync()

    assert acted
    assert tagged(shared, "A") == {"nikos@example.gr"}
    assert with_status(shared, "unsubscribed") == {"maria@example.gr"}
    assert states(shared, CODE, "A", "B") == ["succeeded"] * 3
