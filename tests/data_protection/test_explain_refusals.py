"""Explain and subject access name refusals, what ends them, and what is not known any more."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.data_protection.erasure import erase_contacts
from crm_mailchimp.sync_commands import main
from stats.sandbox_world import send
from sync_world import World, subscriber_hash


def ask(world: World, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main([words[0], "--dsn", world.warehouse_dsn, *words[1:]]) == 0
    return capsys.readouterr().out


def known(world: World, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ask(world, capsys, "access", *words))
    return found


def block(text: str, beginning: str) -> str:
    (found,) = [part for part in text.split("\n\n") if part.startswith(beginning)]
    return found


def test_each_refusal_is_named_with_what_ends_it(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    news = world.collection()
    world.collection("OTHER")
    eleni = world.contact("eleni@mail.gr", news)
    nikos = world.contact("nikos@mail.gr", news)
    anna = world.contact("anna@mail.gr", news)
    world.sync()
    audience = world.list_id()
    world.act("eleni@mail.gr", "unsubscribe")
    rates = ("hard_bounce", "soft_bounce", "unsubscribe", "abuse")
    world.sandbox.control("POST", "behaviour", dict.fromkeys(rates, 0.0))
    with world.provider() as provider:
        campaign_id = send(provider, audience, "Νέα")
    world.act("anna@mail.gr", "complain", campaign_id=campaign_id)
    world.consent(nikos, granted=False)
    world.sync()

    # The refusal is found by the address, by the contact, and after a move by both addresses.
    world.change_contact(eleni, email="eleni.nea@mail.gr")
    world.sync()
    for words in (
        ["--email", "Eleni@mail.gr"], ["--email", "eleni.nea@mail.gr"], ["--contact", str(eleni)],
    ):  # fmt: skip
        output = block(ask(world, capsys, "explain", *words), "Refusal: the person unsubscribed")
        assert f"in audience {audience}" in output
        assert f"belongs to contact {eleni}" in output
        assert "holds for NEWS\n" in output + "\n"
        assert f"subscribed again in audience {audience}. Only the person should" in output
    complaint = block(
        ask(world, capsys, "explain", "--email", "anna@mail.gr"), "Refusal: the person reported"
    )
    assert "holds for all collections" in complaint
    assert f"belongs to contact {anna}" in complaint
    withdrawn = block(
        ask(world, capsys, "explain", "--contact", str(nikos)), "Refusal: we unsubscribed"
    )
    assert "waits until the person confirms" in withdrawn

    # Ended by the person: shown as a former refusal.
    world.act("eleni@mail.gr", "subscribe")
    world.sync()
    ended = block(
        ask(world, capsys, "explain", "--email", "eleni@mail.gr"),
        "Former refusal: the person",
    )
    assert "ended" in ended and ": Mailchimp shows the address subscribed again" in ended
    assert "Only the person" not in ended

    sections = known(world, capsys, "--contact", str(eleni))["sections"]
    (refusal,) = sections["refusals"]
    assert (refusal["kind"], refusal["list_id"], refusal["ended_by"]) == (
        "unsubscribed", audience, "signed_up",
    )  # fmt: skip
    assert refusal["collection_codes"] == ["NEWS"]
    assert sections["contacts to which a refusal belongs"][0]["contact_id"] == eleni
    held = sections["addresses that the contact had"]
    # One that was left, and the present one; a section has no order.
    assert sorted(row["left_at"] is None for row in held) == [False, True]
    assert "address_digest" not in json.dumps(sections)
    as_json = json.loads(ask(world, capsys, "explain", "--contact", str(nikos), "--json"))
    assert [row["kind"] for row in as_json["refusals"]] == ["withdrawal"]


def test_merged_contacts_are_one_person(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    news = world.collection()
    survivor = world.contact("eleni@mail.gr", news)
    merged = world.contact("eleni.palia@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.act("eleni.palia@mail.gr", "unsubscribe")
    world.sync()
    world.change_contact(merged, merged_into_id=survivor)
    world.sync()

    output = ask(world, capsys, "explain", "--contact", str(survivor))
    assert f"through the merged contact {merged}" in output
    assert f"Contacts: {survivor}, {merged}" in output
    for email in ("eleni@mail.gr", "eleni.palia@mail.gr"):
        found = known(world, capsys, "--email", email)
        assert found["contact_ids"] == [survivor, merged]
        assert found["sections"]["merged contacts in the snapshots"]
        assert "Make sure that all are the person" in found["summary"]
    # The survivor's answer holds the merged contact; the merged one's does not hold the survivor.
    assert known(world, capsys, "--contact", str(survivor))["contact_ids"] == [survivor, merged]
    assert known(world, capsys, "--contact", str(merged))["contact_ids"] == [merged]
    # The refusals still know the merge when the snapshots are gone.
    for table in ("membership", "contact", "consent", "refusal", "verdict", "plan", "merged"):
        world.warehouse.execute(f"truncate staging.{table}")
    assert known(world, capsys, "--email", "eleni.palia@mail.gr")["contact_ids"] == [
        survivor, merged,
    ]  # fmt: skip


def test_an_address_that_the_person_changed_is_found_by_both(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    news = world.collection()
    eleni = world.contact("eleni@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.act("eleni@mail.gr", "change_email", new_email_address="eleni.nea@mail.gr")
    world.sync()

    for email in ("eleni@mail.gr", "eleni.nea@mail.gr"):
        output = block(
            ask(world, capsys, "explain", "--email", email), "Address changed in Mailchimp"
        )
        assert f"(contact {eleni})" in output
        assert "enter the new one there" in output
        (change,) = known(world, capsys, "--email", email)["sections"][
            "addresses changed in Mailchimp"
        ]
        assert change["new_hash"] == subscriber_hash("eleni.nea@mail.gr")
    world.change_contact(eleni, email="eleni.nea@mail.gr")
    world.sync()
    output = ask(world, capsys, "explain", "--contact", str(eleni))
    assert "the CRM has another address since" in output


def test_of_somebody_erased_nothing_is_known_and_why(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    news = world.collection()
    world.collection("OTHER")
    eleni = world.contact("eleni@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.act("eleni@mail.gr", "unsubscribe")
    world.sync()
    world.change_contact(eleni, erasure_requested_at="2026-10-01T00:00:00Z")
    with (
        world.provider() as provider,
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        erase_contacts(warehouse, crm, Accounts.only(provider), run_id="erasure")

    for words in (["--email", "eleni@mail.gr"], ["--contact", str(eleni)]):
        output = ask(world, capsys, "explain", *words)
        assert "as the CRM asked" in output
        assert "nothing of it can be explained any more" in output
        assert "never pushed again" in output
        assert "did not hold the contact" not in output
        assert "Refusal" not in output
    assert json.loads(ask(world, capsys, "explain", "--contact", str(eleni), "--json"))["erased_at"]
    # As long as the CRM has the contact, its newest snapshot does, too.
    world.sync()
    output = ask(world, capsys, "explain", "--contact", str(eleni))
    assert "NEWS: not in the audience" in output
    assert "erased_contact" in output
    assert "OTHER" not in output
    # Nobody else is thought to be erased.
    assert "as the CRM asked" not in ask(world, capsys, "explain", "--email", "nikos@mail.gr")
