"""Settings that leave no hole between two looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from croniter import croniter

from crm_mailchimp.campaigns.campaign_options import (
    CampaignOptions,
    longest_gap,
    read_campaign_options,
)
from crm_mailchimp.setting_group import SettingError


@pytest.mark.parametrize(
    ("schedule", "longest"),
    [
        ("*/15 * * * *", timedelta(minutes=15)),
        ("@hourly", timedelta(hours=1)),
        ("*/15 8-18 * * 1-5", timedelta(days=2, hours=13, minutes=15)),
        ("", timedelta(days=7)),
    ],
)
def test_the_wait_is_longer_than_the_time_between_two_runs(
    schedule: str, longest: timedelta
) -> None:
    for wait in ("", "0", "5"):
        options = read_campaign_options({"CAMPAIGNS_SCHEDULE": schedule, "CAMPAIGN_WAIT": wait})
        assert options.wait_horizon > longest
        assert options.near >= options.last_check
    long = read_campaign_options({"CAMPAIGNS_SCHEDULE": schedule, "CAMPAIGN_WAIT": "20000"})
    assert long.wait_horizon == timedelta(minutes=20000)


@pytest.mark.parametrize(
    ("schedule", "longest"),
    [
        ("* * * * *", timedelta(minutes=1)),
        ("5,50 * * * *", timedelta(minutes=45)),
        ("30 6 * * *", timedelta(days=1)),
        ("30 6,9 * * *", timedelta(hours=21)),
        ("0 9,17 * * 1-5", timedelta(days=2, hours=16)),
        ("0 12 * * 3", timedelta(days=7)),
        ("0 0 * * 1#1", timedelta(days=35)),
        ("0 0 1 * *", timedelta(days=31)),
        ("0 0 L * *", timedelta(days=31)),
        ("0 0 29 * *", timedelta(days=59)),
        ("0 0 30 * *", timedelta(days=60)),
        ("0 0 29 2 *", timedelta(days=1461)),
        ("0 0 1 * 1", timedelta(days=7)),
        ("@daily", timedelta(days=1)),
        ("@weekly", timedelta(days=7)),
        ("@quarterly", timedelta(days=92)),
        ("@yearly", timedelta(days=366)),
    ],
)
def test_the_longest_time_between_two_runs(schedule: str, longest: timedelta) -> None:
    assert longest_gap(schedule) == longest


@pytest.mark.parametrize(
    "schedule", ["*/7 * * * *", "3-50/9 4,6,21 * * 2,4", "10 2 13 * 5", "0 */5 31 1-6 *"]
)
def test_the_longest_gap_is_that_of_all_runs(schedule: str) -> None:
    firings = croniter(schedule, datetime(2027, 1, 1, tzinfo=UTC))
    moments: list[datetime] = [firings.get_next(datetime) for _ in range(2_000)]
    assert longest_gap(schedule) == max(later - first for first, later in pairwise(moments))


def test_a_wrong_schedule_waits_like_the_default() -> None:
    """The DAG itself falls back to it, and the run names it at its end."""
    assert read_campaign_options({"CAMPAIGNS_SCHEDULE": "κάθε ώρα"}) == read_campaign_options({})


def test_the_defaults_are_those_of_the_settings() -> None:
    assert read_campaign_options({}) == CampaignOptions()


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(SettingError, match="CAMPAIGN_SCHEDULE_AHEAD"):
        read_campaign_options({"CAMPAIGN_SCHEDULE_AHEAD": "1", "CAMPAIGN_LAST_CHECK": "5"})
    with pytest.raises(SettingError, match="LAST_CHECK is '0': write a number of minutes from 1"):
        read_campaign_options({"CAMPAIGN_LAST_CHECK": "0"})
    with pytest.raises(SettingError, match="LAST_CHECK is '-1'"):
        read_campaign_options({"CAMPAIGN_LAST_CHECK": "-1"})
    assert read_campaign_options({"CAMPAIGN_LAST_CHECK": "1.5"}).last_check == timedelta(seconds=90)
