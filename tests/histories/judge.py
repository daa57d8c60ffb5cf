"""The judge at the end of a history: is anybody mailed who must not be, is anybody lost?

It looks at people, at what Mailchimp holds and at what the quarantine says; it knows nothing of
the ledger. Each finding is a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from histories import crm_rules
from histories.book import Book, Found
from histories.mailchimp_memory import Member, subscriber_hash
from histories.people import Cast, Person


@dataclass(frozen=True)
class Setting:
    """A collection at the time of judging.

    Attributes:
        key: what the book calls it.
        list_id: its audience.
        reasons: open quarantine rows by contact id: the one main reason, without the rows that
            stand beside it.
        notes: contact ids with an open ``address_changed``.
        others: keys and categories of the collections that share the audience. Who is subscribed
            there without the collection's tag has the status ``untagged``.
        tagged_by_others: addresses with a tag that is not ours.
    """

    key: str
    category: str
    list_id: str
    reasons: Mapping[int, str]
    notes: frozenset[int]
    others: tuple[tuple[str, str], ...] = ()
    tagged_by_others: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Audience:
    """Members of one audience, archived ones included, by subscriber hash."""

    members: Mapping[str, Member]

    @classmethod
    def of(cls, members: Iterable[Member]) -> Audience:
        return cls({one.hash: one for one in members})

    def at(self, address: str) -> Member | None:
        return self.members.get(subscriber_hash(address))


def reference(member: Member) -> tuple[str, int] | None:
    """Origin letter and contact id of a member's CRMREF; None for a foreign one."""
    text = str(member.fields.get("CRMREF") or "")
    letter, _, number = text.partition("-")
    return (letter, int(number)) if letter in ("c", "a") and number else None


def owner(cast: Cast, member: Member) -> Person | None:
    """The person in CRMREF, by an id that the ledger can know."""
    found = reference(member)
    person = cast.by_contact(found[1]) if found else None
    if found is None or person is None:
        return None
    return person if person.ids.index(found[1]) >= person.known_from else None


@dataclass(frozen=True)
class Judge:
    """Judges one story in one collection."""

    cast: Cast
    book: Book
    setting: Setting
    audience: Audience
    clock: datetime

    def findings(self) -> Iterator[str]:
        """What is wrong with the audience: somebody mailed wrongly, or somebody lost."""
        winners = self._winners()
        for address, person in winners.items():
            yield from self._eligible(address, person)
        for member in self._members():
            if member.status in ("subscribed", "pending"):
                yield from self._present(member, winners)
            yield from self._foreign(member)
            yield from self._tag_of_others(member)

    def recipients(self, addresses: Sequence[str]) -> Iterator[str]:
        """What is wrong with a campaign's recipients, of those that belong to this story."""
        winners = self._winners()
        for address in addresses:
            member = self.audience.at(address)
            if member is None:
                yield f"a campaign to {address}, who is no member"
                continue
            if member.status == "untagged":
                yield f"a campaign to {address}, who does not carry the collection's tag"
                continue
            withdrawn = self._withdrawn(member, is_backed=address in winners)
            for wrong in (*self._refused(member), *withdrawn):
                yield f"a campaign to {address}: {wrong}"

    def _winners(self) -> dict[str, Person]:
        return crm_rules.eligible(self.cast, self.setting.key, self.setting.category, self.clock)

    def _wanted_by_others(self) -> set[str]:
        """Addresses whose people the other collections of a shared audience may mail."""
        return {
            self._followed(address, person)[0]
            for key, category in self.setting.others
            for address, person in crm_rules.eligible(self.cast, key, category, self.clock).items()
        }

    def _members(self) -> Iterator[Member]:
        mine = {address for one in self.cast.people for address in one.addresses}
        mine |= {new for _, new, _ in self.book.followed.values()}
        mine |= {address for one in self.book.refusals for address in one.addresses}
        for address in sorted(mine):
            member = self.audience.at(address)
            if member is not None:
                yield member

    def _where(self) -> str:
        return f"{self.setting.key} ({self.setting.list_id})"

    # ---- nobody is lost

    def _eligible(self, address: str, person: Person) -> Iterator[str]:
        at, is_certain = self._followed(address, person)
        found = self.book.find(person, address, self.setting.key, left=at != address)
        reason = self.setting.reasons.get(person.contact_id or 0)
        if at != address:
            there = self.book.find(person, at, self.setting.key)
            found = Found(
                "hard" if "hard" in (there.must, found.must) else there.must or found.must,
                found.reasons | there.reasons,
                found.because + there.because,
            )
            if found.must == "" and is_certain and person.contact_id not in self.setting.notes:
                yield f"{person} changed the address to {at}, and nothing in the CRM says so"
        status = self._status(at)
        by_person = self.book.subscribed_by.get((self.setting.list_id, at)) == "person"
        said = f"{person} at {at} in {self._where()} is {status}, reason {reason}"
        why = f" [{'; '.join(found.because)}]" if found.because else ""
        if status == "subscribed" and found.must and not by_person:
            yield f"refused and mailed: {said}{why}"
        elif status == "pending" and found.must == "hard" and at not in self._wanted_by_others():
            yield f"refused and asked: {said}{why}"
        elif status == "subscribed" and reason is None:
            return
        elif reason is None:
            yield f"lost without a reason: {said}{why}"
        elif self._explains_itself(reason, address, person):
            return
        elif reason not in found.reasons:
            yield f"held back without cause: {said}, true is {sorted(found.reasons)}{why}"
        elif (
            reason == "suppressed_pending"
            # Who gets other mail in a shared audience cannot be asked there.
            and not {"pending", "untagged"} & {status, self._status(address)}
            and not self._is_kept(found)
            and not self._is_foreign(at)
        ):
            yield f"never asked: {said}{why}"

    def _followed(self, address: str, person: Person) -> tuple[str, bool]:
        """Where a person is who may have changed the address in Mailchimp, and whether they did."""
        known = self.book.followed.get((self.setting.list_id, person))
        is_about = known is not None and known[0] == address
        if known and is_about and known[2]:
            return known[1], True
        may_be = {known[1]} if known and is_about else set[str]()
        may_be |= {
            where
            for (list_id, where, who), known_at in self.book.ours_at_loss.items()
            if person in (who, self.cast.survivor(who))
            and known_at == address
            and list_id == self.setting.list_id
            and not set(self.cast.holders(where)) - {person}
        }
        for other in sorted(may_be - {address}):
            is_there = self._status(other) not in (None, "archived", "cleaned")
            if is_there and self._status(address) != "subscribed":
                return other, False
        return address, True

    def _explains_itself(self, reason: str, address: str, person: Person) -> bool:
        """Whether a reason is about another contact or another audience."""
        if reason == "duplicate_email":
            return self._is_chosen_by_another(address, person)
        return reason == "address_given_up" and self._gave_up(address, person)

    def _gave_up(self, address: str, person: Person) -> bool:
        """Whether the person may have chosen another address in Mailchimp, in any audience."""
        return any(
            who is person and both[0] == address for (_, who), both in self.book.followed.items()
        ) or any(
            person in (who, self.cast.survivor(who)) and known_at == address and where != address
            for (_, where, who), known_at in self.book.ours_at_loss.items()
        )

    def _is_chosen_by_another(self, address: str, person: Person) -> bool:
        return any(
            list_id == self.setting.list_id and who is not person and both[1] == address
            for (list_id, who), both in self.book.followed.items()
        )

    @staticmethod
    def _is_kept(found: object) -> bool:
        # The same address was archived or deleted by hand meanwhile: held, not asked.
        reasons = getattr(found, "reasons", frozenset())
        return bool(reasons & {"suppressed_archived", "suppressed_forgotten", "suppressed_cleaned"})

    def _is_foreign(self, address: str) -> bool:
        # We change no member that somebody else put there: it is held back, and stays.
        member = self.audience.at(address)
        return member is not None and reference(member) is None

    def _status(self, address: str) -> str | None:
        member = self.audience.at(address)
        return member.status if member else None

    # ---- nobody is mailed who must not be

    def _present(self, member: Member, winners: Mapping[str, Person]) -> Iterator[str]:
        said = f"{member.address} in {self._where()} is {member.status}"
        ours = reference(member)
        if member.status == "subscribed":
            yield from (f"{said}: {wrong}" for wrong in self._refused(member))
        if ours is None:
            return
        if member.status == "pending" and member.address in self._wanted_by_others():
            return
        for wrong in self._withdrawn(member, is_backed=member.address in winners):
            yield f"{said}: {wrong}"
        if ours[0] == "c" and member.address not in winners:
            elsewhere = {self._followed(at, who)[0] for at, who in winners.items()}
            elsewhere |= {
                new
                for (list_id, who), (_, new, _) in self.book.followed.items()
                if list_id == self.setting.list_id and who in winners.values()
            }
            if member.address not in elsewhere:
                yield f"{said}: a member of ours without anybody who may be mailed"

    def _refused(self, member: Member) -> Iterator[str]:
        """Subscribed by us, though somebody behind it refused."""
        if self.book.subscribed_by.get((self.setting.list_id, member.address)) != "us":
            return
        people = {*self.cast.holders(member.address)}
        own = owner(self.cast, member)
        if own is not None:
            people.add(own)
        winner = self._winners().get(member.address)
        for person in people:
            found = self.book.find(person, member.address, self.setting.key)
            if found.must == "asked" and winner not in (None, person):
                continue  # the CRM says what a withdrawal means for others at the address
            if found.must:
                yield f"subscribed by us, {person} refused [{'; '.join(found.because)}]"
                return
            if member.address in self.book.erased_addresses:
                yield f"subscribed by us, {person} was erased"
                return

    def _withdrawn(self, member: Member, *, is_backed: bool) -> Iterator[str]:
        """The CRM says no: a withdrawal or an erasure by somebody behind the address.

        Args:
            is_backed: somebody else may be mailed there now, whomever CRMREF still names.
        """
        category = self.setting.category
        if crm_rules.is_refused(self.cast, member.address, category, self.clock):
            yield "somebody with this address withdrew or asked to be erased"
            return
        own, named = owner(self.cast, member), reference(member)
        if own is None or named is None or own.contact_id != named[1] or is_backed:
            return
        if own.erasure_asked_at is not None or (
            crm_rules.asks_for_consent(category)
            and crm_rules.has_withdrawn(self.cast, own, category, self.clock)
        ):
            yield f"its contact {own} withdrew or asked to be erased"

    def _tag_of_others(self, member: Member) -> Iterator[str]:
        given = (self.setting.list_id, member.contact_id) in self.book.tagged_by_others
        if member.status in ("archived", "pending"):
            return  # Mailchimp does not show it
        if given != (member.address in self.setting.tagged_by_others):
            how = "lost" if given else "got"
            yield f"{member.address} in {self._where()} {how} the tag of other people"

    def _foreign(self, member: Member) -> Iterator[str]:
        if reference(member) is None and member.touched_by_api:
            yield f"{member.address} in {self._where()}: a foreign member was changed"
