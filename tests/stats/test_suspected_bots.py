"""Clicks of scanners are found in the sandbox's reports, people's are not, and marks stay."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from crm_mailchimp.data_protection.retention import Ages, apply
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.provider import NewMember
from crm_mailchimp.sessions import open_session
from crm_mailchimp.stats.extract import extract_campaign, extract_campaigns
from crm_mailchimp.stats.marts import refresh_marts
from fresh_databases import fresh_databases
from listed_campaigns import campaigns_to_read
from stats.sandbox_world import SETTINGS, ledger, read_all, send
from stats.simulated_account import SENT_AT, Account, Campaign

LINKS = [f"https://example.gr/νέα/{number}" for number in range(3)]
DIFFERING = "select count(*) from stats.reconciliation where difference <> 0"
MARKS = (
    "select campaign_id, subscriber_hash, occurred_at, url, ordinal, bot_rule"
    " from stats.campaign_activities where action = 'click' order by 1, 2, 3, 4, 5"
)


@pytest.fixture(params=["postgres", "debian_postgres"])
def warehouse(request: pytest.FixtureRequest) -> Iterator[psycopg.Connection[Any]]:
    with (
        fresh_databases(request.getfixturevalue(request.param)) as (_, dsn),
        open_session(dsn) as connection,
    ):
        yield connection


@pytest.fixture
def provider(mailchimp_sandbox: Any) -> Iterator[Mailchimp]:
    with Mailchimp(MailchimpClient(mailchimp_sandbox.key, host=mailchimp_sandbox.host)) as opened:
        yield opened


def rows(warehouse: Any, query: str) -> Any:
    found = warehouse.execute(query).fetchall()
    warehouse.commit()
    return found


def rules(warehouse: Any, campaign_id: str = "c1") -> Counter[str | None]:
    """How many clicks of a campaign each rule marked; None: no rule."""
    return Counter(rule for one, *_, rule in rows(warehouse, MARKS) if one == campaign_id)


# ------------------------------------------------------------ against the sandbox


def addresses(seed: int) -> list[str]:
    """People of some big mail providers, and of companies of many sizes."""
    draw = random.Random(f"σαρωτές/{seed}")
    found = [f"{draw.getrandbits(48):x}@mail{draw.randrange(400)}.s{seed}.gr" for _ in range(500)]
    for company in range(45):
        size = draw.choice((1, 2, 4, 8, 15, 30, 60))
        found += [f"{draw.getrandbits(48):x}@etairia{company}.s{seed}.gr" for _ in range(size)]
    draw.shuffle(found)
    return found


def audience_of(provider: Mailchimp, people: list[str]) -> str:
    made = provider.create_audience(SETTINGS)
    for start in range(0, len(people), 500):
        outcome = provider.add_members(
            made.list_id,
            [
                NewMember(email_address=address, status="subscribed", merge_fields={})
                for address in people[start : start + 500]
            ],
        )
        assert not outcome.rejected
    return made.list_id


def body(links: int) -> str:
    return "".join(f'<a href="https://example.gr/{n}">{n}</a>' for n in range(links))


def test_scanners_are_found_and_people_are_not_marked(
    warehouse: Any, provider: Mailchimp, mailchimp_sandbox: Any
) -> None:
    """People open late, click fast, click all links, share an office, or see no images."""
    behaviour = {"gateway": 0.35, "office": 0.4, "images_off": 0.3, "hurried": 0.35, "click": 2.0}
    mailchimp_sandbox.control("POST", "behaviour", behaviour)
    campaigns = {}
    for seed in (1, 2, 3):
        list_id = audience_of(provider, addresses(seed))
        for links in (1, 2, 3, 8):
            sent = send(provider, list_id, f"Νέα {links}", html=body(links))
            campaigns[sent] = (seed, links)
    mailchimp_sandbox.control("POST", "clock/advance", {"days": 30})
    read_all(warehouse, provider)

    marks = {
        (campaign_id, member, at, url): rule
        for campaign_id, member, at, url, rule in rows(
            warehouse,
            "select campaign_id, subscriber_hash, occurred_at, url, bot_rule"
            " from stats.campaign_activities where action = 'click'",
        )
    }
    found: dict[Any, Counter[str]] = defaultdict(Counter)
    for campaign_id, (seed, links) in campaigns.items():
        for event in ledger(mailchimp_sandbox, campaign_id):
            if event["action"] != "click":
                continue
            at = datetime.fromisoformat(event["time"])
            rule = marks[campaign_id, event["subscriber_hash"], at, event["url"]]
            for group in (("all",), ("seed", seed), ("links", links)):
                found[event["by"], *group][rule or "no rule"] += 1
    for (by, *group), counts in found.items():
        print(by, *group, dict(counts))
    for (by, *group), counts in found.items():
        if group[0] == "links":
            continue
        unmarked = counts["no rule"] / counts.total()
        assert counts.total() > 500, (by, group)
        assert unmarked <= 0.05 if by == "scanner" else unmarked >= 0.99, (by, group, counts)
    assert found["scanner", "all"].keys() >= {
        "all_links", "at_delivery", "before_open", "shared_network",
    }  # fmt: skip
    assert rows(
        warehouse,
        "select count(*), sum(difference) from stats.reconciliation where difference <> 0",
    ) == [(0, None)]


# ------------------------------------------------------------ rule by rule


def read(warehouse: Any, account: Account, **how: Any) -> None:
    extract_campaigns(warehouse, account, campaigns_to_read(warehouse, account), **how)
    refresh_marts(warehouse, time_zone="Europe/Athens")


def clicks(
    one: Campaign, member: str, *seconds: float, links: int = 3, ip: str = "", **more: Any
) -> None:
    """The member clicks one link after the other, at these seconds after sending."""
    for number, moment in enumerate(seconds):
        one.happens(member, "click", int(moment), url=LINKS[number % links], ip=ip, **more)


def a_mail(people: int = 60, *, campaign_id: str = "c1", **more: Any) -> Campaign:
    """A campaign with three links, all of them clicked: by one person, over some days."""
    one = Campaign(campaign_id, **more)
    one.send(people)
    clicks(one, one.recipients[-1], 7_000, 90_000, 190_000)
    return one


MACHINES = {
    "every link, one second each": ("all_links", (400, 401, 402)),
    "every link in the same second": ("all_links", (400, 400, 400)),
    "every link, each twice": ("all_links", (400, 401, 402, 403, 404, 405)),
    "as the mail arrives": ("at_delivery", (3,)),
    "two links as the mail arrives": ("at_delivery", (9, 11)),
    "before any open, soon": ("before_open", (25,)),
}


def test_each_rule_marks_a_whole_visit(warehouse: Any) -> None:
    campaigns = {}
    for name, (_, seconds) in MACHINES.items():
        one = campaigns[name] = a_mail(5, campaign_id=name)
        clicks(one, one.recipients[0], *seconds)
        # Mailchimp counts an open where a click has none.
        one.happens(one.recipients[0], "open", seconds[0])
        # Afterwards the person reads the mail and clicks.
        one.happens(one.recipients[0], "open", 5_000)
        clicks(one, one.recipients[0], 5_010)
    read(warehouse, Account(*campaigns.values()))
    for name, (rule, seconds) in MACHINES.items():
        one = campaigns[name]
        assert rules(warehouse, name) == {rule: len(seconds), None: 4}, name
        assert rows(
            warehouse,
            "select was_clicked, was_clicked_without_bots, clicks, clicks_without_bots,"
            " first_click_without_bots_at from mart.campaign_recipients"
            f" where campaign_id = '{name}' and subscriber_hash = '{one.recipients[0]}'",
        ) == [(True, True, len(seconds) + 1, 1, one.sent_at + timedelta(seconds=5_010))], name


def test_a_gateway_of_many_people_is_known_by_its_network(warehouse: Any) -> None:
    one = a_mail()
    for number, member in enumerate(one.recipients[:6]):
        clicks(one, member, 200 + 10 * number, ip=f"52.1.1.{number}")
        one.happens(member, "open", 200 + 10 * number, ip=f"52.1.1.{number}")
    read(warehouse, Account(one))
    assert rules(warehouse) == {"shared_network": 6, None: 3}


#: Who clicks, after how many seconds, and when they opened the mail; None: no images, no open.
PEOPLE = {
    "an office reads in one morning, without images": [
        (n, (300 + 200 * n,), None) for n in range(40)
    ],
    "an office clicks at once after opening": [(n, (120 + n,), 110 + n) for n in range(40)],
    "a family clicks within a minute, without images": [
        (n, (200 + 15 * n,), None) for n in range(4)
    ],
    "the only link, right after the open": [(n, (20 + n,), 16 + n) for n in range(4)],
    "all three links in half a minute": [(0, (100, 112, 128), 96), (1, (105, 108, 111), 100)],
    "two links in one second": [(0, (100, 100), 96), (1, (100, 100), None)],
    "weeks later": [(0, (86_400 * 20,), 86_400 * 20 - 5)],
    "one link many times": [(0, (100, 100, 101, 101, 102), 96)],
}


def test_people_are_not_marked(warehouse: Any) -> None:
    campaigns = []
    for name, people in PEOPLE.items():
        one = a_mail(campaign_id=name)
        for number, seconds, opened in people:
            links = 1 if name == "one link many times" else 3
            clicks(one, one.recipients[number], *seconds, links=links, ip="94.66.1.1")
            one.happens(one.recipients[number], "open", seconds[0] if opened is None else opened)
        campaigns.append(one)
    read(warehouse, Account(*campaigns))
    for name, people in PEOPLE.items():
        clicked = 3 + sum(len(seconds) for _, seconds, _ in people)
        assert rules(warehouse, name) == {None: clicked}, name


def test_a_mail_without_an_end_has_no_time_of_delivery(warehouse: Any) -> None:
    one = a_mail()
    clicks(one, one.recipients[0], 3)
    read(warehouse, Account(one))
    assert rules(warehouse)["at_delivery"] == 1
    warehouse.execute("update stats.campaigns set type = 'automation'")
    refresh_marts(warehouse)
    assert rules(warehouse) == {None: 4}


# ------------------------------------------------------------ marks stay


def scanned(days_ago: int = 0) -> tuple[Account, Campaign]:
    """All rules in one campaign, with IP addresses."""
    now = datetime.now(tz=UTC).replace(microsecond=0)
    one = a_mail(sent_at=now - timedelta(days=days_ago) if days_ago else SENT_AT)
    clicks(one, one.recipients[0], 400, 401, 402, ip="52.2.2.2")
    clicks(one, one.recipients[1], 3, ip="52.3.3.3")
    clicks(one, one.recipients[2], 25, ip="52.4.4.4")
    for number, member in enumerate(one.recipients[10:16]):
        clicks(one, member, 200 + number, ip="52.1.1.1")
    clicks(one, one.recipients[20], 9_000, ip="94.66.1.1")
    return Account(one), one


ALL = {"all_links": 3, "at_delivery": 1, "before_open": 1, "shared_network": 6, None: 4}
FIGURES = (
    "select to_jsonb(one) - 'reported_at' from mart.campaign_performance as one",
    "select to_jsonb(one) from mart.campaign_days as one order by one.day",
    "select to_jsonb(one) from mart.audience_hours as one order by one.weekday, one.hour",
    "select to_jsonb(one) from mart.audience_cohorts as one order by one.months_since_first",
    "select to_jsonb(one) from mart.link_performance as one order by one.url",
    "select to_jsonb(one) from mart.links as one order by one.url",
    "select to_jsonb(one) from mart.contact_engagement as one order by one.subscriber_hash",
    "select to_jsonb(one) from mart.contact_months as one order by one.contact_key",
    "select to_jsonb(one) from mart.campaign_recipients as one order by one.subscriber_hash",
)


def figures(warehouse: Any) -> list[Any]:
    return [rows(warehouse, query) for query in FIGURES]


def test_marks_are_the_same_however_the_campaign_is_read(warehouse: Any) -> None:
    account, one = scanned()
    everything = one.events
    one.events = [event for event in everything if event.at <= one.sent_at + timedelta(seconds=202)]
    read(warehouse, account)
    assert rules(warehouse)["shared_network"] == 0, "three people are not many"
    one.events = everything
    read(warehouse, account)
    marks = rows(warehouse, MARKS)
    assert rules(warehouse) == ALL
    for _ in range(2):
        extract_campaign(warehouse, account, "c1", full=True)
        refresh_marts(warehouse, time_zone="Europe/Athens", rebuild=True)
        assert rows(warehouse, MARKS) == marks
    assert rows(warehouse, DIFFERING) == [(0,)]


def test_marks_stay_when_the_ip_addresses_go(warehouse: Any) -> None:
    account, one = scanned(days_ago=100)
    read(warehouse, account)
    before = figures(warehouse)
    assert apply(warehouse, Ages(ips=90))["ips"] == 12
    since = one.sent_at + timedelta(days=5)
    extract_campaign(warehouse, account, "c1", full=True, ips_since=since)
    warehouse.execute("update mart.segment_rule set bot_network_people = 50")
    read(warehouse, account)
    assert rules(warehouse) == ALL
    assert rows(warehouse, "select count(ip) from stats.campaign_activities") == [(0,)]
    assert figures(warehouse) == before


def test_counts_stay_when_the_events_go(warehouse: Any) -> None:
    account, one = scanned(days_ago=800)
    # Some of the clicks are young, so the campaign loses its events in two steps.
    clicks(one, one.recipients[0], 86_400 * 400, links=1)
    clicks(one, one.recipients[1], 86_400 * 401, links=1)
    read(warehouse, account)
    before = figures(warehouse)
    assert before[0][0][0]["clicks_without_bots"] == 6
    for days, left in ((730, 2), (100, 0)):
        apply(warehouse, Ages(events=days, ips=None))
        assert rows(warehouse, "select count(*) from stats.campaign_activities") == [(left,)]
        extract_campaign(warehouse, account, "c1", full=True)
        for rebuild in (False, True):
            refresh_marts(warehouse, time_zone="Europe/Athens", rebuild=rebuild)
            assert figures(warehouse) == before
    assert rows(warehouse, DIFFERING) == [(0,)]


def test_other_limits_count_at_the_next_refresh(warehouse: Any) -> None:
    account, _ = scanned()
    read(warehouse, account)
    assert rules(warehouse) == ALL
    before = figures(warehouse)
    warehouse.execute("update mart.segment_rule set bot_fewest_links = 4, bot_early_seconds = 0")
    refresh_marts(warehouse, time_zone="Europe/Athens")
    assert rules(warehouse) == {"at_delivery": 1, "shared_network": 6, None: 8}
    assert figures(warehouse) != before
    warehouse.execute("update mart.segment_rule set bot_fewest_links = 3, bot_early_seconds = 30")
    refresh_marts(warehouse, time_zone="Europe/Athens")
    assert rules(warehouse) == ALL
    assert figures(warehouse) == before


def test_a_crash_before_the_judgement_loses_no_mark(
    warehouse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, _ = scanned()

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr("crm_mailchimp.stats.extract.judge_clicks", dies)
        read(warehouse, account)
    warehouse.rollback()
    assert rules(warehouse) == {None: 15}
    refresh_marts(warehouse)
    assert rules(warehouse) == ALL


def test_an_open_that_is_listed_late_ends_a_mark(warehouse: Any) -> None:
    one = a_mail()
    clicks(one, one.recipients[0], 25)
    late = one.happens(one.recipients[0], "open", 12, listed=False)
    account = Account(one)
    read(warehouse, account)
    assert rules(warehouse) == {"before_open": 1, None: 3}
    late.listed = True
    extract_campaign(warehouse, account, "c1", full=True)
    assert rules(warehouse) == {None: 4}


# ------------------------------------------------------------ figures


def test_segments_trends_and_best_times_use_people_alone(warehouse: Any) -> None:
    """A person whose gateway clicks every mail has never read one."""
    now = datetime.now(tz=UTC).replace(microsecond=0)
    campaigns = []
    for number in range(6):
        one = Campaign(f"c{number}", sent_at=now - timedelta(days=20 + 30 * number))
        one.send(3)
        behind, reads, _ = one.recipients
        clicks(one, behind, 3, 4, 5)
        one.happens(reads, "open", 7_200)
        clicks(one, reads, 7_210)
        campaigns.append(one)
    read(warehouse, Account(*campaigns))
    of = "subscriber_hash", "contact_key"
    assert dict(
        rows(
            warehouse,
            f"select contact.{of[0]}, segment.segment from mart.contact_segments as segment"
            " inner join mart.contact_engagement as contact using (contact_key)",
        )
    ) == {behind: "never_opened", reads: "champion", one.recipients[2]: "never_opened"}
    assert dict(rows(warehouse, "select contact_key, recent_rate from mart.contact_trend")) == {
        f"member {behind}": 0, f"member {reads}": 1, f"member {one.recipients[2]}": 0,
    }  # fmt: skip
    # Three clicks of the gateway at each hour of sending; the person's come two hours later.
    assert {
        hour for (hour,) in rows(warehouse, "select best_hour from mart.audience_best_times")
    } < {
        (one.sent_at + timedelta(seconds=seconds)).astimezone(ZoneInfo("Europe/Athens")).hour
        for one in campaigns
        for seconds in (7_200, 7_210)
    } | {None}
    assert rows(
        warehouse,
        "select distinct click_rate, click_rate_without_bots, clicks, clicks_without_bots,"
        " unique_link_clicks, unique_link_clicks_without_bots, click_to_open_rate,"
        " click_to_open_rate_without_bots from mart.campaign_performance",
    ) == [(Decimal("0.6667"), Decimal("0.3333"), 4, 1, 4, 1, 2, 1)]
    assert rows(
        warehouse,
        "select click_rate, click_rate_without_bots, clicks, clicks_without_bots, unique_clicks,"
        " unique_clicks_without_bots from mart.list_performance",
    ) == [(Decimal("0.6667"), Decimal("0.3333"), 24, 6, 12, 6)]
    assert dict(
        rows(
            warehouse,
            "select subscriber_hash, array[click_rate, click_rate_without_bots,"
            " clicks_without_bots] from mart.member_performance",
        )
    ) == {behind: [1, 0, 0], reads: [1, 1, 6], one.recipients[2]: [0, 0, 0]}
    assert rows(
        warehouse,
        "select distinct total_clicks, total_clicks_without_bots, unique_clicks,"
        " unique_clicks_without_bots, click_share, click_share_without_bots,"
        " click_rate_without_bots from mart.link_performance order by 1, 2",
    ) == [
        (1, 0, 1, 0, Decimal("0.2500"), 0, 0),
        (2, 1, 2, 1, Decimal("0.5000"), 1, Decimal("0.3333")),
    ]
    assert rows(warehouse, DIFFERING) == [(0,)]


def test_a_click_shows_its_rule(warehouse: Any) -> None:
    account, _ = scanned()
    read(warehouse, account)
    assert Counter(
        rows(
            warehouse,
            "select is_suspected_bot, bot_rule from mart.campaign_activities"
            " where action_type = 'click'",
        )
    ) == {(rule is not None, rule): count for rule, count in ALL.items()}


def test_every_click_rate_is_there_without_scanners_too(warehouse: Any) -> None:
    found: dict[str, set[str]] = {}
    for relation, column in rows(
        warehouse,
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'mart' and column_name like 'click_rate%'",
    ):
        found.setdefault(relation, set()).add(column)
    assert {name for name in found if name.endswith("_performance")} == {
        f"{name}_performance"
        for name in ("automation", "campaign", "link", "list", "member", "segment")
    }
    assert {
        name: columns for name, columns in found.items() if "click_rate_without_bots" not in columns
    } == {}
