"""Reports of sent campaigns: totals, recipients, opens, clicks, unsubscribes, complaints.

Rows are Mailchimp's JSON objects with everything it sends, but for links, and for addresses and
merge fields of the recipients: the hash tells who it was, and personal data that is not fetched
need not be guarded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import NotFound
from crm_mailchimp.mailchimp.paging import items_of, walk
from crm_mailchimp.mailchimp.timestamps import format_instant, parse_instant
from crm_mailchimp.provider import ReportTotals

Row = dict[str, Any]

#: Items that a page repeats of the one before: whoever is deleted during a walk moves the rest
#: forward, and nobody may be stepped over.
OVERLAP = 10


@dataclass(frozen=True, kw_only=True)
class _Stream:
    """One list below ``/reports/{campaign_id}``: its name in the answer, what tells rows apart."""

    items: str
    key: tuple[str, ...]
    since: bool = False
    paged: bool = True


_STREAMS: Mapping[str, _Stream] = {
    "sent-to": _Stream(items="sent_to", key=("email_id",)),
    "email-activity": _Stream(items="emails", key=("email_id",), since=True),
    "open-details": _Stream(items="members", key=("email_id",), since=True),
    "click-details": _Stream(items="urls_clicked", key=("id",)),
    "unsubscribed": _Stream(items="unsubscribes", key=("email_id",)),
    "abuse-reports": _Stream(items="abuse_reports", key=("id",)),
    "domain-performance": _Stream(items="domains", key=("domain",), paged=False),
    "locations": _Stream(items="locations", key=("country_code", "region")),
    "sub-reports": _Stream(items="reports", key=("id",), paged=False),
}


def reports(
    client: MailchimpClient,
    *,
    since_send_time: datetime | None = None,
    before_send_time: datetime | None = None,
) -> Iterator[Row]:
    """Reports of all campaigns sent in a period (ends as Mailchimp counts them)."""
    period = sent_in(since_send_time, before_send_time)
    yield from walk(
        lambda count, offset: client.reports.get_all_campaign_reports(
            count=count, offset=offset, exclude_fields=["_links", "reports._links"], **period
        ),
        "reports",
        key=_key(("id",)),
        overlap=OVERLAP,
    )


def report(client: MailchimpClient, campaign_id: str) -> Row:
    """Totals of one sent campaign.

    Raises:
        NotFound: there is no such campaign, or it was not sent.
    """
    answer: Row = client.reports.get_campaign_report(campaign_id, exclude_fields=["_links"])
    return answer


def rows(
    client: MailchimpClient, campaign_id: str, stream: str, *, since: datetime | None = None
) -> Iterator[Row]:
    """Rows of one list of a campaign's report, page by page.

    Args:
        client: open client.
        campaign_id: the sent campaign.
        stream: part of the path, such as ``email-activity``.
        since: only events after this instant (whole seconds, exclusive). 'email-activity' and
            'open-details' alone know it; email-activity still gives every recipient.

    Raises:
        ValueError: no such stream, or ``since`` where it is not known.
    """
    if stream not in _STREAMS:
        raise ValueError(f"No report stream {stream!r}; there are {', '.join(_STREAMS)}.")
    shape = _STREAMS[stream]
    if since is not None and not shape.since:
        raise ValueError(f"The report stream {stream!r} knows no 'since'.")
    query: dict[str, Any] = {
        "exclude_fields": [
            "_links",
            *(f"{shape.items}.{name}" for name in ("_links", "email_address", "merge_fields")),
        ]
    }
    if since is not None:
        query["since"] = format_instant(since)

    def fetch(count: int, offset: int) -> Row | None:
        # Past the SDK's operation: it knows no paging for abuse reports, of which the API would
        # then give the first ten.
        page = {"count": count, "offset": offset} if shape.paged else {}
        return client.call(
            "GET",
            f"/reports/{{campaign_id}}/{stream}",
            ids={"campaign_id": campaign_id},
            query={**query, **page},
        )

    if not shape.paged:
        yield from items_of(fetch(0, 0), shape.items)
        return
    yield from walk(fetch, shape.items, key=_key(shape.key), overlap=OVERLAP)


def has_recipient(client: MailchimpClient, campaign_id: str, subscriber_hash: str) -> bool:
    """Whether the report still has this recipient: who was permanently deleted is left out."""
    try:
        client.call(
            "GET",
            "/reports/{campaign_id}/sent-to/{subscriber_hash}",
            ids={"campaign_id": campaign_id, "subscriber_hash": subscriber_hash},
            query={"fields": ["email_id"]},
        )
    except NotFound:
        return False
    return True


def link_members(client: MailchimpClient, campaign_id: str, link_id: str) -> Iterator[Row]:
    """Who clicked one link of a campaign, and how often."""
    excluded = ["_links", "members._links", "members.email_address", "members.merge_fields"]
    yield from walk(
        lambda count, offset: client.reports.get_subscribers_info(
            campaign_id, link_id, count=count, offset=offset, exclude_fields=excluded
        ),
        "members",
        key=_key(("email_id",)),
        overlap=OVERLAP,
    )


def growth_history(client: MailchimpClient, list_id: str) -> Iterator[Row]:
    """An audience's months: members at the end, newly unsubscribed, cleaned and so on."""
    yield from walk(
        lambda count, offset: client.lists.get_list_growth_history(
            list_id,
            count=count,
            offset=offset,
            exclude_fields=["_links", "history._links"],
            sort_field="month",
            sort_dir="ASC",
        ),
        "history",
        key=_key(("month",)),
        overlap=OVERLAP,
    )


def report_totals(row: Mapping[str, Any]) -> ReportTotals:
    """The figures of a report that tell whether a campaign has news."""
    opens = row.get("opens") or {}
    clicks = row.get("clicks") or {}
    bounces = row.get("bounces") or {}
    return ReportTotals(
        campaign_id=str(row["id"]),
        emails_sent=int(row.get("emails_sent") or 0),
        opens_total=int(opens.get("opens_total") or 0),
        unique_opens=int(opens.get("unique_opens") or 0),
        clicks_total=int(clicks.get("clicks_total") or 0),
        unique_clicks=int(clicks.get("unique_clicks") or 0),
        unsubscribed=int(row.get("unsubscribed") or 0),
        hard_bounces=int(bounces.get("hard_bounces") or 0),
        soft_bounces=int(bounces.get("soft_bounces") or 0),
        abuse_reports=int(row.get("abuse_reports") or 0),
        last_open_at=parse_instant(opens.get("last_open")),
        last_click_at=parse_instant(clicks.get("last_click")),
    )


def sent_in(since: datetime | None, before: datetime | None) -> dict[str, str]:
    """Filters of a period of sending, as the API wants them."""
    period = {"since_send_time": since, "before_send_time": before}
    return {name: format_instant(limit) for name, limit in period.items() if limit is not None}


def _key(names: tuple[str, ...]) -> Callable[[Row], str]:
    return lambda row: "\x1f".join(str(row.get(name)) for name in names)
