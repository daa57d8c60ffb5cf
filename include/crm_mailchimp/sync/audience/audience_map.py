"""The audience map: which collection uses which audience, and which audiences it used before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from crm_mailchimp.rows import find_value, read_row, read_rows
from crm_mailchimp.sync.audience import tags
from crm_mailchimp.sync.audience.tags import CollectionTag

#: An audience is listed in full this often: only that shows permanent deletions.
FULL_LISTING_EVERY = timedelta(days=7)
#: A clock that is set right by less than this was not wrong.
_CLOCK_STEP = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class FormerAudience:
    """An audience that was a collection's; the attributes are those of ``KnownAudience``."""

    collection_code: str
    list_id: str
    account: str
    gdpr_category: str | None
    pulled_through: datetime | None
    fully_listed_at: datetime | None

    def needs_full_listing(self, _now: datetime) -> bool:
        """Once: who was deleted there before the collection left is not added elsewhere."""
        return self.fully_listed_at is None


@dataclass(frozen=True, kw_only=True)
class KnownAudience:
    """A row of the audience map.

    Attributes:
        account: id of the Airflow connection that leads to its Mailchimp account.
        linked: named by the CRM, not created by us.
        settings_hash: of the settings it was last given; None: it was given none.
        remote_name: its name in Mailchimp when last looked at.
        pulled_through: the newest change that was read, Mailchimp's clock.
        gdpr_category: the collection's last known one.
        tag: of a collection that shares the audience with others; None: it shares it with nobody.
    """

    collection_id: int
    collection_code: str
    list_id: str
    account: str
    linked: bool
    settings_hash: str | None
    remote_name: str | None
    pulled_through: datetime | None
    fully_listed_at: datetime | None
    gdpr_category: str | None
    tag: CollectionTag | None = None

    @property
    def tag_id(self) -> int | None:
        """The provider's id of the tag; None: there is none, or it is not made yet."""
        return self.tag.tag_id if self.tag is not None else None

    def needs_full_listing(self, now: datetime) -> bool:
        """Whether the last full listing is too old, or there never was one.

        A listing in the future was noted by a clock that was ahead, and counts as never.

        Args:
            now: present time of the warehouse.
        """
        if self.fully_listed_at is None:
            return True
        return not -_CLOCK_STEP < now - self.fully_listed_at <= FULL_LISTING_EVERY


_FORMER = (
    "select collection_code, list_id, account, gdpr_category, pulled_through, fully_listed_at"
    " from sync.former_audience"
)
_KNOWN = (
    "select collection_id, collection_code, list_id, account, linked, settings_hash, remote_name,"
    " pulled_through, fully_listed_at, gdpr_category from sync.audience"
)


def find_known(warehouse: Connection[Any], collection_id: int) -> KnownAudience | None:
    """The map's row of a collection, or of a shared audience, if any."""
    return read_row(
        warehouse, KnownAudience, f"{_KNOWN} where collection_id = %s", (collection_id,)
    )


def find_used(warehouse: Connection[Any], collection_id: int) -> KnownAudience | None:
    """The audience that a collection uses: its own, or one that it shares, with its tag."""
    tag = tags.find_tag(warehouse, collection_id)
    if tag is None:
        return find_known(warehouse, collection_id)
    shared = find_by_list(warehouse, tag.list_id)
    return None if shared is None else replace(shared, collection_id=collection_id, tag=tag)


def find_by_list(warehouse: Connection[Any], list_id: str) -> KnownAudience | None:
    """The map's row of an audience, if any."""
    return read_row(warehouse, KnownAudience, f"{_KNOWN} where list_id = %s", (list_id,))


def read_former(warehouse: Connection[Any], collection_id: int) -> list[FormerAudience]:
    """Former audiences of a collection that are not known to be deleted."""
    return read_rows(
        warehouse,
        FormerAudience,
        f"{_FORMER} where collection_id = %s and deleted_at is null order by list_id",
        (collection_id,),
    )


def find_retired(warehouse: Connection[Any], list_id: str) -> FormerAudience | None:
    """A former audience that is not known to be deleted, if the audience is one."""
    return read_row(
        warehouse,
        FormerAudience,
        f"{_FORMER} where list_id = %s and deleted_at is null",
        (list_id,),
    )


def web_id_of(warehouse: Connection[Any], list_id: str) -> int | None:
    """The audience's id in the addresses of Mailchimp's own pages.

    None as long as ``extract_reports`` has not read the audience.
    """
    return find_value(
        warehouse, int, "select web_id from stats.lists where list_id = %s", (list_id,)
    )
