"""The oracle's book: who refused what, where, and what ended it. Kept by person.

It is written from what people do, never from what the product stores. A refusal binds the product
(``is_known``) once Mailchimp has shown it. Before that it may hold, and need not. The same is true
where a loss of the ledger left no trace of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from histories.mailchimp_memory import Change, subscriber_hash
from histories.people import Cast, Person

#: Kinds that hold a person back. The others only ask for a confirmation.
HARD = frozenset({"unsubscribed", "complaint", "forgotten", "archived_by_hand", "tag_taken"})
ASKED = frozenset({"withdrawal", "unconfirmed"})
#: Kinds that never bind, and that are a true reason all the same: "echo" is our own unsubscribe
#: because of a complaint or a bounce elsewhere, "unexplained" what only the lost ledger could tell.
SOFT = frozenset({"echo", "unexplained"})

#: The status by which Mailchimp shows a refusal.
_SHOWN_AS = {
    "unsubscribed": "unsubscribed", "complaint": "unsubscribed", "archived_by_hand": "archived",
    "withdrawal": "unsubscribed", "unconfirmed": "pending", "echo": "unsubscribed",
}  # fmt: skip

#: Reasons that a refusal of a kind makes true.
REASONS = {
    "unsubscribed": {"suppressed_unsubscribed", "suppressed_compliance"},
    "complaint": {"suppressed_complaint", "suppressed_unsubscribed", "suppressed_compliance"},
    "forgotten": {"suppressed_forgotten"},
    "archived_by_hand": {"suppressed_archived"},
    "tag_taken": {"suppressed_archived"},
    "withdrawal": {"suppressed_pending"},
    "unconfirmed": {"suppressed_pending"},
    "echo": {"suppressed_pending"},
    "unexplained": {"suppressed_unsubscribed", "suppressed_archived", "suppressed_pending",
                    "suppressed_compliance", "suppressed_cleaned"},
}  # fmt: skip


@dataclass(eq=False)
class Refusal:
    """One refusal.

    Attributes:
        addresses: the member's, and those that the person gave it in Mailchimp afterwards.
        people: the people who certainly made it; ``maybe``: those who may pass for them, such as
            somebody who came to the address right after.
        own: the person in the member's CRMREF.
        contacts: everybody's contact id at that time.
        scope: keys of the collections that it binds; ``maybe_scope``: that it may hold for.
        answered_at: audience and address of the person's own sign-up that ends it, once seen.
        answered_after: so many looks at the CRM there were before that sign-up.
        apart: people whose merged row was gone before the refusal was known.
        reported: the address that Mailchimp's report of a complaint names for good.
        is_doubtful: something of ours at the same moment explains it as well.
        is_before_us: it happened in an audience that no collection had used.
        is_lost: the ledger lost it; what Mailchimp and the CRM show is all that is left.
        follows_complaint: the same member complained before, and came back. Mailchimp keeps that
            report, and after a loss of the ledger nothing says that it is answered.
        tag_of: the collection whose tag somebody took from the member by hand.
        is_given_again: somebody gave that tag back, and Mailchimp has not shown it yet.
    """

    kind: str
    list_id: str
    addresses: set[str]
    people: set[Person]
    own: Person | None = None
    contacts: dict[Person, int | None] = field(default_factory=dict)
    maybe: set[Person] = field(default_factory=set)
    scope: set[str] = field(default_factory=set)
    maybe_scope: set[str] = field(default_factory=set)
    is_known: bool = False
    is_over: bool = False
    answered_at: tuple[str, str] | None = None
    answered_after: int = -1
    reported: str | None = None
    apart: set[Person] = field(default_factory=set)
    is_doubtful: bool = False
    is_before_us: bool = False
    is_lost: bool = False
    follows_complaint: bool = False
    tag_of: str = ""
    is_given_again: bool = False

    def __str__(self) -> str:
        state = "over" if self.is_over else "known" if self.is_known else "not known"
        return (
            f"{self.kind} in {self.list_id} at {'/'.join(sorted(self.addresses))} by "
            f"{sorted(map(str, self.people))} (maybe {sorted(map(str, self.maybe))}) for "
            f"{sorted(self.scope)}, {state}"
        )

    def is_unlinked(self, person: Person) -> bool:
        """Whether no sync has seen the contact that refused beside the person's present one."""
        contact = self.contacts.get(person)
        return contact in person.ids and person.ids.index(contact) < person.known_from

    @property
    def binds(self) -> bool:
        return (
            self.is_known
            and not self.is_over
            and not self.is_doubtful
            and not self.is_given_again
            and self.answered_at is None
            and self.kind not in SOFT
        )


@dataclass(frozen=True)
class Found:
    """What the book says of somebody in a collection.

    ``must`` empty: may be mailed; hard: must not; asked: not before a confirmation.
    """

    must: str
    reasons: frozenset[str]
    because: tuple[str, ...]


class Book:
    """Refusals of one story, and what else its people did in Mailchimp."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.refusals: list[Refusal] = []
        #: (audience, address) of hard bounces that hold, with whether Mailchimp has shown them.
        self.bounced: dict[tuple[str, str], bool] = {}
        #: Forgotten for good by an erasure: addresses and contact ids that must not come back, and
        #: earlier addresses, which the erasure may have known.
        self.erased_addresses: set[str] = set()
        self.erased_earlier: set[str] = set()
        self.erased_ids: set[int] = set()
        #: (audience, person) → the CRM's address, the person's own new one, certain or not.
        self.followed: dict[tuple[str, Person], tuple[str, str, bool]] = {}
        #: (audience, address, person) of members that were ours when the ledger was lost → the
        #: CRM's address at the next look: where it is another, the member looks like one whose
        #: address the person changed.
        self.ours_at_loss: dict[tuple[str, str, Person], str | None] = {}
        #: Who had which address at the last look at the CRM.
        self.seen_at: dict[str, set[Person]] = {}
        #: The same, at each look so far, and how many there were at the last look at an audience.
        self.looks: list[dict[str, set[Person]]] = []
        self.looked_at: dict[str, int] = {}
        #: The address of each person at the last look that had one of their collections.
        self.last_seen: dict[Person, str] = {}
        #: Contact ids that the CRM has had at a look.
        self.seen_ids: set[int] = set()
        #: (audience, address) → who made it subscribed last: us, person or hand.
        self.subscribed_by: dict[tuple[str, str], str] = {}
        #: Audiences and Mailchimp's contact ids of members with the tag of other people.
        self.tagged_by_others: set[tuple[str, str]] = set()

    # ---- what people do

    def refuse(
        self,
        kind: str,
        list_id: str,
        address: str,
        own: Person | None,
        users: Iterable[str],
        former: Iterable[str],
    ) -> Refusal:
        """Somebody refused, by the mailbox that everybody with this address shares.

        Args:
            own: the person in the member's CRMREF.
            users: keys of the collections that use the audience; ``former``: that used it.
        """
        holders = set(self.cast.holders(address))
        people = holders | ({own} if own else set())
        made = Refusal(
            kind, list_id, {address}, people, own, {one: one.contact_id for one in people},
            maybe=self._seen_since_look(list_id, address) - people,
            scope=set(users), maybe_scope=set(former),
        )  # fmt: skip
        # Of who moved away since, with collections that are switched off, nobody knows that.
        made.maybe |= {who for who, at in self.last_seen.items() if at == address} - people
        if kind in ("forgotten", "archived_by_hand"):
            only_address = self._we_unsubscribed(list_id, address)
            # Only the address is held: the person is asked at another one, or gets mail there.
            others = set(people) if only_address else people - holders
            made.maybe |= others
            made.people -= others
        if kind == "forgotten":
            # Gone before anybody saw the new address, as far as anybody knows.
            self.doubt_changes(lambda place, both: place[0] == list_id and both[1] == address)
        made.reported = address if kind == "complaint" else None
        earlier = [one for one in self._at(list_id, address) if one.kind == "complaint"]
        made.follows_complaint = bool(earlier)
        if any(one.is_lost for one in earlier):
            made.is_lost = True
            made.maybe_scope.add("*")
        made.is_before_us = not made.scope and not made.maybe_scope
        self.refusals.append(made)
        self.subscribed_by.pop((list_id, address), None)
        if kind == "forgotten":
            for one in self._taken(list_id):
                one.is_lost = one.is_lost or (not one.is_known and address in one.addresses)
        return made

    # ---- tags of a shared audience

    def _taken(self, list_id: str, key: str | None = None) -> list[Refusal]:
        """Tags that somebody took by hand in an audience, of one collection or of all."""
        return [
            one
            for one in self.refusals
            if one.tag_of and one.list_id == list_id and key in (None, one.tag_of)
            if not one.is_over
        ]

    def tag_taken(
        self, list_id: str, address: str, key: str, own: Person | None, *, was_shown: bool
    ) -> None:
        """Somebody took a collection's tag from a member by hand.

        Args:
            own: the person in the member's CRMREF.
            was_shown: the pipeline had given the tag, or was shown that the member carries it.
        """
        known = [one for one in self._taken(list_id, key) if address in one.addresses]
        for one in known:
            one.is_given_again = False
        if any(one.is_known for one in known):
            return
        holders = set(self.cast.holders(address))
        # Only the contact that the tag was given for is bound at its later addresses.
        people = {own} if own is not None and holders <= {own} else set[Person]()
        self.refusals.append(
            Refusal(
                "tag_taken", list_id, {address}, people, own,
                {one: one.contact_id for one in people},
                maybe=(holders | ({own} if own else set())) - people,
                scope={key}, tag_of=key, is_lost=not was_shown,
            )
        )  # fmt: skip

    def tag_given(self, list_id: str, address: str, key: str) -> None:
        """Somebody gave a member a collection's tag by hand.

        At another address of the person, or in another audience of the collection, it ends the
        refusal, too, if nobody else may be meant. That is not for this book to say, so such a
        refusal is doubtful from then on.
        """
        holders = set(self.cast.holders(address))
        for one in self.refusals:
            is_elsewhere = one.tag_of == key and one.list_id != list_id and not one.is_over
            if is_elsewhere and (address in one.addresses or holders & (one.people | one.maybe)):
                one.is_doubtful = True
        for one in self._taken(list_id, key):
            if address in one.addresses:
                one.is_given_again = one.is_known or one.is_lost
                one.is_over = not one.is_given_again
            elif holders & (one.people | one.maybe):
                one.is_doubtful = True

    def saw_tag(
        self, list_id: str, key: str, carrying: Collection[str], hidden: Collection[str]
    ) -> None:
        """Mailchimp showed who carries a collection's tag.

        Args:
            carrying: addresses of these members.
            hidden: addresses of members that Mailchimp shows beside no tag.
        """
        for one in self._taken(list_id, key):
            if one.addresses & {*carrying}:
                one.is_over = one.is_given_again
            elif not (one.is_known or one.is_lost or one.addresses & {*hidden}):
                one.is_known = True
                known = {
                    who
                    for who in one.people
                    if any(who in self.seen_at.get(each, ()) for each in one.addresses)
                    and not one.is_unlinked(who)
                }
                one.maybe |= one.people - known
                one.people = known

    def we_take_tag(self, list_id: str, key: str, hashes: Collection[str]) -> None:
        """The pipeline takes a tag itself: nobody notices that it was gone already."""
        for one in self._taken(list_id, key):
            if not one.is_known and {subscriber_hash(each) for each in one.addresses} & {*hashes}:
                one.is_lost = True

    def lose_tag(self, list_id: str, key: str) -> None:
        """Somebody deleted a tag: who had lost it before is known only if that was shown."""
        for one in self._taken(list_id, key):
            one.is_lost = one.is_lost or not one.is_known

    def _we_unsubscribed(self, list_id: str, address: str) -> bool:
        return any(
            one.kind in ASKED | SOFT and not one.is_over for one in self._at(list_id, address)
        )

    def _at(self, list_id: str, address: str) -> Iterator[Refusal]:
        return (one for one in self.refusals if one.list_id == list_id and address in one.addresses)

    def sign_up(self, list_id: str, address: str, own: Person | None, users: set[str]) -> None:
        """The person's own act: it ends what was refused here, and what waits for their word."""
        people = set(self.cast.holders(address)) | ({own} if own else set())
        for one in self.refusals:
            here = one.list_id == list_id and address in one.addresses
            waits = (
                one.kind in ASKED
                and people & (one.people | one.maybe)
                and users & (one.scope | one.maybe_scope)
            )
            if not one.is_over and not one.tag_of and (here or waits):
                one.answered_at, one.answered_after = (list_id, address), len(self.looks)
        self.bounced.pop((list_id, address), None)
        self.subscribed_by[list_id, address] = "person"
        # Back at the CRM's address, after changing it.
        self.doubt_changes(lambda place, both: place[0] == list_id and both[0] == address)

    def rename(
        self, list_id: str, before: str, after: str, own: Person | None, *, is_plain: bool
    ) -> None:
        """A person gives a member another address in Mailchimp.

        Args:
            is_plain: nothing else by which the person is known has just changed.
        """
        for one in list(self._at(list_id, before)):
            if one.kind == "forgotten" and one.is_over and one.answered_after == len(self.looks):
                # The new member moved on before a whole run had seen it at this address.
                one.is_over, one.is_doubtful = False, True
            one.addresses.add(after)
            if not one.is_known:
                # Seen under the new address only: nobody can say who shared the old one.
                one.addresses.discard(before)
                one.maybe |= one.people - {own}
                one.people &= {own}
        if (list_id, before) in self.subscribed_by:
            self.subscribed_by[list_id, after] = self.subscribed_by.pop((list_id, before))
        for where, at, who in list(self.ours_at_loss):
            if (where, at) == (list_id, before):
                # The member goes on to look like one whose address the person changed.
                known = self.ours_at_loss.pop((where, at, who))
                self.ours_at_loss[where, after, who] = known
        for person in {*self.cast.holders(before), *([own] if own else [])}:
            old = self.followed.get((list_id, person))
            address = old[0] if old and old[1] == before else before
            if person.address == address:
                is_certain = is_plain and person is own and person.is_in_crm
                self.followed[list_id, person] = (address, after, is_certain)

    def doubt_changes(
        self, which: Callable[[tuple[str, Person], tuple[str, str, bool]], bool]
    ) -> None:
        """These changes of addresses may, and need not, be known."""
        for place, both in self.followed.items():
            if which(place, both):
                self.followed[place] = (*both[:2], False)

    # ---- what the pipeline does, and what it is shown

    def we_changed(
        self,
        change: Change,
        own: Person | None,
        users: set[str],
        former: set[str],
        *,
        is_withdrawn: bool,
        is_own: bool,
    ) -> None:
        """A status that we changed ourselves.

        Args:
            is_withdrawn: the CRM says that somebody with that address withdrew.
            is_own: the person in the member's CRMREF did.
        """
        place = (change.list_id, change.address)
        if change.after == "subscribed":
            self.subscribed_by[place] = "us"
        elif change.after == "unsubscribed":
            kind = "withdrawal" if is_withdrawn else "echo"
            made = self.refuse(kind, change.list_id, change.address, own, users, former)
            made.is_known = True
            if kind == "echo":
                made.maybe |= made.people
            else:
                # Our own act concerns the people that the staging had at the address.
                concerned = self.seen_at.get(change.address, set()) | ({own} if is_own else set())
                made.maybe |= made.people - concerned
                made.people &= concerned
        elif change.after == "pending":
            made = self.refuse("unconfirmed", change.list_id, change.address, own, users, former)
            made.maybe |= made.people
            made.people, made.is_known = set(), True

    def look_at_audience(self, list_id: str) -> None:
        """A run has read the whole audience: later refusals are of people seen since."""
        self.looked_at[list_id] = len(self.looks)

    def _seen_since_look(self, list_id: str, address: str) -> set[Person]:
        first = max(self.looked_at.get(list_id, 0) - 1, 0)
        return {one for look in self.looks[first:] for one in look.get(address, ())}

    def look_at_crm(self, keys: set[str]) -> None:
        """The CRM is staged: who has which address is known from now on.

        Args:
            keys: of the collections that are synced.
        """
        self.seen_at = {}
        self.looks.append(self.seen_at)
        for person in self.cast.people:
            if person.is_in_crm and person.member_of & keys:
                person.is_unseen = False
                if person.address:
                    self.last_seen[person] = person.address
            if person.is_in_crm and person.address:
                self.seen_at.setdefault(person.address, set()).add(person)
        for one in self.refusals:
            for address in one.addresses:
                # Somebody who came to the address before it was known, or is new there.
                one.maybe |= self.seen_at.get(address, set()) - one.people
        self._note_new_records()

    def _note_new_records(self) -> None:
        """A new record at the address of somebody who refused may be theirs, made again."""
        for person in self.cast.people:
            if not person.is_in_crm or person.contact_id in self.seen_ids:
                continue
            others = self.seen_at.get(person.address or "", set()) - {person}
            for one in self.refusals:
                concerned = one.people | one.maybe
                if others & concerned and person not in one.people:
                    one.maybe.add(person)
                if person in concerned and person.merged_into is not None:
                    # The row that was merged is gone: what it refused stays with the other contact.
                    one.maybe.add(self.cast.survivor(person))
        self.seen_ids |= {
            one.contact_id for one in self.cast.people if one.is_in_crm and one.contact_id
        }

    def saw(self, list_id: str, address: str, status: str, own: Person | None, users: set[str]
            ) -> None:  # fmt: skip
        """Mailchimp showed a member to the pipeline."""
        if status == "cleaned":
            self.bounced[list_id, address] = True
        for (where, at, who), known in self.ours_at_loss.items():
            if (where, at) == (list_id, address) and known is None:
                there = (one for one, people in self.seen_at.items() if who in people)
                self.ours_at_loss[where, at, who] = next(there, None)
        for one in self.refusals:
            if one.answered_at == (list_id, address) and status == "subscribed":
                # Of a member with several addresses in time nobody knows which one was refused.
                one.is_over = len(one.addresses) == 1
            if one.list_id != list_id or address not in one.addresses or one.is_over:
                continue
            if not one.is_known and _SHOWN_AS.get(one.kind) == status:
                self._tell(one, users)
                # After a loss only the people that the member or the CRM names are known.
                known = self.seen_at.get(address, set()) | ({own} if own else set())
                if one.is_before_us:
                    # Who had left the address before we looked for the first time is not known.
                    one.maybe |= one.people - known
                    one.people &= known
                elif one.is_lost:
                    one.people |= one.maybe & known
                unlinked = {who for who in one.people - known if one.is_unlinked(who)}
                one.maybe |= unlinked
                one.people -= unlinked
                one.scope |= users

    def missed(self, list_id: str, address: str, users: set[str]) -> None:
        """Mailchimp answered that there is no such member."""
        for one in self._at(list_id, address):
            if one.kind == "forgotten" and not one.is_known:
                self._tell(one, users)

    @staticmethod
    def _tell(one: Refusal, users: set[str]) -> None:
        one.is_known = True
        if one.kind in ("forgotten", "archived_by_hand"):
            # Nothing tells whether it was done before or after a collection left the audience, and
            # who clears a former audience says nothing about the collection's present one.
            one.maybe_scope |= one.scope - users
            one.scope &= users

    def take(self, list_id: str, key: str) -> None:
        """A collection uses an audience from now on, with every refusal in it."""
        for one in self.refusals:
            if one.list_id == list_id and not one.is_over and not one.tag_of:
                one.scope.add(key)

    def may_take(self, list_id: str, key: str) -> None:
        """A collection shares an audience from now on that another one was before, under the same
        name: what people refused there may hold for it."""
        for one in self.refusals:
            if one.list_id == list_id and not one.tag_of:
                one.maybe_scope.add(key)

    def lose_merged(self, person: Person) -> None:
        """The row of a merged contact is gone: nothing connects what it refused unseen."""
        for one in self.refusals:
            if not one.is_known:
                one.apart.add(person)

    def lose_audience(self, list_id: str) -> None:
        """Somebody deleted an audience: what bounced there may be forgotten."""
        for place in self.bounced:
            self.bounced[place] = self.bounced[place] and place[0] != list_id

    def succeed(self, old: str, new: str) -> None:
        """A new collection takes over the refusals of an old one."""
        for one in self.refusals:
            for keys in (one.scope, one.maybe_scope):
                if old in keys:
                    keys.add(new)

    def lose_ledger(self, members: Collection[tuple[str, str, str, Person | None]]) -> None:
        """All that is left is what Mailchimp and the CRM show now.

        Args:
            members: audience, address, status and CRMREF's person.
        """
        present: dict[str, set[str]] = {}
        for list_id, address, _, _ in members:
            present.setdefault(list_id, set()).add(address)
        for person in self.cast.people:
            person.known_from = max(len(person.ids) - 1, 0)
            person.is_unseen = True
        for one in self.refusals:
            one.is_known = False
            one.maybe |= one.people
            one.maybe_scope |= one.scope
            one.people, one.scope, one.is_lost = set(), set(), True
            if one.follows_complaint:
                one.maybe_scope.add("*")
            # Nothing tells that the member had another address.
            one.addresses = one.addresses & present.get(one.list_id, set()) or one.addresses
        for place in self.bounced:
            self.bounced[place] = False
        self.doubt_changes(lambda place, both: True)
        for list_id, address, status, own in members:
            if status in ("unsubscribed", "archived", "cleaned"):
                people = set(self.cast.holders(address)) | ({own} if own else set())
                self.refusals.append(
                    Refusal(
                        "unexplained", list_id, {address}, set(), maybe=people, maybe_scope={"*"}
                    )
                )
            elif own is not None:
                self.ours_at_loss[list_id, address, own] = None

    def lose_tag_at_loss(self, list_id: str, address: str, own: Person | None, key: str) -> None:
        """A member of ours was without a collection's tag when the ledger was lost.

        Nobody can say whether somebody took it, so the person may be held back.
        """
        people = set(self.cast.holders(address)) | ({own} if own else set())
        self.refusals.append(
            Refusal(
                "tag_taken", list_id, {address}, set(), own, maybe=people, maybe_scope={key},
                tag_of=key, is_lost=True,
            )
        )  # fmt: skip

    def erase(self, people: set[Person]) -> None:
        """An erasure was carried out: nothing of them is known any more but that they must stay
        out."""
        for person in people:
            self.erased_addresses |= {person.address} if person.address else set()
            self.erased_earlier |= {*person.addresses}
            self.erased_ids |= set(person.ids)
        for place in self.bounced:
            self.bounced[place] = self.bounced[place] and place[1] not in self.erased_addresses
        for one in self.refusals:
            # Who they were merged into keeps what they refused.
            gone = (one.people | one.maybe) & people
            one.maybe |= gone | {self.cast.survivor(who) for who in gone}
            one.people -= people

    # ---- what holds

    def find(
        self,
        person: Person,
        address: str,
        key: str,
        *,
        left: bool = False,
    ) -> Found:
        """Whether a person may be mailed for a collection at an address, and what may be said.

        Args:
            left: in Mailchimp the person has another address now.
        """
        people = {
            other
            for one in {person, *self.cast.holders(address)}
            for other in self.cast.behind(one)
        }
        own = self.cast.behind(person)
        must, reasons, because = "", set[str](), []
        for one in self.refusals:
            if one.reported == address and (one.is_lost or not one.is_over):
                reasons |= REASONS["complaint"]
            if one.is_over:
                continue
            everywhere = one.kind == "complaint"
            in_scope = everywhere or key in one.scope
            if not in_scope and not one.maybe_scope & {key, "*"}:
                continue
            here = address in one.addresses
            linked = people - (one.apart - {person})
            if not here and not people & (one.people | one.maybe):
                continue
            reasons |= REASONS[one.kind]
            if one.follows_complaint and one.is_lost:
                reasons |= REASONS["complaint"]
            if person.ids[1:] or not own & one.people:
                # For certain only somebody else with the address refused, or the person under an
                # earlier id.
                reasons.add("shared_address_refused")
            # A withdrawal is about a category. What it says of others at the address, the CRM says.
            bound = own if one.kind in ASKED else linked
            if one.binds and in_scope and (here or bound & one.people):
                must = "hard" if one.kind in HARD or must == "hard" else "asked"
                because.append(str(one))
        for (list_id, where), is_known in self.bounced.items():
            if where == address:
                # About the address alone, in whatever audience it came back.
                reasons |= {"suppressed_cleaned", "suppressed_compliance"}
                if is_known and not left:
                    must = "hard"
                    because.append(f"bounce in {list_id} at {address}")
        if any(self._was_last_known_at(who, address) for who in set(self.cast.people) - people):
            reasons.add("shared_address_refused")
        erased = self.erased_addresses | self.erased_earlier
        for who in self.cast.people:
            # Who asks to be erased is out at once, at every address since.
            erased |= {*who.addresses} if who.erasure_asked_at else set()
        if address in erased or self.erased_ids & set(person.ids):
            reasons.add("suppressed_forgotten")
        return Found(must, frozenset(reasons), tuple(because))

    def _was_last_known_at(self, who: Person, address: str) -> bool:
        """A contact that is gone refused, and its last known address may be theirs still."""
        has_gone = who.ids[1:] or not who.is_in_crm
        return (
            bool(has_gone)
            and address in who.addresses
            and any(who in one.people | one.maybe and not one.is_over for one in self.refusals)
        )
