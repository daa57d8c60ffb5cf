"""Rows of ``staging.plan``: what is to be done with one member, read page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from psycopg import Connection

from crm_mailchimp.rows import read_row, read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.decisions.removal_guard import DUE_CAUSES
from crm_mailchimp.sync.staging.staged_collection import StagedCollection
from crm_mailchimp.warehouse.key_lookups import index_order_now

#: Members read at once, and added by one call (OpenAPI 3.0.55, ``POST /lists/{list_id}``: "Up to
#: 500 members").
PAGE = 500

#: What we know of a member: made by us, taken over, or not ours (``sync.member.origin``).
Origin = Literal["created", "adopted", "foreign"]
#: A field's value as the CRM has it; an address is an object of its parts.
StoredValue = str | Mapping[str, str | None] | None


@dataclass(frozen=True, kw_only=True)
class PlannedMember:
    """What is planned for a member.

    Attributes:
        contact_id: None where a member of ours has no contact any more.
        has_changed_address: the person chose another address in Mailchimp than the CRM has.
    """

    action: str
    cause: str | None
    subscriber_hash: str = field(repr=False)
    contact_id: int | None
    has_changed_address: bool


@dataclass(frozen=True, kw_only=True)
class PlannedRemoval(PlannedMember):
    """A member to unsubscribe or to archive."""

    action: Literal["unsubscribe", "archive"]


@dataclass(frozen=True, kw_only=True)
class PlannedContact(PlannedMember):
    """A contact to add, to update or to ask for confirmation, with what Mailchimp is to know.

    Attributes:
        content_hash: of the values, to see the next change.
        consent_id: the deciding consent; None where the category asks for none.
        consented_at: since when it is in force.
        origin: None: the audience has no such member yet.
        permission_to_give: the marketing permission that the contact gave in the CRM. The member
            does not have it yet. None: there is none to give.
    """

    action: Literal["add", "add_pending", "revive", "adopt", "update", "reconfirm"]
    contact_id: int
    address_key: str = field(repr=False)
    first_name: str | None = field(repr=False)
    last_name: str | None = field(repr=False)
    language: str | None
    field_values: Mapping[str, StoredValue] | None = field(repr=False)
    content_hash: str
    consent_id: int | None
    consented_at: datetime | None
    origin: Origin | None
    permission_to_give: str | None = None


@dataclass(frozen=True, kw_only=True)
class PlannedIdentity:
    """The planned contact that an answer of Mailchimp is about.

    Attributes:
        content_hash: as for ``PlannedContact``; None for members that are not wanted.
    """

    subscriber_hash: str = field(repr=False)
    contact_id: int
    content_hash: str | None


def next_contacts(
    warehouse: Connection[Any],
    collection: StagedCollection,
    list_id: str,
    actions: tuple[str, ...],
    *,
    after: str,
    size: int = PAGE,
) -> list[PlannedContact]:
    """The next page of contacts with these actions.

    Args:
        after: subscriber hash of the last one of the page before.
        size: contacts of a page.
    """
    with index_order_now(warehouse):
        return read_rows(
            warehouse,
            PlannedContact,
            statement("sync/next_planned_contacts"),
            {
                "staging_id": collection.staging_id,
                "collection_id": collection.collection_id,
                "list_id": list_id,
                "actions": list(actions),
                "after": after,
                "page": size,
            },
        )


def next_removals(
    warehouse: Connection[Any],
    collection: StagedCollection,
    list_id: str,
    *,
    due: bool,
    after: str,
    size: int = PAGE,
) -> list[PlannedRemoval]:
    """The next page of removals.

    Args:
        due: those that nothing holds back (``removal_guard.DUE_CAUSES``), or the others.
        after: subscriber hash of the last one of the page before.
        size: removals of a page.
    """
    with index_order_now(warehouse):
        return read_rows(
            warehouse,
            PlannedRemoval,
            statement("sync/next_planned_removals"),
            {
                "staging_id": collection.staging_id,
                "collection_id": collection.collection_id,
                "list_id": list_id,
                "is_due": due,
                "due_causes": list(DUE_CAUSES),
                "after": after,
                "page": size,
            },
        )


def find_planned_identity(
    warehouse: Connection[Any], collection: StagedCollection, subscriber_hash: str
) -> PlannedIdentity | None:
    """The contact that is planned under a subscriber hash, if any."""
    return read_row(
        warehouse,
        PlannedIdentity,
        statement("sync/find_planned"),
        {
            "staging_id": collection.staging_id,
            "collection_id": collection.collection_id,
            "subscriber_hash": subscriber_hash,
        },
    )
