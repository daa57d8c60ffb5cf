"""Merge fields of an audience: FNAME, LNAME, CRMREF and the CRM's additional fields.

A field keeps its tag for ever: the map of field code to tag is stored per audience, a changed
label only renames the merge field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from psycopg import Connection
from psycopg.types.json import Jsonb

from crm_mailchimp.crm.collections import ContactField
from crm_mailchimp.mailchimp.errors import BadRequest
from crm_mailchimp.provider import AudienceProvider, MergeField
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.field_values import InvalidValueError, as_choice, coerce, cut
from crm_mailchimp.sync.merge_tags import make_tag

#: The hidden merge field that ties a member to a contact.
REFERENCE_TAG = "CRMREF"
#: Merge fields an audience may have on most plans (Mailchimp help, "Audience fields limits").
FIELD_LIMIT = 30
_TYPES = {
    "text": "text",
    "number": "number",
    "date": "date",
    "boolean": "text",
    "url": "url",
    "phone": "phone",
    "choice": "dropdown",
}
_STANDARD = (
    MergeField(tag="FNAME", name="First Name", type="text"),
    MergeField(tag="LNAME", name="Last Name", type="text"),
    MergeField(tag=REFERENCE_TAG, name="CRM reference", type="text", public=False),
)


class MergeFieldLimitError(Exception):
    """The audience would have more merge fields than its plan allows."""


@dataclass(frozen=True)
class FieldMapping:
    """One additional field and the merge field that carries it."""

    field: ContactField
    tag: str


@dataclass(frozen=True)
class InvalidField:
    """A value that was left out or cut."""

    field_code: str
    problem: str


def store_contact_fields(
    warehouse: Connection[Any], staging_id: int, fields: Sequence[ContactField]
) -> None:
    """Keep the CRM's field definitions with the staging run."""
    warehouse.execute(
        "update sync.staging_run set contact_fields = %s where staging_id = %s",
        (Jsonb([asdict(field) for field in fields]), staging_id),
    )


def staged_contact_fields(warehouse: Connection[Any], staging_id: int) -> list[ContactField]:
    """The field definitions of a staging run."""
    row = warehouse.execute(
        "select contact_fields from sync.staging_run where staging_id = %s", (staging_id,)
    ).fetchone()
    stored: list[dict[str, Any]] = row[0] if row else []
    return [ContactField(**{**field, "choices": tuple(field["choices"])}) for field in stored]


def known_mappings(
    warehouse: Connection[Any], list_id: str, fields: Sequence[ContactField]
) -> list[FieldMapping] | None:
    """The mappings of an audience that needs no look, or None.

    Additional fields always need one: people delete fields in Mailchimp, and it takes values of
    unknown tags without a word. So do members it refused for a field: people may have changed it.
    """
    stored = _stored(warehouse, list_id)
    if fields or any(stored.get(standard.tag) is None for standard in _STANDARD):
        return None
    refused = warehouse.execute(
        "select 1 from sync.rejection where list_id = %s and kind = 'merge_field' limit 1",
        (list_id,),
    ).fetchone()
    return None if refused else []


def ensure_merge_fields(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    fields: Sequence[ContactField],
    *,
    limit: int = FIELD_LIMIT,
) -> list[FieldMapping]:
    """Create, rename or extend what the audience lacks; commits the map after each change.

    A field of ours that was deleted in Mailchimp is made again, and the next plan pushes every
    member's values again. Fields made by hand are never changed, unless one has the very name and
    type of an additional field: then it carries that field.

    Args:
        fields: the additional fields to carry; empty where the collection does not sync them.
        limit: merge fields the audience may have, those made by hand included.

    Raises:
        MergeFieldLimitError: more fields than ``limit``, and nothing was created; or more than
            Mailchimp itself allows, and what it allowed was.
    """
    remote = provider.merge_fields(list_id)
    stored = _stored(warehouse, list_id)
    wanted = list(_wanted(remote, stored, fields))
    missing = [one.code for one in wanted if one.existing is None]
    if missing and len(remote) + len(missing) > limit:
        raise MergeFieldLimitError(
            f"the audience has {len(remote)} merge fields and {len(missing)} more are needed "
            f"({', '.join(missing)}), but {limit} is the limit: delete fields in Mailchimp, or "
            "switch sync_merge_fields off for this collection, or raise MERGE_FIELD_LIMIT if the "
            "plan allows more"
        )
    for one in wanted:
        settled = _settle(provider, list_id, one)
        before = stored.get(one.code)
        if one.existing is None and before is not None and before.type == settled.type:
            _push_everybody_again(warehouse, list_id)
        _store(warehouse, list_id, one.code, settled)
    warehouse.execute(
        statement("sync/retry_missing_values"),
        {"list_id": list_id, "required_tags": [field.tag for field in remote if field.required]},
    )
    warehouse.commit()
    return [
        FieldMapping(field, one.target.tag)
        for field, one in zip(fields, wanted[len(_STANDARD) :], strict=True)
    ]


def reference(origin: Literal["created", "adopted"], contact_id: int) -> str:
    """The value of CRMREF: ``c-<contact_id>`` for members made by us, ``a-…`` for adopted ones."""
    return f"{'c' if origin == 'created' else 'a'}-{contact_id}"


def parse_reference(value: object) -> tuple[Literal["created", "adopted"], int] | None:
    """Origin and contact id out of CRMREF; None for members that are not ours."""
    match = re.fullmatch(r"([ca])-(-?[0-9]{1,19})", value) if isinstance(value, str) else None
    if match is None:
        return None
    return ("created" if match[1] == "c" else "adopted", int(match[2]))


def merge_values(
    contact: Mapping[str, Any],
    mappings: Sequence[FieldMapping],
    origin: Literal["created", "adopted"],
    *,
    clear_blanks: bool,
) -> tuple[dict[str, Any], list[InvalidField]]:
    """What is sent of one contact, and which values did not fit.

    Args:
        contact: contact_id, first_name, last_name and field_values of a staged contact.
        mappings: the audience's additional fields.
        origin: of the member, for CRMREF.
        clear_blanks: send empty values too (an update clears what became empty).
    """
    values: dict[str, Any] = {}
    invalid: list[InvalidField] = []
    texts: list[tuple[str, str, str | int | float]] = [
        ("first_name", "FNAME", coerce("text", contact["first_name"])),
        ("last_name", "LNAME", coerce("text", contact["last_name"])),
    ]
    field_values = contact["field_values"] or {}
    for mapping in mappings:
        field = mapping.field
        try:
            value = coerce(field.data_type, field_values.get(field.code), field.choices)
        except InvalidValueError as error:
            invalid.append(InvalidField(field.code, str(error)))
        else:
            texts.append((field.code, mapping.tag, value))
    for code, tag, value in texts:
        sent = cut(value) if isinstance(value, str) else value
        if sent != value:
            invalid.append(InvalidField(code, "cut at Mailchimp's limit"))
        if sent != "" or clear_blanks:
            values[tag] = sent
    values[REFERENCE_TAG] = reference(origin, contact["contact_id"])
    return values, invalid


@dataclass(frozen=True)
class _Wanted:
    """A merge field the audience is to have, and the one it has already, if any."""

    code: str
    target: MergeField
    existing: MergeField | None


def _wanted(
    remote: Sequence[MergeField],
    stored: Mapping[str, MergeField],
    fields: Sequence[ContactField],
) -> Iterator[_Wanted]:
    for standard in _STANDARD:
        found = next((field for field in remote if field.tag == standard.tag), None)
        yield _Wanted(standard.tag, standard, found)
    codes = {field.code for field in fields}
    # What another field of ours stands in is not to be had by its name.
    claimed = {standard.tag for standard in _STANDARD}
    claimed |= {found.tag for code in codes if (found := _own(remote, stored.get(code)))}
    taken = {field.tag for field in remote} | {field.tag for field in stored.values()}
    for field in fields:
        target = _target(field)
        known = stored.get(field.code)
        if known is not None and known.type == target.type:
            existing, tag = _own(remote, known), known.tag
            if existing is None and any(other.tag == tag for other in remote):
                tag = make_tag(target.name, taken)  # somebody else's now
        else:
            existing, tag = _namesake(remote, target, claimed), make_tag(target.name, taken)
        tag = existing.tag if existing else tag
        taken.add(tag)
        claimed.add(tag)
        yield _Wanted(field.code, replace(target, tag=tag), existing)


def _target(field: ContactField) -> MergeField:
    choices = tuple(dict.fromkeys(filter(None, map(as_choice, field.choices))))
    kind = _TYPES.get(field.data_type, "text")
    if kind == "dropdown" and not choices:
        kind = "text"  # Mailchimp makes no dropdown without choices
    name = " ".join(field.label.split()) or field.code
    return MergeField(tag="", name=name, type=kind, choices=choices if kind == "dropdown" else ())


def _own(remote: Sequence[MergeField], stored: MergeField | None) -> MergeField | None:
    # By its id first: a tag can be changed in Mailchimp.
    if stored is None:
        return None
    same = [field for field in remote if field.merge_id == stored.merge_id]
    same += [field for field in remote if field.tag == stored.tag]
    return next((field for field in same if field.type == stored.type), None)


def _namesake(
    remote: Sequence[MergeField], target: MergeField, claimed: set[str]
) -> MergeField | None:
    # After a lost map our own field, in a linked audience one made by hand.
    name = unicodedata.normalize("NFC", target.name)
    for candidate in remote:
        if (
            unicodedata.normalize("NFC", " ".join(candidate.name.split())) == name
            and candidate.type == target.type
            and candidate.tag not in claimed
        ):
            return candidate
    return None


def _settle(provider: AudienceProvider, list_id: str, one: _Wanted) -> MergeField:
    if one.existing is None:
        return _create(provider, list_id, one)
    if any(standard.tag == one.target.tag for standard in _STANDARD):
        return one.existing
    # Choices are added and never taken away: members may hold them, or people have made them.
    choices = tuple(dict.fromkeys((*one.existing.choices, *one.target.choices)))
    adjusted = replace(one.existing, name=one.target.name, choices=choices)
    return (
        one.existing if adjusted == one.existing else provider.update_merge_field(list_id, adjusted)
    )


def _create(provider: AudienceProvider, list_id: str, one: _Wanted) -> MergeField:
    try:
        return provider.create_merge_field(list_id, one.target)
    except BadRequest as error:
        # "Merge Max Limit Exceeded": the account's plan allows fewer than we were told.
        if "limit" not in error.detail.lower():
            raise
        raise MergeFieldLimitError(
            f"Mailchimp makes no merge field for {one.code}: the account's plan allows no more; "
            "delete fields in Mailchimp, or set MERGE_FIELD_LIMIT to what the plan allows"
        ) from error


def _push_everybody_again(warehouse: Connection[Any], list_id: str) -> None:
    """A field made anew is empty for those who stand, though nothing changed in the CRM."""
    warehouse.execute("update sync.member set pushed_hash = null where list_id = %s", (list_id,))


def _stored(warehouse: Connection[Any], list_id: str) -> dict[str, MergeField]:
    rows = warehouse.execute(
        "select field_code, tag, merge_id, type, name from sync.merge_field where list_id = %s",
        (list_id,),
    ).fetchall()
    return {
        code: MergeField(tag=tag, merge_id=merge_id, type=kind, name=name)
        for code, tag, merge_id, kind, name in rows
    }


def _store(warehouse: Connection[Any], list_id: str, code: str, field: MergeField) -> None:
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
