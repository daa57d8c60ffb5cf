"""Columns of ``crm.contact`` that become merge fields beside the additional fields.

Postal address and date of birth, where the collection syncs merge fields. They come last: where
the audience has no room for one it is left out and the run says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from crm_mailchimp.crm.collections import ContactField
from crm_mailchimp.crm.field_codes import ADDRESS_CODE, BIRTHDAY_CODE
from crm_mailchimp.sync.fields.field_values import InvalidValueError, cut

#: What is sent for a merge field; an address is an object, and an empty text clears.
FieldValue = str | int | float | dict[str, str]

ADDRESS = ContactField(code=ADDRESS_CODE, label="Address", data_type="address", choices=())
BIRTHDAY = ContactField(code=BIRTHDAY_CODE, label="Birthday", data_type="birthday", choices=())
COLUMNS = (ADDRESS, BIRTHDAY)
#: Code to the tag that Mailchimp itself gives such a field.
COLUMN_TAGS = {ADDRESS_CODE: "ADDRESS", BIRTHDAY_CODE: "BIRTHDAY"}

# Names under which a field made by hand is taken to be meant. Any other one of the type may be
# something else: another address, a child's birthday.
_NAMES = {
    ADDRESS_CODE: {"address", "διεύθυνση"},
    BIRTHDAY_CODE: {"birthday", "date of birth", "γενέθλια", "ημερομηνία γέννησης"},
}
_COUNTRY = re.compile("[A-Z]{2}")


def is_column(field: ContactField) -> bool:
    """Whether the field is a column of ``crm.contact``."""
    return field.code in COLUMN_TAGS


def name_fits(field: ContactField, name: str) -> bool:
    """Whether a merge field of this name (NFC) is meant for the column."""
    return name.casefold() in _NAMES[field.code]


def postal_address(parts: Mapping[str, str | None] | None, default_country: str) -> FieldValue:
    """An address as Mailchimp takes it; an empty text where the contact has none.

    Mailchimp demands street, city, state and postal code (documentation, "Merge Fields", "Add
    merge data to contacts"). It takes an address without a country for one in the USA. The CRM
    has no states, as most of Europe has none: the city is sent in the state's place.

    Args:
        parts: ``address1``, ``address2``, ``city``, ``zip``, ``country`` of the contact.
        default_country: where the contact has none, ISO 3166-1 alpha-2.

    Raises:
        InvalidValueError: a part is missing, or the country is no code.
    """
    given = {name: " ".join(str(value or "").split()) for name, value in (parts or {}).items()}
    if not any(given.get(name) for name in ("address1", "address2", "city", "zip")):
        return ""
    missing = [name for name in ("address1", "city", "zip") if not given.get(name)]
    if missing:
        raise InvalidValueError(f"incomplete: {', '.join(missing)} is missing")
    country = (given.get("country") or default_country).upper()
    if not _COUNTRY.fullmatch(country):
        raise InvalidValueError("country is no code of two letters (ISO 3166-1)")
    return {
        "addr1": cut(given["address1"]),
        "addr2": cut(given.get("address2", "")),
        "city": cut(given["city"]),
        "state": cut(given["city"]),
        "zip": cut(given["zip"]),
        "country": country,
    }


def birthday(iso_date: FieldValue, date_format: str | None) -> str:
    """Month and day of a date, in the order of the merge field (``MM/DD`` by default)."""
    if not iso_date:
        return ""
    _, month, day = str(iso_date).split("-")
    day_first = (date_format or "").upper().startswith("DD")
    return f"{day}/{month}" if day_first else f"{month}/{day}"
