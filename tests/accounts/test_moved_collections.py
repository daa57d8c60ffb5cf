"""A collection that goes to another account: what it left behind holds, and nobody is lost."""

from __future__ import annotations

import pytest
from psycopg.types.json import Jsonb

from accounts_world import SECOND, SECOND_PROVIDER, AccountsWorld
from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.account_changes import close_account, rename_account
from sharing_world import NAME, share

SUCCEEDED = {"NEWS": "succeeded: None"}


class Moved:
    """NEWS, filled in the first account."""

    def __init__(self, world: AccountsWorld) -> None:
        self.world = world
        self.news = world.collection("NEWS", description="Τα νέα μας")
        self.ids = {
            name: world.contact(f"{name}@mail.gr", self.news, first_name=name.title())
            for name in ("anna", "nikos", "eleni", "zoe")
        }
        assert world.sync_all() == SUCCEEDED
        (self.list_id,) = world.audiences(DEFAULT_ACCOUNT)

    def move(self, provider: str = SECOND_PROVIDER) -> str:
        self.world.change_collection("NEWS", external_provider=provider)
        return self.world.sync_all()["NEWS"]

    def old(self) -> dict[str, str]:
        return self.world.people(DEFAULT_ACCOUNT, self.list_id)

    def new(self) -> dict[str, str]:
        return self.world.people(SECOND)


@pytest.fixture
def moved(world: AccountsWorld) -> Moved:
    return Moved(world)


def test_who_refused_before_is_not_added_after(moved: Moved) -> None:
    world = moved.world
    # Nobody has looked at the audience since.
    world.act_in(DEFAULT_ACCOUNT, moved.list_id, "anna@mail.gr", "unsubscribe")

    assert moved.move().startswith("succeeded")

    assert moved.new() == {
        "nikos@mail.gr": "subscribed", "eleni@mail.gr": "subscribed", "zoe@mail.gr": "subscribed",
    }  # fmt: skip
    assert world.open_reasons() == {moved.ids["anna"]: "suppressed_unsubscribed"}
    assert moved.old()["nikos@mail.gr"] == "subscribed", "the old audience stays as it is"

    # What happens there later holds, too, and what is due goes out there.
    world.act_in(DEFAULT_ACCOUNT, moved.list_id, "eleni@mail.gr", "unsubscribe")
    world.consent(moved.ids["nikos"], granted=False)
    world.leave(moved.news, moved.ids["zoe"])
    assert world.sync_all()["NEWS"].startswith("succeeded")
    assert moved.old() == {
        "anna@mail.gr": "unsubscribed", "eleni@mail.gr": "unsubscribed",
        "nikos@mail.gr": "unsubscribed", "zoe@mail.gr": "subscribed",
    }  # fmt: skip
    world.sync_all()
    assert moved.new() == {
        "eleni@mail.gr": "unsubscribed", "nikos@mail.gr": "unsubscribed",
        "zoe@mail.gr": "archived",
    }  # fmt: skip


@pytest.mark.parametrize("how", ["no connection", "wrong key", "down", "5xx"])
def test_nobody_is_added_while_the_old_account_cannot_be_read(moved: Moved, how: str) -> None:
    world = moved.world
    world.act_in(DEFAULT_ACCOUNT, moved.list_id, "anna@mail.gr", "unsubscribe")
    world.break_down(how, DEFAULT_ACCOUNT)

    for _ in range(2):
        ended = moved.move()
        assert ended.startswith("failed: ")
        assert f"connection {DEFAULT_ACCOUNT}" in ended
        assert "nobody is added" in ended
        assert moved.new() == {}

    world.mend(DEFAULT_ACCOUNT)
    assert world.sync_all()["NEWS"].startswith("succeeded")
    assert sorted(moved.new()) == ["eleni@mail.gr", "nikos@mail.gr", "zoe@mail.gr"]


@pytest.mark.parametrize("how", ["no connection", "wrong key", "down"])
def test_what_is_due_goes_out_while_the_new_account_cannot_be_used(moved: Moved, how: str) -> None:
    world = moved.world
    world.break_down(how, SECOND)
    world.consent(moved.ids["nikos"], granted=False)

    ended = moved.move()

    assert ended.startswith("failed: ")
    assert SECOND in ended
    assert moved.old()["nikos@mail.gr"] == "unsubscribed"
    assert moved.old()["anna@mail.gr"] == "subscribed"
    world.mend(SECOND)
    assert world.sync_all()["NEWS"].startswith("succeeded")
    assert sorted(moved.new()) == ["anna@mail.gr", "eleni@mail.gr", "zoe@mail.gr"]


def test_calls_count_in_the_account_that_got_them(moved: Moved) -> None:
    world = moved.world
    world.calls.reset()
    before = world.requests_of_each()

    assert moved.move().startswith("succeeded")

    after = world.requests_of_each()
    got = {account: after[account] - before[account] for account in after}
    assert min(got.values()) > 0
    assert world.counted_calls() == got
    found = world.warehouse.execute(
        "select account, api_calls, counted from mart.collection_runs order by started_at"
    ).fetchall()
    made = len(world.calls.made)
    assert found[-1] == {"account": SECOND, "api_calls": made, "counted": "members"}

    # A task that is cleared counts from the beginning.
    staging_id = world.stage()
    for _ in range(2):
        before = world.requests_of_each()
        assert world.push(staging_id, "NEWS").state == "succeeded"
        after = world.requests_of_each()
        assert world.counted_calls() == {one: after[one] - before[one] for one in after}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a", "b", [("b", 7, {"c": 2}), ("b", 7, {"c": 2}), ("c", 7, {"b": 4})]),
        ("c", "b", [("a", 7, {"b": 3}), ("b", 7, {"a": 1}), ("b", 7, {"a": 3})]),
        ("a", "d", [("d", 7, {"b": 1, "c": 2}), ("b", 7, {"d": 1, "c": 2}),
                    ("c", 7, {"d": 3, "b": 1})]),
        ("c", "a", [("a", 7, {"b": 1}), ("b", 7, {"a": 3}), ("a", 7, {"b": 1})]),
    ],
)  # fmt: skip
def test_calls_follow_an_account_that_is_renamed(
    world: AccountsWorld, old: str, new: str, expected: list[tuple[str, int, dict[str, int]]]
) -> None:
    rows: list[tuple[str, dict[str, int]]] = [
        ("a", {"b": 1, "c": 2}), ("b", {"a": 1, "c": 2}), ("c", {"a": 3, "b": 1})
    ]  # fmt: skip
    with world.connect(world.warehouse_dsn) as warehouse:
        for account, elsewhere in rows:
            warehouse.execute(
                "insert into sync.collection_run (run_id, collection_code, started_at, account,"
                " api_calls, calls_elsewhere) values ('r', %s, now(), %s, 7, %s)",
                (account, account, Jsonb(elsewhere)),
            )
        warehouse.execute(statement("sync/rename_account"), {"old": old, "new": new})
        found = warehouse.execute(
            "select account, api_calls, calls_elsewhere from sync.collection_run"
            " order by collection_code"
        ).fetchall()
        assert [tuple(row) for row in found] == expected
        total = "select sum(api_calls) from mart.api_calls"
        assert warehouse.execute(total).fetchone() == (21,)


def test_calls_of_a_shared_audience_count_in_each_account_once(world: AccountsWorld) -> None:
    share(world)
    for code in ("NEWS", "OFFERS"):
        one = world.collection(code, shared_audience=NAME)
        world.contact(f"{code.lower()}@galaxy.gr", one, first_name="Άννα")
    world.sync_all()
    for code in ("NEWS", "OFFERS"):
        world.change_collection(code, external_provider=SECOND_PROVIDER)
    for _ in range(2):
        before = world.requests_of_each()
        world.sync_all()
        after = world.requests_of_each()
        got = {one: after[one] - before[one] for one in after}
        assert got[SECOND] > 0
        assert world.counted_calls() == got


def test_it_comes_back_to_its_audience(moved: Moved) -> None:
    world = moved.world
    assert moved.move().startswith("succeeded")
    (there,) = world.audiences(SECOND)
    world.act_in(SECOND, there, "anna@mail.gr", "unsubscribe")
    world.leave(moved.news, moved.ids["zoe"])

    assert moved.move("mailchimp").startswith("succeeded")
    world.sync_all()

    assert list(world.audiences(DEFAULT_ACCOUNT)) == [moved.list_id], "no further audience"
    assert moved.old() == {
        "anna@mail.gr": "unsubscribed", "nikos@mail.gr": "subscribed",
        "eleni@mail.gr": "subscribed", "zoe@mail.gr": "archived",
    }  # fmt: skip
    assert moved.move().startswith("succeeded")
    assert list(world.audiences(SECOND)) == [there]


def test_a_preview_of_the_move_changes_nothing_in_mailchimp(moved: Moved) -> None:
    world = moved.world
    before = len(world.write_requests())
    world.change_collection("NEWS", external_provider=SECOND_PROVIDER)
    staging_id = world.stage(dry_run=True)
    assert world.push(staging_id, "NEWS").state == "dry_run"
    assert world.audiences(SECOND) == {}

    assert moved.move("mailchimp").startswith("succeeded")
    assert list(world.audiences(DEFAULT_ACCOUNT)) == [moved.list_id]
    writes = [words for words in world.write_requests()[before:] if "members" in words]
    assert writes == []


def test_an_inactive_collection_that_moved_is_looked_after(moved: Moved) -> None:
    """It left its account, got no other audience, and is inactive now."""
    world = moved.world
    world.break_down("wrong key", SECOND)
    assert moved.move().startswith("failed")
    world.change_collection("NEWS", is_active=False)
    world.consent(moved.ids["nikos"], granted=False)

    world.sync_all()

    assert moved.old()["nikos@mail.gr"] == "unsubscribed"
    assert moved.old()["anna@mail.gr"] == "subscribed"


def test_two_connections_to_one_account(moved: Moved) -> None:
    """An id is unique over accounts: the same audience in two is refused."""
    world = moved.world
    world.places[SECOND] = world.places[DEFAULT_ACCOUNT]

    ended = moved.move()

    assert ended.startswith("blocked: audience_in_two_accounts")
    assert DEFAULT_ACCOUNT in ended
    assert SECOND in ended
    assert len(world.audiences(DEFAULT_ACCOUNT)) == 1
    world.change_collection("NEWS", provider_list_id=moved.list_id)
    assert world.sync_all()["NEWS"].startswith("blocked: audience_in_two_accounts")
    rows = world.warehouse.execute("select distinct account from sync.member").fetchall()
    assert [row["account"] for row in rows] == [DEFAULT_ACCOUNT]


def test_a_connection_with_a_new_id(moved: Moved) -> None:
    world = moved.world
    world.places["mailchimp_athina"] = world.places.pop(DEFAULT_ACCOUNT)
    world.crm.execute(
        "update crm.external_provider set connection_id = 'mailchimp_athina'"
        " where code = 'mailchimp'"
    )
    ended = world.sync_all()["NEWS"]
    assert "audience_in_two_accounts" in ended
    assert "rename-account" in ended
    assert len(world.audiences("mailchimp_athina")) == 1

    with world.connect(world.warehouse_dsn) as warehouse:
        assert rename_account(warehouse, DEFAULT_ACCOUNT, "mailchimp_athina") == 1
    before = len(world.write_requests())
    world.consent(moved.ids["nikos"], granted=False)
    assert world.sync_all()["NEWS"].startswith("succeeded")
    assert world.people("mailchimp_athina", moved.list_id)["nikos@mail.gr"] == "unsubscribed"
    assert not [one for one in world.write_requests()[before:] if one == "POST /lists"]
    rows = world.warehouse.execute("select distinct account from sync.member").fetchall()
    assert [row["account"] for row in rows] == ["mailchimp_athina"]


def test_an_account_that_is_given_up(moved: Moved) -> None:
    world = moved.world
    world.act_in(DEFAULT_ACCOUNT, moved.list_id, "anna@mail.gr", "unsubscribe")
    world.sync_all()
    world.break_down("no connection", DEFAULT_ACCOUNT)
    assert moved.move().startswith("failed")

    with world.connect(world.warehouse_dsn) as warehouse:
        assert close_account(warehouse, DEFAULT_ACCOUNT) == 1

    assert world.sync_all()["NEWS"].startswith("succeeded")
    assert sorted(moved.new()) == ["eleni@mail.gr", "nikos@mail.gr", "zoe@mail.gr"]
    assert world.open_reasons() == {moved.ids["anna"]: "suppressed_unsubscribed"}
