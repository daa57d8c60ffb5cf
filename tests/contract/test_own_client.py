"""What our own pipeline sends, held against the description: a sync and a report extract."""

from __future__ import annotations

import psycopg

from contract.described import described, recorded_sandbox
from crm_mailchimp.stats.extract import extract_campaigns
from listed_campaigns import campaigns_to_read
from mailchimp_sandbox.clock import DAY
from mailchimp_sandbox.tests.contract.description import Description
from mailchimp_sandbox.tests.contract.recorded import Recorded
from sync_world import World

PEOPLE = 60


def _grow_and_shrink(world: World) -> None:
    """Adds, updates by batch, unsubscribes, archives, an address change, a second collection."""
    news, offers = world.collection(), world.collection("OFFERS", sync_merge_fields=True)
    people = [world.contact(f"Prosopo.{n}@galaxy.gr", news, offers) for n in range(PEOPLE)]
    assert world.sync()["NEWS"].counts["added"] == PEOPLE
    for contact_id in people[:54]:
        world.change_contact(contact_id, last_name="Γεωργίου-Ωραιοπούλου")
    world.change_contact(people[56], email="nea.dieuthynsi@galaxy.gr")
    world.consent(people[57], granted=False)
    world.leave(news, people[58])
    world.act("prosopo.59@galaxy.gr", "unsubscribe")
    result = world.sync()["NEWS"]
    assert result.state == "succeeded", result.detail
    assert result.counts["updated"] >= 54 and result.counts["removed"] >= 3


def test_the_pipeline_sends_only_what_is_described(
    recorded: Recorded, description: Description, crm_db: str, warehouse_db: str
) -> None:
    sandbox = recorded_sandbox(recorded)
    world = World(crm_db, warehouse_db, sandbox)
    try:
        _grow_and_shrink(world)
        campaign_id = recorded.world.new_campaign(world.list_id())
        recorded.world.send(campaign_id)
        sandbox.control("POST", "clock/advance", {"seconds": 3 * DAY})
        made_by_hand = len(recorded.recording.exchanges)
        with world.provider() as provider, psycopg.connect(warehouse_db) as warehouse:
            chosen = campaigns_to_read(warehouse, provider)
            assert chosen == [campaign_id]
            extract_campaigns(warehouse, provider, chosen)
    finally:
        world.close()
    assert len(recorded.recording.exchanges) > made_by_hand
    used = described(recorded, description)
    for method, template in (
        ("POST", "/lists"),
        ("POST", "/lists/{list_id}"),
        ("POST", "/batches"),
        ("PATCH", "/lists/{list_id}/members/{subscriber_hash}"),
        ("DELETE", "/lists/{list_id}/members/{subscriber_hash}"),
        ("GET", "/reports/{campaign_id}/email-activity"),
        ("GET", "/reports/{campaign_id}/click-details"),
    ):
        assert used[method, template], f"the scene does not reach {method} {template}"
