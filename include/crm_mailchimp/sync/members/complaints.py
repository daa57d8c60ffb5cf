"""Complaints: abuse reports of an audience explain unsubscribes."""

from __future__ import annotations

from itertools import islice
from typing import Any

from psycopg import Connection

from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import read_value
from crm_mailchimp.statements import statement

_BATCH = 1_000


def note_complaints(warehouse: Connection[Any], provider: AudienceProvider, list_id: str) -> None:
    """Read the abuse reports of an audience if somebody unsubscribed since they were read; commits.

    An unsubscribe does not say that it came from a complaint; the abuse reports do.
    """
    are_unknown = read_value(
        warehouse,
        bool,
        "select exists (select from sync.member where list_id = %s"
        " and cause = 'own_unsubscribe' and not complaint_checked)",
        (list_id,),
    )
    if not are_unknown:
        return
    complaints = provider.complaints(list_id)
    while batch := list(islice(complaints, _BATCH)):
        warehouse.execute(
            statement("sync/note_complaints"),
            {
                "list_id": list_id,
                "subscriber_hashes": [complaint.subscriber_hash for complaint in batch],
                "moments": [complaint.reported_at for complaint in batch],
            },
        )
    warehouse.execute(
        "update sync.member set complaint_checked = true"
        " where list_id = %s and cause = 'own_unsubscribe'",
        (list_id,),
    )
    warehouse.commit()
