"""Reports of sent campaigns: totals, recipients, opens, clicks, unsubscribes, complaints.

Rows are Mailchimp's JSON objects with everything it sends, except links, and addresses and merge
fields of the recipients. The hash identifies a recipient. Personal data that is not fetched needs
no protection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from crm_mailchimp.mailchimp.answers import expected_shape
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import NotFound
from crm_mailchimp.mailchimp.paging import Answer, items_of, walk
from crm_mailchimp.mailchimp.read_ahead import ReadAhead, ahead_of
from crm_mailchimp.mailchimp.timestamps import format_instant
from crm_mailchimp.provider import ReportStream

Row = dict[str, Any]

#: Items that a page repeats of the page before. A member that is deleted during a walk moves the
#: rest forward, and no member may be skipped.
OVERLAP = 10


@dataclass(frozen=True, kw_only=True)
class _List:
    """One list of a report.

    Attributes:
        endpoint: its path below ``/reports/{campaign_id}``.
        items: its name in the answer.
        key: the fields that tell its rows apart.
        since: whether it can be asked for what is new.
        paged: whether it comes in pages.
    """

    endpoint: str
    items: str
    key: tuple[str, ...]
    since: bool = False
    paged: bool = True


#: Paths and names as in Mailchimp's description (OpenAPI 3.0.55).
_LISTS: Mapping[ReportStream, _List] = {
    "recipients": _List(endpoint="sent-to", items="sent_to", key=("email_id",)),
    "activity": _List(endpoint="email-activity", items="emails", key=("email_id",), since=True),
    "proxy_opens": _List(endpoint="open-details", items="members", key=("email_id",), since=True),
    "links": _List(endpoint="click-details", items="urls_clicked", key=("id",)),
    "unsubscribes": _List(endpoint="unsubscribed", items="unsubscribes", key=("email_id",)),
    "abuse_reports": _List(
        endpoint="abuse-reports", items="abuse_reports", key=("id",), paged=False
    ),
    "domains": _List(endpoint="domain-performance", items="domains", key=("domain",), paged=False),
    "locations": _List(endpoint="locations", items="locations", key=("country_code", "region")),
    "sub_reports": _List(endpoint="sub-reports", items="reports", key=("id",), paged=False),
}


def reports(
    client: MailchimpClient,
    *,
    since_send_time: datetime | None = None,
    before_send_time: datetime | None = None,
    ahead: ReadAhead | None = None,
) -> Iterator[Row]:
    """Reports of all campaigns sent in a period (ends as Mailchimp counts them).

    Source: ``GET /reports`` (OpenAPI 3.0.55), one row an item.

    Args:
        client: open client.
        since_send_time: only reports of campaigns sent after this instant.
        before_send_time: only reports of campaigns sent before this instant.
        ahead: asks for the later pages side by side.
    """
    period = sent_in(since_send_time, before_send_time)

    def fetch(client: MailchimpClient, count: int, offset: int) -> Answer:
        answer: Answer = client.reports.get_all_campaign_reports(
            count=count, offset=offset, exclude_fields=["_links", "reports._links"], **period
        )
        return answer

    yield from walk(
        partial(fetch, client),
        "reports",
        key=_key(("id",)),
        overlap=OVERLAP,
        ahead=ahead_of(ahead, fetch),
    )


def report(client: MailchimpClient, campaign_id: str) -> Row:
    """Totals of one sent campaign.

    Source: ``GET /reports/{campaign_id}`` (OpenAPI 3.0.55).

    Raises:
        NotFound: there is no such campaign, or it was not sent.
    """
    answer: Row = client.reports.get_campaign_report(campaign_id, exclude_fields=["_links"])
    return answer


def rows(
    client: MailchimpClient,
    campaign_id: str,
    stream: ReportStream,
    *,
    since: datetime | None = None,
    ahead: ReadAhead | None = None,
) -> Iterator[Row]:
    """Rows of one list of a campaign's report, page by page.

    Source: ``GET /reports/{campaign_id}/<endpoint>`` (OpenAPI 3.0.55), one row an item of
    ``_LISTS``. A row of ``activity`` is a recipient (``email-activity``) with its events in
    ``activity``. A row of ``proxy_opens`` is a member (``open-details``) with its ``opens``.

    Args:
        client: open client.
        campaign_id: the sent campaign.
        stream: the list.
        since: only events after this instant (whole seconds, exclusive). Only ``activity`` and
            ``proxy_opens`` know it; ``activity`` gives every recipient all the same.
        ahead: asks for the later pages side by side, once the second one is wanted.

    Raises:
        ValueError: ``since`` is given for a list that does not know it.
    """
    listed = _LISTS[stream]
    if since is not None and not listed.since:
        raise ValueError(f"The report stream {stream!r} knows no 'since'.")
    query: dict[str, Any] = {
        "exclude_fields": [
            "_links",
            *(f"{listed.items}.{name}" for name in ("_links", "email_address", "merge_fields")),
        ]
    }
    if since is not None:
        query["since"] = format_instant(since)

    def fetch(client: MailchimpClient, count: int, offset: int) -> Answer:
        page = {"count": count, "offset": offset} if listed.paged else {}
        return client.call(
            "GET",
            f"/reports/{{campaign_id}}/{listed.endpoint}",
            ids={"campaign_id": campaign_id},
            query={**query, **page},
        )

    if not listed.paged:
        answer = fetch(client, 0, 0)
        found = items_of(answer, listed.items)
        if stream == "abuse_reports" and _is_cut(answer, found):
            found = _all_abuse_reports(client, campaign_id, query)
        yield from found
        return
    yield from walk(
        partial(fetch, client),
        listed.items,
        key=_key(listed.key),
        overlap=OVERLAP,
        ahead=ahead_of(ahead, fetch),
    )


def _is_cut(answer: Row | None, found: list[Row]) -> bool:
    with expected_shape("the number of items"):
        return int((answer or {}).get("total_items") or 0) > len(found)


def _all_abuse_reports(
    client: MailchimpClient, campaign_id: str, query: Mapping[str, Any]
) -> list[Row]:
    """The campaign's complaints from those of its audience: only that list comes in pages.

    Source: ``GET /lists/{list_id}/abuse-reports`` (OpenAPI 3.0.55).
    """
    list_id = str(report(client, campaign_id).get("list_id") or "")
    return [
        row
        for row in walk(
            lambda count, offset: client.lists.get_list_abuse_reports(
                list_id, count=count, offset=offset, **query
            ),
            "abuse_reports",
            key=_key(("id",)),
            overlap=OVERLAP,
        )
        if row.get("campaign_id") == campaign_id
    ]


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


def link_members(
    client: MailchimpClient, campaign_id: str, link_id: str, *, ahead: ReadAhead | None = None
) -> Iterator[Row]:
    """Who clicked one link of a campaign, and how often.

    Source: ``GET /reports/{campaign_id}/click-details/{link_id}/members`` (OpenAPI 3.0.55).

    Args:
        client: open client.
        campaign_id: the sent campaign.
        link_id: Mailchimp's id of the link.
        ahead: asks for the later pages side by side.
    """
    excluded = ["_links", "members._links", "members.email_address", "members.merge_fields"]

    def fetch(client: MailchimpClient, count: int, offset: int) -> Answer:
        answer: Answer = client.reports.get_subscribers_info(
            campaign_id, link_id, count=count, offset=offset, exclude_fields=excluded
        )
        return answer

    yield from walk(
        partial(fetch, client),
        "members",
        key=_key(("email_id",)),
        overlap=OVERLAP,
        ahead=ahead_of(ahead, fetch),
    )


def growth_history(client: MailchimpClient, list_id: str) -> Iterator[Row]:
    """An audience's months: members at the end, newly unsubscribed, cleaned and so on.

    Source: ``GET /lists/{list_id}/growth-history`` (OpenAPI 3.0.55), one row an item.
    """
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


def sent_in(since: datetime | None, before: datetime | None) -> dict[str, str]:
    """Filters of a period of sending, as the API wants them."""
    period = {"since_send_time": since, "before_send_time": before}
    return {name: format_instant(limit) for name, limit in period.items() if limit is not None}


def _key(names: tuple[str, ...]) -> Callable[[Row], str]:
    if len(names) == 1:
        (name,) = names
        return lambda row: str(row.get(name))
    return lambda row: "\x1f".join(str(row.get(name)) for name in names)
