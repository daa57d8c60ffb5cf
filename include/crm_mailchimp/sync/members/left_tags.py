"""Tags that our removals left at members: they go before anybody brings the member back.

Mailchimp keeps the tags of a member that is archived or unsubscribed, and shows them again when it
comes back. Tags of members that are about to be archived are taken before (``tagging``). What is
left is of calls that failed, of withdrawals, and of versions that took none.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import ProviderError
from crm_mailchimp.provider import Rejection
from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.tags import CollectionTag
from crm_mailchimp.sync.decisions.planned_member import PAGE, find_planned_identity
from crm_mailchimp.sync.members.push import Push
from crm_mailchimp.sync.members.rejections import store_rejection
from crm_mailchimp.sync.staging.staged_collection import StagedCollection

log = logging.getLogger(__name__)


class _LeftTag(NamedTuple):
    collection_id: int
    subscriber_hash: str


def note_left(warehouse: Connection[Any], list_id: str) -> None:
    """Note that no collection wants the tags of members that we removed; commits."""
    warehouse.execute(statement("sync/note_left_tags"), {"list_id": list_id})
    warehouse.commit()


def note_unwanted(warehouse: Connection[Any], collection: StagedCollection, list_id: str) -> None:
    """Note who is removed, has the collection's tag, and left the collection since; commits.

    Args:
        collection: whose tag was just planned in full.
        list_id: the shared audience.
    """
    warehouse.execute(
        statement("sync/note_unwanted_tags"),
        {
            "staging_id": collection.staging_id,
            "collection_id": collection.collection_id,
            "list_id": list_id,
        },
    )
    warehouse.commit()


def take_left(push: Push, tags: Sequence[CollectionTag]) -> None:
    """Take left tags from members that the plan brings back; commits after each call.

    Mailchimp changes the tags of such members one by one. A member that keeps such a tag is not
    brought back in this run.

    Args:
        push: of the shared audience.
        tags: of its collections, also of those that are not synced now.

    Raises:
        ProviderError: an outage of the account.
    """
    known = {
        tag.collection_id: (tag, tag.tag_id)
        for tag in tags
        # Nobody knows whether it is a tag of ours.
        if tag.tag_id is not None and not tag.is_unknown
    }
    taken = 0
    while page := _read(push, list(known)):
        for left in page:
            taken += _take(push, *known[left.collection_id], left.subscriber_hash)
    if taken:
        log.info("%d tags that earlier removals left were taken", taken)


def _read(push: Push, collection_ids: Sequence[int]) -> list[_LeftTag]:
    left = read_rows(
        push.warehouse,
        _LeftTag,
        statement("sync/find_left_tags"),
        {
            "staging_id": push.collection.staging_id,
            "shared_id": push.collection.collection_id,
            "list_id": push.list_id,
            "collection_ids": list(collection_ids),
            "page": PAGE,
        },
    )
    push.warehouse.commit()
    return left


def _take(push: Push, tag: CollectionTag, tag_id: int, member_hash: str) -> bool:
    """Take one tag; False where the call failed, and the member stays where it is."""
    try:
        push.provider.take_tag(tag.list_id, tag_id, member_hash)
    except ProviderError as error:
        push.watch.note_failure(error, member_hash)
        if not error.retryable:
            push.failed.append(error)
        _hold_back(push, member_hash, error)
        return False
    push.watch.note_answer()
    push.warehouse.execute(
        statement("sync/record_untagged"),
        {
            "list_id": tag.list_id,
            "collection_id": tag.collection_id,
            "collection_code": tag.collection_code,
            "subscriber_hashes": [member_hash],
        },
    )
    push.warehouse.commit()
    return True


def _hold_back(push: Push, member_hash: str, error: ProviderError) -> None:
    planned = find_planned_identity(push.warehouse, push.collection, member_hash)
    if planned is not None:
        rejection = Rejection(
            email_address="",
            subscriber_hash=member_hash,
            kind="other",
            message=words_of(error),
            retryable=True,
        )
        store_rejection(push, planned, rejection)
    push.warehouse.execute(
        statement("sync/hold_back_tagged"),
        {
            "staging_id": push.collection.staging_id,
            "shared_id": push.collection.collection_id,
            "subscriber_hash": member_hash,
        },
    )
    push.warehouse.commit()
