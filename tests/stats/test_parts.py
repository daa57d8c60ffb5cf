"""The parts of an A/B test against the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from stats.sandbox_world import happened, ledger, make_audience, read_all, send, stored

SUBJECTS = ["Προσφορές της εβδομάδας", "Μόνο για εσάς ❄"]


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


@pytest.fixture
def provider(mailchimp_sandbox: Any) -> Iterator[Mailchimp]:
    with Mailchimp(MailchimpClient(mailchimp_sandbox.key, host=mailchimp_sandbox.host)) as opened:
        yield opened


def asked_for_parts(sandbox: Any) -> int:
    template = "/reports/{campaign_id}/sub-reports"
    return len(sandbox.control("GET", f"ledger/requests?template={template}")["requests"])


@pytest.mark.parametrize(
    ("kind", "test_size"), [("variate", 100), ("variate", 50), ("absplit", 100)]
)
def test_parts_of_an_a_b_test_add_up_to_it_and_equal_the_ledger(
    warehouse: Any, provider: Mailchimp, mailchimp_sandbox: Any, kind: str, test_size: int
) -> None:
    list_id, _ = make_audience(provider, 120)
    settings = {
        "winner_criteria": "opens",
        "wait_time": 60,
        "subject_lines": SUBJECTS,
        "test_size": test_size,
    }
    more = {"variate_settings": settings} if kind == "variate" else {}
    subjects = SUBJECTS if kind == "variate" else ["Δοκιμή"] * 2
    campaign_id = send(provider, list_id, "Δοκιμή", kind=kind, **more)
    plain = send(provider, list_id, "Νέα")
    for days in (1, 4):
        mailchimp_sandbox.control("POST", "clock/advance", {"days": days})
        read_all(warehouse, provider)
        read_all(warehouse, provider)
    assert asked_for_parts(mailchimp_sandbox) == 2, "when its figures change, and not for others"

    events = ledger(mailchimp_sandbox, campaign_id)
    assert stored(warehouse) == happened(events) + happened(ledger(mailchimp_sandbox, plain))
    group_of = dict(
        warehouse.execute(
            "select subscriber_hash, absplit_group from stats.campaign_recipients"
            " where campaign_id = %s",
            (campaign_id,),
        ).fetchall()
    )
    groups = {"a", "b"} if test_size == 100 else {"a", "b", "winner"}
    assert set(group_of.values()) == groups
    counted = Counter((group_of[e["subscriber_hash"]], e["action"]) for e in events if e["ip"])
    sent = Counter(group_of.values())
    parts = warehouse.execute(
        "select part_id, subject_line, emails_sent, opens_total, clicks_total"
        " from stats.latest_sub_report where campaign_id = %s",
        (campaign_id,),
    ).fetchall()
    assert set(parts) == {
        (
            f"{campaign_id}-{group}",
            subjects[1] if group == "b" else subjects[0],
            sent[group],
            counted[group, "open"],
            counted[group, "click"],
        )
        for group in groups
    }
    assert sum(part[2] for part in parts) == 120
    history = warehouse.execute(
        "select part_id, count(*) from stats.sub_report_snapshots group by part_id"
    ).fetchall()
    assert {count for _, count in history} == {2}
    assert (
        warehouse.execute(
            "select campaign_id, metric from stats.reconciliation where difference <> 0"
        ).fetchall()
        == []
    )
