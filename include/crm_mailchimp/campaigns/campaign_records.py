"""Which campaign of the CRM is which one in Mailchimp (``sync.campaign``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from crm_mailchimp.campaign_provider import CampaignDraft, CampaignProvider, RemoteCampaign
from crm_mailchimp.campaigns.crm_campaigns import CrmCampaign
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_row, read_values
from crm_mailchimp.statements import statement


class AmbiguousCampaignError(PermanentError):
    """Several campaigns in Mailchimp could be the CRM campaign's own."""


@dataclass(frozen=True, kw_only=True)
class CampaignRecord:
    """A row of ``sync.campaign``, as far as the next action depends on it.

    ``planned_at`` is the CRM's at the last look: another value in the CRM is a new plan.
    ``account`` is the one in which it was made; of one that was not made, the CRM's decides.
    ``tag_id`` is the tag that the sync wrote into the draft, if it wrote one.
    """

    campaign_id: int
    account: str
    campaign_code: str
    collection_code: str
    list_id: str | None
    tag_id: int | None
    title: str
    provider_campaign_id: str | None
    pushed: Mapping[str, str] | None
    intended_at: datetime | None
    planned_at: datetime | None
    scheduled_for: datetime | None
    schedule_refused_at: datetime | None
    send_called_at: datetime | None
    tested_by_run: str | None
    shelved_at: datetime | None
    status: str | None


class CampaignColumns(TypedDict, total=False):
    """Columns of ``sync.campaign`` that ``update_record`` writes."""

    campaign_code: str
    collection_code: str
    list_id: str
    tag_id: int | None
    title: str
    pushed: Mapping[str, str] | None
    planned_at: datetime | None
    scheduled_for: datetime | None
    schedule_refused_at: datetime
    send_called_at: datetime | None
    tested_by_run: str | None
    tested_at: datetime
    shelved_at: datetime | None
    status: str | None
    crm_state: str
    action: str
    detail: str | None
    look_again_at: datetime | None
    emails_sent: int
    unique_opens: int
    unique_clicks: int
    sent_at: datetime | None


_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, CampaignRecord.__dataclass_fields__))


def find_record(warehouse: Connection[Any], campaign_id: int) -> CampaignRecord | None:
    """The record of a CRM campaign, if it was ever intended."""
    return _find(warehouse, "campaign_id", campaign_id)


def read_record(warehouse: Connection[Any], campaign_id: int) -> CampaignRecord:
    """The record of a CRM campaign that has one.

    Raises:
        RuntimeError: it has none.
    """
    record = find_record(warehouse, campaign_id)
    if record is None:
        raise RuntimeError(f"sync.campaign lost its row of campaign {campaign_id}")
    return record


def find_record_by_code(warehouse: Connection[Any], code: str) -> CampaignRecord | None:
    """The record of a campaign whose row may be gone from the CRM."""
    return _find(warehouse, "campaign_code", code)


def find_record_by_provider(
    warehouse: Connection[Any], provider_campaign_id: str
) -> CampaignRecord | None:
    """The record of a campaign in Mailchimp, if it is one of ours."""
    return _find(warehouse, "provider_campaign_id", provider_campaign_id)


def update_record(
    warehouse: Connection[Any], campaign_id: int, **columns: Unpack[CampaignColumns]
) -> None:
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

    A task that dies between the call and the commit leaves a campaign with the title. The next run
    finds the campaign by its title and links it.
    """
    intend(warehouse, campaign, draft)
    created = provider.create_campaign(draft)
    remember_remote(warehouse, campaign.campaign_id, created)
    return created


def intend(warehouse: Connection[Any], campaign: CrmCampaign, draft: CampaignDraft) -> None:
    """Say, committed, that the draft is about to be created."""
    warehouse.execute(
        statement("campaigns/intend_campaign"),
        {
            "campaign_id": campaign.campaign_id,
            "account": campaign.account,
            "campaign_code": campaign.code,
            "collection_code": campaign.collection_code,
            "list_id": draft.list_id,
            "tag_id": draft.tag_id,
            "title": draft.title,
            "pushed": Jsonb(draft.settings()),
        },
    )
    warehouse.commit()


def meet(warehouse: Connection[Any], campaign: CrmCampaign) -> CampaignRecord:
    """A row for a campaign of which nothing was made yet, committed: it says why."""
    warehouse.execute(
        statement("campaigns/meet_campaign"),
        {
            "campaign_id": campaign.campaign_id,
            "account": campaign.account,
            "campaign_code": campaign.code,
            "collection_code": campaign.collection_code,
            "title": campaign.title,
        },
    )
    warehouse.commit()
    return read_record(warehouse, campaign.campaign_id)


def remember_remote(warehouse: Connection[Any], campaign_id: int, remote: RemoteCampaign) -> None:
    """Keep the provider's id; committed."""
    warehouse.execute(
        statement("campaigns/remember_campaign"),
        {
            "campaign_id": campaign_id,
            "provider_campaign_id": remote.campaign_id,
            "status": remote.status,
        },
    )
    warehouse.commit()


def forget_remote(warehouse: Connection[Any], campaign_id: int) -> None:
    """The provider's id is no longer the campaign's, which counts as deleted; committed."""
    warehouse.execute(statement("campaigns/forget_remote"), {"campaign_id": campaign_id})
    warehouse.commit()


def find_remote(
    warehouse: Connection[Any],
    provider: CampaignProvider,
    campaign: CrmCampaign,
    record: CampaignRecord | None,
    list_id: str,
) -> RemoteCampaign | None:
    """The audience's campaign with exactly this title that belongs to no other CRM campaign.

    It is looked for before anything is created: after a lost answer, and after a lost warehouse. A
    campaign that only ends in the code may be a person's own. Nothing is done until a person
    looks.

    Raises:
        AmbiguousCampaignError: several have the title, or one has only the code.
    """
    titles = {campaign.title}
    if record and record.intended_at:
        titles.add(record.title)
    others = set(
        read_values(
            warehouse,
            str,
            statement("campaigns/other_campaigns"),
            {"campaign_id": campaign.campaign_id},
        )
    )
    warehouse.commit()
    lists = {list_id, record.list_id if record and record.list_id else list_id}
    candidates = [
        remote
        for each in sorted(lists)
        for remote in provider.campaigns_of(each)
        # Ours are regular ones; what belongs to another campaign is not this one's.
        if remote.campaign_id not in others and remote.type == "regular"
    ]
    fits = [remote for remote in candidates if remote.title in titles]
    if len(fits) > 1:
        raise AmbiguousCampaignError(
            f"campaign {campaign.code}: {len(fits)} campaigns in Mailchimp have its title; "
            "delete or rename all but the right one there"
        )
    if fits:
        return fits[0]
    if any(remote.is_titled_with(campaign.code) for remote in candidates):
        raise AmbiguousCampaignError(
            f"campaign {campaign.code}: a campaign in Mailchimp has its code but not its title "
            f"{campaign.title!r}. If it is the right one, give it this title. Else take the code "
            "out of its title"
        )
    return None


def _find(warehouse: Connection[Any], column: str, value: int | str) -> CampaignRecord | None:
    query = sql.SQL("select {} from sync.campaign where {} = %s").format(
        _COLUMNS, sql.Identifier(column)
    )
    record = read_row(warehouse, CampaignRecord, query, (value,))
    warehouse.commit()
    return record
