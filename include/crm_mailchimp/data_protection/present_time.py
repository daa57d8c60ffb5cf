"""The present time by several clocks: what is removed for good must not go early by a wrong one."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import find_value, read_value

log = logging.getLogger(__name__)

#: Clocks that differ by more remove nothing.
_MOST = timedelta(days=1)
#: So long an account may be silent: no member changes, and no campaign goes out.
_SILENCE = timedelta(days=31)


class ClocksDisagreeError(PermanentError):
    """Two clocks differ by more than a day, so nobody knows what has reached its age."""

    def __init__(self, times: dict[str, datetime]) -> None:
        said = ", ".join(f"{whose}: {at:%Y-%m-%d %H:%M} UTC" for whose, at in times.items())
        super().__init__(
            f"the clocks disagree ({said}). Nothing was removed, because it might be removed early."
            " Set the wrong clock right, and run again"
        )


def agreed_time(warehouse: Connection[Any], *, mailchimp: datetime | None = None) -> datetime:
    """The earliest of the present times by this machine, the warehouse and Mailchimp.

    Args:
        warehouse: ends no transaction.
        mailchimp: present time as Mailchimp says; None: it is not asked.

    Raises:
        ClocksDisagreeError: two of them differ by more than a day.
    """
    times = {
        "this machine": _time_here(),
        "warehouse_db": read_value(warehouse, datetime, "select clock_timestamp()").astimezone(UTC),
    }
    if mailchimp is not None:
        times["Mailchimp"] = mailchimp.astimezone(UTC)
    if max(times.values()) - min(times.values()) > _MOST:
        raise ClocksDisagreeError(times)
    return min(times.values())


def latest_possible(warehouse: Connection[Any]) -> datetime | None:
    """The latest time that it can be by what Mailchimp last said, where it gives no answer now.

    Mailchimp's newest change of a member, or its newest campaign, was before the present. An
    account may be silent since, but not for long.

    Returns:
        None: Mailchimp has said no time yet.
    """
    newest = find_value(
        warehouse,
        datetime,
        "select greatest((select max(pulled_through) from sync.audience),"
        " (select max(sent_at) from stats.campaigns))",
    )
    return None if newest is None else newest + _SILENCE


def _time_here() -> datetime:
    return datetime.now(UTC)
