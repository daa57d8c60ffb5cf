"""Which campaign of the CRM is which one in Mailchimp (``sync.campaign``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from crm_mailchimp.campaigns.crm_campaigns import CrmCampaign
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.provider import CampaignDraft, CampaignProvider, RemoteCampaign
from crm_mailchimp.statements import statement


class AmbiguousCampaignError(PermanentError):
    """Several campaigns in Mailchimp could be the CRM campaign's own."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A row of ``sync.campaign``, as far as the next step depends on it."""

    campaign_id: int
    campaign_code: str
    collection_code: str
    list_id: str | None
    title: str
    provider_campaign_id: str | None
    pushed: Mapping[str, str] | None
    scheduled_for: datetime | None
    schedule_refused_at: datetime | None
    shelved_at: datetime | None
    status: str | None


_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, Link.__dataclass_fields__))


def find_link(warehouse: Connection[Any], campaign_id: int) -> Link | None:
    """The link of a CRM campaign, if it was ever intended."""
    return _find(warehouse, "campaign_id", campaign_id)


def find_link_by_code(warehouse: Connection[Any], code: str) -> Link | None:
    """The link of a campaign whose row may be gone from the CRM."""
    return _find(warehouse, "campaign_code", code)


def note(warehouse: Connection[Any], campaign_id: int, **columns: Any) -> None:
    """Write columns of a campaign's row and commit."""
    assignments = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in columns
    )
    values = {
        name: Jsonb(value) if isinstance(value, dict) else value for name, value in columns.items()
    }
    warehouse.execute(
        sql.SQL(
            "update sync.campaign set {}, changed_at = now() where campaign_id = %(key)s"
        ).format(assignments),
        {**values, "key": campaign_id},
    )
    warehouse.commit()


def create_once(
    warehouse: Connection[Any],
    provider: CampaignProvider,
    campaign: CrmCampaign,
    draft: CampaignDraft,
) -> RemoteCampaign:
    """Create the draft; call ``find_remote`` first. The intention is committed before the call.

    A task that dies between the call and the commit leaves a campaign that bears the title: the
    next run finds it by that and links it.
    """
    intend(warehouse, campaign, draft)
    created = provider.create_campaign(draft)
    remember(warehouse, campaign.campaign_id, created)
    return created


def intend(warehouse: Connection[Any], campaign: CrmCampaign, draft: CampaignDraft) -> None:
    """Say, committed, that the draft is about to be created."""
    warehouse.execute(
        statement("campaigns/intend_campaign"),
        {
            "campaign_id": campaign.campaign_id,
            "campaign_code": campaign.code,
            "collection_code": campaign.collection_code,
            "list_id": draft.list_id,
            "title": draft.title,
            "pushed": Jsonb(draft.settings()),
        },
    )
    warehouse.commit()


def remember(warehouse: Connection[Any], campaign_id: int, remote: RemoteCampaign) -> None:
    """Keep the provider's id; committed."""
    warehouse.execute(
        "update sync.campaign set provider_campaign_id = %s, status = %s, linked_at = now(),"
        " changed_at = now() where campaign_id = %s",
        (remote.campaign_id, remote.status, campaign_id),
    )
    warehouse.commit()


def find_remote(
    warehouse: Connection[Any],
    provider: CampaignProvider,
    campaign: CrmCampaign,
    link: Link | None,
    list_id: str,
) -> RemoteCampaign | None:
    """A campaign of this audience that bears the title and belongs to no other CRM campaign.

    Looked for before anything is created: after a lost answer, and after a lost ledger.

    Raises:
        AmbiguousCampaignError: several do.
    """
    titles = {campaign.title, link.title if link else campaign.title}
    # Another description in between changes the title, never the code at its end.
    ending = f"({campaign.code})"
    taken = {
        row[0]
        for row in warehouse.execute(
            "select provider_campaign_id from sync.campaign"
            " where provider_campaign_id is not null and campaign_id <> %s",
            (campaign.campaign_id,),
        )
    }
    warehouse.commit()
    lists = {list_id, link.list_id if link and link.list_id else list_id}
    candidates = [
        remote
        for each in sorted(lists)
        for remote in provider.campaigns_of(each)
        if remote.campaign_id not in taken
    ]
    for fits in (
        [remote for remote in candidates if remote.settings["title"].strip() in titles],
        [remote for remote in candidates if remote.settings["title"].strip().endswith(ending)],
    ):
        if len(fits) > 1:
            raise AmbiguousCampaignError(
                f"campaign {campaign.code}: {len(fits)} campaigns in Mailchimp bear its title; "
                "delete or rename all but the right one there"
            )
        if fits:
            return fits[0]
    return None


def _find(warehouse: Connection[Any], column: str, value: Any) -> Link | None:
    with warehouse.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            sql.SQL("select {} from sync.campaign where {} = %s").format(
                _COLUMNS, sql.Identifier(column)
            ),
            (value,),
        ).fetchone()
    warehouse.commit()
    return Link(**row) if row else None
