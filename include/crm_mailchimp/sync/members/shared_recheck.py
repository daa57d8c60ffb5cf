"""The last look at the CRM before a push to a shared audience: one of its collections suffices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from psycopg import Connection

from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.decisions.planned_member import PlannedMember
from crm_mailchimp.sync.members.last_look import Recheck
from crm_mailchimp.sync.refusals.suppression import Digester

M = TypeVar("M", bound=PlannedMember)


class _InCollection(NamedTuple):
    collection_id: int
    contact_id: int
    is_eligible: bool


@dataclass(frozen=True, kw_only=True)
class SharedRecheck:
    """Looks at contacts once more, for each collection that they are in.

    Args:
        crm: as for ``Recheck``.
        warehouse: as for ``Recheck``.
        digester: of the suppression list.
        staging_id: says which contact is in which collection.
        collections: the look of each collection, by its id.
    """

    crm: Connection[Any]
    warehouse: Connection[Any]
    digester: Digester
    staging_id: int
    collections: Mapping[int, Recheck]

    def still_eligible(self, members: Sequence[M]) -> list[M]:
        """As ``Recheck.still_eligible``: those that one of their collections may mail now."""
        return self._eligible(members, [one for one in self._found(members) if one.is_eligible])

    def still_to_remove(self, members: Sequence[M]) -> list[M]:
        """As ``Recheck.still_to_remove``: those that no collection holds again."""
        may_have_healed = [
            member
            for member in members
            if not (member.cause or "").startswith("suppressed") and not member.has_changed_address
        ]
        found = self._found(may_have_healed)
        # Whether a dynamic collection holds somebody again is known only to its query.
        static = [
            one for one in found if self.collections[one.collection_id].collection_id is not None
        ]
        left = [member for member in may_have_healed if member.cause == "left_collection"]
        others = [member for member in may_have_healed if member.cause != "left_collection"]
        healed = {
            member.subscriber_hash
            for member in (*self._eligible(left, static), *self._eligible(others, found))
        }
        return [member for member in members if member.subscriber_hash not in healed]

    def _found(self, members: Sequence[M]) -> list[_InCollection]:
        contact_ids = [one.contact_id for one in members if one.contact_id is not None]
        if not contact_ids:
            return []
        return read_rows(
            self.warehouse,
            _InCollection,
            statement("sync/find_collections_of_contacts"),
            {
                "staging_id": self.staging_id,
                "collection_ids": list(self.collections),
                "contact_ids": contact_ids,
            },
        )

    def _eligible(self, members: Sequence[M], found: Sequence[_InCollection]) -> list[M]:
        contacts: dict[int, set[int]] = defaultdict(set)
        for one in found:
            contacts[one.collection_id].add(one.contact_id)
        eligible: set[str] = set()
        for collection_id, recheck in self.collections.items():
            asked = [
                member
                for member in members
                if member.contact_id in contacts[collection_id]
                and member.subscriber_hash not in eligible
            ]
            if asked:
                eligible |= {one.subscriber_hash for one in recheck.still_eligible(asked)}
        return [member for member in members if member.subscriber_hash in eligible]
