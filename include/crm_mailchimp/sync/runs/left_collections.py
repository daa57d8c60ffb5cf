"""Collections that a shared audience has tags of, and that do not share it any more.

Some have another audience now. Others are not synced any more: they are inactive, or gone from the
CRM.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import tags
from crm_mailchimp.sync.audience.tags import CollectionTag
from crm_mailchimp.sync.decisions import member_plan
from crm_mailchimp.sync.runs.collection_run import CollectionRun
from crm_mailchimp.sync.runs.shared_parts import CollectionPart


def find_moved(run: CollectionRun, parts: Sequence[CollectionPart]) -> set[int]:
    """Ids of collections that were in the audience and have another one now; commits.

    Args:
        run: of the shared audience.
        parts: the collections that share it in this staging.
    """
    staged = {part.collection.collection_id for part in parts}
    known = tags.read_tags(run.warehouse, run.collection.collection_id)
    moved = read_values(
        run.warehouse,
        int,
        statement("sync/find_moved_collections"),
        {
            "staging_id": run.collection.staging_id,
            "collection_ids": [
                tag.collection_id for tag in known if tag.collection_id not in staged
            ],
        },
    )
    run.warehouse.commit()
    return set(moved)


def leave_moved(
    run: CollectionRun, parts: Sequence[CollectionPart], others: Sequence[CollectionTag]
) -> list[CollectionTag]:
    """Leave the tags of collections that have another audience now; commits.

    Args:
        run: of the shared audience.
        parts: the collections that share it in this staging.
        others: tags of collections that do not share the audience in this staging.

    Returns:
        the tags of collections that are not synced any more.
    """
    moved = find_moved(run, parts)
    for tag in others:
        if tag.collection_id in moved and not run.collection.dry_run:
            tags.leave(run.warehouse, tag)
            run.progress.notes.append(
                f"collection {tag.collection_code} left this audience. Its tag {tag.name!r} "
                "stays in Mailchimp as it is, and no campaign goes to it any more"
            )
    return [tag for tag in others if tag.collection_id not in moved]


def part_of_lost(run: CollectionRun, tag: CollectionTag) -> CollectionPart:
    """A collection that is not synced any more, by its last known category."""
    collection = replace(
        run.collection,
        collection_id=tag.collection_id,
        collection_code=tag.collection_code,
        gdpr_category=tag.gdpr_category,
        campaign_type=tag.campaign_type,
        is_static=False,
        is_shared_audience=False,
        shared_id=tag.shared_id,
    )
    part = CollectionPart(collection=collection, counts=Counter())
    part.planned = member_plan.count_plan(
        run.warehouse,
        staging_id=collection.staging_id,
        collection_id=tag.collection_id,
    )
    return part
