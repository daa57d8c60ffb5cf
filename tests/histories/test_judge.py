"""The judge is shown a world in which something is wrong, and has to say so.

Each test breaks the outcome on purpose, in one of the ways that the judge is there for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from histories.events import Event, Teller
from histories.memory_side import MemorySide
from histories.play import MakeWorld, Plot, Role, Story, Verdict, play
from histories.world import Trouble, World

#: Somebody unsubscribes, withdraws and grants again, or is mailed; Mailchimp alone knows the last.
REFUSES, WAITS, READS, FOREIGN = 1, 2, 3, 4
EVERYTHING = Role("eleni", grants=("newsletter", "offer"))
PLOT = Plot(
    rounds=4,
    collections=(("newsletter", None),),
    lists_by_hand=1,
    turns=(),
    troubles=(Trouble(),) * 4,
    stories=(
        Story(REFUSES, (EVERYTHING,), (Event(1, "before", "unsubscribe"),)),
        Story(
            WAITS,
            (EVERYTHING,),
            (Event(1, "before", "withdraw"), Event(2, "before", "grant")),
        ),
        Story(READS, (EVERYTHING,), ()),
        Story(FOREIGN, (Role("xenos", is_in_crm=False),), (Event(1, "before", "sign_up"),)),
    ),
)

Tellers = dict[int, Teller]


def judged(make_world: MakeWorld, damage: Callable[[World, Tellers], None]) -> Verdict:
    """The judge's words about a world that was damaged right before he looks."""
    return play(PLOT, make_world, damage=damage)


def member(world: World, tellers: Tellers, number: int) -> tuple[Any, Any]:
    """The audience, and the member of a story's first person."""
    side: MemorySide = world.side
    (collection,) = world.collections
    audience = side.account.audiences[collection.list_id or ""]
    address = tellers[number].cast.people[0].address
    return audience, audience.member(address or "")


def subscribe(world: World, tellers: Tellers, number: int) -> None:
    """As if the pipeline had subscribed somebody, whatever Mailchimp would say to it."""
    audience, found = member(world, tellers, number)
    found.opted_out = ""
    world.side.account._set(audience, found, "subscribed", by="us")
    world.note_changes()


def test_nothing_is_wrong_with_an_undamaged_world(in_memory: MakeWorld) -> None:
    assert judged(in_memory, lambda world, tellers: None).findings == {}


def test_somebody_who_refused_is_subscribed_and_mailed(in_memory: MakeWorld) -> None:
    verdict = judged(in_memory, lambda world, tellers: subscribe(world, tellers, REFUSES))

    words = "\n".join(verdict.findings[REFUSES])
    assert "refused and mailed" in words
    assert "subscribed by us, eleni refused" in words


def test_a_campaign_reaches_somebody_who_refused(in_memory: MakeWorld) -> None:
    """The audience is right again before the judge looks at it: the recipients alone show it."""

    def damage(world: World, tellers: Tellers) -> None:
        audience, found = member(world, tellers, REFUSES)
        address = tellers[REFUSES].cast.people[0].address
        account, send = world.side.account, world.side.account.send

        def send_to_one_more(campaign: Any) -> None:
            send(campaign)
            campaign.recipients.append(address)

        account.send = send_to_one_more
        tellers[REFUSES].book.subscribed_by[audience.list_id, address or ""] = "us"
        assert found.status == "unsubscribed"

    words = "\n".join(judged(in_memory, damage).findings[REFUSES])
    assert "a campaign to eleni1@s1.gr: subscribed by us, eleni refused" in words


def test_somebody_is_lost_without_a_reason(in_memory: MakeWorld) -> None:
    def damage(world: World, tellers: Tellers) -> None:
        audience, found = member(world, tellers, READS)
        del audience.members[found.hash]

    assert "lost without a reason" in "\n".join(judged(in_memory, damage).findings[READS])


def test_somebody_is_held_back_for_a_reason_that_is_not_true(in_memory: MakeWorld) -> None:
    def damage(world: World, tellers: Tellers) -> None:
        audience, found = member(world, tellers, READS)
        world.side.account.archive(audience, found.hash)
        world.warehouse.execute(
            "insert into sync.quarantine (collection_code, contact_id, reason_code, first_seen_at,"
            " last_seen_at) values ('K0', %s, 'suppressed_unsubscribed', now(), now())",
            (tellers[READS].cast.people[0].contact_id,),
        )

    assert "held back without cause" in "\n".join(judged(in_memory, damage).findings[READS])


def test_a_foreign_member_is_changed(in_memory: MakeWorld) -> None:
    def damage(world: World, tellers: Tellers) -> None:
        audience, found = member(world, tellers, FOREIGN)
        world.side.account.patch(audience, found.hash, fields={"FNAME": "Άλλη"})

    assert "a foreign member was changed" in "\n".join(judged(in_memory, damage).findings[FOREIGN])


def test_somebody_who_is_to_confirm_is_subscribed(in_memory: MakeWorld) -> None:
    def damage(world: World, tellers: Tellers) -> None:
        _, found = member(world, tellers, WAITS)
        assert found.status == "pending"
        subscribe(world, tellers, WAITS)

    words = "\n".join(judged(in_memory, damage).findings[WAITS])
    assert "refused and mailed" in words
    assert "withdrawal" in words


@pytest.mark.parametrize("verb", ["withdraw", "ask_erasure"])
def test_somebody_refused_by_the_crm_is_still_there(in_memory: MakeWorld, verb: str) -> None:
    def damage(world: World, tellers: Tellers) -> None:
        assert tellers[READS].happen(Event(9, "late", verb))

    assert "withdrew or asked to be erased" in "\n".join(judged(in_memory, damage).findings[READS])
