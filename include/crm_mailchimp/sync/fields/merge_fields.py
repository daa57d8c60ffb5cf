"""Merge fields of an audience: FNAME, LNAME, CRMREF and the CRM's additional fields.

A field keeps its tag for ever: the map of field code to tag is stored for each audience. A changed
label only renames the merge field.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.blank_signs import named
from crm_mailchimp.crm.collections import ContactField
from crm_mailchimp.errors import MergeFieldLimitAtProviderError, ProviderError
from crm_mailchimp.provider import AudienceProvider, MergeField
from crm_mailchimp.rows import read_rows, read_value, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.ownership import (
    AudienceOwner,
    own_installation,
    owner_of,
    require_own_fields,
)
from crm_mailchimp.sync.fields.contact_columns import COLUMNS
from crm_mailchimp.sync.fields.former_fields import note_carried, note_replaced
from crm_mailchimp.sync.fields.left_out_fields import note_left_out
from crm_mailchimp.sync.fields.member_values import FieldMapping
from crm_mailchimp.sync.fields.push_again import push_everybody_again
from crm_mailchimp.sync.fields.wanted_fields import (
    STANDARD_TAGS,
    WantedField,
    wanted_fields,
    with_choices,
)
from crm_mailchimp.sync.fields.who_wants_fields import words_of_wanting
from crm_mailchimp.sync.staging.contact_fields import staged_contact_fields
from crm_mailchimp.sync.staging.staged_collection import StagedCollection

log = logging.getLogger(__name__)

#: Merge fields an audience may have on most plans (Mailchimp help, "Audience fields limits").
FIELD_LIMIT = 30


class MergeFieldLimitError(Exception):
    """The audience would have more merge fields than its plan allows."""


class _StoredField(NamedTuple):
    """A row of ``sync.merge_field``."""

    field_code: str
    tag: str
    merge_id: int
    type: str
    name: str


@dataclass(frozen=True)
class CarriedFields:
    """What an audience carries beside the standard fields.

    Attributes:
        left_out: codes of contact columns that the audience has no room for.
    """

    mappings: Sequence[FieldMapping] = ()
    left_out: Sequence[str] = ()


def carried_fields(
    warehouse: Connection[Any],
    crm: Connection[Any],
    provider: AudienceProvider,
    collection: StagedCollection,
    list_id: str,
    *,
    limit: int = FIELD_LIMIT,
) -> CarriedFields:
    """What the collection's audience carries, brought up to date; commits.

    Args:
        crm: to ``crm_db``, in autocommit.
        limit: merge fields the audience may have, those made by hand included.

    Raises:
        MergeFieldLimitError: as ``ensure_merge_fields``.
        ForeignInstallationError: as ``ensure_merge_fields``.
    """
    owner = AudienceOwner(
        collection_id=collection.collection_id, installation=own_installation(warehouse)
    )
    wanted = fields_to_carry(warehouse, collection, list_id)
    fields = [field for field in wanted if field.unreadable is None]
    carried = known_mappings(warehouse, list_id, fields, owner=owner)
    if carried is None:
        carried = ensure_merge_fields(
            warehouse,
            provider,
            list_id,
            fields,
            owner=owner,
            collection_code=collection.collection_code,
            wanted_by=partial(words_of_wanting, warehouse, crm, collection),
            limit=limit,
            default_country=collection.settings.country,
        )
    note_left_out(warehouse, list_id, wanted, [mapping.field.code for mapping in carried.mappings])
    note_carried(
        warehouse,
        list_id,
        [mapping.tag for mapping in carried.mappings],
        unreadable_codes=[field.code for field in wanted if field.unreadable is not None],
    )
    # No merge field carries them, but their values are named.
    unreadable = [FieldMapping(field, "") for field in wanted if field.unreadable is not None]
    return replace(carried, mappings=[*carried.mappings, *unreadable])


def fields_to_carry(
    warehouse: Connection[Any], collection: StagedCollection, list_id: str
) -> list[ContactField]:
    """The CRM's additional fields, and the contact's own columns as far as anybody has them."""
    if not collection.sync_merge_fields:
        return []
    used = read_values(
        warehouse,
        str,
        statement("sync/used_columns"),
        {
            "staging_id": collection.staging_id,
            "collection_id": collection.collection_id,
            "list_id": list_id,
            "codes": [column.code for column in COLUMNS],
        },
    )
    columns = [column for column in COLUMNS if column.code in used]
    stored = _stored(warehouse, list_id)
    fields = staged_contact_fields(warehouse, collection.staging_id)
    return [*(with_choices(field, stored.get(field.code)) for field in fields), *columns]


def known_mappings(
    warehouse: Connection[Any],
    list_id: str,
    fields: Sequence[ContactField],
    *,
    owner: AudienceOwner,
) -> CarriedFields | None:
    """What an audience that needs no look carries, or None.

    Additional fields always need one: people delete fields in Mailchimp, and it takes values of
    unknown tags without a word. So do members it refused for a field: people may have changed it.
    """
    stored = _stored(warehouse, list_id)
    if fields or any(stored.get(tag) is None for tag in STANDARD_TAGS):
        return None
    if owner_of(stored.values()) != owner:
        return None
    some_are_refused = read_value(
        warehouse,
        bool,
        "select exists (select from sync.rejection where list_id = %s and kind = 'merge_field')",
        (list_id,),
    )
    return None if some_are_refused else CarriedFields()


def ensure_merge_fields(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    fields: Sequence[ContactField],
    *,
    owner: AudienceOwner,
    collection_code: str,
    wanted_by: Callable[[], str],
    limit: int = FIELD_LIMIT,
    default_country: str = "",
) -> CarriedFields:
    """Create, rename or extend the fields the audience needs; commits the map after each change.

    A field of ours that was deleted in Mailchimp is created again. The next plan then pushes every
    member's values again. Fields made by hand are never changed. The exception is a field with the
    name and type of an additional field: it then carries that field.

    Args:
        fields: the fields to carry, additional fields before contact columns (see
            ``contact_columns``); empty where the collection does not sync them.
        owner: whose audience it is.
        collection_code: of the owner's collection, for the error.
        wanted_by: says who wants the fields, for the error.
        limit: merge fields the audience may have, those made by hand included. Contact columns
            come last: where there is no room for one it is left out, and nothing is blocked.
        default_country: of addresses that name none.

    Raises:
        MergeFieldLimitError: more fields than ``limit``, and nothing was created; or more than
            Mailchimp itself allows, and what it allowed was.
        ForeignInstallationError: another installation fills the audience; nothing was changed.
    """
    remote = provider.merge_fields(list_id)
    require_own_fields(
        warehouse,
        list_id,
        remote,
        collection_id=owner.collection_id,
        collection_code=collection_code,
    )
    stored = _stored(warehouse, list_id)
    wanted = list(wanted_fields(remote, stored, fields, owner=owner))
    missing = [one for one in wanted if one.existing is None and not one.is_column]
    if missing and len(remote) + len(missing) > limit:
        raise MergeFieldLimitError(
            f"the audience has {len(remote)} merge fields and {len(missing)} more are needed "
            f"({_names(missing)}), but {limit} is the limit. Delete fields in Mailchimp, or "
            "raise MERGE_FIELD_LIMIT if the plan allows more. Or switch sync_merge_fields off for "
            f"{wanted_by()}"
        )
    present, settled = len(remote), {}
    left_out = []
    for one in wanted:
        if one.existing is None and one.is_column and present >= limit:
            left_out.append(one.code)
            continue
        try:
            settled[one.code] = _settle(provider, list_id, one)
        except MergeFieldLimitAtProviderError as error:
            if one.is_column:
                left_out.append(one.code)
                continue
            needed = [other for other in missing if other.code not in settled]
            raise MergeFieldLimitError(
                f"Mailchimp makes no merge field for {_names([one])}. The account's plan allows "
                f"no more than the {present} that the audience has. {len(needed)} more are "
                f"needed: {_names(needed)}. Delete fields in Mailchimp, or set "
                "MERGE_FIELD_LIMIT to what the plan allows"
            ) from error
        if one.existing is None:
            present += 1
            before = stored.get(one.code)
            # A field that is created again is empty for all members. A column may have had values
            # all along that there was no room for.
            if one.is_column or (before and before.type == settled[one.code].type):
                push_everybody_again(warehouse, list_id)
        _store(warehouse, list_id, one.code, settled[one.code])
    # The mark is ours now: a person's word to take the audience over has done its work.
    warehouse.execute("delete from sync.foreign_audience where list_id = %s", (list_id,))
    warehouse.execute(
        statement("sync/retry_missing_values"),
        {"list_id": list_id, "required_tags": [field.tag for field in remote if field.required]},
    )
    warehouse.commit()
    mappings = [
        FieldMapping(field, found.tag, found.type, found.date_format, default_country)
        for field in fields
        if (found := settled.get(field.code)) is not None
    ]
    return CarriedFields(mappings, left_out)


def _settle(provider: AudienceProvider, list_id: str, one: WantedField) -> MergeField:
    if one.existing is None:
        return _create_once(provider, list_id, one.target)
    # What Mailchimp or a person named is called so.
    if one.is_column or one.target.tag in ("FNAME", "LNAME"):
        return one.existing
    # Choices are added and never taken away: members may hold them, or people have made them.
    choices = tuple(dict.fromkeys((*one.existing.choices, *one.target.choices)))
    adjusted = replace(one.existing, name=one.target.name, choices=choices)
    return (
        one.existing if adjusted == one.existing else provider.update_merge_field(list_id, adjusted)
    )


def _names(wanted: Sequence[WantedField]) -> str:
    """Fields by their codes, each with its label beside it."""
    return ", ".join(
        named(one.code)
        if one.code in STANDARD_TAGS
        else f"{named(one.code)} ({named(one.target.name)})"
        for one in wanted
    )


def _create_once(provider: AudienceProvider, list_id: str, target: MergeField) -> MergeField:
    """Create a field. After a lost answer it is looked for, and then created once more."""
    try:
        return provider.create_merge_field(list_id, target)
    except ProviderError as error:
        if not error.outcome_unknown:
            raise
        log.warning("no answer to the creation of a merge field, looking for it: %s", error)
    for present in provider.merge_fields(list_id):
        if (present.tag, present.type) == (target.tag, target.type):
            return present
    return provider.create_merge_field(list_id, target)


def _stored(warehouse: Connection[Any], list_id: str) -> dict[str, MergeField]:
    rows = read_rows(
        warehouse,
        _StoredField,
        "select field_code, tag, merge_id, type, name from sync.merge_field where list_id = %s",
        (list_id,),
    )
    return {
        row.field_code: MergeField(tag=row.tag, merge_id=row.merge_id, type=row.type, name=row.name)
        for row in rows
    }


def _store(warehouse: Connection[Any], list_id: str, code: str, field: MergeField) -> None:
    note_replaced(warehouse, list_id, code, field)
    # A field whose code changed in the CRM goes on under its tag.
    warehouse.execute(
        "delete from sync.merge_field where list_id = %s and tag = %s and field_code <> %s",
        (list_id, field.tag, code),
    )
    warehouse.execute(
        "insert into sync.merge_field (list_id, field_code, tag, merge_id, type, name)"
        " values (%s, %s, %s, %s, %s, %s) on conflict (list_id, field_code) do update"
        " set tag = excluded.tag, merge_id = excluded.merge_id, type = excluded.type,"
        " name = excluded.name",
        (list_id, code, field.tag, field.merge_id, field.type, field.name),
    )
    warehouse.commit()
