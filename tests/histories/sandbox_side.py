"""The far side of histories over the wire: the sandbox, spoken to by the real client."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from crm_mailchimp.campaign_provider import CampaignDraft
from crm_mailchimp.errors import ProviderError
from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import ConnectionFault, NotFound
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.mailchimp.pace import Polling
from crm_mailchimp.mailchimp.timestamps import parse_instant
from crm_mailchimp.provider import AddOutcome, ChangeOutcome, MemberChange, NewMember, RemoteMember
from crm_mailchimp.tag_provider import K, TagChange, TagMember, TagOutcome
from histories.mailchimp_memory import Change, Member, subscriber_hash
from histories.memory_line import Line
from histories.memory_side import MARK

_STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "archived", "deleted")
_BODY = {"html": "<p>Νέα *|UNSUB|*</p>"}
_SENDER = {"from_name": "Γαλαξίας", "reply_to": "news@galaxy.gr", "subject_line": "Νέα"}


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
        self.line.saw(list_id, _view(member))
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

    def take_tag(self, list_id: str, tag_id: int, subscriber_hash: str) -> None:
        if found := self.tag_now(list_id, tag_id):
            self.line.takes_tag(list_id, found[0], [subscriber_hash])
        super().take_tag(list_id, tag_id, subscriber_hash)

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


class SandboxSide:
    """Acts of people in the sandbox, and its facts.

    Args:
        sandbox: a fresh one.
        batch_above: more changes than this go through ``/batches``.
    """

    def __init__(self, sandbox: Any, *, batch_above: int = 50) -> None:
        self.sandbox, self.line = sandbox, Line()
        self._batching = Batching(
            above=batch_above, polling=Polling(first=0.02, most=0.1, deadline=30)
        )
        self._seen = -1
        self._touched: set[tuple[str, str]] = set()
        self._mailed: dict[str, str] = {}
        #: Mailchimp's contact ids of the members that got it, by audience and address.
        self._received: dict[str, dict[str, str]] = {}
        chances = ("hard_bounce", "soft_bounce", "unsubscribe", "abuse", "sign_up", "forward")
        sandbox.control("POST", "behaviour", dict.fromkeys(chances, 0.0))
        sandbox.control("POST", "batches", {"hold": True})

    @contextmanager
    def provider(self) -> Iterator[Any]:
        client = ListenedClient(
            self.sandbox.key,
            host=self.sandbox.host,
            wait=lambda seconds: time.sleep(min(seconds, 0.05)),
        )
        client.line, client.settle = self.line, self._settle
        opened = ReportingMailchimp(client, batching=self._batching)
        opened.line, opened.tag_now = self.line, self._tag_now
        with opened as provider:
            yield provider

    def _settle(self, name: str) -> None:
        """Mailchimp counts whole seconds: no two requests share one. A batch runs right before it
        is first asked about, not whenever Mailchimp pleases."""
        self.pass_time(2)
        if not name.startswith("read /batches"):
            return
        self.sandbox.control("POST", "batches", {"hold": False})
        with self._own() as own:
            while any(
                batch["status"] != "finished"
                for batch in own.client.batches.list(count=1000)["batches"]
            ):
                time.sleep(0.01)
        self.sandbox.control("POST", "batches", {"hold": True})

    @contextmanager
    def _own(self) -> Iterator[Mailchimp]:
        """A client of somebody in the account; nobody listens to it."""
        with Mailchimp(MailchimpClient(self.sandbox.key, host=self.sandbox.host)) as provider:
            yield provider

    # ---- facts

    def now(self) -> datetime:
        moment = parse_instant(self.sandbox.control("GET", "clock")["now"])
        assert moment
        return moment

    def has_list(self, list_id: str) -> bool:
        with self._own() as own:
            return any(one.list_id == list_id for one in own.audiences())

    def members(self, list_id: str) -> list[Member]:
        with self._own() as own:
            try:
                return [
                    self._with_touch(list_id, _view(one))
                    for status in (None, "archived")
                    for one in own.members(list_id, status=status)
                ]
            except NotFound:
                return []  # somebody deleted the audience

    def member(self, list_id: str, address: str) -> Member | None:
        with self._own() as own:
            found = own.member(list_id, subscriber_hash(address))
        return self._with_touch(list_id, _view(found)) if found else None

    def _with_touch(self, list_id: str, member: Member) -> Member:
        member.touched_by_api = (list_id, member.hash) in self._touched
        return member

    def mark(self, list_id: str) -> int | None:
        with self._own() as own:
            names = [one.name for one in own.merge_fields(list_id) if one.tag == "CRMREF"]
        found = MARK.match(names[0]) if names else None
        return int(found[1]) if found else None

    def tags(self, list_id: str) -> dict[str, set[str]]:
        with self._own() as own:
            try:
                addresses = {one.subscriber_hash: one.email_address for one in own.members(list_id)}
                return {
                    tag.name: {
                        addresses[one.subscriber_hash]
                        for one in own.tag_members(list_id, tag.tag_id)
                    }
                    for tag in own.tags(list_id)
                }
            except NotFound:
                return {}

    def _tag_now(self, list_id: str, tag_id: int) -> tuple[str, set[str]] | None:
        with self._own() as own:
            names = [one.name for one in own.tags(list_id) if one.tag_id == tag_id]
        return (names[0], self.tags(list_id)[names[0]]) if names else None

    def drain(self) -> list[Change]:
        answer = self.sandbox.control("GET", f"ledger/events?after={self._seen}&count=100000")
        self._seen = answer["last"]
        changes = []
        for event in answer["events"]:
            place = (event["list_id"], event["subscriber_hash"])
            by = "us" if event["by"] == "api" else event["by"]
            if event["action"] == "changed" and by == "us":
                self._touched.add(place)
            if event["action"] in _STATUSES:
                changes.append(
                    Change(event["list_id"], event["email_address"], "", event["action"], by, 0)
                )
        return changes

    def recipients(self) -> dict[str, list[str]]:
        events = self.sandbox.control("GET", "ledger/events?action=sent&count=100000")["events"]
        found: dict[str, list[str]] = {}
        for event in events:
            found.setdefault(event["campaign_id"], []).append(event["email_address"])
        return found

    def can_complain(self, list_id: str, address: str) -> bool:
        """Only somebody who got a mail can call it spam."""
        member = self.member(list_id, address)
        received = self._received.get(list_id, {}).get(address)
        # Somebody who was deleted and signed up again is a new member.
        return member is not None and received == member.contact_id

    # ---- acts

    def make_list(self, settings: Any) -> str:
        with self._own() as own:
            return own.create_audience(settings).list_id

    def delete_list(self, list_id: str) -> None:
        with self._own() as own:
            own.client.lists.delete_list(list_id)

    def pass_time(self, seconds: int = 1) -> None:
        self.sandbox.control("POST", "clock/advance", {"seconds": seconds})

    def act(self, verb: str, list_id: str, address: str, new_address: str = "") -> None:
        self.pass_time(2)
        key = subscriber_hash(address)
        if verb == "archive":
            self._change(list_id, MemberChange(subscriber_hash=key, action="archive"))
        elif verb == "unsubscribe_by_hand":
            self._change(list_id, MemberChange(subscriber_hash=key, action="unsubscribe"))
        elif verb == "delete":
            with self._own() as own:
                assert own.delete_member_permanently(list_id, key)
        elif verb == "bounce":
            self.sandbox.control("POST", "bounce", {"list_id": list_id, "email_address": address})
        else:
            body = {
                "list_id": list_id,
                "email_address": address,
                "action": "subscribe" if verb == "sign_up" else verb,
                "new_email_address": new_address,
            }
            if verb == "complain":
                body["campaign_id"] = self._mailed[list_id]
            self.sandbox.control("POST", "act", body)
        self.pass_time(2)

    def tag_by_hand(self, list_id: str, name: str, address: str, *, given: bool) -> None:
        self.pass_time(2)
        with self._own() as own:
            if given:
                assert own.give_tag(list_id, name, subscriber_hash(address))
            else:
                tag_id = self._tag_id(own, list_id, name)
                own.client.lists.remove_segment_member(
                    list_id, str(tag_id), subscriber_hash(address)
                )
        self.pass_time(2)

    def delete_tag(self, list_id: str, name: str) -> None:
        self.pass_time(2)
        with self._own() as own:
            own.client.lists.delete_segment(list_id, str(self._tag_id(own, list_id, name)))
        self.pass_time(2)

    def rename_tag(self, list_id: str, name: str, new: str) -> None:
        self.pass_time(2)
        with self._own() as own:
            own.rename_tag(list_id, self._tag_id(own, list_id, name), new)
        self.pass_time(2)

    @staticmethod
    def _tag_id(own: Mailchimp, list_id: str, name: str) -> int:
        (tag_id,) = [one.tag_id for one in own.tags(list_id) if one.name == name]
        return tag_id

    def _change(self, list_id: str, change: MemberChange) -> None:
        with self._own() as own:
            ((outcome,),) = own.change_members(list_id, [[change]])
        assert outcome.rejection is None, outcome.rejection

    def mail_by_hand(self, list_id: str) -> None:
        """Somebody sends a first campaign, so that there is something to complain about."""
        if list_id in self._mailed or not any(
            one.status == "subscribed" for one in self.members(list_id)
        ):
            return
        self._received[list_id] = {
            one.address: one.contact_id
            for one in self.members(list_id)
            if one.status == "subscribed"
        }
        with self._own() as own:
            made = own.create_campaign(
                CampaignDraft(list_id=list_id, title="Με το χέρι", **_SENDER)
            )
            own.client.campaigns.set_content(made.campaign_id, _BODY)
            own.send_campaign(made.campaign_id)
        self.pass_time(3600)
        self._mailed[list_id] = made.campaign_id

    def prepare_campaign(self, campaign_id: str) -> None:
        with self._own() as own:
            own.client.campaigns.set_content(campaign_id, _BODY)


def _view(member: RemoteMember) -> Member:
    return Member(
        member.email_address,
        member.remote_contact_id or "",
        status=member.status,
        fields=dict(member.merge_fields),
    )
