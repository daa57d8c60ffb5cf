"""The settings of a campaign's draft: what the CRM changed since we wrote them, and writing it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from psycopg import Connection

from crm_mailchimp.campaigns.campaign_state import (
    CampaignState,
    LinkedCampaign,
    Services,
    update_state,
)
from crm_mailchimp.campaigns.crm_campaigns import CrmCampaign
from crm_mailchimp.crm.collections import provider_problem
from crm_mailchimp.rows import read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.audience_map import KnownAudience


def audience_to_use(
    services: Services, campaign: CrmCampaign, state: CampaignState
) -> KnownAudience | str:
    """The audience, or what keeps the campaign from being made or from staying scheduled."""
    audience = state.audience
    if campaign.unreadable:
        return f"unreadable_row: {campaign.unreadable}. Correct it in crm.campaign"
    if campaign.missing:
        columns = ", ".join(f"crm.campaign.{name}" for name in campaign.missing)
        return f"missing_parameter: fill {columns} or the list's defaults"
    if audience is None:
        return f"no_audience: {_why_none(services.warehouse, campaign)}"
    if audience.tag is not None and audience.tag_id is None:
        return (
            f"no_audience: collection {campaign.collection_code} has no tag in the audience that "
            "it shares. Sync the collection, and see how that ends"
        )
    unsupported = provider_problem(campaign.provider, campaign.provider_kind)
    if unsupported is not None:
        return f"provider_unsupported: {unsupported}"
    if audience.account != campaign.account:
        return (
            f"account_changed: collection {campaign.collection_code} belongs to the account of "
            f"connection {campaign.account} now. Its audience is in that of connection "
            f"{audience.account}: sync the collection"
        )
    if state.account != campaign.account:
        return (
            f"account_changed: it was made in the account of connection {state.account}, and "
            f"collection {campaign.collection_code} belongs to that of connection "
            f"{campaign.account} now. Delete it in Mailchimp, then run with the param recreate"
        )
    return audience


def changed_settings(state: LinkedCampaign) -> dict[str, str]:
    """What the CRM changed since we wrote it. What only Mailchimp changed stays."""
    pushed, remote = state.record.pushed or {}, state.remote.settings
    wanted = state.campaign.draft(state.remote.list_id).settings()
    return {
        name: value
        for name, value in wanted.items()
        if value != pushed.get(name) and value != remote[name]
    }


def _why_none(warehouse: Connection[Any], campaign: CrmCampaign) -> str:
    """Why a collection has no audience, and what to do; commits."""
    collection = campaign.collection_code
    found = read_value(
        warehouse,
        str,
        statement("campaigns/why_no_audience"),
        {"collection_id": campaign.collection_id, "collection_code": collection},
    )
    warehouse.commit()
    words = {
        "waits": f"collection {collection} left the audience that it shared, and is in no other "
        "one yet. Its members stay there until then. See why its last sync did not succeed",
        "left": f"collection {collection} has left its audience, and has no other one yet. Sync "
        "the collection, and see how that ends",
        "tried": f"collection {collection} has no audience yet. See why its last sync did not "
        "succeed",
    }
    return words.get(found, f"collection {collection} was never synced")


def has_moved_audience(state: CampaignState) -> bool:
    """Whether it is to go elsewhere than the sync wrote into its draft.

    The CRM moved it to another collection. Or the collection has another audience or tag, or
    begins or ends to share the audience that it has.
    """
    audience, campaign, remote = state.audience, state.campaign, state.remote
    if audience is None:
        return False
    if state.record.list_id != audience.list_id:
        return True
    # In a shared audience each collection has a tag of its own.
    is_shared = audience.tag is not None
    moved = campaign is not None and state.record.collection_code != campaign.collection_code
    if is_shared and moved:
        return True
    written, present = state.record.tag_id, audience.tag_id
    if remote is None or written == present or (is_shared and present is None):
        return False
    # What people chose instead of it stays.
    return remote.tag_id == written and remote.has_segment == (written is not None)


def write_settings(services: Services, state: LinkedCampaign) -> LinkedCampaign | str:
    """Bring the draft's settings up to date. The body and what people changed there stay.

    Returns:
        the campaign after it, or what keeps it from having the CRM's settings.
    """
    campaign = state.campaign
    audience = audience_to_use(services, campaign, state)
    if isinstance(audience, str):
        return audience
    wanted = campaign.draft(audience.list_id).settings()
    changes = changed_settings(state)
    list_id = audience.list_id if has_moved_audience(state) else None
    if changes or list_id:
        changed = services.provider.change_campaign(
            state.remote.campaign_id, changes, list_id=list_id, tag_id=audience.tag_id
        )
        state = replace(state, remote=changed)
    # A tag that people chose is not ours, but for the collection's own.
    is_at_tag = bool(list_id) or state.remote.tag_id == audience.tag_id
    tag_id = audience.tag_id if is_at_tag else state.record.tag_id
    if (
        dict(state.record.pushed or {}) != wanted
        or list_id
        or state.record.shelved_at
        or state.record.tag_id != tag_id
    ):
        state = update_state(
            services,
            state,
            pushed=wanted,
            title=wanted["title"],
            list_id=audience.list_id,
            tag_id=tag_id,
            collection_code=campaign.collection_code,
            shelved_at=None,
        )
    remote = state.remote.settings
    return replace(
        state, hand_made=tuple(name for name, value in wanted.items() if remote[name] != value)
    )
