"""Former audiences, found after a loss of ``sync`` while the collection had another one already.

Perhaps the collection moved long ago. Then the sync archived members of the former audience, and
gave a tag there to nobody any more. Or the collection was about to move, and people refused. Its
present audience shows that: the sync added nobody there who had refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.rows import read_rows, read_value, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import tags
from crm_mailchimp.sync.audience.tags import CollectionTag
from crm_mailchimp.sync.staging.staged_collection import StagedCollection
from crm_mailchimp.warehouse.key_lookups import hash_joins_now


class FoundAudience(NamedTuple):
    """An audience that a collection had before.

    Attributes:
        shared_id: of a shared one: its id among the collections.
        found_through: the newest known change there by the first look, as Postgres writes it.
            Mailchimp's clock. Infinity: nobody has looked at all of it yet.
    """

    list_id: str
    shared_id: int | None
    found_through: str


def tags_found_before(warehouse: Connection[Any], collection_id: int) -> list[CollectionTag]:
    """The collection's tags there, until a run has succeeded in its present audience; commits."""
    left = tags.find_left(warehouse, collection_id)
    if not left:
        return []
    found = read_values(
        warehouse,
        str,
        "select list_id from sync.tag where collection_id = %s and found_through is not null",
        (collection_id,),
    )
    warehouse.commit()
    return [one for one in left if one.list_id in found]


def had_others(warehouse: Connection[Any], collection_ids: Sequence[int]) -> list[int]:
    """The collections of which such an audience is known, and not decided who refused; commits."""
    asked = {"collection_ids": list(collection_ids)}
    found = read_values(warehouse, int, statement("sync/had_other_audiences"), asked)
    if found:
        warehouse.execute(statement("sync/settle_found_audiences"), asked)
        found = read_values(warehouse, int, statement("sync/had_other_audiences"), asked)
    warehouse.commit()
    return found


def unjudged_in(warehouse: Connection[Any], collection: StagedCollection) -> list[str]:
    """The shared audience that shows the collection's tag since a loss, if any; no commit."""
    return read_values(
        warehouse,
        str,
        "select list_id from sync.tag where collection_id = %s and shared_id = %s"
        " and left_at is null and unjudged_since is not null",
        (collection.collection_id, collection.shared_id),
    )


def fill_present(
    warehouse: Connection[Any], collection_id: int, staging_id: int, present_list_id: str | None
) -> None:
    """Fill the temporary table ``present_now``; no commit.

    Args:
        collection_id: the collection.
        staging_id: says which contacts are one person.
        present_list_id: its audience, as ``sync.member`` knows it now; None: nobody is present.
    """
    warehouse.execute(statement("sync/create_present_now"))
    warehouse.execute("truncate present_now")
    if present_list_id is None:
        return
    place = {"collection_id": collection_id, "present_list_id": present_list_id}
    is_shared = read_value(
        warehouse,
        bool,
        "select exists (select from sync.tag"
        " where list_id = %(present_list_id)s and collection_id = %(collection_id)s)",
        place,
    )
    with hash_joins_now(warehouse):
        warehouse.execute(
            statement("sync/fill_present_now"),
            {**place, "staging_id": staging_id, "is_shared": is_shared},
        )
    warehouse.execute("analyze present_now")


def find_found(
    warehouse: Connection[Any], collection_id: int, has_moved: bool
) -> list[FoundAudience]:
    """Such audiences, until a run of the collection succeeds; commits.

    What happens there after the first look counts.

    Args:
        has_moved: a preview found that the collection has another audience than the state knows.
            It notes that nowhere.
    """
    asked = {"collection_id": collection_id, "has_moved": has_moved}
    found = read_rows(warehouse, FoundAudience, statement("sync/find_found_audiences"), asked)
    warehouse.commit()
    return found


def note_first_look(warehouse: Connection[Any], list_id: str, collection_id: int) -> None:
    """Note that an audience was just listed that may be one that was found; commits."""
    warehouse.execute(
        statement("sync/note_first_look"), {"list_id": list_id, "collection_id": collection_id}
    )
    warehouse.commit()


def pass_over_present(
    warehouse: Connection[Any], collection_id: int, before: FoundAudience
) -> None:
    """Who is in the present audience did not refuse the collection by an archive; no commit.

    Args:
        warehouse: ``present_now`` has who is there.
        collection_id: the collection.
        before: an audience that it had.
    """
    with hash_joins_now(warehouse):
        warehouse.execute(
            statement("sync/pass_over_present"),
            {"collection_id": collection_id, **before._asdict()},
        )
