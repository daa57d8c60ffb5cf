"""Campaigns to everybody in an audience, right before other people may come into it.

A campaign of a collection with an audience of its own goes to the whole audience. Its gate has
judged who is in there. Then the audience becomes that of other collections, and their people are
added. They are no recipients of the campaign.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.campaign_schedule import take_back_campaign
from crm_mailchimp.errors import PassingError
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.staging.staged_collection import StagedCollection

_DETAIL = "taken back: other collections use its audience now, so it is to go to a tag"


class CampaignOnItsWayError(PassingError):
    """A campaign is on its way to everybody in an audience that gets other members."""


class _Campaign(NamedTuple):
    campaign_id: int
    campaign_code: str
    provider_campaign_id: str
    is_just_called: bool


def unschedule_all(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    collection: StagedCollection,
) -> None:
    """Take such campaigns of other collections out of Mailchimp's schedule; commits.

    The next round of campaigns judges them again. A preview takes none back.

    Args:
        provider: no call if there is none. Otherwise two or three calls for each of them.
        list_id: the audience.
        collection: that uses it from now on.

    Raises:
        CampaignOnItsWayError: one is being sent, or a call to send it may still arrive.
        ProviderError: one may still be in the schedule.
    """
    asked = {"list_id": list_id, "collection_code": collection.collection_code}
    found = read_rows(warehouse, _Campaign, statement("sync/find_campaigns_to_all"), asked)
    warehouse.commit()
    for one in () if collection.dry_run else found:
        remote = take_back_campaign(provider, one.provider_campaign_id)
        is_draft = remote is not None and remote.status in ("save", "paused")
        if is_draft and one.is_just_called:
            raise CampaignOnItsWayError(_words(one, list_id))
        if remote is None or is_draft:
            warehouse.execute(
                "update sync.campaign set scheduled_for = null, look_again_at = null,"
                " status = coalesce(%s, status), detail = %s, changed_at = now()"
                " where campaign_id = %s",
                (remote and remote.status, _DETAIL, one.campaign_id),
            )
            warehouse.commit()
        elif remote.status in ("schedule", "sending", "canceling"):
            raise CampaignOnItsWayError(_words(one, list_id))


def _words(campaign: _Campaign, list_id: str) -> str:
    return (
        f"campaign {campaign.campaign_code} is on its way to everybody in audience {list_id}. "
        "Nobody else is let in until it is sent. The next attempt goes on"
    )
