"""Whose audience it is: a second installation touches nothing of the first one's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from crm_mailchimp.sync.runs.sync_options import SyncOptions
from refusals.story import Story, is_one_clear_line
from sync_world import subscriber_hash

PEOPLE = 20
FIRST_NAMES = ("Ελένη", "Μαρία", "Νίκος", "Ζωή", "Γιώργος")


def fill(story: Story, *, missing: int = 0, anonymous: bool = False, code: str = "NEWS") -> int:
    """The CRM of an installation: the same ids wherever it is loaded."""
    news = story.collection(code, description="Τα νέα μας")
    for number in range(PEOPLE):
        contact = story.contact(
            f"filos{number}@mail.gr",
            *(() if number < missing else (news,)),
            first_name="Ανώνυμος" if anonymous else FIRST_NAMES[number % 5],
            last_name="Επώνυμο" if anonymous else "Παπαδοπούλου",
        )
        assert contact == news + 1 + 2 * number
    return news


def everybody() -> set[str]:
    return {f"filos{number}@mail.gr" for number in range(PEOPLE)}


def mark_of(story: Story, list_id: str) -> str:
    """The name of the hidden field that tells whose audience it is."""
    with story.provider() as provider:
        [mark] = [field.name for field in provider.merge_fields(list_id) if field.tag == "CRMREF"]
    return mark


def mark_as_before(story: Story) -> str:
    """Bring mark and ledger to what an older release made; gives the mark."""
    [(news,)] = story.crm.execute("select collection_id from crm.contact_collection").fetchall()
    name, list_id = f"CRM reference (collection {news})", story.list_id()
    with story.provider() as provider:
        [field] = [field for field in provider.merge_fields(list_id) if field.tag == "CRMREF"]
        provider.update_merge_field(list_id, replace(field, name=name))
    story.warehouse.execute(
        "update sync.merge_field set name = %s where list_id = %s and tag = 'CRMREF'",
        (name, list_id),
    )
    return name


def installation(story: Story) -> str:
    row = story.warehouse.execute(
        "select installation_id::text as id from sync.installation"
    ).fetchone()
    assert row
    return str(row["id"]).replace("-", "")[:12]


@pytest.fixture
def first(story: Story) -> Story:
    """The live installation, which has mailed everybody."""
    fill(story)
    story.synced()
    assert story.send() == everybody()
    return story


def run_untouched(other: Story, **staging: Any) -> str:
    """An unattended run of another installation; gives what it says."""
    before = other.dump()
    seen = other.mark()
    result = other.sync(["NEWS"], options=SyncOptions(), **staging)["NEWS"]
    requests = other.requests_since(seen)
    assert other.dump() == before
    assert {line.split()[0] for line in requests} <= {"GET"}, requests
    assert (result.state, (result.detail or "").split(":")[0]) == (
        "blocked",
        "foreign_installation",
    )
    return result.detail or ""


def test_the_audience_says_whose_it_is(first: Story) -> None:
    [(news,)] = first.crm.execute("select collection_id from crm.contact_collection").fetchall()
    name = mark_of(first, first.list_id())
    assert name == f"CRM reference (collection {news}, installation {installation(first)})"
    assert re.fullmatch(r"[0-9a-f]{12}", installation(first))
    # It costs an unchanged collection nothing.
    writes = first.write_requests()
    first.synced()
    assert first.write_requests() == writes


def test_a_second_installation_touches_nothing(first: Story, other: Story) -> None:
    """The same ids, names made anonymous, three people missing, nothing known."""
    fill(other, missing=3, anonymous=True)

    detail = run_untouched(other)
    run_untouched(other)
    run_untouched(other, full_refresh=True)
    run_untouched(other, dry_run=True)

    assert "take-over" in detail
    # Nor does a campaign of it go out.
    _, result = other.try_to_send()
    assert result.outcome != "sent"
    assert result.detail
    # The live one goes on as if nothing had been.
    writes = first.write_requests()
    first.synced()
    assert first.write_requests() == writes
    assert first.remote_fields("filos5@mail.gr")["FNAME"] == "Ελένη"
    assert first.reasons() == {}
    assert first.send() == everybody()


def test_other_ids_the_same_code(first: Story, other: Story) -> None:
    """The name alone is enough to find it; the mark says that it is not ours."""
    other.collection("OTHER")
    other.change_collection("OTHER", is_active=False)
    fill(other)

    run_untouched(other)


def test_named_by_the_crm(first: Story, other: Story) -> None:
    """That the CRM names the audience is no word about whose it is."""
    fill(other, missing=3, anonymous=True)
    other.link("NEWS", first.list_id())

    run_untouched(other)

    other.change_collection("NEWS", code="ALLA", description="Άλλα νέα")
    result = other.sync(["ALLA"])["ALLA"]
    assert (result.detail or "").startswith("foreign_installation")
    first.synced()
    assert first.send() == everybody()


@pytest.mark.parametrize("name", ["Φίλοι (NEWS)", "Με το χέρι"])
def test_renamed_in_mailchimp(first: Story, other: Story, name: str) -> None:
    """The mark says which collection's it is, whatever it is called by now."""
    fill(other)
    with first.provider() as provider:
        settings = provider.audience(first.list_id()).settings
        provider.update_audience(first.list_id(), replace(settings, name=name))

    run_untouched(other)


def test_the_copy_calls_it_something_else(first: Story, other: Story) -> None:
    """Names made anonymous: those of collections, too."""
    fill(other, anonymous=True)
    other.change_collection("NEWS", description="Συλλογή 1")

    run_untouched(other)
    first.synced()
    assert first.send() == everybody()


def test_an_audience_of_its_own_is_not_the_firsts(first: Story, other: Story) -> None:
    """Another collection of another installation goes on beside it."""
    other.collection("X")
    other.change_collection("X", is_active=False)
    shop = other.collection("SHOP", description="Το κατάστημα")
    other.contact("anna@mail.gr", shop, first_name="Άννα")
    before = first.dump()[first.list_id()]

    other.synced("SHOP")

    assert first.dump()[first.list_id()] == before
    assert other.send("SHOP") == {"anna@mail.gr"}
    assert first.send() == everybody()


def test_a_mark_of_before_without_an_installation(first: Story, other: Story) -> None:
    """Made by an older release: whose state knows it, it is theirs, and gets the whole mark."""
    old = mark_as_before(first)
    fill(other, missing=3, anonymous=True)

    run_untouched(other)
    assert mark_of(first, first.list_id()) == old
    first.contact("neos@mail.gr", first.collections["NEWS"], first_name="Νέος")
    first.synced()

    assert mark_of(first, first.list_id()) != old
    assert installation(first) in mark_of(first, first.list_id())
    assert first.send() == everybody() | {"neos@mail.gr"}
    run_untouched(other)


def test_a_mark_of_before_and_a_lost_ledger(first: Story) -> None:
    """Nothing says any more that it is ours: a person says so."""
    list_id = first.list_id()
    first.act("filos0@mail.gr", "unsubscribe")
    first.synced()
    mark_as_before(first)
    first.forget_ledger()

    run_untouched(first)
    first.says("take-over", "NEWS")
    first.synced()

    assert first.list_id() == list_id
    assert installation(first) in mark_of(first, list_id)
    assert list(first.reasons().values()) == [{"suppressed_unsubscribed"}]
    assert first.send() == everybody() - {"filos0@mail.gr"}


def test_rebuilt_by_itself_after_a_loss(first: Story) -> None:
    """The id is among what is backed up together: nobody has to say anything."""
    list_id = first.list_id()
    first.act("filos0@mail.gr", "unsubscribe")
    [eleni] = [first.member("filos0@mail.gr")["contact_id"]]
    before = first.dump()
    first.forget_ledger()

    first.synced()

    assert first.list_id() == list_id
    # Fields are pushed again; nobody comes, goes or changes.
    after = first.dump()
    assert _without_times(after) == _without_times(before)
    assert first.reasons() == {eleni: {"suppressed_unsubscribed"}}
    first.move(eleni, "eleni.nea@mail.gr")
    first.synced()
    assert first.reasons() == {eleni: {"suppressed_unsubscribed"}}
    assert first.send() == everybody() - {"filos0@mail.gr"}


def _without_times(dump: dict[str, Any]) -> dict[str, Any]:
    return {
        list_id: {
            **audience,
            "members": [
                {name: value for name, value in member.items() if name != "last_changed"}
                for member in audience["members"]
            ],
        }
        for list_id, audience in dump.items()
    }


def test_taken_over_on_purpose(first: Story, other: Story) -> None:
    """The new server takes the audience, with everybody's refusals; the old one stops."""
    list_id = first.list_id()
    for email in ("filos0@mail.gr", "filos1@mail.gr"):
        first.act(email, "unsubscribe")
    first.synced()
    news = fill(other)
    run_untouched(other)

    said = other.says("take-over", "NEWS")
    assert said.count("\n") == 1
    other.synced()

    assert other.list_id() == list_id
    assert installation(other) != installation(first)
    assert mark_of(other, list_id) == (
        f"CRM reference (collection {news}, installation {installation(other)})"
    )
    refused = everybody() - {"filos0@mail.gr", "filos1@mail.gr"}
    assert other.subscribed() == refused
    contact = news + 1
    assert other.reason(contact) == "suppressed_unsubscribed"
    other.move(contact, "filos.neos@mail.gr")
    other.synced()
    assert other.reason(contact) == "suppressed_unsubscribed"
    assert other.send() == refused

    # The old server finds out before its next write.
    first.change_contact(news + 1 + 2 * 7, first_name="Μανώλης")
    first.contact("akoma@mail.gr", first.collections["NEWS"], first_name="Μάκης")
    run_untouched(first)
    # And takes it back, if that is meant.
    first.says("take-over", "NEWS")
    first.synced()
    assert installation(first) in mark_of(first, list_id)
    assert first.remote_fields("filos7@mail.gr")["FNAME"] == "Μανώλης"
    assert first.send() == refused | {"akoma@mail.gr"}
    other.contact("kapoios@mail.gr", other.collections["NEWS"])
    run_untouched(other)


def test_taken_over_in_the_midst_of_a_run(first: Story, other: Story) -> None:
    """Between the plan and the next run somebody takes over; withdrawals are the new owner's."""
    news = fill(other)
    run_untouched(other)
    other.says("take-over", "NEWS")
    other.synced()
    first.withdraw(news + 1)

    run_untouched(first)

    assert other.remote()["filos0@mail.gr"] == "subscribed"
    other.withdraw(news + 1)
    other.synced()
    assert other.send() == everybody() - {"filos0@mail.gr"}


def test_nothing_to_take_over(story: Story) -> None:
    fill(story)
    story.synced()
    for code in ("NEWS", "ΑΓΝΩΣΤΗ"):
        done = story.command("take-over", "--collection", code)
        if done.returncode == 0:
            # It may be said beforehand; it changes nothing then.
            continue
        assert is_one_clear_line(done), done.stderr
    before = story.dump()
    story.synced()
    assert story.dump() == before
    assert story.send() == everybody()


def test_deleted_by_the_second_is_nothing_that_we_do(first: Story, other: Story) -> None:
    """An erasure in a test copy does not delete the live member."""
    news = fill(other)
    run_untouched(other)
    other.change_contact(news + 1, erasure_requested_at="2026-01-01T00:00:00Z")

    run_untouched(other)

    with first.provider() as provider:
        assert provider.member(first.list_id(), subscriber_hash("filos0@mail.gr")) is not None
    first.synced()
    assert first.send() == everybody()
