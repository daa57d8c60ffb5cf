"""Collections that begin to share an audience, stop, or share another one."""

from __future__ import annotations

from shared_looks import audience_of, reasons, statuses, tagged, wait
from sync_world import World


def share(world: World, collection_id: int, name: str | None) -> None:
    world.crm.execute(
        "update crm.contact_collection set shared_audience = %s where collection_id = %s",
        (name, collection_id),
    )


def unsubscribe(world: World, email: str, name: str = "Κοινό") -> None:
    wait(world)
    world.sandbox.control(
        "POST",
        "act",
        {"list_id": audience_of(world, name), "email_address": email, "action": "unsubscribe"},
    )
    wait(world)


def test_from_one_shared_audience_to_another(shared: World) -> None:
    """Who opted out until the move stays out of the new one, though no run has seen it yet."""
    news = shared.collection("NEWS", shared_audience="Κοινό")
    offers = shared.collection("OFFERS", shared_audience="Κοινό")
    other = shared.collection("OTHER", shared_audience="Άλλο")
    maria = shared.contact("maria@example.gr", news, offers)
    shared.contact("nikos@example.gr", news, offers, other)
    shared.sync()
    unsubscribe(shared, "maria@example.gr")
    share(shared, news, "Άλλο")

    for _ in range(2):
        results = shared.sync()
        assert {one.state for one in results.values()} == {"succeeded"}

    there = audience_of(shared, "Άλλο")
    assert statuses(shared, there) == {"nikos@example.gr": "subscribed"}
    assert tagged(shared, "NEWS", there) == {"nikos@example.gr"}
    assert tagged(shared, "OTHER", there) == {"nikos@example.gr"}
    assert tagged(shared, "OFFERS") == {"nikos@example.gr"}
    assert reasons(shared)["NEWS", maria] == "suppressed_unsubscribed"
