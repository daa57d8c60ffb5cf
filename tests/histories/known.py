"""Histories that are known by name: the kinds that went wrong once, and shrunk failures.

Each is one story of a plot. The judge says of each whether its end is right, so no outcome is
written down here. Stories with the same turns share a plot, which makes them cheap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from histories.events import Event
from histories.play import Plot, Role, Story
from histories.turns import Turn
from histories.world import Trouble

NEWS = Role("eleni", grants=("newsletter", "offer"))
BOTH = Role("eleni", member_of=(0, 1), grants=("newsletter", "offer"))
OTHER = Role("nikos", grants=("newsletter", "offer"))
SHARER = Role("nikos", grants=("newsletter", "offer"), shares_with=0)
THIRD = Role("maria", grants=("newsletter", "offer"))
UNGRANTED = Role("eleni", grants=())


def e(when: int, verb: str, who: int = 0, other: int = 0, coll: int = 0, pick: int = 0,
      phase: str = "before") -> Event:  # fmt: skip
    return Event(when, phase, verb, who, other, coll, pick)


#: Picks of ``move`` and ``sign_up``: to the address that was given in Mailchimp, to an earlier one.
RENAMED, EARLIER = 1, 4

People = tuple[tuple[Role, ...], tuple[Event, ...]]

PEOPLE: Mapping[str, People] = {
    "reads": ((NEWS,), ()),
    "unsubscribes and moves": ((NEWS,), (e(1, "unsubscribe"), e(2, "move"))),
    "moves in the same hour": ((NEWS,), (e(1, "unsubscribe"), e(1, "move"))),
    "unsubscribes, has a new id, moves": (
        (NEWS,), (e(1, "unsubscribe"), e(2, "reimport"), e(3, "move")),
    ),
    "unsubscribes, moves, has a new id, moves again": (
        (NEWS,), (e(1, "unsubscribe"), e(2, "move"), e(3, "reimport"), e(4, "move")),
    ),
    "unsubscribes, is gone for a while": (
        (NEWS,), (e(1, "unsubscribe"), e(2, "vanish"), e(3, "reappear", pick=1), e(4, "move")),
    ),
    "unsubscribes and is merged": ((NEWS, OTHER), (e(1, "unsubscribe"), e(2, "merge"))),
    "is merged after withdrawing": ((NEWS, OTHER), (e(1, "withdraw"), e(2, "merge"))),
    "withdraws after being merged": ((NEWS, OTHER), (e(1, "merge"), e(2, "withdraw"))),
    "an older withdrawal, the survivor grants again": (
        (NEWS, OTHER), (e(1, "withdraw"), e(2, "merge"), e(2, "grant", who=1)),
    ),
    "is merged through another": (
        (NEWS, OTHER, THIRD),
        (e(1, "unsubscribe"), e(2, "merge", other=0), e(2, "merge", who=1, other=1)),
    ),
    "is merged, and the row is deleted": (
        (NEWS, OTHER), (e(1, "unsubscribe"), e(2, "merge"), e(3, "vanish")),
    ),
    "is merged, the row is deleted, the survivor is merged on": (
        (NEWS, OTHER, THIRD),
        (e(1, "unsubscribe"), e(2, "merge", other=0), e(3, "vanish"),
         e(4, "merge", who=1, other=1)),
    ),
    "is merged by mistake, which is undone": (
        (NEWS, OTHER), (e(1, "unsubscribe"), e(2, "merge"), e(3, "unmerge")),
    ),
    "shares an address, the other one moves": (
        (NEWS, SHARER), (e(1, "unsubscribe"), e(2, "move", who=1)),
    ),
    "moves onto a refused address and away": (
        (NEWS, OTHER), (e(1, "unsubscribe"), e(2, "move_to_other", who=1), e(3, "move", who=1)),
    ),
    "refused and moves onto another's address": (
        (NEWS, OTHER), (e(1, "unsubscribe"), e(2, "move_to_other")),
    ),
    "refused, moves onto another's address and away": (
        (NEWS, OTHER), (e(1, "unsubscribe"), e(2, "move_to_other"), e(3, "move")),
    ),
    "refused, leaves, and moves onto another's address": (
        (NEWS, OTHER), (e(1, "unsubscribe"), e(2, "leave"), e(3, "move_to_other")),
    ),
    "the other one refused and moves onto one's address": (
        (NEWS, OTHER), (e(1, "unsubscribe", who=1), e(2, "move_to_other", who=1)),
    ),
    "two swap addresses": ((NEWS, OTHER), (e(1, "unsubscribe"), e(2, "swap"))),
    "two swap addresses, and one asks to be erased": (
        (NEWS, OTHER), (e(1, "swap"), e(1, "ask_erasure", who=1)),
    ),
    "is deleted for good and moves": ((NEWS,), (e(1, "delete"), e(3, "move"))),
    "is deleted for good and moves at once": ((NEWS,), (e(2, "delete"), e(2, "move"))),
    "is deleted for good, has a new id, moves": (
        (NEWS,), (e(1, "delete"), e(2, "reimport"), e(3, "move")),
    ),
    "a shared address is deleted for good, the other one moves": (
        (NEWS, SHARER), (e(2, "delete"), e(2, "move", who=1)),
    ),
    "a shared address is deleted for good, one moves, one asks to be erased": (
        (NEWS, SHARER), (e(2, "delete"), e(2, "move", who=1), e(2, "ask_erasure")),
    ),
    "unsubscribes, leaves, has a new record outside, moves, joins": (
        (NEWS,),
        (e(1, "unsubscribe"), e(2, "leave"), e(2, "reimport"), e(3, "move"), e(4, "join")),
    ),
    "has a new record at an address where somebody who refused is for a while": (
        (NEWS, OTHER),
        (e(1, "unsubscribe", who=1), e(2, "move_to_other", who=1), e(3, "reimport"),
         e(4, "move", who=1)),
    ),
    "is archived by hand and moves": ((NEWS,), (e(1, "archive"), e(2, "move"))),
    "complains, and is in another collection": ((BOTH,), (e(1, "complain"), e(2, "move"))),
    "unsubscribes from one of two": ((BOTH,), (e(1, "unsubscribe"), e(2, "move"))),
    "bounces and moves": ((BOTH,), (e(1, "bounce"), e(2, "move"))),
    "withdraws, grants, moves": (
        (NEWS,), (e(1, "withdraw"), e(2, "grant"), e(3, "move")),
    ),
    "withdraws, grants, confirms, moves": (
        (NEWS,), (e(1, "withdraw"), e(2, "grant"), e(3, "confirm"), e(4, "move")),
    ),
    "withdraws, is archived by hand, grants, moves": (
        (NEWS,), (e(1, "withdraw"), e(2, "archive"), e(3, "grant"), e(3, "move")),
    ),
    "withdraws in other words": ((NEWS,), (e(1, "withdraw", other=3, pick=2),)),
    "withdraws with a space that does not break": ((NEWS,), (e(1, "withdraw", other=3, pick=3),)),
    "has a row that nobody can read": ((NEWS, SHARER), (e(1, "mistype", who=1), e(3, "mend"))),
    "has a row that nobody can read, and is merged": (
        (NEWS, OTHER), (e(1, "mistype"), e(2, "merge")),
    ),
    "comes back": ((NEWS,), (e(1, "unsubscribe"), e(2, "sign_up"), e(3, "move"))),
    "signs up at another address": (
        (NEWS,), (e(1, "unsubscribe"), e(2, "move"), e(3, "sign_up")),
    ),
    "signs up at another address, and moves on": (
        (NEWS,), (e(1, "unsubscribe"), e(2, "move"), e(3, "sign_up"), e(4, "move")),
    ),
    "changes the address in Mailchimp": ((NEWS,), (e(1, "change_email"),)),
    "changes it there, then in the CRM": (
        (NEWS,), (e(1, "change_email"), e(2, "move", pick=RENAMED)),
    ),
    "changes it there, the CRM gets a third one": ((NEWS,), (e(1, "change_email"), e(2, "move"))),
    "changes it there, unsubscribes, moves": (
        (NEWS,), (e(1, "change_email"), e(2, "unsubscribe", pick=1), e(3, "move")),
    ),
    "unsubscribes, then changes it there": ((NEWS,), (e(1, "unsubscribe"), e(2, "change_email"))),
    "unsubscribes in the midst of a sync": (
        (NEWS,), (e(1, "leave"), e(1, "unsubscribe", phase="members"), e(2, "join"), e(2, "move")),
    ),
    "withdraws while a sync adds": (
        (UNGRANTED,), (e(1, "grant"), e(1, "withdraw", phase="add")),
    ),
    "is known to Mailchimp alone": (
        (Role("xenos", is_in_crm=False, grants=("newsletter",)),),
        (e(1, "sign_up"), e(2, "enter"), e(3, "unsubscribe"), e(4, "move")),
    ),
    "asks to be erased and comes back": (
        (NEWS,), (e(1, "ask_erasure"), e(3, "return_after_erasure", pick=1)),
    ),
    "asks to be erased and comes back elsewhere": (
        (NEWS,), (e(1, "ask_erasure"), e(3, "return_after_erasure")),
    ),
}  # fmt: skip

#: What an audience held before the CRM named it.
BY_HAND: Mapping[str, People] = {
    f"was {status} there, moves": (
        (Role("eleni", grants=("newsletter", "offer"), by_hand=((0, status),)),),
        (e(3, "move"),),
    )
    for status in ("subscribed", "unsubscribed", "complained", "cleaned", "archived")
}

#: Alone in its plot: whatever else holds a campaign back would hide that this does not.
ALONE: Mapping[str, People] = {
    "signed up by hand, withdraws, and has a row that nobody can read": (
        (Role("eleni", member_of=(1,), by_hand=((0, "subscribed"),)),),
        (e(3, "withdraw"), e(4, "mistype")),
    ),
}

THREE = Role("eleni", member_of=(0, 1, 2), grants=("newsletter", "offer"))
LAST = Role("nikos", member_of=(2,), grants=("newsletter", "offer"))

#: Three collections share an audience: a newsletter, offers, and another newsletter.
SHARED: Mapping[str, People] = {
    "is in three collections": ((THREE,), ()),
    "leaves one of two": ((BOTH,), (e(1, "leave"),)),
    "leaves all of them": ((BOTH,), (e(1, "leave"), e(1, "leave", pick=1), e(2, "leave", coll=1))),
    "withdraws one of two categories": ((BOTH,), (e(1, "withdraw"),)),
    "withdraws one of two categories, and grants it": ((BOTH,), (e(1, "withdraw"), e(3, "grant"))),
    "withdraws both": ((BOTH,), (e(1, "withdraw"), e(2, "withdraw", coll=1))),
    "opts out of three, and moves": ((THREE,), (e(1, "unsubscribe"), e(2, "move"))),
    "opts out of three, and moves later": ((THREE,), (e(1, "unsubscribe"), e(4, "move"))),
    "opts out of the second, and moves": (
        (THREE,), (e(1, "unsubscribe", coll=1), e(4, "move")),
    ),
    "opts out of the second": ((THREE,), (e(1, "unsubscribe", coll=1),)),
    "opts out, and is in another collection later": (
        (NEWS,), (e(1, "unsubscribe"), e(2, "join", coll=1), e(3, "move")),
    ),
    "loses a tag by hand": ((THREE,), (e(1, "untag"),)),
    "loses a tag by hand, and moves": ((THREE,), (e(1, "untag"), e(2, "move"))),
    "loses a tag by hand, and gets it again": ((THREE,), (e(1, "untag"), e(3, "tag"))),
    "loses a tag by hand, and has a new id": ((THREE,), (e(1, "untag"), e(2, "reimport"))),
    "gets a tag by hand of a collection without them": ((NEWS,), (e(1, "tag", coll=2),)),
    "gets a tag by hand, and is to confirm": (
        (NEWS,), (e(1, "tag", coll=2), e(1, "withdraw"), e(2, "grant")),
    ),
    "has the tag of others": ((BOTH,), (e(1, "tag_of_others"),)),
    "has the tag of others, and leaves": ((BOTH,), (e(1, "tag_of_others"), e(2, "leave"))),
    "signs up by hand": (
        (Role("xenos", is_in_crm=False), LAST), (e(1, "sign_up"), e(2, "tag_of_others")),
    ),
}  # fmt: skip

ONE = (("newsletter", None), ("newsletter", None))
SHARING = (("newsletter", None), ("offer", None), ("newsletter", None))


def _plot(
    people: Mapping[str, People],
    turns: tuple[Turn, ...] = (),
    collections: tuple[tuple[str, int | None], ...] = ONE,
    troubles: Mapping[int, Trouble] = {},
    shares: tuple[str | None, ...] = (),
) -> Plot:
    return Plot(
        rounds=5,
        collections=collections,
        lists_by_hand=1,
        turns=turns,
        troubles=tuple(troubles.get(when, Trouble()) for when in range(5)),
        stories=tuple(
            Story(number, roles, events)
            for number, (roles, events) in enumerate(people.values(), start=1)
        ),
        shares=shares,
    )


def _later(people: Mapping[str, People]) -> dict[str, People]:
    """The same people, with a round between the first and the second thing that happens."""
    return {
        name: (roles, tuple(_shift(event) for event in events))
        for name, (roles, events) in people.items()
    }


def _shift(event: Event) -> Event:
    when = event.when if event.when < 2 else min(event.when + 1, 4)
    return Event(when, event.phase, event.verb, event.who, event.other, event.coll, event.pick)


_LATER = _later(PEOPLE)
_NAME = "Κοινό"

#: Whether so many may lose a tag at once is a person's to say: the plot ends there.
GUARDED = _plot(
    {f"leaves {number}": ((BOTH,), (e(2, "leave"),)) for number in range(30)},
    collections=SHARING,
    troubles={2: Trouble(guarded=True)},
    shares=(_NAME,) * 3,
)

PLOTS: Mapping[str, Plot] = {
    "nothing happens to the collections": _plot(PEOPLE, (Turn(2, "erase"),)),
    "the audience was filled by hand": _plot(
        BY_HAND, (Turn(2, "relink"), Turn(4, "take_over", coll=1))
    ),
    "a campaign to an audience filled by hand": _plot(ALONE, (Turn(2, "relink"),)),
    "another audience, and another collection takes the first": _plot(
        {**_LATER, **BY_HAND}, (Turn(2, "relink"), Turn(3, "take_over", coll=1), Turn(3, "retire"))
    ),
    "two collections swap their audiences": _plot(_LATER, (Turn(2, "swap_audiences", other=1),)),
    "a collection gets an audience of its own again": _plot(_LATER, (Turn(2, "retire"),)),
    "a collection comes back as the same": _plot(_LATER, (Turn(2, "recreate"), Turn(3, "rename"))),
    "a collection comes back as a new one": _plot(_LATER, (Turn(2, "recreate", pick=1),)),
    "the CRM is imported again": _plot(_LATER, (Turn(2, "reimport_crm"),)),
    "the ledger is lost": _plot(_LATER, (Turn(2, "forget"),)),
    "a second installation runs": _plot(
        {"reads": PEOPLE["reads"]}, (Turn(1, "second_installation"),)
    ),
    "many move at once under the guard": _plot(
        {f"moves {number}": ((NEWS,), (e(2, "move"),)) for number in range(30)},
        troubles={2: Trouble(guarded=True)},
    ),
    "collections share an audience": _plot(
        {**SHARED, **PEOPLE}, (Turn(3, "delete_tag"),), SHARING, shares=(_NAME,) * 3
    ),
    "a collection leaves a shared audience and comes back": _plot(
        {**SHARED, **_LATER}, (Turn(2, "unshare"), Turn(4, "share")), SHARING, shares=(_NAME,) * 3
    ),
    "a collection is to share an audience, and then is not": _plot(
        {**SHARED, **_LATER}, (Turn(2, "share"), Turn(4, "unshare")), SHARING,
        shares=(None, _NAME, _NAME),
    ),
}  # fmt: skip


def names(plot: str) -> Iterator[tuple[int, str]]:
    """Numbers and names of a plot's stories."""
    people = [*SHARED.items(), *PEOPLE.items(), *BY_HAND.items(), *ALONE.items(), *_LATER.items()]
    found = {who_and_what: name for name, who_and_what in people}
    for story in PLOTS[plot].stories:
        yield story.number, found.get((story.roles, story.events), f"story {story.number}")
