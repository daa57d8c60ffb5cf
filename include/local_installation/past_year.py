"""The year before the demo: its campaigns go out in the sandbox, and people react to them.

The sandbox's account begins in the past. Its time passes from campaign to campaign. So its own
simulated readers open, click, bounce and unsubscribe at their own moments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

from local_installation.campaign_story import DAYS, place_of, send_mail
from local_installation.mailchimp_account import MailchimpAccount
from local_installation.past_campaigns import TIME_ZONE, PastCampaign, past_campaigns
from local_installation.results import CollectionResult

#: When the sandbox's account begins. Each consent of the sample that is in force is older.
BEGIN_DAYS_AGO = 400
#: Nobody complains: no sync runs between these campaigns. The next sync after a complaint takes the
#: person out of the other audiences.
_QUIET = {"abuse": 0.0, "sign_up": 0.004}
_USUAL = {"abuse": 0.0008, "sign_up": 0.002, "open": 1.0, "gateway": 0.0}
#: For some weeks the provider of a fifth of the mailboxes checks the links of each mail.
_SCANNED_MAILBOXES = 0.125
_SCANNERS_FROM = timedelta(weeks=42)
_SCANNERS_UNTIL = timedelta(weeks=34)
#: In the holidays people read less. In the evening fewer people open than in the morning.
_HOLIDAYS = (7, 8)
_MORNING_UNTIL = 12
_EVENING_FROM = 18
#: The hour at which the story after the past begins, some days before the present.
_STORY_BEGINS = time(10, 0)
#: Chances to leave: of most mails, and of a mail that comes soon after the one before.
_LEAVES = 0.006
_LEAVES_SOONER = 0.03


def play_past(
    account: MailchimpAccount,
    results: Sequence[CollectionResult],
    progress: Callable[[str], None],
) -> int:
    """Send the campaigns of a year, each at its moment; gives their number.

    Args:
        account: its time is behind, and stays behind after the newest of these campaigns.
        results: of the sync; says which audience belongs to which collection.
        progress: called with what is going on.

    Raises:
        InstallationError: a collection has no audience.
    """
    now = datetime.now(TIME_ZONE)
    planned = past_campaigns(now.date())
    codes = {campaign.code for campaign in planned}
    places = {code: place_of(account, results, code) for code in codes}
    account.set_behaviour(**_QUIET)
    for number, campaign in enumerate(planned, start=1):
        account.set_behaviour(**_chances(campaign, now))
        account.let_time_pass_until(campaign.sent_at)
        progress(f"campaign {number} of {len(planned)}")
        send_mail(account, places[campaign.code], campaign.mail)
    account.set_behaviour(**_USUAL)
    return len(planned)


def story_begins(now: datetime) -> datetime:
    """When the three campaigns of the story go out: days enough pass before the present comes.

    Args:
        now: with a time zone.
    """
    day = now.astimezone(TIME_ZONE).date() - timedelta(days=DAYS + 1)
    return datetime.combine(day, _STORY_BEGINS, TIME_ZONE)


def _chances(campaign: PastCampaign, now: datetime) -> dict[str, float]:
    """How people react to a campaign, as the sandbox takes it."""
    sent_at, age = campaign.sent_at, now - campaign.sent_at
    attention = 1.0
    if sent_at.hour < _MORNING_UNTIL:
        attention = 1.15
    elif sent_at.hour >= _EVENING_FROM:
        attention = 0.9
    return {
        "open": attention * (0.75 if sent_at.month in _HOLIDAYS else 1.0),
        "unsubscribe": _LEAVES_SOONER if campaign.is_hurried else _LEAVES,
        "gateway": _SCANNED_MAILBOXES if _SCANNERS_UNTIL < age < _SCANNERS_FROM else 0.0,
    }
