"""The table of campaign actions, pair by pair: CRM state × Mailchimp state → action."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from crm_mailchimp.campaigns.campaign_actions import ACTIONS
from crm_mailchimp.campaigns.next_action import (
    TABLE,
    Action,
    CrmState,
    RemoteState,
    crm_state_of,
    next_action,
    next_quarter,
    remote_state_of,
)

NOW = datetime(2026, 11, 23, 10, 7, 31, tzinfo=UTC)

# Written by what people expect, not by the product's table. Facts of the CRM's row (state, hours
# until planned_at), Mailchimp's word, what is done.
EXPECTED = [
    ("draft", None, None, "create"),
    ("draft", 5, None, "create"),
    ("draft", 5, "save", "update"),
    ("draft", 5, "schedule", "unschedule"),
    ("draft", None, "sending", "follow"),
    ("draft", None, "sent", "follow"),
    ("draft", None, "deleted", "hold"),
    ("approved", 5, None, "create"),
    ("approved", 5, "save", "schedule"),
    ("approved", 5, "paused", "schedule"),
    ("approved", 5, "schedule", "check"),
    ("approved", 5, "sending", "follow"),
    ("approved", 5, "sent", "follow"),
    ("approved", 5, "deleted", "hold"),
    ("approved", -1, None, "create"),
    ("approved", -1, "save", "send"),
    ("approved", -1, "schedule", "check"),
    ("approved", -1, "sent", "follow"),
    ("approved", -25, "save", "hold"),
    ("approved", -25, "schedule", "check"),
    ("approved", None, None, "create"),
    ("approved", None, "save", "update"),
    ("approved", None, "schedule", "check"),
    ("approved", None, "sent", "follow"),
    ("cancelled", None, None, "nothing"),
    ("cancelled", 5, "save", "delete"),
    ("cancelled", 5, "schedule", "unschedule"),
    ("cancelled", 5, "shelved", "nothing"),
    ("cancelled", 5, "sending", "follow"),
    ("cancelled", 5, "sent", "follow"),
    ("cancelled", 5, "deleted", "nothing"),
    (None, None, None, "nothing"),
    (None, None, "save", "hold"),
    (None, None, "schedule", "unschedule"),
    (None, None, "sent", "follow"),
    (None, None, "deleted", "nothing"),
    ("approved", -1, "a word of tomorrow", "hold"),
    ("approved", -1, "archived", "follow"),
]


@pytest.mark.parametrize(("state", "hours", "word", "action"), EXPECTED)
def test_what_people_expect(
    state: str | None, hours: float | None, word: str | None, action: str
) -> None:
    planned_at = None if hours is None else NOW + timedelta(hours=hours)
    crm = crm_state_of(state, planned_at, is_active=True, now=NOW, max_lateness=timedelta(hours=24))
    there = word not in (None, "deleted")
    remote = remote_state_of(
        ("save" if word == "shelved" else word) if there else None,
        is_linked=word is not None,
        is_shelved=word == "shelved",
    )
    assert next_action(crm, remote).action == action


def test_rules_over_the_whole_table() -> None:
    for crm_state, row in TABLE.items():
        assert len(row) == 8
        assert {row["sending"], row["sent"]} == {"follow"}, "what is out is out"
        assert row["unknown"] == "hold", "nothing is done to what we do not understand"
        assert row["deleted"] in ("hold", "nothing"), "what people deleted stays deleted"
        # Only an approved campaign is ever scheduled or sent, by a time that was given.
        if crm_state not in ("planned", "due"):
            assert not {"send", "schedule"} & set(row.values())
        if crm_state != "cancelled":
            assert "delete" not in row.values()
        # What must not go out does not stay scheduled.
        if crm_state in ("draft", "cancelled", "gone"):
            assert row["scheduled"] == "unschedule"
        else:
            assert row["scheduled"] == "check"


def test_the_words_of_the_table_are_the_typed_ones_and_each_action_has_its_function() -> None:
    assert tuple(TABLE) == get_args(CrmState)
    for row in TABLE.values():
        assert tuple(row) == get_args(RemoteState)
    actions = {action for row in TABLE.values() for action in row.values()}
    assert actions == set(get_args(Action)) == set(ACTIONS)


def test_an_inactive_collection_is_as_gone() -> None:
    state = crm_state_of(
        "approved", NOW, is_active=False, now=NOW, max_lateness=timedelta(hours=24)
    )
    assert state == "gone"


@pytest.mark.parametrize(
    ("planned", "scheduled"),
    [
        ("10:00:00+00:00", "10:00"),
        ("10:00:01+00:00", "10:15"),
        ("10:37:00+00:00", "10:45"),
        ("13:59:00+02:00", "12:00"),
        ("23:59:00+05:45", "18:15"),
    ],
)
def test_quarters_are_never_too_early(planned: str, scheduled: str) -> None:
    moment = next_quarter(datetime.fromisoformat(f"2026-11-23T{planned}"))
    assert moment.strftime("%H:%M") == scheduled
    assert moment.second == 0
    assert moment >= datetime.fromisoformat(f"2026-11-23T{planned}")


def test_the_document_tells_the_same() -> None:
    text = (Path(__file__).parents[2] / "docs" / "campaigns.md").read_text(encoding="utf-8")
    lines = text.split("| | none | draft |")[1].splitlines()[2:9]
    documented = [[cell.strip() for cell in line.strip("| ").split("|")][1:] for line in lines]
    columns = ("none", "draft", "scheduled", "sending", "deleted")
    assert documented == [[row[column] for column in columns] for row in TABLE.values()]
