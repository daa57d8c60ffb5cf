"""What closes the gate, what opens it again, and what a person may say about it."""

from __future__ import annotations

from datetime import UTC, timedelta

import psycopg
import pytest

from campaign_world import CampaignWorld
from crm_mailchimp.campaigns import campaign_round, release
from crm_mailchimp.provider import NewMember
from unicode_ids import ASCII, UNICODE

DAY = timedelta(hours=24)


def scheduled_campaign(world: CampaignWorld, **columns: object) -> None:
    world.schedule_early()
    world.campaign(state="approved", planned_at=world.quarter_in(48), **columns)
    world.step()
    world.design()


def test_a_withdrawn_consent_closes_it_and_nobody_may_release_that(world: CampaignWorld) -> None:
    people = world.audience(3)
    scheduled_campaign(world)
    world.consent(people[1], granted=False)

    held = world.step()

    assert held.outcome == "held"
    assert world.remote_status() == "save"
    assert world.gate_codes() == ["no_valid_consent", "refused_address"]
    assert f"(contacts {people[1]})" in str(held.detail)
    gate_id = world.gate()["gate_id"]
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        assert release.request_releases(warehouse, ["NL-11"]) == []
        with pytest.raises(release.NotReleasableError, match="no_valid_consent"):
            release.decide_release(warehouse, gate_id, "approved", holds=DAY, ask_again_after=DAY)

    # Even a release that slipped into the table opens nothing.
    world.warehouse.execute(
        "insert into sync.campaign_release (gate_id, campaign_id, keys, decision, expires_at)"
        " select gate_id, campaign_id, array['no_valid_consent', 'refused_address'], 'approved',"
        " now() + interval '1 day' from sync.campaign_gate where gate_id = %s",
        (gate_id,),
    )
    assert world.step().outcome == "held"

    # The sync unsubscribes; then the others get it, and it goes once.
    world.sync()
    assert world.step().outcome == "scheduled"

    # Withdrawn while scheduled: taken back shortly before it goes out, restored with the consent.
    world.go_to(world.row()["scheduled_for"], minutes=10)
    world.consent(people[0], granted=False)
    assert world.step().outcome == "held"
    assert world.gate_codes() == ["no_valid_consent", "refused_address"]
    assert [reason["detail"].partition(" (")[0] for reason in world.gate()["reasons"]] == [
        "1 subscribed member has no consent in force",
        "1 subscribed member has an address that somebody in the CRM refused",
    ]
    assert world.remote_status() == "save"
    world.regrant(people[0])
    assert world.step().outcome == "scheduled"
    world.pass_time(hours=2)
    assert world.step().status == "sent"
    sent = world.sandbox.control("GET", "ledger/events?action=sent")["events"]
    assert sorted(event["email_address"] for event in sent) == ["filos0@mail.gr", "filos2@mail.gr"]


def test_everybody_is_judged_by_the_campaigns_own_type(world: CampaignWorld) -> None:
    people = world.audience(7)
    scheduled_campaign(world, campaign_type="OFFER")

    assert world.step().outcome == "held"
    assert world.gate_codes() == ["no_valid_consent"]
    assert world.gate()["reasons"][0]["detail"].startswith("7 subscribed members")
    for contact in people:
        world.consent(contact, category="offer")
    assert world.step().outcome == "scheduled"

    # Each of them for a reason of their own, and one stranger with the refused address.
    world.change_campaign(subject_line="Άλλο θέμα")
    other = world.contact("filos0@mail.gr", consent=None)
    world.consent(other, category="offer", granted=False)
    world.change_contact(people[1], erasure_requested_at=world.now())
    world.change_contact(people[2], is_active=False)
    world.change_contact(people[3], email="allos@mail.gr")
    world.consent(
        people[4], category="offer", effective_at=world.now() - DAY, expires_at=world.now()
    )
    world.crm.execute("delete from crm.contact where contact_id = %s", (people[5],))
    foreign = world.contact("xenos@mail.gr", consent=None)
    with world.provider() as provider:
        provider.add_members(
            world.list_id(),
            [
                NewMember(email_address=address, status="subscribed", merge_fields={})
                for address in ("xenos@mail.gr", "agnostos@mail.gr")
            ],
        )
    world.consent(foreign, category="offer", granted=False)
    world.pass_time(seconds=2)

    assert world.step().outcome == "held"
    counts = {
        reason["code"]: int(reason["detail"].split()[0])
        for reason in world.gate()["reasons"]
        if not reason["may_be_released"]
    }
    assert counts == {
        "address_changed": 1,
        "contact_gone": 1,
        "erased_contact": 1,
        "inactive_contact": 1,
        "no_valid_consent": 1,
        "refused_address": 2,  # the shared one, and the one who asked to be erased
        "refused_foreign_address": 1,
    }
    assert world.gate()["judged"] == 7
    assert world.remote_status() == "save"
    # Without category nobody is asked for consent; who is to be forgotten still counts.
    world.change_campaign(campaign_type="FREE")
    world.step()
    assert set(world.gate_codes()) == {
        "address_changed", "contact_gone", "erased_contact", "inactive_contact", "refused_address",
    }  # fmt: skip


@pytest.mark.usefixtures("unicode_ids")
def test_a_member_id_of_mailchimps_own_is_found_again(world: CampaignWorld) -> None:
    people = world.audience(2)
    world.change_contact(people[0], email=UNICODE)
    world.sync()
    assert world.remote()[UNICODE] == "subscribed"
    scheduled_campaign(world)
    assert world.step().outcome == "scheduled", world.gate_codes()

    # Somebody else with that address refuses.
    other = world.contact(ASCII, consent=None)
    world.consent(other, granted=False)
    world.go_to(world.row()["scheduled_for"], minutes=10)
    assert world.step().outcome == "held"
    assert world.gate_codes() == ["refused_address"]


def test_what_a_person_may_release(world: CampaignWorld) -> None:
    world.audience(3)
    scheduled_campaign(world)
    world.warehouse.execute("update sync.staging_run set clock = now() - interval '3 hours'")
    assert world.step().outcome == "held"
    assert world.gate_codes() == ["audience_stale"]

    with psycopg.connect(world.warehouse_dsn) as warehouse:
        [(gate_id, _)] = release.request_releases(warehouse, ["NL-11"])
        world.step()
        [again] = release.request_releases(warehouse, ["NL-11"])
        assert again.number == gate_id, "asked once"
        request = release.find_release_request(warehouse, gate_id=gate_id)
        assert request is not None
        assert request.subject == "Let campaign NL-11 go to 3 recipients?"
        planned_at = world.row()["planned_at"].astimezone(UTC)
        assert request.body.startswith(
            "- collection: NEWS\n- account: connection mailchimp_default\n"
            f"- planned for: {planned_at:%Y-%m-%d %H:%M} UTC\n\nThe gate is closed ({gate_id} in "
        )
        assert "\n\n- audience_stale: " in request.body
        assert not release.decide_release(
            warehouse, gate_id, "timed_out", holds=DAY, ask_again_after=DAY
        )
        with pytest.raises(release.AnsweredLateError, match="already timed_out"):
            release.decide_release(warehouse, gate_id, "approved", holds=DAY, ask_again_after=DAY)
    assert world.step().outcome == "held"

    # Another reason is another question; approving it opens the gate for these facts only.
    world.warehouse.execute(
        "update sync.collection_run set state = 'blocked', detail = 'removal_guard: 12',"
        " run_id = run_id || '-2'"
    )
    world.step()
    assert sorted(world.gate_codes()) == ["audience_stale", "sync_blocked"]
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        [(gate_id, _)] = release.request_releases(warehouse, ["NL-11"])
        assert release.decide_release(
            warehouse, gate_id, "approved", holds=DAY, ask_again_after=DAY, decided_by="7"
        )
    assert world.step().outcome == "scheduled"
    assert world.gate()["is_open"]
    assert {reason["released"] for reason in world.gate()["reasons"]} == {True}
    assert world.gate()["release_id"] is not None

    # The next run ends in the same way, so it is the same reason. With other numbers it is not.
    world.change_campaign(planned_at=world.in_hours(60))
    world.warehouse.execute("update sync.collection_run set run_id = run_id || '-3'")
    assert world.step().outcome == "scheduled"
    world.change_campaign(planned_at=world.in_hours(61))
    world.warehouse.execute("update sync.collection_run set detail = 'removal_guard: 13'")
    assert world.step().outcome == "held"


def test_the_age_of_a_sync_is_that_of_its_look_at_the_crm(world: CampaignWorld) -> None:
    news = world.collection()
    world.contact("filos@mail.gr", news)
    staging = world.stage()
    world.warehouse.execute("update sync.staging_run set clock = now() - interval '2 days'")
    world.push(staging, "NEWS")
    scheduled_campaign(world)

    # Pushed a moment ago, from what the CRM held two days ago.
    world.step()
    assert world.gate_codes() == ["audience_stale"]
    assert "2880 minutes" in world.gate()["reasons"][0]["detail"]

    world.sync()
    assert world.step().outcome == "scheduled"

    # A later staging failed its check: no run of the collection tells, and the older one is old.
    world.stage()
    world.change_campaign(planned_at=world.quarter_in(49))
    assert world.step().outcome == "scheduled", "it may still be at work"
    world.warehouse.execute(
        "update sync.staging_run set created_at = now() - interval '1 hour'"
        " where staging_id = (select max(staging_id) from sync.staging_run)"
    )
    world.warehouse.execute(
        "update sync.collection_run set started_at = now() - interval '90 minutes'"
    )
    world.change_campaign(planned_at=world.quarter_in(50))
    assert world.step().outcome == "held"
    assert world.gate_codes() == ["sync_unchecked"]


@pytest.mark.parametrize("state", ["failed", "blocked", None])
def test_a_preview_that_failed_or_died_closes_no_gate(
    world: CampaignWorld, state: str | None
) -> None:
    world.audience(2)
    scheduled_campaign(world)
    world.sync(dry_run=True)
    world.warehouse.execute(
        "update sync.collection_run set state = %s, finished_at = null, detail = 'όχι' where state"
        " = 'dry_run'",
        (state,),
    )
    assert world.step().outcome == "scheduled"
    # The same run for real closes it.
    world.warehouse.execute("update sync.staging_run set dry_run = false")
    world.change_campaign(planned_at=world.quarter_in(50))
    assert world.step().outcome == "held"


def test_a_release_is_about_these_facts(world: CampaignWorld) -> None:
    world.audience(2)
    scheduled_campaign(world)
    world.warehouse.execute(
        "update sync.collection_run set state = 'blocked', detail = 'removal_guard: 12'"
    )
    world.step()
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        [(gate_id, _)] = release.request_releases(warehouse, ["NL-11"])
        assert release.decide_release(
            warehouse, gate_id, "approved", holds=DAY, ask_again_after=DAY
        )

    # The same run is cleared and blocked by something else.
    world.warehouse.execute(
        "update sync.collection_run set detail = 'empty_collection: 5000 would leave'"
    )
    assert world.step().outcome == "held"
    assert world.remote_status() == "save"
    assert not world.gate()["reasons"][0]["released"]

    # An age that was released is not any other age of the same run.
    world.warehouse.execute("update sync.collection_run set state = 'succeeded', detail = null")
    for age in ("3 hours", "30 hours"):
        world.warehouse.execute("update sync.staging_run set clock = now() - %s::interval", (age,))
        assert world.step().outcome == "held"
        with psycopg.connect(world.warehouse_dsn) as warehouse:
            [gate_id] = [
                gate.number
                for gate in release.request_releases(warehouse, ["NL-11"])
                if gate.number == world.gate()["gate_id"]
            ]
            assert release.decide_release(
                warehouse, gate_id, "approved", holds=DAY, ask_again_after=DAY
            )
    assert world.step().outcome == "scheduled"


def test_new_settings_for_a_persons_time_pass_the_checklist_again(world: CampaignWorld) -> None:
    """A check of a scheduled campaign reads none: this one is a draft while it is judged."""
    world.audience(2)
    world.campaign(state="approved")
    world.step()
    world.design()
    world.schedule_by_hand(world.quarter_in(3))
    assert world.step().outcome == "scheduled"

    world.sandbox.control("POST", "domains", {"galaxy.gr": False})
    world.change_campaign(subject_line="Διόρθωση")

    assert world.step().outcome == "held"
    assert world.remote_status() == "save"
    assert world.gate()["occasion"] == "check"
    assert set(world.gate_codes()) == {"checklist", "domain_unverified"}


def test_mailchimp_s_own_side(world: CampaignWorld) -> None:
    world.audience(4)
    world.schedule_early()
    world.campaign(state="approved", planned_at=world.in_hours(48))
    world.step()
    world.step()
    assert world.gate_codes() == ["checklist"]  # no body yet
    world.design()
    world.sandbox.control("POST", "domains", {"galaxy.gr": False})
    world.step()
    assert set(world.gate_codes()) == {"checklist", "domain_unverified"}
    world.by_hand(reply_to="nea@allou.gr")
    world.step()
    assert world.gate_codes() == ["domain_unknown"]
    world.by_hand(reply_to="news@galaxy.gr")
    world.sandbox.control("POST", "domains", {"galaxy.gr": True})
    world.step(options={"recipient_limit": 3})
    assert world.gate_codes() == ["recipient_limit"]

    # Somebody chooses another audience there; the consents were judged for ours.
    other = world.collection("ALLI")
    world.contact("allos@mail.gr", other)
    world.sync(["ALLI"])
    with world.provider() as provider:
        provider.change_campaign(world.provider_id(), {}, list_id=world.list_id("ALLI"))
    world.step()
    assert "audience_changed" in world.gate_codes()
    assert "recipients_differ" in world.gate_codes()

    # Totals and what was made there by hand are shown, each with where it came from.
    with world.provider() as provider:
        provider.change_campaign(world.provider_id(), {}, list_id=world.list_id())
        provider.client.campaigns.create(
            {"type": "regular", "settings": {"title": "Με το χέρι", "subject_line": "Γεια"},
             "recipients": {"list_id": world.list_id()}}
        )  # fmt: skip
    world.change_campaign(planned_at=world.in_hours(-1))
    assert world.step().outcome == "sent"
    world.pass_time(days=3)
    with (
        world.provider() as provider,
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        assert campaign_round.campaigns_to_sync(warehouse, crm) == ["NL-11"]
        assert campaign_round.look_at_all(warehouse, provider) == (2, 1)
        assert campaign_round.look_at_all(warehouse, provider) == (2, 0)
        assert campaign_round.write_back(warehouse, crm) == 1
        assert campaign_round.write_back(warehouse, crm) == 0
        assert campaign_round.campaigns_to_sync(warehouse, crm) == []
    back = world.crm.execute(
        "select provider_campaign_id, status, emails_sent, unique_opens from crm.provider_campaign"
    ).fetchall()
    [report] = [row for row in world.remote_campaigns() if row["status"] == "sent"]
    assert back == [(report["id"], "sent", 4, report["report_summary"]["unique_opens"])]
    shown = world.warehouse.execute(
        "select title, origin, status, emails_sent from stats.campaign_overview order by origin"
    ).fetchall()
    assert [tuple(row.values()) for row in shown] == [
        ("Ενημερωτικό Νοεμβρίου (NL-11)", "crm", "sent", 4),
        ("Με το χέρι", "mailchimp", "save", 0),
    ]


def test_an_hourly_sync_that_stays_blocked_asks_nothing_new(world: CampaignWorld) -> None:
    """Real syncs, blocked by the guard: the answer about the gate holds from run to run."""
    people = world.audience(12)
    scheduled_campaign(world)
    for person in people[:7]:
        world.leave(1, person)
    world.sync()
    assert world.step().outcome == "held"
    assert "sync_blocked" in world.gate_codes()
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        [(gate_id, _)] = release.request_releases(warehouse, ["NL-11"])
        release.decide_release(warehouse, gate_id, "rejected", holds=DAY, ask_again_after=DAY)
        for _ in range(2):
            world.sync()
            world.step()
            assert release.request_releases(warehouse, ["NL-11"]) == []
        world.leave(1, people[7])
        world.sync()
        world.step()
        [(newer, _)] = release.request_releases(warehouse, ["NL-11"])
        assert newer > gate_id
        assert release.decide_release(warehouse, newer, "approved", holds=DAY, ask_again_after=DAY)
    world.sync()
    assert world.step().outcome == "scheduled"
    world.leave(1, people[8])
    world.sync()
    world.change_campaign(planned_at=world.in_hours(60))
    assert world.step().outcome == "held"


def test_an_approval_that_comes_too_late_says_so(world: CampaignWorld) -> None:
    world.audience(3)
    scheduled_campaign(world)
    world.warehouse.execute("update sync.staging_run set clock = now() - interval '3 hours'")
    world.step()
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        [(gate_id, _)] = release.request_releases(warehouse, ["NL-11"])
        world.warehouse.execute(
            "update sync.collection_run set state = 'blocked', detail = 'removal_guard: 12'"
        )
        world.step()
        with pytest.raises(release.AnsweredLateError, match="closed for more"):
            release.decide_release(warehouse, gate_id, "approved", holds=DAY, ask_again_after=DAY)
