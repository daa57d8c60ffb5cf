"""Our figures beside Mailchimp's, with what explains a difference, and what a person accepts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_row, read_rows, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.activity import CAP

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)

UNEXPLAINED = "unexplained"

#: For how long a difference may be a list that fills in late, hours. Mailchimp speaks of up to 30
#: minutes for opens, and longer under load (its help page "Statistics in Campaign Reports").
GRACE_HOURS = 24


@dataclass(frozen=True, kw_only=True)
class _Explained:
    metric: str
    explanation: str | None


@dataclass(frozen=True, kw_only=True)
class _Summary:
    agreeing: int
    explained: int
    unexplained: int
    left_out: int


@dataclass(frozen=True, kw_only=True)
class _LeftOutFigure:
    campaign_id: str
    metric: str
    ours: int
    mailchimps: int
    detail: str


@dataclass(frozen=True, kw_only=True)
class _UnexplainedFigure:
    """A figure that differs, and how many figures of how many campaigns do in all.

    ``detail`` names rows of the report that could not be read, and explain only a part.
    """

    campaign_id: str
    metric: str
    ours: int
    mailchimps: int
    figures: int
    campaigns: int
    detail: str | None

    def __str__(self) -> str:
        text = f"campaign {self.campaign_id}: {self.metric} {self.ours}, Mailchimp says "
        return f"{text}{self.mailchimps}" + (f" ({self.detail})" if self.detail else "")


def reconcile(connection: Connection[Any], campaign_id: str) -> tuple[str, ...]:
    """Compare what is held of a campaign with its newest report; the caller commits.

    Streams whose figures differ are put down for another reading.

    Returns:
        the metrics that differ without an explanation.
    """
    parameters = {"campaign_id": campaign_id, "cap": CAP}
    with connection.pipeline():
        connection.execute(statement("stats/drop_other_kind"), parameters)
        connection.execute(statement("stats/reconcile"), parameters)
        connection.execute(statement("stats/settle_streams"), parameters)
        explained = read_rows(
            connection, _Explained, statement("stats/explain_differences"), parameters
        )
        connection.execute(statement("stats/mark_reconciled"), parameters)
    return tuple(one.metric for one in explained if one.explanation == UNEXPLAINED)


def summarise_figures(connection: Connection[Any]) -> dict[str, int]:
    """How many figures of all campaigns agree, differ for a known reason, or differ without one.

    ``left_out`` counts those that differ because rows could not be read. The log names them.
    """
    row = read_row(connection, _Summary, statement("stats/summarise_reconciliation"))
    figures = read_rows(connection, _LeftOutFigure, statement("stats/figures_with_rows_left_out"))
    for one in figures:
        log.warning(
            "campaign %s: %s %d, Mailchimp says %d: %s. All other rows were loaded",
            one.campaign_id,
            one.metric,
            one.ours,
            one.mailchimps,
            one.detail,
        )
    return asdict(row or _Summary(agreeing=0, explained=0, unexplained=0, left_out=0))


def accept_differences(
    connection: Connection[Any],
    *,
    accepted_by: str,
    reason: str,
    since: datetime | None = None,
    until: datetime | None = None,
    campaigns: Sequence[str] = (),
) -> int:
    """Take what is unexplained now as final; commits.

    It holds as long as the difference does not grow: a later loss is reported again.

    Args:
        connection: the warehouse.
        accepted_by: who decided.
        reason: why, in that person's words.
        since: only for campaigns sent at or after this moment.
        until: only for campaigns sent before this moment.
        campaigns: only for these campaign ids; empty means all.

    Returns:
        number of figures accepted.

    Raises:
        ValueError: no reason is given.
    """
    if not reason.strip():
        raise ValueError("a difference is accepted for a reason: say why")
    accepted = read_values(
        connection,
        str,
        statement("stats/accept_differences"),
        {
            "accepted_by": accepted_by,
            "reason": reason.strip(),
            "since": since,
            "until": until,
            "campaigns": list(campaigns),
        },
    )
    for campaign_id in set(accepted):
        connection.execute(statement("stats/explain_differences"), {"campaign_id": campaign_id})
    connection.commit()
    log.info("%d differences accepted by %s", len(accepted), accepted_by)
    return len(accepted)


class UnexplainedFiguresError(PermanentError):
    """Figures have differed from Mailchimp's for longer than late reports explain."""


def require_explained(connection: Connection[Any], *, hours: int = GRACE_HOURS) -> None:
    """Insist that no figure differs without explanation for longer than ``hours``.

    A difference that is only hours old is a report still filling in.

    Raises:
        UnexplainedFiguresError: names campaigns, metrics and both figures.
    """
    rows = read_rows(
        connection,
        _UnexplainedFigure,
        statement("stats/figures_without_explanation"),
        {"hours": hours},
    )
    if not rows:
        return
    figures, campaigns = rows[0].figures, rows[0].campaigns
    named = "; ".join(map(str, rows))
    more = f"; and {figures - len(rows)} more" if figures > len(rows) else ""
    raise UnexplainedFiguresError(
        f"{figures} figures of {campaigns} campaigns differ from Mailchimp's without explanation: "
        f"{named}{more}. See stats.reconciliation. A run of extract_reports with these campaigns "
        "in its param 'campaigns' reads them again from the start. Some differences never end, as "
        "when members or a campaign were deleted in Mailchimp. A person accepts those: give that "
        "run, or a run over a period, a reason in its param 'accept_differences'"
    )
