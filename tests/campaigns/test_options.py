"""Settings that leave no hole between two looks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_mailchimp.campaigns.options import CampaignOptions, options_from
from crm_mailchimp.settings import SettingError


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
        options = options_from({"CAMPAIGNS_SCHEDULE": schedule, "CAMPAIGN_WAIT": wait})
        assert options.wait_horizon > longest
        assert options.near >= options.last_check
    long = options_from({"CAMPAIGNS_SCHEDULE": schedule, "CAMPAIGN_WAIT": "20000"})
    assert long.wait_horizon == timedelta(minutes=20000)


def test_a_wrong_schedule_waits_like_the_default() -> None:
    """The DAG itself falls back to it, and the run names it at its end."""
    assert options_from({"CAMPAIGNS_SCHEDULE": "κάθε ώρα"}) == options_from({})


def test_the_defaults_are_those_of_the_settings() -> None:
    assert options_from({}) == CampaignOptions()


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(SettingError, match="CAMPAIGN_SCHEDULE_AHEAD"):
        options_from({"CAMPAIGN_SCHEDULE_AHEAD": "1", "CAMPAIGN_LAST_CHECK": "5"})
    with pytest.raises(SettingError, match="LAST_CHECK is '0': write a number of minutes from 1"):
        options_from({"CAMPAIGN_LAST_CHECK": "0"})
    with pytest.raises(SettingError, match="LAST_CHECK is '-1'"):
        options_from({"CAMPAIGN_LAST_CHECK": "-1"})
    assert options_from({"CAMPAIGN_LAST_CHECK": "1.5"}).last_check == timedelta(seconds=90)
