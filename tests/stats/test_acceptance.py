"""The expectation that stops the marts, and what a person accepts so that it does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from crm_mailchimp.stats.reconciliation import (
    UnexplainedFiguresError,
    accept_differences,
    require_explained,
    summarise_figures,
)
from listed_campaigns import campaigns_to_read
from stats.figures import busy, differences, is_blocked, run, wait
from stats.simulated_account import SENT_AT, Account


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db) as connection:
        yield connection


def test_nothing_is_blocked_within_the_grace_period(warehouse: Any) -> None:
    campaign = busy()
    campaign.happens(campaign.recipients[4], "open", 5000, listed=False)
    run(warehouse, Account(campaign))
    assert is_blocked(warehouse, hours=0)
    assert not is_blocked(warehouse, hours=24)
    wait(warehouse, 25)
    with pytest.raises(
        UnexplainedFiguresError,
        match=r"καμπάνια1: opens_total 20, Mailchimp says 21.*'accept_differences'",
    ):
        require_explained(warehouse)


def accepted(warehouse: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    found = warehouse.execute(
        "select metric, ours, mailchimps, accepted, holds from stats.accepted_difference"
        " order by accepted_at, metric"
    ).fetchall()
    warehouse.commit()
    return found


def test_members_deleted_before_the_first_reading_are_accepted_and_later_losses_are_not(
    warehouse: Any,
) -> None:
    campaign, other = busy(), busy("καμπάνια2")
    other.sent_at += timedelta(days=9)
    for one in (campaign, other):
        one.deleted |= set(one.recipients[:2])
    account = Account(campaign, other)
    run(warehouse, account)
    assert differences(warehouse)["emails_sent"] == (2, 2, "unexplained")
    with pytest.raises(ValueError, match="say why"):
        accept_differences(warehouse, accepted_by="Ελένη", reason="  ")
    warehouse.rollback()
    count = accept_differences(
        warehouse,
        accepted_by="Ελένη",
        reason="Διαγράφηκαν το 2024",
        until=SENT_AT + timedelta(days=1),
    )
    assert count == len(accepted(warehouse)) == 9
    assert ("emails_sent", 8, 10, 2, 2) in accepted(warehouse)
    assert is_blocked(warehouse), "the other campaign was not accepted"
    accept_differences(warehouse, accepted_by="Ελένη", reason="κι αυτή", campaigns=["καμπάνια2"])
    assert not is_blocked(warehouse)
    assert differences(warehouse)["emails_sent"] == (2, 0, "accepted")
    assert summarise_figures(warehouse)["unexplained"] == 0
    warehouse.commit()

    wait(warehouse, 24)
    run(warehouse, account)
    assert not is_blocked(warehouse), "it stays accepted when read again"
    campaign.happens(campaign.recipients[5], "open", 8000, listed=False)
    run(warehouse, account)
    assert differences(warehouse)["opens_total"] == (5, 1, "unexplained")
    assert is_blocked(warehouse)


def test_what_was_accepted_shrinks_with_the_difference_and_does_not_grow_again(
    warehouse: Any,
) -> None:
    campaign = busy()
    late = [
        campaign.happens(campaign.recipients[4], "open", 5000 + n, listed=False) for n in range(3)
    ]
    account = Account(campaign)
    run(warehouse, account)
    accept_differences(warehouse, accepted_by="Ελένη", reason="λείπουν")
    for event in late[:2]:
        event.listed = True
    run(warehouse, account)
    assert differences(warehouse)["opens_total"] == (1, 0, "accepted")
    assert ("opens_total", 20, 23, 3, 1) in accepted(warehouse)
    campaign.happens(campaign.recipients[4], "open", 6000, listed=False)
    run(warehouse, account)
    assert differences(warehouse)["opens_total"] == (2, 1, "unexplained")


def test_a_campaign_deleted_in_mailchimp_is_accepted_without_being_read(warehouse: Any) -> None:
    campaign = busy()
    campaign.happens(campaign.recipients[4], "open", 5000, listed=False)
    account = Account(campaign)
    run(warehouse, account)
    campaign.is_gone = True
    run(warehouse, account)
    account.requests.clear()
    assert [run(warehouse, account) for _ in range(2)] == [[], []]
    assert account.requests == {"campaigns": 2, "reports": 2}, "it is not asked for again"
    assert is_blocked(warehouse)
    assert campaigns_to_read(warehouse, account, campaigns=["καμπάνια1"]) == []
    accept_differences(warehouse, accepted_by="Ελένη", reason="διαγράφηκε", campaigns=["καμπάνια1"])
    assert not is_blocked(warehouse)
    campaign.is_gone = False
    wait(warehouse, 24)
    assert run(warehouse, account) == ["καμπάνια1"], "back again, it is read again"
