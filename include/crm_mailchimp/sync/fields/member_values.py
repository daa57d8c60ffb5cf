"""What is sent of one contact: merge values, language, and the reference that names the contact."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from crm_mailchimp.blank_signs import named
from crm_mailchimp.crm.collections import ContactField
from crm_mailchimp.sync.audience.ownership import REFERENCE_TAG
from crm_mailchimp.sync.decisions.planned_member import PlannedContact, StoredValue
from crm_mailchimp.sync.fields.contact_columns import FieldValue, birthday, postal_address
from crm_mailchimp.sync.fields.field_values import InvalidValueError, coerce, cut


@dataclass(frozen=True)
class FieldMapping:
    """One field of the CRM and the merge field that carries it.

    Attributes:
        tag: of the merge field; empty where the field's row in the CRM cannot be read.
        type: of the merge field; empty means the one that the CRM's type asks for.
        date_format: of a birthday, ``MM/DD`` or ``DD/MM``.
        default_country: of addresses that name none, ISO 3166-1 alpha-2.
    """

    field: ContactField
    tag: str
    type: str = ""
    date_format: str | None = None
    default_country: str = ""


@dataclass(frozen=True)
class InvalidField:
    """A value that was left out or cut."""

    field_code: str
    problem: str

    def __str__(self) -> str:
        return f"{named(self.field_code)}: {self.problem}"


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
    contact: PlannedContact,
    mappings: Sequence[FieldMapping],
    origin: Literal["created", "adopted"],
    *,
    clear_blanks: bool,
) -> tuple[dict[str, FieldValue], list[InvalidField]]:
    """What is sent of one contact, and which values did not fit.

    Args:
        contact: whose names, field values and id are sent.
        mappings: the audience's additional fields.
        origin: of the member, for CRMREF.
        clear_blanks: send empty values too (an update clears what became empty).
    """
    values: dict[str, FieldValue] = {}
    invalid: list[InvalidField] = []
    texts: list[tuple[str, str, FieldValue]] = [
        ("first_name", "FNAME", coerce("text", contact.first_name)),
        ("last_name", "LNAME", coerce("text", contact.last_name)),
    ]
    field_values = contact.field_values or {}
    for mapping in mappings:
        field = mapping.field
        if field.unreadable is not None:
            if field_values.get(field.code) not in (None, ""):
                invalid.append(InvalidField(field.code, f"crm.contact_field: {field.unreadable}"))
            continue
        try:
            value = _value(mapping, field_values.get(field.code))
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
    values[REFERENCE_TAG] = reference(origin, contact.contact_id)
    return values, invalid


def language_code(language: str | None) -> str | None:
    """Mailchimp's code of the CRM's language (``en-GB`` → ``en``); None if unusable."""
    code = (language or "").strip().lower().replace("_", "-").split("-")[0]
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None


def _value(mapping: FieldMapping, value: StoredValue) -> FieldValue:
    field = mapping.field
    if field.data_type == "address":
        if isinstance(value, str):
            raise InvalidValueError("an address of one text, without its parts")
        return postal_address(value, mapping.default_country)
    if isinstance(value, Mapping):
        raise InvalidValueError("more than one text")
    if mapping.type == "birthday":
        return birthday(coerce("date", value), mapping.date_format)
    return coerce(field.data_type, value, field.choices)
