"""What is to be looked at, and what came of it: into ``stats`` and, where switched on, the CRM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from psycopg import Connection
from psycopg.rows import dict_row

from crm_mailchimp.campaigns.crm_campaigns import read_campaigns
from crm_mailchimp.campaigns.synchronise import UnknownCampaignError, totals
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.provider import CampaignProvider, ReportProvider
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.campaigns import load_campaigns


class OverviewProvider(CampaignProvider, ReportProvider, Protocol):
    """Campaigns in both forms: as records for us, as rows for ``stats``."""


class CampaignsFailedError(PermanentError):
    """Some campaigns failed for reasons that trying again does not heal."""


def campaigns_to_sync(
    warehouse: Connection[Any], crm: Connection[Any], codes: Sequence[str] = ()
) -> list[str]:
    """Codes of the campaigns that are not over, those whose row is gone from the CRM included.

    Args:
        warehouse: the warehouse.
        crm: to ``crm_db``.
        codes: only these, over or not; empty means all that are not over.

    Raises:
        UnknownCampaignError: one of ``codes`` is known to nobody.
    """
    planned = read_campaigns(crm, codes=codes)
    known = dict(warehouse.execute(statement("campaigns/known_codes")).fetchall())
    if codes:
        unknown = sorted(set(codes) - {campaign.code for campaign in planned} - set(known))
        if unknown:
            raise UnknownCampaignError(
                f"param 'campaigns' names {', '.join(unknown)}: no campaign of a collection with "
                "an external provider has this code; check crm.campaign"
            )
        return sorted(set(codes))
    begun = {code for code, is_over in known.items() if not is_over}
    sent = _sent(warehouse)
    wanted = {
        campaign.code
        for campaign in planned
        # Deleted by us when it was cancelled: made again when the CRM takes that back.
        if campaign.state != "cancelled" and campaign.campaign_id not in sent
    }
    return sorted(wanted | begun)


def look_at_all(warehouse: Connection[Any], provider: OverviewProvider) -> tuple[int, int]:
    """States and totals of all campaigns into ``stats`` and ``sync.campaign``; commits.

    Campaigns made directly in Mailchimp stand in ``stats.campaign_overview`` with the origin
    ``mailchimp``.

    Returns:
        number of campaigns in Mailchimp, and of those of the CRM whose figures changed.
    """
    count = load_campaigns(warehouse, provider)
    changed = 0
    for remote in provider.all_campaigns():
        if remote.status not in ("sending", "sent", "canceling", "canceled", "archived"):
            continue
        changed += warehouse.execute(
            statement("campaigns/record_totals"),
            {
                "provider_campaign_id": remote.campaign_id,
                "status": remote.status,
                **totals(remote),
            },
        ).rowcount
    warehouse.commit()
    return count, changed


def write_back(warehouse: Connection[Any], crm: Connection[Any]) -> int:
    """States and totals into ``crm.provider_campaign``; returns how many rows changed."""
    with warehouse.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "select campaign_id, provider_campaign_id, status, emails_sent, unique_opens,"
            " unique_clicks, sent_at, detail from sync.campaign"
            " where provider_campaign_id is not null and status is not null"
        ).fetchall()
    deleted = [
        campaign_id
        for (campaign_id,) in warehouse.execute(
            "select campaign_id from sync.campaign"
            " where provider_campaign_id is null and status = 'deleted'"
        )
    ]
    changed = 0
    with crm.transaction():
        for row in rows:
            changed += crm.execute(statement("campaigns/write_back"), row).rowcount
        changed += crm.execute(
            "update crm.provider_campaign set status = 'deleted', changed_at = now()"
            " where campaign_id = any(%s) and status <> 'deleted'",
            (deleted,),
        ).rowcount
    return changed


def due_soon(warehouse: Connection[Any], codes: Sequence[str]) -> list[dict[str, str]]:
    """Campaigns of a run that wait for their moment, as the waiting operator takes them."""
    rows = warehouse.execute(statement("campaigns/due_soon"), {"codes": list(codes)}).fetchall()
    return [
        {
            "campaign_code": code,
            "provider_campaign_id": provider_campaign_id,
            "wait_until": look_again_at.isoformat(),
        }
        for code, provider_campaign_id, look_again_at in rows
    ]


def require_named(codes: Sequence[str]) -> None:
    """Raises:
    UnknownCampaignError: no campaign is named, where one must be.
    """
    if not codes:
        raise UnknownCampaignError("params test_to and recreate need param campaigns: name them")


def require_chosen(codes: Sequence[str] | None) -> Sequence[str]:
    """Raises:
    CampaignsFailedError: the run could not even choose its campaigns.
    """
    if codes is None:
        raise CampaignsFailedError("no campaigns were chosen: see the task 'choose'")
    return codes


def require_success(warehouse: Connection[Any], codes: Sequence[str]) -> None:
    """Raises:
    CampaignsFailedError: some of these campaigns failed at their last step.
    """
    rows = warehouse.execute(
        statement("campaigns/failed_campaigns"), {"codes": list(codes)}
    ).fetchall()
    if rows:
        told = "; ".join(f"{code}: {detail}" for code, detail in rows)
        raise CampaignsFailedError(f"{len(rows)} campaigns failed: {told}")


def _sent(warehouse: Connection[Any]) -> set[int]:
    rows = warehouse.execute(
        "select campaign_id from sync.campaign where provider_campaign_id is not null"
        " and status in ('sent', 'canceled', 'archived')"
    ).fetchall()
    return {campaign_id for (campaign_id,) in rows}
