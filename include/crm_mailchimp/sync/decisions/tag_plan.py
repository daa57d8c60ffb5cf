"""The plan of a shared audience: who gets and loses the tags of its collections, and who stays.

First each collection is planned by itself. Then the audience is judged from these plans.
Somebody is a member as long as one of its collections wants that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection

from crm_mailchimp.statements import statement
from crm_mailchimp.sync.decisions import member_plan
from crm_mailchimp.sync.decisions.member_plan import PlanCounts
from crm_mailchimp.sync.decisions.removal_guard import DUE_CAUSES
from crm_mailchimp.sync.refusals import address_notes, refusal_ledger
from crm_mailchimp.warehouse.key_lookups import hash_joins_now


def plan_tags(
    warehouse: Connection[Any],
    *,
    staging_id: int,
    collection_id: int,
    list_id: str | None,
    gdpr_category: str | None,
    only_due: bool = False,
    dry_run: bool = False,
    tag_of: int | None = None,
) -> PlanCounts:
    """Put the changes of one collection's tag into ``staging.plan``; commits.

    Args:
        collection_id: the plan's.
        list_id: the shared audience; None where there is none yet.
        gdpr_category: refusals are judged by it; None: every refusal of e-mail counts.
        only_due: only tags that nothing keeps (``removal_guard.DUE_CAUSES``).
        dry_run: what is known of the tags and of changed addresses stays as it is.
        tag_of: the collection whose tag it is; None: the plan's own.
    """
    tag_of = collection_id if tag_of is None else tag_of
    parameters = {
        "staging_id": staging_id,
        "collection_id": collection_id,
        "tag_of": tag_of,
        "gdpr_category": gdpr_category,
        "list_id": list_id,
        "due_causes": list(DUE_CAUSES),
    }
    refusal_ledger.follow_merges(warehouse, staging_id)
    with address_notes.in_preview(warehouse, dry_run=dry_run):
        address_notes.follow_contacts(warehouse, staging_id=staging_id, collection_id=collection_id)
        warehouse.execute(statement("sync/clear_plan"), parameters)
        address_notes.find_given_up(
            warehouse,
            staging_id=staging_id,
            collection_id=collection_id,
            list_id=list_id,
        )
        refusal_ledger.judge_staged(
            warehouse,
            staging_id=staging_id,
            collection_id=collection_id,
            list_id=list_id,
            tag_of=tag_of,
        )
        with hash_joins_now(warehouse):
            warehouse.execute(statement("sync/plan_tags"), parameters)
            if only_due:
                warehouse.execute(statement("sync/keep_due_removals"), parameters)
            warehouse.execute(f"analyze staging.plan_{int(staging_id)}")
            if not dry_run:
                warehouse.execute(statement("sync/settle_tags"), parameters)
    warehouse.commit()
    return member_plan.count_plan(warehouse, staging_id=staging_id, collection_id=collection_id)


def follow_members(
    warehouse: Connection[Any], *, staging_id: int, shared_id: int, collection_ids: Sequence[int]
) -> None:
    """Plan no tag for members that the shared audience's plan holds back or asks first; commits.

    Args:
        shared_id: the audience's own id among the collections.
        collection_ids: collections whose tags were planned since.
    """
    warehouse.execute(
        statement("sync/follow_shared_plan"),
        {
            "staging_id": staging_id,
            "shared_id": shared_id,
            "collection_ids": list(collection_ids),
        },
    )
    warehouse.commit()


def plan_members(
    warehouse: Connection[Any],
    *,
    staging_id: int,
    shared_id: int,
    list_id: str | None,
    collection_ids: Sequence[int],
    kept_ids: Sequence[int],
    unclear_ids: Sequence[int],
    waiting: Mapping[int, int],
    full_refresh: bool,
    only_due: bool = False,
    dry_run: bool = False,
) -> PlanCounts:
    """Put the change set of the shared audience itself into ``staging.plan``; commits.

    Args:
        shared_id: the audience's own id among the collections.
        list_id: the audience; None where there is none yet.
        collection_ids: collections whose tags were planned just before.
        kept_ids: collections whose members all stay, but for what is due. They are blocked,
            failed, or not in the CRM any more.
        unclear_ids: those of them of which nobody knows who belongs to them. While there are any,
            every member stays, but for what is due.
        waiting: collections that moved and wait, and the ids under which their tags were planned.
            Their members all stay, but for what is due.
        full_refresh: plan an update of every member that stays.
        only_due: only the removals that nothing holds back.
        dry_run: notes about changed addresses stay as they are.
    """
    parameters = {
        "staging_id": staging_id,
        "shared_id": shared_id,
        "list_id": list_id,
        "collection_ids": list(collection_ids),
        "kept_ids": [*kept_ids, *waiting],
        "unclear_ids": list(unclear_ids),
        "waiting_ids": list(waiting),
        "waiting_plan_ids": list(waiting.values()),
        "due_causes": list(DUE_CAUSES),
    }
    warehouse.execute(statement("sync/create_kept_member"))
    warehouse.execute(statement("sync/create_first_asked"))
    warehouse.execute(statement("sync/create_leaving_cause"))
    warehouse.execute("truncate kept_member, first_asked, leaving_cause")
    with hash_joins_now(warehouse):
        warehouse.execute(statement("sync/find_leaving_causes"), parameters)
    warehouse.execute("analyze leaving_cause")
    warehouse.execute(statement("sync/keep_members"), parameters)
    warehouse.execute(statement("sync/judge_shared_audience"), parameters)
    warehouse.execute("analyze kept_member")
    warehouse.commit()
    warehouse.execute(f"analyze staging.verdict_{int(staging_id)}")
    counts = member_plan.make_plan(
        warehouse,
        staging_id=staging_id,
        collection_id=shared_id,
        list_id=list_id,
        # The collections have judged consents, each by its own category.
        gdpr_category="unclassified",
        full_refresh=full_refresh,
        only_due=only_due,
        is_shared_audience=True,
        dry_run=dry_run,
    )
    follow_members(
        warehouse, staging_id=staging_id, shared_id=shared_id, collection_ids=collection_ids
    )
    warehouse.execute("truncate kept_member, first_asked")
    warehouse.commit()
    return counts
