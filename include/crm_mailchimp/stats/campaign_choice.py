"""Which campaigns have news: the lists of campaigns and reports, and what they show."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.provider import ReportProvider
from crm_mailchimp.rows import read_rows, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.campaigns import load_campaigns
from crm_mailchimp.stats.landing import batches
from crm_mailchimp.stats.other_accounts import InOtherAccountError
from crm_mailchimp.stats.report_snapshots import load_reports
from crm_mailchimp.stats.shapes import LeftOut

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)

#: Mapped tasks of one run: few enough for any scheduler, enough to use all connections.
MOST_BATCHES = 100


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which campaigns a run is to read.

    Attributes:
        since: only campaigns sent at or after this moment.
        until: only campaigns sent before this moment.
        campaigns: only these campaign ids; empty means all.
    """

    since: datetime | None = None
    until: datetime | None = None
    campaigns: Sequence[str] = field(default_factory=tuple)


class _Chosen(NamedTuple):
    campaign_id: str
    account: str


class UnknownCampaignsError(PermanentError):
    """Campaigns were asked for that Mailchimp has no report of."""


class UnreadableListError(PermanentError):
    """Some campaigns of a list have a field of another type; the others were kept."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(f"{len(problems)} entries could not be read: " + "; ".join(problems[:20]))


def list_campaigns(
    connection: Connection[Any],
    provider: ReportProvider,
    choice: Choice,
    *,
    account: str = DEFAULT_ACCOUNT,
) -> None:
    """List an account's campaigns and their reports, and keep what changed. Commits.

    Costs one API call per 990 campaigns and one per 990 reports (docs/performance.md).

    Args:
        connection: the warehouse.
        provider: where campaigns and reports are.
        choice: no campaigns before or after its times are listed.
        account: of the provider.

    Raises:
        UnreadableListError: a field changed its type; everything else was done.
        InOtherAccountError: campaigns are known in another account; everything else was done.
    """
    # The API's ``since_send_time`` is exclusive; the choice itself is made in SQL.
    earliest = choice.since - timedelta(seconds=1) if choice.since else None
    left_out = LeftOut()
    times = {"since": earliest, "until": choice.until}
    elsewhere: InOtherAccountError | None = None
    listed = reported = 0
    try:
        listed = load_campaigns(connection, provider, account=account, left_out=left_out, **times)
    except InOtherAccountError as error:
        elsewhere = error
    try:
        reported = load_reports(connection, provider, account=account, left_out=left_out, **times)
    except InOtherAccountError as error:
        elsewhere = elsewhere or error
    log.info("%d campaigns, %d reports listed", listed, reported)
    if left_out.errors:
        raise UnreadableListError(
            [f"campaign {error.known_as}: {error}" for error in left_out.errors]
        )
    if elsewhere is not None:
        raise elsewhere


def choose_campaigns(
    connection: Connection[Any], choice: Choice, accounts: Sequence[str]
) -> dict[str, list[str]]:
    """The campaigns worth reading of what is listed; commits.

    With a choice these are all sent campaigns so chosen, whether or not their figures changed. Else
    they are the campaigns whose report shows figures that have not been read yet. Campaigns whose
    figures differ from ours and that are due for another look are among them, too.

    Args:
        connection: the warehouse.
        choice: of the run.
        accounts: only campaigns in these.

    Returns:
        ids of campaigns by account, newest first.

    Raises:
        UnknownCampaignsError: there is no report of a campaign asked for by its id.
    """
    unknown = read_values(
        connection, str, statement("stats/unknown_campaigns"), {"campaigns": list(choice.campaigns)}
    )
    rows = read_rows(
        connection,
        _Chosen,
        statement("stats/campaigns_to_read"),
        {
            "chosen": bool(choice.since or choice.until or choice.campaigns),
            "since": choice.since,
            "until": choice.until,
            "campaigns": list(choice.campaigns),
            "accounts": list(accounts),
        },
    )
    connection.commit()
    log.info("%d campaigns to read", len(rows))
    if unknown:
        names = ", ".join(sorted(map(repr, unknown)))
        raise UnknownCampaignsError(
            f"Mailchimp has no report of {names}: look up the id in stats.campaigns; a campaign "
            "that was not sent has none"
        )
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row.account].append(row.campaign_id)
    return dict(found)


def batches_of_campaigns(*chosen: Sequence[str]) -> list[list[str]]:
    """Campaign ids in about 100 batches of similar size: what a mapped task reads each.

    Args:
        chosen: the campaigns of each account. A batch is in one account.
    """
    size = max(1, -(-sum(map(len, chosen)) // MOST_BATCHES))
    return [batch for campaign_ids in chosen for batch in batches(campaign_ids, size)]
