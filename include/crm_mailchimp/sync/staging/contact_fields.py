"""The CRM's definitions of contact fields, kept with the staging run that copied them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NotRequired, TypedDict

from psycopg import Connection
from psycopg.types.json import Jsonb

from crm_mailchimp.crm.collections import ContactField
from crm_mailchimp.rows import find_value


class _StoredField(TypedDict):
    code: str
    label: str
    data_type: str
    choices: list[str]
    unreadable: NotRequired[str | None]


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
    stored: list[_StoredField] | None = find_value(
        warehouse,
        list,
        "select contact_fields from sync.staging_run where staging_id = %s",
        (staging_id,),
    )
    return [
        ContactField(
            code=field["code"],
            label=field["label"],
            data_type=field["data_type"],
            choices=tuple(field["choices"]),
            unreadable=field.get("unreadable"),
        )
        for field in stored or ()
    ]
