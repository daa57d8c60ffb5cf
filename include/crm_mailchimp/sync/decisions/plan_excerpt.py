"""A run's plan for the page: each collection's first members by action; no addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from psycopg import Connection

from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.decisions.plan_export import (
    ACTIONS,
    PlannedCollection,
    planned_collections,
)
from crm_mailchimp.sync.decisions.removal_guard import DUE_CAUSES

#: Members shown for each collection and action; the file has all of them.
MOST_MEMBERS = 200


@dataclass(frozen=True, kw_only=True)
class ShownMember:
    """What is planned for one member.

    Attributes:
        members: of the collection with this action, those not shown included.
        contact_id: None: not known.
    """

    collection_code: str
    action: str
    members: int
    cause: str | None
    contact_id: int | None
    waits_for_approval: bool
    explanation: str | None


@dataclass(frozen=True)
class ShownAction:
    """The members of a collection with one action.

    Attributes:
        words: what the action means, for people.
        members: how many; at most ``MOST_MEMBERS`` of them are in ``rows``.
    """

    action: str
    words: str
    members: int
    rows: Sequence[ShownMember]


@dataclass(frozen=True)
class ShownPlan:
    """A collection with its actions; none where nothing changes."""

    collection: PlannedCollection
    actions: Sequence[ShownAction]


def read_plan_excerpt(warehouse: Connection[Any], run_id: str) -> list[ShownPlan]:
    """The plan of a run, by collection; reads only.

    Raises:
        NoPlanError: the run staged nothing, or its snapshot was dropped.
    """
    collections = planned_collections(warehouse, run_id)
    rows = read_rows(
        warehouse,
        ShownMember,
        statement("page/plan"),
        {
            "staging_id": collections[0].staging_id,
            "due_causes": list(DUE_CAUSES),
            "most": MOST_MEMBERS,
        },
    )
    warehouse.rollback()
    actions: dict[str, list[ShownAction]] = {}
    for (code, action), found in groupby(rows, lambda row: (row.collection_code, row.action)):
        shown = list(found)
        actions.setdefault(code, []).append(
            ShownAction(action, ACTIONS[action], shown[0].members, shown)
        )
    return [ShownPlan(one, actions.get(one.collection_code, ())) for one in collections]
