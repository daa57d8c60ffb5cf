"""Can each collection be synced, and how many people would the next sync push?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.crm.collections import Collection
from crm_mailchimp.readiness.finding import Verdict
from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.staging.collection_problems import collection_problem, sender_problem
from crm_mailchimp.sync.staging.shared_audiences import PREFIX, read_chosen

#: What codes of shared audiences begin with; the second is for other accounts than the first.
_SHARED = (PREFIX, "shared@")


class PreviewedCollection(NamedTuple):
    """What the newest preview planned for a collection.

    Attributes:
        guard_detail: why the removal guard would ask a person; None: it would not.
        people: how many would be pushed.
        actions: of the plan, each with its number of people; None: nothing would be done.
    """

    collection_code: str
    clock: datetime
    state: str | None
    detail: str | None
    guard_detail: str | None
    people: int
    actions: str | None


class SyncedCollection(NamedTuple):
    """A collection and the clock of its last run that succeeded, previews apart."""

    collection_code: str
    clock: datetime


def active_collections(crm: Connection[Any]) -> list[Collection]:
    """The active collections with a provider, by code.

    Args:
        crm: to ``crm_db``; rolled back here.
    """
    collections, _ = read_chosen(crm, ())
    crm.rollback()
    return collections


def collections_ready(crm: Connection[Any]) -> Iterator[tuple[Verdict, str]]:
    """What each collection has to have in the CRM: a type, a provider, a complete sender.

    Args:
        crm: to ``crm_db``.
    """
    collections, shared = read_chosen(crm, ())
    crm.rollback()
    problems = {one.code: collection_problem(one) for one in collections}
    for code, problem in problems.items():
        if problem:
            yield "to do", f"collection {code}: {problem.code}: {problem.detail}"
        else:
            yield "fine", f"collection {code}: its row in the CRM is complete"
    for audience in shared:
        found = audience.problem(problems) or sender_problem(audience.as_collection(problems))
        if found:
            yield "to do", f"{audience.code}: {found.code}: {found.detail}"
        else:
            yield "fine", f"{audience.code}: its collections fit together"
    if not collections:
        yield (
            "to do",
            "no active collection has an external provider: set"
            " crm.contact_collection.external_provider",
        )


def what_syncs_next(
    warehouse: Connection[Any], codes: Sequence[str]
) -> Iterator[tuple[Verdict, str]]:
    """How many people the next sync would push, by the newest preview of each collection.

    A collection that has synced needs no preview, and an older one says nothing about it any more.

    Args:
        warehouse: to ``warehouse_db``.
        codes: of the active collections.
    """
    synced = {
        one.collection_code: one.clock
        for one in read_rows(warehouse, SyncedCollection, statement("readiness/synced"))
    }
    rows = [
        row
        for row in read_rows(warehouse, PreviewedCollection, statement("readiness/previewed"))
        # A shared audience has a row of its own. An old preview may be of a collection that left.
        if row.collection_code in codes or row.collection_code.startswith(_SHARED)
        if row.collection_code not in synced or row.clock > synced[row.collection_code]
    ]
    for row in rows:
        place = (
            f"collection {row.collection_code}, by the preview of {row.clock:%Y-%m-%d %H:%M} UTC"
        )
        if row.state != "dry_run":
            yield "to do", f"{place}: {row.state or 'not finished'}: {row.detail or 'run it again'}"
        elif row.guard_detail:
            yield (
                "note",
                f"{place}: the next sync would ask a person before it removes anybody"
                f" ({row.guard_detail})",
            )
        else:
            yield (
                "note",
                f"{place}: the next sync would push {row.people} people"
                + (f" ({row.actions})" if row.actions else ""),
            )
    missing = sorted(set(codes) - {row.collection_code for row in rows} - set(synced))
    if missing:
        yield (
            "to do",
            f"nobody has looked at a plan of {', '.join(missing)}: run the DAG preview_collections",
        )
