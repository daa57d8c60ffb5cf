"""Two accounts: each person is exactly where the CRM says, whatever happens to one of them."""

from __future__ import annotations

import psycopg
import pytest

from accounts_world import SECOND, SECOND_PROVIDER, AccountsWorld
from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.data_protection.erasure import ErasureIncompleteError, ErasurePostponedError
from crm_mailchimp.sync.runs.run_alerts import AlertTimes, alert_about_run

#: How an account fails, whether it may heal, and what the words name.
FAULTS = {
    "no connection": (False, "is not defined"),
    "wrong key": (False, "401"),
    "down": (True, "http://127.0.0.1:9"),
    "5xx": (True, "503"),
}


def filled(world: AccountsWorld) -> dict[str, int]:
    """Two collections, each in its account; Anna is in both. Contact ids by name."""
    news = world.collection("NEWS", description="Τα νέα μας")
    club = world.collection("CLUB", description="Η λέσχη", external_provider=SECOND_PROVIDER)
    return {
        "NEWS": news,
        "CLUB": club,
        "άννα": world.contact("anna@mail.gr", news, club, first_name="Άννα"),
        "νίκος": world.contact("nikos@mail.gr", news, first_name="Νίκος"),
        "ελένη": world.contact("eleni@mail.gr", club, first_name="Ελένη"),
    }


def test_each_person_is_where_the_crm_says(world: AccountsWorld) -> None:
    filled(world)
    assert world.sync_all() == {"NEWS": "succeeded: None", "CLUB": "succeeded: None"}

    assert world.people(DEFAULT_ACCOUNT) == {
        "anna@mail.gr": "subscribed", "nikos@mail.gr": "subscribed",
    }  # fmt: skip
    assert world.people(SECOND) == {"anna@mail.gr": "subscribed", "eleni@mail.gr": "subscribed"}
    assert list(world.audiences(DEFAULT_ACCOUNT).values()) == ["Τα νέα μας (NEWS)"]
    assert list(world.audiences(SECOND).values()) == ["Η λέσχη (CLUB)"]
    assert not set(world.audiences(DEFAULT_ACCOUNT)) & set(world.audiences(SECOND))
    for table in ("sync.audience", "sync.member", "sync.collection_run"):
        found = {
            row["account"]: row["rows"]
            for row in world.warehouse.execute(
                f"select account, count(*) as rows from {table} group by account"
            ).fetchall()
        }
        expected = 2 if table == "sync.member" else 1
        assert found == {DEFAULT_ACCOUNT: expected, SECOND: expected}, table

    # Nothing changed: nothing is written, and each task opens its own account alone.
    before = len(world.write_requests())
    world.opened.clear()
    assert set(world.sync_all()) == {"NEWS", "CLUB"}
    assert len(world.write_requests()) == before
    assert sorted(world.opened) == sorted([DEFAULT_ACCOUNT, SECOND])


def troubles_of_newest_run(world: AccountsWorld) -> list[str]:
    """What the alert says of the newest run."""
    newest = world.warehouse.execute(
        "select max(staging_id) as newest from sync.staged_collection"
    ).fetchone()
    assert newest
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        sent = alert_about_run(warehouse, newest["newest"], AlertTimes(), lambda message: True)
    return [str(trouble) for trouble in sent]


@pytest.mark.parametrize("how", FAULTS)
@pytest.mark.parametrize("broken", [SECOND, DEFAULT_ACCOUNT])
def test_an_account_that_is_down_stops_itself_alone(
    world: AccountsWorld, how: str, broken: str
) -> None:
    ids = filled(world)
    world.sync_all()
    theirs, ours = ("CLUB", "NEWS") if broken == SECOND else ("NEWS", "CLUB")
    other = DEFAULT_ACCOUNT if broken == SECOND else SECOND
    world.consent(ids["άννα"], granted=False)
    world.contact("zoe@mail.gr", ids["NEWS"], ids["CLUB"], first_name="Ζωή")
    world.break_down(how, broken)

    ended = world.sync_all()

    assert ended[ours].startswith("succeeded")
    assert ended[theirs].startswith("failed: ")
    assert broken in ended[theirs], "the words name the connection"
    assert FAULTS[how][1] in ended[theirs]
    assert world.people(other)["anna@mail.gr"] == "unsubscribed"
    assert world.people(other)["zoe@mail.gr"] == "subscribed"
    row = world.warehouse.execute(
        "select account from sync.collection_run where state = 'failed'"
    ).fetchone()
    assert row and row["account"] == broken
    [trouble] = troubles_of_newest_run(world)
    assert trouble.startswith(f"{theirs}: ")
    assert trouble.endswith(f" (connection {SECOND})") == (broken == SECOND), trouble
    assert "mailchimp_default" not in trouble

    world.mend(broken)
    assert all(words.startswith("succeeded") for words in world.sync_all().values())
    for account in (DEFAULT_ACCOUNT, SECOND):
        assert world.people(account)["anna@mail.gr"] == "unsubscribed"
        assert world.people(account)["zoe@mail.gr"] == "subscribed"


def test_a_complaint_in_one_account_holds_in_the_other(world: AccountsWorld) -> None:
    ids = filled(world)
    world.sync_all()
    (list_id,) = world.audiences(SECOND)
    campaign = world.mail_in(SECOND, list_id)
    world.act_in(SECOND, list_id, "anna@mail.gr", "complain", campaign_id=campaign)

    world.sync_all()
    world.sync_all()

    assert world.people(DEFAULT_ACCOUNT)["anna@mail.gr"] == "unsubscribed"
    assert world.people(DEFAULT_ACCOUNT)["nikos@mail.gr"] == "subscribed"
    assert world.open_reasons("NEWS")[ids["άννα"]] == "suppressed_complaint"


def test_a_hard_bounce_in_one_account_holds_in_the_other(world: AccountsWorld) -> None:
    filled(world)
    world.sync_all()
    (list_id,) = world.audiences(DEFAULT_ACCOUNT)
    world.sandbox.control("POST", "bounce", {"list_id": list_id, "email_address": "anna@mail.gr"})
    world.pass_seconds()

    world.sync_all()
    world.sync_all()

    assert world.people(SECOND)["anna@mail.gr"] == "unsubscribed"
    assert world.people(SECOND)["eleni@mail.gr"] == "subscribed"


def test_an_opt_out_in_one_account_is_none_in_the_other(world: AccountsWorld) -> None:
    """Brands are apart: who leaves the newsletter of one gets that of the other."""
    filled(world)
    world.sync_all()
    (list_id,) = world.audiences(SECOND)
    world.act_in(SECOND, list_id, "anna@mail.gr", "unsubscribe")

    world.sync_all()

    assert world.people(DEFAULT_ACCOUNT)["anna@mail.gr"] == "subscribed"
    assert world.people(SECOND)["anna@mail.gr"] == "unsubscribed"


def test_an_erasure_goes_through_every_account(world: AccountsWorld) -> None:
    ids = filled(world)
    world.sync_all()
    (ours,), (theirs,) = world.audiences(DEFAULT_ACCOUNT), world.audiences(SECOND)
    world.change_contact(ids["άννα"], erasure_requested_at="2026-01-01T00:00:00Z")

    result = world.erase()

    assert (result.erased, result.members_deleted) == (1, 2)
    assert not world.has_member(DEFAULT_ACCOUNT, ours, "anna@mail.gr")
    assert not world.has_member(SECOND, theirs, "anna@mail.gr")
    receipt = world.warehouse.execute(
        "select audiences, members_deleted, finished_at from sync.erasure_receipt"
    ).fetchone()
    assert receipt and (receipt["audiences"], receipt["members_deleted"]) == (2, 2)
    assert receipt["finished_at"] is not None
    assert all(words.startswith("succeeded") for words in world.sync_all().values())
    assert "anna@mail.gr" not in {**world.people(DEFAULT_ACCOUNT), **world.people(SECOND)}


@pytest.mark.parametrize("how", FAULTS)
@pytest.mark.parametrize("broken", [SECOND, DEFAULT_ACCOUNT])
def test_an_erasure_waits_for_one_account_alone(
    world: AccountsWorld, how: str, broken: str
) -> None:
    ids = filled(world)
    world.sync_all()
    lists = {account: next(iter(world.audiences(account))) for account in world.places}
    other = DEFAULT_ACCOUNT if broken == SECOND else SECOND
    world.change_contact(ids["άννα"], erasure_requested_at="2026-01-01T00:00:00Z")
    world.break_down(how, broken)

    with pytest.raises((ErasureIncompleteError, ErasurePostponedError)) as caught:
        world.erase()

    may_heal, words = FAULTS[how]
    assert isinstance(caught.value, ErasurePostponedError) == may_heal
    assert f"connection {broken}" in str(caught.value)
    assert words in str(caught.value)
    assert "anna" not in str(caught.value)
    assert not world.has_member(other, lists[other], "anna@mail.gr")
    unfinished = world.warehouse.execute(
        "select count(*) as receipts from sync.erasure_receipt where finished_at is null"
    ).fetchone()
    assert unfinished == {"receipts": 1}
    # Nobody pushes her meanwhile, in whatever account.
    world.sync_all()
    assert not world.has_member(other, lists[other], "anna@mail.gr")

    world.mend(broken)
    assert world.erase().erased == 1
    assert not world.has_member(broken, lists[broken], "anna@mail.gr")


def test_an_earlier_address_in_one_account_is_deleted_in_both(world: AccountsWorld) -> None:
    ids = filled(world)
    world.sync_all()
    lists = {account: next(iter(world.audiences(account))) for account in world.places}
    world.change_contact(ids["ελένη"], email="eleni.nea@mail.gr")
    world.sync_all()
    assert world.has_member(SECOND, lists[SECOND], "eleni@mail.gr")
    # By hand, somebody put her earlier address into the first account.
    with world.open_client(DEFAULT_ACCOUNT) as provider:
        provider.client.lists.add_list_member(
            lists[DEFAULT_ACCOUNT], {"email_address": "eleni@mail.gr", "status": "subscribed"}
        )
    world.change_contact(ids["ελένη"], erasure_requested_at="2026-01-01T00:00:00Z")

    assert world.erase().erased == 1

    for account, list_id in lists.items():
        for email in ("eleni@mail.gr", "eleni.nea@mail.gr"):
            assert not world.has_member(account, list_id, email), (account, email)
