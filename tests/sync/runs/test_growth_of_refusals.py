"""Statements about refusals visit rows as many as there are, and not their square.

With statistics from before the data. The tables are filled with SQL, as syncs fill them.
"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from crm_mailchimp.campaigns.consent_now import judge_members
from crm_mailchimp.data_protection import retention
from fresh_databases import fresh_databases
from visits import Visits, count_nothing, steep_statements

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FEW, MANY = 500, 5_000
_AGES = retention.Ages(logs=None, data_docs=None)
#: Members; as many others in the CRM who withdrew; as many contacts that are gone, and had refused.
_WAREHOUSE = (
    "insert into sync.audience (collection_id, collection_code, provider, list_id)"
    " values (1, 'ΝΕΑ', 'mailchimp', 'a1')",
    "insert into sync.member (list_id, subscriber_hash, contact_id, status, origin, last_changed)"
    " select 'a1', md5('p' || n || '@mail.gr'), n, 'subscribed', 'created', '2020-01-01'"
    " from generate_series(1, %(rows)s) as n",
    "insert into sync.refusal (kind, list_id, address_digest, known_from, refused_at)"
    " select 'unsubscribed', 'a2', sha256(('g' || n)::bytea), 'member', '2020-01-01'"
    " from generate_series(1, %(rows)s) as n",
    "insert into sync.refusal_contact (refusal_id, contact_id)"
    " select refusal_id, 9000000 + refusal_id from sync.refusal",
    "insert into sync.address_holder (contact_id, address_digest, first_seen_at, left_at)"
    " select 8000000 + n, sha256(('h' || n)::bytea), '2020-01-01', '2020-01-02'"
    " from generate_series(1, %(rows)s) as n",
)
_CRM = (
    "insert into crm.contact (contact_id, email, is_active) select n, 'p' || n || '@mail.gr', true"
    " from generate_series(1, 2 * %(rows)s) as n",
    "insert into crm.consent (consent_id, contact_id, channel, gdpr_category, granted,"
    " effective_at, recorded_at) select n, n, 'email', 'newsletter', n <= %(rows)s, '2020-01-01',"
    " '2020-01-01' from generate_series(1, 2 * %(rows)s) as n",
    "analyze",
)


_ACTIVITIES = (
    "insert into stats.lists (list_id, name) values ('a1', 'Νέα')",
    "insert into stats.members (list_id, subscriber_hash) values ('a1', 'ένα')",
    "insert into stats.member_activities (list_id, subscriber_hash, activity_type, occurred_at,"
    " ordinal) select 'a1', 'ένα', 'open', '2000-01-01', n from generate_series(1, %(rows)s) as n",
)


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_the_gate_and_retention_grow_with_the_refusals(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = (_visits(server, monkeypatch, rows) for rows in (FEW, MANY))
    steep = steep_statements(few, many, FEW, MANY)
    assert not steep, "\n".join(steep)


def _visits(server: Any, monkeypatch: pytest.MonkeyPatch, rows: int) -> dict[str, Visits]:
    with fresh_databases(server) as (crm_dsn, dsn):
        count_nothing(dsn, "sync", "staging", "stats", "mart")
        with (
            psycopg.connect(dsn) as warehouse,
            psycopg.connect(crm_dsn, autocommit=True) as crm,
        ):
            for statement in _WAREHOUSE:
                warehouse.execute(statement, {"rows": rows})
            warehouse.commit()
            for statement in _CRM:
                crm.execute(statement, {"rows": rows})
            found = {name: Visits(dsn) for name in ("gate", "retention")}
            with found["gate"].watching(monkeypatch):
                judgement = judge_members(
                    warehouse, crm, list_id="a1", collection_id=1, gdpr_category="newsletter"
                )
            warehouse.commit()
            assert (judgement.judged, judgement.findings) == (rows, ())
            with found["retention"].watching(monkeypatch):
                removed = retention.apply(warehouse, _AGES)
            assert removed["address_holders"] == rows
    return found


def test_a_batch_reads_no_table_again(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old activities of members go in batches of 100, and each batch reads its own rows alone."""
    monkeypatch.setattr(retention, "_BATCH", 100)
    found = []
    # In a smaller table, to read all of it costs less than to look up a batch.
    sizes = (10 * FEW, 10 * MANY)
    for rows in sizes:
        with fresh_databases(server) as (_, dsn):
            count_nothing(dsn, "sync", "staging", "stats", "mart")
            visits = Visits(dsn)
            with psycopg.connect(dsn) as warehouse:
                for statement in _ACTIVITIES:
                    warehouse.execute(statement, {"rows": rows})
                warehouse.commit()
                with visits.watching(monkeypatch):
                    assert retention.apply(warehouse, _AGES)["member_activities"] == rows
            found.append({"retention": visits})
    steep = steep_statements(*found, *sizes)
    assert not steep, "\n".join(steep)
