"""The real client and provider of histories over the wire: requests and answers pass a ``Line``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from crm_mailchimp.errors import ProviderError
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import ConnectionFault
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.provider import AddOutcome, ChangeOutcome, MemberChange, NewMember, RemoteMember
from crm_mailchimp.tag_provider import K, Tag, TagChange, TagMember, TagOutcome
from histories.mailchimp_memory import Member, subscriber_hash
from histories.memory_line import Line


def request_name(
    method: str, path: str, query: Mapping[str, Any], body: Mapping[str, Any] | None
) -> str:
    """What ``Line`` calls a request."""
    if path == "/lists/{list_id}/members":
        return "archived" if query.get("status") == "archived" else "members"
    if path == "/lists/{list_id}/members/{subscriber_hash}":
        status = {"unsubscribed": "unsubscribe", "pending": "reconfirm"}
        names = {"GET": "member", "DELETE": "archive"}
        return names.get(method) or status.get((body or {}).get("status", ""), "update")
    if (method, path) == ("POST", "/lists/{list_id}"):
        return "add"
    if path == "/lists/{list_id}/abuse-reports":
        return "complainers"
    if (method, path) == ("POST", "/lists/{list_id}/segments/{segment_id}"):
        return "change_tag"
    return f"{'read' if method == 'GET' else method} {path}"


class ListenedClient(MailchimpClient):
    """A client whose requests pass a ``Line``."""

    line = Line()
    settle: Callable[[str], object] = lambda name: None

    def _attempt(
        self,
        method: str,
        path: str,
        ids: Mapping[str, str],
        query: Mapping[str, Any],
        body: Mapping[str, Any] | None,
    ) -> Any:
        name, list_id = request_name(method, path, query, body), ids.get("list_id", "")
        self.line.made.append((name, list_id))
        self.line.before(name, list_id)
        self.settle(name)
        loss = self.line.loses(name, list_id)
        answer = super()._attempt(method, path, ids, query, body)
        if loss is None:
            return answer
        fault = ConnectionFault("lost", method=method, path=path, outcome_unknown=True)
        if loss == "die":
            raise fault
        return fault


class ReportingMailchimp(Mailchimp):
    """The provider, which says what it shows of members and tags.

    Attributes:
        tag_now: name of a tag of an audience, and the addresses that carry it now.
    """

    line = Line()
    tag_now: Callable[[str, int], tuple[str, set[str]] | None] = lambda list_id, tag_id: None

    def _show(self, list_id: str, member: RemoteMember) -> RemoteMember:
        self.line.saw(list_id, view(member))
        return member

    def members(
        self,
        list_id: str,
        *,
        status: str | None = None,
        since_last_changed: datetime | None = None,
        on_begin: Callable[[datetime], None] | None = None,
    ) -> Iterator[RemoteMember]:
        for one in super().members(
            list_id, status=status, since_last_changed=since_last_changed, on_begin=on_begin
        ):
            yield self._show(list_id, one)

    def member(self, list_id: str, subscriber_hash: str) -> RemoteMember | None:
        found = super().member(list_id, subscriber_hash)
        if found is None:
            self.line.missed(list_id, subscriber_hash, "member")
            return None
        return self._show(list_id, found)

    def create_tag(self, list_id: str, name: str, addresses: Sequence[str] = ()) -> Tag:
        made = super().create_tag(list_id, name, addresses)
        if made.member_count == len(addresses):
            self.line.gave_tag(list_id, name, [subscriber_hash(one) for one in addresses])
        return made

    def tag_members(self, list_id: str, tag_id: int) -> Iterator[TagMember]:
        found = self.tag_now(list_id, tag_id)
        if found is not None:
            self.line.saw_tag(list_id, *found)
        yield from super().tag_members(list_id, tag_id)

    def change_tag_members(
        self, list_id: str, tag_id: int, pages: Iterable[tuple[K, TagChange]]
    ) -> Iterator[tuple[K, TagOutcome | ProviderError]]:
        found = self.tag_now(list_id, tag_id)
        name = found[0] if found is not None else ""

        def noted() -> Iterator[tuple[K, TagChange]]:
            for key, change in pages:
                self.line.takes_tag(list_id, name, [subscriber_hash(one) for one in change.remove])
                yield key, change

        for key, outcome in super().change_tag_members(list_id, tag_id, noted()):
            if isinstance(outcome, TagOutcome):
                self.line.gave_tag(list_id, name, outcome.added)
            yield key, outcome

    def give_tag(self, list_id: str, name: str, subscriber_hash: str) -> bool:
        done = super().give_tag(list_id, name, subscriber_hash)
        if done:
            self.line.gave_tag(list_id, name, [subscriber_hash])
        return done

    def take_tag(self, list_id: str, tag_id: int, subscriber_hash: str) -> bool:
        if found := self.tag_now(list_id, tag_id):
            self.line.takes_tag(list_id, found[0], [subscriber_hash])
        return super().take_tag(list_id, tag_id, subscriber_hash)

    def add_members(self, list_id: str, members: Sequence[NewMember]) -> AddOutcome:
        outcome = super().add_members(list_id, members)
        for one in (*outcome.created, *outcome.updated):
            self._show(list_id, one)
        for rejection in outcome.rejected:
            if rejection.kind == "forgotten":
                self.line.missed(list_id, rejection.subscriber_hash, "add")
        return outcome

    def change_members(
        self,
        list_id: str,
        pages: Iterable[Sequence[MemberChange]],
        *,
        on_batches: Callable[[Sequence[str | None]], None] | None = None,
    ) -> Iterator[list[ChangeOutcome]]:
        for outcomes in super().change_members(list_id, pages, on_batches=on_batches):
            yield [self._noted(list_id, outcome) for outcome in outcomes]

    def resume_changes(
        self, ticket: str, list_id: str, changes: Mapping[str, MemberChange], *, wait: bool
    ) -> Iterator[list[ChangeOutcome]]:
        for outcomes in super().resume_changes(ticket, list_id, changes, wait=wait):
            yield [self._noted(list_id, outcome) for outcome in outcomes]

    def _noted(self, list_id: str, outcome: ChangeOutcome) -> ChangeOutcome:
        if outcome.member is not None:
            self._show(list_id, outcome.member)
        refused = outcome.rejection is not None and outcome.rejection.kind == "not_found"
        if refused or outcome.was_gone:
            change = outcome.change
            self.line.missed(list_id, change.subscriber_hash, change.action)
        return outcome


def view(member: RemoteMember) -> Member:
    return Member(
        member.email_address,
        member.remote_contact_id or "",
        status=member.status,
        fields=dict(member.merge_fields),
    )
