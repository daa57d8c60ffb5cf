"""Settings that leave no hole between two looks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_mailchimp.campaigns.options import CampaignSettingError, options_from


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


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(CampaignSettingError, match="CAMPAIGNS_SCHEDULE"):
        options_from({"CAMPAIGNS_SCHEDULE": "κάθε ώρα"})
    with pytest.raises(CampaignSettingError, match="CAMPAIGN_SCHEDULE_AHEAD"):
        options_from({"CAMPAIGN_SCHEDULE_AHEAD": "1", "CAMPAIGN_LAST_CHECK": "5"})
    with pytest.raises(CampaignSettingError, match="too short"):
        options_from({"CAMPAIGN_LAST_CHECK": "0"})
    with pytest.raises(CampaignSettingError, match="not negative"):
        options_from({"CAMPAIGN_LAST_CHECK": "-1"})
    assert options_from({"CAMPAIGN_LAST_CHECK": "1.5"}).last_check == timedelta(seconds=90)
