"""A warehouse with data, as commit 902fd0d made it, becomes one of today and keeps its rows."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crm_mailchimp.address import subscriber_hash
from crm_mailchimp.sync.refusals import refusal_ledger
from crm_mailchimp.sync.refusals.refusal_ledger import Person
from crm_mailchimp.sync.refusals.suppression import open_suppression
from crm_mailchimp.warehouse.bi_login import grant_reading
from crm_mailchimp.warehouse.migrations import migration_files, upgrade
from local_installation.postgres import Server
from warehouse.schema_description import describe

DUMP = Path(__file__).with_name("warehouse_902fd0d.sql")
FIRST_NEW = "0015"

#: Tables that are meant to go, and why. A migration that drops a table adds it here.
GONE = {
    "migration.alembic_version": "Alembic's own record, which said the same as applied_file",
    "sync.watermark": "0016: nothing ever used it",
}
#: Columns that a migration drops or rewrites on purpose: table and column, and why.
CHANGED: dict[tuple[str, str], str] = {
    ("sync.member", "cause"): "0015: a removal of ours that followed a refusal is one of ours",
    ("sync.member", "opted_out"): "0015: such a removal is no opt-out; the refusal is kept",
    ("staging.plan", "action"): "0020: suppress, the word of erasure, is now quarantine",
    ("sync.reason", "explanation"): "0017: one reason is explained in plain words",
    ("mart.contact_engagement", "engagement_key"): "0039: it is contact_key now, as everywhere",
    ("mart.setting", "rebuild"): "0038: the marts count again, without clicks of scanners",
    ("sync.reason", "what_to_do"): "0019: the remedy of a refusal says what really ends it",
}

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Warehouses:
    """An old warehouse with data and a fresh one on the same server, and two logins."""

    old: str
    fresh: str
    bi_login: str
    analyst: str


@pytest.fixture(params=["postgres", "debian_postgres"])
def warehouses(request: pytest.FixtureRequest) -> Iterator[Warehouses]:
    server: Server = request.getfixturevalue(request.param)
    name = uuid.uuid4().hex[:8]
    made = Warehouses(
        server.create_database(f"old_{name}"),
        server.create_database(f"fresh_{name}"),
        f"πίνακες_{name}",
        f"αναλύτρια_{name}",
    )
    with psycopg.connect(made.old, autocommit=True) as connection:
        for login in (made.bi_login, made.analyst):
            connection.execute(f'create role "{login}" login')
    with psycopg.connect(made.old, autocommit=True) as connection:
        connection.execute(DUMP.read_text(encoding="utf-8"))
    yield made
    for dsn in (made.old, made.fresh):
        with psycopg.connect(dsn, autocommit=True) as connection:
            for login in (made.bi_login, made.analyst):
                connection.execute(f'drop owned by "{login}"')
    server.drop_database(f"old_{name}")
    server.drop_database(f"fresh_{name}")
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        for login in (made.bi_login, made.analyst):
            connection.execute(f'drop role "{login}"')


def grant(dsn: str, made: Warehouses) -> None:
    """Rights that our command gives, and rights that people gave by hand."""
    with psycopg.connect(dsn) as connection:
        grant_reading(connection, made.bi_login)
        connection.execute(f'grant usage on schema sync, mart to "{made.analyst}"')
        connection.execute(f'grant select on sync.held_back to "{made.analyst}" with grant option')
        connection.execute(f'grant select (day, month) on mart.dates to "{made.analyst}"')
        connection.execute(f'grant execute on function sync.hmac_pad to "{made.analyst}"')
        connection.execute("revoke execute on function sync.hmac_pad from public")


def test_an_old_warehouse_becomes_like_a_fresh_one_and_keeps_its_rows(
    warehouses: Warehouses,
) -> None:
    upgrade(warehouses.fresh)
    grant(warehouses.fresh, warehouses)
    grant(warehouses.old, warehouses)
    with psycopg.connect(warehouses.old) as connection:
        before = read_rows(connection)

    done = upgrade(warehouses.old)

    new = [file.name for file in migration_files() if file.name >= FIRST_NEW]
    assert done.migrations == new
    assert done.definitions
    with (
        psycopg.connect(warehouses.old) as upgraded,
        psycopg.connect(warehouses.fresh) as fresh,
    ):
        ours, theirs = describe(upgraded), describe(fresh)
        for kind in theirs:
            assert len(theirs[kind]) > 3, kind
            assert ours[kind] ^ theirs[kind] == set(), kind
        assert lost_rows(before, read_rows(upgraded)) == {}
        assert unreadable_views(upgraded) == []
    assert upgrade(warehouses.old).definitions == 0


def read_rows(connection: psycopg.Connection[Any]) -> Rows:
    names = connection.execute(
        """
        select oid::regclass::text from pg_class
        where
            relkind in ('r', 'p') and not relispartition
            and relnamespace::regnamespace::text in (
                'staging', 'sync', 'stats', 'mart', 'migration'
            )
        """
    ).fetchall()
    return {
        name: [
            json.loads(text)
            for (text,) in connection.execute(f"select to_jsonb(kept)::text from {name} as kept")
        ]
        for (name,) in names
    }


def lost_rows(before: Rows, after: Rows) -> dict[str, Any]:
    """By table, what of its former rows is not there any more."""
    lost: dict[str, Any] = {}
    for table, rows in before.items():
        if table in GONE:
            continue
        if table not in after:
            lost[table] = "the table"
            continue
        columns = {name for row in rows for name in row if (table, name) not in CHANGED}
        missing = Counter(frozen(row, columns) for row in rows)
        missing -= Counter(frozen(row, columns) for row in after[table])
        if missing:
            lost[table] = list(missing.elements())
    return lost


def frozen(row: dict[str, Any], columns: set[str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        sorted((name, json.dumps(row[name], sort_keys=True)) for name in columns if name in row)
    )


def unreadable_views(connection: psycopg.Connection[Any]) -> list[str]:
    views = connection.execute(
        "select oid::regclass::text from pg_class where relkind = 'v'"
        " and relnamespace::regnamespace::text in ('sync', 'stats', 'mart')"
    ).fetchall()
    assert len(views) > 20
    failed = []
    for (view,) in views:
        try:
            with connection.transaction():
                connection.execute(f"select * from {view}").fetchall()
        except psycopg.Error as error:
            failed.append(f"{view}: {error}")
    return failed


#: What each cause of a member becomes; an unsubscribe after a bounce is about the address alone.
KINDS = {
    "own_unsubscribe": "unsubscribed",
    "complaint": "complaint",
    "compliance": "compliance",
    "forgotten": "forgotten",
    "hand_archive": "archived_by_hand",
    "our_unsubscribe": "withdrawal",
    "cleaned": "withdrawal",
    "unconfirmed": "unconfirmed",
}


def test_each_member_that_refused_has_its_refusal_after_the_upgrade(
    warehouses: Warehouses,
) -> None:
    with psycopg.connect(warehouses.old) as connection:
        members = read_rows(connection)["sync.member"]
    upgrade(warehouses.old)
    with psycopg.connect(warehouses.old) as connection:
        digester = open_suppression(connection)
        found = {
            (list_id, bytes(digest), kind): (set(contact_ids), is_about_person)
            for list_id, digest, kind, contact_ids, is_about_person in connection.execute(
                "select list_id, address_digest, kind, array(select contact_id"
                " from sync.refusal_contact as belongs"
                " where belongs.refusal_id = refusal.refusal_id), is_about_person"
                " from sync.refusal where ended_at is null and known_from = 'upgrade'"
            )
        }
    wanted = {}
    for member in members:
        kind = KINDS.get(member["cause"] or "")
        if member["cause"] == "cleaned" and member["status"] != "unsubscribed":
            kind = None
        digest = digester.subscriber(member["subscriber_hash"])
        opted_out = member["opted_out"] and member["cause"] != "compliance"
        follows = str(member["cause_detail"] or "").startswith("suppressed")
        if follows and member["cause"] in ("own_unsubscribe", "complaint"):
            # We unsubscribed the member because of a refusal elsewhere: the person is asked.
            kind, opted_out = "withdrawal", False
        if member["cause_detail"] == "erased_contact":
            kind = None
        for one in {kind, "unsubscribed" if opted_out else None} - {None}:
            wanted[member["list_id"], digest, one] = member
    assert found.keys() == wanted.keys()
    assert {kind for _, _, kind in found} == set(KINDS.values()) - {"compliance"}
    for key, member in wanted.items():
        contact_ids, is_about_person = found[key]
        assert member["contact_id"] in contact_ids, key
        assert is_about_person == (member["cause"] != "cleaned"), key


def test_who_opted_out_of_a_former_audience_is_held_back_after_the_upgrade(
    warehouses: Warehouses,
) -> None:
    """Contact 20 unsubscribed in FREE's former audience; FREE has another by now."""
    upgrade(warehouses.old)
    with psycopg.connect(warehouses.old) as connection:
        digester = open_suppression(connection)
        digest = digester.subscriber(subscriber_hash("filos5@tachydromeio.gr"))
        people = [
            Person(key="address", contact_ids=frozenset(), address_digests=frozenset({digest})),
            Person(key="contact", contact_ids=frozenset({20}), address_digests=frozenset()),
            Person(key="other", contact_ids=frozenset({5}), address_digests=frozenset()),
        ]
        audience = connection.execute(
            "select list_id from sync.audience where collection_id = 3"
        ).fetchone()
        assert audience == ("48b9e5d63e",)
        held = refusal_ledger.find(connection, people, collection_id=3)
        elsewhere = refusal_ledger.find(connection, people, collection_id=1)
    assert {key: found.reason for key, found in held.items()} == {
        "address": "suppressed_unsubscribed", "contact": "suppressed_unsubscribed",
    }  # fmt: skip
    assert elsewhere == {}


def test_the_dump_holds_what_matters() -> None:
    """A dump without people would lose nobody."""
    text = DUMP.read_text(encoding="utf-8")
    for table in (
        *("sync.suppression", "sync.suppression_key", "sync.erased_subscriber", "sync.member"),
        *("sync.quarantine", "sync.consent_proof", "sync.former_audience", "sync.rejection"),
        *("sync.removal_request", "sync.campaign", "sync.written_status", "mart.members"),
        *(
            "stats.campaign_recipients",
            "stats.campaign_activities_2026_11",
            "mart.contact_engagement",
        ),
        *("stats.accepted_difference", "stats.expired_engagement", "migration.alembic_version"),
    ):
        assert re.search(rf"^INSERT INTO {table} .*VALUES$", text, re.MULTILINE), table
    for cause in (
        *("our_unsubscribe", "our_archive", "own_unsubscribe", "hand_archive", "cleaned"),
        *("unconfirmed", "complaint", "forgotten"),
    ):
        assert f"'{cause}'" in text, cause


def test_a_lost_row_or_value_would_be_noticed() -> None:
    before: Rows = {"sync.member": [{"a": 1, "b": "x"}, {"a": 1, "b": "x"}]}
    whole = {"a": 1, "b": "x", "new": 2}
    assert lost_rows(before, {"sync.member": [whole, whole, {"a": 7}]}) == {}
    for after in ([whole], [whole, {**whole, "b": "y"}], [{"a": 1}, {"a": 1}]):
        assert list(lost_rows(before, {"sync.member": after})) == ["sync.member"]
    assert lost_rows(before, {}) == {"sync.member": "the table"}
