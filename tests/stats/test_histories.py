"""Random histories of a sandbox account: what ``stats`` hold equals the ledger, event by event."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest

from crm_mailchimp.address import subscriber_hash
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from stats.sandbox_world import happened, ledger, let_pass, make_audience, read_all, send, stored

LISTS = (
    "sent-to",
    "email-activity",
    "open-details",
    "click-details",
    "unsubscribed",
    "abuse-reports",
)
DAY = 86_400


class Crash(BaseException):
    """The process dies: nothing in it gets to act any more."""


class Mortal(Mailchimp):
    """The provider in a process that dies after so many rows, whatever stream that is."""

    rows_left = -1

    def rows(self, *arguments: Any, **options: Any) -> Iterator[dict[str, Any]]:
        return self._mortal(super().rows(*arguments, **options))

    def link_members(self, *arguments: Any) -> Iterator[dict[str, Any]]:
        return self._mortal(super().link_members(*arguments))

    def reports(self, **options: Any) -> Iterator[dict[str, Any]]:
        return self._mortal(super().reports(**options))

    def _mortal(self, rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for row in rows:
            if self.rows_left == 0:
                raise Crash
            self.rows_left -= 1
            yield row


class History:
    """A small account to which things happen by chance."""

    def __init__(self, sandbox: Any, dsn: str, seed: int) -> None:
        self.chance = random.Random(seed)
        self.sandbox = sandbox
        self.dsn = dsn
        with self.provider() as provider:
            self.list_id, _ = make_audience(provider, self.chance.randrange(8, 25))
        self.recipients: dict[str, list[str]] = {}
        self.deleted: set[str] = set()
        self.send()

    def provider(self) -> Mortal:
        return Mortal(MailchimpClient(self.sandbox.key, host=self.sandbox.host))

    def send(self) -> None:
        with self.provider() as provider:
            campaign_id = send(provider, self.list_id, "Προσφορά ❄")
        self.sandbox.control("POST", "clock/advance", {"seconds": 10})
        self.recipients[campaign_id] = [
            event["email_address"]
            for event in ledger(self.sandbox, campaign_id)
            if event["action"] == "sent"
        ]

    def something_happens(self) -> None:
        chance = self.chance
        campaign_id = chance.choice(list(self.recipients))
        act: dict[str, Any] = {
            "list_id": self.list_id,
            "campaign_id": campaign_id,
            "email_address": chance.choice(self.recipients[campaign_id]),
        }
        match chance.choice(["open", "open", "click", "click", "leave", "complain", "bounce"]):
            case "open":
                act |= {"action": "open", "is_proxy": chance.random() < 0.4}
            case "click":
                act |= {"action": "click"}
            case "leave":
                act |= {"action": "unsubscribe", "reason": "Λαμβάνω πάρα πολλά"}
            case "complain":
                act |= {"action": "complain"}
            case "bounce":
                act["bounce_type"] = chance.choice(["hard", "soft"])
                self.sandbox.control("POST", "bounce", act)
                return
        for _ in range(chance.choice([1, 1, 2, 3])):
            ip = f"94.64.0.{chance.randrange(9)}"
            self.sandbox.control("POST", "act", {**act, "ip": ip})

    def delete_somebody(self) -> None:
        """A member who has done something since they were last read is deleted for good."""
        self.read(dies=False)
        campaign_id = self.chance.choice(list(self.recipients))
        address = self.chance.choice(self.recipients[campaign_id])
        act = {"list_id": self.list_id, "campaign_id": campaign_id, "email_address": address}
        if subscriber_hash(address) in self.deleted:
            return
        for action in self.chance.choices(["open", "click", "unsubscribe", "complain"], k=3):
            self.sandbox.control("POST", "act", {**act, "action": action})
        with self.provider() as provider:
            provider.delete_member_permanently(self.list_id, subscriber_hash(address))
        self.deleted.add(subscriber_hash(address))
        for campaign_id, addresses in self.recipients.items():
            self.recipients[campaign_id] = [one for one in addresses if one != address]

    def read(self, *, dies: bool) -> None:
        """One run of the pipeline, as a process of its own would."""
        with psycopg.connect(self.dsn) as warehouse, self.provider() as provider:
            if dies:
                provider.rows_left = self.chance.randrange(120)
            try:
                read_all(warehouse, provider)
            except Crash:
                warehouse.rollback()

    def read_by_two_at_once(self) -> None:
        threads = [threading.Thread(target=self.read, kwargs={"dies": False}) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)

    def ledger(self) -> list[dict[str, Any]]:
        return [event for one in self.recipients for event in ledger(self.sandbox, one)]


def tell(history: History, warehouse: psycopg.Connection[Any], *, deletes: bool) -> None:
    chance = history.chance
    if not deletes:
        lags = {name: chance.choice([0, 3600, 2 * DAY]) for name in LISTS}
        history.sandbox.control("POST", "lag", lags)
    for turn in range(6):
        if turn in (1, 3):
            history.send()
        for _ in range(chance.randrange(2, 12)):
            history.something_happens()
        if deletes and turn in (2, 4):
            history.delete_somebody()
        let_pass(
            warehouse,
            history.sandbox,
            seconds=chance.choice([0, 1, 60, 7200, chance.randrange(4 * DAY)]),
        )
        if chance.random() < 0.25:
            history.read_by_two_at_once()
        else:
            history.read(dies=chance.random() < 0.5)
        so_far = forget_attributes(happened(history.ledger()))
        assert forget_attributes(stored(warehouse)) <= so_far, "counted what did not happen"


def forget_attributes(events: Counter[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    """Events by what they are: IP and proxy flag of one that comes late stand in the place of
    another of the same second until it is there."""
    return Counter((*key[:5], key[6], key[8]) for key in events.elements())


def rows(warehouse: psycopg.Connection[Any], query: str) -> Counter[tuple[Any, ...]]:
    found = warehouse.execute(query).fetchall()  # type: ignore[arg-type]
    warehouse.commit()
    return Counter(found)


@pytest.mark.parametrize("seed", range(4))
def test_what_was_read_equals_the_ledger(
    warehouse_db: str, mailchimp_sandbox: Any, seed: int
) -> None:
    history = History(mailchimp_sandbox, warehouse_db, seed)
    with psycopg.connect(warehouse_db) as warehouse:
        tell(history, warehouse, deletes=False)
        end(history, warehouse)
        equals_the_ledger(history, warehouse)
        assert not rows(
            warehouse, "select metric, difference from stats.reconciliation where difference <> 0"
        )
        assert not rows(
            warehouse,
            "select stream from stats.stale_stream where stream not in ('domains', 'locations')",
        )


@pytest.mark.parametrize("seed", range(2))
def test_members_deleted_on_the_way_are_all_that_explains_a_difference(
    warehouse_db: str, mailchimp_sandbox: Any, seed: int
) -> None:
    history = History(mailchimp_sandbox, warehouse_db, seed)
    with psycopg.connect(warehouse_db) as warehouse:
        tell(history, warehouse, deletes=True)
        end(history, warehouse)
        assert history.deleted
        equals_the_ledger(history, warehouse)
        assert set(rows(warehouse, "select distinct explanation from stats.reconciliation")) <= {
            (None,),
            ("deleted_members",),
        }
        assert {
            member
            for (member,) in rows(
                warehouse,
                "select distinct subscriber_hash from stats.campaign_recipients"
                " where gone_at is not null",
            )
        } <= history.deleted


def end(history: History, warehouse: psycopg.Connection[Any]) -> None:
    """Everything that is going to happen has, and no list lags any more. Then runs as always."""
    let_pass(warehouse, history.sandbox, seconds=45 * DAY)
    for _ in range(3):
        history.read(dies=False)


def equals_the_ledger(history: History, warehouse: psycopg.Connection[Any]) -> None:
    """Every row of every stream, but for members deleted meanwhile; nothing else, nothing twice."""
    events = history.ledger()
    deleted = history.deleted

    def staying(found: Counter[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
        return Counter({key: n for key, n in found.items() if key[1] not in deleted})

    assert staying(stored(warehouse)) == staying(happened(events))
    assert forget_attributes(stored(warehouse)) <= forget_attributes(happened(events))
    bounced = {
        (e["campaign_id"], e["subscriber_hash"]): e["bounce_type"]
        for e in events
        if e["action"] == "bounce"
    }
    assert staying(
        rows(
            warehouse,
            "select campaign_id, subscriber_hash, delivery_status from stats.campaign_recipients",
        )
    ) == staying(
        Counter(
            (*member, bounced.get(member, "sent"))
            for member in (
                (e["campaign_id"], e["subscriber_hash"]) for e in events if e["action"] == "sent"
            )
        )
    )
    assert staying(
        rows(
            warehouse,
            "select campaign_id, subscriber_hash, unsubscribed_at, reason"
            " from stats.campaign_unsubscribes",
        )
    ) == staying(
        Counter(
            (
                e["campaign_id"],
                e["subscriber_hash"],
                datetime.fromisoformat(e["time"]),
                e["detail"],
            )
            for e in events
            if e["action"] == "unsubscribe"
        )
    )
    assert staying(
        rows(warehouse, "select campaign_id, subscriber_hash from stats.campaign_abuse_reports")
    ) == staying(
        Counter((e["campaign_id"], e["subscriber_hash"]) for e in events if e["action"] == "abuse")
    )
    clicks = Counter(
        (e["campaign_id"], e["subscriber_hash"], e["url"]) for e in events if e["action"] == "click"
    )
    assert staying(
        rows(
            warehouse,
            "select campaign_id, subscriber_hash, url, clicks from stats.link_member_clicks"
            " inner join stats.link_clicks using (campaign_id, link_id)",
        )
    ) == staying(Counter((*key, count) for key, count in clicks.items()))
