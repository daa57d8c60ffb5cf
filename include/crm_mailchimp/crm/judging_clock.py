"""The moment at which consents are judged, by two clocks: a wrong clock must mail nobody.

A CRM whose clock goes back hides withdrawals of the last hour: they seem to lie in the future. So
the clock of this machine is asked, too. A grant counts when both clocks have reached it. A
withdrawal counts when one of them has, and so does the end of a consent.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_value

log = logging.getLogger(__name__)

#: Clocks that differ by less are as good as equal.
_TOLERANCE = timedelta(minutes=1)
#: Clocks that differ by more judge nobody: valid consents would count as withdrawn or ended.
_MOST = timedelta(days=1)


class ClocksDifferError(PermanentError):
    """The CRM's clock or this machine's is wrong by more than a day."""

    def __init__(self, crm_time: datetime, here: datetime) -> None:
        super().__init__(
            f"the clock of crm_db says {crm_time:%Y-%m-%d %H:%M} UTC, and the clock of this machine"
            f" says {here:%Y-%m-%d %H:%M} UTC. Consents cannot be judged, so nobody is added or"
            " removed. Set the wrong clock right, and run again"
        )


@dataclass(frozen=True)
class JudgingClock:
    """The moment of a judgement.

    Attributes:
        grants: grants with effect up to this moment count.
        refusals: withdrawals with effect, and consents with an end, up to this moment count.
    """

    grants: datetime
    refusals: datetime

    @classmethod
    def at(cls, moment: datetime) -> Self:
        """One moment for everything."""
        return cls(moment, moment)

    @classmethod
    def beside(cls, crm_time: datetime) -> Self:
        """The CRM's time and this machine's present one, whichever mails fewer people.

        Args:
            crm_time: what the CRM's clock says now, with a time zone.

        Raises:
            ClocksDifferError: they differ by more than a day.
        """
        here = _time_here()
        if abs(here - crm_time) > _MOST:
            raise ClocksDifferError(crm_time.astimezone(UTC), here)
        return cls(min(crm_time, here), max(crm_time, here))

    @classmethod
    def now(cls, crm: Connection[Any]) -> Self:
        """The present moment by the CRM's clock and this machine's.

        Args:
            crm: to ``crm_db``.

        Raises:
            ClocksDifferError: they differ by more than a day.
        """
        return cls.beside(read_value(crm, datetime, "select clock_timestamp()"))

    def warn_of_difference(self) -> None:
        """Log that a clock is wrong, if the two differ by more than a minute."""
        difference = self.refusals - self.grants
        if difference > _TOLERANCE:
            log.warning(
                "the clock of crm_db and the clock of this machine differ by %.0f seconds. A grant "
                "counts when both have reached it, a withdrawal when one has. Set the clocks right",
                difference.total_seconds(),
            )


def _time_here() -> datetime:
    return datetime.now(UTC)
