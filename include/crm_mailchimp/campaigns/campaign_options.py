"""How campaigns are judged, scheduled and waited for, as the settings say."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from croniter import croniter

from crm_mailchimp.setting_group import SettingError
from crm_mailchimp.setting_values import cron_expression
from crm_mailchimp.settings import CampaignSettings, Schedules

#: How far ahead a run looks where no schedule brings the next one.
BY_HAND_HORIZON = timedelta(days=7)
#: A run begins some time after its moment, and takes some.
_RUN_TAKES = timedelta(minutes=5)
#: The year before a leap year: with it both lengths of February are seen.
_YEAR_BEFORE_LEAP_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
_TWO_YEARS = timedelta(days=731)


@dataclass(frozen=True, kw_only=True)
class CampaignOptions:
    """How old a sync may be, how late a campaign, how many recipients, and how long to wait."""

    max_sync_age: timedelta = timedelta(minutes=120)
    max_lateness: timedelta = timedelta(hours=24)
    tolerance: float = 0.10
    recipient_limit: int | None = None
    schedule_in_mailchimp: bool = True
    #: A campaign is put into Mailchimp's schedule this long before its time, not earlier. A
    #: scheduled campaign goes out even when nothing of ours is running any more.
    schedule_ahead: timedelta = timedelta(minutes=5)
    #: Scheduled campaigns are taken back and judged once more this long before they go out.
    last_check: timedelta = timedelta(minutes=2)
    #: A run starts the waiting for what is due within this time; always longer than the time
    #: between two runs.
    wait_horizon: timedelta = timedelta(minutes=20)
    #: How long a task waits for its audience's lock before it gives its worker back.
    lock_wait: timedelta = timedelta(seconds=20)
    release_holds: timedelta = timedelta(hours=24)

    @property
    def near(self) -> timedelta:
        """A schedule this near is judged at every look: it may be the last one."""
        return max(self.wait_horizon, self.last_check)


def read_campaign_options(environment: Mapping[str, str] = os.environ) -> CampaignOptions:
    """The options that the settings give.

    Raises:
        SettingError: one of the settings cannot be obeyed; or a campaign would be scheduled after
            its last check.
    """
    settings = CampaignSettings.read(environment)
    if settings.campaign_schedule_ahead < settings.campaign_last_check:
        raise SettingError(
            "the environment variable CAMPAIGN_SCHEDULE_AHEAD is less than CAMPAIGN_LAST_CHECK: "
            "a campaign would be checked before it is scheduled. Write at least "
            f"{settings.campaign_last_check:g} (docs/settings.md)"
        )
    # A wrong schedule counts as not set, as for the DAG itself, which names it at its end.
    schedule = Schedules.read_usable(environment).campaigns_schedule
    return CampaignOptions(
        max_sync_age=timedelta(minutes=settings.campaign_max_sync_age),
        max_lateness=timedelta(minutes=settings.campaign_max_lateness),
        tolerance=settings.campaign_recipient_tolerance / 100,
        recipient_limit=settings.campaign_recipient_limit or None,
        schedule_in_mailchimp=settings.campaign_schedule_in_mailchimp,
        schedule_ahead=timedelta(minutes=settings.campaign_schedule_ahead),
        wait_horizon=max(
            timedelta(minutes=settings.campaign_wait), longest_gap(schedule) + _RUN_TAKES
        ),
        last_check=timedelta(minutes=settings.campaign_last_check),
        release_holds=timedelta(minutes=settings.campaign_release_holds),
    )


def longest_gap(schedule: str) -> timedelta:
    """The longest time between two runs.

    Args:
        schedule: an accepted value of ``CAMPAIGNS_SCHEDULE``.
    """
    if not schedule:
        return BY_HAND_HORIZON
    expression = cron_expression(schedule)
    fields, nth_weekdays = croniter.expand(expression)
    minutes, hours, days, months, _ = fields
    # Every day with a run has the same times of day.
    times = sorted(
        timedelta(hours=hour, minutes=minute)
        for hour in _numbers(hours, 24)
        for minute in _numbers(minutes, 60)
    )
    longest = max((later - earlier for earlier, later in pairwise(times)), default=timedelta(0))
    # Of days, a week shows all gaps; where days of the month matter, an ordinary and a leap year.
    is_weekly = days == months == ["*"] and not nth_weekdays
    span = timedelta(weeks=1) if is_weekly else _TWO_YEARS
    firings = croniter(expression, _YEAR_BEFORE_LEAP_YEAR)
    moment: datetime = firings.get_next(datetime)
    while moment - _YEAR_BEFORE_LEAP_YEAR <= span:
        last = moment.replace(hour=0, minute=0) + times[-1]
        moment = firings.get_next(datetime, start_time=last)
        longest = max(longest, moment - last)
    return longest


def _numbers(field: Sequence[int | str], count: int) -> Iterable[int]:
    return range(count) if field == ["*"] else (int(number) for number in field)
