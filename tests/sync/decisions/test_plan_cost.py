"""Staging and planning follow the size of an audience, and not its square.

Counted in rows that Postgres read in vain: nested loops over everybody make millions.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.statements import statement
from crm_mailchimp.sync.decisions.member_plan import make_plan
from crm_mailchimp.sync.planner_statistics import refresh_statistics
from crm_mailchimp.sync.staging.stage import stage
from fresh_databases import fresh_databases
from local_installation.postgres import Server
from sync_world import PROVIDER_ROWS

PEOPLE = 3_000
NEWS, LIST = 1, "news"
#: The plan's statements, and those that attach refusals to contacts while staging.
PLANNING = (
    "ask_about_desired", "ask_about_unwanted", "ask_about_holders", "judge_refusals", "clear_plan",
    "follow_changed_persons",
    "end_changed_addresses",
    "find_given_up",
    "clear_withheld_permissions",
    "find_withheld_permissions",
    "plan_changes",
)  # fmt: skip
STAGING = (
    "attach_merged", "detach_unmerged", "note_holders", "find_gone_addresses",
    "attach_new_records", "note_gone_refusers",
)  # fmt: skip
#: What each look at an audience asks, whatever Postgres has counted.
LOOK = ("find_left_contacts", "find_left_members", "note_complaints")
#: What is written after each page of changes.
RECORDING = (
    "record_added", "open_proofs", "record_invalid_fields", "close_invalid_fields",
    "record_changed", "record_removed", "end_proofs",
)  # fmt: skip
#: What a blocked plan asks, and what the page shows of it.
ASKING = ("request_removals", "page/plan", "page/previews", "page/decisions")
_CHANGES = re.compile(r"(\s*--[^\n]*\n)*\s*(with|insert|update|delete)\b", re.IGNORECASE)


class Explaining(psycopg.Connection[Any]):
    """Explains the named statements while it carries them out; their results are not needed."""

    def watch(self, names: tuple[str, ...]) -> None:
        self.names = {_statement(name): name for name in names}
        self.in_vain: dict[str, int] = {}
        self.others: list[str] = []

    def execute(self, query: Any, params: Any = None, **options: Any) -> psycopg.Cursor[Any]:
        name = self.names.get(query)
        if name is None:
            if _CHANGES.match(str(query)):
                self.others.append(str(query))
            return super().execute(query, params, **options)
        cursor = super().execute(
            f"explain (analyze, timing off, format json) {query}", params, **options
        )
        ((explained,),) = cursor.fetchall()
        self.in_vain[name] = self.in_vain.get(name, 0) + _rows_in_vain(explained[0]["Plan"])
        return cursor


def _statement(name: str) -> str:
    return statement(name if "/" in name else f"sync/{name}")


def _rows_in_vain(node: dict[str, Any]) -> int:
    """Postgres gives the average of a node's loops."""
    removed = sum(rows for key, rows in node.items() if key.startswith("Rows Removed by"))
    return int(removed * node["Actual Loops"]) + sum(map(_rows_in_vain, node.get("Plans", ())))


@pytest.fixture(params=["postgres", "debian_postgres"])
def databases(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """An empty CRM and an empty warehouse, whose statistics never become newer by themselves."""
    server: Server = request.getfixturevalue(request.param)
    with fresh_databases(server, PROVIDER_ROWS) as (crm, warehouse):
        with psycopg.connect(warehouse) as connection:
            for (table,) in connection.execute(
                "select tablename from pg_tables where schemaname = 'sync'"
            ).fetchall():
                connection.execute(f'alter table sync."{table}" set (autovacuum_enabled = false)')
        yield crm, warehouse


def test_an_audience_that_was_just_filled(databases: tuple[str, str]) -> None:
    crm_dsn, warehouse_dsn = databases
    with _connected(crm_dsn, warehouse_dsn) as (crm, warehouse):
        _insert_people(crm, 1, 2)
        first = _stage(warehouse, crm)
        _fill_audience(warehouse, first)
        _refuse(warehouse)
        # All that was ever counted is the first person.
        warehouse.execute("analyze")
        warehouse.commit()

        _insert_people(crm, 1_000, 1_000 + PEOPLE)
        warehouse.watch(STAGING)
        staged = _stage(warehouse, crm)
        _assert_linear(warehouse, STAGING)
        _fill_audience(warehouse, staged)
        _refuse(warehouse)
        # As after the full listing that shows so much.
        refresh_statistics(warehouse)
        _assert_plan_is_linear(warehouse, staged)

        _change_people(crm)
        warehouse.watch(STAGING)
        staged = _stage(warehouse, crm)
        _assert_linear(warehouse, STAGING)
        _assert_plan_is_linear(warehouse, staged)
        _count(warehouse, staged)
        _ask(warehouse, staged)
        _record_pages(warehouse, staged)
        _look(warehouse)


def _count(warehouse: Explaining, staging_id: int) -> None:
    """Everybody in the plan has another address: the guard counts no removal."""
    parameters = {
        "staging_id": staging_id, "collection_id": NEWS, "list_id": LIST, "is_shared": False,
        "due_causes": ["consent_withdrawn"], "plan_id": None,
    }  # fmt: skip
    before = warehouse.execute(statement("sync/count_removals"), parameters).fetchone()
    moved = warehouse.execute(
        "insert into staging.plan (staging_id, collection_id, action, subscriber_hash, contact_id,"
        " cause) select staging_id, collection_id, 'archive', md5('old' || contact_id), contact_id,"
        " 'changed_address' from staging.plan where staging_id = %s"
        " and action in ('add', 'unchanged', 'update', 'revive')",
        (staging_id,),
    ).rowcount
    assert moved > PEOPLE / 4
    assert warehouse.execute(statement("sync/count_removals"), parameters).fetchone() == before
    warehouse.watch(("count_removals",))
    # As hash_joins_now does.
    warehouse.execute("set local enable_nestloop = off")
    warehouse.execute(statement("sync/count_removals"), parameters)
    _assert_linear(warehouse, ("count_removals",))
    warehouse.rollback()


def _ask(warehouse: Explaining, staging_id: int) -> None:
    """Everybody would be removed: asked, asked again, rejected, asked again, and shown."""
    warehouse.execute(
        "update staging.plan set action = 'archive', cause = 'left_collection'"
        " where staging_id = %s and action <> 'unchanged'",
        (staging_id,),
    )
    warehouse.watch(ASKING)
    parameters = {
        "staging_id": staging_id, "collection_id": NEWS, "collection_code": "NEWS",
        "list_id": LIST, "run_id": "r", "due_causes": ["consent_withdrawn"], "of_tag": False,
        "ask_again_after": timedelta(days=7), "most": 200,
    }  # fmt: skip
    for decision in (None, "rejected", "rejected"):
        warehouse.execute(statement("sync/request_removals"), parameters)
        warehouse.execute(
            "update sync.removal_request set decision = %s, decided_at = now()"
            " where %s::text is not null",
            (decision, decision),
        )
    requests = warehouse.execute("select removals from sync.removal_request").fetchall()
    assert [removals > PEOPLE / 2 for (removals,) in requests] == [True], "one, asked once"
    for name in ASKING[1:]:
        warehouse.execute(statement(name), parameters)
    _assert_linear(warehouse, ASKING)
    warehouse.rollback()


def _record_pages(warehouse: Explaining, staging_id: int) -> None:
    """Everybody was added, then changed, then removed: 100 members at a time."""
    collection = {"staging_id": staging_id, "collection_id": NEWS, "collection_code": "NEWS"}
    proof = {
        "gdpr_category": "newsletter", "campaign_type": "NEWS", "rules_version": "1", "run_id": "r",
    }  # fmt: skip
    people = warehouse.execute(
        "select subscriber_hash, contact_id from staging.verdict"
        " where staging_id = %s and reason_code is null order by 1",
        (staging_id,),
    ).fetchall()
    assert len(people) > PEOPLE / 2
    warehouse.watch(RECORDING)
    now = datetime.now(UTC)
    for start in range(0, len(people), 100):
        page = people[start : start + 100]
        count = len(page)
        parameters = {
            "list_id": LIST,
            **collection,
            **proof,
            "subscriber_hashes": [subscriber_hash for subscriber_hash, _ in page],
            "contact_ids": [contact_id for _, contact_id in page],
            "consent_ids": [contact_id for _, contact_id in page],
            "statuses": ["subscribed"] * count,
            "content_hashes": ["0"] * count,
            "last_changed": [now] * count,
            "details": ["points: no number"] * count,
            "actions": ["update"] * count,
            "unsubscribed_by": [None] * count,
            "strict_causes": [None] * count,
            "end_causes": ["unsubscribe"] * count,
        }
        for name in RECORDING:
            warehouse.execute(statement(f"sync/{name}"), parameters)
        warehouse.commit()
    _assert_linear(warehouse, RECORDING)


def _look(warehouse: Explaining) -> None:
    """Everybody complained, and everybody's member is looked for."""
    members = warehouse.execute("select contact_id, subscriber_hash from sync.member").fetchall()
    assert len(members) > PEOPLE / 2
    now = datetime.now(UTC)
    warehouse.watch(LOOK)
    for name, parameters in (
        ("find_left_contacts", {}),
        ("find_left_members", {"contact_ids": [contact_id for contact_id, _ in members]}),
        (
            "note_complaints",
            {
                "subscriber_hashes": [member_hash for _, member_hash in members],
                "moments": [now] * len(members),
            },
        ),
    ):
        warehouse.execute(statement(f"sync/{name}"), {"list_id": LIST, **parameters})
    _assert_linear(warehouse, LOOK)


@contextmanager
def _connected(
    crm_dsn: str, warehouse_dsn: str
) -> Iterator[tuple[psycopg.Connection[Any], Explaining]]:
    with (
        psycopg.connect(crm_dsn, autocommit=True) as crm,
        Explaining.connect(warehouse_dsn) as warehouse,
    ):
        warehouse.watch(())
        yield crm, warehouse


def _stage(warehouse: Explaining, crm: psycopg.Connection[Any]) -> int:
    return stage(warehouse, crm, None, run_id=uuid.uuid4().hex)


def _assert_linear(warehouse: Explaining, names: tuple[str, ...]) -> None:
    assert set(warehouse.in_vain) == set(names)
    assert {name: rows for name, rows in warehouse.in_vain.items() if rows >= 10 * PEOPLE} == {}


def _assert_plan_is_linear(warehouse: Explaining, staging_id: int) -> None:
    question = "sync/has_unattached_merges"
    warehouse.watch((question,))
    warehouse.execute(statement(question), {"staging_id": staging_id})
    _assert_linear(warehouse, (question,))
    warehouse.watch(PLANNING)
    counts = make_plan(
        warehouse,
        staging_id=staging_id,
        collection_id=NEWS,
        list_id=LIST,
        gdpr_category="newsletter",
    )
    assert sum(counts.values()) > PEOPLE / 2
    assert sum(rows for (action, _), rows in counts.items() if action == "quarantine") > PEOPLE / 10
    _assert_linear(warehouse, PLANNING)
    # No statement of the plan is left out above.
    assert warehouse.others == []


def _insert_people(crm: psycopg.Connection[Any], first: int, end: int) -> None:
    span = {"first": first, "last": end - 1}
    crm.execute(
        "insert into crm.contact (contact_id, email, is_active, updated_at)"
        " select n, 'p' || n || '@mail.gr', true, '2020-01-01'"
        " from generate_series(%(first)s::bigint, %(last)s::bigint) as n",
        span,
    )
    crm.execute(
        "insert into crm.consent (consent_id, contact_id, channel, gdpr_category, granted,"
        " effective_at, recorded_at) select contact_id, contact_id, 'email', 'newsletter',"
        " contact_id %% 5 <> 0, '2020-01-01', '2020-01-01' from crm.contact"
        " where contact_id between %(first)s and %(last)s",
        span,
    )
    crm.execute(
        "insert into crm.contact_collection (collection_id, code, description, owner_id, is_shared,"
        " is_static, external_provider, campaign_type, use_provider_defaults, sync_merge_fields,"
        " is_active, updated_at) values (%s, 'NEWS', 'Νέα', 1, true, true, 'mailchimp', 'NEWS',"
        " true, false, true, '2020-01-01') on conflict do nothing",
        (NEWS,),
    )
    crm.execute(
        f"insert into crm.collection_member (collection_id, contact_id, added_at)"
        f" select {NEWS}, contact_id, '2020-01-01' from crm.contact"
        " where contact_id between %(first)s and %(last)s",
        span,
    )


def _change_people(crm: psycopg.Connection[Any]) -> None:
    """New addresses, duplicates with the old ones, merged contacts, and contacts that left."""
    crm.execute(
        "create temporary table moved as select contact_id, email from crm.contact"
        " where contact_id % 11 = 0"
    )
    crm.execute("update crm.contact set email = 'new-' || email where contact_id % 11 = 0")
    crm.execute(
        "insert into crm.contact (contact_id, email, is_active, updated_at)"
        " select 100000 + contact_id, email, true, '2020-01-01' from moved"
    )
    crm.execute(
        "insert into crm.consent (consent_id, contact_id, channel, gdpr_category, granted,"
        " effective_at, recorded_at) select contact_id, contact_id, 'email', 'newsletter',"
        " true, '2020-01-01', '2020-01-01' from crm.contact where contact_id > 100000"
    )
    crm.execute(
        f"insert into crm.collection_member (collection_id, contact_id, added_at)"
        f" select {NEWS}, contact_id, '2020-01-01' from crm.contact where contact_id > 100000"
    )
    crm.execute(
        "update crm.contact as merged set merged_into_id = survivor.contact_id"
        " from crm.contact as survivor"
        " where merged.contact_id % 13 = 0 and survivor.contact_id = merged.contact_id + 1"
    )
    crm.execute("delete from crm.collection_member where contact_id % 17 = 0")
    # Records that are made again under other ids.
    crm.execute(
        "insert into crm.contact (contact_id, email, is_active, updated_at)"
        " select 200000 + contact_id, email, true, '2020-01-01' from crm.contact"
        " where contact_id % 3 = 0 and contact_id < 100000"
    )
    for table in ("collection_member", "consent", "contact"):
        crm.execute(f"delete from crm.{table} where contact_id % 3 = 0 and contact_id < 100000")


def _fill_audience(warehouse: Explaining, staging_id: int) -> None:
    """As if a sync had added everybody."""
    warehouse.execute(
        "insert into sync.audience_use (list_id, collection_id) values (%s, %s)"
        " on conflict do nothing",
        (LIST, NEWS),
    )
    warehouse.execute(
        "insert into sync.member (list_id, subscriber_hash, contact_id, status, origin,"
        " pushed_hash) select %s, subscriber_hash, contact_id, 'subscribed', 'created',"
        " content_hash from staging.verdict where staging_id = %s and reason_code is null"
        " on conflict do nothing",
        (LIST, staging_id),
    )
    warehouse.commit()


def _refuse(warehouse: Explaining) -> None:
    for remainder, status, cause in (
        (1, "unsubscribed", "own_unsubscribe"),
        (2, "unsubscribed", "our_unsubscribe"),
        (3, "archived", "our_archive"),
        (4, "archived", "hand_archive"),
    ):
        warehouse.execute(
            "update sync.member set status = %s, cause = %s where contact_id %% 7 = %s",
            (status, cause, remainder),
        )
    warehouse.commit()
