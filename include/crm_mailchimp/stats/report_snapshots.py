"""Reports of campaigns: their figures over time, and what gates the reading of everything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.provider import ReportProvider
from crm_mailchimp.rows import find_value, read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.landing import land
from crm_mailchimp.stats.other_accounts import leave_out_known_elsewhere, require_none_elsewhere
from crm_mailchimp.stats.parts import leave_out_parts
from crm_mailchimp.stats.shapes import Field, LeftOut, Shape, amount_in
from crm_mailchimp.warehouse.single_statements import single_statements

if TYPE_CHECKING:
    from psycopg import Connection

#: One campaign's report: all its totals. The two ``proxy_excluded`` figures belong to newer
#: versions of the API; they are null where the answer has none.
SHAPE = Shape(
    stream="reports",
    fields=(
        Field("campaign_id", path="id", required=True),
        Field("list_id"),
        Field("list_name"),
        Field("type"),
        Field("title", path="campaign_title"),
        Field("subject_line"),
        Field("preview_text"),
        Field("sent_at", "time", path="send_time"),
        Field("emails_sent", "integer", missing=0),
        Field("opens_total", "integer", path="opens.opens_total", missing=0),
        Field("unique_opens", "integer", path="opens.unique_opens", missing=0),
        Field("proxy_excluded_opens", "integer", path="opens.proxy_excluded_opens"),
        Field("proxy_excluded_unique_opens", "integer", path="opens.proxy_excluded_unique_opens"),
        Field("open_rate", "number", path="opens.open_rate"),
        Field("last_open_at", "time", path="opens.last_open"),
        Field("clicks_total", "integer", path="clicks.clicks_total", missing=0),
        Field("unique_clicks", "integer", path="clicks.unique_clicks", missing=0),
        Field(
            "unique_subscriber_clicks", "integer", path="clicks.unique_subscriber_clicks", missing=0
        ),
        Field("click_rate", "number", path="clicks.click_rate"),
        Field("last_click_at", "time", path="clicks.last_click"),
        Field("unsubscribed", "integer", missing=0),
        Field("hard_bounces", "integer", path="bounces.hard_bounces", missing=0),
        Field("soft_bounces", "integer", path="bounces.soft_bounces", missing=0),
        Field("syntax_errors", "integer", path="bounces.syntax_errors", missing=0),
        Field("abuse_reports", "integer", missing=0),
        Field("forwards_count", "integer", path="forwards.forwards_count", missing=0),
        Field("forwards_opens", "integer", path="forwards.forwards_opens", missing=0),
        Field("ab_split", "json"),
        Field("timewarp", "json"),
        Field("timeseries", "json"),
        Field("list_stats", "json"),
        Field("industry_stats", "json"),
        Field("delivery_status", "json"),
        Field("ecommerce", "json"),
    ),
    dropped=frozenset({"list_is_active", "rss_last_send", "share_report", "facebook_likes"}),
    # Of an RSS campaign, which has the reports of its mails added up.
    hides=lambda item: {"series_emails_sent": amount_in(item, "emails_sent")},
)


def load_reports(
    connection: Connection[Any],
    provider: ReportProvider,
    *,
    account: str = DEFAULT_ACCOUNT,
    since: datetime | None = None,
    until: datetime | None = None,
    left_out: LeftOut,
) -> int:
    """Append a snapshot for every campaign whose report has changed; commits.

    The time of a look at all reports is remembered. Mails that are counted later had not been sent
    at that time.

    Args:
        connection: the warehouse.
        provider: where the reports are; a page of the API is 1,000 of them.
        account: of the provider.
        since: only campaigns sent after this moment.
        until: only campaigns sent up to this moment.
        left_out: takes what is wrong with reports that do not fit the shape.

    Returns:
        number of reports read.
    """
    began_at = read_value(connection, datetime, "select clock_timestamp()")
    connection.commit()
    landed = _load(
        connection,
        provider.reports(since_send_time=since, before_send_time=until),
        left_out,
        account,
        may_be_empty=True,
    )
    if since is None and until is None:
        connection.execute(
            statement("stats/store_report_listing"), {"account": account, "began_at": began_at}
        )
        connection.commit()
    return landed


def load_report(connection: Connection[Any], provider: ReportProvider, campaign_id: str) -> int:
    """Append a snapshot of one campaign's report, if it has changed; commits.

    Returns:
        number of mails, as the report counts them.
    """
    report = provider.report(campaign_id)
    _load(connection, [report], LeftOut(), account_of_campaign(connection, campaign_id))
    return amount_in(report, "emails_sent")


def load_mails(
    connection: Connection[Any],
    series_id: str,
    reports: Iterable[Mapping[str, Any]],
    left_out: LeftOut,
) -> int:
    """Append snapshots of the mails of an RSS campaign, which may be new campaigns; commits.

    Args:
        series_id: the RSS campaign.

    Returns:
        number of reports read.
    """
    return _load(connection, reports, left_out, account_of_campaign(connection, series_id))


def account_of_campaign(connection: Connection[Any], campaign_id: str) -> str:
    """The account of a campaign; one that is not known is in the default one."""
    with single_statements(connection):
        account = find_value(
            connection,
            str,
            "select account from stats.campaigns where campaign_id = %s",
            (campaign_id,),
        )
    return account or DEFAULT_ACCOUNT


def _load(
    connection: Connection[Any],
    reports: Iterable[Mapping[str, Any]],
    left_out: LeftOut,
    account: str,
    *,
    may_be_empty: bool = False,
) -> int:
    landed = land(connection, SHAPE, reports, left_out, may_be_empty=may_be_empty)
    with connection.pipeline():
        leave_out_parts(connection, f"landing_{SHAPE.stream}")
        elsewhere = leave_out_known_elsewhere(
            connection, f"landing_{SHAPE.stream}", "campaigns", account
        )
        # Automation mails have reports, but are not in the list of campaigns.
        connection.execute(statement("stats/load_reported_campaigns"), {"account": account})
        connection.execute(statement("stats/load_report_snapshots"))
    connection.commit()
    require_none_elsewhere(elsewhere, account)
    return landed
