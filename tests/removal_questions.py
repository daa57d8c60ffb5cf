"""Removals that wait for a person, and the person's approvals."""

from __future__ import annotations

from crm_mailchimp.sync.decisions.approval import decide_removals
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from sharing_world import rows
from sync_world import World


def open_plans(world: World) -> dict[str, int]:
    """Plans that wait for an answer, by the code of their collection."""
    found = rows(world, "select * from sync.removal_request where decided_at is null")
    return {row["collection_code"]: row["plan_id"] for row in found}


def approve(world: World, plan_id: int) -> None:
    """A person approves a plan."""
    with world.connect(world.warehouse_dsn) as warehouse:
        assert decide_removals(warehouse, plan_id, "approved")


def answer(world: World, code: str) -> int:
    """A person approves the open plan of a collection; the sync that this starts runs."""
    plan_id = open_plans(world)[code]
    approve(world, plan_id)
    world.sync([code], options=SyncOptions(approved_plan=plan_id))
    return plan_id


def is_carried_out(world: World, plan_id: int) -> bool:
    """Whether a run has spent the approval of a plan."""
    [row] = rows(
        world, "select carried_out_by from sync.removal_request where plan_id = %s", plan_id
    )
    return row["carried_out_by"] is not None
