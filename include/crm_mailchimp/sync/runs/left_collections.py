"""Collections that a shared audience has tags of, and that do not share it any more.

Some have another audience now. Their members stay until a run has succeeded there. Others are not
synced any more: they are inactive, or gone from the CRM.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from crm_mailchimp.counts_in_words import members_in_words
from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import tags
from crm_mailchimp.sync.audience.tags import CollectionTag
from crm_mailchimp.sync.decisions import member_plan
from crm_mailchimp.sync.made_up_ids import WAITING_PLANS
from crm_mailchimp.sync.runs.collection_run import CollectionRun
from crm_mailchimp.sync.runs.shared_parts import CollectionPart


class LeftTags(NamedTuple):
    """Tags of collections that do not share the audience in this staging.

    Attributes:
        lost: of collections that are not synced any more.
        waiting: of collections that have another audience now, and are not there yet.
    """

    lost: list[CollectionTag]
    waiting: list[CollectionTag]


class _Moved(NamedTuple):
    """A collection that has another audience now.

    Attributes:
        has_arrived: its newest run put its people there.
    """

    collection_id: int
    has_arrived: bool


def has_arrived(run: CollectionRun, parts: Sequence[CollectionPart]) -> bool:
    """Whether a collection is about to leave the audience, as it works elsewhere; commits.

    Args:
        run: of the shared audience.
        parts: the collections that share it in this staging.
    """
    staged = {part.collection.collection_id for part in parts}
    known = tags.read_tags(run.warehouse, run.collection.collection_id)
    others = [tag for tag in known if tag.collection_id not in staged]
    return any(one.has_arrived for one in _find_moved(run, others))


def sort_left(run: CollectionRun, parts: Sequence[CollectionPart], list_id: str | None) -> LeftTags:
    """Leave the tags of collections whose people are elsewhere by now; commits.

    A collection may have moved to an audience that cannot take its people. The account is down, or
    the audience cannot be made. It may have left its tag before it found out. Its people stay here
    until a run of it has succeeded elsewhere.

    Args:
        run: of the shared audience.
        parts: the collections that share it in this staging.
        list_id: the shared audience; None: it is not known yet.

    Returns:
        the tags of the other collections that the audience still keeps members of.
    """
    staged = [part.collection.collection_id for part in parts]
    known = tags.read_tags(run.warehouse, run.collection.collection_id)
    others = [tag for tag in known if tag.collection_id not in staged]
    moved = {one.collection_id: one.has_arrived for one in _find_moved(run, others)}
    lost, waiting = [], []
    for tag in others:
        if tag.collection_id not in moved:
            lost.append(tag)
        elif not moved[tag.collection_id]:
            waiting.append(tag)
        elif not run.collection.dry_run:
            tags.leave(run.warehouse, tag, has_arrived=True)
            _note(
                run,
                f"collection {tag.collection_code} left this audience. Its tag {tag.name!r} "
                "stays in Mailchimp as it is, and no campaign goes to it any more",
            )
    if list_id is not None:
        waiting += tags.find_waiting(run.warehouse, list_id, run.collection.collection_id, staged)
    for tag in waiting:
        _note(
            run,
            f"collection {tag.collection_code} has another audience now, and no run has succeeded "
            "there yet. Or a campaign to its tag is on its way. So its members stay in this "
            "audience, and only withdrawals and the like go out. They may leave in a later run. "
            "If the collection's own run is not green, see why",
        )
    return LeftTags(lost, waiting)


def with_parts(
    run: CollectionRun, lost: Sequence[CollectionTag], waiting: Sequence[CollectionTag]
) -> list[tuple[CollectionPart, CollectionTag]]:
    """The tags that may be taken from who refuses, each with its collection's part in this run."""
    # Nobody knows whether the tag of an unknown collection is one of ours.
    found = [(part_of_lost(run, tag), tag) for tag in lost if not tag.is_unknown]
    return found + [(part_of_waiting(run, tag), tag) for tag in waiting]


def words_of_taken(part: CollectionPart, tag: CollectionTag) -> list[str]:
    """What people should know of a tag that members lost; nothing if nobody did.

    Args:
        part: as ``with_parts`` made it, once the tag was taken.
    """
    taken = part.counts["removed"]
    if not taken:
        return []
    return [
        f"{members_in_words(taken)} lost the tag {tag.name!r} of collection {tag.collection_code}, "
        "which is not synced here any more"
    ]


def plan_id(tag: CollectionTag) -> int:
    """The id under which the tag of a collection that waits is planned.

    The collection's own run plans under the collection's id, maybe at the same time.
    """
    return WAITING_PLANS.id_of(f"{tag.shared_id} {tag.collection_id}")


def part_of_waiting(run: CollectionRun, tag: CollectionTag) -> CollectionPart:
    """A collection that has another audience and waits, by its last known category here."""
    # No run has this code: the collection's own run counts for itself.
    code = f"{tag.collection_code} in {run.collection.collection_code}"
    return part_of_lost(run, replace(tag, collection_id=plan_id(tag), collection_code=code))


def _find_moved(run: CollectionRun, others: Sequence[CollectionTag]) -> list[_Moved]:
    moved = read_rows(
        run.warehouse,
        _Moved,
        statement("sync/find_moved_collections"),
        {
            "staging_id": run.collection.staging_id,
            "collection_ids": [tag.collection_id for tag in others],
        },
    )
    run.warehouse.commit()
    return moved


def _note(run: CollectionRun, note: str) -> None:
    # A run may be planned several times.
    if note not in run.progress.notes:
        run.progress.notes.append(note)


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
