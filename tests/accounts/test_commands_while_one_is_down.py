"""A person runs commands while one of two accounts is down, or was given up."""

from __future__ import annotations

import pytest

from accounts_world import SECOND, SECOND_PROVIDER, AccountsWorld
from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.errors import PassingError, PermanentError, ProviderError
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from crm_mailchimp.sync_commands import main
from crm_mailchimp.warehouse_commands import main as warehouse_main
from removal_questions import approve, is_carried_out, open_plans

ANNA, ELENI, NEA = "anna@mail.gr", "eleni@mail.gr", "nea@mail.gr"


@pytest.fixture
def filled(world: AccountsWorld) -> AccountsWorld:
    """NEWS in the first account, CLUB in the second; Anna is in both, Eleni in CLUB."""
    news = world.collection("NEWS")
    club = world.collection("CLUB", external_provider=SECOND_PROVIDER)
    world.contact(ANNA, news, club)
    world.contact(ELENI, club)
    world.sync_all()
    return world


def run(world: AccountsWorld, command: str, *arguments: str) -> int:
    return main([command, "--dsn", world.warehouse_dsn, *arguments])


def give_new_id(world: AccountsWorld, code: str) -> None:
    """The CRM has the collection under another id."""
    row = world.crm.execute(
        "update crm.contact_collection set collection_id = collection_id + 900 where code = %s"
        " returning collection_id",
        (code,),
    ).fetchone()
    assert row
    world.crm.execute(
        "update crm.collection_member set collection_id = %s where collection_id = %s - 900",
        (row[0], row[0]),
    )


@pytest.mark.parametrize("how", ["no connection", "wrong key", "down"])
@pytest.mark.parametrize("decision", ["same-collection", "new-collection"])
def test_a_decision_about_the_other_account_is_carried_out(
    filled: AccountsWorld, decision: str, how: str
) -> None:
    world = filled
    world.break_down(how)
    give_new_id(world, "NEWS")
    ended = world.sync_all()
    assert ended["NEWS"].startswith("blocked: collection_replaced")
    assert SECOND in ended["CLUB"]
    audiences = set(world.audiences(DEFAULT_ACCOUNT))

    assert run(world, decision, "--collection", "NEWS") == 0
    ended = world.sync_all()

    assert ended["NEWS"].startswith("succeeded"), ended
    assert SECOND in ended["CLUB"]
    assert world.people(DEFAULT_ACCOUNT, world.list_id("NEWS")) == {ANNA: "subscribed"}
    assert (set(world.audiences(DEFAULT_ACCOUNT)) == audiences) == (decision == "same-collection")
    world.mend()
    assert world.sync_all()["CLUB"].startswith("succeeded")
    assert world.people(SECOND) == {ANNA: "subscribed", ELENI: "subscribed"}


@pytest.fixture
def asked(world: AccountsWorld) -> AccountsWorld:
    """Of twelve contacts in NEWS and CLUB, half have left both: each removal guard asks."""
    news = world.collection("NEWS")
    club = world.collection("CLUB", external_provider=SECOND_PROVIDER)
    contacts = [world.contact(f"melos{number}@mail.gr", news, club) for number in range(12)]
    world.sync_all()
    for contact in contacts[:6]:
        world.leave(news, contact)
        world.leave(club, contact)
    return world


@pytest.mark.parametrize("how", ["no connection", "wrong key", "down", "5xx"])
def test_a_removal_is_approved_while_the_other_account_is_down(
    asked: AccountsWorld, how: str
) -> None:
    world = asked
    staging_id = world.stage()
    for code in ("NEWS", "CLUB"):
        assert world.push(staging_id, code, options=SyncOptions()).state == "blocked"
    plans = open_plans(world)
    assert plans.keys() == {"NEWS", "CLUB"}
    everybody = world.people(SECOND)
    assert len(everybody) == 12
    world.break_down(how)

    approve(world, plans["NEWS"])
    approve(world, plans["CLUB"])
    staging_id = world.stage()
    of_news, of_club = (SyncOptions(approved_plan=plans[code]) for code in ("NEWS", "CLUB"))
    assert world.push(staging_id, "NEWS", options=of_news).state == "succeeded"
    with pytest.raises((ProviderError, PassingError, PermanentError), match=SECOND):
        world.push(staging_id, "CLUB", options=of_club)

    assert len(subscribed(world.people(DEFAULT_ACCOUNT, world.list_id("NEWS")))) == 6
    assert is_carried_out(world, plans["NEWS"])
    assert not is_carried_out(world, plans["CLUB"])
    world.mend()
    assert world.people(SECOND) == everybody
    assert world.push(staging_id, "CLUB", options=of_club).state == "succeeded"
    assert len(subscribed(world.people(SECOND))) == 6
    assert is_carried_out(world, plans["CLUB"])


def subscribed(people: dict[str, str]) -> list[str]:
    return [email for email, status in people.items() if status == "subscribed"]


def test_explain_knows_both(filled: AccountsWorld, capsys: pytest.CaptureFixture[str]) -> None:
    filled.break_down("down")
    filled.sync_all()
    assert run(filled, "explain", "--email", ANNA) == 0
    said = capsys.readouterr().out
    assert "NEWS" in said
    assert "CLUB" in said


def test_an_old_task_is_cleared_after_its_account_was_closed(filled: AccountsWorld) -> None:
    world = filled
    (club,) = world.crm.execute(
        "select collection_id from crm.contact_collection where code = 'CLUB'"
    ).fetchone() or (None,)
    assert club is not None
    world.contact(NEA, club)
    old = world.stage()
    world.change_collection("CLUB", is_active=False)
    world.sync_all()
    audiences, people = world.audiences(SECOND), world.people(SECOND)
    assert run(world, "close-account", "--account", SECOND) == 0

    with pytest.raises(PermanentError, match="is outdated"):
        world.push(old, "CLUB")

    assert (world.audiences(SECOND), world.people(SECOND)) == (audiences, people)
    assert world.sync_all()["NEWS"].startswith("succeeded")
    assert (world.audiences(SECOND), world.people(SECOND)) == (audiences, people)


def test_a_hand_over_keeps_both_accounts(filled: AccountsWorld) -> None:
    world = filled
    world.break_down("down")
    handing_over = ["hand-over", "--dsn", world.warehouse_dsn, "--to", "allo_airflow"]
    assert warehouse_main(handing_over) == 0
    ended = world.sync_all()
    assert ended["NEWS"].startswith("succeeded")
    assert SECOND in ended["CLUB"]

    world.mend()
    written = len(world.write_requests())
    assert set(world.sync_all().values()) == {"succeeded: None"}
    assert len(world.write_requests()) == written
    assert world.people(SECOND) == {ANNA: "subscribed", ELENI: "subscribed"}
