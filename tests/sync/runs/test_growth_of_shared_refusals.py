"""A shared audience's plan, a loss of ``sync`` and retention grow with the refusals of its members.

Most members refused one of two collections, and stay by the other one. The tables are filled with
SQL, as syncs fill them. All that was ever counted is some first rows, or nothing.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from crm_mailchimp.data_protection import retention
from crm_mailchimp.sessions import open_session
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.found_audiences import FoundAudience, pass_over_present
from crm_mailchimp.sync.decisions.removal_guard import DUE_CAUSES
from crm_mailchimp.sync.decisions.tag_plan import plan_members
from crm_mailchimp.sync.planner_statistics import refresh_statistics
from crm_mailchimp.sync.runs.after_a_loss import pass_over_merged
from crm_mailchimp.warehouse.key_lookups import hash_joins_now
from fresh_databases import fresh_databases
from visits import Visits, count_nothing, steep_statements

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FEW, MANY = 300, 3_000
NEWS, OFFERS, SHARED = 1, 2, 9
_AGES = retention.Ages(logs=None, data_docs=None)
_PLANNED: dict[str, Any] = {
    "shared_id": SHARED, "list_id": "a1", "collection_ids": [NEWS, OFFERS], "kept_ids": [],
    "unclear_ids": [], "waiting": {},
}  # fmt: skip
_PARTS = ("contact", "consent", "membership", "refusal", "merged", "verdict", "plan")
_STAGING = (
    *(
        f"create unlogged table staging.{part}_1 (like staging.{part} including all)"
        for part in _PARTS
    ),
    *(
        f"alter table staging.{part} attach partition staging.{part}_1 for values in (1)"
        for part in _PARTS
    ),
    "insert into sync.staging_run (staging_id, run_id, clock, rules_version, row_counts)"
    " overriding system value values (1, 'r', now(), '1', '{}')",
    "insert into sync.staged_collection (staging_id, collection_id, collection_code, description,"
    " gdpr_category, campaign_type, provider, is_shared, is_static, sync_merge_fields, settings,"
    " shared_id) select 1, id, 'C' || id, '', 'newsletter', 'NEWS', 'mailchimp', true, true, false,"
    " '{}', 9 from unnest(array[1, 2, 9]) as id",
    "insert into sync.tag (list_id, collection_id, collection_code, shared_id, gdpr_category,"
    " tag_id, name) select 'a1', id, 'C' || id, 9, 'newsletter', id, 'C' || id"
    " from unnest(array[1, 2]) as id",
)  # fmt: skip
#: Each third member refused OFFERS, the others NEWS. Each fifth has no tag of OFFERS. Those
#: who refused OFFERS had refused NEWS elsewhere, or once before.
_MEMBERS = (
    "insert into sync.member (list_id, subscriber_hash, contact_id, status, origin, synced_at)"
    " select 'a1', md5('p' || n), n, 'subscribed', 'created', now() from {people}",
    "insert into sync.tag_member (list_id, collection_id, subscriber_hash, contact_id)"
    " select 'a1', 2, md5('p' || n), n from {people} where n %% 5 <> 0",
    "insert into sync.tag_member (list_id, collection_id, subscriber_hash, contact_id,"
    " taken_by_hand_at) select 'a1', 1, md5('p' || n), n, now() from {people}",
    "insert into sync.refusal (refusal_id, kind, list_id, address_digest, collection_ids,"
    " known_from) overriding system value select n, 'unsubscribed', 'a1',"
    " sha256(('p' || n)::bytea), array[case when n %% 3 = 0 then 2 else 1 end], 'member'"
    " from {people}",
    "insert into sync.refusal (refusal_id, kind, list_id, address_digest, collection_ids,"
    " known_from, ended_at) overriding system value select -n, 'unsubscribed',"
    " case when n %% 2 = 0 then 'a1' else 'a3' end, sha256(('p' || n)::bytea), array[1], 'member',"
    " case when n %% 2 = 0 then now() end from {people} where n %% 3 = 0",
    "insert into sync.refusal_contact (refusal_id, contact_id)"
    " select refusal_id, abs(refusal_id) from sync.refusal",
    "insert into staging.verdict (staging_id, collection_id, contact_id, reason_code, address_key,"
    " subscriber_hash, content_hash) select 1, id, n, case id when 1 then 'suppressed_unsubscribed'"
    " end, 'p' || n, md5('p' || n), '0' from {people}, unnest(array[1, 2]) as id",
    "insert into staging.plan (staging_id, collection_id, action, subscriber_hash, contact_id,"
    " cause) select 1, id, case id when 1 then 'quarantine' else 'unchanged' end, md5('p' || n), n,"
    " case id when 1 then 'suppressed_unsubscribed' end from {people}, unnest(array[1, 2]) as id",
)  # fmt: skip
#: In another audience they were archived as contacts that were merged since. Some have ids of its
#: own there.
_ARCHIVED = (
    "insert into sync.member (list_id, subscriber_hash, contact_id, status, cause, origin)"
    " select 'a2', md5('p' || n), n, 'subscribed', null, 'created' from {people}"
    " union all select 'a2', md5('old' || n), 1000000 + n, 'archived', 'hand_archive', 'created'"
    " from {people}",
    "insert into sync.subscriber_alias (address_hash, subscriber_hash)"
    " select md5(name || n), md5('old' || n) from {people},"
    " unnest(array['first', 'second']) as name where n %% 3 <> 0",
    "insert into staging.merged (staging_id, contact_id, merged_id)"
    " select 1, n, 1000000 + n from {people}",
    "insert into present_now (subscriber_hash, contact_id) select md5('p' || n), 1000000 + n"
    " from {people}",
    "insert into sync.refusal (refusal_id, kind, list_id, address_digest, collection_ids,"
    " known_from) overriding system value select 1000000 + n, 'archived_by_hand', 'a2',"
    " sync.keyed_digest(sync.hmac_pad(54), sync.hmac_pad(92), 'subscriber:' || case when n %% 3 = 0"
    " then md5('old' || n) else least(md5('first' || n), md5('second' || n)) end), '{1,2}',"
    " 'member' from {people}",
)  # fmt: skip
#: Present addresses, which were counted; former ones; contacts of a staging; stagings.
_COUNTED = (
    "insert into sync.address_holder (contact_id, address_digest, first_seen_at)"
    " select -n, sha256(('p' || n)::bytea), '2020-01-01' from generate_series(1, 20) as n",
    "analyze",
)
_HOLDERS = (
    "insert into staging.contact (staging_id, contact_id, address_key, is_active, content_hash)"
    " select 1, id, 'p' || n, true, '0' from {people}, unnest(array[n, -1000 - n, -9000 - n]) as id"
    " where n %% 2 = 0",
    "analyze staging.contact_1",
    "insert into sync.address_holder (contact_id, address_digest, first_seen_at, left_at)"
    " select n, sha256(('old' || n)::bytea), '2020-01-01', '2020-01-02' from {people}",
    "insert into sync.address_holder (contact_id, address_digest, first_seen_at)"
    " select n, sha256(('p' || n)::bytea), '2020-01-02' from {people} where n %% 3 = 0",
    "insert into sync.staging_run (staging_id, run_id, clock, rules_version, row_counts)"
    " overriding system value select -n, 'r', now(), '1', '{}' from generate_series(1,"
    " %(rows)s / 30) as n",
    "insert into sync.staged_collection (staging_id, collection_id, collection_code, description,"
    " provider, is_shared, is_static, sync_merge_fields, settings) select -n, id, 'C' || id, '',"
    " 'mailchimp', true, true, false, '{}' from generate_series(1, %(rows)s / 30) as n,"
    " generate_series(1, 10) as id",
)  # fmt: skip
#: Each collection has a newer staging, without contacts.
_NEWER = (
    "insert into sync.staging_run (staging_id, run_id, clock, rules_version, row_counts)"
    " overriding system value values (2, 'r', now(), '1', '{}')",
    "insert into sync.staged_collection (staging_id, collection_id, collection_code, description,"
    " provider, is_shared, is_static, sync_merge_fields, settings) select 2, collection_id,"
    " collection_code, '', provider, is_shared, is_static, sync_merge_fields, settings"
    " from sync.staged_collection where staging_id = 1",
)  # fmt: skip


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_refused_members_of_a_shared_audience(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (_visits(server, monkeypatch, rows) for rows in (FEW, MANY))
    steep = steep_statements(few, many, FEW, MANY)
    assert not steep, "\n".join(steep)


def _visits(server: Any, monkeypatch: pytest.MonkeyPatch, rows: int) -> dict[str, Visits]:
    with fresh_databases(server) as (_, dsn):
        acts = ("causes", "plan", "merged", "present", "retention")
        found = {name: Visits(dsn) for name in acts}
        refused = {n for n in range(1, rows + 1) if n % 3 != 0 or n % 5 == 0}
        with open_session(dsn) as warehouse:
            _fill(warehouse, _STAGING, rows)
            count_nothing(dsn, "sync", "staging")
            _fill(warehouse, _MEMBERS, rows)
            with found["causes"].watching(monkeypatch):
                _find_causes(warehouse)
            assert _leaving(warehouse) == refused
            # As staging does.
            refresh_statistics(warehouse)
            warehouse.execute("analyze staging.verdict_1")
            with found["plan"].watching(monkeypatch):
                plan_members(warehouse, **_PLANNED, staging_id=1, full_refresh=False)
            assert _leaving(warehouse) == refused
            warehouse.execute(statement("sync/create_present_now"))
            _fill(warehouse, _ARCHIVED, rows)
            run: Any = SimpleNamespace(
                warehouse=warehouse, collection=SimpleNamespace(staging_id=1)
            )
            with found["merged"].watching(monkeypatch):
                pass_over_merged(run, "a2")
            assert _archived(warehouse, "not is_about_person") == rows
            with found["present"].watching(monkeypatch):
                pass_over_present(warehouse, NEWS, FoundAudience("a2", None, "infinity"))
            assert _archived(warehouse, "collection_ids = '{2}'") == rows
            warehouse.execute("truncate sync.refusal cascade")
            _fill(warehouse, (*_COUNTED, *_HOLDERS), rows)
            with found["retention"].watching(monkeypatch):
                removed = retention.apply(warehouse, _AGES)["address_holders"]
            # One that is staged and has no other address keeps it.
            kept = {n for n in range(1, rows + 1) if n % 2 == 0 and n % 3 != 0}
            assert removed == rows - len(kept)
            _fill(warehouse, _NEWER, rows)
            assert retention.apply(warehouse, _AGES)["address_holders"] == len(kept)
    return found


def _find_causes(warehouse: psycopg.Connection[Any]) -> None:
    """As the plan does, in a warehouse where nothing was counted."""
    for name in ("kept_member", "first_asked", "leaving_cause"):
        warehouse.execute(statement(f"sync/create_{name}"))
    with hash_joins_now(warehouse):
        warehouse.execute(
            statement("sync/find_leaving_causes"),
            {
                **_PLANNED, "staging_id": 1, "due_causes": list(DUE_CAUSES), "waiting_ids": [],
                "waiting_plan_ids": [],
            },
        )  # fmt: skip
    warehouse.commit()


def _fill(warehouse: psycopg.Connection[Any], statements: tuple[str, ...], rows: int) -> None:
    # Without triggers: the refusals are these alone.
    warehouse.execute("set local session_replication_role = replica")
    for text in statements:
        filled = text.replace("{people}", "generate_series(1, %(rows)s) as n")
        warehouse.execute(filled.encode(), {"rows": rows} if "%(rows)s" in filled else None)
    warehouse.commit()


def _leaving(warehouse: psycopg.Connection[Any]) -> set[int]:
    """Contacts for which the plan of NEWS is a cause to leave."""
    found = warehouse.execute(
        "select distinct contact_id from leaving_cause inner join sync.member"
        " using (subscriber_hash) where list_id = 'a1' and collection_id = %s",
        (NEWS,),
    ).fetchall()
    return {contact_id for (contact_id,) in found}


def _archived(warehouse: psycopg.Connection[Any], condition: str) -> int:
    found = warehouse.execute(
        "select count(*) from sync.refusal"
        f" where kind = 'archived_by_hand' and {condition}".encode()
    ).fetchone()
    warehouse.commit()
    assert found is not None
    return int(found[0])
