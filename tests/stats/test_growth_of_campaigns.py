"""Reading one campaign visits as much beside hundreds of others as beside a few."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.provider import NewMember
from crm_mailchimp.stats.extract import extract_campaigns
from fresh_databases import fresh_databases
from listed_campaigns import campaigns_to_read
from stats.big_campaign import QUIET, control
from stats.sandbox_world import SETTINGS, send
from visits import Visits, count_nothing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FEW, MANY, READ = 20, 200, 5
#: Blocks that an index with one more level, or pages that filled up, may cost each campaign.
MORE_BLOCKS = 60


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_a_reading_does_not_grow_with_the_other_campaigns(
    server: Any, mailchimp_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = (
        _visits(server, mailchimp_sandbox, monkeypatch, campaigns) for campaigns in (FEW, MANY)
    )
    assert len(few.blocks) > 20
    most = {text: few.blocks[text] + READ * MORE_BLOCKS for text in few.blocks}
    steep = {
        f"{few.blocks[text]} → {many.blocks[text]}: {' '.join(text.split())[:100]}"
        for text in most
        if many.blocks[text] > most[text]
    }
    assert not steep, "\n".join(steep)


def _visits(server: Any, sandbox: Any, monkeypatch: pytest.MonkeyPatch, campaigns: int) -> Visits:
    """What the reading of some campaigns visits; the others were listed before."""
    sandbox.control("POST", "reset")
    control(sandbox, "POST", "behaviour", QUIET)
    with (
        fresh_databases(server) as (_, warehouse_dsn),
        Mailchimp(MailchimpClient(sandbox.key, host=sandbox.host)) as provider,
    ):
        list_id = provider.create_audience(SETTINGS).list_id
        members = [f"{name}@ellada.gr" for name in ("eleni", "nikos")]
        provider.add_members(
            list_id,
            [
                NewMember(email_address=member, status="subscribed", merge_fields={})
                for member in members
            ],
        )
        for number in range(campaigns):
            send(provider, list_id, f"Προσφορά {number}")
        control(sandbox, "POST", "clock/advance", {"hours": 1})
        count_nothing(warehouse_dsn, "stats", "mart", "sync")
        found = Visits(warehouse_dsn)
        with psycopg.connect(warehouse_dsn) as warehouse:
            chosen = campaigns_to_read(warehouse, provider)
            assert len(chosen) == campaigns
            with found.watching(monkeypatch):
                extract_campaigns(warehouse, provider, chosen[:READ])
            rows = warehouse.execute("select count(*) from stats.campaign_recipients").fetchone()
            assert rows == (READ * len(members),)
    return found
