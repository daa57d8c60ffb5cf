"""When an RSS campaign looks at its feed (OpenAPI: campaigns, ``rss_opts``)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mailchimp_sandbox import validation
from mailchimp_sandbox.problem import invalid_fields

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FREQUENCIES = ("daily", "weekly", "monthly")

#: Defaults of a schedule. API 3.0 names none, so these are API 2.0's. The hour "default to 4 (4am
#: local time)"; the others are "1 (Monday)" and "the 1st day of the month". Source: comments of
#: CampaignTypeRssOptions in the wrapper danesparza/MailChimp.NET.
HOUR = 4
WEEKDAY = "monday"
MONTH_DAY = 1

#: The longest that two fitting days can be apart: the 29th of February, over a century's turn.
_MOST_DAYS = 8 * 366

_OPTIONS = {
    "feed_url": "string",
    "frequency": "string",
    "constrain_rss_img": "boolean",
    "schedule": "object",
}
_SCHEDULE = {
    "hour": "integer",
    "daily_send": "object",
    "weekly_send_day": "string",
    "monthly_send_date": "number",
}


def check(options: Mapping[str, Any], *, whole: bool) -> None:
    """Refuse options that the OpenAPI schema does not allow.

    Args:
        options: ``rss_opts`` of a body.
        whole: whether a campaign is made of them, which needs a feed and a frequency.

    Raises:
        Problem: 400.
    """
    required = ("feed_url", "frequency") if whole else ()
    validation.check(options, _OPTIONS, required, "rss_opts.")
    if "frequency" in options:
        validation.one_of(options["frequency"], FREQUENCIES, "rss_opts.frequency")
    schedule = options.get("schedule", {})
    prefix = "rss_opts.schedule."
    validation.check(schedule, _SCHEDULE, (), prefix)
    days = schedule.get("daily_send", {})
    validation.check(days, dict.fromkeys(WEEKDAYS, "boolean"), (), f"{prefix}daily_send.")
    if "weekly_send_day" in schedule:
        validation.one_of(schedule["weekly_send_day"], WEEKDAYS, f"{prefix}weekly_send_day")
    for name, most in (("hour", 23), ("monthly_send_date", 31)):
        if not 0 <= schedule.get(name, 0) <= most:
            raise invalid_fields((prefix + name, f"This value should be between 0 and {most}."))


def _fits(day: date, options: Mapping[str, Any]) -> bool:
    schedule = options.get("schedule", {})
    if options["frequency"] == "daily":
        chosen = schedule.get("daily_send")
        return chosen is None or bool(chosen.get(WEEKDAYS[day.weekday()]))
    if options["frequency"] == "weekly":
        return bool(WEEKDAYS[day.weekday()] == schedule.get("weekly_send_day", WEEKDAY))
    wanted = schedule.get("monthly_send_date", MONTH_DAY)
    # "'0' is always the last day of a month. Months with fewer than the selected number of days
    # will not have an RSS campaign sent out that day."
    if wanted == 0:
        return (day + timedelta(days=1)).day == 1
    return day.day == int(wanted)


def next_due(after: int, options: Mapping[str, Any], zone: str) -> int | None:
    """The first moment after another one at which the schedule has the feed looked at.

    Args:
        after: seconds since the epoch.
        options: the campaign's ``rss_opts``.
        zone: the account's time zone ("The hour to send the campaign in local time").

    Returns:
        seconds since the epoch; None for a daily schedule without any day.
    """
    here = ZoneInfo(zone)
    first = datetime.fromtimestamp(after, UTC).astimezone(here).date()
    hour = time(options.get("schedule", {}).get("hour", HOUR))
    for number in range(_MOST_DAYS):
        day = first + timedelta(days=number)
        moment = int(datetime.combine(day, hour, here).timestamp())
        if moment > after and _fits(day, options):
            return moment
    return None
