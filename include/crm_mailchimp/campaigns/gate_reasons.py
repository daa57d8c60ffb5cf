"""Why the gate before a campaign is closed: each question that it asks, but for the consents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from crm_mailchimp.campaign_provider import CampaignProvider, RemoteCampaign
from crm_mailchimp.campaigns.campaign_options import CampaignOptions
from crm_mailchimp.campaigns.consent_now import Finding
from crm_mailchimp.campaigns.crm_campaigns import CrmCampaign
from crm_mailchimp.campaigns.sending_health import unhealthy_sendings
from crm_mailchimp.counts_in_words import members_in_words
from crm_mailchimp.crm.collections import provider_problem
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import find_value, read_row, read_value
from crm_mailchimp.scrubbing import scrub
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.audience_map import KnownAudience
from crm_mailchimp.sync.audience.ownership import is_foreign

#: A staging that is not checked by then did not pass its check.
_STAGING_TAKES = timedelta(minutes=15)
#: A clock that is set right by less than this was not wrong.
_CLOCK_STEP = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class GateReason:
    """Why the gate is closed.

    ``key`` holds the code and the fact it is about: a release of 900 recipients is none of 2,000.
    """

    code: str
    detail: str
    key: str
    may_be_released: bool = False
    released: bool = False

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


@dataclass(frozen=True, kw_only=True)
class _LastSync:
    """How the newest sync of a collection ended, and how old its view of the CRM is.

    Attributes:
        guard_detail: what the removal guard found, without the number of its question.
    """

    run_id: str
    state: str
    detail: str | None
    guard_detail: str | None
    clock: datetime
    age: timedelta


def firm(code: str, detail: str) -> GateReason:
    """A reason that nobody may release."""
    return GateReason(code=code, detail=detail, key=code)


def _releasable(code: str, detail: str, fact: object) -> GateReason:
    return GateReason(code=code, detail=detail, key=f"{code}:{fact}", may_be_released=True)


def owner_reasons(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    campaign: CrmCampaign,
    audience: KnownAudience,
) -> Iterator[GateReason]:
    """Whether the account and the audience are this installation's."""
    words = provider_problem(campaign.provider, campaign.provider_kind)
    if words is not None:
        yield firm("provider_unsupported", words)
    if is_foreign(warehouse, audience.list_id, provider.merge_fields(audience.list_id)):
        yield firm(
            "foreign_installation",
            f"audience {audience.list_id} belongs to another installation of this project",
        )


def audience_reasons(
    warehouse: Connection[Any],
    campaign: CrmCampaign,
    remote: RemoteCampaign,
    audience: KnownAudience,
    max_age: timedelta,
) -> Iterator[GateReason]:
    """Whether it goes to the collection's audience, and how good that one's last sync was."""
    if remote.list_id != audience.list_id:
        yield firm(
            "audience_changed",
            "somebody chose another audience in Mailchimp than the collection's own",
        )
    collection = campaign.collection_code
    sync = read_row(
        warehouse,
        _LastSync,
        statement("campaigns/last_sync"),
        {"collection_code": collection, "staging_takes": _STAGING_TAKES},
    )
    if sync is None:
        yield _releasable(
            "audience_stale", f"collection {collection} was never synced", f"{collection}/never"
        )
        return
    if sync.state != "succeeded":
        # The next run that ends in the same way, with the same numbers, is the same reason. A run
        # that is cleared keeps its id, so the id alone is no reason.
        why = sync.guard_detail or sync.detail or f"see its task in run {sync.run_id}"
        yield _releasable(
            f"sync_{sync.state}",
            f"the last sync of collection {collection} ended {sync.state}: {why}",
            f"{collection}/{why}",
        )
    if sync.age < -_CLOCK_STEP:
        yield _releasable(
            "audience_stale",
            f"the last sync of collection {collection} is {_minutes(-sync.age)} minutes in the "
            "future. A clock is or was wrong, so nobody knows its age",
            f"{collection}/{sync.clock.isoformat()}",
        )
    if sync.age > max_age:
        yield _releasable(
            "audience_stale",
            f"the last sync of collection {collection} looked at the CRM {_minutes(sync.age)} "
            f"minutes ago, agreed are {_minutes(max_age)}",
            f"{collection}/{sync.clock.isoformat()}",
        )


def tag_reasons(
    warehouse: Connection[Any], remote: RemoteCampaign, audience: KnownAudience
) -> Iterator[GateReason]:
    """Whether it goes to the members of its collection alone, where several share an audience."""
    if audience.tag is None:
        yield from _former_tag_reasons(warehouse, remote, audience)
        return
    if audience.tag_id is None:
        yield firm(
            "tag_changed",
            f"somebody deleted the tag {audience.tag.name!r} in Mailchimp. Sync collection "
            f"{audience.tag.collection_code}: that makes it again, and the draft follows",
        )
    elif remote.tag_id != audience.tag_id:
        yield firm(
            "tag_changed",
            f"it does not go to the tag {audience.tag.name!r} alone, and other collections share "
            "the audience. Choose this tag for it in Mailchimp",
        )
    by_hand = read_value(
        warehouse,
        int,
        statement("campaigns/count_tagged_by_hand"),
        {"list_id": audience.list_id, "tagged_for": audience.collection_id},
    )
    if by_hand:
        yield firm(
            "tagged_by_hand",
            f"somebody gave the tag {audience.tag.name!r} to {members_in_words(by_hand)} in "
            "Mailchimp, or they came back with it. Sync collection "
            f"{audience.tag.collection_code}. Members that it does not have lose the tag then",
        )


def _former_tag_reasons(
    warehouse: Connection[Any], remote: RemoteCampaign, audience: KnownAudience
) -> Iterator[GateReason]:
    """Whether it goes to a tag of the collection that nobody gets any more.

    The collection shared this audience with others, and has it alone now.
    """
    former = find_value(
        warehouse,
        str,
        "select name from sync.tag where list_id = %s and collection_id = %s and tag_id = %s"
        " and left_at is not null",
        (audience.list_id, audience.collection_id, remote.tag_id),
    )
    if former is not None:
        yield firm(
            "tag_changed",
            f"it goes to the tag {former!r}. The collection does not share the audience any more, "
            "so new members do not get this tag. Choose the whole audience for it in Mailchimp",
        )


def sending_reasons(
    warehouse: Connection[Any], campaign: CrmCampaign, audience: KnownAudience
) -> Iterator[GateReason]:
    """Whether the last sending to the audience went well."""
    for one in unhealthy_sendings(warehouse, audience.list_id, campaign.collection_code):
        yield _releasable(
            "last_send_unhealthy",
            f"the last sending to the audience, campaign {one.campaign_code}, went badly: {one}. "
            "Find out why before more people get mail. Then a person may release this campaign",
            f"{one.campaign_code}/{','.join(one.too_many)}",
        )


def _minutes(age: timedelta) -> int:
    return int(age.total_seconds() // 60)


_CONSENT_WORDS = {
    "contact_gone": "subscribed {members} {have} no contact in the CRM any more",
    "erased_contact": "subscribed {members} asked to be erased",
    "inactive_contact": "subscribed {members} {have} an inactive or merged contact",
    "no_valid_consent": "subscribed {members} {have} no consent in force",
    "address_changed": "subscribed {members} {have} another address in the CRM now",
    "suppressed": "subscribed {members} {are} on the suppression list",
    "unreadable_consent": "subscribed {members} {have} a consent that cannot be read",
    "refused": "subscribed {members} {have} refused in Mailchimp, or not confirmed yet",
    "refused_address": "subscribed {members} {have} an address that somebody in the CRM refused",
    "permission_taken_back": "{members} not put there by us took back the marketing permission",
    "refused_foreign_address": "{members} not put there by us {have} an address refused in the CRM",
}
_ONE = {"members": "member", "have": "has", "are": "is"}
_SEVERAL = {word: word for word in _ONE}


#: The sync leaves members alone that are not ours: a person does something about them.
_TO_DO_ABOUT_FOREIGN = {
    "permission_taken_back": "unsubscribe or archive them in Mailchimp",
    "refused_foreign_address": "archive them in Mailchimp, or record their new consent in the CRM",
}


def consent_reason(finding: Finding, campaign: CrmCampaign) -> GateReason:
    """What looking at the consents of all members found, in words."""
    ids = ", ".join(map(str, finding.contact_ids))
    examples = f" (contacts {ids}{', ...' if finding.members > len(finding.contact_ids) else ''})"
    todo = _TO_DO_ABOUT_FOREIGN.get(
        finding.cause,
        f"sync collection {campaign.collection_code}; where that does not remove them, the "
        "campaign's type asks for more than the collection's",
    )
    words = _CONSENT_WORDS[finding.cause].format_map(_ONE if finding.members == 1 else _SEVERAL)
    return firm(
        finding.cause,
        f"{finding.members} {words}{examples if ids else ''}, for "
        f"category {campaign.gdpr_category}: {todo}",
    )


def checklist_reasons(provider: CampaignProvider, remote: RemoteCampaign) -> Iterator[GateReason]:
    """What Mailchimp's own checklist finds wrong."""
    checklist = provider.send_checklist(remote.campaign_id)
    wrong = [item for item in checklist.items if item.type == "error"]
    for item in wrong:
        yield firm("checklist", f"Mailchimp says: {scrub(item.heading)}: {scrub(item.details)}")
    if not checklist.is_ready and not wrong:
        yield firm("checklist", "Mailchimp says that the campaign is not ready to send")


def domain_reasons(provider: CampaignProvider, remote: RemoteCampaign) -> Iterator[GateReason]:
    """Whether the sender's domain is verified."""
    domain = remote.settings["reply_to"].rpartition("@")[2].lower()
    verified = provider.sender_domains()
    if domain not in verified:
        yield _releasable(
            "domain_unknown", f"Mailchimp does not list the sender's domain {domain}", domain
        )
    elif not verified[domain]:
        yield firm("domain_unverified", f"the sender's domain {domain} is not verified")


def recipient_reasons(
    remote: RemoteCampaign, expected: int, options: CampaignOptions
) -> Iterator[GateReason]:
    """Whether Mailchimp counts as many recipients as expected."""
    count = remote.recipient_count
    if count == 0:
        yield firm("no_recipients", "Mailchimp counts no recipients")
        return
    if options.recipient_limit is not None and count > options.recipient_limit:
        yield firm(
            "recipient_limit",
            f"{count} recipients are more than CAMPAIGN_RECIPIENT_LIMIT={options.recipient_limit}",
        )
    # A segment chosen by hand means fewer on purpose, never more.
    off = count - expected if remote.has_segment else abs(count - expected)
    if off > options.tolerance * expected:
        yield _releasable(
            "recipients_differ",
            f"Mailchimp counts {count} recipients, the sync knows {expected} subscribed members",
            f"{count}/{expected}",
        )
