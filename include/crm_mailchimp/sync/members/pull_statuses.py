"""The pull-back step alone: what happened in Mailchimp, often and without pushing anything."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import find_value, read_rows, read_values
from crm_mailchimp.sync.audience.audience_map import find_known
from crm_mailchimp.sync.members.pull_back import pull_back
from crm_mailchimp.warehouse.locks import try_named_lock

log = logging.getLogger(__name__)


class NoAudienceError(PermanentError):
    """The collection has no audience."""


class _StatusCount(NamedTuple):
    status: str
    members: int


def mapped_codes(warehouse: Connection[Any]) -> list[str]:
    """Codes of the collections that have an audience, in order."""
    query = "select distinct collection_code from sync.audience order by collection_code"
    return read_values(warehouse, str, query)


def pull_statuses(
    warehouse: Connection[Any],
    accounts: Accounts[AudienceProvider],
    collection_code: str,
    *,
    crm: Connection[Any] | None = None,
) -> dict[str, int] | None:
    """Bring ``sync.member`` up to date with one collection's audience.

    Does not wait for other work on the audience: a sync pulls back by itself.

    Args:
        accounts: gives the client of the audience's account.
        crm: to ``crm_db``, in autocommit, as for ``pull_back``.

    Returns:
        members by their last known status, and ``api_calls``; None when another task works on
        the audience.

    Raises:
        NoAudienceError: there is no audience for this code (any more).
    """
    calls_before = accounts.calls
    # The lock that `audience_lock` waits for.
    with try_named_lock(warehouse, f"audience:{collection_code}") as is_ours:
        if not is_ours:
            log.info("collection %s: its audience is being worked on, left alone", collection_code)
            return None
        collection_id = find_value(
            warehouse,
            int,
            "select collection_id from sync.audience where collection_code = %s"
            " order by created_at desc limit 1",
            (collection_code,),
        )
        known = None if collection_id is None else find_known(warehouse, collection_id)
        warehouse.commit()
        if known is None:
            raise NoAudienceError(f"collection {collection_code} has no audience in sync.audience")
        with accounts.lent(known.account) as provider:
            pull_back(warehouse, provider, known, crm=crm)
        counts = dict(
            read_rows(
                warehouse,
                _StatusCount,
                "select status, count(*) as members from sync.member where list_id = %s"
                " group by status",
                (known.list_id,),
            )
        )
        warehouse.commit()
    counts["api_calls"] = accounts.calls - calls_before
    log.info(
        "collection %s: %s",
        collection_code,
        ", ".join(f"{name} {count}" for name, count in sorted(counts.items())),
    )
    return counts
