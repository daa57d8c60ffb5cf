"""Reports of campaigns into ``stats``: reading one campaign, and several."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_mailchimp.errors import NotFoundAtProviderError
from crm_mailchimp.outages import OutageWatch
from crm_mailchimp.provider import ReportProvider
from crm_mailchimp.rows import read_rows, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.abuse_reports import ABUSE_REPORTS
from crm_mailchimp.stats.activity import ACTIVITY
from crm_mailchimp.stats.clicked_links import LINKS
from crm_mailchimp.stats.conversions import UnexpectedShapeError
from crm_mailchimp.stats.domains import DOMAINS
from crm_mailchimp.stats.failures import Failure, failure_of, raise_failures
from crm_mailchimp.stats.left_out_rows import store_left_out
from crm_mailchimp.stats.locations import LOCATIONS
from crm_mailchimp.stats.parts import remove_parts
from crm_mailchimp.stats.proxy_opens import PROXY_OPENS, EarlyOpens
from crm_mailchimp.stats.recipients import RECIPIENTS
from crm_mailchimp.stats.reconciliation import reconcile
from crm_mailchimp.stats.report_snapshots import load_report
from crm_mailchimp.stats.series_mails import SERIES_MAILS
from crm_mailchimp.stats.streams import Reading, Stream
from crm_mailchimp.stats.sub_reports import SUB_REPORTS
from crm_mailchimp.stats.suspected_bots import judge_clicks
from crm_mailchimp.stats.unsubscribes import UNSUBSCRIBES
from crm_mailchimp.warehouse.locks import named_lock
from crm_mailchimp.warehouse.side_sessions import SideSessions
from crm_mailchimp.warehouse.single_statements import single_statements

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)

#: Recipients of a campaign that is read beside others: each of its lists is one page. A bigger one
#: asks for its own pages side by side.
MOST_RECIPIENTS_BESIDE = 1_000

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
    SUB_REPORTS,
    SERIES_MAILS,
)

#: Streams that decide which clicks are probably of scanners.
_JUDGED_BY = frozenset({ACTIVITY.name, LINKS.name})


@dataclass(frozen=True)
class CampaignExtract:
    """What reading one campaign brought.

    Attributes:
        campaign_id: the campaign.
        rows_read: rows the API gave, by stream; streams without news are not there.
        unexplained: metrics in which our figures differ from Mailchimp's without explanation.
        failures: streams that could not be read.
    """

    campaign_id: str
    rows_read: dict[str, int] = field(default_factory=dict)
    unexplained: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _StaleStream:
    """A stream worth reading: the report's figures of it, and whether ours are fewer."""

    stream: str
    figures: str
    is_lacking: bool


def extract_campaign(
    connection: Connection[Any],
    provider: ReportProvider,
    campaign_id: str,
    *,
    full: bool = False,
    ips_since: datetime | None = None,
    watch: OutageWatch | None = None,
) -> CampaignExtract:
    """Read every stream of one campaign that has news; each is committed by itself.

    Unsubscribes and complaints become refusals (``sync.refusal``) where the sync did not see them.
    A crash loses at most the stream being read, and a second call goes on from there. Another
    extract of the same campaign is waited for. A stream that cannot be read does not keep the
    others from it. Of a campaign that the provider no longer knows, what was read stays.

    Args:
        connection: the warehouse; not in a transaction.
        provider: where the reports are.
        campaign_id: the campaign; it is in ``stats.campaigns``.
        full: read all streams from their start, whatever is known.
        ips_since: IP addresses of events before this moment are not kept; None keeps all.
        watch: over the account, for several campaigns; by default one for this campaign alone.

    Raises:
        ProviderError: an outage of the account.
    """
    watch = watch or OutageWatch(provider)
    with named_lock(connection, f"campaign reports:{campaign_id}"), ExitStack() as plans:
        try:
            emails_sent = load_report(connection, provider, campaign_id)
            watch.note_answer()
        except NotFoundAtProviderError:
            _mark_gone(connection, campaign_id)
            return CampaignExtract(campaign_id)
        except Exception as error:
            failure = failure_of(connection, campaign_id, "reports", error, watch)
            return CampaignExtract(campaign_id, failures=(failure,))
        if emails_sent > MOST_RECIPIENTS_BESIDE:
            plans.enter_context(_planned_for_itself(connection))
        with single_statements(connection):
            stale = read_rows(
                connection,
                _StaleStream,
                statement("stats/streams_to_read"),
                {"campaign_id": campaign_id, "from_start": full},
            )
        readings = {
            one.stream: Reading(campaign_id, one.figures, full or one.is_lacking, ips_since)
            for one in stale
        }
        streams = list(STREAMS)
        if ACTIVITY.name in readings and PROXY_OPENS.name in readings:
            opens = EarlyOpens()
            streams[STREAMS.index(PROXY_OPENS)] = opens
            readings[ACTIVITY.name] = replace(
                readings[ACTIVITY.name],
                before_load=partial(opens.land, connection, provider, readings[opens.name]),
            )
        rows_read: dict[str, int] = {}
        failures: list[Failure] = []
        for stream in streams:
            if stream.name in readings:
                try:
                    rows_read[stream.name] = stream.read(
                        connection, provider, readings[stream.name]
                    )
                except Exception as error:
                    if isinstance(error, NotFoundAtProviderError) and _is_gone(
                        provider, campaign_id
                    ):
                        _mark_gone(connection, campaign_id)
                        return CampaignExtract(campaign_id, rows_read)
                    failures.append(failure_of(connection, campaign_id, stream.name, error, watch))
                    if isinstance(error, UnexpectedShapeError):
                        # Not one row fits, so nothing was loaded; that explains what is missing.
                        left_out = readings[stream.name].left_out
                        store_left_out(connection, campaign_id, stream.name, left_out)
                        connection.commit()
        if SUB_REPORTS.name in rows_read:
            remove_parts(connection)
        if not _JUDGED_BY.isdisjoint(rows_read):
            judge_clicks(connection, campaign_id)
        unexplained = reconcile(connection, campaign_id)
        connection.commit()
    log.info("campaign %s: %s", campaign_id, rows_read or "nothing new")
    return CampaignExtract(campaign_id, rows_read, unexplained, tuple(failures))


@contextmanager
def _planned_for_itself(connection: Connection[Any]) -> Iterator[None]:
    """Each statement gets a plan of its own: that of a small campaign would take far too long.

    It is no setting of the server, because that would plan each check of a foreign key, too.
    """
    threshold, connection.prepare_threshold = connection.prepare_threshold, None
    try:
        yield
    finally:
        connection.prepare_threshold = threshold


def _is_gone(provider: ReportProvider, campaign_id: str) -> bool:
    try:
        provider.report(campaign_id)
    except NotFoundAtProviderError:
        return True
    return False


def _mark_gone(connection: Connection[Any], campaign_id: str) -> None:
    connection.rollback()
    connection.execute(statement("stats/mark_campaign_gone"), {"campaign_id": campaign_id})
    connection.commit()
    log.warning("campaign %s is gone from Mailchimp: what was read of it stays", campaign_id)


def extract_campaigns(
    connection: Connection[Any],
    provider: ReportProvider,
    campaign_ids: Sequence[str],
    *,
    full: bool = False,
    ips_since: datetime | None = None,
    connect: Callable[[], Connection[Any]] | None = None,
) -> dict[str, int]:
    """Read campaigns as :func:`extract_campaign` does.

    Campaigns to few people are read first, several at a time. Each has a client and a session of
    its own. The others follow, one after the other.

    Args:
        connection: the warehouse; not in a transaction.
        provider: where the reports are.
        campaign_ids: the campaigns.
        full: read all streams from their start, whatever is known.
        ips_since: IP addresses of events before this moment are not kept; None keeps all.
        connect: opens one more session of the warehouse. None: all are read one after the other.

    Returns:
        rows the API gave, by stream.

    Raises:
        UnreadStreamsError: some streams could not be read, after everything else was.
        ProviderError: an outage of the account.
    """
    watch = OutageWatch(provider)
    rows_read: dict[str, int] = {}
    failures: list[Failure] = []

    def read(session: Connection[Any], lane: ReportProvider, campaign_id: str) -> CampaignExtract:
        return extract_campaign(
            session, lane, campaign_id, full=full, ips_since=ips_since, watch=watch
        )

    for extract in _extracts(connection, provider, campaign_ids, connect, read):
        failures += extract.failures
        for stream, count in extract.rows_read.items():
            rows_read[stream] = rows_read.get(stream, 0) + count
    raise_failures(failures)
    return rows_read


def _extracts(
    connection: Connection[Any],
    provider: ReportProvider,
    campaign_ids: Sequence[str],
    connect: Callable[[], Connection[Any]] | None,
    read: Callable[[Connection[Any], ReportProvider, str], CampaignExtract],
) -> Iterator[CampaignExtract]:
    """What ``read`` finds in each campaign, in the order in which the readings end."""
    small = _small(connection, campaign_ids) if connect is not None else frozenset()
    if connect is not None and small:
        with SideSessions(connection, connect) as sessions:

            def read_beside(
                lane: ReportProvider, piece: tuple[str, Connection[Any]]
            ) -> CampaignExtract:
                campaign_id, session = piece
                try:
                    return read(session, lane, campaign_id)
                finally:
                    sessions.give_back(session)

            pieces = ((one, sessions.take()) for one in campaign_ids if one in small)
            with closing(provider.side_by_side(pieces, read_beside)) as results:
                for _, extract in results:
                    yield extract
    for campaign_id in campaign_ids:
        if campaign_id not in small:
            yield read(connection, provider, campaign_id)


def _small(connection: Connection[Any], campaign_ids: Sequence[str]) -> frozenset[str]:
    found = read_values(
        connection,
        str,
        statement("stats/small_campaigns"),
        {"campaigns": list(campaign_ids), "most": MOST_RECIPIENTS_BESIDE},
    )
    connection.commit()
    return frozenset(found)
