"""The quarantine: contacts held back from a push, each with a reason a person can act on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection

from crm_mailchimp.statements import statement


def refresh(
    warehouse: Connection[Any], *, staging_id: int, collection_id: int, collection_code: str
) -> int:
    """Open, confirm and close the rows of one collection by its verdicts and its plan.

    Returns:
        contacts held back now.
    """
    parameters = {
        "staging_id": staging_id,
        "collection_id": collection_id,
        "collection_code": collection_code,
    }
    warehouse.execute(statement("sync/close_quarantine"), parameters)
    warehouse.execute(statement("sync/confirm_invalid_fields"), parameters)
    held_back = warehouse.execute(statement("sync/open_quarantine"), parameters).rowcount
    warehouse.execute(statement("sync/open_changed_addresses"), parameters)
    return held_back


def record_invalid_fields(
    warehouse: Connection[Any], collection_code: str, problems: Mapping[int, Sequence[str]]
) -> None:
    """Open, confirm or close the rows that name contacts' fields whose values do not fit.

    Args:
        problems: by contact id one text per field, ``"<field code>: <what is wrong>"``, never the
            value; none closes the contact's row.
    """
    fitting = [contact_id for contact_id, texts in problems.items() if not texts]
    details = {contact_id: "; ".join(texts) for contact_id, texts in problems.items() if texts}
    if fitting:
        warehouse.execute(
            statement("sync/close_invalid_fields"),
            {"collection_code": collection_code, "contact_ids": fitting},
        )
    if details:
        warehouse.execute(
            statement("sync/record_invalid_fields"),
            {
                "collection_code": collection_code,
                "contact_ids": list(details),
                "details": list(details.values()),
            },
        )
