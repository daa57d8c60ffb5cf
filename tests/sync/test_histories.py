"""Random histories of both sides: whatever happens, nobody is mailed who must not be, and nobody
is lost.

People act in the CRM and in Mailchimp, between syncs and in the midst of them; answers get lost,
and so does the ledger. What holds after the next quiet sync is judged by the oracle over the CRM's
rows and by our own record of what the people did, never by the sync's state.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

import oracle
from crm_mailchimp.mailchimp.batches import Polling
from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import MailchimpError
from crm_mailchimp.mailchimp.retries import Retry
from crm_mailchimp.provider import CampaignDraft
from crm_mailchimp.sync.guard import GuardLimits
from crm_mailchimp.sync.options import SyncOptions
from crm_mailchimp.sync.stagings import StagingOutdatedError
from sync_world import World, subscriber_hash

CODES = ("NEWS", "CLUB")
PEOPLE = 20
CROWD = 55
ROUNDS = 7
EVENTS_PER_ROUND = 8
IN_MAILCHIMP = (
    *("unsubscribe", "sign_up", "confirm", "bounce", "walk_in") * 2,
    *("complain", "guest", "archive_by_hand", "delete_by_hand"),
)
IN_CRM = (
    *("withdraw", "grant", "leave", "join", "move", "rename") * 2,
    *("erase", "deactivate", "expire", "merge", "move_crowd"),
)
OPTIONS = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**6, half=2.0))


@dataclass
class Record:
    """What we know of one audience, because we made it happen."""

    #: Why an address must not be mailed: own, bounce, complaint, hand, deleted.
    left: dict[str, str] = field(default_factory=dict)
    #: The contact that stood behind it then.
    people: dict[int, str] = field(default_factory=dict)
    #: Who came back, as long as no sync has seen them subscribed since.
    unseen: dict[int, str] = field(default_factory=dict)
    self_signed: set[str] = field(default_factory=set)
    guests: dict[str, dict[str, object]] = field(default_factory=dict)
    #: What the lost ledger alone could tell from an opt-out: the stricter reading is the true one.
    unexplained: set[str] = field(default_factory=set)
    unexplained_people: set[int] = field(default_factory=set)
    #: Complained at any time: we unsubscribed them elsewhere, which only they take back there.
    complained: set[str] = field(default_factory=set)
    campaign: str = ""


class History:
    """One random history; the same for the same seed: nothing drawn, and nothing of the order in
    which things happen, hangs on how fast the machine is."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.draw = world, random.Random(seed)
        #: Events, and kinds of trouble, still to come.
        self.deck: list[str] = []
        self.kinds: list[str] = []
        world.calls.tick, world.calls.settle = self.let_time_pass, self.finish_batches
        world.sandbox.control("POST", "batches", {"hold": True})
        # The same path as above 50 changes, and the real one once the crowd moves.
        world.batching = Batching(
            above=(50, 0, 3)[seed % 3], polling=Polling(first=0.02, most=0.1, deadline=30)
        )
        self.collections = {code: world.collection(code) for code in CODES}
        self.addresses = [f"p{n}@mail.gr" for n in range(PEOPLE)]
        self.people = [
            world.contact(
                address,
                *self.draw.choice([list(self.collections.values()), [self.collections["NEWS"]]]),
                consent=self.draw.choice(["newsletter", "newsletter", None]),
            )
            for address in self.addresses
        ]
        news = self.collections["NEWS"]
        self.crowd = [world.contact(f"crowd{n}@mail.gr", news) for n in range(CROWD)]
        self.crowd_is_in = True
        world.contact("steady@mail.gr", *self.collections.values())
        self.records = {code: Record() for code in CODES}
        #: Contacts that complained in any audience: it holds for them in every one.
        self.complainers: set[int] = set()
        #: Addresses that a contact held who asked to be erased.
        self.erased: set[str] = set()
        self.raced = 0
        self.happened: Counter[str] = Counter()
        self.in_sync: list[tuple[str, str]] = []
        # Recipients do nothing but what the history lets them do.
        chances = ("hard_bounce", "soft_bounce", "unsubscribe", "abuse", "sign_up", "forward")
        world.sandbox.control("POST", "behaviour", dict.fromkeys(chances, 0.0))
        self.quiet_sync()
        for code in CODES:
            self.records[code].campaign = self.send_campaign(code)
        self.old_staging = world.stage()
        self.quiet_sync()

    def run(self) -> None:
        for _ in range(ROUNDS):
            for _ in range(EVENTS_PER_ROUND):
                self.something()
            self.synchronise()
            self.quiet_sync()
            self.note_races()
            self.check()
        self.quiet_sync(full_refresh=True)
        self.check(at_rest=True)

    def something(self, *, crm: bool = True) -> None:
        """The next event of a shuffled deck, so that each has its turn in every history."""
        if not crm:
            name = self.draw.choice(IN_MAILCHIMP)
        else:
            if not self.deck:
                self.deck = [*IN_MAILCHIMP, *IN_CRM]
                self.draw.shuffle(self.deck)
            name = self.deck.pop()
        # Nothing happened where there was nobody to do it.
        if getattr(self, name)() is not False:
            self.happened[name] += 1

    # ---- time

    def let_time_pass(self) -> None:
        """Mailchimp counts whole seconds: no two requests share one or lie in neighbouring ones,
        however fast the machine is."""
        self.world.sandbox.control("POST", "clock/advance", {"seconds": 2})

    def finish_batches(self, what: str) -> None:
        """A batch runs right before it is first asked about, not whenever Mailchimp pleases."""
        if not what.startswith("GET /batches"):
            return
        sandbox = self.world.sandbox
        sandbox.control("POST", "batches", {"hold": False})
        with MailchimpClient(sandbox.key, host=sandbox.host) as client:
            while any(
                batch["status"] != "finished"
                for batch in client.batches.list(count=1000)["batches"]
            ):
                time.sleep(0.01)
        sandbox.control("POST", "batches", {"hold": True})

    # ---- the CRM

    def someone(self) -> int:
        return self.draw.choice(self.people)

    def withdraw(self) -> None:
        self.world.consent(self.someone(), granted=False)

    def grant(self) -> None:
        self.world.regrant(self.someone())

    def expire(self) -> None:
        now = datetime.now(UTC)
        self.world.consent(self.someone(), effective_at=now, expires_at=now)

    def leave(self) -> None:
        self.world.leave(self.draw.choice(list(self.collections.values())), self.someone())

    def join(self) -> None:
        contact, collection = self.someone(), self.draw.choice(list(self.collections.values()))
        self.world.leave(collection, contact)
        self.world.join(collection, contact)

    def move_crowd(self) -> None:
        """More at once than go singly."""
        for contact in self.crowd:
            if self.crowd_is_in:
                self.world.leave(self.collections["NEWS"], contact)
            else:
                self.world.join(self.collections["NEWS"], contact)
        self.crowd_is_in = not self.crowd_is_in

    def move(self) -> None:
        """Somebody's address becomes a new one or, by mistake or marriage, another person's."""
        contact = self.someone()
        address = self.draw.choice([*self.addresses, f"new{self.draw.randrange(50)}@mail.gr"])
        self.world.change_contact(contact, email=self.draw.choice([address, address.upper()]))
        self.note_erased()

    def rename(self) -> None:
        self.world.change_contact(self.someone(), first_name=self.draw.choice(["Ζωή", "Άννα"]))

    def erase(self) -> None:
        contact = self.someone()
        for code in CODES:
            self.erased |= {
                address for address, who in self.references(code).items() if who == contact
            }
        self.world.change_contact(contact, erasure_requested_at=datetime.now(UTC))
        self.note_erased()

    def note_erased(self) -> None:
        self.erased |= {
            str(oracle.address_key(contact.email))
            for contact in oracle.read(self.world.crm).contacts
            if contact.erasure_requested_at is not None
        }

    def deactivate(self) -> None:
        self.world.change_contact(self.someone(), is_active=self.draw.random() < 0.5)

    def merge(self) -> None:
        one, other = self.draw.sample(self.people, 2)
        self.world.change_contact(one, merged_into_id=self.draw.choice([other, None]))

    # ---- Mailchimp

    def member(self, *statuses: str, recipients: bool = False) -> tuple[str, str] | None:
        code = self.draw.choice(CODES)
        record = self.records[code]
        found = [
            address
            for address, status in self.world.remote(code).items()
            if status in statuses
            and address != "steady@mail.gr"
            and address not in record.guests
            and (not recipients or address.startswith("p"))
        ]
        return (code, self.draw.choice(sorted(found))) if found else None

    def references(self, code: str) -> dict[str, int]:
        """Address → contact by CRMREF."""
        with self.world.provider() as provider:
            return {
                member.email_address: int(reference.split("-", 1)[1])
                for status in (None, "archived")
                for member in provider.members(self.world.list_id(code), status=status)
                if "-" in (reference := str(member.merge_fields.get("CRMREF") or ""))
            }

    def unsubscribe(self) -> bool:
        found = self.member("subscribed")
        if found:
            code, address = found
            self.world.act(address, "unsubscribe", code)
            self.opt_out(code, address, "own")
        return found is not None

    def complain(self) -> bool:
        found = self.member("subscribed", recipients=True)
        if found is None:
            return False
        code, address = found
        campaign = self.records[code].campaign
        if not campaign or not self.got_mail(code, campaign, address):
            return False
        self.world.act(address, "complain", code, campaign_id=campaign)
        self.opt_out(code, address, "complaint")
        return True

    def got_mail(self, code: str, campaign: str, address: str) -> bool:
        with self.world.provider() as provider:
            return subscriber_hash(address) in {
                row["email_id"] for row in provider.rows(campaign, "sent-to")
            }

    def send_campaign(self, code: str) -> str:
        with self.world.provider() as provider:
            campaign = provider.create_campaign(
                CampaignDraft(
                    list_id=self.world.list_id(code),
                    title="Νέα",
                    subject_line="Νέα",
                    from_name="Γαλαξίας",
                    reply_to="news@galaxy.gr",
                )
            )
            provider.client.campaigns.set_content(
                campaign.campaign_id, {"html": "<p>Νέα *|UNSUB|*</p>"}
            )
            provider.send_campaign(campaign.campaign_id)
        self.world.sandbox.control("POST", "clock/advance", {"seconds": 3600})
        return campaign.campaign_id

    def opt_out(self, code: str, address: str, kind: str) -> None:
        record = self.records[code]
        record.left[address] = kind
        if kind == "complaint":
            record.complained.add(address)
        record.self_signed.discard(address)
        self.in_sync.append((code, address))
        # Whoever holds the address in the CRM, or is known to stand behind the member.
        contact = self.references(code).get(address)
        if contact is not None and kind in ("own", "complaint"):
            record.people[contact] = address
        if contact is not None and kind == "complaint":
            self.complainers.add(contact)

    def come_back(self, code: str, address: str) -> None:
        """The person subscribes by themselves: their newest word counts."""
        record = self.records[code]
        record.left.pop(address, None)
        record.self_signed.add(address)
        record.unexplained.discard(address)
        record.unseen |= {who: left for who, left in record.people.items() if left == address}
        record.people = {who: left for who, left in record.people.items() if left != address}

    def sign_up(self) -> bool:
        found = self.member("unsubscribed")
        if found:
            self.world.act(found[1], "subscribe", found[0])
            self.come_back(*found)
        return found is not None

    def walk_in(self) -> bool:
        """Somebody of the CRM, so far not in the audience, fills in the form."""
        code, address = self.draw.choice(CODES), self.draw.choice(self.addresses)
        is_new = address not in self.world.remote(code)
        if is_new:
            self.world.act(address, "subscribe", code)
            self.come_back(code, address)
        return is_new

    def confirm(self) -> bool:
        found = self.member("pending")
        if found:
            self.world.act(found[1], "confirm", found[0])
            self.come_back(*found)
        return found is not None

    def bounce(self) -> bool:
        found = self.member("subscribed")
        if found:
            self.world.bounce(found[1], found[0])
            self.opt_out(*found, "bounce")
        return found is not None

    def guest(self) -> None:
        code = self.draw.choice(CODES)
        guests = self.records[code].guests
        address = f"guest{len(guests)}@mail.gr"
        self.world.act(address, "subscribe", code, merge_fields={"FNAME": "Ξένος"})
        guests[address] = self.world.remote_fields(address, code)

    def archive_by_hand(self) -> bool:
        found = self.member("subscribed")
        if found:
            self.world.archive_by_hand(found[1], found[0])
            self.opt_out(*found, "hand")
        return found is not None

    def delete_by_hand(self) -> bool:
        found = self.member("subscribed", "unsubscribed")
        if found:
            code, address = found
            record = self.records[code]
            row = self.world.warehouse.execute(
                "select opted_out from sync.member where list_id = %s and subscriber_hash = %s",
                (self.world.list_id(code), subscriber_hash(address)),
            ).fetchone()
            if not (row and row["opted_out"]):
                # An opt-out that nobody saw before the deletion is gone with the member: the
                # address stays refused, but for the person's other addresses nothing is known.
                record.people = {who: at for who, at in record.people.items() if at != address}
            with self.world.provider() as provider:
                provider.delete_member_permanently(
                    self.world.list_id(code), subscriber_hash(address)
                )
            record.left[address] = "deleted"
            record.self_signed.discard(address)
        return found is not None

    # ---- the sync

    def quiet_sync(self, *, full_refresh: bool | None = None) -> None:
        if full_refresh is None:
            full_refresh = self.draw.random() < 0.3
        self.world.sync(options=OPTIONS, full_refresh=full_refresh)

    def synchronise(self) -> None:
        """A sync in trouble."""
        if not self.kinds:
            self.kinds = ["none", "lost", "lost", "disturbed", "disturbed", "forget", "old"]
            self.draw.shuffle(self.kinds)
        kind = self.kinds.pop()
        self.happened[kind] += 1
        self.in_sync = []
        if kind == "lost":
            self.lose_an_answer()
        elif kind == "disturbed":
            self.disturb()
        elif kind == "forget":
            self.forget()
        elif kind == "old":
            with pytest.raises(StagingOutdatedError):
                self.world.push(self.old_staging, self.draw.choice(CODES), options=OPTIONS)
            self.old_staging = self.world.stage()
            self.quiet_sync()

    def lose_an_answer(self) -> None:
        """Mailchimp acts on some call, its answer gets lost and the task dies of it."""
        staging_id = self.world.stage()
        code = self.draw.choice(CODES)
        self.world.retry = Retry(attempts=1)
        self.world.calls.reset(lost=self.draw.randint(1, 20))
        try:
            self.world.push(staging_id, code, options=OPTIONS)
        except MailchimpError:
            self.happened["crash"] += 1
        finally:
            self.world.retry = Retry()
            self.world.calls.reset()
        if self.draw.random() < 0.5:
            self.world.push(staging_id, code, options=OPTIONS)

    def disturb(self) -> None:
        """Things happen between the calls of the sync."""

        def between(what: str) -> None:
            if self.draw.random() < 0.15:
                self.happened["in the midst"] += 1
                self.something(crm=self.draw.random() < 0.3)

        self.world.calls.reset(before=between)
        try:
            self.world.sync(options=OPTIONS)
        finally:
            self.world.calls.reset()

    def forget(self) -> None:
        lists = {code: self.world.list_id(code) for code in CODES}
        for code, record in self.records.items():
            remote, references = self.world.remote(code), self.references(code)
            # Nothing but the ledger knew who stood behind a member that is deleted by now, or
            # that an archive hides an opt-out.
            record.people = {
                who: at for who, at in record.people.items() if remote.get(at) == "unsubscribed"
            }
            strict = {at for at, status in remote.items() if status in ("unsubscribed", "archived")}
            record.unexplained |= strict
            record.unexplained_people |= {
                references[at] for at in strict if at in references and remote[at] == "unsubscribed"
            }
        self.world.forget_ledger()
        self.old_staging = self.world.stage()
        self.quiet_sync()
        assert {code: self.world.list_id(code) for code in CODES} == lists

    def note_races(self) -> None:
        """The race that the API leaves open: an opt-out after the last look at the member, hidden
        by our archive. Mailchimp itself refuses the address then; nothing tells of the person."""
        for code, address in self.in_sync:
            row = self.world.warehouse.execute(
                "select cause from sync.member where list_id = %s and subscriber_hash = %s"
                " and status = 'archived' and not opted_out",
                (self.world.list_id(code), subscriber_hash(address)),
            ).fetchone()
            if row:
                self.raced += 1
                people = self.records[code].people
                for who in [who for who, at in people.items() if at == address]:
                    del people[who]

    # ---- what must hold

    def check(self, *, at_rest: bool = False) -> None:
        clock = datetime.now(UTC)
        crm = oracle.read(self.world.crm)
        verdicts = oracle.verdicts(crm, clock)
        for code, record in self.records.items():
            eligible = {
                row.address_key: row.contact_id for row in verdicts[code] if row.reason is None
            }
            remote = self.world.remote(code)
            record.unseen = {
                who: at for who, at in record.unseen.items() if remote.get(at) != "subscribed"
            }
            self.check_nobody_is_mailed_wrongly(code, record, eligible, remote)
            if not at_rest:
                # Only a full listing shows a deletion.
                gone = {at for at, why in record.left.items() if why == "deleted"} - set(remote)
                eligible = {at: who for at, who in eligible.items() if at not in gone}
            self.check_nobody_is_lost(code, record, eligible, remote)
            if at_rest:
                # Once both audiences have told, complaints and bounces hold in both.
                for other in self.records.values():
                    for address, kind in other.left.items():
                        if kind in ("complaint", "bounce") and address not in record.self_signed:
                            assert remote.get(address) != "subscribed", kind

    def check_nobody_is_mailed_wrongly(
        self,
        code: str,
        record: Record,
        eligible: dict[str | None, int],
        remote: dict[str, str],
    ) -> None:
        subscribed = {address for address, status in remote.items() if status == "subscribed"}
        assert "steady@mail.gr" in subscribed
        wrong = {at: record.left[at] for at in subscribed & set(record.left)}
        assert not wrong, "somebody was subscribed who had opted out"
        with self.world.provider() as provider:
            fields = {
                member.email_address: dict(member.merge_fields)
                for member in provider.members(self.world.list_id(code))
            }
        for address in subscribed - set(record.guests):
            reference = str(fields[address].get("CRMREF") or "")
            if reference.startswith("c-"):
                assert address in eligible, "a member of ours without a consent in force"
            if reference and address not in record.self_signed:
                contact = eligible.get(address)
                assert contact not in record.people, "the person opted out elsewhere"
        for address, guest in record.guests.items():
            assert remote[address] == "subscribed"
            assert fields[address] == guest, "a foreign member was changed"

    def check_nobody_is_lost(
        self,
        code: str,
        record: Record,
        eligible: dict[str | None, int],
        remote: dict[str, str],
    ) -> None:
        reasons = self.world.open_reasons(code)
        refused_by = self.refusing_contacts(code)
        crm = oracle.read(self.world.crm)
        for address, contact in eligible.items():
            assert address is not None
            status, reason = remote.get(address), reasons.get(contact)
            if status == "subscribed" and reason is None:
                continue
            truths = self.truths(record, address, contact, status)
            others = {one.contact_id for one in oracle.holders(crm, address)} - {contact}
            if others & refused_by:
                # Another contact that refused has the address now: mailing it mails both.
                truths |= {"shared_address_refused"}
            assert reason in truths, (
                f"lost in {code}: {contact} {address} {status}, {reason}, true is {sorted(truths)}"
            )

    def refusing_contacts(self, code: str) -> set[int]:
        """Contacts that refused in this audience, or complained in any."""
        record, references = self.records[code], self.references(code)
        left = {references[at] for at in record.left if at in references}
        return {
            *record.people,
            *record.unseen,
            *record.unexplained_people,
            *left,
        } | self.complainers

    def truths(
        self, record: Record, address: str, contact: int, status: str | None
    ) -> set[str | None]:
        """Reasons for which an eligible contact may be held back."""
        kind = record.left.get(address)
        true: set[str | None] = {
            *(["suppressed_unsubscribed", "suppressed_compliance"] if kind == "own" else []),
            *(["suppressed_compliance"] if kind in ("bounce", "complaint") else []),
            *(["suppressed_archived"] if kind == "hand" else []),
            *(["suppressed_forgotten"] if kind == "deleted" or address in self.erased else []),
            *(["suppressed_pending"] if status == "pending" else []),
        }
        everywhere = {one.left.get(address) for one in self.records.values()}
        true |= {"suppressed_cleaned"} if "bounce" in everywhere else set()
        complained = "complaint" in everywhere or any(
            address in one.complained
            for one in self.records.values()
            if one is not record or kind == "own"
        )
        complained = complained or contact in self.complainers
        true |= {"suppressed_complaint"} if complained else set()
        if contact in record.people:
            true |= {"suppressed_unsubscribed", "suppressed_complaint", "suppressed_compliance"}
        if contact in record.unseen:
            # They came back, and a bounce, an archive or a deletion hid it before anybody looked:
            # the opt-out stands. A member shows its present status alone; the time of its opt-in
            # is no word of the person's, any client writes it (OpenAPI 3.0.55, ``PATCH
            # /lists/{list_id}/members/{subscriber_hash}``, ``timestamp_opt``).
            true |= {"suppressed_unsubscribed", "suppressed_complaint"}
        if address in record.unexplained:
            true |= {"suppressed_unsubscribed", "suppressed_archived"}
        if contact in record.unexplained_people:
            true |= {"suppressed_unsubscribed"}
        return true


@pytest.mark.parametrize("seed", range(6))
def test_no_history_ends_with_somebody_wrongly_subscribed_or_lost(world: World, seed: int) -> None:
    history = History(world, seed)
    history.run()
    print(dict(history.happened), "raced", history.raced)
    assert history.happened["unsubscribe"] >= 1
    assert history.happened["withdraw"] >= 1


def test_the_check_itself_notices(world: World) -> None:
    """The property would fail if somebody who opted out were subscribed again, or got lost."""
    history = History(world, 99)
    found = history.member("subscribed", recipients=True)
    assert found
    code, address = found
    history.check()
    history.opt_out(code, address, "own")
    with pytest.raises(AssertionError, match="opted out"):
        history.check()
    history.come_back(code, address)
    history.check()
    contact = world.member(address, code)["contact_id"]
    world.consent(contact, granted=False)
    with pytest.raises(AssertionError, match="without a consent"):
        history.check()
    world.regrant(contact)
    world.archive_by_hand(address, code)
    history.quiet_sync()
    with pytest.raises(
        AssertionError, match=r"lost in .* archived, suppressed_archived, true is \[\]"
    ):
        history.check()
