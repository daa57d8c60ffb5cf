"""Audiences into ``stats``: which there are, how they grew, what happened in them, who left how."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.errors import PermanentError, ProviderError
from crm_mailchimp.outages import OutageWatch
from crm_mailchimp.provider import AudienceHistoryProvider
from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.audience_activity import load_days
from crm_mailchimp.stats.audience_figures import load_audiences
from crm_mailchimp.stats.audience_growth import load_growth
from crm_mailchimp.stats.member_activity import load_feeds

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)

#: Problems that a message names one by one.
_NAMED = 20


class UnreadAudiencesError(PermanentError):
    """Parts of what is known of audiences could not be read; everything else was."""


def extract_audiences(
    connection: Connection[Any],
    provider: AudienceHistoryProvider,
    *,
    account: str = DEFAULT_ACCOUNT,
    since: datetime | None = None,
) -> dict[str, int]:
    """Bring audiences up to date; commits piece by piece, so a crash repeats little.

    It costs one call per thousand audiences, and two per audience once a day. Each member of ours
    that left since the last run costs one call more.

    Args:
        connection: the warehouse; not in a transaction.
        provider: where the audiences are.
        account: of the provider.
        since: activity of members before this moment is not kept (retention); None keeps all.

    Returns:
        how much was read: audiences, months, days, members.

    Raises:
        UnreadAudiencesError: some audiences or feeds could not be read, after everything else was.
        ProviderError: an outage of the account.
    """
    watch = OutageWatch(provider)
    problems = _Problems(connection, watch)
    read = {"audiences": 0, "months": 0, "days": 0, "members": 0}
    with problems.noted("audiences"):
        read["audiences"] = load_audiences(connection, provider, account)
    due = read_values(connection, str, statement("stats/audiences_due"), {"account": account})
    connection.commit()
    for list_id in due:
        before = problems.count
        with problems.noted(f"months of audience {list_id}"):
            read["months"] += load_growth(connection, provider, list_id)
        with problems.noted(f"days of audience {list_id}"):
            read["days"] += load_days(connection, provider, list_id)
        # What could not be read is read by the next run, and not a day later.
        if problems.count == before:
            connection.execute(statement("stats/store_list_state"), {"list_id": list_id})
            connection.commit()
    with problems.noted("activity of departed members"):
        read["members"] = load_feeds(
            connection, provider, account=account, since=since, watch=watch
        )
    log.info("audiences: %s", read)
    problems.require_none()
    return read


class _Problems:
    """What could not be read while everything else was."""

    def __init__(self, connection: Connection[Any], watch: OutageWatch) -> None:
        self._connection, self._watch = connection, watch
        self._problems: list[str] = []

    @property
    def count(self) -> int:
        """How many there are so far."""
        return len(self._problems)

    @contextmanager
    def noted(self, part: str) -> Iterator[None]:
        try:
            yield
            self._watch.note_answer()
        except (PermanentError, ProviderError) as error:
            if isinstance(error, ProviderError):
                self._watch.note_failure(error, part)
            from crm_mailchimp.error_words import words_of  # noqa: PLC0415 - loads the driver

            self._connection.rollback()
            self._problems.append(f"{part}: {words_of(error)}")

    def require_none(self) -> None:
        if self._problems:
            named = "; ".join(self._problems[:_NAMED])
            raise UnreadAudiencesError(f"{len(self._problems)} parts could not be read: {named}")
