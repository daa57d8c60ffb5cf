"""Every table of the warehouse that knows people, found by its columns, with a row planted in each.

A new table with people in it needs an answer: how do subject access, erasure and retention reach
it? Their tests plant a row there and look what becomes of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from crm_mailchimp.statements import statement
from sync_world import subscriber_hash

#: Columns that name a person, in whatever form.
PEOPLE_COLUMNS = (
    "contact_id", "contact_key", "subscriber_hash", "address_hash", "address_key",
    "address_written", "email", "email_address", "ip", "contact_digest", "address_digest", "digest",
    "refusal_digest", "merged_id", "merged_from", "remote_contact_id", "old_hash", "new_hash",
)  # fmt: skip

_TABLES = """
select table_schema || '.' || table_name as name, array_agg(column_name::text) as columns
from information_schema.columns as columns
inner join pg_class on pg_class.oid = format('%%I.%%I', table_schema, table_name)::regclass
where
    table_schema in ('staging', 'sync', 'stats', 'mart')
    and not pg_class.relispartition and pg_class.relkind in ('r', 'p', 'm')
group by table_schema, table_name
having array_agg(column_name::text) && %s
order by 1
"""
_COLUMNS = """
select attribute.attname as name, format_type(attribute.atttypid, null) as type
from pg_attribute as attribute
where
    attribute.attrelid = %s::regclass and attribute.attnum > 0 and not attribute.attisdropped
    and attribute.attgenerated = '' and attribute.attidentity = ''
order by attribute.attnum
"""
#: Where the data model leaves a choice of words only.
_WORDS: Mapping[str, Any] = {
    "gdpr_category": "newsletter", "campaign_type": "NEWS", "reason_code": "no_consent",
    "origin": "created", "unsubscribed_by": "person", "intended_action": "archive",
    "action": "open", "bounce_type": "hard", "delivery_status": "sent", "kind": "address",
    "decision": "approved", "collection_code": "NEWS", "country_code": "GR", "ip": "192.0.2.7",
    "bot_rule": "all_links", "address_problem": "invalid_email", "words_expired_at": None,
    "sync.member.left_values": "waiting",
    "sync.member.cause": "own_unsubscribe", "sync.consent_proof.end_cause": None,
    "sync.member.status": "subscribed", "sync.refusal.kind": "unsubscribed",
    "known_from": "member", "ended_by": "signed_up", "provider_kind": "mailchimp",
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Who is planted; digests are keyed with the warehouse's own key."""

    contact_id: int = 4711
    address: str = "maria@mail.gr"
    written: str = "μαρία@mail.gr"

    @property
    def contact_key(self) -> str:
        return f"contact {self.contact_id}"

    @property
    def hash(self) -> str:
        return subscriber_hash(self.address)


def people_tables(warehouse: psycopg.Connection[Any]) -> list[str]:
    """Tables with a column that names a person, partitions left out."""
    rows = warehouse.execute(_TABLES, (list(PEOPLE_COLUMNS),)).fetchall()
    return [row[0] for row in rows]


def plant(
    warehouse: psycopg.Connection[Any],
    person: Person,
    digests: Mapping[str, bytes],
    *,
    at: datetime | None = None,
) -> dict[str, dict[str, Any]]:
    """A row about the person in every such table; commits.

    Args:
        warehouse: rows as tuples.
        person: the person in the rows.
        digests: by column: ``contact_digest``, ``address_digest`` and, by table, ``digest``.
        at: the value of every column of time; the default is now.

    Returns:
        the rows as JSON has them, by table.
    """
    moment = at or datetime.now(UTC)
    known = _surroundings(warehouse, moment)
    known |= {
        "contact_id": person.contact_id,
        "contact_key": person.contact_key,
        "mart.contacts.subscriber_hash": None,
        "mart.contact_engagement.subscriber_hash": None,
        "subscriber_hash": person.hash,
        "address_hash": subscriber_hash(person.written),
        "address_key": person.address,
        "address_written": person.written,
        "old_hash": person.hash,
        "new_hash": subscriber_hash(person.written),
        "merged_id": person.contact_id,
        "merged_from": person.contact_id,
        # The first refusal of this warehouse.
        "sync.refusal_contact.refusal_id": 1,
        **digests,
    }
    numbers = itertools.count(1_000)
    planted = {}
    for table in people_tables(warehouse):
        row = dict(_row(warehouse, table, known, moment, numbers))
        query = sql.SQL("insert into {} ({}) values ({}) returning to_jsonb({})").format(
            sql.Identifier(*table.split(".")),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row)),
            sql.Identifier(table.split(".")[1]),
        )
        # References to rows that only a real run makes are not the matter here.
        warehouse.execute("set local session_replication_role = replica")
        stored = warehouse.execute(query, list(row.values())).fetchone()
        assert stored
        planted[table] = stored[0]
    warehouse.commit()
    return planted


def rows_in(warehouse: psycopg.Connection[Any], table: str) -> list[dict[str, Any]]:
    """All rows of a table, as JSON has them."""
    query = sql.SQL("select to_jsonb(rows) from {} as rows")
    found = warehouse.execute(query.format(sql.Identifier(*table.split(".")))).fetchall()
    warehouse.commit()
    return [row[0] for row in found]


def _surroundings(warehouse: psycopg.Connection[Any], moment: datetime) -> dict[str, Any]:
    """What the rows refer to: a snapshot, an audience, a campaign, a month of events."""
    row = warehouse.execute(
        "insert into sync.staging_run (run_id, clock, rules_version, row_counts, created_at)"
        " values ('run', %(at)s, '1', '{}', %(at)s) returning staging_id",
        {"at": moment},
    ).fetchone()
    assert row
    staging_id = row[0]
    commands = warehouse.execute(
        statement("staging/create_partitions"), {"staging_id": staging_id}
    ).fetchall()
    for (command,) in commands:
        warehouse.execute(command)
    warehouse.execute("select stats.ensure_activity_month(%s::date)", (moment,))
    warehouse.execute(
        """
        insert into sync.audience (collection_id, collection_code, provider, list_id)
        values (1, 'NEWS', 'mailchimp', 'l1');
        insert into stats.lists (list_id) values ('l1');
        insert into stats.campaigns (campaign_id, list_id, title, sent_at)
        values ('c1', 'l1', 'Καλοκαίρι', '2006-06-01');
        insert into stats.link_clicks (campaign_id, link_id, url)
        values ('c1', 'k1', 'https://galaxy.gr/');
        insert into sync.staged_collection (
            staging_id, collection_id, collection_code, description, provider, is_shared, is_static,
            sync_merge_fields, settings
        )
        select max(staging_id), 1, 'NEWS', 'Νέα', 'mailchimp', true, true, false, '{}'
        from sync.staging_run;
        """
    )
    row = warehouse.execute(
        "insert into sync.removal_request"
        " (collection_code, run_id, removals, members, requested_at, decided_at)"
        " values ('NEWS', 'run', 1, 1, %(at)s, %(at)s) returning plan_id",
        {"at": moment},
    ).fetchone()
    assert row
    return {
        "staging_id": staging_id, "collection_id": 1, "list_id": "l1", "campaign_id": "c1",
        "link_id": "k1", "plan_id": row[0], "run_id": "run",
    }  # fmt: skip


def _row(
    warehouse: psycopg.Connection[Any],
    table: str,
    known: Mapping[str, Any],
    moment: datetime,
    numbers: Iterator[int],
) -> Iterator[tuple[str, Any]]:
    for name, kind in warehouse.execute(_COLUMNS, (table,)).fetchall():
        for key in (f"{table}.{name}", name):
            if key in known or key in _WORDS:
                yield name, known[key] if key in known else _WORDS[key]
                break
        else:
            yield name, _value(f"{table}.{name}", kind, moment, next(numbers))


def _value(name: str, kind: str, moment: datetime, number: int) -> Any:
    values: dict[str, Any] = {
        "text": f"{name} {number}",
        "boolean": True,
        "jsonb": Jsonb({"from": name}),
        "timestamp with time zone": moment,
        "date": moment.date().replace(day=1),
        "uuid[]": [],
        "bigint[]": [1],
        "text[]": [name],
        "bytea": name.encode(),
    }
    return values.get(kind, number)
