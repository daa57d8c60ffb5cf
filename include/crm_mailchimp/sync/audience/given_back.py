"""Refusals that end because somebody gave a collection's tag back by hand in Mailchimp."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from crm_mailchimp.rows import read_value
from crm_mailchimp.statements import statement


def end_taken_tags(
    warehouse: Connection[Any], list_id: str, collection_id: int, *, is_known: bool
) -> None:
    """End the refusals of persons who have the tag again, at whatever address; no commit.

    It comes before the look is noted: a tag that the same look finds taken is the newer word.

    Args:
        warehouse: ``tagged_now`` has who carries the tag in Mailchimp.
        list_id: the shared audience.
        collection_id: whose tag it is.
        is_known: the state knew the tag before this look. Otherwise nobody knows who gave it.
    """
    if not read_value(
        warehouse,
        bool,
        "select exists (select from sync.refusal where kind = 'tag_taken' and ended_at is null"
        " and %s = any(collection_ids))",
        (collection_id,),
    ):
        return
    place = {"list_id": list_id, "collection_id": collection_id, "is_known": is_known}
    warehouse.execute(statement("sync/create_given_back"))
    warehouse.execute("truncate given_back")
    if warehouse.execute(statement("sync/find_given_back"), place).rowcount:
        warehouse.execute(statement("sync/end_taken_tags"), place)
        warehouse.execute(statement("sync/keep_taken_tags"), place)
