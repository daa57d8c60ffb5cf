"""Subject access reads every table that holds people, and every column of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from crm_mailchimp.data_protection.subject_access import (
    SubjectAccess,
    access_by_address,
    access_by_contact,
)
from crm_mailchimp.sync.refusals.suppression import Digester, open_suppression
from people_tables import PEOPLE_COLUMNS, Person, people_tables, plant

#: Keyed digests and hashes of values that the same record shows.
_TECHNICAL = {
    "digest", "contact_digest", "address_digest", "refusal_digest", "url_key", "links",
    "looked_up_by",  # a colleague: not about the person
}  # fmt: skip
#: Tables that access does not read, each with the reason.
_EXCUSED = {
    "mart.changed_member": "a queue of hashes that the next count of the marts empties",
}
#: Columns that sound like people and name none, or stand beside a column that does.
_NOT_PEOPLE = {
    "address_problem", "column_name", "contact_fields", "contact_limit", "content_hash",
    "eligible_without_valid_address", "event_name", "fields_hash", "first_name", "from_name",
    "is_about_person", "last_name", "list_name", "member_count", "name", "owner_name",
    "pushed_hash", "region_name", "remote_name", "settings_hash", "unique_subscriber_clicks",
}  # fmt: skip


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


def digests_of(digester: Digester, person: Person) -> dict[str, bytes]:
    return {
        "contact_digest": digester.contact(person.contact_id),
        "address_digest": digester.address(person.address),
        "sync.suppression.digest": digester.address(person.address),
        "sync.person_lookup.digest": digester.address(person.address),
        "sync.erased_subscriber.digest": digester.subscriber(person.hash),
        "sync.refusal.address_digest": digester.subscriber(person.hash),
        "sync.address_holder.address_digest": digester.subscriber(person.hash),
        "refusal_digest": digester.subscriber(person.hash),
    }


def is_shown(known: SubjectAccess, row: dict[str, Any]) -> bool:
    """Whether some record shows every column of a row."""
    wanted = {
        (name, repr(value))
        for name, value in row.items()
        if name not in _TECHNICAL and value is not None
    }
    return any(
        wanted <= {(name, repr(value)) for name, value in record.items()}
        for records in known.sections.values()
        for record in records
    )


def count(known: SubjectAccess) -> int:
    return sum(len(records) for records in known.sections.values())


def test_every_table_that_knows_people_is_shown_in_full(
    warehouse: psycopg.Connection[Any],
) -> None:
    person = Person()
    digester = open_suppression(warehouse)
    planted = plant(warehouse, person, digests_of(digester, person))
    assert set(planted) == set(people_tables(warehouse)) >= {"sync.member", "mart.members"}

    for known in (
        access_by_address(warehouse, " MARIA@mail.gr"),
        access_by_address(warehouse, "ΜΑΡΊΑ@mail.gr"),
        access_by_contact(warehouse, person.contact_id),
    ):
        missing = {table for table, row in planted.items() if not is_shown(known, row)}
        assert not missing - set(_EXCUSED)
        everything = count(known)
    # A row is shown because it is there, not because another table has the same values.
    unread = set()
    for table in planted:
        warehouse.execute("set local session_replication_role = replica")
        warehouse.execute(sql.SQL("delete from {}").format(sql.Identifier(*table.split("."))))
        without = access_by_contact(warehouse, person.contact_id)  # and that rolls back
        if count(without) >= everything:
            unread.add(table)
    assert unread == set(_EXCUSED)


def test_nobody_elses_rows_are_shown(warehouse: psycopg.Connection[Any]) -> None:
    person = Person()
    digester = open_suppression(warehouse)
    plant(warehouse, person, digests_of(digester, person))

    for known in (
        access_by_address(warehouse, "nikos@mail.gr"), access_by_contact(warehouse, 1),
        access_by_address(warehouse, "μαρία.άλλη@mail.gr"),
    ):  # fmt: skip
        assert known.nothing_held, known.sections.keys()


def test_columns_that_name_people_are_known_by_their_names(
    warehouse: psycopg.Connection[Any],
) -> None:
    rows = warehouse.execute(
        """
        select distinct columns.column_name
        from information_schema.columns as columns
        inner join information_schema.tables as tables using (table_schema, table_name)
        where
            tables.table_schema in ('staging', 'sync', 'stats', 'mart')
            and tables.table_type = 'BASE TABLE'
            and columns.column_name
            ~ '(^|_)(contact|subscriber|member|address|email|ip|phone|name|hash|digest|person)(_|$)'
        """
    ).fetchall()
    assert {name for (name,) in rows} - set(PEOPLE_COLUMNS) == _NOT_PEOPLE
