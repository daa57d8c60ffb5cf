"""A sandbox account for reports: an audience, campaigns of it, its ledger; and what stats hold."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import psycopg

from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.provider import AudienceSettings, NewMember
from crm_mailchimp.stats.extract import extract_campaigns
from listed_campaigns import campaigns_to_read

SETTINGS = AudienceSettings(
    name="Πελάτες (ΠΕΛ)",
    company="Εταιρεία ΑΕ",
    address1="Ερμού 1",
    city="Αθήνα",
    country="GR",
    zip="10563",
    from_name="Εταιρεία",
    from_email="news@example.gr",
    language="el",
    permission_reminder="Είστε πελάτης μας.",
)
BODY = "".join(
    f'<a href="https://example.gr/{path}">{path}</a>'
    for path in ("προσφορές?a=1&b=%20x", "νέα", "επικοινωνία")
)


def make_audience(provider: Mailchimp, members: int) -> tuple[str, list[str]]:
    audience = provider.create_audience(SETTINGS)
    addresses = [f"prosopo{number}@mail{number % 7}.gr" for number in range(members)]
    for start in range(0, members, 500):
        outcome = provider.add_members(
            audience.list_id,
            [
                NewMember(email_address=address, status="subscribed", merge_fields={})
                for address in addresses[start : start + 500]
            ],
        )
        assert not outcome.rejected
    return audience.list_id, addresses


def send(
    provider: Mailchimp,
    list_id: str,
    subject: str,
    *,
    kind: str = "regular",
    html: str = BODY,
    **more: Any,
) -> str:
    """Create and send a campaign; ``more`` is what its type needs besides."""
    made = provider.client.call(
        "POST",
        "/campaigns",
        body={
            **more,
            "type": kind,
            "recipients": {"list_id": list_id},
            "settings": {
                "subject_line": subject,
                "title": subject,
                "from_name": "Εταιρεία",
                "reply_to": "news@example.gr",
            },
        },
    )
    campaign_id = str(made["id"])
    ids = {"campaign_id": campaign_id}
    provider.client.call("PUT", "/campaigns/{campaign_id}/content", ids=ids, body={"html": html})
    provider.client.call("POST", "/campaigns/{campaign_id}/actions/send", ids=ids)
    return campaign_id


def ledger(sandbox: Any, campaign_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    after = -1
    while True:
        answer = sandbox.control(
            "GET", f"ledger/events?campaign_id={campaign_id}&after={after}&count=100000"
        )
        events += answer["events"]
        if len(answer["events"]) < 100_000:
            return events
        after = answer["events"][-1]["seq"]


def happened(events: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    """Opens, clicks and bounces of the ledger with all their attributes; last the ordinal among
    equal ones of the same second, in the order in which they happened."""
    same_second: Counter[tuple[Any, ...]] = Counter()
    found: Counter[tuple[Any, ...]] = Counter()
    for event in events:
        if event["action"] not in ("open", "click", "bounce"):
            continue
        key = (
            event["campaign_id"],
            event["subscriber_hash"],
            event["action"],
            datetime.fromisoformat(event["time"]),
            event["url"] or None,
        )
        same_second[key] += 1
        attributes = (
            event["ip"] or None if event["action"] != "bounce" else None,
            event["bounce_type"] or None,
            event["is_proxy"] if event["action"] == "open" else None,
        )
        found[(*key, *attributes, same_second[key])] += 1
    return found


def stored(warehouse: psycopg.Connection[Any]) -> Counter[tuple[Any, ...]]:
    """The events of ``stats``, as ``happened`` gives those of the ledger."""
    rows = warehouse.execute(
        """
        select
            campaign_id, subscriber_hash, action, occurred_at, url, ip, bounce_type,
            is_proxy_open, ordinal
        from stats.campaign_activities
        """
    ).fetchall()
    warehouse.commit()
    return Counter(rows)


def read_all(warehouse: psycopg.Connection[Any], provider: Mailchimp) -> list[str]:
    chosen = campaigns_to_read(warehouse, provider)
    extract_campaigns(warehouse, provider, chosen)
    return chosen


def let_pass(warehouse: psycopg.Connection[Any], sandbox: Any, *, seconds: int) -> None:
    """Let time pass on both sides: in the simulated world, and for what waits to be read again."""
    sandbox.control("POST", "clock/advance", {"seconds": seconds})
    for table, column in (
        ("stream_state", "next_reading_at"),
        ("stream_state", "gap_since"),
        ("reconciliation", "unexplained_since"),
    ):
        warehouse.execute(
            f"update stats.{table} set {column} = {column} - make_interval(secs => %s)", (seconds,)
        )
    warehouse.commit()
