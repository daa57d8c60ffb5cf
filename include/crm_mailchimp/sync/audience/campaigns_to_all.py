"""Campaigns to everybody in an audience, right before other people may come into it.

A campaign of a collection with an audience of its own goes to the whole audience. Its gate has
judged who is in there. Then the audience becomes that of other collections, and their people are
added. They are no recipients of the campaign.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.campaign_provider import RemoteCampaign
from crm_mailchimp.campaign_schedule import take_back_campaign
from crm_mailchimp.crm.campaign_codes import read_campaign_codes
from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import PassingError, ProviderError
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import read_rows, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.staging.staged_collection import StagedCollection

log = logging.getLogger(__name__)

_DETAIL = "taken back: other collections use its audience now, so it is to go to a tag"
_ON_THEIR_WAY = ("schedule", "sending", "canceling")


class CampaignOnItsWayError(PassingError):
    """A campaign is, or may be, on its way to everybody in an audience that gets other members."""


class _Campaign(NamedTuple):
    campaign_id: int
    campaign_code: str
    provider_campaign_id: str
    is_just_called: bool
    collection_code: str | None = None


def unschedule_all(
    warehouse: Connection[Any],
    crm: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    collection: StagedCollection,
) -> None:
    """Take such campaigns of other collections out of Mailchimp's schedule; commits.

    The next round of campaigns judges them again. A preview takes none back. Mailchimp is asked,
    too: a person may have scheduled one since the last round, or ``sync`` was lost.

    Args:
        crm: to ``crm_db``, in autocommit.
        provider: one call for each 1,000 campaigns of the audience. Two or three more for each
            that may go out.
        list_id: the audience.
        collection: that uses it from now on.

    Raises:
        CampaignOnItsWayError: one is being sent, or a call to send it may still arrive. Or
            Mailchimp does not say which go out, or does not take one back.
    """
    if collection.dry_run:
        return
    try:
        for one in _of_others(warehouse, crm, provider, list_id, collection):
            _unschedule(warehouse, provider, list_id, one)
    except ProviderError as error:
        raise CampaignOnItsWayError(
            f"a campaign may be on its way to everybody in audience {list_id}. Nobody else is let "
            f"in: {words_of(error)}"
        ) from error


def _unschedule(
    warehouse: Connection[Any], provider: AudienceProvider, list_id: str, campaign: _Campaign
) -> None:
    remote = take_back_campaign(provider, campaign.provider_campaign_id)
    is_draft = remote is not None and remote.is_draft
    if is_draft and campaign.is_just_called:
        raise CampaignOnItsWayError(_words(campaign, list_id))
    if remote is None or is_draft:
        log.info("campaign %s is in no schedule: its audience gets others", campaign.campaign_code)
        warehouse.execute(
            "update sync.campaign set scheduled_for = null, look_again_at = null,"
            " status = coalesce(%s, status), detail = %s, changed_at = now()"
            " where campaign_id = %s",
            (remote and remote.status, _DETAIL, campaign.campaign_id),
        )
        warehouse.commit()
    elif remote.status in _ON_THEIR_WAY:
        raise CampaignOnItsWayError(_words(campaign, list_id))


def _of_others(
    warehouse: Connection[Any],
    crm: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    collection: StagedCollection,
) -> list[_Campaign]:
    shown = [
        one
        for one in provider.campaigns_of(list_id)
        # One that goes to a tag reaches nobody else.
        if one.status in _ON_THEIR_WAY and one.type == "regular" and one.tag_id is None
    ]
    found = read_rows(
        warehouse,
        _Campaign,
        statement("sync/find_campaigns_to_all"),
        {"list_id": list_id, "provider_campaign_ids": [one.campaign_id for one in shown]},
    )
    warehouse.commit()
    known = {one.provider_campaign_id for one in found}
    found += _without_a_record(crm, [one for one in shown if one.campaign_id not in known])
    if not found or collection.is_shared_audience:
        return found
    own = read_values(
        crm,
        int,
        statement("crm/campaigns_of_collection"),
        {"collection_id": collection.collection_id},
    )
    # In the CRM it may have become this collection's since its gate judged it for another one.
    judged_for = (None, collection.collection_code)
    return [
        one for one in found if one.campaign_id not in own or one.collection_code not in judged_for
    ]


def _without_a_record(crm: Connection[Any], campaigns: list[RemoteCampaign]) -> Iterator[_Campaign]:
    """Those that are the CRM's by the code in their title: ``sync`` was lost, for example."""
    codes = read_campaign_codes(crm, without_provider=True) if campaigns else {}
    for campaign_id, known_as in codes.items():
        for one in campaigns:
            if one.is_titled_with(known_as.code):
                yield _Campaign(campaign_id, known_as.code, one.campaign_id, False)


def _words(campaign: _Campaign, list_id: str) -> str:
    return (
        f"campaign {campaign.campaign_code} is on its way to everybody in audience {list_id}. "
        "Nobody else is let in until it is sent. The next attempt goes on"
    )
