"""What is older than its age goes, and nothing else."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crm_mailchimp.data_protection import retention
from crm_mailchimp.setting_group import SettingError
from crm_mailchimp.settings import RetentionSettings, require_usable

ROOT = Path(__file__).parents[2]


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


def values(warehouse: psycopg.Connection[Any], query: Any) -> list[Any]:
    rows = warehouse.execute(query).fetchall()
    warehouse.commit()
    return [row[0] for row in rows]


def test_old_rows_go_and_young_open_and_holding_ones_stay(
    warehouse: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_BATCH", 2)
    warehouse.execute(
        """
        insert into sync.quarantine (
            collection_code, contact_id, reason_code, first_seen_at, last_seen_at, resolved_at
        )
        select 'NEWS', id, 'no_consent', now() - interval '9 years', now(),
            case when id < 6 then now() - interval '200 days' when id = 6 then now() end
        from generate_series(1, 7) as id;
        insert into sync.consent_proof (
            list_id, subscriber_hash, collection_code, contact_id, gdpr_category, campaign_type,
            rules_version, run_id, justified_at, ended_at
        )
        select 'l', id::text, 'NEWS', id, 'newsletter', 'NEWS', '1', 'run',
            now() - interval '9 years',
            case when id = 1 then now() - interval '4 years' when id = 2 then now() end
        from generate_series(1, 3) as id;
        insert into sync.removal_request (
            collection_code, run_id, removals, members, requested_at, decided_at
        )
        values ('OLD', 'r', 1, 1, now() - interval '2 years', now() - interval '2 years'),
            ('LATE', 'r', 1, 1, now() - interval '2 years', now()),
            ('NEW', 'r', 1, 1, now(), null);
        insert into sync.removal_request_member
        select plan_id, 'h', 1, 'left_collection' from sync.removal_request;
        insert into sync.collection_run (run_id, collection_code, started_at)
        values ('old', 'NEWS', now() - interval '3 years'), ('new', 'NEWS', now());
        insert into sync.rejection values
            ('l', 'old', 1, '', 'invalid', 'words', false, now() - interval '2 years'),
            ('l', 'new', 2, '', 'invalid', 'words', false, now());
        insert into sync.staging_run (run_id, clock, rules_version, created_at, dropped_at)
        values ('gone', now(), '1', now() - interval '3 years', now() - interval '2 years'),
            ('here', now(), '1', now(), null);
        insert into sync.staged_collection (
            staging_id, collection_id, collection_code, description, provider, is_shared, is_static,
            sync_merge_fields, settings
        )
        select staging_id, 1, 'NEWS', 'Νέα', 'mailchimp', true, true, false, '{}'
        from sync.staging_run where run_id = 'gone';
        insert into stats.campaigns (campaign_id, sent_at)
        values ('old', now() - interval '3 years'), ('new', now() - interval '200 days');
        insert into stats.recipient_engagement (campaign_id, subscriber_hash, opens)
        values ('old', 'h', 5);
        """
    )
    for age in ("3 years", "200 days", "1 day"):
        warehouse.execute(
            "select stats.ensure_activity_month((now() - %s::interval)::date)", (age,)
        )
    warehouse.execute(
        """
        insert into stats.campaign_activities (
            campaign_id, subscriber_hash, action, occurred_at, ip, ordinal
        )
        select campaign_id, 'h', 'open', at, '1.2.3.4', ordinal
        from (values
            ('old', now() - interval '3 years'), ('old', now() - interval '1 day'),
            ('new', now() - interval '200 days'), ('new', now() - interval '1 day')
        ) as event (campaign_id, at)
        cross join generate_series(1, 3) as ordinal
        """
    )
    warehouse.execute(
        """
        insert into stats.lists (list_id) values ('l');
        insert into stats.members (list_id, subscriber_hash) values ('l', 'h');
        insert into stats.member_activities (
            list_id, subscriber_hash, activity_type, occurred_at, ordinal
        )
        values ('l', 'h', 'generic_signup', now() - interval '3 years', 1),
            ('l', 'h', 'unsub', now(), 1);
        """
    )
    warehouse.commit()

    removed = retention.apply(warehouse, retention.Ages())

    assert values(warehouse, "select contact_id from sync.quarantine order by 1") == [6, 7]
    assert values(warehouse, "select contact_id from sync.consent_proof order by 1") == [2, 3]
    kept = "select collection_code from sync.removal_request order by 1"
    assert values(warehouse, kept) == ["LATE", "NEW"]
    assert values(warehouse, "select count(*) from sync.removal_request_member") == [2]
    assert values(warehouse, "select run_id from sync.collection_run") == ["new"]
    assert values(warehouse, "select subscriber_hash from sync.rejection") == ["new"]
    assert values(warehouse, "select run_id from sync.staging_run") == ["here"]
    # By the age of the event: the old campaign's newest opens stay.
    assert values(
        warehouse,
        "select campaign_id || ' ' || (now()::date - occurred_at::date)"
        " from stats.campaign_activities group by 1 order by 1",
    ) == ["new 1", "new 200", "old 1"]
    assert values(warehouse, "select opens from stats.recipient_engagement") == [5]
    assert values(
        warehouse, "select campaign_id || ' ' || opens from stats.expired_engagement"
    ) == ["old 3"]
    assert values(warehouse, "select ip from stats.campaign_activities order by occurred_at") == [
        *[None] * 3, *["1.2.3.4"] * 6,
    ]  # fmt: skip
    assert values(warehouse, "select activity_type from stats.member_activities") == ["unsub"]
    assert (removed["quarantine"], removed["proof"], removed["events"]) == (5, 1, 3)
    assert removed["member_activities"] == 1
    assert not any(retention.apply(warehouse, retention.Ages()).values())


def test_files_old_enough_go_and_what_is_beside_them_stays(
    warehouse: psycopg.Connection[Any], tmp_path: Path
) -> None:
    logs, docs, outside = tmp_path / "logs", tmp_path / "docs", tmp_path / "outside.txt"
    outside.write_text("κράτα με")
    for name in ("old", "young"):
        (logs / f"dag_id=x/run_id={name}").mkdir(parents=True)
        (logs / f"dag_id=x/run_id={name}/attempt=1.log").write_text("γραμμή")
        (docs / f"staging-{len(name)}").mkdir(parents=True)
    (logs / "link").symlink_to(outside)
    (docs / "by_hand").mkdir()
    long_ago = time.time() - 40 * 86_400
    old = (
        logs / "dag_id=x/run_id=old/attempt=1.log", logs / "dag_id=x/run_id=old",
        docs / "staging-3", docs / "by_hand", outside,
    )  # fmt: skip
    for path in old:
        os.utime(path, (long_ago, long_ago))

    removed = retention.apply(warehouse, retention.Ages(), log_folder=logs, data_docs_folder=docs)

    assert (removed["logs"], removed["data_docs"]) == (1, 1)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == [
        "docs", "docs/by_hand", "docs/staging-5", "logs", "logs/dag_id=x",
        "logs/dag_id=x/run_id=old", "logs/dag_id=x/run_id=young",
        "logs/dag_id=x/run_id=young/attempt=1.log", "logs/link", "outside.txt",
    ]  # fmt: skip
    # Its folder was touched just now; it goes when it has been empty for as long.
    os.utime(logs / "dag_id=x/run_id=old", (long_ago, long_ago))
    retention.apply(warehouse, retention.Ages(), log_folder=logs, data_docs_folder=None)
    assert not (logs / "dag_id=x/run_id=old").exists()


def test_ages_come_from_the_environment_and_each_is_explained() -> None:
    ages = retention.cautious_ages({"KEEP_PROOF_DAYS": "30", "KEEP_IPS_DAYS": "forever"})
    assert (ages.proof, ages.ips, ages.staging) == (30, None, 7)
    assert retention.ips_kept_since(ages) is None
    for name, text in (
        ("KEEP_PROOF_DAYS", "0"), ("KEEP_PROOF_DAYS", "-1"), ("KEEP_PROOF_DAYS", "soon"),
        ("KEEP_STAGING_DAYS", "forever"), ("KEEP_LOGS_DAYS", "١"),
    ):  # fmt: skip
        with pytest.raises(SettingError, match=name):
            require_usable({RetentionSettings: ()}, {name: text})
    explained = (ROOT / ".env.example").read_text(encoding="utf-8")
    document = (ROOT / "docs/data_protection.md").read_text(encoding="utf-8")
    for name in retention.Ages.__dataclass_fields__:
        default = getattr(retention.Ages(), name)
        assert f"# KEEP_{name.upper()}_DAYS={default}\n" in explained
        years, days = divmod(default, 365)
        words = f"{default} days" if days else f"{years} year{'s' if years > 1 else ''}"
        assert f"| `KEEP_{name.upper()}_DAYS` | {words} |" in document
