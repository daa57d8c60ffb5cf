"""Plays a plot: all its stories in one world, judged at the end.

A plot is data: a number of rounds with turns (what happens to collections), troubles (what
disturbs the syncs) and stories (what people do). The same plot plays the same way each time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from histories import campaigns
from histories.events import OTHERS, Event, Teller
from histories.judge import Audience, Judge, Setting, reference
from histories.mailchimp_memory import Member
from histories.people import Cast, Consent, Person
from histories.turns import Turn, settle, take
from histories.world import LONG_AGO, SETTINGS, Collection, HistoryError, Trouble, World

#: So often a person answers blocked collections before the history is stuck.
_PATIENCE = 8


@dataclass(frozen=True)
class Role:
    """One person at the beginning of a story.

    Attributes:
        is_in_crm: False: Mailchimp alone knows them.
        member_of: positions of collections; ``grants``: categories with an old consent.
        by_hand: status in audiences filled by hand, by their position.
        shares_with: position of a person whose address they have too.
    """

    name: str
    is_in_crm: bool = True
    member_of: tuple[int, ...] = (0,)
    grants: tuple[str, ...] = ("newsletter",)
    by_hand: tuple[tuple[int, str], ...] = ()
    shares_with: int | None = None


@dataclass(frozen=True)
class Story:
    """A cast and what its people do."""

    number: int
    roles: tuple[Role, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Plot:
    """Everything that happens in one world.

    Attributes:
        collections: category of each, and the position of the audience filled by hand that the CRM
            names for it from the first sync on, if any.
        lists_by_hand: how many audiences somebody filled.
        shares: by collection, the shared audience that the CRM names at the beginning.
        providers: by collection, the CRM's row that names its account.
    """

    rounds: int
    collections: tuple[tuple[str, int | None], ...]
    lists_by_hand: int
    turns: tuple[Turn, ...]
    troubles: tuple[Trouble, ...]
    stories: tuple[Story, ...]
    shares: tuple[str | None, ...] = ()
    providers: tuple[str, ...] = ()


@dataclass
class Verdict:
    """What the judge says of a plot.

    Attributes:
        findings: sentences by story number; a plot that cannot go on has one under -1.
        log: what happened, in words, by story number; -1: to all.
    """

    findings: dict[int, list[str]] = field(default_factory=dict)
    log: dict[int, list[str]] = field(default_factory=dict)
    happened: Counter[str] = field(default_factory=Counter)
    recipients: int = 0

    def story(self, number: int) -> str:
        """A story as people read it."""
        lines = [*self.log.get(-1, []), *self.log.get(number, [])]
        wrong = self.findings.get(number, [])
        return "\n".join(["", *lines, *(f"  => {one}" for one in wrong)])


MakeWorld = Callable[[list[Cast]], World]


Damage = Callable[[World, dict[int, Teller]], None]


def play(plot: Plot, make_world: MakeWorld, *, damage: Damage | None = None) -> Verdict:
    """Play a plot and judge its end.

    Args:
        make_world: gives an empty world for these casts.
        damage: is called with world and players right before the judge looks: a test of the judge.
    """
    return _Play(plot, make_world, damage).run()


class _Play:
    def __init__(self, plot: Plot, make_world: MakeWorld, damage: Damage | None) -> None:
        self.plot, self.damage = plot, damage
        self.casts = {story.number: _cast(story) for story in plot.stories}
        self.world = make_world(list(self.casts.values()))
        self.tellers = {number: Teller(self.world, cast) for number, cast in self.casts.items()}
        self.verdict = Verdict()

    def run(self) -> Verdict:
        try:
            self._begin()
            for number in range(self.plot.rounds):
                self._round(number)
            self._end()
        except HistoryError as error:
            self.verdict.findings.setdefault(-1, []).append(str(error))
        finally:
            self.verdict.log = {n: one.log for n, one in self.tellers.items()}
            self.verdict.log[-1] = self.world.log
            self.verdict.happened = self.world.happened
            self.world.close()
        return self.verdict

    def _begin(self) -> None:
        world = self.world
        for position in range(self.plot.lists_by_hand):
            list_id = world.side.make_list(replace(SETTINGS, name=f"Με το χέρι {position}"))
            world.by_hand.append(list_id)
        for position, (category, by_hand) in enumerate(self.plot.collections):
            wish = None if by_hand is None else world.by_hand[by_hand]
            shares = self.plot.shares[position] if self.plot.shares else None
            provider = self.plot.providers[position] if self.plot.providers else "mailchimp"
            world.add_collection(f"K{position}", category, wish, shares, provider)
        for story in self.plot.stories:
            _fill_by_hand(world, self.casts[story.number], story)
        world.side.drain()

    def _round(self, number: int) -> None:
        """Turns and events, then the sync, in the midst of which the others happen."""
        world = self.world
        for turn in self.plot.turns:
            if turn.when == number:
                take(world, turn)
        waiting = self._events_of(number)
        self._happen(waiting, "before")
        trouble = self.plot.troubles[number]

        def before(request: str, one: Collection) -> None:
            self._happen(waiting, request)

        results = world.sync(trouble, staged=lambda: self._happen(waiting, "staged"), before=before)
        for phase in list(waiting):
            self._happen(waiting, phase)
        for one in world.collections:
            if number == 0 and one.list_id is not None:
                world.side.mail_by_hand(one.list_id)
        world.side.drain()
        is_whole = len(results) >= len(world.collections) - len(world.inactive)
        world.is_settled = not settle(world, results) and is_whole and not world.broken

    def _events_of(self, number: int) -> dict[str, list[tuple[int, Event]]]:
        waiting: dict[str, list[tuple[int, Event]]] = {}
        for story in self.plot.stories:
            for event in story.events:
                if event.when == number:
                    waiting.setdefault(event.phase, []).append((story.number, event))
        return waiting

    def _happen(self, waiting: dict[str, list[tuple[int, Event]]], phase: str) -> None:
        for number, event in waiting.pop(phase, ()):
            self.tellers[number].happen(event)

    # ---- the end

    def _end(self) -> None:
        """Everything comes to rest; then the judge looks, and campaigns are sent."""
        world = self.world
        for one in world.collections:
            if one.key in world.inactive:
                world.change_collection(one, is_active=True)
        world.inactive.clear()
        for one in world.collections:
            if one.key in world.broken:
                world.change_collection(one, campaign_type=one.category.upper())
        world.broken.clear()
        # A complaint in one audience holds in the earlier synced audiences at their next sync.
        quiet = 0
        for _ in range(_PATIENCE):
            world.let_a_week_pass()
            quiet = 0 if settle(world, world.sync()) else quiet + 1
            if quiet == 2:
                break
        else:
            raise HistoryError("the collections stay blocked")
        if self.damage is not None:
            self.damage(world, self.tellers)
        for one in world.collections:
            self._judge(one)
        self._judge_unwanted()
        for position, one in enumerate(world.collections):
            self._judge_campaign(one, position + 1)

    def _judge(self, one: Collection) -> None:
        for number, judge in self._judges(one):
            self._find(number, judge.findings())

    def _judge_unwanted(self) -> None:
        """In a shared audience nobody of ours is subscribed without a collection that wants it."""
        world = self.world
        for list_id in sorted(
            {one.list_id for one in world.collections if one.list_id and one.shares}
        ):
            tags = [
                world.present_tag(one, list_id)
                for one in world.collections
                if one.list_id == list_id
            ]
            carry = world.side.tags(list_id)
            wanted = {address for tag in tags for address in carry.get(tag or "", ())}
            for member in world.side.members(list_id):
                cast, ours = world.cast_at(member.address), reference(member)
                if cast is None or ours is None or ours[0] != "c":
                    continue
                by_hand = any(
                    one.tag_of and one.list_id == list_id and member.address in one.addresses
                    for one in world.books[cast].refusals
                )
                # After a loss the tag of others looks like that of a collection that is gone.
                is_kept = world.lost_in >= 0 and member.address in carry.get(OTHERS, ())
                lost = member.status == "subscribed" and member.address not in wanted
                if lost and not by_hand and not is_kept:
                    self._find(
                        cast.number,
                        iter((f"{member.address} in {list_id} is subscribed without any tag",)),
                    )

    def _judge_campaign(self, one: Collection, number: int) -> None:
        campaign_id = campaigns.send(self.world, one, number)
        recipients = self.world.side.recipients().get(campaign_id or "", [])
        self.verdict.recipients += len(recipients)
        by_cast: dict[Cast, list[str]] = {}
        for address in recipients:
            cast = self.world.cast_at(address)
            if cast is not None:
                by_cast.setdefault(cast, []).append(address)
        for story, judge in self._judges(one):
            self._find(story, judge.recipients(by_cast.get(judge.cast, [])))

    def _find(self, number: int, found: Iterator[str]) -> None:
        for one in found:
            self.verdict.findings.setdefault(number, []).append(one)

    def _judges(self, one: Collection) -> Iterator[tuple[int, Judge]]:
        world = self.world
        assert one.list_id is not None
        audience = Audience.of(_as_seen_by(world, one))
        reasons: dict[int, str] = {}
        notes = set[int]()
        rows: list[Any] = world.warehouse.execute(
            "select contact_id, reason_code from sync.quarantine"
            " where collection_code = %s and resolved_at is null",
            (one.code,),
        ).fetchall()
        for contact_id, reason in rows:
            if reason == "address_changed":
                notes.add(contact_id)
            elif reason != "invalid_field_value":
                reasons[contact_id] = reason
        others = tuple((each.key, each.category) for each in world.sharers(one) if each is not one)
        tagged = world.side.tags(one.list_id).get(OTHERS, ()) if world.ever_shared else ()
        setting = Setting(
            one.key, one.category, one.list_id, reasons, frozenset(notes), others, frozenset(tagged)
        )
        clock = world.moment()
        for number, cast in self.casts.items():
            yield number, Judge(cast, world.books[cast], setting, audience, clock)


def _as_seen_by(world: World, one: Collection) -> list[Member]:
    """The members of a collection's audience; for a collection that shares it, who is subscribed
    without its tag is ``untagged``."""
    assert one.list_id is not None
    members = world.side.members(one.list_id)
    if not one.shares:
        return members
    carry = world.side.tags(one.list_id).get(world.present_tag(one, one.list_id) or "", ())
    return [
        replace(member, status="untagged")
        if member.status == "subscribed" and member.address not in carry
        else member
        for member in members
    ]


def _cast(story: Story) -> Cast:
    cast = Cast(story.number, [])
    for role in story.roles:
        person = Person(role.name, None)
        cast.people.append(person)
        if role.shares_with is not None and role.shares_with < len(cast.people) - 1:
            email = cast.people[role.shares_with].email
        else:
            email = cast.new_address(person)
        cast.set_email(person, email)
        person.member_of = {f"K{position}" for position in role.member_of}
        for category in role.grants:
            cast.add_consent(person, Consent(True, category, LONG_AGO))
        if role.is_in_crm:
            cast.new_id(person)
    return cast


def _fill_by_hand(world: World, cast: Cast, story: Story) -> None:
    """Members that were in audiences before any collection was linked to them."""
    book = world.books[cast]
    for role, person in zip(story.roles, cast.people, strict=True):
        for position, status in role.by_hand:
            list_id = world.by_hand[position % len(world.by_hand)]
            assert person.address is not None
            if world.side.member(list_id, person.address) is not None:
                continue
            world.side.act("sign_up", list_id, person.address)
            book.subscribed_by[list_id, person.address] = "person"
            for verb, kind in _ACTS_BY_HAND[status]:
                if verb == "complain" and not world.side.can_complain(list_id, person.address):
                    continue
                world.side.act(verb, list_id, person.address)
                if kind:
                    book.refuse(kind, list_id, person.address, None, (), ())
                else:
                    book.bounced[list_id, person.address] = False


_ACTS_BY_HAND: dict[str, tuple[tuple[str, str], ...]] = {
    "subscribed": (),
    "unsubscribed": (("unsubscribe", "unsubscribed"),),
    "complained": (("complain", "complaint"),),
    "cleaned": (("bounce", ""),),
    "archived": (("archive", "archived_by_hand"),),
}
