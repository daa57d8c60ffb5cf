"""Reports of campaigns into ``stats``: which campaigns have news, and reading one of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from crm_mailchimp.mailchimp.errors import NotFound
from crm_mailchimp.provider import ReportProvider
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.abuse_reports import ABUSE_REPORTS
from crm_mailchimp.stats.activity import ACTIVITY
from crm_mailchimp.stats.campaigns import load_campaigns
from crm_mailchimp.stats.domains import DOMAINS
from crm_mailchimp.stats.landing import batches
from crm_mailchimp.stats.links import LINKS
from crm_mailchimp.stats.locations import LOCATIONS
from crm_mailchimp.stats.proxy_opens import PROXY_OPENS
from crm_mailchimp.stats.recipients import RECIPIENTS
from crm_mailchimp.stats.reconciliation import reconcile
from crm_mailchimp.stats.report_snapshots import load_report, load_reports
from crm_mailchimp.stats.streams import Reading, Stream
from crm_mailchimp.stats.unsubscribes import UNSUBSCRIBES
from crm_mailchimp.warehouse.locks import named_lock

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)

#: Mapped tasks of one run: few enough for any scheduler, enough to use all connections.
MOST_BATCHES = 100

#: In the order of reading: proxy flags are set on events that are there.
STREAMS: tuple[Stream, ...] = (
    RECIPIENTS,
    ACTIVITY,
    PROXY_OPENS,
    UNSUBSCRIBES,
    ABUSE_REPORTS,
    LINKS,
    DOMAINS,
    LOCATIONS,
)


@dataclass(frozen=True)
class CampaignExtract:
    """What reading one campaign brought.

    Attributes:
        campaign_id: the campaign.
        rows_read: rows the API gave, by stream; streams without news are not there.
        unexplained: metrics in which our figures differ from Mailchimp's without explanation.
    """

    campaign_id: str
    rows_read: dict[str, int] = field(default_factory=dict)
    unexplained: tuple[str, ...] = ()


def campaigns_to_read(
    connection: Connection[Any],
    provider: ReportProvider,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    campaigns: Sequence[str] = (),
) -> list[str]:
    """List campaigns and their reports, keep what changed, and tell which ones are worth reading.

    Costs one API call per thousand campaigns and one per thousand reports, plus one per audience
    that has news. Commits.

    Args:
        connection: the warehouse.
        provider: where campaigns and reports are.
        since: only campaigns sent at or after this moment.
        until: only campaigns sent before this moment.
        campaigns: only these campaign ids; empty means all.

    Returns:
        ids of campaigns, newest first. With any of ``since``, ``until`` and ``campaigns`` these
        are all sent campaigns so chosen, whether or not their figures changed; else those whose
        report shows figures that have not been read yet.
    """
    # The API's ``since_send_time`` is exclusive; the choice itself is made in SQL.
    earliest = since - timedelta(seconds=1) if since else None
    listed = load_campaigns(connection, provider, since=earliest, until=until)
    reported = load_reports(connection, provider, since=earliest, until=until)
    rows = connection.execute(
        statement("stats/campaigns_to_read"),
        {
            "chosen": bool(since or until or campaigns),
            "since": since,
            "until": until,
            "campaigns": list(campaigns),
        },
    ).fetchall()
    connection.commit()
    log.info("%d campaigns, %d reports listed; %d to read", listed, reported, len(rows))
    return [campaign_id for (campaign_id,) in rows]


def extract_campaign(
    connection: Connection[Any],
    provider: ReportProvider,
    campaign_id: str,
    *,
    full: bool = False,
    ips_since: datetime | None = None,
) -> CampaignExtract:
    """Read every stream of one campaign that has news; each is committed by itself.

    A crash loses at most the stream being read, and a second call goes on from there. Another
    extract of the same campaign is waited for.

    Args:
        connection: the warehouse; not in a transaction.
        provider: where the reports are.
        campaign_id: the campaign; it stands in ``stats.campaigns``.
        full: read all streams from their start, whatever is known.
        ips_since: IP addresses of events before this moment are not kept; None keeps all.
    """
    with named_lock(connection, f"campaign reports:{campaign_id}"):
        load_report(connection, provider, campaign_id)
        stale = dict(
            connection.execute(
                statement("stats/streams_to_read"), {"campaign_id": campaign_id, "from_start": full}
            ).fetchall()
        )
        connection.commit()
        rows_read: dict[str, int] = {}
        for stream in STREAMS:
            if stream.name in stale:
                reading = Reading(campaign_id, stale[stream.name], full, ips_since)
                rows_read[stream.name] = stream.read(connection, provider, reading)
        unexplained = reconcile(connection, campaign_id)
        connection.commit()
    log.info("campaign %s: %s", campaign_id, rows_read or "nothing new")
    return CampaignExtract(campaign_id, rows_read, unexplained)


def batches_of_campaigns(campaign_ids: Sequence[str]) -> list[list[str]]:
    """Campaign ids in at most 100 batches of similar size: what a mapped task reads each."""
    size = max(1, -(-len(campaign_ids) // MOST_BATCHES))
    return list(batches(campaign_ids, size))


def extract_campaigns(
    connection: Connection[Any],
    provider: ReportProvider,
    campaign_ids: Sequence[str],
    *,
    full: bool = False,
    ips_since: datetime | None = None,
) -> dict[str, int]:
    """Read campaigns one after the other as :func:`extract_campaign` does.

    A campaign deleted since it was listed is passed over; what was read of it stays.

    Returns:
        rows the API gave, by stream.
    """
    rows_read: dict[str, int] = {}
    for campaign_id in campaign_ids:
        try:
            extract = extract_campaign(
                connection, provider, campaign_id, full=full, ips_since=ips_since
            )
        except NotFound:
            connection.rollback()
            log.warning("campaign %s is gone from Mailchimp: passed over", campaign_id)
            continue
        for stream, count in extract.rows_read.items():
            rows_read[stream] = rows_read.get(stream, 0) + count
    return rows_read
