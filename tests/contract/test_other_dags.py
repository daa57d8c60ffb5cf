"""What campaigns, reports, erasures and the rest send, held against the description."""

from __future__ import annotations

from typing import get_args

import psycopg

from campaign_world import CampaignWorld
from contract.described import described, recorded_sandbox
from crm_mailchimp.accounts import Accounts
from crm_mailchimp.campaigns.campaign_round import look_at_all
from crm_mailchimp.data_protection.erasure import erase_contacts
from crm_mailchimp.mailchimp.reports import _LISTS
from crm_mailchimp.provider import ReportStream
from crm_mailchimp.stats.audience_extract import extract_audiences
from crm_mailchimp.sync.audience.list_defaults import get_provider_defaults
from crm_mailchimp.sync.members.pull_statuses import pull_statuses
from mailchimp_sandbox.tests.contract.description import Description
from mailchimp_sandbox.tests.contract.recorded import Recorded
from sync_world import subscriber_hash


def _move(world: CampaignWorld, code: str, collection: str) -> None:
    """The campaign goes to another collection: only its draft's audience changes."""
    world.crm.execute(
        "update crm.campaign set updated_at = now(), collection_id = (select collection_id"
        " from crm.contact_collection where code = %s) where code = %s",
        (collection, code),
    )
    assert world.step(code).outcome == "updated"


def _campaigns_and_all_else(world: CampaignWorld) -> None:
    """A campaign's whole life, each stream of a report, audiences, statuses, defaults, erasure."""
    world.audience(30)
    moment = world.quarter_in(3)
    for code in ("NL-11", "NL-12"):
        world.campaign(code)
        world.step(code)
        world.design(code)
        assert world.step(code, test_to=["dokimi@galaxy.gr"], test_run="δοκιμή").outcome
    world.change_campaign("NL-11", subject_line="Νέο θέμα")
    assert world.step("NL-11").outcome == "updated"
    world.contact("allos@mail.gr", world.collection("ALLI"))
    world.sync()
    _move(world, "NL-12", "ALLI")
    _move(world, "NL-12", "NEWS")
    world.change_campaign("NL-11", state="approved", planned_at=moment)
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
        pull_statuses(warehouse, Accounts.only(provider), "NEWS", crm=crm)
        get_provider_defaults(warehouse, crm, provider, list_id=world.list_id())
        world.crm.execute(
            "update crm.contact set erasure_requested_at = now() where email = 'filos1@mail.gr'"
        )
        erase_contacts(warehouse, crm, Accounts.only(provider), run_id="διαγραφή")


def test_all_other_dags_send_only_what_is_described(
    recorded: Recorded, description: Description, crm_db: str, warehouse_db: str
) -> None:
    world = CampaignWorld(crm_db, warehouse_db, recorded_sandbox(recorded))
    try:
        _campaigns_and_all_else(world)
    finally:
        world.close()
    used = described(recorded, description)
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
