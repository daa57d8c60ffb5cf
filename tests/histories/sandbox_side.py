"""The far side of histories over the wire: the sandbox, spoken to by the real client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

from crm_mailchimp.campaign_provider import CampaignDraft
from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import NotFound
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.mailchimp.pace import Polling
from crm_mailchimp.mailchimp.timestamps import parse_instant
from crm_mailchimp.provider import MemberChange
from histories.listened_mailchimp import ListenedClient, ReportingMailchimp, view
from histories.mailchimp_memory import DEFAULT, Change, Member, subscriber_hash
from histories.memory_line import Line
from histories.memory_side import MARK, PROVIDER

_STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "archived", "deleted")
_BODY = {"html": "<p>Νέα *|UNSUB|*</p>"}
_SENDER = {"from_name": "Γαλαξίας", "reply_to": "news@galaxy.gr", "subject_line": "Νέα"}


class SandboxSide:
    """Acts of people in the sandbox, and its facts.

    Args:
        sandbox: a fresh one.
        batch_above: more changes than this go through ``/batches``.
    """

    def __init__(self, sandbox: Any, *, batch_above: int = 50) -> None:
        self.sandbox, self.line = sandbox, Line()
        #: One sandbox is one account.
        self.connections = {PROVIDER: DEFAULT}
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

    def provider(self, connection: str = DEFAULT) -> AbstractContextManager[Any]:
        assert connection == DEFAULT, "one sandbox is one account"
        return self.account()

    @contextmanager
    def account(self) -> Iterator[Any]:
        """The client and provider of the pipeline."""
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

    def connection_of(self, list_id: str) -> str | None:
        return DEFAULT

    def members(self, list_id: str) -> list[Member]:
        with self._own() as own:
            try:
                return [
                    self._with_touch(list_id, view(one))
                    for status in (None, "archived")
                    for one in own.members(list_id, status=status)
                ]
            except NotFound:
                return []  # somebody deleted the audience

    def member(self, list_id: str, address: str) -> Member | None:
        with self._own() as own:
            found = own.member(list_id, subscriber_hash(address))
        return self._with_touch(list_id, view(found)) if found else None

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

    def has_campaign(self, campaign_id: str) -> bool:
        with self._own() as own:
            return own.campaign(campaign_id) is not None

    def prepare_campaign(self, campaign_id: str) -> None:
        with self._own() as own:
            own.client.campaigns.set_content(campaign_id, _BODY)
