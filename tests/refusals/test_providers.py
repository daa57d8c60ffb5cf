"""The provider that a collection names is obeyed: nobody is pushed into the wrong account."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from refusals.story import UNGUARDED, Story
from sync_world import subscriber_hash


def provider(story: Story, code: str, *, connection_id: str, kind: str | None = None) -> None:
    """Another row of ``crm.external_provider``, like the first one; ``kind`` may have no column."""
    if kind is not None:
        story.crm.execute("alter table crm.external_provider add column if not exists kind text")
    columns = [
        name
        for (name,) in story.crm.execute(
            "select column_name from information_schema.columns where table_schema = 'crm'"
            " and table_name = 'external_provider' and column_name not in"
            " ('code', 'connection_id', 'kind')"
        ).fetchall()
    ]
    names = ", ".join(columns)
    story.crm.execute(
        f"insert into crm.external_provider (code, connection_id, {names})"
        f" select %s, %s, {names} from crm.external_provider where code = 'mailchimp'",
        (code, connection_id),
    )
    if kind is not None:
        story.crm.execute(
            "update crm.external_provider set kind = %s where code = %s", (kind, code)
        )


#: Code, kind and connection of a second provider.
REFUSED = {
    "another kind by its code": ("moosend", None, "mailchimp_default"),
    "another kind, named": ("esp", "moosend", "moosend_default"),
    "another kind over our connection": ("esp", "brevo", "mailchimp_default"),
    "only the code names the kind": ("mailchimp2", None, "mailchimp_default"),
}


@pytest.mark.parametrize("which", REFUSED)
def test_nobody_is_pushed_into_the_first_account(story: Story, which: str) -> None:
    code, kind, connection_id = REFUSED[which]
    provider(story, code, kind=kind, connection_id=connection_id)
    news = story.collection(description="Τα νέα μας")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    club = story.collection("CLUB", description="Η λέσχη μας", external_provider=code)
    story.contact("eleni@mail.gr", club, first_name="Ελένη")
    story.synced("NEWS")
    before = story.dump()

    for options in ({}, {"full_refresh": True}):
        mark = story.mark()
        result = story.sync(["CLUB"], **options)["CLUB"]
        assert result.state == "blocked"
        assert (result.detail or "").startswith("provider_unsupported")
        assert story.requests_since(mark) == []

    assert story.dump() == before
    # The others go on, in the same run too.
    states = {code: result.state for code, result in story.sync().items()}
    assert states == {"NEWS": "succeeded", "CLUB": "blocked"}
    assert story.send() == {"anna@mail.gr"}
    _, held = story.try_to_send("CLUB")
    assert held.outcome != "sent"
    assert held.detail
    assert story.sent_to() == ["anna@mail.gr"]


@pytest.mark.parametrize("code", ["mailchimp", "Δελτία"])
def test_the_kind_names_the_provider_not_the_code(story: Story, code: str) -> None:
    story.crm.execute("alter table crm.external_provider add column if not exists kind text")
    if code == "mailchimp":
        story.crm.execute("update crm.external_provider set kind = 'mailchimp'")
    else:
        provider(story, code, kind="mailchimp", connection_id="mailchimp_default")
    news = story.collection(description="Τα νέα μας", external_provider=code)
    story.contact("anna@mail.gr", news, first_name="Άννα")

    story.synced()

    assert story.send() == {"anna@mail.gr"}


def test_a_collection_that_had_an_audience_with_us(story: Story) -> None:
    """What is due goes out there; nothing else happens, and it goes on when it comes back."""
    code, kind, connection_id = REFUSED["another kind, named"]
    provider(story, code, kind=kind, connection_id=connection_id)
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    nikos = story.contact("nikos@mail.gr", news, first_name="Νίκος")
    zoe = story.contact("zoe@mail.gr", news, first_name="Ζωή")
    anna = story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.change_collection("NEWS", external_provider=code)
    story.withdraw(eleni)
    story.leave(news, nikos)
    story.change_contact(zoe, first_name="Ζωίτσα")
    story.move(anna, "anna.nea@mail.gr")
    story.contact("maria@mail.gr", news, first_name="Μαρία")

    detail = story.blocked()

    assert detail.startswith("provider_unsupported")
    assert "set its crm.external_provider.kind to 'mailchimp'" in detail
    assert story.remote() == {
        "eleni@mail.gr": "unsubscribed", "nikos@mail.gr": "subscribed",
        "zoe@mail.gr": "subscribed", "anna@mail.gr": "subscribed",
    }  # fmt: skip
    assert story.remote_fields("zoe@mail.gr")["FNAME"] == "Ζωή"
    _, held = story.try_to_send()
    assert held.outcome != "sent"
    assert f"the external provider {code} " in str(held.detail)

    story.change_collection("NEWS", external_provider="mailchimp")
    assert story.sync(["NEWS"], options=UNGUARDED)["NEWS"].state == "succeeded"
    assert story.reasons() == {eleni: {"consent_withdrawn"}}
    assert story.send() == {"anna.nea@mail.gr", "zoe@mail.gr", "maria@mail.gr"}


def test_a_contract_of_views_without_the_column(story: Story) -> None:
    story.crm.execute("alter table crm.external_provider drop column if exists kind")
    news = story.collection(description="Τα νέα μας")
    story.contact("anna@mail.gr", news, first_name="Άννα")

    story.synced()

    assert story.send() == {"anna@mail.gr"}


def test_an_erasure_goes_out_all_the_same(story: Story) -> None:
    """Nobody waits for a provider to be forgotten."""
    from crm_mailchimp.data_protection.erasure import erase_contacts  # noqa: PLC0415

    provider(story, "esp", kind="moosend", connection_id="moosend_default")
    news = story.collection(description="Τα νέα μας")
    eleni = story.contact("eleni@mail.gr", news, first_name="Ελένη")
    story.contact("anna@mail.gr", news, first_name="Άννα")
    story.synced()
    story.change_collection("NEWS", external_provider="esp")
    story.change_contact(eleni, erasure_requested_at="2026-01-01T00:00:00Z")

    detail: Any = story.blocked()
    assert detail.startswith("provider_unsupported")
    assert story.remote()["eleni@mail.gr"] != "subscribed"
    with (
        story.provider() as opened,
        psycopg.connect(story.warehouse_dsn) as warehouse,
        psycopg.connect(story.crm_dsn) as crm,
    ):
        erase_contacts(warehouse, crm, Accounts.only(opened), run_id="erasure")
        assert opened.member(story.list_id(), subscriber_hash("eleni@mail.gr")) is None
    story.change_collection("NEWS", external_provider="mailchimp")
    story.synced()
    assert story.send() == {"anna@mail.gr"}
