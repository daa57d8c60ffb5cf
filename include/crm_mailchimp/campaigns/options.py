"""Settings of the campaigns, from the environment (``.env.example`` explains each)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from croniter import croniter

from crm_mailchimp.errors import PermanentError

#: How far ahead a run looks where no schedule brings the next one.
BY_HAND_HORIZON = timedelta(days=7)
#: A run begins some time after its moment, and takes some.
_RUN_TAKES = timedelta(minutes=5)
_FIRINGS = 2_000
_SHORTEST_CHECK = timedelta(minutes=1)

_YES = ("true", "yes", "1", "on")
_NO = ("false", "no", "0", "off")


class CampaignSettingError(PermanentError):
    """A setting of the environment is not what it must be."""


@dataclass(frozen=True, kw_only=True)
class CampaignOptions:
    """How old a sync may be, how late a campaign, how many recipients, and how long to wait."""

    max_sync_age: timedelta = timedelta(minutes=120)
    max_lateness: timedelta = timedelta(hours=24)
    tolerance: float = 0.10
    recipient_limit: int | None = None
    schedule_there: bool = True
    #: A campaign is put into Mailchimp's schedule this long before its time, not earlier: what
    #: stands there goes out even when nothing of ours is running any more.
    schedule_ahead: timedelta = timedelta(minutes=5)
    #: Scheduled campaigns are taken back and judged once more this long before they go out.
    last_check: timedelta = timedelta(minutes=2)
    #: A run starts the waiting for what is due within this time; always longer than the time
    #: between two runs.
    wait_horizon: timedelta = timedelta(minutes=20)
    #: How long a step waits for its audience's lock before it gives its worker back.
    lock_wait: timedelta = timedelta(seconds=20)
    release_holds: timedelta = timedelta(hours=24)
    write_back: bool = False

    @property
    def near(self) -> timedelta:
        """A schedule this near is judged at every look: it may be the last one."""
        return max(self.wait_horizon, self.last_check)


def options_from(environment: Mapping[str, str] = os.environ) -> CampaignOptions:
    """Read the settings.

    Raises:
        CampaignSettingError: one of them is not a number, or not true or false; or a campaign
            would be scheduled after its last check.
    """
    default = CampaignOptions()
    limit = _number(environment, "CAMPAIGN_RECIPIENT_LIMIT", 0)
    gap = longest_gap(environment.get("CAMPAIGNS_SCHEDULE", "*/15 * * * *"))
    options = CampaignOptions(
        max_sync_age=_minutes(environment, "CAMPAIGN_MAX_SYNC_AGE", default.max_sync_age),
        max_lateness=_minutes(environment, "CAMPAIGN_MAX_LATENESS", default.max_lateness),
        tolerance=_number(environment, "CAMPAIGN_RECIPIENT_TOLERANCE", 10) / 100,
        recipient_limit=int(limit) or None,
        schedule_there=_flag(environment, "CAMPAIGN_SCHEDULE_IN_MAILCHIMP", default=True),
        schedule_ahead=_minutes(environment, "CAMPAIGN_SCHEDULE_AHEAD", default.schedule_ahead),
        wait_horizon=max(
            _minutes(environment, "CAMPAIGN_WAIT", default.wait_horizon), gap + _RUN_TAKES
        ),
        last_check=_minutes(environment, "CAMPAIGN_LAST_CHECK", default.last_check),
        release_holds=_minutes(environment, "CAMPAIGN_RELEASE_HOLDS", default.release_holds),
        write_back=_flag(environment, "WRITE_BACK_CAMPAIGNS", default=False),
    )
    if options.last_check < _SHORTEST_CHECK:
        raise CampaignSettingError("CAMPAIGN_LAST_CHECK is too short to take anything back: give 1")
    if options.schedule_ahead < options.last_check:
        raise CampaignSettingError(
            "CAMPAIGN_SCHEDULE_AHEAD is shorter than CAMPAIGN_LAST_CHECK: a campaign cannot be "
            "checked before it is scheduled"
        )
    return options


def longest_gap(schedule: str) -> timedelta:
    """The longest time between two runs of a cron expression, or of ``@hourly`` and the like.

    Raises:
        CampaignSettingError: it is neither.
    """
    expression = schedule.strip()
    if expression in ("", "@once", "None"):
        return BY_HAND_HORIZON
    try:
        firings = croniter(expression, datetime(2026, 1, 1, tzinfo=UTC))
        moments: list[datetime] = [firings.get_next(datetime) for _ in range(_FIRINGS)]
    except ValueError as error:
        raise CampaignSettingError(
            f"CAMPAIGNS_SCHEDULE is {schedule!r}: give a cron expression"
        ) from error
    return max(later - earlier for earlier, later in pairwise(moments))


def _minutes(environment: Mapping[str, str], name: str, default: timedelta) -> timedelta:
    return timedelta(minutes=_number(environment, name, default.total_seconds() / 60))


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1
    if not 0 <= value < 10**9:
        raise CampaignSettingError(f"{name} is {text!r}: give a number that is not negative")
    return value


def _flag(environment: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = environment.get(name, "").strip().lower()
    if text not in ("", *_YES, *_NO):
        raise CampaignSettingError(f"{name} is {text!r}: give true or false")
    return default if not text else text in _YES
