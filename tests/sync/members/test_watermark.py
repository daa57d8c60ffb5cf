"""What happens while an audience is being read is seen by the next look at the latest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import zip_longest

import pytest

from crm_mailchimp.mailchimp import members as audience_members
from crm_mailchimp.sync.members.watermark import Watermark
from sync_world import World

MEMBERS = "GET /lists/{list_id}/members"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def second(number: int) -> datetime:
    return NOON + timedelta(seconds=number)


def test_an_opt_out_between_two_lists_is_not_passed_over(world: World) -> None:
    """Archived members are listed apart, and somebody acts in between."""
    news = world.collection()
    eleni = world.contact("eleni@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    lists = []

    def between(what: str) -> None:
        lists.append(what == MEMBERS)
        if what == MEMBERS and sum(lists) == 2:
            world.act("eleni@mail.gr", "unsubscribe")
            world.archive_by_hand("nikos@mail.gr")

    world.calls.reset(before=between)
    world.sync()
    assert sum(lists) == 2
    assert world.member("nikos@mail.gr")["status"] == "archived"
    assert world.member("eleni@mail.gr")["status"] == "subscribed", "acted after her page was read"
    world.calls.reset()

    world.sync()

    assert world.member("eleni@mail.gr")["status"] == "unsubscribed"
    assert world.open_reasons()[eleni] == "suppressed_unsubscribed"


def test_an_opt_out_between_two_pages_is_not_passed_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member of a page that was read opts out; then one of a later page changes."""
    pages_of_ten = audience_members.walk
    monkeypatch.setattr(
        audience_members,
        "walk",
        lambda *arguments, **options: pages_of_ten(
            *arguments, **{**options, "size": 10, "overlap": 2}
        ),
    )
    news = world.collection()
    people = {f"p{n:02}@mail.gr": world.contact(f"p{n:02}@mail.gr", news) for n in range(25)}
    world.sync()
    lists: list[bool] = []
    order: list[str] = []
    with world.provider() as provider:
        order += [one.email_address for one in provider.members(world.list_id())]
    early, late = order[0], order[-1]

    def between(what: str) -> None:
        lists.append(what == MEMBERS)
        if what == MEMBERS and sum(lists) == 2:
            world.act(early, "unsubscribe")
            world.act(late, "unsubscribe")

    world.warehouse.execute("update sync.audience set pulled_through = '2020-01-01'")
    world.calls.reset(before=between)
    world.sync()
    assert sum(lists) >= 4, "three pages of members, and one of archived ones"
    assert world.member(late)["status"] == "unsubscribed"
    assert world.member(early)["status"] == "subscribed", "acted after the page was read"
    world.calls.reset()

    world.sync()

    assert world.open_reasons() == dict.fromkeys(
        (people[early], people[late]), "suppressed_unsubscribed"
    )


def test_a_former_audience_passes_over_nobody_either(world: World) -> None:
    """Our own removals there are newer than what a person did a moment before."""
    news = world.collection()
    eleni = world.contact("eleni@mail.gr", news)
    nikos = world.contact("nikos@mail.gr", news)
    world.sync()
    former = world.list_id()
    with world.provider() as provider:
        settings = next(iter(provider.audiences())).settings
        other = provider.create_audience(settings).list_id
    world.crm.execute(
        "update crm.contact_collection set provider_list_id = %s, updated_at = now()", (other,)
    )
    world.consent(nikos, granted=False)
    removals: list[str] = []

    def before(what: str) -> None:
        if what.split(maxsplit=1)[0] in ("PATCH", "DELETE") and not removals:
            removals.append(what)
            act = {"list_id": former, "email_address": "eleni@mail.gr", "action": "unsubscribe"}
            world.sandbox.control("POST", "clock/advance", {"seconds": 5})
            world.sandbox.control("POST", "act", act)
            world.sandbox.control("POST", "clock/advance", {"seconds": 5})

    world.calls.reset(before=before)
    world.sync()
    assert removals, "Nikos was removed from the former audience"
    world.calls.reset()

    world.sync()

    assert eleni in world.open_reasons()


@pytest.mark.parametrize(
    ("since", "begun", "newest", "through"),
    [
        (None, [5], [3], 3),
        (None, [5], [9], 5),
        (None, [5, 7], [3, 6], 5),
        (None, [7, 5], [6, 6], 5),
        (2, [5], [None], 2),
        (2, [], [9], 2),
        (8, [5], [9], 8),
        (2, [5, 6], [None, 3], 3),
        (2, [None, 5], [3, 3], 2),
        (2, [5, None], [3, 3], 2),
    ],
)
def test_how_far_a_look_reads(
    since: int | None, begun: list[int | None], newest: list[int | None], through: int
) -> None:
    mark = Watermark(None if since is None else second(since))
    for moment, change in zip_longest(begun, newest):
        if moment is not None:
            mark.begin(second(moment))
        mark.note(None if change is None else second(change))
    assert mark.through == second(through)
    assert mark.asked_from == (None if since is None else second(since - 1))
