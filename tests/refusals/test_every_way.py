"""Every kind of refusal, however the person's identity, or the collection's, changes afterwards.

Many people share each world. What must come of them is computed from the plain rules below, which
know nothing of the product. At the end a campaign is really sent: exactly those get it who may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import pytest

from refusals.story import LAST_YEAR, Story

#: Kind of refusal → the reason that holds the person back wherever they go.
HELD_BACK = {
    "unsubscribed": "suppressed_unsubscribed",
    "complained": "suppressed_complaint",
    "deleted": "suppressed_forgotten",
    "archived": "suppressed_archived",
    "compliance": "suppressed_compliance",
}
#: Who must confirm wherever they go: withdrew and granted again; signed up and never confirmed.
ASKED = ("withdrew", "unconfirmed")
#: Neither refused nor asked; a bounce is about the address alone.
FREE = ("steady", "bounced")
KINDS = (*HELD_BACK, *ASKED, *FREE)

#: What happens to a person afterwards → whether they are at the refused address in the end.
WAYS = {
    "stays": True,
    "moves": False,
    "reimported": False,
    "merged": False,
    "chained": False,
    "moves twice": False,
    "moves and back": True,
    "moves, merged": False,
    "merged, moves": False,
    "reimported, merged": False,
    "merged, reimported": False,
}
#: What happens to a collection that leaves it with another audience.
ELSEWHERE = ("relinked", "retired", "new collection")
#: Others who only share history with somebody who refused: they must not be lost.
BYSTANDERS = ("typo", "typo and back", "unmerged")

#: Status of a member at the address at which the person refused.
STATUS = {
    "unsubscribed": "unsubscribed",
    "complained": "unsubscribed",
    "deleted": None,
    "archived": "archived",
    "compliance": "archived",
    "withdrew": "pending",
    "unconfirmed": "pending",
    "bounced": "cleaned",
    "steady": "subscribed",
}
NAMES = ("Ελένη", "Μαρία", "Νίκος", "Ζωή", "Γιώργος", "Άννα", "Κώστας", "Δήμητρα", "Ηλίας")


@dataclass(frozen=True)
class Right:
    """What may come of somebody: one of the reasons, one of the statuses."""

    reasons: frozenset[str | None]
    statuses: frozenset[str | None]


def right(*reasons: str | None, statuses: tuple[str | None, ...]) -> Right:
    return Right(frozenset(reasons), frozenset(statuses))


def expected(kind: str, way: str, change: str, *, lost: bool = False) -> Right:
    """The rules: what must come of a person, in the collection's audience.

    Args:
        kind: how the person refused.
        way: what happened to the person.
        change: what happened to the collection.
        lost: the ledger was lost in between.
    """
    is_there, is_elsewhere = WAYS[way], change in ELSEWHERE
    if kind == "steady" or (kind == "bounced" and not is_there):
        return right(None, statuses=("subscribed",))
    # Another audience has nobody but who was added there.
    there = STATUS[kind] if is_there and not is_elsewhere else None
    if kind == "bounced":
        return right("suppressed_cleaned", statuses=(there,))
    if kind == "withdrew" and "merged" in way:
        # Their own new grant does not count for the survivor, whose grant is older.
        return right("consent_withdrawn", statuses=(None,))
    if kind in ASKED:
        return right("suppressed_pending", statuses=("pending",))
    reasons = {HELD_BACK[kind]}
    if kind == "compliance" and lost:
        # Mailchimp shows an archived member and nothing more.
        reasons.add("suppressed_archived")
    return right(*reasons, statuses=(there,))


@dataclass
class Person:
    """Who is looked at in the end: the contact that survives, and its address."""

    kind: str
    way: str
    contact: int
    email: str
    #: The contacts on the way to the survivor of a chain.
    between: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.kind}, {self.way}"


class Crowd:
    """People of all kinds in one collection."""

    def __init__(
        self, story: Story, kinds: tuple[str, ...], *, with_bystanders: bool = True
    ) -> None:
        self.story, self.kinds, self.with_bystanders = story, kinds, with_bystanders
        self.code = "NEWS"
        self.is_lost = False
        self.collections = [story.collection(description="Τα νέα της εβδομάδας")]
        self.steady = story.contact("anna@mail.gr", *self.collections, first_name="Άννα")
        self.people: list[Person] = []
        self.bystanders: list[Person] = []

    def populate(self, kinds: tuple[str, ...]) -> None:
        for kind in kinds:
            for way in WAYS:
                self.people.append(self.somebody(kind, way))
            if kind not in FREE and self.with_bystanders:
                for way in BYSTANDERS:
                    self.people.append(self.somebody(kind, way))
                    self.bystanders.append(self.bystander(kind, way))

    def somebody(self, kind: str, way: str) -> Person:
        name = NAMES[len(self.people) % len(NAMES)]
        email = self.address(kind, way)
        contact = self.story.contact(email, *self.collections, first_name=name)
        return Person(kind, way, contact, email)

    def bystander(self, kind: str, way: str) -> Person:
        """Somebody who is mailed until then; the survivor of a merge joins with the merge.

        We would ask a survivor that we mailed before, and unsubscribed because of the merge.
        """
        email = f"other-{self.slug(kind, way)}@mail.gr"
        collections = () if way == "unmerged" else self.collections
        return Person(kind, way, self.story.contact(email, *collections), email)

    @staticmethod
    def slug(kind: str, way: str) -> str:
        return f"{kind}-{way.replace(',', '').replace(' ', '-')}"

    def address(self, kind: str, way: str, number: int = 0) -> str:
        return f"{self.slug(kind, way)}{number or ''}@mail.gr"

    def of(self, kind: str) -> list[Person]:
        return [person for person in self.people if person.kind == kind]

    # ---- they refuse

    def refuse(self) -> None:
        """In an audience that we made."""
        story = self.story
        self.populate(tuple(kind for kind in self.kinds if kind != "unconfirmed"))
        story.synced()
        story.put_by_hand(
            story.list_id(),
            "pending",
            [self.address("unconfirmed", way) for way in (*WAYS, *BYSTANDERS)],
        )
        self.populate(("unconfirmed",))
        story.synced()
        self.act()
        for person in self.of("withdrew"):
            story.withdraw(person.contact)
        for person in self.of("compliance"):
            story.leave(self.collections[0], person.contact)
        self.unsubscribe_unseen({person.email for person in self.of("compliance")})
        story.synced(full_refresh=True)
        story.calls.reset()
        for person in self.of("withdrew"):
            story.regrant(person.contact)
        for person in self.of("compliance"):
            story.join(self.collections[0], person.contact)
        story.synced()

    def act(self) -> None:
        """What they do in Mailchimp; no sync has seen it yet."""
        story = self.story
        story.send()
        campaign = story.last_mail
        for person in self.of("unsubscribed"):
            story.act(person.email, "unsubscribe")
        for person in self.of("complained"):
            story.act(person.email, "complain", campaign_id=campaign)
        for person in self.of("deleted"):
            story.delete_for_good(person.email)
        for person in self.of("archived"):
            story.archive_by_hand(person.email)
        for person in self.of("bounced"):
            story.bounce(person.email)

    def unsubscribe_unseen(self, left: set[str]) -> None:
        """They leave by themselves between our last look and our archive, which hides it: only
        the refused way back shows that Mailchimp holds their address in a compliance state."""

        def before(what: str) -> None:
            if what.startswith("DELETE"):
                while left:
                    self.story.act(left.pop(), "unsubscribe")

        self.story.calls.reset(before=before)

    def refuse_before_the_link(self) -> None:
        """In an audience that people filled by hand, before it became the collection's."""
        story = self.story
        addresses = {
            kind: [self.address(kind, way) for way in (*WAYS, *BYSTANDERS)]
            for kind in self.kinds
            if kind != "steady"
        }
        pending = addresses.pop("unconfirmed")
        list_id = story.audience_by_hand(
            "Λίστα με το χέρι", subscribed=[*chain(*addresses.values())], pending=pending
        )
        campaign = story.mail_by_hand(list_id)
        for email in addresses["unsubscribed"]:
            story.acts(list_id, email, "unsubscribe")
        for email in addresses["complained"]:
            story.acts(list_id, email, "complain", campaign_id=campaign)
        for email in addresses["archived"]:
            story.archive_in(list_id, email)
        for email in addresses["deleted"]:
            story.delete_in(list_id, email)
        for email in addresses["bounced"]:
            story.bounce_in(list_id, email)
        self.populate(self.kinds)
        story.link("NEWS", list_id)
        story.synced()

    # ---- what happens to them

    def change(self, **staging: bool) -> None:
        """Two steps, a sync after each."""
        for step in (self.first, self.second):
            for person in (*self.people, *self.bystanders):
                step(person)
            self.sync(**staging)

    def first(self, person: Person) -> None:
        story, way, kind = self.story, person.way, person.kind
        if person in self.bystanders:
            if way == "unmerged":
                for collection in self.collections:
                    story.join(collection, person.contact)
                story.merge(self.refused(person).contact, person.contact)
            else:
                story.move(person.contact, self.refused(person).email)
        elif way in ("moves", "moves twice", "moves and back", "moves, merged"):
            self.move(person, self.address(kind, way, 1))
        elif way in ("reimported", "reimported, merged"):
            person.contact = story.reimport(person.contact, 5000 + person.contact)
        elif way in ("merged", "chained", "merged, moves", "merged, reimported"):
            self.merge(person, self.address(kind, way, 1))

    def second(self, person: Person) -> None:
        story, way, kind = self.story, person.way, person.kind
        if person in self.bystanders:
            if way == "unmerged":
                story.merge(self.refused(person).contact, None)
            elif way == "typo":
                self.move(person, f"new-{self.slug(kind, way)}@mail.gr")
            else:
                self.move(person, person.email)
        elif way in ("moves twice", "reimported", "merged, moves"):
            self.move(person, self.address(kind, way, 2))
        elif way == "moves and back":
            self.move(person, self.address(kind, way))
        elif way in ("moves, merged", "reimported, merged"):
            self.merge(person, self.address(kind, way, 2))
        elif way == "merged, reimported":
            person.contact = story.reimport(person.contact, 5000 + person.contact)
        elif way == "chained":
            self.merge(person, self.address(kind, way, 2))
            if kind == "withdrew":
                story.regrant(person.contact)

    def refused(self, bystander: Person) -> Person:
        [found] = [
            person
            for person in self.people
            if (person.kind, person.way) == (bystander.kind, bystander.way)
        ]
        return found

    def move(self, person: Person, email: str) -> None:
        self.story.move(person.contact, email)
        person.email = email

    def merge(self, person: Person, email: str) -> None:
        """Into a new contact with another address and an older grant."""
        survivor = self.story.contact(email, *self.collections, first_name="Ευγενία", consent=None)
        self.story.consent(survivor, effective_at=LAST_YEAR)
        self.story.merge(person.contact, survivor)
        person.between.append(person.contact)
        person.contact, person.email = survivor, email

    # ---- what happens to the collection

    def sync(self, **staging: bool) -> None:
        codes = [self.code, *(["OTHER"] if len(self.collections) > 1 else [])]
        self.story.synced(*codes, **staging)

    def stay(self) -> None:
        pass

    def rename(self) -> None:
        self.story.change_collection(self.code, code="NEA")
        self.code = "NEA"
        self.sync()

    def relink(self) -> None:
        self.story.link(self.code, self.story.audience_by_hand("Καινούργια λίστα"))
        self.sync()

    def be_taken_over(self) -> None:
        """Another collection takes the audience, and gives it back."""
        story = self.story
        first = story.list_id(self.code)
        story.link(self.code, story.audience_by_hand("Ενδιάμεση λίστα"))
        self.sync()
        other = story.collection("OTHER", description="Η λέσχη μας", provider_list_id=first)
        self.collections.append(other)
        story.crm.execute(
            "insert into crm.collection_member select %s, contact_id, added_at"
            " from crm.collection_member where collection_id = %s",
            (other, self.collections[0]),
        )
        self.sync()
        story.link("OTHER", story.audience_by_hand("Λίστα της λέσχης"))
        self.sync()
        story.link(self.code, first)
        self.sync()
        assert story.list_id(self.code) == first

    def retire(self) -> None:
        self.story.link(self.code, None)
        self.story.says("retire", self.code)
        self.sync()

    def be_loaded_again(self, command: str) -> None:
        """The CRM gives the collection another id, and a person says what it is."""
        self.collections[0] = self.story.reimport_collection(self.code, 9000)
        assert self.story.blocked(self.code).startswith("collection_replaced")
        self.story.says(command, self.code)
        self.sync()

    def go_on(self) -> None:
        self.be_loaded_again("same-collection")

    def begin_again(self) -> None:
        self.be_loaded_again("new-collection")

    def lose(self) -> None:
        self.story.forget_ledger()
        self.is_lost = True
        self.sync()

    # ---- what must have come of them

    def wrong(self, change: str) -> Iterator[str]:
        """Each person whose end is not right, in words."""
        for code in self.codes_to_judge():
            remote, reasons = self.story.remote(code), self.story.reasons(code)
            for person, rule in self.judged("relinked" if code == "OTHER" else change):
                reason = reasons.get(person.contact, {None})
                status = remote.get(person.email)
                if len(reason) > 1 or not reason <= rule.reasons or status not in rule.statuses:
                    yield (
                        f"{code}: {person}: {status}, {sorted(map(str, reason))}; right is "
                        f"{sorted(map(str, rule.statuses))}, {sorted(map(str, rule.reasons))}"
                    )

    def codes_to_judge(self) -> list[str]:
        """What a collection took over and left again nobody can tell when the ledger is lost."""
        return [self.code] if self.is_lost or len(self.collections) == 1 else [self.code, "OTHER"]

    def judged(self, change: str) -> Iterator[tuple[Person, Right]]:
        for person in self.people:
            way = "stays" if person.way in BYSTANDERS else person.way
            yield person, expected(person.kind, way, change, lost=self.is_lost)
        for person in self.bystanders:
            if (person.kind, person.way) == ("unconfirmed", "unmerged"):
                # Asked while they were one person: who was asked has to answer.
                yield person, right("suppressed_pending", statuses=("pending",))
            else:
                yield person, right(None, statuses=("subscribed",))

    def recipients(self) -> set[str]:
        """Who must get a campaign: nobody else may."""
        free = right(None, statuses=("subscribed",))
        return {"anna@mail.gr"} | {person.email for person, rule in self.judged("") if rule == free}


CHANGES: dict[str, Callable[[Crowd], None]] = {
    "nothing": Crowd.stay,
    "renamed": Crowd.rename,
    "relinked": Crowd.relink,
    "retired": Crowd.retire,
    "taken over and back": Crowd.be_taken_over,
    "same collection": Crowd.go_on,
    "new collection": Crowd.begin_again,
    "lost": Crowd.lose,
}


def check(crowd: Crowd, change: str) -> None:
    wrong = list(crowd.wrong(change))
    campaign, result = crowd.story.try_to_send(crowd.code)
    if result.outcome == "sent":
        got = crowd.story.recipients(campaign)
        wrong += sorted(
            f"{email}: got {'mail' if email in got else 'no mail'}"
            for email in got ^ crowd.recipients()
        )
    else:
        wrong.append(f"the campaign: {result.outcome}: {result.detail}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("change", CHANGES)
def test_the_collection_changes_and_then_the_person(story: Story, change: str) -> None:
    crowd = Crowd(story, KINDS)
    crowd.refuse()

    CHANGES[change](crowd)
    crowd.change()

    check(crowd, change)


#: After the loss nothing tells of what happened before it to people who are in no audience.
@pytest.mark.parametrize(
    "change", [change for change in CHANGES if change not in ("nothing", "lost")]
)
def test_the_person_changes_and_then_the_collection(story: Story, change: str) -> None:
    crowd = Crowd(story, KINDS)
    crowd.refuse()

    crowd.change()
    CHANGES[change](crowd)

    check(crowd, change)


@pytest.mark.parametrize(
    "change", ["renamed", "relinked", "taken over and back", "same collection"]
)
def test_the_ledger_is_lost_after_the_collection_changed(story: Story, change: str) -> None:
    """Of who was deleted for good nothing is left in Mailchimp, either: only the address is
    refused there, in the audience where it was deleted."""
    crowd = Crowd(story, tuple(kind for kind in KINDS if kind != "deleted"))
    crowd.refuse()
    CHANGES[change](crowd)

    crowd.lose()
    crowd.change()

    check(crowd, change)


BEFORE_THE_LINK = ("unsubscribed", "complained", "deleted", "archived", "unconfirmed", "bounced")


@pytest.mark.parametrize("change", ["nothing", "relinked", "taken over and back", "new collection"])
def test_refused_before_the_audience_was_linked(story: Story, change: str) -> None:
    crowd = Crowd(story, BEFORE_THE_LINK)
    crowd.refuse_before_the_link()

    CHANGES[change](crowd)
    crowd.change()

    # The CRM names the same audience for the new collection: it is used again.
    check(crowd, "same collection" if change == "new collection" else change)


def test_changed_before_any_sync_saw_the_refusal(story: Story) -> None:
    """Only a full listing shows deletions."""
    kinds = ("unsubscribed", "complained", "deleted", "archived", *FREE)
    crowd = Crowd(story, kinds, with_bystanders=False)
    crowd.populate(kinds)
    story.synced()
    crowd.act()

    crowd.change(full_refresh=True)

    check(crowd, "nothing")
