"""Our figures beside Mailchimp's, with the reason where they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.activity import CAP

if TYPE_CHECKING:
    from psycopg import Connection

UNEXPLAINED = "unexplained"


def reconcile(connection: Connection[Any], campaign_id: str) -> tuple[str, ...]:
    """Compare what is held of a campaign with its newest report; the caller commits.

    Returns:
        the metrics that differ without an explanation.
    """
    rows = connection.execute(
        statement("stats/reconcile"), {"campaign_id": campaign_id, "cap": CAP}
    ).fetchall()
    return tuple(metric for metric, explanation in rows if explanation == UNEXPLAINED)


def summarise(connection: Connection[Any]) -> dict[str, int]:
    """How many figures of all campaigns agree, differ for a known reason, or differ without one."""
    row = connection.execute(statement("stats/summarise_reconciliation")).fetchone()
    agreeing, explained, unexplained = row or (0, 0, 0)
    return {"agreeing": agreeing, "explained": explained, UNEXPLAINED: unexplained}


class UnexplainedFiguresError(PermanentError):
    """Figures have differed from Mailchimp's for longer than late reports explain."""


def require_explained(connection: Connection[Any], *, hours: int = 24) -> None:
    """Insist that no figure differs without explanation for longer than ``hours``.

    A difference that is only hours old is a report still filling in.

    Raises:
        UnexplainedFiguresError: names campaigns, metrics and both figures.
    """
    rows = connection.execute(
        statement("stats/figures_without_explanation"), {"hours": hours}
    ).fetchall()
    if rows:
        raise UnexplainedFiguresError(
            "figures that differ from Mailchimp's without explanation: "
            + "; ".join(
                f"campaign {campaign_id}: {metric} {ours}, Mailchimp says {mailchimps}"
                for campaign_id, metric, ours, mailchimps in rows
            )
            + ". See stats.reconciliation; a run of extract_reports with these campaigns in its "
            "param 'campaigns' reads them again from the start"
        )
