"""Additional fields whose row in the CRM cannot be read: no member gets their values meanwhile.

A contact's hash holds the values of such a field as well. So a value that changed meanwhile looks
as if it were pushed. When the field can be read again, every member is pushed again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from psycopg import Connection

from crm_mailchimp.blank_signs import named
from crm_mailchimp.crm.collections import ContactField
from crm_mailchimp.rows import read_values
from crm_mailchimp.sync.fields.push_again import push_everybody_again


def note_left_out(
    warehouse: Connection[Any],
    list_id: str,
    fields: Sequence[ContactField],
    carried: Collection[str],
) -> None:
    """Note which fields an audience does not get now; the caller commits.

    The next plan pushes every member again if a field that was left out is carried now. A row
    without a code may be any field: when it is right again, or gone, everybody is pushed again.

    Args:
        list_id: the audience.
        fields: what the CRM wants it to carry; those that cannot be read are left out.
        carried: codes of the fields that the audience gets now.
    """
    left_out = [field.code for field in fields if field.unreadable is not None]
    healed = read_values(
        warehouse,
        str,
        "delete from sync.left_out_field where list_id = %s and field_code <> all(%s)"
        " returning field_code",
        (list_id, left_out),
    )
    if any(code == "" or code in carried for code in healed):
        push_everybody_again(warehouse, list_id)
    warehouse.execute(
        "insert into sync.left_out_field (list_id, field_code) select %s, unnest(%s::text[])"
        " on conflict do nothing",
        (list_id, left_out),
    )


def left_out_words(fields: Sequence[ContactField]) -> Iterator[str]:
    """One sentence for each field whose row cannot be read, for the run's ``detail``."""
    for field in fields:
        if field.unreadable is not None:
            name = named(field.code) or "without a code"
            yield (
                f"the additional field {name} is left out: {field.unreadable}. Mailchimp keeps its "
                "old values. Correct its row in crm.contact_field, and all values are pushed again"
            )
