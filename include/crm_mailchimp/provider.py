"""The seam to an external e-mail provider: what ``sync`` and ``stats`` need, and nothing else.

``crm_mailchimp.mailchimp`` implements it. Another provider would be another package beside it.
Every value is a frozen record; status words are Mailchimp's own, which the CRM shares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

from crm_mailchimp.campaign_provider import CampaignSchedule
from crm_mailchimp.errors import ProviderError
from crm_mailchimp.marketing_permissions import MarketingPermission
from crm_mailchimp.outages import Answering
from crm_mailchimp.side_by_side import SideBySide
from crm_mailchimp.tag_provider import TagProvider


@dataclass(frozen=True, kw_only=True)
class AudienceSettings:
    """What an audience is created from, or adjusted to: the CRM's sender and list defaults."""

    name: str
    company: str
    address1: str
    city: str
    country: str
    from_name: str
    from_email: str
    language: str
    permission_reminder: str
    address2: str = ""
    state: str = ""
    zip: str = ""
    phone: str = ""
    subject: str = ""
    email_type_option: bool = False


@dataclass(frozen=True, kw_only=True)
class Audience:
    """An audience as the provider holds it.

    ``has_permissions``: it asks people for permissions (Mailchimp's GDPR fields).
    """

    list_id: str
    settings: AudienceSettings
    member_count: int
    unsubscribe_count: int
    cleaned_count: int
    has_permissions: bool = False


@dataclass(frozen=True, kw_only=True)
class MergeField:
    """A typed column of an audience. ``type`` is the provider's word (text, number, date, ...)."""

    tag: str
    name: str
    type: str
    merge_id: int | None = None
    required: bool = False
    public: bool = False
    choices: tuple[str, ...] = ()
    date_format: str | None = None


@dataclass(frozen=True, kw_only=True)
class RemoteMember:
    """A member as the provider answers it.

    ``unsubscribed_by`` says who unsubscribed it, as far as the provider says.
    ``remote_contact_id`` stays when the address changes, while ``subscriber_hash`` does not;
    None where an answer has none. ``permissions``: empty where the audience has none, or where
    the answer does not show them.
    """

    list_id: str
    subscriber_hash: str = field(repr=False)
    email_address: str = field(repr=False)
    status: str
    last_changed: datetime
    merge_fields: Mapping[str, Any] = field(repr=False)
    unsubscribed_by: Literal["person", "administrator"] | None = None
    language: str = ""
    remote_contact_id: str | None = None
    permissions: tuple[MarketingPermission, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """A mail that was reported as abuse.

    ``subscriber_hash`` is of the address that got the mail: the member may have another one since.
    ``reported_at`` is None where the provider gives no time.
    """

    subscriber_hash: str = field(repr=False)
    reported_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class NewMember:
    """One row of a batch subscribe; its status is never anything but these two."""

    email_address: str = field(repr=False)
    status: Literal["subscribed", "pending"]
    merge_fields: Mapping[str, Any] = field(repr=False)
    language: str | None = None
    timestamp_opt: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """One member the provider refused.

    ``kind`` is ours, read from the provider's code and text:

    - 'exists': already a member;
    - 'compliance': unsubscribed, bounced or under compliance review;
    - 'forgotten': permanently deleted;
    - 'invalid': address refused;
    - 'merge_field': value refused;
    - 'fake': looks fake;
    - 'not_found', 'other'.

    ``retryable`` says whether the same request can succeed later although nobody changes anything.
    """

    email_address: str = field(repr=False)
    subscriber_hash: str = field(repr=False)
    kind: str
    message: str = field(repr=False)
    retryable: bool


@dataclass(frozen=True, kw_only=True)
class AddOutcome:
    """Answer to one batch subscribe (at most 500 members)."""

    created: Sequence[RemoteMember]
    updated: Sequence[RemoteMember]
    rejected: Sequence[Rejection]


@dataclass(frozen=True, kw_only=True)
class MemberChange:
    """A change to one existing member.

    ``action``: 'update' (PATCH merge fields and language, never a status), 'unsubscribe'
    (PATCH status=unsubscribed), 'reconfirm' (PATCH status=pending), 'archive' (DELETE).
    ``permission_to_give``: id of a marketing permission that the person gave in the CRM.
    """

    subscriber_hash: str = field(repr=False)
    action: Literal["update", "unsubscribe", "reconfirm", "archive"]
    merge_fields: Mapping[str, Any] | None = field(default=None, repr=False)
    language: str | None = None
    permission_to_give: str | None = None


@dataclass(frozen=True, kw_only=True)
class ChangeOutcome:
    """What became of one MemberChange. ``member`` is None for a rejection, and for an archive
    unless somebody else had archived the member before. ``was_gone``: the audience has no such
    member (any more): there was nothing left to unsubscribe or archive."""

    change: MemberChange
    member: RemoteMember | None = None
    rejection: Rejection | None = None
    was_gone: bool = False


class BatchRunningError(Exception):
    """The batch is not finished yet; ask again later."""


K = TypeVar("K")


class AudienceProvider(Answering, TagProvider, CampaignSchedule, Protocol):
    """Audiences, merge fields, tags and members of one account. Every method raises
    a subclass of ``crm_mailchimp.errors.ProviderError`` after retrying what can heal."""

    @property
    def calls(self) -> int:
        """API requests sent by this client so far, retries included."""
        ...

    def audiences(self) -> Iterator[Audience]: ...
    def audience(self, list_id: str) -> Audience: ...
    def audience_page(self, web_id: int | None) -> str | None:
        """The page for people about an audience, or about all where ``web_id`` is None.
        None where nobody knows the pages of this host."""
        ...

    def create_audience(self, settings: AudienceSettings) -> Audience: ...
    def update_audience(self, list_id: str, settings: AudienceSettings) -> Audience: ...

    def merge_fields(self, list_id: str) -> list[MergeField]: ...
    def create_merge_field(self, list_id: str, merge_field: MergeField) -> MergeField: ...
    def update_merge_field(self, list_id: str, merge_field: MergeField) -> MergeField: ...

    def members(
        self,
        list_id: str,
        *,
        status: str | None = None,
        since_last_changed: datetime | None = None,
        on_begin: Callable[[datetime], None] | None = None,
    ) -> Iterator[RemoteMember]:
        """Members page by page, deduplicated by hash within the walk. Without ``status`` archived
        ones are left out. ``on_begin`` gets a moment before the walk, the provider's clock."""

    def member(self, list_id: str, subscriber_hash: str) -> RemoteMember | None: ...
    def add_pages(
        self, list_id: str, pages: Iterable[tuple[K, Sequence[NewMember]]]
    ) -> Iterator[tuple[K, AddOutcome | ProviderError]]:
        """Add pages of members, side by side where the account allows it. A page is taken when it
        can be sent at once. Outcomes come as they are known, each with the key of its page. A page
        whose call may succeed later comes with its error. Any other error ends the calls."""

    def change_members(
        self,
        list_id: str,
        pages: Iterable[Sequence[MemberChange]],
        *,
        on_batches: Callable[[Sequence[str | None]], None] | None = None,
    ) -> Iterator[list[ChangeOutcome]]:
        """Apply changes, each page one by one, or through ``/batches`` if it is large. A page is
        taken when it can be sent at once. Outcomes come as they are known, maybe after the next
        page is sent. A single call's comes alone, those of a batch at most 500 together. A 404 on
        unsubscribe or archive counts as done. ``on_batches`` is called right before and after a
        start, and at the end. It gets the tickets (no blanks) of batches with outcomes not taken
        yet. None is about to start."""

    def resume_changes(
        self, ticket: str, list_id: str, changes: Mapping[str, MemberChange], *, wait: bool
    ) -> Iterator[list[ChangeOutcome]]:
        """Outcomes of a batch whose results were never read, for changes by subscriber hash.
        With ``wait`` it is waited for; else ``BatchRunningError`` where it still runs."""

    def delete_member_permanently(self, list_id: str, subscriber_hash: str) -> bool: ...
    def complaints(self, list_id: str) -> Iterator[Complaint]:
        """Reports of mails of this audience as abuse, old ones included."""
        ...


#: The lists that a campaign's report consists of; each provider knows where it has them.
#: ``recipients``: who was sent the campaign. ``activity``: each recipient with opens, clicks and
#: bounces. ``proxy_opens``: each member that opened it, with marks on opens made by a mail proxy.
#: ``links``: each link with its clicks. ``unsubscribes``, ``abuse_reports``: who said no by it.
#: ``domains``, ``locations``: figures by e-mail domain and by place. ``sub_reports``: reports of
#: the parts of an A/B test, or of the mails of a series.
ReportStream = Literal[
    "recipients",
    "activity",
    "proxy_opens",
    "links",
    "unsubscribes",
    "abuse_reports",
    "domains",
    "locations",
    "sub_reports",
]


class ReportProvider(Answering, SideBySide, Protocol):
    """Campaigns and their reports. Rows are the provider's JSON objects, which ``stats`` shapes."""

    def campaigns(
        self, *, since_send_time: datetime | None = None, before_send_time: datetime | None = None
    ) -> Iterator[dict[str, Any]]: ...
    def reports(
        self, *, since_send_time: datetime | None = None, before_send_time: datetime | None = None
    ) -> Iterator[dict[str, Any]]: ...
    def report(self, campaign_id: str) -> dict[str, Any]: ...
    def rows(
        self, campaign_id: str, stream: ReportStream, *, since: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        """Rows of one list of a campaign's report. What stays listed during the walk is in it.

        Only ``activity`` and ``proxy_opens`` know ``since``; ``activity`` gives every recipient
        all the same."""
        ...

    def has_recipient(self, campaign_id: str, subscriber_hash: str) -> bool:
        """Whether the provider still knows this recipient of a campaign."""
        ...

    def link_members(self, campaign_id: str, link_id: str) -> Iterator[dict[str, Any]]: ...


class AudienceHistoryProvider(Answering, Protocol):
    """Audiences over time and what members did in them; rows as for ``ReportProvider``."""

    def audience_figures(self) -> Iterator[dict[str, Any]]:
        """Every audience of the account with its current figures."""
        ...

    def growth_history(self, list_id: str) -> Iterator[dict[str, Any]]:
        """One audience month by month."""
        ...

    def audience_days(self, list_id: str) -> Iterator[dict[str, Any]]:
        """One audience day by day, as far back as the provider tells."""
        ...

    def member_feed(self, list_id: str, subscriber_hash: str) -> Iterator[dict[str, Any]]:
        """Everything a member did; nothing of a member who was deleted."""
        ...
