"""Values that Mailchimp holds of fields that are no longer synchronised: cleared once, or named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crm_mailchimp.provider import MemberChange
from crm_mailchimp.rows import read_rows, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.ownership import require_own_fields
from crm_mailchimp.sync.fields.former_fields import (
    FormerField,
    note_deleted_fields,
    open_former_fields,
)
from crm_mailchimp.sync.members.pull_back import record_members
from crm_mailchimp.sync.members.push import TOGETHER, Push, outcomes_of


class _Holders(NamedTuple):
    """Members that may have values in former fields."""

    waiting: int
    archived: int
    refused: int


def clear_left_values(push: Push, *, may_clear: bool) -> list[str]:
    """Clear what members of ours have in former fields; foreign members keep theirs. Commits.

    Args:
        may_clear: False only names what is left.

    Returns:
        sentences for the run's ``detail``; none if nothing is left.

    Raises:
        ForeignInstallationError: another installation fills the audience. Nothing was changed.
    """
    if not open_former_fields(push.warehouse, push.list_id):
        return []
    tags: dict[int | None, str] = {}
    if any(_holders(push)):
        remote = push.provider.merge_fields(push.list_id)
        require_own_fields(
            push.warehouse,
            push.list_id,
            remote,
            collection_id=push.collection.collection_id,
            collection_code=push.collection.collection_code,
        )
        note_deleted_fields(push.warehouse, push.list_id, remote)
        tags = {field.merge_id: field.tag for field in remote}
    fields = [
        field._replace(tag=tags.get(field.merge_id, field.tag))
        for field in open_former_fields(push.warehouse, push.list_id)
    ]
    cleared = _clear(push, fields) if fields and may_clear else 0
    holders = _holders(push)
    push.warehouse.execute(statement("sync/close_former_fields"), {"list_id": push.list_id})
    push.warehouse.commit()
    return list(_sentences(fields, cleared, holders)) if fields else []


def _sentences(fields: Sequence[FormerField], cleared: int, holders: _Holders) -> Iterator[str]:
    names = ", ".join(map(str, fields))
    if cleared:
        yield f"cleared in Mailchimp, because no longer synchronised: {names}; members: {cleared}"
    if holders.waiting:
        yield (
            f"Mailchimp still has values of fields that are no longer synchronised: {names}; "
            f"members: {holders.waiting}. Set CLEAR_LEFT_VALUES to true, or delete the fields there"
        )
    if holders.archived:
        yield (
            f"archived members still have values that Mailchimp lets nobody clear: {names}; "
            f"members: {holders.archived}. Delete the fields in Mailchimp when nobody needs them"
        )
    if holders.refused:
        yield (
            f"Mailchimp refused to clear values of {names}; members: {holders.refused}. Clear them "
            "or delete the fields there"
        )


def _clear(push: Push, fields: Sequence[FormerField]) -> int:
    cleared = 0
    for outcomes in outcomes_of(push, _changes(push, fields)):
        answered = [outcome.member for outcome in outcomes if outcome.member is not None]
        record_members(push.warehouse, answered)
        push.attach_holders(answered)
        done, refused = [], []
        for outcome in outcomes:
            subscriber_hash = outcome.change.subscriber_hash
            if outcome.rejection is None:
                cleared += 1
                done.append(subscriber_hash)
            elif outcome.rejection.kind == "not_found":
                push.mark_forgotten(subscriber_hash)
                done.append(subscriber_hash)
            else:
                refused.append(subscriber_hash)
        _mark(push, done, None)
        _mark(push, refused, "refused")
    return cleared


def _changes(push: Push, fields: Sequence[FormerField]) -> Iterator[list[MemberChange]]:
    after = ""
    while True:
        page = read_values(
            push.warehouse,
            str,
            statement("sync/next_left_values"),
            {"list_id": push.list_id, "after": after, "page": TOGETHER},
        )
        yield [
            MemberChange(
                subscriber_hash=subscriber_hash,
                action="update",
                merge_fields=dict.fromkeys((field.tag for field in fields), ""),
            )
            for subscriber_hash in page
        ]
        if len(page) < TOGETHER:
            return
        after = page[-1]


def _mark(push: Push, subscriber_hashes: Sequence[str], left_values: str | None) -> None:
    push.warehouse.execute(
        "update sync.member set left_values = %s where list_id = %s and subscriber_hash = any(%s)",
        (left_values, push.list_id, list(subscriber_hashes)),
    )


def _holders(push: Push) -> _Holders:
    [holders] = read_rows(
        push.warehouse, _Holders, statement("sync/count_left_values"), {"list_id": push.list_id}
    )
    return holders
