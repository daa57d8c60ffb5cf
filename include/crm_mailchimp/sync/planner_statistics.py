"""Statistics of the planner for the tables that a run fills."""

from __future__ import annotations

from typing import Any

from psycopg import Connection


def refresh_statistics(warehouse: Connection[Any]) -> None:
    """Let Postgres count members, proofs and refusals again after many were written; commits.

    Until autovacuum looks, Postgres takes the tables for what they were. A plan over an audience
    that was just filled could then compare every member with every other.
    """
    warehouse.execute(
        "analyze sync.member, sync.rejection, sync.refusal, sync.refusal_contact,"
        " sync.address_holder, sync.consent_proof, sync.tag, sync.tag_member,"
        " sync.subscriber_alias"
    )
    warehouse.commit()
