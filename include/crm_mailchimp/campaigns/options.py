"""Settings of the campaigns, from the environment (``.env.example`` explains each)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from crm_mailchimp.errors import PermanentError

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
    #: A run waits for what is due within this time; what is later belongs to a later run.
    wait_horizon: timedelta = timedelta(minutes=20)
    #: Scheduled campaigns pass the gate once more this long before they go out.
    last_check: timedelta = timedelta(minutes=5)
    release_holds: timedelta = timedelta(hours=24)
    write_back: bool = False


def options_from(environment: Mapping[str, str] = os.environ) -> CampaignOptions:
    """Read the settings.

    Raises:
        CampaignSettingError: one of them is not a number, or not true or false.
    """
    default = CampaignOptions()
    limit = _number(environment, "CAMPAIGN_RECIPIENT_LIMIT", 0)
    return CampaignOptions(
        max_sync_age=_minutes(environment, "CAMPAIGN_MAX_SYNC_AGE", default.max_sync_age),
        max_lateness=_minutes(environment, "CAMPAIGN_MAX_LATENESS", default.max_lateness),
        tolerance=_number(environment, "CAMPAIGN_RECIPIENT_TOLERANCE", 10) / 100,
        recipient_limit=int(limit) or None,
        schedule_there=_flag(environment, "CAMPAIGN_SCHEDULE_IN_MAILCHIMP", default=True),
        wait_horizon=_minutes(environment, "CAMPAIGN_WAIT", default.wait_horizon),
        last_check=_minutes(environment, "CAMPAIGN_LAST_CHECK", default.last_check),
        release_holds=_minutes(environment, "CAMPAIGN_RELEASE_HOLDS", default.release_holds),
        write_back=_flag(environment, "WRITE_BACK_CAMPAIGNS", default=False),
    )


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
