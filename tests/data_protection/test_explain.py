"""Why is this address in which audiences, why not in the others; and everything known about it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from crm_mailchimp.sync_commands import main
from sync_world import World, yesterday


def ask(world: World, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main([words[0], "--dsn", world.warehouse_dsn, *words[1:]]) == 0
    return capsys.readouterr().out


def test_every_audience_is_explained(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    news, offers = world.collection("NEWS"), world.collection("OFFERS", campaign_type="OFFER")
    world.collection("ELSE")
    free = world.collection("FREE", campaign_type="FREE")
    maria = world.contact("maria@mail.gr", news, offers, free, consent=None)
    consent = world.consent(maria)
    twin = world.contact(" MARIA@mail.gr", news)
    lapsed = world.contact("nikos@mail.gr", news, consent=None)
    world.consent(lapsed, expires_at=yesterday())
    world.contact("eleni@mail.gr", news)
    world.sync()
    world.act("guest@mail.gr", "subscribe")
    world.sync()

    text = ask(world, capsys, "explain", "--email", "  Maria@MAIL.gr ")
    blocks = dict(
        part.split(":", 1) for part in text.split("\n\n")[1:] if f"  contact {maria}\n" in part
    )
    assert f"Contacts: {maria}, {twin}" in text
    assert f"consent row {consent}, category newsletter, campaign type NEWS" in blocks["NEWS"]
    assert "in the audience, subscribed" in blocks["NEWS"]
    assert "justified" in blocks["NEWS"]
    assert "by run run-1" in blocks["NEWS"]
    assert "rules version 1" in blocks["NEWS"]
    assert "not in the audience" in blocks["OFFERS"]
    assert "no_consent" in blocks["OFFERS"]
    assert "no consent needed, category unclassified" in blocks["FREE"]
    assert "ELSE: not in the audience; the collection did not hold the contact" in text
    assert (
        f"duplicate_email. Another contact with this address represents it. (contact {maria}"
        in text
    )

    known = json.loads(ask(world, capsys, "explain", "--email", "MARIA@mail.gr", "--json"))
    rows = {(one["collection_code"], one["contact_id"]): one for one in known["memberships"]}
    assert rows["NEWS", maria]["in_audience"]
    assert rows["NEWS", maria]["consent_id"] == consent
    assert rows["NEWS", maria]["ended_at"] is None
    assert not rows["NEWS", twin]["in_audience"]
    assert rows["NEWS", twin]["reason_code"] == "duplicate_email"
    assert rows["OFFERS", maria]["reason_code"] == "no_consent"
    assert {one["collection_code"] for one in known["collections"]} == {
        "NEWS",
        "OFFERS",
        "ELSE",
        "FREE",
    }

    assert "consent_expired" in ask(world, capsys, "explain", "--contact", str(lapsed))
    guest = ask(world, capsys, "explain", "--email", "guest@mail.gr")
    assert "not ours" in guest
    assert "No contact of the CRM" in guest

    # Withdrawn: the end of the proof is shown. After a change of address, the old one shows, too.
    world.consent(maria, granted=False)
    world.consent(twin, granted=False)
    world.sync()
    ended = ask(world, capsys, "explain", "--contact", str(maria))
    assert "consent_withdrawn" in ended
    assert "that ended" in ended
    assert "we unsubscribed the member" in ended
    # When staging is gone the ledger still answers.
    for table in ("membership", "contact", "consent", "refusal", "verdict", "plan"):
        world.warehouse.execute(f"truncate staging.{table}")
    again = ask(world, capsys, "explain", "--email", "maria@mail.gr")
    assert "consent_withdrawn" in again
    assert "that ended" in again
    assert "unsubscribed by us" in again


def test_access_tells_everything_readably(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    news = world.collection("NEWS")
    maria = world.contact("maria@mail.gr", news, first_name="<Μαρία> & Σία")
    world.contact("nikos@mail.gr", news, first_name="Νίκος")
    world.sync()
    world.warehouse.execute(
        """
        insert into stats.campaigns (campaign_id, title, sent_at)
        values ('c1', 'Καλοκαίρι', '2026-06-01');
        insert into stats.campaign_recipients (campaign_id, subscriber_hash, delivery_status)
        values ('c1', md5('maria@mail.gr'), 'sent'), ('c1', md5('nikos@mail.gr'), 'sent');
        """
    )

    known = json.loads(ask(world, capsys, "access", "--email", "MARIA@mail.gr "))

    assert known["contact_ids"] == [maria]
    assert known["sections"]["snapshots of the CRM"][0]["first_name"] == "<Μαρία> & Σία"
    assert known["sections"]["campaigns received"][0]["campaign"] == "Καλοκαίρι"
    assert len(known["sections"]["campaigns received"]) == 1
    assert "nikos" not in json.dumps(known)
    assert "Νίκος" not in json.dumps(known, ensure_ascii=False)
    page = ask(world, capsys, "access", "--email", "maria@mail.gr", "--format", "html")
    assert "&lt;Μαρία&gt; &amp; Σία" in page
    assert "<Μαρία>" not in page
    assert '<meta charset="utf-8">' in page
    # Also where the terminal knows no Greek.
    done = subprocess.run(
        [sys.executable, "-m", "crm_mailchimp.sync", "access", "--dsn", world.warehouse_dsn,
         "--email", "maria@mail.gr", "--format", "text"],
        capture_output=True, check=False, env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert "first_name: <Μαρία> & Σία" in done.stdout.decode()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["explain", "--email", ""], "no address was given"),
        (["access", "--email", "  "], "no address was given"),
    ],
)
def test_errors_are_one_line_without_the_text(
    warehouse_db: str, capsys: pytest.CaptureFixture[str], words: list[str], error: str
) -> None:
    assert main([*words, "--dsn", warehouse_db]) == 1
    output = capsys.readouterr()
    assert error in output.err
    assert output.err.count("\n") == 1
    assert output.out == ""
    assert words[-1] not in output.err.split()


def test_another_database_is_recognised(crm_db: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--dsn", crm_db, "--contact", "1"]) == 1
    assert main(["explain", "--dsn", "host=127.0.0.1 port=1", "--contact", "1"]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("error: ")
    assert "OperationalError" in second


def test_access_finds_who_is_in_no_audience_and_in_no_verdict(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer that nothing is held is a statement to a person: it must not be wrong."""
    news = world.collection()
    broken = world.collection("BROKEN", campaign_type=None)
    world.contact("steady@mail.gr", news)
    eleni = world.contact("eleni@mail.gr", broken, first_name="Ελένη", phone="2101234567")
    nikos = world.contact("nikos.palio@mail.gr", news, consent=None, first_name="Νίκος")
    giorgos = world.contact(" ΓΙΏΡΓΟΣ@mail.gr ", news, first_name="Γιώργος")
    world.sync()
    world.change_contact(nikos, email="nikos.neo@mail.gr")
    world.sync()
    for words, contact, name, snapshots in (
        (["--email", "Eleni@mail.gr"], eleni, "Ελένη", 2),
        (["--email", "nikos.palio@mail.gr"], nikos, "Νίκος", 2),
        (["--email", "nikos.neo@mail.gr"], nikos, "Νίκος", 2),
        (["--email", "γιώργος@MAIL.gr"], giorgos, "Γιώργος", 2),
        (["--contact", str(giorgos)], giorgos, "Γιώργος", 2),
    ):
        known = json.loads(ask(world, capsys, "access", *words))
        assert known["contact_ids"] == [contact]
        assert not known["nothing_held"]
        found = known["sections"]["snapshots of the CRM"]
        assert [row["first_name"] for row in found] == [name] * snapshots
    # Nor is it said in an explanation that no contact is known.
    assert f"Contacts: {eleni}" in ask(world, capsys, "explain", "--email", "eleni@mail.gr")
    invalid = ask(world, capsys, "explain", "--email", "γιώργος@mail.gr")
    assert f"Contacts: {giorgos}" in invalid
    assert "invalid_email" in invalid
    assert "2101234567" not in ask(world, capsys, "access", "--email", "steady@mail.gr")

    # An address that changed hands: each contact gets its own rows alone.
    heir = world.contact("nikos.palio@mail.gr", news, first_name="Άννα")
    world.sync()
    both = json.loads(ask(world, capsys, "access", "--email", "nikos.palio@mail.gr"))
    assert both["contact_ids"] == [nikos, heir]
    assert "Several contacts" in both["summary"]
    old = ask(world, capsys, "access", "--contact", str(nikos), "--format", "text")
    assert "Άννα" not in old
    assert "audience members" not in old
    new = ask(world, capsys, "access", "--contact", str(heir), "--format", "text")
    assert "Νίκος" not in new
    assert "audience members (1)" in new

    for words in (["--email", "κανείς@mail.gr"], ["--contact", "999"]):
        known = json.loads(ask(world, capsys, "access", *words))
        assert known["nothing_held"]
        assert known["sections"] == {}
        for form in ("text", "html"):
            assert "Nothing is held" in ask(world, capsys, "access", *words, "--format", form)
