"""``Mailchimp``: the provider seam (``crm_mailchimp.provider``) for one account."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from crm_mailchimp.campaign_provider import CampaignDraft, RemoteCampaign
from crm_mailchimp.errors import ProviderError
from crm_mailchimp.mailchimp import (
    account,
    audience_history,
    audiences,
    campaigns,
    merge_fields,
    reports,
    tags,
    web_pages,
)
from crm_mailchimp.mailchimp import changes as member_changes
from crm_mailchimp.mailchimp import members as audience_members
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.lanes import Lanes
from crm_mailchimp.mailchimp.paging import Answer
from crm_mailchimp.mailchimp.read_ahead import Page
from crm_mailchimp.provider import (
    AddOutcome,
    Audience,
    AudienceSettings,
    ChangeOutcome,
    Complaint,
    MemberChange,
    MergeField,
    NewMember,
    RemoteMember,
    ReportStream,
)
from crm_mailchimp.send_checklist import Checklist
from crm_mailchimp.tag_provider import Tag, TagChange, TagMember, TagOutcome

Row = dict[str, Any]


K = TypeVar("K")
W = TypeVar("W")
A = TypeVar("A")
#: Most bytes of pages that are asked for ahead of their reader. As objects of Python they take
#: about seven times as much memory.
_MOST_BYTES_AHEAD = 16 * 1024 * 1024
#: Opens one more client of the same account. A ``PassingError`` says that none is free now.
Another = Callable[[], AbstractContextManager["Mailchimp"]]


class Mailchimp:
    """Implements ``AudienceProvider``, ``TagProvider``, ``ReportProvider``,
    ``AudienceHistoryProvider`` and ``CampaignProvider`` by the functions of this package.

    It is open inside a ``with`` block; ``MailchimpClient`` says what that means. The functions of
    the same names say what each method does and raises.

    Args:
        client: of the account, not open yet.
        batching: when and how many changes of members go through ``/batches``.
        another: opens one more client of the account, for calls side by side; see ``Lanes``.
    """

    def __init__(
        self,
        client: MailchimpClient,
        *,
        batching: member_changes.Batching | None = None,
        another: Another | None = None,
    ) -> None:
        self.client = client
        self._batching = batching
        self._another = another
        self._others: list[Mailchimp] = []

    @property
    def calls(self) -> int:
        """API requests sent so far, repeated ones and those side by side included."""
        return self.client.calls + sum(other.calls for other in self._others)

    def is_wanted(self) -> bool:
        """Whether somebody else waits for this client's connection slot."""
        return self.client.is_wanted()

    def __repr__(self) -> str:
        return f"Mailchimp({self.client!r})"

    def __enter__(self) -> Self:
        self.client.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.client.__exit__(kind, error, traceback)

    def account(self) -> account.Account:
        return account.account(self.client)

    def present_time(self) -> datetime | None:
        return self.client.present_time()

    def require_answer(self) -> None:
        self.client.require_answer()

    def audiences(self) -> Iterator[Audience]:
        return audiences.audiences(self.client)

    def most_audiences(self) -> int | None:
        return audiences.most_audiences(self.client)

    def audience(self, list_id: str) -> Audience:
        return audiences.audience(self.client, list_id)

    def audience_page(self, web_id: int | None) -> str | None:
        return web_pages.audience_page(self.client.base_url, web_id)

    def create_audience(self, settings: AudienceSettings) -> Audience:
        return audiences.create_audience(self.client, settings)

    def update_audience(self, list_id: str, settings: AudienceSettings) -> Audience:
        return audiences.update_audience(self.client, list_id, settings)

    def merge_fields(self, list_id: str) -> list[MergeField]:
        return merge_fields.merge_fields(self.client, list_id)

    def create_merge_field(self, list_id: str, merge_field: MergeField) -> MergeField:
        return merge_fields.create_merge_field(self.client, list_id, merge_field)

    def update_merge_field(self, list_id: str, merge_field: MergeField) -> MergeField:
        return merge_fields.update_merge_field(self.client, list_id, merge_field)

    def members(
        self,
        list_id: str,
        *,
        status: str | None = None,
        since_last_changed: datetime | None = None,
        on_begin: Callable[[datetime], None] | None = None,
    ) -> Iterator[RemoteMember]:
        return audience_members.members(
            self.client,
            list_id,
            status=status,
            since_last_changed=since_last_changed,
            on_begin=on_begin,
            ahead=self._ahead,
        )

    def tags(self, list_id: str) -> Iterator[Tag]:
        return tags.tags(self.client, list_id)

    def create_tag(self, list_id: str, name: str, addresses: Sequence[str] = ()) -> Tag:
        return tags.create_tag(self.client, list_id, name, addresses)

    def rename_tag(self, list_id: str, tag_id: int, name: str) -> Tag:
        return tags.rename_tag(self.client, list_id, tag_id, name)

    def tag_members(self, list_id: str, tag_id: int) -> Iterator[TagMember]:
        return tags.tag_members(self.client, list_id, tag_id)

    def change_tag_members(
        self, list_id: str, tag_id: int, pages: Iterable[tuple[K, TagChange]]
    ) -> Iterator[tuple[K, TagOutcome | ProviderError]]:
        def change(lane: Mailchimp, page: tuple[K, TagChange]) -> TagOutcome | ProviderError:
            try:
                return tags.change_tag_members(lane.client, list_id, tag_id, page[1])
            except ProviderError as error:
                if not error.retryable:
                    raise
                return error

        for (key, _), outcome in self._lanes().each(pages, change):
            yield key, outcome

    def give_tag(self, list_id: str, name: str, subscriber_hash: str) -> bool:
        return tags.give_tag(self.client, list_id, name, subscriber_hash)

    def take_tag(self, list_id: str, tag_id: int, subscriber_hash: str) -> bool:
        return tags.take_tag(self.client, list_id, tag_id, subscriber_hash)

    def member(self, list_id: str, subscriber_hash: str) -> RemoteMember | None:
        return audience_members.member(self.client, list_id, subscriber_hash)

    def add_members(self, list_id: str, members: Sequence[NewMember]) -> AddOutcome:
        return audience_members.add_members(self.client, list_id, members)

    def add_pages(
        self, list_id: str, pages: Iterable[tuple[K, Sequence[NewMember]]]
    ) -> Iterator[tuple[K, AddOutcome | ProviderError]]:
        def add(lane: Mailchimp, page: tuple[K, Sequence[NewMember]]) -> AddOutcome | ProviderError:
            try:
                return lane.add_members(list_id, page[1])
            except ProviderError as error:
                if not error.retryable:
                    raise
                return error

        for (key, _), outcome in self._lanes().each(pages, add):
            yield key, outcome

    def side_by_side(
        self, work: Iterable[W], call: Callable[[Mailchimp, W], A]
    ) -> Generator[tuple[W, A]]:
        yield from self._lanes().each(work, call)

    def _lanes(self) -> Lanes[Mailchimp]:
        return Lanes(partial(self._noted, self._another) if self._another else None, self)

    def _ahead(self, page: Page, count: int, offsets: Sequence[int]) -> Generator[Answer]:
        """Implements ``ReadAhead``."""

        def ask(lane: Mailchimp, offset: int) -> Answer:
            return page(lane.client, count, offset)

        # The page before came by our own client.
        most = max(1, _MOST_BYTES_AHEAD // max(1, self.client.answered_bytes))
        with closing(self._lanes().in_order(offsets, ask, most=most)) as answers:
            for _, answer in answers:
                yield answer

    @contextmanager
    def _noted(self, another: Another) -> Iterator[Mailchimp]:
        """Its calls count as ours."""
        with another() as other:
            self._others.append(other)
            yield other

    def change_members(
        self,
        list_id: str,
        pages: Iterable[Sequence[MemberChange]],
        *,
        on_batches: Callable[[Sequence[str | None]], None] | None = None,
    ) -> Iterator[list[ChangeOutcome]]:
        return member_changes.change_members(
            self.client, list_id, pages, batching=self._batching, on_batches=on_batches
        )

    def resume_changes(
        self, ticket: str, list_id: str, changes: Mapping[str, MemberChange], *, wait: bool
    ) -> Iterator[list[ChangeOutcome]]:
        return member_changes.resume_changes(
            self.client, ticket, list_id, changes, wait=wait, batching=self._batching
        )

    def delete_member_permanently(self, list_id: str, subscriber_hash: str) -> bool:
        return audience_members.delete_member_permanently(self.client, list_id, subscriber_hash)

    def complaints(self, list_id: str) -> Iterator[Complaint]:
        return audience_members.complaints(self.client, list_id)

    def campaigns(
        self,
        *,
        since_send_time: datetime | None = None,
        before_send_time: datetime | None = None,
    ) -> Iterator[Row]:
        return campaigns.campaigns(
            self.client,
            since_send_time=since_send_time,
            before_send_time=before_send_time,
            ahead=self._ahead,
        )

    def reports(
        self,
        *,
        since_send_time: datetime | None = None,
        before_send_time: datetime | None = None,
    ) -> Iterator[Row]:
        return reports.reports(
            self.client,
            since_send_time=since_send_time,
            before_send_time=before_send_time,
            ahead=self._ahead,
        )

    def report(self, campaign_id: str) -> Row:
        return reports.report(self.client, campaign_id)

    def rows(
        self, campaign_id: str, stream: ReportStream, *, since: datetime | None = None
    ) -> Iterator[Row]:
        return reports.rows(self.client, campaign_id, stream, since=since, ahead=self._ahead)

    def has_recipient(self, campaign_id: str, subscriber_hash: str) -> bool:
        return reports.has_recipient(self.client, campaign_id, subscriber_hash)

    def link_members(self, campaign_id: str, link_id: str) -> Iterator[Row]:
        return reports.link_members(self.client, campaign_id, link_id, ahead=self._ahead)

    def growth_history(self, list_id: str) -> Iterator[Row]:
        return reports.growth_history(self.client, list_id)

    def audience_figures(self) -> Iterator[Row]:
        return audience_history.audience_figures(self.client)

    def audience_days(self, list_id: str) -> Iterator[Row]:
        return audience_history.audience_days(self.client, list_id)

    def member_feed(self, list_id: str, subscriber_hash: str) -> Iterator[Row]:
        return audience_history.member_feed(self.client, list_id, subscriber_hash)

    def campaigns_of(self, list_id: str) -> Iterator[RemoteCampaign]:
        for row in campaigns.campaigns(self.client, list_id=list_id):
            yield campaigns.campaign_of(row)

    def campaign_of(self, row: Mapping[str, Any]) -> RemoteCampaign:
        return campaigns.campaign_of(row)

    def campaign(self, campaign_id: str) -> RemoteCampaign | None:
        row = campaigns.campaign(self.client, campaign_id)
        return campaigns.campaign_of(row) if row else None

    def create_campaign(self, draft: CampaignDraft) -> RemoteCampaign:
        return campaigns.campaign_of(campaigns.create_campaign(self.client, draft))

    def change_campaign(
        self,
        campaign_id: str,
        settings: Mapping[str, str],
        *,
        list_id: str | None = None,
        tag_id: int | None = None,
    ) -> RemoteCampaign:
        return campaigns.campaign_of(
            campaigns.change_campaign(
                self.client, campaign_id, settings, list_id=list_id, tag_id=tag_id
            )
        )

    def send_checklist(self, campaign_id: str) -> Checklist:
        return campaigns.send_checklist(self.client, campaign_id)

    def schedule_campaign(self, campaign_id: str, at: datetime) -> None:
        campaigns.schedule(self.client, campaign_id, at)

    def unschedule_campaign(self, campaign_id: str) -> None:
        campaigns.unschedule(self.client, campaign_id)

    def send_campaign(self, campaign_id: str) -> None:
        campaigns.send(self.client, campaign_id)

    def send_test(self, campaign_id: str, addresses: Sequence[str]) -> None:
        campaigns.send_test(self.client, campaign_id, addresses)

    def delete_campaign(self, campaign_id: str) -> bool:
        return campaigns.delete_campaign(self.client, campaign_id)

    def sender_domains(self) -> dict[str, bool]:
        return campaigns.sender_domains(self.client)
