"""Parts of an A/B test that Mailchimp lists as campaigns or reports count once: as the whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.stats.extract import extract_campaigns
from crm_mailchimp.stats.marts import refresh_marts
from listed_campaigns import campaigns_to_read
from stats.figures import differences, run
from stats.simulated_account import Account, Campaign

#: Before their whole in the order of reading.
PARTS = ["1α", "1β"]
WHOLE = "δοκιμή"


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


class ListsParts(Account):
    """Ten people got an A/B test in two parts, and each opened it; all three have reports."""

    def __init__(self, named_by: str) -> None:
        sent_at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=5)
        whole = Campaign(WHOLE, sent_at=sent_at)
        whole.send(10)
        parts = [Campaign(part_id, sent_at=sent_at) for part_id in PARTS]
        for number, part in enumerate(parts):
            part.recipients = whole.recipients[number * 5 : number * 5 + 5]
            part.emails_sent = 5
        for campaign in (whole, *parts):
            for member in campaign.recipients:
                campaign.happens(member, "open", 60)
                campaign.happens(member, "click", 70, url="https://example.gr/νέα")
        # A campaign like any other, sent again to those who had not opened it.
        resent = Campaign("πάλι", sent_at=sent_at - timedelta(days=9))
        resent.send(1)
        super().__init__(*parts, whole, resent)
        self.named_by = named_by

    def campaigns(self, **window: Any) -> Iterator[dict[str, Any]]:
        for row in super().campaigns(**window):
            if row["id"] == WHOLE:
                row["type"] = "variate"
                if self.named_by == "combinations":
                    row["variate_settings"] = {"combinations": [{"id": one} for one in PARTS]}
                if self.named_by == "winner":
                    row["variate_settings"] = {
                        "combinations": [{"id": PARTS[0]}],
                        "winning_campaign_id": PARTS[1],
                    }
            if row["id"] == "πάλι":
                row["parent_campaign_id"] = "άλλη"
            if row["id"] in PARTS:
                if self.named_by != "parent":
                    continue
                row["parent_campaign_id"] = WHOLE
            yield row

    def _sub_reports(self, campaign: Campaign) -> Iterator[dict[str, Any]]:
        if campaign.campaign_id == WHOLE:
            yield from (self._report(self.of_id[part_id]) for part_id in PARTS)


@pytest.mark.parametrize("named_by", ["combinations", "winner", "parent", "sub-reports"])
def test_a_listed_part_is_never_a_campaign_of_its_own(warehouse: Any, named_by: str) -> None:
    account = ListsParts(named_by)
    chosen = campaigns_to_read(warehouse, account)
    if named_by == "sub-reports":  # the parts are read and counted before they are named
        assert chosen[:2] == PARTS
        extract_campaigns(warehouse, account, PARTS)
        refresh_marts(warehouse)
    else:
        assert set(chosen) == {WHOLE, "πάλι"}
    extract_campaigns(warehouse, account, chosen)
    for _ in range(2):
        refresh_marts(warehouse)
        counted = warehouse.execute(
            """
            select
                (select array_agg(campaign_id order by campaign_id) from mart.campaigns),
                (select sum(emails_sent) from mart.campaign_performance),
                (select sum(opens) from mart.audience_hours),
                (select campaigns_sent from mart.lists),
                (select sum(recipients) from mart.campaign_cohort),
                (select sum(clicks) from mart.link_performance)
            """.replace("sum(clicks)", "sum(total_clicks)")
        ).fetchone()
        assert counted == ([WHOLE, "πάλι"], 11, 10, 2, 11, 10)
        people = warehouse.execute(
            "select campaigns_received, opens, clicks, count(*) from mart.contact_engagement"
            " group by 1, 2, 3 order by 1"
        ).fetchall()
        assert people == [(1, 1, 1, 9), (2, 1, 1, 1)]
        parts = warehouse.execute(
            "select campaign_id, part_id, emails_sent from stats.latest_sub_report order by part_id"
        ).fetchall()
        assert parts == [(WHOLE, part_id, 5) for part_id in PARTS]
        assert differences(warehouse) == {}
        assert _tables_naming_parts(warehouse) == []
        assert run(warehouse, account) == [], "nothing is left to read"


def _tables_naming_parts(warehouse: Any) -> list[str]:
    tables = warehouse.execute(
        """
        select relation.oid::regclass::text
        from pg_class as relation
        inner join pg_attribute as attribute on relation.oid = attribute.attrelid
        where
            relation.relnamespace in ('stats'::regnamespace, 'mart'::regnamespace)
            and relation.relkind in ('r', 'p', 'v')
            and attribute.attname = 'campaign_id'
        """
    ).fetchall()
    assert len(tables) > 25
    return [
        table
        for (table,) in tables
        if warehouse.execute(
            f"select exists (select 1 from {table} where campaign_id = any(%s))", (PARTS,)
        ).fetchone()[0]
    ]
