"""What our own pipeline sends, held against the description: a sync and a report extract."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any, get_args

import psycopg

from campaign_world import CampaignWorld
from crm_mailchimp.campaigns.campaign_round import look_at_all
from crm_mailchimp.data_protection.erasure import erase_contacts
from crm_mailchimp.mailchimp.reports import _LISTS
from crm_mailchimp.provider import ReportStream
from crm_mailchimp.stats.audience_extract import extract_audiences
from crm_mailchimp.stats.extract import campaigns_to_read, extract_campaigns
from crm_mailchimp.sync.audience.list_defaults import get_provider_defaults
from crm_mailchimp.sync.members.pull_statuses import pull_statuses
from mailchimp_sandbox.clock import DAY
from mailchimp_sandbox.tests.contract.description import Description
from mailchimp_sandbox.tests.contract.recorded import Recorded
from mailchimp_sandbox.tests.running import KEY
from sync_world import World, subscriber_hash

PEOPLE = 60


def _sandbox(recorded: Recorded) -> Any:
    """The recorded sandbox, as the sync's test world wants it."""

    def control(method: str, path: str, json: Any = None) -> Any:
        return recorded.world.control(method, path.lstrip("/"), **(json or {}))

    host = recorded.recording.host
    return SimpleNamespace(host=host, base_url=f"{host}/3.0", key=KEY, control=control)


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
    sandbox = _sandbox(recorded)
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
    used = _described(recorded, description)
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


def _described(recorded: Recorded, description: Description) -> Counter[tuple[str, str]]:
    """How often each operation was used; fails where a request or an answer is not described."""
    exchanges = recorded.recording.everything()
    assert [
        (exchange.title, wrong)
        for exchange in exchanges
        for wrong in description.wrong_in_request(exchange) + description.wrong_in_answer(exchange)
    ] == []
    return Counter((exchange.method, description.template(exchange.path)) for exchange in exchanges)


def _campaigns_and_all_else(world: CampaignWorld) -> None:
    """A campaign's whole life, each stream of a report, audiences, statuses, defaults, erasure."""
    world.audience(30)
    moment = world.quarter_in(3)
    for code in ("NL-11", "NL-12"):
        world.campaign(code, state="approved", planned_at=moment)
        world.step(code)
        world.design(code)
        assert world.step(code, test_to=["dokimi@galaxy.gr"], test_run="δοκιμή").outcome
    world.change_campaign("NL-11", subject_line="Νέο θέμα")
    assert world.step("NL-11").outcome == "updated"
    world.schedule_early()
    scheduled = world.step("NL-11")
    assert scheduled.status == "schedule", scheduled
    world.step("NL-12")
    world.change_campaign("NL-12", state="cancelled")
    world.step("NL-12")
    world.pass_time(days=3)
    world.step("NL-11")
    campaign_id = world.provider_id("NL-11")
    with (
        world.provider() as provider,
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        look_at_all(warehouse, provider)
        for stream in get_args(ReportStream):
            list(provider.rows(campaign_id, stream))
        for link in provider.rows(campaign_id, "links"):
            list(provider.link_members(campaign_id, link["id"]))
        provider.has_recipient(campaign_id, subscriber_hash("filos0@mail.gr"))
        extract_audiences(warehouse, provider)
        list(provider.member_feed(world.list_id(), subscriber_hash("filos0@mail.gr")))
        list(provider.complaints(world.list_id()))
        pull_statuses(warehouse, provider, "NEWS", crm=crm)
        get_provider_defaults(warehouse, crm, provider, list_id=world.list_id())
        world.crm.execute(
            "update crm.contact set erasure_requested_at = now() where email = 'filos1@mail.gr'"
        )
        erase_contacts(warehouse, crm, provider, run_id="διαγραφή")


def test_all_other_dags_send_only_what_is_described(
    recorded: Recorded, description: Description, crm_db: str, warehouse_db: str
) -> None:
    world = CampaignWorld(crm_db, warehouse_db, _sandbox(recorded))
    try:
        _campaigns_and_all_else(world)
    finally:
        world.close()
    used = _described(recorded, description)
    for method, template in (
        ("POST", "/campaigns"),
        ("PATCH", "/campaigns/{campaign_id}"),
        ("GET", "/campaigns/{campaign_id}/send-checklist"),
        ("POST", "/campaigns/{campaign_id}/actions/test"),
        ("POST", "/campaigns/{campaign_id}/actions/schedule"),
        ("GET", "/verified-domains"),
        *(("GET", f"/reports/{{campaign_id}}/{one.endpoint}") for one in _LISTS.values()),
        ("GET", "/lists/{list_id}/abuse-reports"),
        ("GET", "/lists/{list_id}/growth-history"),
        ("GET", "/lists/{list_id}/activity"),
        ("GET", "/lists/{list_id}/members/{subscriber_hash}/activity-feed"),
        ("POST", "/lists/{list_id}/members/{subscriber_hash}/actions/delete-permanent"),
    ):
        assert used[method, template], f"the scene does not reach {method} {template}"
