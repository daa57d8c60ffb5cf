"""A preview finds the audiences that a run would use, and leaves the audience map as it was.

A run notes an audience as soon as it knows which one it is. A preview has to work with it, too. But
its note must not outlive it: the CRM may name another audience before the next run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from crm_mailchimp.rows import read_value
from crm_mailchimp.statements import statement


@contextmanager
def map_left_alone(
    warehouse: Connection[Any], collection_ids: Sequence[int], named_list_id: str | None
) -> Iterator[None]:
    """Put the audience map back when the block ends, also by an error; commits.

    What the preview saw stays known: members, tags, and what people refused.

    Args:
        collection_ids: of the collection, or of the shared audience and its collections.
        named_list_id: the audience that the CRM names for it.
    """
    parameters: dict[str, Any] = {
        "collection_ids": list(collection_ids),
        "named_list_id": named_list_id,
    }
    warehouse.execute(statement("sync/create_refused_before"))
    warehouse.execute("truncate refused_before")
    warehouse.execute(statement("sync/note_refused_before"), parameters)
    kept = read_value(warehouse, dict, statement("sync/keep_map"), parameters)
    warehouse.commit()
    try:
        yield
    finally:
        if not warehouse.closed:
            warehouse.rollback()
            parameters["kept"] = Jsonb(kept)
            for name in ("release_refusals", "drop_from_map", "put_back_map"):
                warehouse.execute(statement(f"sync/{name}"), parameters)
            warehouse.commit()
