"""What can happen in a story: each verb is one act of one person, in the CRM or in Mailchimp.

An event is data: it can be kept, left out and played again. At its turn we look whether it can
happen: there has to be a member to unsubscribe. What cannot happen does not.

People keep at least one thing that identifies them: between two looks at the CRM nobody gets both
a new id and a new address (``may_move``). Nothing could tell such a person from another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from histories.book import Book, Refusal
from histories.judge import owner, reference
from histories.mailchimp_memory import subscriber_hash
from histories.people import Cast, Consent, Person

if TYPE_CHECKING:
    from histories.mailchimp_memory import Member
    from histories.world import Collection, World

#: Spellings of the words of a consent row. The first are the contract's own words.
CHANNEL_WORDS = ("email", "Email", "EMAIL ", "\u00a0email", "email\t")
CATEGORY_WORDS = ("{}", "{} ", "\u2003{}")
UNKNOWN_WORDS = (("e-mail", "newsletter"), ("mail", "offer"), ("email", "news"), ("", "offer"))


@dataclass(frozen=True)
class Event:
    """One act.

    Attributes:
        when: the round; its sync comes after what happens ``before`` it, ``staged`` happens
            between its staging and its push, and every other phase right before the first
            request of that name.
        who, other, coll, pick: which person, which second one, which audience, which variant.
    """

    when: int
    phase: str
    verb: str
    who: int = 0
    other: int = 0
    coll: int = 0
    pick: int = 0


class Teller:
    """Carries out the events of one story."""

    def __init__(self, world: World, cast: Cast) -> None:
        self.world, self.cast = world, cast
        self.book: Book = world.books[cast]
        self.log: list[str] = []

    def happen(self, event: Event) -> bool:
        """Let an event happen; False where it could not."""
        person = self.cast.people[event.who % len(self.cast.people)]
        words = VERBS[event.verb](self, person, event)
        if words is None:
            return False
        self.world.happened[event.verb] += 1
        self.log.append(f"{event.phase} sync {event.when}: {words}")
        self.world.dirty.add(self.cast)
        return True

    def other(self, person: Person, event: Event) -> Person | None:
        others = [one for one in self.cast.people if one is not person]
        return others[event.other % len(others)] if others else None

    def may_move(self, person: Person) -> bool:
        return may_move(self.world, person)

    def moved(self, person: Person) -> None:
        person.moved_in = self.world.stages

    # ---- Mailchimp

    def place(self, person: Person, event: Event) -> tuple[Collection, str, str] | None:
        """An audience, and the present or an earlier address of a person."""
        used = [
            one
            for one in self.world.collections
            if (one.list_id or one.wish) and (one.list_id or one.wish) not in self.world.deleted
        ]
        if not used or not person.addresses:
            return None
        one = used[event.coll % len(used)]
        list_id = one.list_id or one.wish
        assert list_id is not None
        address = person.address or person.addresses[-1]
        renamed = self.book.followed.get((list_id, person))
        if renamed and event.pick % 3:
            address = renamed[1]
        elif event.pick % 5 == 4:
            address = person.addresses[event.pick // 5 % len(person.addresses)]
        return one, list_id, address

    def member(
        self, person: Person, event: Event, *statuses: str
    ) -> tuple[str, str, Member] | None:
        place = self.place(person, event)
        if place is None:
            return None
        _, list_id, address = place
        found = self.world.side.member(list_id, address)
        return (list_id, address, found) if found and found.status in statuses else None

    def act(self, verb: str, list_id: str, address: str, **details: str) -> str:
        self.world.note_changes()
        self.world.side.act(verb, list_id, address, **details)
        self.world.side.drain()
        return f"{address} in {list_id}: {verb} {' '.join(details.values())}".rstrip()

    def refuse(self, kind: str, list_id: str, address: str, member: Member) -> Refusal:
        world = self.world
        return self.book.refuse(
            kind, list_id, address, owner(self.cast, member), world.users(list_id),
            world.former_users(list_id),
        )  # fmt: skip


def may_move(world: World, person: Person) -> bool:
    """Whether id, address or merging of a person may change: only one thing by which they are known
    does between two looks at the CRM, and a new id is seen in some collection before the next."""
    return person.moved_in < world.stages and not (person.is_unseen and person.ids[1:])


Verb = Callable[[Teller, Person, Event], "str | None"]


def _refusing(verb: str, kind: str, *statuses: str) -> Verb:
    def refuse(teller: Teller, person: Person, event: Event) -> str | None:
        found = teller.member(person, event, *statuses)
        if found is None:
            return None
        list_id, address, member = found
        if verb == "complain" and not teller.world.side.can_complain(list_id, address):
            return None
        teller.world.note_changes()
        was = member.status
        teller.refuse(kind, list_id, address, member)
        if verb == "delete":
            teller.book.bounced.pop((list_id, address), None)
        return teller.act(verb, list_id, address) + f" (was {was})"

    return refuse


def bounce(teller: Teller, person: Person, event: Event) -> str | None:
    found = teller.member(person, event, "subscribed")
    if found is None:
        return None
    teller.book.bounced[found[0], found[1]] = False
    teller.book.subscribed_by.pop((found[0], found[1]), None)
    return teller.act("bounce", found[0], found[1])


def sign_up(teller: Teller, person: Person, event: Event) -> str | None:
    place = teller.place(person, event)
    if place is None:
        return None
    _, list_id, address = place
    member = teller.world.side.member(list_id, address)
    if member is not None and member.status in ("subscribed", "pending"):
        return None
    return _subscribe(teller, "sign_up", list_id, address, member)


def confirm(teller: Teller, person: Person, event: Event) -> str | None:
    found = teller.member(person, event, "pending")
    return _subscribe(teller, "confirm", *found) if found else None


def _subscribe(teller: Teller, verb: str, list_id: str, address: str, member: Member | None) -> str:
    words = teller.act(verb, list_id, address)
    own = owner(teller.cast, member) if member else None
    teller.book.sign_up(list_id, address, own, teller.world.users(list_id))
    return words


def change_email(teller: Teller, person: Person, event: Event) -> str | None:
    found = teller.member(person, event, "subscribed", "unsubscribed")
    if found is None or not teller.may_move(person):
        return None
    list_id, address, member = found
    own = owner(teller.cast, member)
    new = teller.cast.new_address(person)
    person.addresses.append(new)
    # The run under way may not have seen what changed before it. A member that we did not update
    # since a new import has its earlier contact id.
    named = reference(member)
    is_plain = max(person.moved_in, teller.world.lost_in) < teller.world.stages - 1 and (
        own is None or named is None or named[1] == own.contact_id
    )
    teller.moved(person)
    words = teller.act("change_email", list_id, address, new_address=new)
    teller.world.tags_shown.rename(list_id, subscriber_hash(address), subscriber_hash(new))
    teller.book.rename(list_id, address, new, own, is_plain=is_plain)
    return words


#: A tag that other people use in an audience.
OTHERS = "Φίλοι (άλλων)"


def _tagging(verb: str) -> Verb:
    """Somebody gives or takes a tag in an audience that collections share."""

    def change(teller: Teller, person: Person, event: Event) -> str | None:
        world = teller.world
        place = teller.place(person, event)
        if place is None or not place[0].shares:
            return None
        one, list_id, address = place
        member = world.side.member(list_id, address)
        tags = world.side.tags(list_id)
        name = world.present_tag(one, list_id) if verb != "tag_of_others" else OTHERS
        if member is None or name is None or member.status not in ("subscribed", "unsubscribed"):
            return None
        is_given = address not in tags.get(name, ())
        if verb != "tag_of_others" and is_given != (verb == "tag"):
            return None
        world.note_changes()
        world.side.tag_by_hand(list_id, name, address, given=is_given)
        world.side.drain()
        if name == OTHERS:
            teller.book.tagged_by_others ^= {(list_id, member.contact_id)}
        elif is_given:
            teller.book.tag_given(list_id, address, one.key)
        else:
            teller.book.tag_taken(
                list_id,
                address,
                one.key,
                owner(teller.cast, member),
                was_shown=world.tags_shown.discard_one(list_id, one.key, member.hash),
            )
        return f"{address} in {list_id}: {'gets' if is_given else 'loses'} the tag {name}"

    return change


# ---- the CRM


def _consent(granted: bool) -> Verb:
    def decide(teller: Teller, person: Person, event: Event) -> str | None:
        if not person.is_in_crm:
            return None
        category = ("newsletter", "offer")[event.coll % 2]
        # Plain words mostly.
        variant = event.pick if event.other % 3 == 0 else 0
        channel = CHANNEL_WORDS[variant % len(CHANNEL_WORDS)]
        word = CATEGORY_WORDS[variant % len(CATEGORY_WORDS)].format(category)
        row = Consent(granted, word, teller.world.moment(), channel=channel)
        teller.cast.add_consent(person, row)
        return f"{person} {'grants' if granted else 'withdraws'} ({channel!r}, {word!r})"

    return decide


def expire(teller: Teller, person: Person, event: Event) -> str | None:
    if not person.is_in_crm:
        return None
    category, now = ("newsletter", "offer")[event.coll % 2], teller.world.moment()
    teller.cast.add_consent(person, Consent(True, category, now, expires_at=now))
    return f"{person}'s consent ({category}) expires"


def mistype(teller: Teller, person: Person, event: Event) -> str | None:
    if not person.is_in_crm:
        return None
    channel, category = UNKNOWN_WORDS[event.pick % len(UNKNOWN_WORDS)]
    row = Consent(bool(event.other % 2), category, teller.world.moment(), channel=channel)
    teller.cast.add_consent(person, row)
    return f"{person} gets a consent row that nobody can read ({channel!r}, {category!r})"


def mend(teller: Teller, person: Person, event: Event) -> str | None:
    from histories.crm_rules import is_unreadable  # noqa: PLC0415

    broken = [row for row in person.consents if is_unreadable(row)]
    if not person.is_in_crm or not broken:
        return None
    for row in broken:
        row.channel, row.category = "email", "newsletter"
    return f"{person}'s unreadable consent rows are corrected"


def join(teller: Teller, person: Person, event: Event) -> str | None:
    key = teller.world.collections[event.coll % len(teller.world.collections)].key
    if not person.is_in_crm or key in person.member_of:
        return None
    person.member_of.add(key)
    return f"{person} joins {key}"


def leave(teller: Teller, person: Person, event: Event) -> str | None:
    if not person.is_in_crm or not person.member_of:
        return None
    keys = sorted(person.member_of)
    key = keys[event.coll % len(keys)]
    person.member_of.discard(key)
    return f"{person} leaves {key}"


def move(teller: Teller, person: Person, event: Event) -> str | None:
    """To a new address of one's own."""
    if not person.is_in_crm or not teller.may_move(person):
        return None
    renamed = [new for (_, who), (_, new, _) in teller.book.followed.items() if who is person]
    if renamed and event.pick % 2:
        new = renamed[-1]
    elif event.pick % 7 == 6 and len(person.addresses) > 1:
        new = person.addresses[0]
    else:
        new = teller.cast.new_address(person)
    return _to(teller, person, new.upper() if event.pick % 3 == 2 else new)


def move_to_other(teller: Teller, person: Person, event: Event) -> str | None:
    """By mistake or marriage, to another person's address."""
    other = teller.other(person, event)
    if not person.is_in_crm or other is None or not other.address or not teller.may_move(person):
        return None
    return _to(teller, person, other.address)


def swap(teller: Teller, person: Person, event: Event) -> str | None:
    other = teller.other(person, event)
    if other is None or not (person.is_in_crm and other.is_in_crm and person.email):
        return None
    if not (teller.may_move(person) and teller.may_move(other) and other.email):
        return None
    theirs, own = other.email, person.email
    return f"{_to(teller, person, theirs)}; {_to(teller, other, own)}"


def _to(teller: Teller, person: Person, email: str) -> str | None:
    if person.address == email.strip().lower():
        return None
    before = person.email
    teller.cast.set_email(person, email)
    teller.moved(person)
    for key, (old, _, _) in list(teller.book.followed.items()):
        if key[1] is person and person.address != old:
            del teller.book.followed[key]
    return f"{person} moves from {before} to {email}"


def reimport(teller: Teller, person: Person, event: Event) -> str | None:
    if not person.is_in_crm or not teller.may_move(person):
        return None
    before = person.contact_id
    teller.cast.renumber(person)
    teller.moved(person)
    _loosen(teller, person)
    return f"{person}, contact {before}, is imported again as {person.contact_id}"


def vanish(teller: Teller, person: Person, event: Event) -> str | None:
    if not person.is_in_crm or not teller.may_move(person):
        return None
    before, person.contact_id = person.contact_id, None
    teller.moved(person)
    _loosen(teller, person)
    if person.merged_into:
        teller.book.lose_merged(person)
    merged = f", which was merged into {person.merged_into}" if person.merged_into else ""
    return f"contact {before} of {person}{merged} is deleted in the CRM"


def reappear(teller: Teller, person: Person, event: Event) -> str | None:
    """Back in the CRM, under the same id or a new one."""
    if person.is_in_crm or not person.ids or person.merged_into or not teller.may_move(person):
        return None
    if event.pick % 2:
        teller.cast.renumber(person)
    else:
        person.contact_id = person.ids[-1]
    teller.moved(person)
    _loosen(teller, person)
    return f"{person} is in the CRM again, as contact {person.contact_id}"


def enter(teller: Teller, person: Person, event: Event) -> str | None:
    """Somebody known to Mailchimp alone gets a contact."""
    if person.is_in_crm or person.ids:
        return None
    teller.cast.renumber(person)
    teller.moved(person)
    return f"{person} is entered into the CRM as contact {person.contact_id}"


def merge(teller: Teller, person: Person, event: Event) -> str | None:
    other = teller.other(person, event)
    if other is None or not (person.is_in_crm and other.is_in_crm) or person.merged_into:
        return None
    if not teller.may_move(person) or teller.cast.survivor(other) is person:
        return None
    person.merged_into = other
    teller.moved(person)
    _loosen(teller, person)
    return f"{person} is merged into {other}"


def unmerge(teller: Teller, person: Person, event: Event) -> str | None:
    if not person.is_in_crm or person.merged_into is None or not teller.may_move(person):
        return None
    before, person.merged_into = person.merged_into, None
    teller.moved(person)
    return f"{person} is no longer merged into {before}"


def _loosen(teller: Teller, person: Person) -> None:
    """Who changed an address in Mailchimp and has another contact now: not certain any more."""
    teller.book.doubt_changes(lambda place, both: place[1] is person)


def deactivate(teller: Teller, person: Person, event: Event) -> str | None:
    if not person.is_in_crm:
        return None
    person.is_active = not person.is_active
    return f"{person} is {'active again' if person.is_active else 'inactive'}"


def change_name(teller: Teller, person: Person, event: Event) -> str | None:
    if not person.is_in_crm:
        return None
    person.first_name = ("Ελένη", "Ζωή", "Άννα")[event.pick % 3]
    return f"{person}'s first name is {person.first_name}"


def ask_erasure(teller: Teller, person: Person, event: Event) -> str | None:
    if not person.is_in_crm or person.erasure_asked_at or person.merged_into:
        return None
    person.erasure_asked_at = teller.world.moment()
    return f"{person} asks to be erased"


def return_after_erasure(teller: Teller, person: Person, event: Event) -> str | None:
    """The CRM knows them again under a new id, at the old address or at a new one."""
    if person.erasure_asked_at is None or not teller.may_move(person):
        return None
    if not teller.book.erased_ids & set(person.ids):
        return None
    returned = Person(person.name + "-again", None)
    returned.consents = [
        Consent(True, kind, teller.world.moment()) for kind in ("newsletter", "offer")
    ]
    returned.member_of = set(person.member_of)
    person.contact_id, person.email = None, None
    teller.moved(person)
    teller.moved(returned)
    address = person.addresses[0] if event.pick % 2 else teller.cast.new_address(person)
    teller.cast.people.append(returned)
    teller.cast.renumber(returned)
    teller.cast.set_email(returned, address)
    return f"{person}, erased, is in the CRM again as contact {returned.contact_id} at {address}"


VERBS: dict[str, Verb] = {
    "unsubscribe": _refusing("unsubscribe", "unsubscribed", "subscribed"),
    "complain": _refusing("complain", "complaint", "subscribed"),
    "archive": _refusing("archive", "archived_by_hand", "subscribed", "unsubscribed"),
    "delete": _refusing("delete", "forgotten", "subscribed", "unsubscribed", "archived", "pending"),
    "unsubscribe_by_hand": _refusing("unsubscribe_by_hand", "unsubscribed", "subscribed"),
    "bounce": bounce,
    "sign_up": sign_up,
    "confirm": confirm,
    "change_email": change_email,
    "tag": _tagging("tag"),
    "untag": _tagging("untag"),
    "tag_of_others": _tagging("tag_of_others"),
    "withdraw": _consent(granted=False),
    "grant": _consent(granted=True),
    "expire": expire,
    "mistype": mistype,
    "mend": mend,
    "join": join,
    "leave": leave,
    "move": move,
    "move_to_other": move_to_other,
    "swap": swap,
    "reimport": reimport,
    "vanish": vanish,
    "reappear": reappear,
    "enter": enter,
    "merge": merge,
    "unmerge": unmerge,
    "deactivate": deactivate,
    "change_name": change_name,
    "ask_erasure": ask_erasure,
    "return_after_erasure": return_after_erasure,
}
