"""Catch the marts up with ``stats`` and the sync's members: the work follows what changed.

Triggers note each changed member and campaign in the transaction that changes it. A refresh takes
the notes, finds the people they are about, and counts these members, people and campaigns again.
If few changed, it looks their rows up by key. Else Postgres chooses how to read the tables.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.suspected_bots import judge_waiting_campaigns
from crm_mailchimp.warehouse.key_lookups import key_lookups_now
from crm_mailchimp.warehouse.locks import named_lock

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)

#: Temporary tables, by the statement that fills each.
_COLLECTED = {
    "take_changed_members": "changed_member",
    "take_changed_campaigns": "changed_campaign",
    "collect_touched_members": "touched_member",
    "collect_changed_contacts": "changed_contact",
    "collect_received": "received",
    "count_members": "counted_member",
}
#: Of these, those in which other statements look members up.
_INDEXED = frozenset({"changed_member", "counted_member"})
#: Parents are stored before what refers to them, and go after it.
_STEPS = (
    "know_lists",
    "collect_touched_members",
    "collect_changed_contacts",
    "collect_received",
    "count_members",
    "collect_moved_cohorts",
    "clear_contact_months",
    "clear_contact_engagement",
    "clear_member_engagement",
    "store_contacts",
    "know_members",
    "store_members",
    "drop_gone_members",
    "drop_gone_contacts",
    "count_member_engagement",
    "count_member_frequency",
    "count_contact_engagement",
    "count_contact_months",
    "count_campaign_engagement",
    "clear_campaign_quarter_hours",
    "count_campaign_quarter_hours",
    "clear_campaign_bot_links",
    "count_campaign_bot_links",
    "clear_campaign_cohorts",
    "count_campaign_cohorts",
    "store_refresh",
)
#: These compare whole temporary tables, and look the other rows up by key themselves.
_AT_ONCE = frozenset({"count_members", "collect_moved_cohorts", "count_member_frequency"})


@dataclass(frozen=True)
class MartRefresh:
    """Rows counted again by one refresh."""

    campaigns: int
    members: int


def refresh_marts(
    connection: Connection[Any], *, time_zone: str = "UTC", rebuild: bool = False
) -> MartRefresh:
    """Catch up all marts in one transaction; commits. Readers are not blocked at any time.

    Before that, clicks are judged whose limits in ``mart.segment_rule`` have changed.

    In a second transaction, members that no row names any more are forgotten. A refresh that dies
    before that leaves their notes to the next.

    Args:
        connection: the warehouse, by the login that owns the marts; not in a transaction.
        time_zone: IANA name of the time zone whose days and months the marts show. Another one
            than last time counts everything again.
        rebuild: count everything again, whatever changed.

    Raises:
        psycopg.errors.InvalidParameterValue: Postgres does not know the time zone.
    """
    judge_waiting_campaigns(connection)
    with named_lock(connection, "marts"):
        connection.execute(statement("mart/store_time_zone"), {"time_zone": time_zone})
        if rebuild:
            connection.execute("update mart.setting set rebuild = true")
        members = _collect(connection, "take_changed_members")
        campaigns = _collect(connection, "take_changed_campaigns")
        [few] = read_values(connection, bool, statement("mart/few_changed"))
        for step in _STEPS:
            with _reading(connection, by_key=few and step not in _AT_ONCE):
                if step in _COLLECTED:
                    _collect(connection, step)
                else:
                    connection.execute(statement(f"mart/{step}"))
        with _reading(connection, by_key=few):
            unknown = connection.execute(statement("mart/note_unknown_members")).rowcount
        connection.commit()
        if unknown:
            connection.execute("lock table stats.members in share row exclusive mode")
            with key_lookups_now(connection):
                connection.execute(statement("mart/forget_members"))
            connection.commit()
    log.info("marts: %d campaigns, %d members counted again", campaigns, members)
    return MartRefresh(campaigns=campaigns, members=members)


def _collect(connection: Connection[Any], name: str) -> int:
    table = sql.Identifier(_COLLECTED[name])
    rows = connection.execute(statement(f"mart/{name}")).rowcount
    if _COLLECTED[name] in _INDEXED:
        connection.execute(sql.SQL("create index on {} (list_id, subscriber_hash)").format(table))
    # Without it the planner takes a temporary table for a middling one, whatever it holds.
    connection.execute(sql.SQL("analyze {}").format(table))
    return rows


def _reading(connection: Connection[Any], *, by_key: bool) -> AbstractContextManager[None]:
    return key_lookups_now(connection) if by_key else nullcontext()
