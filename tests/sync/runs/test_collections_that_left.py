"""The page names collections that the CRM syncs, and those that still have an audience."""

from __future__ import annotations

from crm_mailchimp.sync.runs.collections_page import read_page
from sync_world import World


def states(world: World) -> dict[str, str | None]:
    with world.connect(world.warehouse_dsn) as warehouse:
        return {row.collection_code: row.state for row in read_page(warehouse).collections}


def switch(world: World, code: str, *, is_on: bool) -> None:
    provider = "mailchimp" if is_on else None
    world.crm.execute(
        "update crm.contact_collection set external_provider = %s where code = %s",
        (provider, code),
    )


def test_a_failed_collection_without_an_audience_is_gone_when_it_is_switched_off(
    world: World,
) -> None:
    news = world.collection("NEWS")
    # Nobody gave the collection what Mailchimp requires.
    broken = world.collection("ΧΩΡΙΣ", campaign_type=None)
    world.contact("maria@example.gr", news, broken)
    world.sync()
    before = states(world)
    assert before["NEWS"] == "succeeded"
    assert before["ΧΩΡΙΣ"] in ("failed", "blocked")

    switch(world, "ΧΩΡΙΣ", is_on=False)
    # A run of chosen collections does not say what became of others.
    world.sync(["NEWS"])
    assert states(world) == before
    world.sync()
    assert set(states(world)) == {"NEWS"}

    # One that comes back is shown again, also by a run for it alone.
    switch(world, "ΧΩΡΙΣ", is_on=True)
    world.sync(["ΧΩΡΙΣ"])
    assert states(world) == before


def test_a_collection_with_an_audience_stays(world: World) -> None:
    news, offers = world.collection("NEWS"), world.collection("OFFERS")
    world.contact("maria@example.gr", news, offers)
    world.sync()
    switch(world, "OFFERS", is_on=False)
    world.sync()
    assert set(states(world)) == {"NEWS", "OFFERS"}
