"""Example analysis: who reads, when, who cools down, and what drives people away.

    python docs/example_analysis.py --dsn postgresql://bi:…@dwh.example.com/warehouse

Reads the marts by the read-only login that docs/stats.md explains. Each question is one function
that returns a pandas frame; take from them what you need. Rates are 0 to 1, and opens by mail
privacy proxies do not count anywhere here.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, LiteralString

import pandas as pd
import psycopg

if TYPE_CHECKING:
    from psycopg import Connection

WEEKDAYS = dict(enumerate(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], start=1))


def read(warehouse: Connection[Any], query: LiteralString) -> pd.DataFrame:
    """The rows of a query as a frame; exact decimals become floats."""
    cursor = warehouse.execute(query)
    columns = [column.name for column in cursor.description or ()]
    frame = pd.DataFrame(cursor.fetchall(), columns=columns)
    ends = ("rate", "change", "difference")
    rates = [name for name in columns if name.removesuffix("_without_bots").endswith(ends)]
    return frame.astype(dict.fromkeys(rates, float))


def segments_and_trend(warehouse: Connection[Any]) -> pd.DataFrame:
    """How many contacts each segment has, by trend. The contacts to win back first are here."""
    segments = read(warehouse, "select contact_key, segment from mart.contact_segments")
    trends = read(warehouse, "select contact_key, trend from mart.contact_trend")
    joined = segments.merge(trends, how="left", on="contact_key")
    # Who got nothing in either window has no trend.
    return pd.crosstab(joined["segment"], joined["trend"].fillna("no mail lately"))


def engagement_by_month(warehouse: Connection[Any]) -> pd.DataFrame:
    """Per month of sending: contacts mailed and engaged, and the part of mail that engaged."""
    months = read(warehouse, "select * from mart.contact_months")
    months["engaged"] = months["campaigns_engaged"] > 0
    by_month = months.groupby("month").agg(
        contacts=("contact_key", "nunique"),
        engaged=("engaged", "sum"),
        mails=("campaigns_delivered", "sum"),
        mails_engaged=("campaigns_engaged", "sum"),
    )
    by_month["rate"] = (by_month["mails_engaged"] / by_month["mails"]).round(4)
    return by_month


def cohorts(warehouse: Connection[Any]) -> pd.DataFrame:
    """Open rate of who began together, by months since: rows are cohorts, columns months."""
    table = read(warehouse, "select * from mart.audience_cohorts")
    sums = table.groupby(["cohort_month", "months_since_first"])[
        ["openers_without_proxy", "delivered"]
    ].sum()
    return (sums["openers_without_proxy"] / sums["delivered"]).round(4).unstack()


def best_times(warehouse: Connection[Any], *, most: int = 3) -> pd.DataFrame:
    """The hours of the week with most clicks, per audience: they follow when mails were sent."""
    hours = read(warehouse, "select * from mart.audience_hours order by rank_in_audience")
    names = read(warehouse, "select list_id, name from mart.lists")
    best = hours.merge(names, on="list_id").groupby("list_id").head(most)
    best = best.assign(weekday=best["weekday"].map(WEEKDAYS))
    return best[["name", "weekday", "hour", "clicks_without_bots", "opens_without_proxy"]]


def sending_times(warehouse: Connection[Any], *, least_campaigns: int = 3) -> pd.DataFrame:
    """When to send: clicks per delivered mail by the hour of sending; few campaigns say little."""
    table = read(warehouse, "select * from mart.audience_sending_times")
    names = read(warehouse, "select list_id, name from mart.lists")
    table = table[table["campaigns"] >= least_campaigns].merge(names, on="list_id")
    table["weekday"] = table["weekday"].map(WEEKDAYS)
    rates = ["open_rate_without_proxy", "click_rate_without_bots"]
    columns = ["name", "weekday", "hour", "campaigns", *rates]
    return table.sort_values("click_rate_without_bots", ascending=False)[columns]


def unusual_campaigns(warehouse: Connection[Any], *, least_past: int = 3) -> pd.DataFrame:
    """Campaigns by how far they were above or below the audience's own past."""
    table = read(warehouse, "select * from mart.campaign_comparison")
    table = table[table["is_mature"] & (table["past_campaigns"] >= least_past)]
    clicks = "click_rate_difference_without_bots"
    columns = ["campaign_title", "sent_on", "open_rate_difference", clicks]
    return table.sort_values(clicks, ascending=False)[columns]


def unsubscribes_by_frequency(warehouse: Connection[Any]) -> pd.DataFrame:
    """Whether more mail drives people away: who leaves at the first, second … mail in 30 days."""
    table = read(warehouse, "select * from mart.unsubscribe_frequency")
    return table.set_index("mails_in_30_days").sort_index()


def main() -> None:
    """Answer every question, one table after the other."""
    parser = argparse.ArgumentParser(description="Example analysis of the marts.")
    parser.add_argument("--dsn", required=True, help="of the warehouse; a read-only login will do")
    with psycopg.connect(parser.parse_args().dsn) as warehouse:
        warehouse.read_only = True
        for question in (
            segments_and_trend,
            engagement_by_month,
            cohorts,
            best_times,
            sending_times,
            unusual_campaigns,
            unsubscribes_by_frequency,
        ):
            title = (question.__doc__ or "").partition("\n")[0]
            sys.stdout.write(f"{title}\n\n{question(warehouse).to_string()}\n\n")


if __name__ == "__main__":
    main()
