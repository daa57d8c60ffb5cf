"""The verdicts and the plan of random CRMs over random ledgers equal the oracle's, row by row."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import psycopg
import pytest

from crm_mailchimp.sync.decisions.member_plan import make_plan
from crm_mailchimp.sync.staging.stage import stage
from crm_mailchimp.warehouse.copying import copy_rows
from oracle import (
    CLOCK,
    Collection,
    Crm,
    Known,
    Planned,
    Verdict,
    load,
    members,
    planned,
    random_ledger,
    verdicts,
    worlds,
)


@pytest.mark.parametrize(
    ("seeds", "count"),
    [
        pytest.param(range(1, 2), 400, id="400 CRMs"),
        pytest.param(range(2, 12), 1000, id="10,000 CRMs", marks=pytest.mark.slow),
    ],
)
def test_plans(crm_db: str, warehouse_db: str, seeds: range, count: int) -> None:
    seen: Counter[tuple[str, str | None]] = Counter()
    for seed in seeds:
        made = [_joined(world) for world in worlds(seed, CLOCK, range(count))]
        whole = sum(made, Crm())
        whole = Crm(whole.contacts, whole.consents, _merged(whole.collections))
        ledger: list[Known] = []
        rejected: set[tuple[str, str]] = set()
        expected: dict[str, Planned] = {one.code: {} for one in whole.collections}
        judged: set[Verdict] = set()
        for number, world in enumerate(made):
            known, refused = random_ledger(seed, world, number=number)
            ledger += known
            rejected |= refused
            rows = verdicts(world, CLOCK)
            judged.update(itertools.chain.from_iterable(rows.values()))
            for one in world.collections:
                refused_here = [key for code, key in refused if code == one.code]
                expected[one.code] |= planned(
                    world, one, CLOCK, rows[one.code], known, refused_here
                )
        with psycopg.connect(crm_db) as crm:
            load(crm, whole)
        found, plans = _planned(crm_db, warehouse_db, f"run {seed}", ledger, rejected)
        assert found == judged
        wrong = {
            (code, key): (plans[code].get(key), expected[code].get(key))
            for code in expected
            for key in plans[code].keys() | expected[code].keys()
            if plans[code].get(key) != expected[code].get(key)
        }
        assert not wrong, dict(itertools.islice(wrong.items(), 5))
        seen.update(outcome for rows in expected.values() for outcome in rows.values())
    # Nothing is left out: every action, with every cause that it can have.
    assert {action for action, _ in seen} == {
        "add", "add_pending", "revive", "adopt", "update", "unchanged", "reconfirm",
        "unsubscribe", "archive", "quarantine",
    }  # fmt: skip
    assert len(seen) > 40


def _joined(world: Crm) -> Crm:
    """The world's collections under names that other worlds' collections share, so that a
    thousand worlds are a dozen audiences. Addresses and ids keep them apart."""
    numbered = itertools.count()
    collections = [
        replace(
            one,
            code=f"{one.category}-{number}",
            collection_id=("newsletter", "offer", "unclassified").index(one.category) * 10 + number,
            member_ids=tuple(contact.contact_id for contact in members(world, one)),
            city=None,
            is_active=True,
            has_provider=True,
        )
        for number, one in zip(numbered, world.collections, strict=False)
        if one.category is not None
    ]
    return Crm(world.contacts, world.consents, collections)


def _merged(collections: list[Collection]) -> list[Collection]:
    merged: dict[str, Collection] = {}
    for one in collections:
        known = merged.get(one.code, replace(one, member_ids=()))
        merged[one.code] = replace(known, member_ids=known.member_ids + one.member_ids)
    return list(merged.values())


def _planned(
    crm_db: str,
    warehouse_db: str,
    run_id: str,
    ledger: list[Known],
    rejected: set[tuple[str, str]],
) -> tuple[set[Verdict], dict[str, Planned]]:
    with psycopg.connect(crm_db) as crm, psycopg.connect(warehouse_db) as warehouse:
        warehouse.execute(
            "truncate sync.member, sync.rejection, sync.refusal, sync.refusal_contact,"
            " sync.audience_use, sync.address_holder"
        )
        staging_id = stage(warehouse, crm, None, run_id=run_id, clock=CLOCK)
        _seed(warehouse, staging_id, ledger, rejected)
        collections = warehouse.execute(
            "select collection_code, collection_id, gdpr_category from sync.staged_collection"
            " where staging_id = %s",
            (staging_id,),
        ).fetchall()
        result: dict[str, Planned] = {}
        for code, collection_id, category in collections:
            parameters = {
                "staging_id": staging_id,
                "collection_id": collection_id,
                "gdpr_category": category,
                "list_id": code,
                "full_refresh": False,
            }
            make_plan(warehouse, **parameters)
            rows = warehouse.execute(
                "select address, action, cause from staging.plan"
                " inner join (select distinct address, md5(address) as hash from seeded) as known"
                " on subscriber_hash = hash where staging_id = %s and collection_id = %s",
                (staging_id, collection_id),
            ).fetchall()
            result[code] = {address: (action, cause) for address, action, cause in rows}
            count = warehouse.execute(
                "select count(*) from staging.plan where staging_id = %s and collection_id = %s",
                (staging_id, collection_id),
            ).fetchone()
            assert count == (len(rows),) == (len(result[code]),)
        warehouse.execute("drop table seeded, eligible")
        judged = warehouse.execute(
            "select collection_code, contact_id, reason_code, address_key, case reason_code"
            " when 'duplicate_email' then split_part(detail, ' ', 2)::bigint end"
            " from staging.verdict inner join sync.staged_collection"
            " using (staging_id, collection_id) where staging_id = %s",
            (staging_id,),
        ).fetchall()
        return {Verdict(*row) for row in judged}, result


def _seed(
    warehouse: psycopg.Connection,
    staging_id: int,
    ledger: list[Known],
    rejected: set[tuple[str, str]],
) -> None:
    warehouse.execute(
        "create temporary table seeded (audience text, address text, contact_id bigint,"
        " status text, cause text, origin text, opted_out boolean, is_current boolean,"
        " is_rejected boolean)"
    )
    columns = (
        *("audience", "address", "contact_id", "status", "cause", "origin", "opted_out"),
        "is_current",
    )
    copy_rows(
        warehouse,
        "seeded",
        columns,
        (
            (
                *(one.audience, one.address_key, one.contact_id, one.status, one.cause),
                *(one.origin, one.opted_out, one.is_current),
            )
            for one in ledger
        ),
    )
    copy_rows(
        warehouse,
        "seeded",
        ("audience", "address", "is_rejected"),
        ((code, key, True) for code, key in rejected),
    )
    warehouse.execute(
        "insert into seeded (address) select distinct address_key from staging.verdict"
        " where staging_id = %s and address_key is not null",
        (staging_id,),
    )
    warehouse.execute(
        "create temporary table eligible as select collection_code as audience,"
        " address_key as address, content_hash from staging.verdict inner join"
        " sync.staged_collection using (staging_id, collection_id)"
        " where staging_id = %s and reason_code is null",
        (staging_id,),
    )
    warehouse.execute(
        "insert into sync.audience_use (list_id, collection_id)"
        " select collection_code, collection_id from sync.staged_collection where staging_id = %s",
        (staging_id,),
    )
    warehouse.execute(
        "insert into sync.member (list_id, subscriber_hash, contact_id, status, cause, origin,"
        " opted_out, pushed_hash) select audience, md5(address), contact_id, status, cause,"
        " origin, opted_out, case when is_current then content_hash else 'old' end"
        " from seeded left join eligible using (audience, address) where status is not null"
    )
    # What was refused is remembered with what was pushed then.
    warehouse.execute(
        "insert into sync.rejection (list_id, subscriber_hash, contact_id, content_hash, kind,"
        " message, retryable) select audience, md5(address), 0, coalesce(content_hash, 'old'), '',"
        " '', false from seeded left join eligible using (audience, address) where is_rejected"
    )
    warehouse.execute("analyze seeded")
    warehouse.execute("analyze sync.member")
