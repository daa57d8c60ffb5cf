"""What the warehouse knows about shared audiences, and the CRM about collections that are away.

A collection that is inactive, or whose row cannot be read, is not staged with its audience. The
audience goes on all the same with the fields that the collection wants. The CRM may have lost the
row for a night. Then nobody knows what the collection wants. So the fields stay with its members.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.made_up_ids import UNKNOWN_COLLECTIONS
from crm_mailchimp.sync.staging.shared_audiences import SharedAudience


class _History(NamedTuple):
    """What is known about a shared audience.

    Attributes:
        joined_ids: collections that are in it.
        tagged_ids: those of them that have, or had, a tag there.
        keeping_ids: those of them whose members would stay if the CRM lost them.
    """

    shared_id: int
    list_id: str
    joined_ids: list[int]
    tagged_ids: list[int]
    keeping_ids: list[int]
    carries_fields: bool


class _Away(NamedTuple):
    """A collection of the CRM that is not staged with its audience.

    Attributes:
        is_unreadable: nobody knows which audience it shares.
        wants_fields: it wants additional fields.
    """

    collection_id: int
    shared_audience: str | None
    is_unreadable: bool
    wants_fields: bool

    def keeps_fields(self, name: str) -> bool:
        """Whether it wants the additional fields of an audience that the CRM calls so."""
        return self.wants_fields and (self.is_unreadable or self.shared_audience == name)


def with_histories(
    warehouse: Connection[Any], crm: Connection[Any], shared: Sequence[SharedAudience]
) -> list[SharedAudience]:
    """The shared audiences with what is known about them; commits the warehouse.

    Args:
        crm: to ``crm_db``, in the run's snapshot.
    """
    histories = {
        one.shared_id: one
        for one in read_rows(
            warehouse,
            _History,
            statement("sync/find_shared_histories"),
            {"shared_ids": [one.shared_id for one in shared]},
        )
    }
    warehouse.commit()
    away = {
        one.shared_id: _away(one, histories[one.shared_id])
        for one in shared
        if one.shared_id in histories
    }
    asked = sorted(set().union(*away.values()))
    present = {
        one.collection_id: one
        for one in (
            read_rows(crm, _Away, statement("crm/find_away_collections"), {"collection_ids": asked})
            if asked
            else ()
        )
    }
    return [
        replace(
            one,
            known_list_id=known.list_id,
            tagged_ids=frozenset(known.tagged_ids),
            keeps_fields=any(
                present[collection_id].keeps_fields(one.name)
                if collection_id in present
                else collection_id in known.keeping_ids and collection_id not in UNKNOWN_COLLECTIONS
                for collection_id in away[one.shared_id]
            ),
        )
        if (known := histories.get(one.shared_id)) is not None
        else one
        for one in shared
    ]


def _away(one: SharedAudience, known: _History) -> set[int]:
    """Collections that are in the audience, and not staged with it: they may want its fields."""
    if not known.carries_fields:
        return set()  # none of them may begin now
    return set(known.joined_ids) - {member.collection_id for member in one.collections}
