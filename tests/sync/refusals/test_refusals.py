"""What Mailchimp refuses: its words without addresses, and the reason that fits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.errors import ComplianceStateError, FieldError
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.mailchimp.pace import Polling
from crm_mailchimp.mailchimp.rejections import rejection_of
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.members.rejections import without_address
from crm_mailchimp.sync.runs import collection_run
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from sync_world import World, subscriber_hash


@pytest.mark.parametrize("who", ["maria@mail.gr", "Μαρία.Παππά@παράδειγμα.ελ", "o'hara@mail.gr"])
def test_kept_words_hold_no_address(who: str) -> None:
    """A PATCH's refusal names no member: the words are searched for any address."""
    words = f"{who} is in a compliance state due to unsubscribe, bounce, or compliance review."
    found = rejection_of(
        subscriber_hash(who),
        ComplianceStateError(
            method="PATCH", path="/lists/{list_id}/members/{subscriber_hash}", status=400,
            title="Member In Compliance State", detail=words, instance="",
            errors=(FieldError(field="email_address", message=f"{who}: {subscriber_hash(who)}"),),
        ),
    )  # fmt: skip
    kept = without_address(found)
    assert who not in kept
    assert subscriber_hash(who) not in kept
    assert "compliance state due to unsubscribe" in kept


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned"])
def test_a_refused_request_to_confirm_is_named_after_its_cause(
    world: World, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    """The address bounces between the look and the call. Where Mailchimp shows no more than
    'unsubscribed', its refusal is all that tells."""
    news = world.collection()
    person = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.consent(person, granted=False)
    world.sync()
    world.regrant(person)
    looked = collection_run.pull_back

    def look_then_bounce(*arguments: Any, **options: Any) -> Any:
        seen = looked(*arguments, **options)
        world.bounce("maria@mail.gr")
        return seen

    monkeypatch.setattr(collection_run, "pull_back", look_then_bounce)
    if status == "unsubscribed":
        asked = Mailchimp.member
        monkeypatch.setattr(
            Mailchimp, "member", lambda self, *one: _as(asked(self, *one), "unsubscribed")
        )

    result = world.sync()["NEWS"]

    assert result.state == "succeeded", result.detail
    expected = {"unsubscribed": "suppressed_compliance", "cleaned": "suppressed_cleaned"}[status]
    assert world.open_reasons() == {person: expected}
    refused = world.write_requests()
    monkeypatch.setattr(collection_run, "pull_back", looked)
    world.sync()
    assert world.write_requests() == refused, "what was refused is not asked again"


@pytest.mark.parametrize("above", [0, 50])
def test_who_bounces_right_before_the_archive_needs_none(world: World, above: int) -> None:
    """Mailchimp archives nobody who bounced (405), and sends them nothing either: no reason to
    fail, as the others of the audience would wait for a person who has nothing to do."""
    news = world.collection()
    person = world.contact("maria@mail.gr", news)
    other = world.contact("nikos@mail.gr", news)
    world.contact("eleni@mail.gr", news)
    world.sync()
    world.leave(news, person)
    world.leave(news, other)
    world.contact("ilias@mail.gr", news)
    world.batching = Batching(above=above, polling=Polling(first=0.02, most=0.1, deadline=30))
    bounced: list[str] = []

    def bounce(what: str) -> None:
        if not bounced and what.startswith(("DELETE", "POST /batches")):
            bounced.append(what)
            world.bounce("maria@mail.gr")

    world.calls.reset(before=bounce)
    result = world.sync(options=SyncOptions(limits=GuardLimits(share=1.0, minimum=9, half=2.0)))

    world.calls.reset()
    assert bounced
    assert result["NEWS"].state == "succeeded", result["NEWS"].detail
    assert result["NEWS"].counts["removed"] == 1
    assert world.remote() == {
        "maria@mail.gr": "cleaned", "nikos@mail.gr": "archived", "eleni@mail.gr": "subscribed",
        "ilias@mail.gr": "subscribed",
    }  # fmt: skip
    row = world.member("maria@mail.gr")
    assert (row["status"], row["cause"], row["intended_action"]) == ("cleaned", "cleaned", None)
    assert not row["opted_out"]
    assert world.warehouse.execute("select * from sync.rejection").fetchall() == []


def _as(member: Any, status: str) -> Any:
    return replace(member, status=status)
