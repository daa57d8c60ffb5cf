"""What Mailchimp answers wins: member ids of its own, entries about nobody, deletions, whose
unsubscribe it was."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.data_protection.erasure import erase_contacts
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.provider import CampaignDraft
from crm_mailchimp.sync_commands import main
from sync_world import World, subscriber_hash
from unicode_ids import ASCII, UNICODE


@pytest.mark.usefixtures("unicode_ids")
def test_a_member_id_of_mailchimps_own(world: World) -> None:
    news = world.collection()
    contact = world.contact(UNICODE, news)
    world.contact("maria@mail.gr", news)

    assert world.sync()["NEWS"].counts["added"] == 2

    assert world.remote() == {UNICODE: "subscribed", "maria@mail.gr": "subscribed"}
    assert world.member(UNICODE)["contact_id"] == contact
    writes = world.write_requests()
    world.sync()
    assert world.write_requests() == writes
    # When all is known from Mailchimp alone: fields are pushed again, nobody goes or comes.
    world.forget_ledger()
    again = world.sync()["NEWS"].counts
    assert (again["added"], again["updated"], again["removed"]) == (0, 2, 0)
    assert world.open_reasons() == {}

    world.consent(contact, granted=False)
    world.sync()
    assert world.remote()[UNICODE] == "unsubscribed"
    world.regrant(contact)
    world.sync()
    assert world.remote()[UNICODE] == "pending"
    # A refusal by another holder of the address finds the member, too.
    world.act(ASCII, "confirm")
    other = world.contact(ASCII)
    world.consent(other, granted=False)
    world.leave(news, contact)
    world.sync()
    assert world.remote()[UNICODE] == "unsubscribed"


@pytest.mark.usefixtures("unicode_ids")
def test_an_erasure_forgets_the_member_id_too(world: World) -> None:
    news = world.collection()
    contact = world.contact(UNICODE, news)
    world.contact("maria@mail.gr", news)
    world.sync()
    rows = world.warehouse.execute("select * from sync.subscriber_alias").fetchall()
    assert len(rows) == 1
    world.change_contact(contact, erasure_requested_at="2026-01-01T00:00:00Z")

    with (
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
        world.provider() as provider,
    ):
        erase_contacts(warehouse, crm, Accounts.only(provider), run_id="erasure")

    assert world.warehouse.execute("select * from sync.subscriber_alias").fetchall() == []
    assert UNICODE not in world.remote()


def test_entries_about_nobody_who_was_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)
    plain = MailchimpClient._attempt

    def attempt(self: MailchimpClient, method: str, path: str, *rest: Any) -> Any:
        answer = plain(self, method, path, *rest)
        if (method, path) == ("POST", "/lists/{list_id}"):
            stranger = {**answer["new_members"][0], "email_address": "x@y.gr", "id": "f" * 32}
            stranger["merge_fields"] = {}
            answer["new_members"].append(stranger)
            answer["errors"] += [
                {"email_address": address, "error": "?", "error_code": "ERROR_GENERIC"}
                for address in ("", "nobody@mail.gr")
            ]
        return answer

    monkeypatch.setattr(MailchimpClient, "_attempt", attempt)

    result = world.sync()["NEWS"]

    assert (result.state, result.detail) == ("succeeded", None)
    assert (result.counts["added"], result.counts["rejected"]) == (1, 0)


def test_an_unforeseen_error_is_reported_without_its_words(world: World) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)

    def fail(what: str) -> None:
        raise KeyError(subscriber_hash("maria@mail.gr"))

    world.calls.reset(before=fail)
    with pytest.raises(KeyError):
        world.sync()

    row = world.warehouse.execute("select state, detail from sync.collection_run").fetchone()
    assert row
    assert row["state"] == "failed"
    assert row["detail"].startswith("KeyError: unexpected, in fail (test_answers.py:")
    assert subscriber_hash("maria@mail.gr") not in row["detail"]


def test_the_proof_ends_when_the_member_was_deleted(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    with world.provider() as provider:
        provider.delete_member_permanently(world.list_id(), subscriber_hash("maria@mail.gr"))
    world.sync(full_refresh=True)

    rows = world.warehouse.execute(
        "select subscriber_hash, ended_at, end_cause from sync.consent_proof"
    ).fetchall()
    ended = {row["subscriber_hash"]: row["end_cause"] for row in rows if row["ended_at"]}
    assert ended == {subscriber_hash("maria@mail.gr"): "forgotten"}
    main(["explain", "--dsn", world.warehouse_dsn, "--email", "maria@mail.gr"])
    output = capsys.readouterr().out
    assert "not in the audience any more" in output
    assert "the member was permanently deleted in Mailchimp" in output, output
    row = world.warehouse.execute(
        "select in_audience from sync.membership_explanation where subscriber_hash = %s",
        (subscriber_hash("maria@mail.gr"),),
    ).fetchone()
    assert row == {"in_audience": False}


@pytest.mark.parametrize(
    ("reason", "end"), [("None given", "unsubscribed"), ("N/A (Unsubscribed by admin)", "pending")]
)
def test_came_and_left_between_two_looks(world: World, reason: str, end: str) -> None:
    """We unsubscribed her; she signed up and unsubscribed by herself before we looked again."""
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.consent(contact, granted=False)
    world.sync()
    world.sync()
    assert world.member("maria@mail.gr")["cause"] == "our_unsubscribe"
    world.act("maria@mail.gr", "subscribe")
    world.act("maria@mail.gr", "unsubscribe", reason=reason)
    world.sync()

    world.regrant(contact)
    world.sync()

    assert world.remote()["maria@mail.gr"] == end
    if end == "unsubscribed":
        assert world.open_reasons() == {contact: "suppressed_unsubscribed"}
        world.change_contact(contact, email="nea@mail.gr")
        world.sync()
        assert "nea@mail.gr" not in world.remote()


def test_a_bounce_elsewhere_is_no_opt_out_of_the_next_address(world: World) -> None:
    """Also after our own unsubscribe has come back from Mailchimp as news."""
    news, offers = world.collection("NEWS"), world.collection("OFFERS")
    contact = world.contact("maria@mail.gr", news, offers)
    world.contact("nikos@mail.gr", news, offers)
    world.sync()
    world.bounce("maria@mail.gr", "NEWS")
    world.sync(["NEWS"])
    world.sync(["OFFERS"])
    world.sync(["OFFERS"])
    assert world.remote("OFFERS")["maria@mail.gr"] == "unsubscribed"

    world.change_contact(contact, email="nea@mail.gr")
    world.sync()

    assert world.remote("OFFERS")["nea@mail.gr"] == "subscribed"


def test_a_complaint_outlives_the_deletion_of_its_member(world: World) -> None:
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    with world.provider() as provider:
        campaign = provider.create_campaign(
            CampaignDraft(
                list_id=world.list_id(), title="Νέα", subject_line="Νέα",
                from_name="Γαλαξίας", reply_to="news@galaxy.gr",
            )
        )  # fmt: skip
        provider.client.campaigns.set_content(campaign.campaign_id, {"html": "*|UNSUB|*"})
        rates = ("hard_bounce", "soft_bounce", "unsubscribe", "abuse")
        world.sandbox.control("POST", "behaviour", dict.fromkeys(rates, 0.0))
        provider.send_campaign(campaign.campaign_id)
        world.sandbox.control("POST", "clock/advance", {"hours": 1})
        world.act("maria@mail.gr", "complain", campaign_id=campaign.campaign_id)
        world.sync()
        assert world.open_reasons() == {contact: "suppressed_complaint"}
        provider.delete_member_permanently(world.list_id(), subscriber_hash("maria@mail.gr"))
    world.change_contact(contact, email="alli@mail.gr")

    world.sync(full_refresh=True)

    assert world.member("maria@mail.gr")["cause"] == "forgotten"
    assert world.remote() == {"nikos@mail.gr": "subscribed"}
    assert world.open_reasons() == {contact: "suppressed_complaint"}
