"""A campaign's way from draft to report, on the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_mailchimp.campaign_provider import CampaignDraft
from crm_mailchimp.mailchimp import campaigns
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import BadRequest, NotFound
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.provider import AudienceSettings, NewMember

BODY = '<p>Καλημέρα *|FNAME|*, <a href="https://galaxias.gr/νέα?server=1">τα νέα μας</a></p>'


@pytest.fixture
def mailchimp(mailchimp_sandbox: Any) -> Iterator[Mailchimp]:
    with Mailchimp(MailchimpClient(mailchimp_sandbox.key, host=mailchimp_sandbox.host)) as opened:
        yield opened


@pytest.fixture
def draft(mailchimp: Mailchimp) -> CampaignDraft:
    audience = mailchimp.create_audience(
        AudienceSettings(
            name="Πελάτες (PEL)",
            company="Γαλαξίας Α.Ε.",
            address1="Ερμού 12",
            city="Αθήνα",
            country="GR",
            from_name="Γαλαξίας",
            from_email="nea@galaxias.gr",
            language="el",
            permission_reminder="Είστε πελάτης μας.",
        )
    )
    mailchimp.add_members(
        audience.list_id,
        [
            NewMember(
                email_address=f"pelatis{number}@galaxias.gr",
                status="subscribed",
                merge_fields={"FNAME": "Νίκος"},
            )
            for number in range(200)
        ],
    )
    return CampaignDraft(
        list_id=audience.list_id,
        title="Ενημερωτικό Νοεμβρίου (NL-11)",
        subject_line="Τα νέα του Νοεμβρίου",
        preview_text="Διαβάστε",
        from_name="Γαλαξίας",
        reply_to="nea@galaxias.gr",
    )


def test_a_draft(mailchimp: Mailchimp, draft: CampaignDraft) -> None:
    client = mailchimp.client
    campaign_id = campaigns.create_campaign(client, draft)["id"]
    client.campaigns.set_content(campaign_id, {"html": BODY})
    campaigns.change_campaign(client, campaign_id, {"subject_line": "Άλλο θέμα"})
    found = campaigns.campaign(client, campaign_id)
    assert found is not None
    assert found["settings"]["subject_line"] == "Άλλο θέμα"
    assert found["settings"]["title"] == draft.title
    assert "Καλημέρα" in client.campaigns.get_content(campaign_id)["html"], "the body stays"
    assert [row["id"] for row in campaigns.campaigns(client, list_id=draft.list_id)] == [
        campaign_id
    ]
    assert campaigns.delete_campaign(client, campaign_id)
    assert not campaigns.delete_campaign(client, campaign_id)
    assert campaigns.campaign(client, campaign_id) is None


def test_a_change_keeps_what_people_wrote_a_moment_ago(
    mailchimp: Mailchimp, draft: CampaignDraft
) -> None:
    client = mailchimp.client
    campaign_id = campaigns.create_campaign(client, draft)["id"]
    by_hand = {
        "subject_line": "Από τη Μαρία",
        "from_name": "Μαρία του Γαλαξία",
        "reply_to": "maria@galaxias.gr",
        "to_name": "*|FNAME|*",
    }
    client.campaigns.update(campaign_id, {"settings": by_hand})
    campaigns.change_campaign(client, campaign_id, {"title": "Νέος τίτλος"})
    found = campaigns.campaign(client, campaign_id)
    assert found is not None
    assert found["settings"]["title"] == "Νέος τίτλος"
    assert {name: found["settings"][name] for name in by_hand} == by_hand


def test_a_draft_that_people_deleted_cannot_be_changed(
    mailchimp: Mailchimp, draft: CampaignDraft
) -> None:
    client = mailchimp.client
    campaign_id = campaigns.create_campaign(client, draft)["id"]
    campaigns.delete_campaign(client, campaign_id)
    with pytest.raises(NotFound):
        campaigns.change_campaign(client, campaign_id, {"title": "Νέος τίτλος"})


def test_scheduling(mailchimp: Mailchimp, mailchimp_sandbox: Any, draft: CampaignDraft) -> None:
    client = mailchimp.client
    campaign_id = campaigns.create_campaign(client, draft)["id"]
    assert not campaigns.send_checklist(client, campaign_id).is_ready, "there is no body yet"
    client.campaigns.set_content(campaign_id, {"html": BODY})
    checklist = campaigns.send_checklist(client, campaign_id)
    assert checklist.is_ready
    assert checklist.items
    campaigns.send_test(client, campaign_id, ["dokimi@galaxias.gr"])
    at = (datetime.now(UTC) + timedelta(days=2)).replace(minute=45, second=0, microsecond=0)
    with pytest.raises(ValueError, match="quarter"):
        campaigns.schedule(client, campaign_id, at.replace(minute=50))
    campaigns.schedule(client, campaign_id, at)
    found = campaigns.campaign(client, campaign_id)
    assert found is not None
    assert found["status"] == "schedule"
    campaigns.unschedule(client, campaign_id)
    found = campaigns.campaign(client, campaign_id)
    assert found is not None
    assert found["status"] in ("save", "paused")
    with pytest.raises(BadRequest):
        campaigns.schedule(client, campaign_id, at - timedelta(days=400))


def test_from_sending_to_the_report(
    mailchimp: Mailchimp, mailchimp_sandbox: Any, draft: CampaignDraft
) -> None:
    client = mailchimp.client
    campaign_id = campaigns.create_campaign(client, draft)["id"]
    client.campaigns.set_content(campaign_id, {"html": BODY})
    campaigns.send(client, campaign_id)
    mailchimp_sandbox.control("POST", "clock/advance", {"days": 7})
    report = mailchimp.report(campaign_id)
    assert list(mailchimp.reports()) == [report]
    assert report["emails_sent"] == 200
    assert report["opens"]["unique_opens"] > 0
    recipients = list(mailchimp.rows(campaign_id, "recipients"))
    assert len({row["email_id"] for row in recipients}) == len(recipients) == 200
    activity = list(mailchimp.rows(campaign_id, "activity"))
    events = [event for row in activity for event in row["activity"]]
    assert sum(event["action"] == "click" for event in events) == report["clicks"]["clicks_total"]
    assert len(list(mailchimp.rows(campaign_id, "unsubscribes"))) == report["unsubscribed"]
    assert len(list(mailchimp.rows(campaign_id, "abuse_reports"))) == report["abuse_reports"]
    links = list(mailchimp.rows(campaign_id, "links"))
    assert sum(link["total_clicks"] for link in links) == report["clicks"]["clicks_total"]
    for link in links:
        clickers = list(mailchimp.link_members(campaign_id, link["id"]))
        assert sum(row["clicks"] for row in clickers) == link["total_clicks"]
    last_open = datetime.fromisoformat(report["opens"]["last_open"])
    later = list(mailchimp.rows(campaign_id, "activity", since=last_open))
    assert len(later) == len(activity), "every recipient comes, with or without news"
    for stream in ("proxy_opens", "domains", "locations"):
        assert list(mailchimp.rows(campaign_id, stream))
    for row in (*recipients, *activity):
        assert "email_address" not in row, "nobody's address is fetched for figures"
    assert list(mailchimp.growth_history(draft.list_id))
