"""Which merge fields an audience must have, and which existing ones carry them. No calls."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from crm_mailchimp.crm.collections import ContactField
from crm_mailchimp.provider import MergeField
from crm_mailchimp.sync.audience.ownership import REFERENCE_TAG, AudienceOwner
from crm_mailchimp.sync.fields.contact_columns import COLUMN_TAGS, is_column, name_fits
from crm_mailchimp.sync.fields.field_values import as_choice
from crm_mailchimp.sync.fields.merge_tags import make_tag

#: Tags of the merge fields that every audience of ours has.
STANDARD_TAGS = ("FNAME", "LNAME", REFERENCE_TAG)


def standard_fields(owner: AudienceOwner) -> tuple[MergeField, ...]:
    """The merge fields that every audience of ours has.

    CRMREF's name says whose audience it is: so it is found again when the warehouse is lost.
    """
    return (
        MergeField(tag="FNAME", name="First Name", type="text"),
        MergeField(tag="LNAME", name="Last Name", type="text"),
        MergeField(tag=REFERENCE_TAG, name=owner.mark, type="text", public=False),
    )


_TYPES = {
    "text": "text",
    "number": "number",
    "date": "date",
    "boolean": "text",
    "url": "url",
    "phone": "phone",
    "choice": "dropdown",
    "address": "address",
    "birthday": "birthday",
}
# A field made by hand that shows less of the same: the day of a date without its year.
_FITTING_TYPES = {"date": ("date", "birthday")}


@dataclass(frozen=True)
class WantedField:
    """A merge field the audience is to have, and the one it has already, if any."""

    code: str
    target: MergeField
    existing: MergeField | None

    @property
    def is_column(self) -> bool:
        """Whether it carries a column of ``crm.contact`` rather than an additional field."""
        return self.code in COLUMN_TAGS


def wanted_fields(
    remote: Sequence[MergeField],
    stored: Mapping[str, MergeField],
    fields: Sequence[ContactField],
    *,
    owner: AudienceOwner,
) -> Iterator[WantedField]:
    """The standard fields, then ``fields`` in their order, each with the field that carries it.

    Args:
        remote: all merge fields that the audience has.
        stored: the map of field code to merge field.
        fields: what is to be carried beside the standard fields.
        owner: whose audience it is.
    """
    for standard in standard_fields(owner):
        found = next((field for field in remote if field.tag == standard.tag), None)
        yield WantedField(standard.tag, standard, found)
    codes = {field.code for field in fields}
    # A merge field that carries another field of ours cannot be claimed by its name.
    claimed = set(STANDARD_TAGS)
    claimed |= {found.tag for code in codes if (found := _own(remote, stored.get(code)))}
    taken = {field.tag for field in remote} | {field.tag for field in stored.values()}
    for field in fields:
        target = _target(field)
        known = stored.get(field.code)
        if known is not None and known.type in _fitting(target):
            existing, tag = _own(remote, known), known.tag
            if existing is None:
                target = replace(target, type=known.type)
            if existing is None and any(other.tag == tag for other in remote):
                tag = _fresh_tag(field, target, taken)  # another's now
        else:
            existing = _namesake(remote, field, target, claimed)
            tag = _fresh_tag(field, target, taken)
        tag = existing.tag if existing else tag
        taken.add(tag)
        claimed.add(tag)
        yield WantedField(field.code, replace(target, tag=tag), existing)


def with_choices(field: ContactField, stored: MergeField | None) -> ContactField:
    """The field, or the same as one that cannot be read, if it has lost all its choices.

    Mailchimp has no dropdown without choices. Another merge field would take its place, and the
    values of the dropdown would be cleared. Nobody expects that of an empty column.

    Args:
        stored: the merge field that carries it in an audience, as far as the map knows.
    """
    if field.data_type != "choice" or stored is None or stored.type != "dropdown":
        return field
    if field.unreadable is not None or _choices(field):
        return field
    return replace(field, unreadable="column choices is empty, and the field had choices before")


def _choices(field: ContactField) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(as_choice, field.choices))))


def _target(field: ContactField) -> MergeField:
    choices = _choices(field)
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


def _fitting(target: MergeField) -> Sequence[str]:
    return _FITTING_TYPES.get(target.type, (target.type,))


def _fresh_tag(field: ContactField, target: MergeField, taken: set[str]) -> str:
    tag = COLUMN_TAGS.get(field.code)
    return tag if tag and tag not in taken else make_tag(target.name, taken)


def _namesake(
    remote: Sequence[MergeField], field: ContactField, target: MergeField, claimed: set[str]
) -> MergeField | None:
    # After a lost map our own field, in a linked audience one made by hand.
    name = _plain(target.name)
    fitting = [
        candidate
        for kind in _fitting(target)
        for candidate in remote
        if candidate.type == kind and candidate.tag not in claimed
    ]
    for candidate in fitting:
        if is_column(field):
            if candidate.tag == COLUMN_TAGS[field.code] or name_fits(field, _plain(candidate.name)):
                return candidate
        elif _plain(candidate.name) == name:
            return candidate
    return None


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split()))
