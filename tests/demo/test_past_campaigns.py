"""The plan of the year before the demo, on whatever day the demo runs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from local_installation.campaign_story import DAYS
from local_installation.past_campaigns import TIME_ZONE, past_campaigns
from local_installation.past_year import BEGIN_DAYS_AGO, story_begins

#: Each weekday, a leap day, both changes of the clock, ends of years.
DAYS_OF_DEMOS = [
    *(date(2026, 11, 23) + timedelta(days=n) for n in range(7)),
    *(date(2028, 2, 29), date(2027, 3, 28), date(2026, 10, 25), date(2026, 12, 31)),
    date(2027, 1, 1),
]


@pytest.mark.parametrize("today", DAYS_OF_DEMOS, ids=str)
def test_a_year_lies_between_the_account_and_the_story(today: date) -> None:
    campaigns = past_campaigns(today)
    moments = [campaign.sent_at for campaign in campaigns]
    assert moments == sorted(moments)
    assert moments[-1] - moments[0] > timedelta(days=365)
    assert len({campaign.mail.title for campaign in campaigns}) == len(campaigns) > 50
    assert all(campaign.mail.links for campaign in campaigns)
    for hour in (0, 1, 9, 23):
        now = datetime(today.year, today.month, today.day, hour, tzinfo=TIME_ZONE)
        assert moments[0] > now - timedelta(days=BEGIN_DAYS_AGO)
        assert moments[-1] < story_begins(now)


@pytest.mark.parametrize("today", DAYS_OF_DEMOS, ids=str)
def test_the_days_of_the_story_end_before_the_present(today: date) -> None:
    for hour in range(24):
        now = datetime(today.year, today.month, today.day, hour, tzinfo=UTC)
        assert story_begins(now) + timedelta(days=DAYS) < now


def test_times_of_sending_differ() -> None:
    moments = [campaign.sent_at for campaign in past_campaigns(date(2026, 11, 27))]
    assert len({moment.isoweekday() for moment in moments}) == 7
    assert len({moment.hour for moment in moments}) > 6
    assert any(campaign.is_hurried for campaign in past_campaigns(date(2026, 11, 27)))
