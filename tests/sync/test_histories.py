"""Random histories of both sides: whatever happens, nobody is mailed who must not be.

People act in the CRM and in Mailchimp, syncs run in between, answers get lost and so does the
ledger. What holds at each sync's end is judged by the oracle over the CRM's rows and by our own
record of what the people did, never by the sync's state.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

import oracle
from crm_mailchimp.mailchimp.errors import ConnectionFault
from crm_mailchimp.mailchimp.retries import Retry
from crm_mailchimp.sync.guard import GuardLimits
from crm_mailchimp.sync.options import SyncOptions
from sync_world import World, subscriber_hash

PEOPLE = 24
ROUNDS = 10
EVENTS_PER_ROUND = 8
OPTIONS = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**6, half=1.0))


class History:
    """One random history; the same for the same seed."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.draw = world, random.Random(seed)
        self.news = world.collection("NEWS")
        self.addresses = [f"άτομο{n}@mail.gr".replace("άτομο", "p") for n in range(PEOPLE)]
        self.people = [
            world.contact(address, self.news, consent=self.draw.choice(["newsletter", None]))
            for address in self.addresses
        ]
        #: Contacts and addresses whose person opted out and did not come back by themselves.
        self.opted_out: set[str] = set()
        self.opted_out_people: dict[int, str] = {}
        self.guests: dict[str, dict[str, object]] = {}
        self.self_signed: set[str] = set()
        self.happened: Counter[str] = Counter()
        self.stayed = world.contact("steady@mail.gr", self.news)
        world.sync(options=OPTIONS)

    def run(self) -> None:
        for _ in range(ROUNDS):
            for _ in range(EVENTS_PER_ROUND):
                event = self.draw.choice(self.events())
                event()
                self.happened[event.__name__] += 1
            self.synchronise()
            self.check()

    def events(self) -> list[Callable[[], None]]:
        crm = [self.withdraw, self.grant, self.leave, self.join, self.move, self.rename]
        people = [self.unsubscribe, self.sign_up, self.confirm, self.bounce, self.guest]
        rare = [self.erase, self.deactivate, self.archive_by_hand, self.delete_by_hand]
        return crm * 2 + people * 2 + rare

    # ---- the CRM

    def someone(self) -> int:
        return self.draw.choice(self.people)

    def withdraw(self) -> None:
        self.world.consent(self.someone(), granted=False)

    def grant(self) -> None:
        self.world.regrant(self.someone())

    def leave(self) -> None:
        self.world.leave(self.news, self.someone())

    def join(self) -> None:
        contact = self.someone()
        self.world.leave(self.news, contact)
        self.world.join(self.news, contact)

    def move(self) -> None:
        """Somebody's address becomes a new one or, by mistake or marriage, another person's."""
        address = self.draw.choice([*self.addresses, f"new{self.draw.randrange(50)}@mail.gr"])
        self.world.change_contact(
            self.someone(), email=self.draw.choice([address, address.upper()])
        )

    def rename(self) -> None:
        self.world.change_contact(self.someone(), first_name=self.draw.choice(["Ζωή", "Άννα"]))

    def erase(self) -> None:
        self.world.change_contact(self.someone(), erasure_requested_at=datetime.now(UTC))

    def deactivate(self) -> None:
        self.world.change_contact(self.someone(), is_active=self.draw.random() < 0.3)

    # ---- Mailchimp

    def member(self, *statuses: str) -> str | None:
        found = [
            address
            for address, status in self.world.remote().items()
            if status in statuses and address != "steady@mail.gr" and address not in self.guests
        ]
        return self.draw.choice(sorted(found)) if found else None

    def unsubscribe(self) -> None:
        if address := self.member("subscribed"):
            self.world.act(address, "unsubscribe", reason="Όχι άλλο")
            self.opt_out(address)

    def opt_out(self, address: str) -> None:
        self.opted_out.add(address)
        self.self_signed.discard(address)
        # Whoever holds the address in the CRM, or is known to stand behind the member.
        fields = self.world.remote_fields(address)
        reference = str(fields.get("CRMREF") or "")
        if "-" in reference:
            self.opted_out_people[int(reference.split("-", 1)[1])] = address

    def come_back(self, address: str) -> None:
        """The person subscribes by themselves: their newest word counts."""
        self.opted_out.discard(address)
        self.self_signed.add(address)
        self.opted_out_people = {
            person: left for person, left in self.opted_out_people.items() if left != address
        }

    def sign_up(self) -> None:
        if address := self.member("unsubscribed"):
            self.world.act(address, "subscribe")
            self.come_back(address)

    def confirm(self) -> None:
        if address := self.member("pending"):
            self.world.act(address, "confirm")
            self.come_back(address)

    def bounce(self) -> None:
        if address := self.member("subscribed"):
            self.world.bounce(address)
            self.opted_out.add(address)

    def guest(self) -> None:
        address = f"guest{len(self.guests)}@mail.gr"
        self.world.act(address, "subscribe", merge_fields={"FNAME": "Ξένος"})
        self.guests[address] = self.world.remote_fields(address)

    def archive_by_hand(self) -> None:
        if address := self.member("subscribed"):
            self.world.archive_by_hand(address)
            self.opted_out.add(address)

    def delete_by_hand(self) -> None:
        if address := self.member("subscribed", "unsubscribed"):
            if not self.world.member(address)["opted_out"]:
                # An opt-out that nobody saw before the deletion is gone with the member: the
                # address stays refused, but for the person's other addresses nothing is known.
                self.opted_out_people = {
                    person: left
                    for person, left in self.opted_out_people.items()
                    if left != address
                }
            with self.world.provider() as provider:
                provider.delete_member_permanently(self.world.list_id(), subscriber_hash(address))
            self.opted_out.add(address)

    # ---- the sync, and what must hold

    def synchronise(self) -> None:
        trouble = self.draw.random()
        if trouble < 0.3:
            self.crash()
        elif trouble < 0.45:
            list_id, remote = self.world.list_id(), self.world.remote()
            self.world.forget_ledger()
            self.happened["forget_ledger"] += 1
            # Nothing but the ledger knew who stood behind a member that is deleted by now.
            self.opted_out_people = {
                person: left for person, left in self.opted_out_people.items() if left in remote
            }
            self.world.sync(options=OPTIONS)
            assert self.world.list_id() == list_id
            return
        staging_id = self.world.stage(full_refresh=self.draw.random() < 0.2)
        self.world.push(staging_id, "NEWS", options=OPTIONS)

    def crash(self) -> None:
        """Mailchimp acts on some call, its answer gets lost and the task dies of it."""
        lost = self.draw.randint(0, 4)
        for method, skipped in (("POST", 0), ("PATCH", lost), ("DELETE", lost)):
            faults = [{"kind": "drop_after", "method": method}] if skipped <= 2 else []
            self.world.sandbox.control("POST", "faults", {"next": faults})
        self.world.retry = Retry(attempts=1)
        try:
            self.world.sync(options=OPTIONS)
        except ConnectionFault:
            self.happened["crash"] += 1
        finally:
            self.world.retry = Retry()
            self.world.sandbox.control("POST", "faults", {"clear": True})

    def check(self) -> None:
        clock = datetime.now(UTC)
        crm = oracle.read(self.world.crm)
        eligible = {
            verdict.address_key: verdict.contact_id
            for verdict in oracle.verdicts(crm, clock)["NEWS"]
            if verdict.reason is None
        }
        remote = self.world.remote()
        subscribed = {address for address, status in remote.items() if status == "subscribed"}
        assert "steady@mail.gr" in subscribed

        resubscribed = subscribed & self.opted_out
        assert not resubscribed, "somebody was subscribed who had opted out"
        for address in subscribed - set(self.guests):
            reference = str(self.world.remote_fields(address).get("CRMREF") or "")
            if not reference:
                continue  # signed up by themselves, unknown to the CRM
            if reference.startswith("c-"):
                assert address in eligible, "a member of ours without a consent in force"
            if address not in self.self_signed:
                contact = eligible.get(address)
                assert contact not in self.opted_out_people, "the person opted out elsewhere"
        for address, fields in self.guests.items():
            assert remote[address] == "subscribed"
            assert self.world.remote_fields(address) == fields, "a foreign member was changed"


@pytest.mark.parametrize("seed", range(6))
def test_no_history_ends_with_somebody_wrongly_subscribed(world: World, seed: int) -> None:
    history = History(world, seed)
    history.run()
    assert history.happened["unsubscribe"] >= 1
    assert history.happened["withdraw"] >= 1


def test_the_check_itself_notices(world: World) -> None:
    """The property would fail if somebody who opted out were subscribed again."""
    history = History(world, 99)
    address = history.member("subscribed")
    assert address
    history.opt_out(address)
    with pytest.raises(AssertionError, match="opted out"):
        history.check()
    history.opted_out.clear()
    history.opted_out_people.clear()
    history.check()
    contact = world.member(address)["contact_id"]
    world.consent(contact, granted=False)
    with pytest.raises(AssertionError, match="without a consent"):
        history.check()
    world.sync(options=OPTIONS)
    history.check()
