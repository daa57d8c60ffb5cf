"""Collections moved, and the state is lost while they are blocked, inactive or without provider.

The first run that syncs them comes later. It still finds the audiences that they had before.
"""

from __future__ import annotations

import pytest

from sharing_world import NAME, UNGUARDED, by_hand, quarantine, rows, sync_each
from sync.shared.movers import (
    MARIA,
    NIKOS,
    OTHER,
    PETROS,
    ZOI,
    Movers,
    blocked,
    inactive,
    without_provider,
)
from sync_world import World

AWAY = {"FIRST": blocked, "SECOND": inactive, "THIRD": without_provider}


@pytest.mark.parametrize(("first", "to"), [(NAME, None), (NAME, OTHER), (None, NAME)])
def test_what_was_refused_before_the_move_holds(
    sharing: World, first: str | None, to: str | None
) -> None:
    moved = Movers(sharing, first, to, *AWAY)
    before = moved.everybody()
    assert before == {code: {NIKOS, ZOI, PETROS} for code in AWAY}
    back = [how(sharing, code) for code, how in AWAY.items()]
    sharing.forget_ledger()
    sync_each(sharing)
    for mend in back:
        mend()

    sync_each(sharing, 3)

    assert moved.everybody() == before
    held = {key[0] for key, reason in quarantine(sharing).items() if key[1] == moved.people[MARIA]}
    assert held >= set(AWAY)
    moved.assert_quiet()


@pytest.mark.parametrize("how", [blocked, inactive], ids=["blocked", "inactive"])
def test_a_tag_that_was_taken_before_the_move(sharing: World, how: object) -> None:
    """An inactive collection has not arrived: its runs put nobody anywhere."""
    moved = Movers(sharing, NAME, None, "NEWS", arrive=False)
    by_hand(sharing, "NEWS", NIKOS, "taken")
    moved.move()
    assert moved.of("NEWS") == {ZOI, PETROS}
    sharing.forget_ledger()
    mend = blocked(sharing, "NEWS")
    sync_each(sharing)
    if how is inactive:
        # Now the state knows its audience.
        mend()
        mend = inactive(sharing, "NEWS")
        sync_each(sharing, 2)
    mend()

    sync_each(sharing, 3)

    assert moved.of("NEWS") == {ZOI, PETROS}
    assert quarantine(sharing)["NEWS", moved.people[NIKOS]] == "suppressed_archived"


def test_who_changed_the_address_in_mailchimp_stays(sharing: World) -> None:
    """The first run after the loss only does what is due, and reads the audience before."""
    news = sharing.collection("NEWS")
    zoi = sharing.contact(ZOI, news)
    for one in (MARIA, NIKOS, PETROS):
        sharing.contact(one, news)
    sharing.sync(options=UNGUARDED)
    sharing.act(ZOI, "change_email", new_email_address="zoi.nea@galaxy.gr")
    sharing.sync(options=UNGUARDED)
    assert sharing.remote()["zoi.nea@galaxy.gr"] == "subscribed"
    sharing.forget_ledger()
    mend = blocked(sharing, "NEWS")
    sync_each(sharing)
    mend()

    sync_each(sharing, 2)

    assert ZOI not in sharing.remote()
    assert sharing.remote()["zoi.nea@galaxy.gr"] == "subscribed"
    found = rows(sharing, "select contact_id from sync.changed_address where ended_at is null")
    assert [one["contact_id"] for one in found] == [zoi]
