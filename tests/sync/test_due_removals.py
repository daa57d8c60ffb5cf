"""Withdrawals, complaints and erasures go out, whatever else is wrong."""

from __future__ import annotations

from collections import Counter

from crm_mailchimp.provider import MergeField
from sync_world import World


def test_a_field_required_by_hand_holds_no_withdrawal_back(world: World) -> None:
    """One by one and through ``/batches``; and whoever consents again is asked to confirm."""
    news = world.collection()
    people = [world.contact(f"p{number}@mail.gr", news) for number in range(60)]
    world.sync()
    with world.provider() as provider:
        required = MergeField(tag="KODIKOS", name="Κωδικός", type="text", required=True)
        provider.create_merge_field(world.list_id(), required)

    world.consent(people[0], granted=False)
    assert world.sync()["NEWS"].counts["removed"] == 1

    for person in people[1:56]:
        world.consent(person, granted=False)
    assert world.sync()["NEWS"].counts["removed"] == 55
    assert Counter(world.remote().values()) == {"unsubscribed": 56, "subscribed": 4}

    for person in people[:53]:
        world.regrant(person)
    world.sync()
    world.regrant(people[53])
    world.sync()
    assert Counter(world.remote().values()) == {"pending": 54, "unsubscribed": 2, "subscribed": 4}
