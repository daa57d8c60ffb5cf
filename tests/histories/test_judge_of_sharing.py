"""The judge is shown shared audiences in which something is wrong, and has to say so.

As ``test_judge.py``, for the rules about tags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from histories.events import OTHERS, Event, Teller
from histories.memory_side import MemorySide
from histories.play import MakeWorld, Plot, Role, Story, Verdict, play
from histories.world import Trouble, World

#: Somebody is in both collections, or in the first one alone. From one somebody takes its tag by
#: hand. One carries a tag of other people.
READS, FIRST, TAKEN, OTHER_TAG = 1, 2, 3, 4
BOTH = Role("eleni", member_of=(0, 1), grants=("newsletter", "offer"))
ONE = Role("eleni", member_of=(0,), grants=("newsletter", "offer"))
PLOT = Plot(
    rounds=3,
    collections=(("newsletter", None), ("offer", None)),
    lists_by_hand=0,
    turns=(),
    troubles=(Trouble(),) * 3,
    stories=(
        Story(READS, (BOTH,), ()),
        Story(FIRST, (ONE,), ()),
        Story(TAKEN, (BOTH,), (Event(1, "before", "untag"),)),
        Story(OTHER_TAG, (BOTH,), (Event(1, "before", "tag_of_others"),)),
    ),
    shares=("Κοινό", "Κοινό"),
)

Tellers = dict[int, Teller]
Damage = Callable[[World, Tellers], None]


def words_of(make_world: MakeWorld, number: int, damage: Damage) -> str:
    """What the judge says of a story in a world that was damaged right before he looks."""
    return "\n".join(judged(make_world, damage).findings.get(number, []))


def judged(make_world: MakeWorld, damage: Damage) -> Verdict:
    return play(PLOT, make_world, damage=damage)


def address(tellers: Tellers, number: int) -> str:
    found = tellers[number].cast.people[0].address
    assert found
    return found


def tags(world: World, key: str) -> Iterator[tuple[Any, int]]:
    """The audience and the id of a collection's tag."""
    side: MemorySide = world.side
    for one in world.collections:
        if one.key == key:
            audience = side.account.audiences[one.list_id or ""]
            tag_id = audience.tag(one.tag_name)
            assert tag_id is not None
            yield audience, tag_id


def change(key: str, number: int, *, given: bool) -> Damage:
    """As if the pipeline had given a tag, or taken it."""

    def damage(world: World, tellers: Tellers) -> None:
        ((audience, tag_id),) = tags(world, key)
        member = audience.member(address(tellers, number))
        (member.tags.add if given else member.tags.remove)(tag_id)

    return damage


def test_nothing_is_wrong_with_an_undamaged_world(in_memory: MakeWorld) -> None:
    verdict = judged(in_memory, lambda world, tellers: None)

    assert verdict.findings == {}
    assert verdict.happened["untag"] == verdict.happened["tag_of_others"] == 1


def test_a_tag_that_was_taken_by_hand_is_there_again(in_memory: MakeWorld) -> None:
    words = words_of(in_memory, TAKEN, change("K0", TAKEN, given=True))

    assert "refused and mailed" in words
    assert "tag_taken" in words


def test_somebody_has_lost_a_tag(in_memory: MakeWorld) -> None:
    assert "lost without a reason" in words_of(in_memory, READS, change("K1", READS, given=False))


def test_somebody_carries_a_tag_of_a_collection_without_them(in_memory: MakeWorld) -> None:
    words = words_of(in_memory, FIRST, change("K1", FIRST, given=True))

    assert "K1" in words
    assert "a member of ours without anybody who may be mailed" in words


def test_somebody_is_subscribed_without_any_tag(in_memory: MakeWorld) -> None:
    words = words_of(in_memory, FIRST, change("K0", FIRST, given=False))

    assert "is subscribed without any tag" in words


@pytest.mark.parametrize(("number", "how"), [(READS, "got"), (OTHER_TAG, "lost")])
def test_a_tag_of_others_is_changed(in_memory: MakeWorld, number: int, how: str) -> None:
    def damage(world: World, tellers: Tellers) -> None:
        ((audience, _),) = tags(world, "K0")
        tag_id = audience.tag(OTHERS)
        assert tag_id is not None
        audience.member(address(tellers, number)).tags.symmetric_difference_update({tag_id})

    assert f"{how} the tag of other people" in words_of(in_memory, number, damage)


def test_a_campaign_reaches_somebody_without_the_tag(in_memory: MakeWorld) -> None:
    """The audience is right: the recipients alone show it."""

    def damage(world: World, tellers: Tellers) -> None:
        account, send = world.side.account, world.side.account.send

        def send_to_all(campaign: Any) -> None:
            campaign.tag_id = None
            send(campaign)

        account.send = send_to_all

    words = words_of(in_memory, FIRST, damage)
    assert words == f"a campaign to {words.split()[3]} who does not carry the collection's tag"


def test_a_withdrawal_from_one_category_leaves_its_tag(in_memory: MakeWorld) -> None:
    def damage(world: World, tellers: Tellers) -> None:
        assert tellers[READS].happen(Event(9, "late", "withdraw"))

    words = words_of(in_memory, READS, damage)
    assert "in K0" in words
    assert "withdrew or asked to be erased" in words
    assert "in K1" not in words
