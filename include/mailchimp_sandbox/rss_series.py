"""RSS campaigns: a parent that sends no mail itself, and a child campaign for each mail.

What is known, and from where:

- ``actions/send`` starts it: "For RSS Campaigns, the campaign will send according to its schedule".
  Pause and resume are for RSS campaigns only (OpenAPI: campaigns, "Actions").
- A mail is a campaign of its own with ``parent_campaign_id`` ("For Example, for RSS or Automation
  children", OpenAPI: campaigns). Its report is one of the parent's sub-reports ("view
  Multivariate, RSS, and A/B Testing Campaign reports", OpenAPI: sub-reports).
- The parent says when a mail last went out: ``rss_opts.last_sent``, and ``rss_last_send`` of its
  report (OpenAPI).
- New is what is dated after the last mail. "If this is your first send, we'll only send the posts
  from 24 hours before your campaign was activated for daily, from the last 7 days for weekly and
  the past 30 days for monthly" (kb.mailchimp.com, "I've posted new information to my RSS feed but
  no campaigns have been sent"). Nothing new: no mail, and the next look is the next in schedule.

Undocumented, so the reading is the one that is hardest on a client:

- A child's ``type`` is ``rss`` too, so that the type alone does not separate parent and child.
- The parent's figures are the sums of its children's. But it has no recipients and no events of its
  own: all its lists of details are empty. It has no report before its first mail.
- An item without a readable date, or with one in the future, is not sent.
- Items that came while it was paused go out after it is resumed.
- A feed that cannot be read is passed over until the next look, without a word.
"""

from __future__ import annotations

import copy
import dataclasses
import html
import logging
import re

from mailchimp_sandbox import billing, delivery, rss_schedule
from mailchimp_sandbox.account import TIME_ZONE, Sandbox
from mailchimp_sandbox.clock import DAY
from mailchimp_sandbox.rss_feed import Feed, FeedError, Item, read_feed
from mailchimp_sandbox.state import Campaign, Totals

log = logging.getLogger(__name__)

_FIRST_LOOK = {"daily": DAY, "weekly": 7 * DAY, "monthly": 30 * DAY}
_BLOCK = re.compile(r"\*\|RSSITEMS:[^|]*\|\*(.*?)\*\|END:RSSITEMS\|\*", re.DOTALL)
_COPIED = ("list_id", "segment_opts", "settings", "tracking", "social_card", "content_type")


def is_series(campaign: Campaign) -> bool:
    """Whether it is the parent, not one of its mails."""
    return campaign.type == "rss" and not campaign.parent_id


def children(sandbox: Sandbox, campaign: Campaign) -> list[Campaign]:
    """Its mails, the oldest first."""
    return [
        child
        for child in sandbox.account.campaigns.values()
        if child.parent_id == campaign.campaign_id and child.status in ("sending", "sent")
    ]


def totals(sandbox: Sandbox, campaign: Campaign) -> Totals:
    """Its figures: those of its mails, summed; of the newest open and click the newest."""
    summed = Totals()
    for child in children(sandbox, campaign):
        for one in dataclasses.fields(Totals):
            ours, theirs = getattr(summed, one.name), getattr(child.totals, one.name)
            if one.name in ("last_open", "last_click"):
                newest = max((at for at in (ours, theirs) if at is not None), default=None)
                setattr(summed, one.name, newest)
            else:
                setattr(summed, one.name, ours + theirs)
    return summed


def start(sandbox: Sandbox, campaign: Campaign) -> None:
    """Let it follow its schedule from now on: the first time, or again."""
    campaign.status = "sending"
    if campaign.activated_at is None:
        campaign.activated_at = sandbox.now
    campaign.scheduled_for = rss_schedule.next_due(sandbox.now, campaign.rss, TIME_ZONE)
    sandbox.next_due = 0


def pause(campaign: Campaign) -> None:
    """Let it rest."""
    campaign.status = "paused"
    campaign.scheduled_for = None


def look(sandbox: Sandbox, campaign: Campaign, at: int) -> None:
    """The hour has come: send a mail if the feed has news, and wait for the next hour."""
    campaign.scheduled_for = rss_schedule.next_due(at, campaign.rss, TIME_ZONE)
    audience = sandbox.account.audiences.get(campaign.list_id)
    if audience is None or not delivery.recipient_count(sandbox, audience, campaign):
        return
    if billing.is_paused(sandbox):
        return
    try:
        feed = read_feed(campaign.rss["feed_url"])
    except FeedError as error:
        log.info("the feed of campaign %s is passed over: %s", campaign.campaign_id, error)
        return
    since = campaign.send_time
    if since is None:
        since = (campaign.activated_at or at) - _FIRST_LOOK[campaign.rss["frequency"]]
    news = [
        item
        for item in feed.items
        if item.published_at is not None and since < item.published_at <= at
    ]
    if news:
        _send(sandbox, campaign, Feed(feed.title, tuple(news)), at)


def _send(sandbox: Sandbox, campaign: Campaign, feed: Feed, at: int) -> None:
    number = sandbox.next_number()
    child = Campaign(
        campaign_id=sandbox.new_id("campaign"),
        web_id=500_000 + number,
        type="rss",
        create_time=at,
        number=number,
        parent_id=campaign.campaign_id,
    )
    for name in _COPIED:
        setattr(child, name, copy.deepcopy(getattr(campaign, name)))
    child.html, child.plain_text = fill(campaign.html, feed), fill(campaign.plain_text, feed)
    child.settings["subject_line"] = fill(campaign.settings.get("subject_line", ""), feed)
    sandbox.account.campaigns[child.campaign_id] = child
    sandbox.ledger.event(
        at,
        "campaign_created",
        "mailchimp",
        list_id=child.list_id,
        campaign_id=child.campaign_id,
        detail=campaign.campaign_id,
    )
    delivery.send(sandbox, child, at)
    campaign.send_time = at
    campaign.version += 1


def fill(text: str, feed: Feed) -> str:
    """The merge tags of a feed replaced: ``*|RSSFEED:TITLE|*`` and ``*|RSSITEM:…|*``.

    The latter repeats for each item within ``*|RSSITEMS:|*``; elsewhere it means the first item
    (help, "RSS Merge Tags").
    """
    filled = _BLOCK.sub(lambda found: "".join(_of_item(found[1], one) for one in feed.items), text)
    return _of_item(filled, feed.items[0]).replace("*|RSSFEED:TITLE|*", html.escape(feed.title))


def _of_item(text: str, item: Item) -> str:
    return (
        text.replace("*|RSSITEM:TITLE|*", html.escape(item.title))
        .replace("*|RSSITEM:URL|*", html.escape(item.url))
        .replace("*|RSSITEM:CONTENT|*", item.content)
    )
