"""Stage: one run's snapshot of the CRM in the warehouse, and a verdict for every contact."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from crm_mailchimp.address import parse_address, subscriber_hash, written_form
from crm_mailchimp.crm import consents, dynamic_query, extract
from crm_mailchimp.crm.collections import Collection, read_contact_fields
from crm_mailchimp.crm.judging_clock import JudgingClock
from crm_mailchimp.crm.query_session import QuerySession
from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.planner_statistics import refresh_statistics
from crm_mailchimp.sync.refusals import address_notes, refusal_ledger, suppression
from crm_mailchimp.sync.staging import known_collections, shared_audiences, shared_histories
from crm_mailchimp.sync.staging.collection_problems import collection_problem, sender_problem
from crm_mailchimp.sync.staging.contact_fields import store_contact_fields
from crm_mailchimp.sync.staging.dynamic_members import stage_dynamic
from crm_mailchimp.sync.staging.mapped_collections import stage_unsynced
from crm_mailchimp.sync.staging.staged_collection import Problem
from crm_mailchimp.sync.staging.stagings import close_staging, open_staging
from crm_mailchimp.warehouse.copying import copy_query, copy_rows

log = logging.getLogger(__name__)


_CONTACT_BATCH = 20_000
_CONTACT_COLUMNS = (
    "staging_id",
    "contact_id",
    "address_key",
    "address_problem",
    "address_written",
    "first_name",
    "last_name",
    "language",
    "city",
    "country",
    "is_active",
    "erasure_requested_at",
    "merged_into_id",
    "unreadable_detail",
    "field_values",
    "content_hash",
    "fields_hash",
    "address_digest",
    "contact_digest",
    "refusal_digest",
)


def stage(
    warehouse: Connection[Any],
    crm: Connection[Any],
    crm_query: Connection[Any] | QuerySession | dynamic_query.QueryFailedError | None,
    *,
    run_id: str,
    codes: Sequence[str] = (),
    dry_run: bool = False,
    full_refresh: bool = False,
    clock: datetime | None = None,
) -> int:
    """Snapshot what the chosen collections need into ``staging``.

    Args:
        warehouse: the warehouse; committed here.
        crm: to ``crm_db``, outside a transaction; only read.
        crm_query: the low-right login for dynamic queries. None refuses dynamic collections. An
            error, with which its opening ended, fails them.
        run_id: the run's name, as Airflow has it.
        codes: only these collections. Empty means all, and also those with an audience that the
            CRM does not sync any more.
        dry_run: later steps show the plan and change nothing.
        full_refresh: later steps list the audiences in full and push every member again.
        clock: judge consents at this moment. By default the times of the CRM's transaction and of
            this machine count: the one that mails fewer people.

    Returns:
        the staging id that the later steps take.
    """
    digester = suppression.open_suppression(warehouse)
    check_suppressed = not suppression.is_empty(warehouse)
    with extract.snapshot(crm) as snapshot:
        run_clock = clock or snapshot.clock
        judging = JudgingClock.at(clock) if clock else JudgingClock.beside(snapshot.clock)
        judging.warn_of_difference()
        collections, shared = shared_audiences.read_chosen(crm, codes)
        shared = shared_histories.with_histories(warehouse, crm, shared)
        collections = shared_audiences.with_common_fields(collections, shared)
        replaced = known_collections.follow(warehouse, crm, collections)
        collections = known_collections.with_codes_of_their_own(collections, replaced)
        staging_id = open_staging(
            warehouse,
            run_clock,
            run_id,
            refusal_clock=judging.refusals,
            dry_run=dry_run,
            full_refresh=full_refresh,
            is_whole=not codes,
        )
        store_contact_fields(warehouse, staging_id, read_contact_fields(crm))
        joining = {
            collection_id: problem
            for audience in shared
            for collection_id, problem in audience.problems_of_joining().items()
        }
        problems = {
            collection.code: replaced.get(collection.collection_id)
            or collection_problem(collection)
            or joining.get(collection.collection_id)
            for collection in collections
        }
        _stage_static(warehouse, crm, staging_id, [c for c in collections if c.is_static])
        with ExitStack() as stack:
            session = (
                stack.enter_context(QuerySession(crm_query))
                if isinstance(crm_query, Connection)
                else crm_query
            )
            for collection in collections:
                if not collection.is_static and problems[collection.code] is None:
                    problems[collection.code] = stage_dynamic(
                        warehouse, session, staging_id, collection, snapshot.name
                    )
        with_fields = any(collection.sync_merge_fields for collection in collections)
        _stage_contacts(
            warehouse,
            crm,
            staging_id,
            [collection.collection_id for collection in collections],
            judging,
            with_fields=with_fields,
            digester=digester,
            check_suppressed=check_suppressed,
        )
        _stage_refusals(warehouse, crm, staging_id, judging)
        _stage_merges(warehouse, crm, staging_id)
        refusal_ledger.find_refusing_contacts(warehouse, crm, digester)
        address_notes.note_gone_contacts(warehouse, crm, run_clock, dry_run=dry_run)
        rows = [one.as_collection(problems) for one in shared]
        problems |= {
            row.code: one.problem(problems) or sender_problem(row)
            for one, row in zip(shared, rows, strict=True)
        }
        _store_collections(warehouse, staging_id, [*collections, *rows], problems)
        shared_audiences.store_shared(warehouse, staging_id, shared)
        if not codes:
            stage_unsynced(warehouse, crm, staging_id, [*collections, *rows])
    parameters = {"staging_id": staging_id}
    warehouse.execute(statement("staging/drop_dangling_members"), parameters)
    _analyze(warehouse, staging_id, "membership", "contact", "consent", "refusal", "merged")
    refusal_ledger.note_holders(warehouse, staging_id, run_clock)
    warehouse.execute(statement("staging/judge_verdicts"), parameters)
    _analyze(warehouse, staging_id, "verdict")
    warehouse.execute(statement("staging/count_verdicts"), parameters)
    warehouse.execute(statement("staging/count_shared_audiences"), parameters)
    close_staging(warehouse, staging_id)
    if not dry_run:
        warehouse.execute(statement("sync/close_settled_removals"))
        warehouse.commit()
    refresh_statistics(warehouse)
    log.info("staged %d collections as staging %d", len(collections), staging_id)
    return staging_id


def _stage_static(
    warehouse: Connection[Any],
    crm: Connection[Any],
    staging_id: int,
    collections: Sequence[Collection],
) -> None:
    copy_query(
        crm,
        statement("crm/extract_static_members"),
        warehouse,
        "staging.membership",
        ("staging_id", "collection_id", "contact_id"),
        {"staging_id": staging_id, "collection_ids": [c.collection_id for c in collections]},
    )


def _stage_contacts(
    warehouse: Connection[Any],
    crm: Connection[Any],
    staging_id: int,
    collection_ids: Sequence[int],
    clock: JudgingClock,
    *,
    with_fields: bool,
    digester: suppression.Digester,
    check_suppressed: bool,
) -> None:
    warehouse.execute("analyze staging.membership")
    after = -(2**63)
    while True:
        batch = read_values(
            warehouse,
            int,
            statement("staging/next_contact_ids"),
            {
                "staging_id": staging_id,
                "collection_ids": collection_ids,
                "after": after,
                "batch": _CONTACT_BATCH,
            },
        )
        if not batch:
            return
        after = batch[-1]
        rows = extract.contacts(crm, batch, with_fields=with_fields)
        copy_rows(
            warehouse,
            "staging.contact",
            _CONTACT_COLUMNS,
            (
                _contact_row(staging_id, row, digester, check_suppressed=check_suppressed)
                for row in rows
            ),
        )
        copy_query(
            crm,
            statement("crm/judge_consents"),
            warehouse,
            "staging.consent",
            (
                "staging_id",
                "contact_id",
                "gdpr_category",
                "consent_id",
                "granted",
                "effective_at",
                "expires_at",
                "future_grant",
                "is_unreadable",
                "unreadable_detail",
            ),
            {
                **consents.CONSENT_WORDS,
                "staging_id": staging_id,
                "contact_ids": batch,
                "grants": clock.grants,
                "refusals": clock.refusals,
            },
        )


def _contact_row(
    staging_id: int,
    row: extract.ExtractedContact,
    digester: suppression.Digester,
    *,
    check_suppressed: bool,
) -> tuple[object, ...]:
    address = parse_address(row.email)
    return (
        staging_id,
        row.contact_id,
        address.key,
        address.problem,
        written_form(row.email) if row.email and address.problem == "invalid_email" else None,
        row.first_name,
        row.last_name,
        row.language,
        row.city,
        row.country,
        row.is_active,
        row.erasure_requested_at,
        row.merged_into_id,
        row.unreadable_detail,
        row.field_values,
        row.content_hash,
        row.fields_hash,
        digester.address(address.key) if check_suppressed and address.key else None,
        digester.contact(row.contact_id) if check_suppressed else None,
        digester.subscriber(subscriber_hash(address.key)) if address.key else None,
    )


def _stage_refusals(
    warehouse: Connection[Any], crm: Connection[Any], staging_id: int, clock: JudgingClock
) -> None:
    copy_rows(
        warehouse,
        "staging.refusal",
        (
            "staging_id",
            "contact_id",
            "address_key",
            "gdpr_category",
            "is_unreadable",
            "unreadable_detail",
        ),
        (
            (
                staging_id,
                refusal.contact_id,
                parse_address(refusal.email).key,
                refusal.gdpr_category,
                refusal.is_unreadable,
                refusal.unreadable_detail,
            )
            for refusal in consents.refusals(crm, clock=clock)
        ),
    )


def _stage_merges(warehouse: Connection[Any], crm: Connection[Any], staging_id: int) -> None:
    """Which contact was merged into which."""
    copy_query(
        crm,
        statement("crm/merge_chains"),
        warehouse,
        "staging.merged",
        ("staging_id", "contact_id", "merged_id"),
        {"staging_id": staging_id},
    )


def _store_collections(
    warehouse: Connection[Any],
    staging_id: int,
    collections: Sequence[Collection],
    problems: dict[str, Problem | None],
) -> None:
    with warehouse.cursor() as cursor:
        for collection in collections:
            problem = problems[collection.code]
            cursor.execute(
                statement("staging/store_collection"),
                {
                    "staging_id": staging_id,
                    "collection_id": collection.collection_id,
                    "collection_code": collection.code,
                    "description": collection.description,
                    "gdpr_category": collection.gdpr_category,
                    "campaign_type": collection.campaign_type,
                    "provider": collection.provider,
                    "provider_kind": collection.provider_kind,
                    "connection_id": collection.connection_id,
                    "owner_name": collection.owner_name,
                    "is_shared": collection.is_shared,
                    "is_static": collection.is_static,
                    "comments": collection.comments,
                    "sync_merge_fields": collection.sync_merge_fields,
                    "confirm_new_members": collection.confirm_new_members,
                    "marketing_permission": collection.marketing_permission,
                    "provider_list_id": collection.provider_list_id or None,
                    "settings": Jsonb(dict(collection.settings)),
                    "own_settings": list(collection.own_settings),
                    "problem_code": problem.code if problem else None,
                    "problem_state": problem.state if problem else None,
                    "problem_detail": problem.detail if problem else None,
                },
            )


def _analyze(warehouse: Connection[Any], staging_id: int, *tables: str) -> None:
    for table in tables:
        warehouse.execute(f"analyze staging.{table}_{int(staging_id)}")
