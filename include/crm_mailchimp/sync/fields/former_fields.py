"""Merge fields that carried values of the CRM and do so no longer.

A field becomes former in three ways. The CRM deletes it, its type changes, or its collection does
not synchronise fields any more. Mailchimp keeps its values until somebody clears them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.blank_signs import named
from crm_mailchimp.crm.collections import ContactField
from crm_mailchimp.provider import MergeField
from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.fields.push_again import push_everybody_again
from crm_mailchimp.sync.fields.wanted_fields import STANDARD_TAGS


class FormerField(NamedTuple):
    """A merge field that is no longer synchronised; its tag may have changed meanwhile."""

    tag: str
    name: str
    merge_id: int

    def __str__(self) -> str:
        return f"{self.name} ({self.tag})"


def note_carried(
    warehouse: Connection[Any],
    list_id: str,
    tags: Collection[str],
    *,
    unreadable_codes: Collection[str] = (),
) -> None:
    """Note what an audience carries now: the other fields of its map are former; commits.

    Args:
        tags: of the merge fields that it carries beside the standard fields.
        unreadable_codes: fields whose row in the CRM cannot be read now. They are not former. If
            one has no code, it may be any field: then no field becomes former.
    """
    returned = warehouse.execute(
        "delete from sync.former_field where list_id = %s and tag = any(%s)", (list_id, list(tags))
    )
    if returned.rowcount:
        # Its values were cleared: the next plan pushes them again.
        push_everybody_again(warehouse, list_id)
    if all(unreadable_codes):
        _note(warehouse, list_id, tags, other_codes=unreadable_codes)
    warehouse.execute(
        "update sync.member set left_values = null where list_id = %(list_id)s"
        " and left_values is not null and not exists"
        " (select from sync.former_field where list_id = %(list_id)s and cleared_at is null)",
        {"list_id": list_id},
    )
    warehouse.commit()


def note_replaced(
    warehouse: Connection[Any], list_id: str, field_code: str, field: MergeField
) -> None:
    """Note that a field of the CRM gets another merge field; the caller commits.

    Args:
        field_code: of the field.
        field: the merge field that carries it from now on.
    """
    merge_ids = [] if field.merge_id is None else [field.merge_id]
    _note(warehouse, list_id, [field.tag], merge_ids, field_code)


def open_former_fields(warehouse: Connection[Any], list_id: str) -> list[FormerField]:
    """Former fields of an audience that members of ours may have values in."""
    return read_rows(
        warehouse,
        FormerField,
        "select tag, name, merge_id from sync.former_field"
        " where list_id = %s and cleared_at is null order by name, tag",
        (list_id,),
    )


def note_deleted_fields(
    warehouse: Connection[Any], list_id: str, remote: Collection[MergeField]
) -> None:
    """Note which former fields Mailchimp has no longer: their values went with them; commits.

    Args:
        remote: all merge fields that the audience has.
    """
    warehouse.execute(
        "update sync.former_field set cleared_at = now()"
        " where list_id = %s and cleared_at is null and merge_id <> all(%s)",
        (list_id, [field.merge_id for field in remote]),
    )
    warehouse.execute(
        "update sync.member set left_values = null where list_id = %(list_id)s"
        " and left_values is not null and not exists (select from sync.former_field"
        " where list_id = %(list_id)s and cleared_at is null)",
        {"list_id": list_id},
    )
    warehouse.commit()


def fields_to_leave(
    warehouse: Connection[Any], list_id: str, codes: Collection[str]
) -> list[FormerField]:
    """Fields of an audience's map that a run would no longer carry.

    Args:
        codes: of the fields that it would carry.
    """
    return read_rows(
        warehouse,
        FormerField,
        "select field.tag, field.name, field.merge_id from sync.merge_field as field"
        " where field.list_id = %s and field.field_code <> all(%s)"
        " and not exists (select from sync.former_field as former"
        " where former.list_id = field.list_id and former.tag = field.tag) order by 2, 1",
        (list_id, [*codes, *STANDARD_TAGS]),
    )


def equal_labels(fields: Sequence[ContactField]) -> list[str]:
    """Additional fields that have one label: Mailchimp shows them under one name.

    Returns:
        for each such label its text and the codes of its fields.
    """
    codes: dict[str, list[str]] = defaultdict(list)
    for field in fields:
        codes[" ".join(field.label.split()).casefold()].append(field.code)
    return [
        f"the additional fields {', '.join(map(named, same))} have one label, so Mailchimp "
        "shows one name for them: give each its own in crm.contact_field.label"
        for label, same in codes.items()
        if label and len(same) > 1
    ]


def _note(
    warehouse: Connection[Any],
    list_id: str,
    tags: Collection[str],
    merge_ids: Collection[int] = (),
    field_code: str | None = None,
    *,
    other_codes: Collection[str] = (),
) -> None:
    warehouse.execute(
        statement("sync/note_former_fields"),
        {
            "list_id": list_id,
            "kept_codes": [*STANDARD_TAGS, *other_codes],
            "carried_tags": list(tags),
            "carried_ids": list(merge_ids),
            "field_code": field_code,
        },
    )
