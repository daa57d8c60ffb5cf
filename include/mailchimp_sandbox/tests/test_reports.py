"""Reports against the ledger: every figure is what happened, event by event."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mailchimp_sandbox.tests.running import Running, running

AMOUNT = 1200


def busy(world: Running) -> tuple[str, str]:
    """An audience and a campaign whose recipients have acted for a month."""
    list_id = world.new_list()
    world.subscribe(list_id, *(f"p{n}@otenet{n % 4}.gr" for n in range(AMOUNT)))
    campaign_id = world.new_campaign(list_id)
    world.send(campaign_id)
    world.advance(days=30)
    return list_id, campaign_id


def activity_of(world: Running, campaign_id: str, **query: Any) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for row in world.rows(f"reports/{campaign_id}/email-activity", "emails", **query):
        for event in row["activity"]:
            found[
                row["email_id"],
                event["action"],
                event["timestamp"],
                event.get("url", ""),
                event.get("ip", ""),
                event.get("type", ""),
            ] += 1
    return found


def ledger_of(world: Running, campaign_id: str) -> Counter[tuple[str, ...]]:
    return Counter(
        (e["subscriber_hash"], e["action"], e["time"], e["url"], e["ip"], e["bounce_type"])
        for e in world.events(campaign_id=campaign_id)
        if e["action"] in ("open", "click", "bounce")
    )


def test_every_figure_is_in_the_ledger(world: Running) -> None:
    list_id, campaign_id = busy(world)
    events = world.events(campaign_id=campaign_id)
    count = Counter(event["action"] for event in events)
    report = world.call("GET", f"reports/{campaign_id}")
    opens = [event for event in events if event["action"] == "open"]
    clicks = [event for event in events if event["action"] == "click"]
    assert activity_of(world, campaign_id) == ledger_of(world, campaign_id)
    assert report["emails_sent"] == count["sent"] == AMOUNT
    assert report["opens"]["opens_total"] == len(opens)
    assert report["opens"]["unique_opens"] == len({e["subscriber_hash"] for e in opens})
    human = [event for event in opens if not event["is_proxy"]]
    assert report["opens"]["proxy_excluded_opens"] == len(human) < len(opens)
    assert report["opens"]["last_open"] == max(event["time"] for event in opens)
    assert report["clicks"]["clicks_total"] == len(clicks)
    assert report["clicks"]["unique_subscriber_clicks"] == len(
        {e["subscriber_hash"] for e in clicks}
    )
    assert report["clicks"]["unique_clicks"] == len(
        {(e["subscriber_hash"], e["url"]) for e in clicks}
    )
    assert report["clicks"]["last_click"] == max(event["time"] for event in clicks)
    bounces = Counter(e["bounce_type"] for e in events if e["action"] == "bounce")
    assert report["bounces"]["hard_bounces"] == bounces["hard"] > 0
    assert report["bounces"]["soft_bounces"] == bounces["soft"] > 0
    assert report["unsubscribed"] == count["unsubscribe"] > 0
    assert report["abuse_reports"] == count["abuse"]
    stats = world.call("GET", f"lists/{list_id}")["stats"]
    assert stats["cleaned_count"] == bounces["hard"]
    assert stats["unsubscribe_count"] == count["unsubscribe"] + count["abuse"]


def test_the_simulation_holds_what_makes_reports_hard(world: Running) -> None:
    _, campaign_id = busy(world)
    events = world.events(campaign_id=campaign_id)
    clicks = Counter((e["subscriber_hash"], e["time"]) for e in events if e["action"] == "click")
    same = Counter(
        (e["subscriber_hash"], e["time"], e["url"]) for e in events if e["action"] == "click"
    )
    opens = Counter(e["subscriber_hash"] for e in events if e["action"] == "open")
    sent_at = min(event["at"] for event in events)
    assert max(clicks.values()) > 1, "several clicks within one second"
    assert max(same.values()) > 1, "the same link twice within one second"
    assert max(opens.values()) > 2, "repeated opens"
    assert max(e["at"] for e in events if e["action"] == "open") > sent_at + 5 * 86400
    signed_up = [e for e in world.events(action="subscribed") if e["by"] == "person"]
    assert signed_up, "people who sign up by themselves"


def test_details_agree_with_each_other(world: Running) -> None:
    _, campaign_id = busy(world)
    path = f"reports/{campaign_id}"
    events = world.events(campaign_id=campaign_id)
    opens = world.rows(f"{path}/open-details", "members")
    proxies = Counter(e["is_proxy"] for e in events if e["action"] == "open")
    shown = Counter(o["is_proxy_open"] for row in opens for o in row["opens"])
    assert shown == proxies
    per_url = Counter(e["url"] for e in events if e["action"] == "click")
    links = world.call("GET", f"{path}/click-details")["urls_clicked"]
    assert [link["url"] for link in links] == [
        "https://elaiones.gr/λάδι?a=1&b=2",
        "https://elaiones.gr/elies",
    ]
    for link in links:
        clickers = world.rows(f"{path}/click-details/{link['id']}/members", "members")
        assert link["total_clicks"] == per_url[link["url"]]
        assert sum(row["clicks"] for row in clickers) == link["total_clicks"]
        assert len(clickers) == link["unique_clicks"]
    gone = world.rows(f"{path}/unsubscribed", "unsubscribes")
    assert {(row["email_id"], row["reason"], row["timestamp"]) for row in gone} == {
        (e["subscriber_hash"], e["detail"], e["time"])
        for e in events
        if e["action"] == "unsubscribe"
    }
    sent = world.rows(f"{path}/sent-to", "sent_to")
    assert Counter(row["status"] for row in sent) == Counter(
        {
            "sent": AMOUNT - sum(e["action"] == "bounce" for e in events),
            "hard": sum(e["bounce_type"] == "hard" for e in events),
            "soft": sum(e["bounce_type"] == "soft" for e in events),
        }
    )
    assert sum(row["open_count"] for row in sent) == sum(proxies.values())


def test_since_keeps_every_recipient_and_filters_events(world: Running) -> None:
    _, campaign_id = busy(world)
    everything = activity_of(world, campaign_id)
    times = sorted({event[2] for event in everything})
    since = times[len(times) // 2]
    path = f"reports/{campaign_id}/email-activity"
    assert len(world.rows(path, "emails", since=since)) == AMOUNT
    expected = Counter({e: n for e, n in everything.items() if e[2] > since})
    assert activity_of(world, campaign_id, since=since) == expected
    assert sum(activity_of(world, campaign_id, since=times[-1]).values()) == 0
    assert activity_of(world, campaign_id, since=since.replace("+", ".5+")) == expected
    opened = world.rows(f"reports/{campaign_id}/open-details", "members", since=times[-1])
    assert opened == []


def test_no_opens_and_clicks_are_empty_strings(world: Running, list_id: str) -> None:
    world.control_client.post("/_sandbox/behaviour", json={"open": 0, "proxy": 0})
    world.subscribe(list_id, "a@otenet.gr")
    campaign_id = world.new_campaign(list_id)
    world.send(campaign_id)
    world.advance(days=3)
    report = world.call("GET", f"reports/{campaign_id}")
    assert (report["opens"]["last_open"], report["clicks"]["last_click"]) == ("", "")
    assert world.call("GET", f"reports/{campaign_id}/sent-to")["sent_to"][0]["last_open"] == ""


@pytest.mark.parametrize("action", ["open", "click"])
def test_the_cap_of_1000_a_member(world: Running, list_id: str, action: str) -> None:
    world.control_client.post("/_sandbox/behaviour", json={"open": 0, "proxy": 0})
    world.subscribe(list_id, "a@otenet.gr")
    campaign_id = world.new_campaign(list_id)
    world.send(campaign_id)
    world.act(list_id, "a@otenet.gr", action, campaign_id=campaign_id, times=1300)
    found = Counter(event[1] for event in activity_of(world, campaign_id).elements())
    assert found[action] == 1000
    report = world.call("GET", f"reports/{campaign_id}")
    total = report["opens"]["opens_total"] if action == "open" else report["clicks"]["clicks_total"]
    assert total == 1300


def test_soft_bounces_clean_only_after_several(world: Running, list_id: str) -> None:
    world.control_client.post(
        "/_sandbox/behaviour",
        json={"open": 0, "proxy": 0, "hard_bounce": 0, "soft_bounce": 0, "sign_up": 0},
    )
    world.subscribe(list_id, "a@otenet.gr")
    for number in range(1, 8):
        campaign_id = world.new_campaign(list_id)
        world.send(campaign_id)
        body = {"list_id": list_id, "email_address": "a@otenet.gr", "campaign_id": campaign_id}
        world.control("POST", "bounce", bounce_type="soft", **body)
        status = world.call("GET", f"lists/{list_id}/members/a@otenet.gr")["status"]
        assert status == ("cleaned" if number == 7 else "subscribed"), number


def test_a_deleted_audience_leaves_its_reports(world: Running) -> None:
    list_id, campaign_id = busy(world)
    before = ledger_of(world, campaign_id)
    world.call("DELETE", f"lists/{list_id}")
    report = world.call("GET", f"reports/{campaign_id}")
    assert (report["list_is_active"], report["list_name"]) == (False, "Πελάτες")
    assert activity_of(world, campaign_id) == before


def test_the_same_seed_and_order_give_the_same_events() -> None:
    def history(seed: str) -> list[tuple[Any, ...]]:
        with running("--seed", seed) as world:
            _, campaign_id = busy(world)
            start = world.events(action="campaign_sent")[0]["at"]
            return [
                (e["action"], e["at"] - start, e["email_address"], e["url"], e["ip"], e["detail"])
                for e in world.events(campaign_id=campaign_id)
                if e["action"] not in ("campaign_created", "campaign_sent")
            ]

    first = history("11")
    assert first == history("11")
    assert first != history("12")


def test_lists_lag_behind_totals_when_asked_to_and_catch_up(world: Running) -> None:
    list_id = world.new_list()
    world.subscribe(list_id, *(f"p{n}@otenet.gr" for n in range(40)))
    campaign_id = world.new_campaign(list_id)
    world.send(campaign_id)
    lags = {"email-activity": 50 * 3600, "sent-to": 3 * 3600, "click-details": 50 * 3600}
    world.control("POST", "lag", **lags)
    world.advance(hours=24)
    happened = ledger_of(world, campaign_id)
    report = world.call("GET", f"reports/{campaign_id}")
    opens = sum(count for key, count in happened.items() if key[1] == "open")
    assert report["opens"]["opens_total"] == opens
    early = activity_of(world, campaign_id)
    assert early < happened
    links = world.rows(f"reports/{campaign_id}/click-details", "urls_clicked")
    assert sum(link["total_clicks"] for link in links) < report["clicks"]["clicks_total"]
    assert len(world.rows(f"reports/{campaign_id}/sent-to", "sent_to")) == 40

    world.advance(days=40)
    assert activity_of(world, campaign_id) == ledger_of(world, campaign_id) > early
    links = world.rows(f"reports/{campaign_id}/click-details", "urls_clicked")
    report = world.call("GET", f"reports/{campaign_id}")
    assert sum(link["total_clicks"] for link in links) == report["clicks"]["clicks_total"]
