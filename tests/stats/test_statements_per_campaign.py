"""How much a small campaign sends to Postgres: each statement alone costs a round trip."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from benchmarks.statements import noted_statements
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.stats.extract import extract_campaigns
from fresh_databases import fresh_databases
from listed_campaigns import campaigns_to_read
from stats.big_campaign import QUIET, control
from stats.sandbox_world import make_audience, send

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

#: Of a campaign whose recipients did nothing: report, recipients, links and domains.
MOST_STATEMENTS, MOST_TRANSACTIONS = 55, 11


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_a_small_campaign_sends_few_statements(
    server: Any, mailchimp_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    control(mailchimp_sandbox, "POST", "behaviour", QUIET)
    sent: list[str] = []
    transactions: list[str] = []
    real = psycopg.Connection.commit

    def commit(connection: psycopg.Connection[Any]) -> None:
        if connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS:
            transactions.append("commit")
        real(connection)

    with (
        fresh_databases(server) as (_, dsn),
        psycopg.connect(dsn) as warehouse,
        Mailchimp(MailchimpClient(mailchimp_sandbox.key, host=mailchimp_sandbox.host)) as provider,
    ):
        list_id, _ = make_audience(provider, 2)
        for number in range(2):
            send(provider, list_id, f"Προσφορά {number}")
        control(mailchimp_sandbox, "POST", "clock/advance", {"hours": 1})
        first, second = campaigns_to_read(warehouse, provider)
        # The first one also makes the temporary tables.
        extract_campaigns(warehouse, provider, [first])
        with monkeypatch.context() as patched, noted_statements(sent):
            patched.setattr(psycopg.Connection, "commit", commit)
            read = extract_campaigns(warehouse, provider, [second])
    assert read["recipients"] == 2
    assert 20 < len(sent) <= MOST_STATEMENTS
    assert 0 < len(transactions) <= MOST_TRANSACTIONS
