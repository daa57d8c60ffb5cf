"""A status that the ledger does not know counts as "may be mailed"."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.data_protection.erasure import erase_contacts
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.provider import RemoteMember
from refusals.story import Story, names


class NewWords(Mailchimp):
    """Mailchimp that calls some subscribed members something that nobody here has heard of."""

    renamed: dict[str, str]

    def _named(self, member: RemoteMember) -> RemoteMember:
        word = self.renamed.get(member.email_address)
        return replace(member, status=word) if word and member.status == "subscribed" else member

    def members(self, *arguments: Any, **options: Any) -> Iterator[RemoteMember]:
        return map(self._named, super().members(*arguments, **options))

    def member(self, list_id: str, subscriber_hash: str) -> RemoteMember | None:
        found = super().member(list_id, subscriber_hash)
        return self._named(found) if found else None


@pytest.fixture
def renamed(story: Story, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Address → word; the sandbox has each of them as subscribed, and mails them."""
    words: dict[str, str] = {}
    plain = story.provider

    @contextmanager
    def provider() -> Iterator[Mailchimp]:
        with plain() as opened:
            disguised = NewWords(opened.client, batching=story.batching)
            disguised.renamed = words
            yield disguised

    monkeypatch.setattr(story, "provider", provider)
    return words


def real(story: Story) -> dict[str, str]:
    """What the sandbox itself says."""
    with story.provider() as provider:
        rows = [
            member
            for status in ({}, {"status": "archived"})
            for member in provider.client.lists.get_list_members_info(
                story.list_id(), count=1000, **status
            )["members"]
        ]
    return {row["email_address"]: row["status"] for row in rows}


@pytest.mark.parametrize("listing", ["changes", "full"])
def test_a_withdrawal_goes_out(story: Story, renamed: dict[str, str], listing: str) -> None:
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    maria = story.contact("maria@mail.gr", news, first_name="Μαρία")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    for email in ("eleni@mail.gr", "maria@mail.gr"):
        renamed[email] = "snoozed"
        story.act(email, "update_profile")
    story.synced()
    assert story.remote()["eleni@mail.gr"] == "snoozed"
    story.withdraw(eleni)
    other = story.contact("maria@mail.gr", consent=None)
    story.withdraw(other)

    story.synced(full_refresh=listing == "full")

    assert real(story)["eleni@mail.gr"] == "unsubscribed"
    assert real(story)["maria@mail.gr"] == "unsubscribed"
    assert story.reason(eleni) == "consent_withdrawn"
    assert story.reason(maria) == "shared_address_refused"
    assert story.send() == {"anna@mail.gr"}


def test_an_erasure_goes_out(story: Story, renamed: dict[str, str]) -> None:
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    renamed["eleni@mail.gr"] = "snoozed"
    story.act("eleni@mail.gr", "update_profile")
    story.synced()
    story.change_contact(eleni, erasure_requested_at="2026-01-01T00:00:00Z")

    story.synced()

    assert real(story)["eleni@mail.gr"] in ("unsubscribed", "archived")
    assert story.send() == {"anna@mail.gr"}
    with (
        story.provider() as provider,
        psycopg.connect(story.warehouse_dsn) as warehouse,
        psycopg.connect(story.crm_dsn) as crm,
    ):
        erase_contacts(warehouse, crm, Accounts.only(provider), run_id="erasure")
    assert "eleni@mail.gr" not in real(story)


def test_nothing_is_added_or_changed(story: Story, renamed: dict[str, str]) -> None:
    """Nobody knows what it means: it is left as it is, also in an audience made by hand."""
    list_id = story.audience_by_hand("Πελάτες", subscribed=["zoe@mail.gr", "maria@mail.gr"])
    renamed["zoe@mail.gr"] = "dormant"
    news = story.collection(description="Τα νέα μας", provider_list_id=list_id)
    story.contact("zoe@mail.gr", news, first_name="Ζωή")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    for number in range(20):
        story.contact(f"filos{number}@mail.gr", news, first_name="Φίλος")
    story.synced()
    assert story.remote_fields("zoe@mail.gr")["FNAME"] == ""
    renamed["eleni@mail.gr"] = "dormant"
    story.act("eleni@mail.gr", "update_profile")
    story.change_contact(eleni, first_name="Λένα")

    mark = story.mark()
    story.synced()
    story.synced(full_refresh=True)

    # The full refresh pushes every other member again.
    assert story.remote_fields("eleni@mail.gr")["FNAME"] == "Ελένη"
    assert story.remote_fields("zoe@mail.gr")["FNAME"] == ""
    assert not [line for line in story.requests_since(mark) if line == "POST /lists/{list_id}"]
    assert real(story)["eleni@mail.gr"] == "subscribed"
    # As the word is understood again, everything goes on.
    renamed.clear()
    story.synced(full_refresh=True)
    assert story.remote_fields("eleni@mail.gr")["FNAME"] == "Λένα"
    assert story.send() == {
        "zoe@mail.gr", "maria@mail.gr", "eleni@mail.gr",
        *(f"filos{number}@mail.gr" for number in range(20)),
    }  # fmt: skip


def test_the_gate_counts_them_as_recipients(story: Story, renamed: dict[str, str]) -> None:
    """The gate judges all who may be mailed: a withdrawal since the sync closes it."""
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    renamed["eleni@mail.gr"] = "snoozed"
    story.act("eleni@mail.gr", "update_profile")
    story.synced()
    story.withdraw(eleni)

    campaign, result = story.try_to_send()

    assert result.outcome == "held"
    assert names(result.detail, eleni)
    story.synced()
    assert story.step(campaign).outcome == "sent"
    assert story.recipients(campaign) == {"anna@mail.gr"}


def test_moved_while_nobody_knows_the_status(story: Story, renamed: dict[str, str]) -> None:
    """The CRM moves her, withdraws under the new address: nothing of hers is left to be mailed."""
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    renamed["eleni@mail.gr"] = "snoozed"
    story.act("eleni@mail.gr", "update_profile")
    story.synced()
    story.move(eleni, "eleni.nea@mail.gr")
    story.synced()
    story.withdraw(eleni)

    story.synced()

    assert "subscribed" not in {real(story)["eleni@mail.gr"], real(story).get("eleni.nea@mail.gr")}
    assert story.send() == {"anna@mail.gr"}
