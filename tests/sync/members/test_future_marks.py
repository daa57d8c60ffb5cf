"""What was last done "in the future", by a clock that was ahead, counts as never done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from sync_world import World, subscriber_hash

OPTIONS = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**6, half=2.0))


@pytest.mark.parametrize("ahead", ["2 hours", "3 days", "9 years"])
def test_a_full_listing_in_the_future_is_none(world: World, ahead: str) -> None:
    """It alone shows that somebody deleted a member for good."""
    news = world.collection()
    eleni = world.contact("eleni@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.warehouse.execute(
        f"update sync.audience set fully_listed_at = now() + interval '{ahead}'"
    )
    with world.provider() as provider:
        provider.delete_member_permanently(world.list_id(), subscriber_hash("eleni@mail.gr"))

    world.sync()

    assert world.open_reasons() == {eleni: "suppressed_forgotten"}
    row = world.warehouse.execute(
        "select fully_listed_at <= now() as is_past from sync.audience"
    ).fetchone()
    assert row == {"is_past": True}


def test_a_look_in_the_future_hides_no_deletion(world: World) -> None:
    news = world.collection()
    eleni = world.contact("eleni@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.warehouse.execute("update sync.audience_look set looked_at = now() + interval '3 days'")
    with world.provider() as provider:
        provider.delete_member_permanently(world.list_id(), subscriber_hash("eleni@mail.gr"))
    world.change_contact(eleni, email="eleni.nea@mail.gr")

    world.sync(options=OPTIONS)

    assert "eleni.nea@mail.gr" not in world.remote()
    assert world.open_reasons() == {eleni: "suppressed_forgotten"}


def test_a_watermark_in_the_future_hides_no_opt_out(world: World) -> None:
    news = world.collection()
    eleni = world.contact("eleni@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.warehouse.execute("update sync.audience set pulled_through = now() + interval '3 days'")
    world.act("eleni@mail.gr", "unsubscribe")

    world.sync()

    assert world.open_reasons() == {eleni: "suppressed_unsubscribed"}


def test_one_member_from_the_future_hides_no_opt_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watermark is the newest change of any member."""
    news = world.collection()
    eleni = world.contact("eleni@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    plain = MailchimpClient._attempt

    def attempt(self: MailchimpClient, *request: object) -> object:
        answer = plain(self, *request)  # type: ignore[arg-type]
        for member in answer.get("members", []) if isinstance(answer, dict) else []:
            if member.get("email_address") == "nikos@mail.gr":
                member["last_changed"] = (datetime.now(UTC) + timedelta(days=400)).isoformat()
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(MailchimpClient, "_attempt", attempt)
        world.sync(full_refresh=True)
    world.sandbox.control("POST", "clock/advance", {"seconds": 900})
    world.act("eleni@mail.gr", "unsubscribe")

    world.sync()

    assert world.open_reasons() == {eleni: "suppressed_unsubscribed"}
