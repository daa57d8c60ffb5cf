"""Reports over several connections: the same calls and rows as one after the other."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import requests

from crm_mailchimp.errors import ProviderError
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import ServerError
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.mailchimp.retries import Retry
from crm_mailchimp.sessions import open_session
from crm_mailchimp.stats.extract import extract_campaigns
from crm_mailchimp.stats.failures import UnreadStreamsError
from crm_mailchimp.warehouse.connection_slots import SLOT_COUNT, slot, spare_slot
from crm_mailchimp.warehouse.side_sessions import SideSessions
from fresh_databases import fresh_databases
from listed_campaigns import campaigns_to_read
from stats.big_campaign import QUIET, big_campaign, control
from stats.sandbox_world import make_audience, send

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

#: Two pages after the first one.
RECIPIENTS = 2_500
CAMPAIGNS = 8
PATIENCE = 60.0
TABLES = {
    "campaign_recipients": "campaign_id, list_id, subscriber_hash, delivery_status, extra",
    "campaign_activities": "campaign_id, list_id, subscriber_hash, action, occurred_at, url, ip,"
    " bounce_type, is_proxy_open, ordinal, extra, open_extra",
    "recipient_engagement": "campaign_id, list_id, subscriber_hash, opens, proxy_opens, clicks,"
    " unflagged_opens, links_clicked, hard_bounces, soft_bounces, last_human_open_at",
    "link_clicks": "campaign_id, link_id, url, total_clicks, unique_clicks, last_click_at",
    "link_member_clicks": "campaign_id, link_id, list_id, subscriber_hash, clicks",
    "campaign_unsubscribes": "campaign_id, list_id, subscriber_hash, reason, unsubscribed_at",
    "domain_performance": "campaign_id, domain, emails_sent, opens, clicks",
    "stream_state": "campaign_id, stream, gate, complete_through, rows_read, gap",
    "reconciliation": "campaign_id, metric, difference, explanation",
    "members": "list_id, subscriber_hash",
}


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


class Calls:
    """Calls of all clients of this process; two of a kind may have to be in flight at once.

    Args:
        pairs: tells calls of which each waits for another such call.
    """

    def __init__(self, pairs: Callable[[str], bool] = lambda _: False) -> None:
        self.paths: Counter[str] = Counter()
        self._pairs = pairs
        self._together = threading.Barrier(2)
        self._counting = threading.Lock()

    @contextmanager
    def watched(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        real = requests.Session.request

        def request(session: Any, method: str, url: str, **options: Any) -> Any:
            path = requests.Request(method, url, params=options["params"]).prepare().path_url
            with self._counting:
                self.paths[path] += 1
            if self._pairs(path):
                self._together.wait(PATIENCE)  # passes only if two are in flight at once
            return real(session, method, url, **options)

        with monkeypatch.context() as patched:
            patched.setattr(requests.Session, "request", request)
            yield


@contextmanager
def account(sandbox: Any, warehouse_dsn: str | None = None) -> Iterator[Mailchimp]:
    """The sandbox's account; with the slots of a warehouse, calls may go side by side."""

    def client(held: Any) -> MailchimpClient:
        return MailchimpClient(
            sandbox.key, host=sandbox.host, slot=held, retry=Retry(attempts=1, deadline=1)
        )

    if warehouse_dsn is None:
        opened = Mailchimp(client(None))
    else:
        dsn = warehouse_dsn
        opened = Mailchimp(
            client(lambda: slot(lambda: open_session(dsn))),
            another=lambda: Mailchimp(client(lambda: spare_slot(lambda: open_session(dsn)))),
        )
    with opened:
        yield opened


def stored(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    with psycopg.connect(dsn) as warehouse:
        return {
            table: sorted(
                warehouse.execute(f"select {columns} from stats.{table}".encode()).fetchall(),
                key=repr,
            )
            for table, columns in TABLES.items()
        }


def read(dsn: str, sandbox: Any, *, side_by_side: bool) -> None:
    with (
        open_session(dsn) as warehouse,
        account(sandbox, dsn if side_by_side else None) as provider,
    ):
        extract_campaigns(
            warehouse,
            provider,
            campaigns_to_read(warehouse, provider),
            connect=(lambda: open_session(dsn)) if side_by_side else None,
        )


def test_a_big_campaign_over_several_connections_is_the_same(
    server: Any, mailchimp_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with account(mailchimp_sandbox) as provider:
        big_campaign(provider, mailchimp_sandbox, RECIPIENTS)
    # Nobody acts any more: both readings see the same.
    control(mailchimp_sandbox, "POST", "clock/advance", {"days": 90})
    alone, beside = Calls(), Calls(lambda path: "/sent-to" in path and "offset=0" not in path)
    with fresh_databases(server) as (_, dsn):
        with alone.watched(monkeypatch):
            read(dsn, mailchimp_sandbox, side_by_side=False)
        expected = stored(dsn)
    with fresh_databases(server) as (_, dsn):
        with beside.watched(monkeypatch):
            read(dsn, mailchimp_sandbox, side_by_side=True)
        assert stored(dsn) == expected
        with psycopg.connect(dsn) as warehouse:
            writers = warehouse.execute(
                "select count(distinct xmin::text) from stats.campaign_activities"
            ).fetchone()
    assert beside.paths == alone.paths
    assert max(beside.paths.values()) == 1
    assert len(expected["campaign_recipients"]) == RECIPIENTS
    assert len(expected["campaign_activities"]) > RECIPIENTS
    assert writers == (1,), "an event is written once, with its mark"


def test_small_campaigns_side_by_side_are_the_same(
    server: Any, mailchimp_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_campaigns(mailchimp_sandbox)
    alone, beside = Calls(), Calls(is_report)
    with fresh_databases(server) as (_, dsn):
        with alone.watched(monkeypatch):
            read(dsn, mailchimp_sandbox, side_by_side=False)
        expected = stored(dsn)
    with fresh_databases(server) as (_, dsn):
        with beside.watched(monkeypatch):
            read(dsn, mailchimp_sandbox, side_by_side=True)
        assert stored(dsn) == expected
    assert beside.paths == alone.paths
    # Campaigns, reports; of each campaign its report, recipients, links and domains.
    assert beside.paths.total() == 2 + CAMPAIGNS * 4
    assert sum(map(is_report, beside.paths)) == CAMPAIGNS


def is_report(path: str) -> bool:
    return path.startswith("/3.0/reports/") and "/" not in path.removeprefix("/3.0/reports/")


def small_campaigns(sandbox: Any) -> list[str]:
    with account(sandbox) as provider:
        control(sandbox, "POST", "behaviour", QUIET)
        list_id, _ = make_audience(provider, 3)
        campaigns = [send(provider, list_id, f"Νέα {number}") for number in range(CAMPAIGNS)]
    control(sandbox, "POST", "clock/advance", {"hours": 1})
    return campaigns


def test_never_more_connections_than_the_account_has_slots(
    postgres: Any, mailchimp_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_campaigns(mailchimp_sandbox)
    with fresh_databases(postgres) as (_, dsn):
        most = 0
        counting, flying = threading.Lock(), set[int]()
        real = requests.Session.request

        def request(session: Any, method: str, url: str, **options: Any) -> Any:
            nonlocal most
            with counting:
                flying.add(threading.get_ident())
                most = max(most, len(flying))
            try:
                return real(session, method, url, **options)
            finally:
                with counting:
                    flying.discard(threading.get_ident())

        monkeypatch.setattr(requests.Session, "request", request)
        others = [slot(lambda: open_session(dsn)) for _ in range(SLOT_COUNT - 2)]
        for other in others:
            other.__enter__()
        read(dsn, mailchimp_sandbox, side_by_side=True)
        assert len(stored(dsn)["campaign_recipients"]) == 3 * CAMPAIGNS
        for other in others:
            other.__exit__(None, None, None)
    assert 1 <= most <= 2, "six of the eight slots are others'"


def failing(monkeypatch: pytest.MonkeyPatch, fails: Callable[[str], bool]) -> None:
    real = MailchimpClient.call

    def call(client: Any, method: str, path: str, **options: Any) -> Any:
        if fails(f"{path} {options.get('ids')}"):
            raise ServerError(method=method, path=path, status=500)
        return real(client, method, path, **options)

    monkeypatch.setattr(MailchimpClient, "call", call)


def test_a_campaign_that_fails_holds_up_no_other(
    postgres: Any, mailchimp_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaigns = small_campaigns(mailchimp_sandbox)
    bad = campaigns[2]
    failing(monkeypatch, lambda call: "sent-to" in call and bad in call)
    with fresh_databases(postgres) as (_, dsn):
        with pytest.raises(UnreadStreamsError, match=f"1 streams .*campaign {bad}") as caught:
            read(dsn, mailchimp_sandbox, side_by_side=True)
        assert len(caught.value.failures) == 1
        found = Counter(row[0] for row in stored(dsn)["campaign_recipients"])
    assert found == {one: 3 for one in campaigns if one != bad}


def test_an_outage_ends_the_reading(
    postgres: Any, mailchimp_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_campaigns(mailchimp_sandbox)
    failing(monkeypatch, lambda call: "{campaign_id}" in call or call.startswith("/ping"))
    with fresh_databases(postgres) as (_, dsn):
        with pytest.raises(ProviderError) as caught:
            read(dsn, mailchimp_sandbox, side_by_side=True)
        assert not isinstance(caught.value, UnreadStreamsError)
        assert stored(dsn)["campaign_recipients"] == []


def test_a_warehouse_without_room_lends_the_session_that_is_there(warehouse_db: str) -> None:
    def full() -> Any:
        raise psycopg.OperationalError("καμία θέση")

    with psycopg.connect(warehouse_db) as own, SideSessions(own, full) as sessions:
        assert sessions.take() is own
        waits = threading.Thread(target=lambda: sessions.give_back(own))
        waits.start()
        assert sessions.take() is own
        waits.join()
