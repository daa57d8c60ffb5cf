"""The year before the demo: the warehouse says what the sandbox says, and each chart has data.

No Airflow and no Superset: the same code runs here, and charts are asked by their SQL.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from chart_rows import CHARTS, chart_rows, views_of_charts
from crm_mailchimp.accounts import Accounts
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.sessions import open_session
from crm_mailchimp.stats.marts import refresh_marts
from crm_mailchimp.sync.runs.collection_sync import sync_collection
from crm_mailchimp.sync.staging.stage import stage
from crm_mailchimp.sync.staging.stagings import codes_to_sync
from local_installation.campaign_story import Sent, send_campaigns
from local_installation.clean import clean
from local_installation.demo import wrong_reports
from local_installation.installation import Installation, held
from local_installation.local_services import (
    Services,
    fill_sample_crm,
    migrate_warehouse,
    running_services,
)
from local_installation.mailchimp_account import MailchimpAccount
from local_installation.past_year import BEGIN_DAYS_AGO, play_past, story_begins
from local_installation.preparation import SAMPLE_CONTACTS, SAMPLE_SEED
from local_installation.reading_back import read_reports, read_statuses
from local_installation.results import collection_results

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("past_year")]

#: Charts whose best figure is zero.
ZERO_IS_GOOD = {"health_unexplained"}
#: What kind of consent each collection asks for.
_CONSENTS = """
select collection.code, campaign_type.gdpr_category
from crm.contact_collection as collection
inner join crm.campaign_type as campaign_type on collection.campaign_type = campaign_type.code
"""
#: Mails to contacts of the CRM whose newest consent at that time was none.
_WITHOUT_CONSENT = """
select mail.contact_id, mail.sent_at
from mail
left join lateral (
    select consent.granted, consent.expires_at
    from crm.consent as consent
    where
        consent.contact_id = mail.contact_id
        and lower(trim(consent.channel)) = 'email'
        and lower(trim(consent.gdpr_category)) = mail.category
        and consent.effective_at <= mail.sent_at
    order by consent.effective_at desc, consent.granted asc, consent.consent_id desc
    limit 1
) as decided on true
where decided.granted is not true or decided.expires_at <= mail.sent_at
"""


@dataclass(frozen=True)
class Past:
    """What the year left behind."""

    services: Services
    account: MailchimpAccount
    sent: list[Sent]

    def rows(self, query: str, *values: Any, dsn: str = "") -> list[dict[str, Any]]:
        with psycopg.connect(dsn or self.services.warehouse, row_factory=dict_row) as connection:
            return connection.execute(query.encode(), values).fetchall()


@pytest.fixture(scope="module")
def past() -> Iterator[Past]:
    # Not pytest's own folders: root's Postgres runs under another account, which must get there.
    folder = Path(tempfile.mkdtemp(prefix="crm-past-"))
    folder.chmod(0o755)
    installation = Installation(folder / "home")
    with ExitStack() as running:
        running.callback(shutil.rmtree, folder)
        running.callback(clean, installation)
        running.enter_context(held(installation))
        services = running.enter_context(
            running_services(installation, installation.secrets(), begin_days_ago=BEGIN_DAYS_AGO)
        )
        fill_sample_crm(services, contacts=SAMPLE_CONTACTS, seed=SAMPLE_SEED)
        migrate_warehouse(services)
        sync(services, "first")
        account = MailchimpAccount(services.mailchimp_url, services.mailchimp_key)
        with open_session(services.warehouse) as warehouse:
            results = collection_results(warehouse, "first")
        assert play_past(account, results, lambda _: None) > 50
        assert read_reports(services) > 50
        account.let_time_pass_until(story_begins(datetime.now(UTC)))
        sent = send_campaigns(account, results, lambda _: None)
        account.let_the_present_come()
        read_statuses(services)
        # What the DAGs do afterwards.
        assert 3 <= read_reports(services) < 20, "old reports have no news"
        with open_session(services.warehouse) as warehouse:
            refresh_marts(warehouse, time_zone="Europe/Athens")
        yield Past(services, account, sent)


def sync(services: Services, run_id: str) -> None:
    """A run of ``sync_collections`` in this process."""
    client = MailchimpClient(services.mailchimp_key, host=services.mailchimp_url)
    with (
        Mailchimp(client) as provider,
        open_session(services.warehouse) as warehouse,
        open_session(services.crm, autocommit=True) as crm,
    ):
        with open_session(services.crm) as own, open_session(services.crm_query) as queries:
            staging_id = stage(warehouse, own, queries, run_id=run_id)
        for code in codes_to_sync(warehouse, staging_id):
            warehouse.commit()
            accounts = Accounts.only(provider)
            sync_collection(warehouse, crm, accounts, staging_id=staging_id, collection_code=code)


def test_the_warehouse_says_what_the_sandbox_says(past: Past) -> None:
    with open_session(past.services.warehouse) as warehouse:
        assert wrong_reports(warehouse, past.account, past.sent) == []
        lost = "delete from stats.campaign_activities where action = 'open' and occurred_at < %s"
        long_ago = datetime.now(UTC) - timedelta(days=300)
        assert warehouse.execute(lost, [long_ago]).rowcount > 100
        assert len(wrong_reports(warehouse, past.account, past.sent)) > 5
        warehouse.rollback()
        mails = "delete from stats.campaign_recipients where campaign_id = %s"
        assert warehouse.execute(mails, [past.sent[0].campaign_id]).rowcount > 100
        wrong = wrong_reports(warehouse, past.account, past.sent)
        assert any("went to others than the warehouse says" in line for line in wrong)
        warehouse.rollback()
    (sums,) = past.rows(
        "select count(*) as figures, count(*) filter (where difference <> 0) as different,"
        " count(distinct campaign_id) as campaigns from mart.reconciliation"
    )
    assert sums["different"] == 0
    assert sums["figures"] > sums["campaigns"] > 60


def test_the_clock_is_the_machines(past: Past) -> None:
    newest = max(datetime.fromisoformat(event["time"]) for event in past.account.events())
    assert newest <= datetime.now(UTC)
    (campaigns,) = past.rows(
        "select min(sent_at) as first, max(sent_at) as last from mart.campaigns"
    )
    assert campaigns["last"] <= datetime.now(UTC)
    assert campaigns["last"] - campaigns["first"] > timedelta(days=365)


@pytest.mark.parametrize("chart", CHARTS)
def test_each_chart_shows_something(past: Past, chart: str) -> None:
    with open_session(past.services.warehouse) as warehouse:
        rows = chart_rows(warehouse, chart)
    metrics = [value for row in rows for name, value in row.items() if name.startswith("metric ")]
    assert metrics
    assert any(value is not None for value in metrics)
    assert any(metrics) or chart in ZERO_IS_GOOD


def test_each_view_that_a_dashboard_reads_has_rows(past: Past) -> None:
    views = views_of_charts()
    assert len(views) > 15
    for view in sorted(views):
        (counted,) = past.rows(f"select count(*) as rows from {view}")
        assert counted["rows"] > 0, view


def test_people_behave_differently(past: Past) -> None:
    trends = {
        row["trend"]: row["people"]
        for row in past.rows(
            "select trend, count(*) as people from mart.contact_trend group by trend"
        )
    }
    assert trends.keys() >= {"rising", "falling", "steady"}
    assert trends["unknown"] < sum(trends.values()) / 5
    segments = {row["segment"] for row in past.rows("select segment from mart.contact_segments")}
    assert segments >= {"active", "champion", "cooling", "dormant", "never_opened", "left"}
    (times,) = past.rows(
        "select count(distinct weekday) as days, count(distinct hour) as hours"
        " from mart.audience_sending_times"
    )
    assert times["days"] == 7 and times["hours"] > 6
    (cohorts,) = past.rows(
        "select count(distinct cohort_month) as months from mart.audience_cohorts"
    )
    assert cohorts["months"] > 6
    (frequency,) = past.rows("select max(mails_in_30_days) as most from mart.unsubscribe_frequency")
    assert frequency["most"] > 3
    (clicks,) = past.rows(
        "select count(*) filter (where is_suspected_bot) as scanners, count(*) as clicks"
        " from mart.campaign_activities where action_type = 'click'"
    )
    assert 100 < clicks["scanners"] < clicks["clicks"] / 2


def test_nobody_was_mailed_without_consent(past: Past) -> None:
    collections, contacts, signed_up = _collections(past), _contacts(past), _sign_ups(past)
    mails = []
    for event in past.account.events(action="sent"):
        who = event["list_id"], event["subscriber_hash"]
        code, category = collections[event["campaign_id"]]
        contact_id = contacts.get((code, event["subscriber_hash"]))
        if contact_id is None:
            assert signed_up[who] <= event["time"], "neither a contact nor somebody who signed up"
        elif category != "unclassified":
            mails.append((contact_id, category, event["time"]))
    assert len(mails) > 15_000
    with psycopg.connect(past.services.crm) as crm, crm.cursor() as cursor:
        cursor.execute(
            "create temporary table mail (contact_id bigint, category text, sent_at timestamptz)"
        )
        with cursor.copy("copy mail from stdin") as copy:
            for row in mails:
                copy.write_row(row)
        assert cursor.execute(_WITHOUT_CONSENT).fetchall() == []
        # The question can fail: long before their consents nobody could be mailed.
        cursor.execute("update mail set sent_at = '2018-01-01'")
        assert len(cursor.execute(_WITHOUT_CONSENT).fetchall()) == len(mails)


def _collections(past: Past) -> dict[str, tuple[str, str]]:
    """The collection that each campaign went to, and the consent that it asks for."""
    by_code = {
        row["code"]: row["gdpr_category"] for row in past.rows(_CONSENTS, dsn=past.services.crm)
    }
    found = {
        row["campaign_id"]: (row["collection_code"], by_code[row["collection_code"]])
        for row in past.rows("select campaign_id, collection_code from mart.campaigns")
    }
    assert {category for _, category in found.values()} == {"newsletter", "offer", "unclassified"}
    return found


def _contacts(past: Past) -> dict[tuple[str, str], int]:
    """Contacts by collection and member: in a shared audience collections may differ."""
    return {
        (row["collection_code"], row["subscriber_hash"]): row["contact_id"]
        for row in past.rows(
            "select collection_code, subscriber_hash, contact_id from sync.membership"
            " where contact_id is not null"
        )
    }


def _sign_ups(past: Past) -> dict[tuple[str, str], str]:
    return {
        (event["list_id"], event["subscriber_hash"]): event["time"]
        for event in past.account.events(action="subscribed", by="person")
    }


def test_who_left_is_refused_and_got_no_more(past: Past) -> None:
    left: dict[tuple[str, str], str] = {}
    for event in past.account.events(action="unsubscribed", by="person"):
        left[event["list_id"], event["subscriber_hash"]] = event["time"]
    assert len(left) > 50
    for event in past.account.events(action="sent"):
        gone = left.get((event["list_id"], event["subscriber_hash"]))
        assert gone is None or event["time"] <= gone
    refused = Counter(
        row["list_id"]
        for row in past.rows(
            "select distinct list_id, address_digest from sync.refusal"
            " where kind in ('unsubscribed', 'complaint') and ended_at is null"
        )
    )
    assert refused == Counter(list_id for list_id, _ in left)
    old = past.rows("select from sync.refusal where refused_at < now() - interval '200 days'")
    assert len(old) > 10


def test_no_name_is_printed_for_a_dashboard(past: Past) -> None:
    with open_session(past.services.warehouse) as warehouse:
        shown = str([chart_rows(warehouse, chart) for chart in CHARTS])
    assert len(shown) > 5_000
    assert not re.search(r"[\w.+-]+(?:@|%40)[\w-]+\.\w+", shown)
