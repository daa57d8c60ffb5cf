"""Scanners of mail gateways click before people do, and change nothing that people do."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from mailchimp_sandbox.tests.running import Running

PEOPLE = [f"p{n}@etairia{n % 9}.gr" for n in range(180)]
BODY = "".join(f'<a href="https://example.gr/{n}">{n}</a>' for n in range(4))


def sent(world: Running, list_id: str) -> tuple[str, list[dict[str, Any]]]:
    """A campaign that went out, and its opens and clicks in the ledger."""
    campaign_id = world.new_campaign(list_id)
    path = f"campaigns/{campaign_id}"
    world.call("PUT", f"{path}/content", {"html": BODY})
    world.call("POST", f"{path}/actions/send")
    world.control("POST", "clock/advance", days=40)
    answer = world.control_client.get(
        "/_sandbox/ledger/events", params={"campaign_id": campaign_id, "count": 100_000}
    ).json()
    return campaign_id, [one for one in answer["events"] if one["action"] in ("open", "click")]


def test_nobody_has_a_gateway_unless_somebody_says_so(world: Running, list_id: str) -> None:
    world.subscribe(list_id, *PEOPLE)
    _, events = sent(world, list_id)
    assert {one["by"] for one in events} == {"person"}
    assert len(events) > 100


def test_the_reports_count_scanners_like_people(world: Running, list_id: str) -> None:
    world.subscribe(list_id, *PEOPLE)
    world.control("POST", "behaviour", gateway=0.7)
    campaign_id, events = sent(world, list_id)
    clicks = [one for one in events if one["action"] == "click"]
    counted = Counter(one["by"] for one in clicks)
    assert counted["scanner"] > counted["person"] > 20
    report = world.call("GET", f"reports/{campaign_id}")
    assert report["clicks"]["clicks_total"] == len(clicks)
    assert report["clicks"]["unique_subscriber_clicks"] == len(
        {one["subscriber_hash"] for one in clicks}
    )
    begun = datetime.fromisoformat(report["send_time"])
    for one in clicks:
        seconds = (datetime.fromisoformat(one["time"]) - begun).total_seconds()
        assert seconds < 330 if one["by"] == "scanner" else seconds > 40
        assert one["ip"].startswith("52.") == (one["by"] == "scanner")
    # Who clicked without an open counts as somebody who opened.
    opened = {one["subscriber_hash"] for one in events if one["action"] == "open"}
    assert {one["subscriber_hash"] for one in clicks} <= opened


def test_without_images_only_a_click_shows_an_open(world: Running, list_id: str) -> None:
    world.subscribe(list_id, *PEOPLE)
    world.control("POST", "behaviour", images_off=1.0, proxy=0.0, office=1.0)
    _, events = sent(world, list_id)
    clicks = [one for one in events if one["action"] == "click"]
    opens = [one for one in events if one["action"] == "open"]
    assert len(clicks) > 20
    assert len(opens) == len({one["subscriber_hash"] for one in clicks})
    assert len({one["ip"] for one in clicks}) <= 9, "each domain is an office behind one address"


def test_hurried_people_click_the_first_link_or_all(world: Running, list_id: str) -> None:
    world.subscribe(list_id, *PEOPLE)
    world.control("POST", "behaviour", hurried=1.0, click=3.0)
    _, events = sent(world, list_id)
    links = Counter(one["url"] for one in events if one["action"] == "click")
    assert links["https://example.gr/0"] > links["https://example.gr/1"] > 10
    assert links["https://example.gr/1"] == links["https://example.gr/3"]
