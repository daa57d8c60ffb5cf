"""The CRM's definitions of contact fields, kept with the staging run that copied them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from crm_mailchimp.crm.collections import ContactField


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
    return [
        ContactField(**{**field, "choices": tuple(field["choices"])})
        for field in (row[0] if row else ())
    ]
