"""What dashboards divide contacts by: language, city and country, from the staging of a run."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from crm_mailchimp.statements import statement
from crm_mailchimp.warehouse.key_lookups import key_lookups_now


def note_contact_attributes(warehouse: Connection[Any], staging_id: int) -> int:
    """Store what changed for contacts that are in an audience; commits.

    The next refresh of the marts takes it from there. A staging that is gone changes nothing.

    Args:
        warehouse: not in a transaction.
        staging_id: of a run that was no preview.

    Returns:
        contacts with a change.
    """
    with key_lookups_now(warehouse):
        changed = warehouse.execute(
            statement("sync/note_contact_attributes"), {"staging_id": staging_id}
        ).rowcount
    warehouse.commit()
    return changed
