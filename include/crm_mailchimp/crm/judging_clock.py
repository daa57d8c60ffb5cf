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

from crm_mailchimp.rows import read_value

log = logging.getLogger(__name__)

#: Clocks that differ by less are as good as equal.
_TOLERANCE = timedelta(minutes=1)


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
        """
        here = _time_here()
        return cls(min(crm_time, here), max(crm_time, here))

    @classmethod
    def now(cls, crm: Connection[Any]) -> Self:
        """The present moment by the CRM's clock and this machine's.

        Args:
            crm: to ``crm_db``.
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
