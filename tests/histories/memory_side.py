"""The far side of histories in bulk: what people do in an account that is kept in memory."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from histories.mailchimp_memory import DEFAULT, Account, Change, Member, subscriber_hash
from histories.memory_line import Line
from histories.memory_provider import MemoryMailchimp
from histories.memory_tags import SHOWN

#: The name of CRMREF, which tells whose audience it is.
MARK = re.compile(r"CRM reference \(collection (-?[0-9]+)\b")

#: The CRM's usual provider, and the connection of each provider where there are two accounts.
PROVIDER = "mailchimp"
CONNECTIONS = {PROVIDER: DEFAULT, "kriti": "mailchimp_kriti"}


class MemorySide:
    """Acts of people in Mailchimp, and Mailchimp's facts. A second passes with every act."""

    def __init__(self) -> None:
        self.account = Account(int(time.time()))
        self.line = Line()
        self.connections = dict(CONNECTIONS)

    @contextmanager
    def provider(self, connection: str = DEFAULT) -> Iterator[Any]:
        yield MemoryMailchimp(self.account, self.line, connection)

    def connection_of(self, list_id: str) -> str | None:
        """The connection that leads to an audience; None: somebody deleted it."""
        audience = self.account.audiences.get(list_id)
        return audience.connection if audience else None

    def rename_connection(self, old: str, new: str) -> None:
        """The audiences of a connection are reached through another one."""
        for audience in self.account.audiences.values():
            if audience.connection == old:
                audience.connection = new

    # ---- facts

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.account.now, UTC)

    def has_list(self, list_id: str) -> bool:
        return list_id in self.account.audiences

    def members(self, list_id: str) -> list[Member]:
        audience = self.account.audiences.get(list_id)
        return list(audience.members.values()) if audience else []

    def member(self, list_id: str, address: str) -> Member | None:
        audience = self.account.audiences.get(list_id)
        return audience.member(address) if audience else None

    def mark(self, list_id: str) -> int | None:
        """The collection that the name of CRMREF makes it the audience of."""
        columns = self.account.audiences[list_id].columns
        names = [one.name for one in columns if one.tag == "CRMREF"]
        found = MARK.match(names[0]) if names else None
        return int(found[1]) if found else None

    def tags(self, list_id: str) -> dict[str, set[str]]:
        """Addresses that carry each tag, as Mailchimp shows them: neither archived nor pending."""
        audience = self.account.audiences.get(list_id)
        if audience is None:
            return {}
        return {
            name: {one.address for one in audience.tagged(number, *SHOWN)}
            for number, name in audience.tags.items()
        }

    def drain(self) -> list[Change]:
        """Changes since the last call."""
        changes, self.account.changes = self.account.changes, []
        return changes

    def recipients(self) -> dict[str, list[str]]:
        """Addresses by campaign, of all that went out."""
        sent = self.account.campaigns.values()
        return {one.campaign_id: one.recipients for one in sent if one.status == "sent"}

    def can_complain(self, list_id: str, address: str) -> bool:
        return True

    # ---- acts

    def make_list(self, settings: Any) -> str:
        return self.account.create_audience(settings).list_id

    def pass_time(self, seconds: int = 1) -> None:
        self.account.now += seconds

    def act(self, verb: str, list_id: str, address: str, new_address: str = "") -> None:
        """Somebody acts; whether they can is the caller's to know."""
        account = self.account
        account.now += 1
        audience = account.audiences[list_id]
        if verb in ("sign_up", "confirm"):
            account.sign_up(audience, address)
            return
        member = audience.member(address)
        assert member is not None
        if verb == "unsubscribe":
            account.unsubscribe(audience, member)
        elif verb == "complain":
            account.complain(audience, member)
        elif verb == "bounce":
            account.bounce(audience, member)
        elif verb == "change_email":
            account.rename(audience, member, new_address)
        elif verb == "archive":
            account.archive(audience, member.hash, by="hand")
        elif verb == "delete":
            account.delete(audience, member.hash, by="hand")
        elif verb == "unsubscribe_by_hand":
            account.patch(audience, member.hash, status="unsubscribed", by="hand")
        else:
            raise AssertionError(verb)

    def tag_by_hand(self, list_id: str, name: str, address: str, *, given: bool) -> None:
        """Somebody gives a member a tag, which is made if it is new, or takes it."""
        account = self.account
        account.now += 1
        audience, key = account.audiences[list_id], subscriber_hash(address)
        if given:
            tag_id = audience.tag(name) or account.make_tag(audience, name)
            assert account.give_tag(audience, tag_id, key, by_address=False)
        else:
            tag_id = audience.tag(name)
            assert tag_id is not None
            assert account.take_tag(audience, tag_id, key)

    def delete_tag(self, list_id: str, name: str) -> None:
        self.account.now += 1
        audience = self.account.audiences[list_id]
        tag_id = audience.tag(name)
        assert tag_id is not None
        self.account.delete_tag(audience, tag_id)

    def rename_tag(self, list_id: str, name: str, new: str) -> None:
        self.account.now += 1
        audience = self.account.audiences[list_id]
        tag_id = audience.tag(name)
        assert tag_id is not None
        audience.tags[tag_id] = new

    def delete_list(self, list_id: str) -> None:
        del self.account.audiences[list_id]

    def mail_by_hand(self, list_id: str) -> None:
        """Nobody needs a mail to complain here."""

    def prepare_campaign(self, campaign_id: str) -> None:
        """Somebody designs its body."""
