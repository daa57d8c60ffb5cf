"""Nobody is removed in bulk without a person's word; withdrawals never wait for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_mailchimp.setting_group import SettingError
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits, PlanNotApprovedError, exceeds
from crm_mailchimp.sync.runs.sync_options import SyncOptions, read_sync_options
from sync_world import World


@pytest.mark.parametrize(
    ("removals", "members", "held"),
    [
        (0, 0, False), (0, 100, False), (4, 8, False), (5, 8, True), (4, 30, False),
        (5, 50, False), (5, 49, True), (10, 100, False), (11, 100, True), (1, 1, True),
        (1, 2, False), (2, 3, True),
    ],
)  # fmt: skip
def test_limits(removals: int, members: int, held: bool) -> None:
    assert exceeds(removals, members, GuardLimits()) is held


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_more_than_half_is_always_held(removals: int, members: int) -> None:
    if removals > members / 2:
        assert exceeds(removals, members, GuardLimits(share=1.0, minimum=10**6))


def test_settings_out_of_range_are_refused() -> None:
    assert read_sync_options({"REMOVAL_GUARD_PERCENT": "25"}).limits.share == 0.25
    assert read_sync_options({"APPROVAL_VALID_HOURS": "2"}).approval_valid.total_seconds() == 7200
    for text in ("-1", "101", "πολλά"):
        with pytest.raises(SettingError, match="REMOVAL_GUARD_PERCENT"):
            read_sync_options({"REMOVAL_GUARD_PERCENT": text})


def test_mass_leaving_waits_for_a_person(world: World) -> None:
    news = world.collection()
    contacts = [world.contact(f"p{number}@mail.gr", news) for number in range(20)]
    world.sync()
    for contact in contacts[:6]:
        world.leave(news, contact)
    world.consent(contacts[10], granted=False)
    world.change_contact(contacts[11], erasure_requested_at="2026-01-01T00:00:00Z")
    world.contact("new@mail.gr", news)

    blocked = world.sync()["NEWS"]

    assert blocked.state == "blocked"
    assert (blocked.detail or "").startswith("removal_guard: 6 of 20")
    remote = world.remote()
    assert remote["p10@mail.gr"] == "unsubscribed"
    assert remote["p11@mail.gr"] == "archived"
    assert "new@mail.gr" not in remote
    assert sum(status == "subscribed" for status in remote.values()) == 18

    plan = world.warehouse.execute("select max(plan_id) as id from sync.removal_request").fetchone()
    assert plan
    with pytest.raises(PlanNotApprovedError):
        world.sync(options=SyncOptions(approved_plan=plan["id"]))
    assert world.remote() == remote

    world.warehouse.execute(
        "update sync.removal_request set decision = 'approved', decided_at = now()"
        " where plan_id = %s",
        (plan["id"],),
    )
    # One more leaves after the approval: outside the approved set, so nobody goes.
    world.leave(news, contacts[6])
    again = world.sync(options=SyncOptions(approved_plan=plan["id"]))["NEWS"]
    assert again.state == "blocked"
    assert "outside the approved plan" in (again.detail or "")
    assert world.remote() == remote

    world.join(news, contacts[6])
    done = world.sync(options=SyncOptions(approved_plan=plan["id"]))["NEWS"]
    assert done.state == "succeeded", done.detail
    assert done.counts["removed"] == 6
    assert world.remote()["new@mail.gr"] == "subscribed"


def test_an_approval_serves_one_run_and_not_for_ever(world: World) -> None:
    news = world.collection()
    contacts = [world.contact(f"p{number}@mail.gr", news) for number in range(8)]
    world.sync()
    for contact in contacts[:6]:
        world.leave(news, contact)
    assert world.sync()["NEWS"].state == "blocked"
    row = world.warehouse.execute(
        "update sync.removal_request set decision = 'approved',"
        " decided_at = now() - interval '25 hours' returning plan_id"
    ).fetchone()
    assert row
    approved = SyncOptions(approved_plan=row["plan_id"])

    with pytest.raises(PlanNotApprovedError, match="older than 24 hours"):
        world.sync(options=approved)
    # A withdrawal does not wait for the right approval.
    world.consent(contacts[7], granted=False)
    with pytest.raises(PlanNotApprovedError):
        world.sync(options=approved)
    assert world.remote()["p7@mail.gr"] == "unsubscribed"

    world.warehouse.execute("update sync.removal_request set decided_at = now()")
    staging_id = world.stage()
    done = world.push(staging_id, "NEWS", options=approved)
    assert (done.state, done.counts["removed"]) == ("succeeded", 6)
    # The task may be repeated, another run may not use the approval.
    assert world.push(staging_id, "NEWS", options=approved).state == "succeeded"
    for contact in contacts[:6]:
        world.join(news, contact)
    world.sync()
    for contact in contacts[:6]:
        world.leave(news, contact)
    with pytest.raises(PlanNotApprovedError, match="was carried out by run"):
        world.sync(options=approved)
    assert sum(status == "subscribed" for status in world.remote().values()) == 7


def test_an_emptied_collection_is_held(world: World) -> None:
    news = world.collection()
    for number in range(3):
        world.contact(f"p{number}@mail.gr", news)
    world.sync()
    world.crm.execute("delete from crm.collection_member")

    result = world.sync()["NEWS"]

    assert result.state == "blocked"
    assert (result.detail or "").startswith("empty_collection:")
    assert set(world.remote().values()) == {"subscribed"}


def test_a_staging_emptied_by_a_crash_removes_nobody(world: World) -> None:
    """Unlogged tables are empty after a crash of the server: that must not look like leaving."""
    news = world.collection()
    for number in range(3):
        world.contact(f"p{number}@mail.gr", news)
    world.sync()
    staging_id = world.stage()
    for table in ("membership", "contact", "consent", "verdict"):
        world.warehouse.execute(f"truncate staging.{table}_{staging_id}")

    with pytest.raises(Exception, match="lost rows"):
        world.push(staging_id, "NEWS")
    assert set(world.remote().values()) == {"subscribed"}
