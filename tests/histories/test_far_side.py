"""The account in memory behaves as the sandbox does, step by step, in random orders."""

from __future__ import annotations

import random
from typing import Any

import pytest

from crm_mailchimp.mailchimp.errors import MailchimpError, NotFound
from crm_mailchimp.provider import MemberChange, MergeField, NewMember
from crm_mailchimp.tag_provider import TagChange
from histories.mailchimp_memory import Member, subscriber_hash
from histories.memory_side import MemorySide
from histories.sandbox_side import SandboxSide
from histories.world import SETTINGS

STEPS = 80
ACTS = {
    "sign_up": None, "confirm": ("pending",), "unsubscribe": ("subscribed",),
    "complain": ("subscribed",), "bounce": ("subscribed", "pending"),
    "change_email": ("subscribed", "unsubscribed"), "archive": ("subscribed", "unsubscribed"),
    "delete": ("subscribed", "unsubscribed", "archived", "pending", "cleaned"),
    "unsubscribe_by_hand": ("subscribed", "pending"),
}  # fmt: skip
CALLS = ("add", "add_pending", "update", "unsubscribe", "reconfirm", "archive", "delete", "look",
         *("tag", "tag", "untag", "tag_one", "untag_one"))  # fmt: skip
TAGS = ("Συλλογή (A)", "Συλλογή (B)")


class Both:
    """The same audience on both far sides."""

    def __init__(self, sandbox: Any) -> None:
        self.sides = (MemorySide(), SandboxSide(sandbox))
        self.lists = tuple(side.make_list(SETTINGS) for side in self.sides)
        for side, list_id in self.pairs():
            with side.provider() as provider:
                field = MergeField(tag="CRMREF", name="CRM reference (collection 7)", type="text")
                provider.create_merge_field(list_id, field)
            assert side.mark(list_id) == 7

    def pairs(self) -> list[tuple[Any, str]]:
        return list(zip(self.sides, self.lists, strict=True))

    def member(self, address: str) -> Member | None:
        return self.sides[0].member(self.lists[0], address)

    def act(self, verb: str, address: str, new_address: str) -> None:
        for side, list_id in self.pairs():
            side.act(verb, list_id, address, new_address=new_address)

    def call(self, name: str, address: str, value: str) -> list[Any]:
        """The same request on both sides; what each answers."""
        answers = []
        for side, list_id in self.pairs():
            side.pass_time(2)
            with side.provider() as provider:
                answers.append(_call(provider, list_id, name, address, value))
        return answers

    def hand(self, verb: str, *details: Any, **more: Any) -> None:
        for side, list_id in self.pairs():
            getattr(side, verb)(list_id, *details, **more)

    def facts(self) -> list[Any]:
        return [
            (_facts(side.members(list_id)), side.tags(list_id)) for side, list_id in self.pairs()
        ]

    def changed_since(self, moments: list[Any]) -> list[set[str]]:
        found = []
        for (side, list_id), moment in zip(self.pairs(), moments, strict=True):
            with side.provider() as provider:
                found.append(
                    {
                        one.email_address
                        for status in (None, "archived")
                        for one in provider.members(
                            list_id, status=status, since_last_changed=moment
                        )
                    }
                )
        return found


def _call(provider: Any, list_id: str, name: str, address: str, value: str) -> Any:
    key = subscriber_hash(address)
    if name.startswith("add"):
        new = NewMember(
            email_address=address,
            status="pending" if name == "add_pending" else "subscribed",
            merge_fields={"CRMREF": value},
        )
        outcome = provider.add_members(list_id, [new])
        return [_shown(one) for one in outcome.created], [one.kind for one in outcome.rejected]
    if "tag" in name:
        return _call_tag(provider, list_id, name, address, value)
    if name == "delete":
        return provider.delete_member_permanently(list_id, key)
    if name == "look":
        found = provider.member(list_id, key)
        return (_shown(found) if found else None), sorted(
            one.subscriber_hash for one in provider.complaints(list_id)
        )
    fields = {"FNAME": value} if name == "update" else None
    change = MemberChange(subscriber_hash=key, action=name, merge_fields=fields)  # type: ignore[arg-type]
    ((outcome,),) = provider.change_members(list_id, [[change]])
    return (
        _shown(outcome.member) if outcome.member else None,
        outcome.rejection.kind if outcome.rejection else None,
    )


def _call_tag(provider: Any, list_id: str, name: str, address: str, value: str) -> Any:
    tag, key = TAGS[len(value) % 2], subscriber_hash(address)
    known = {one.name: one for one in provider.tags(list_id)}
    if name == "tag_one":
        done = provider.give_tag(list_id, tag, key)
        return done, sorted((one.name, one.member_count) for one in provider.tags(list_id))
    held = known.get(tag) or provider.create_tag(list_id, tag)
    if name == "untag_one":
        return provider.take_tag(list_id, held.tag_id, key)
    both = (address, "nobody@mail.gr")
    change = TagChange(add=both) if name == "tag" else TagChange(remove=both)
    ((_, outcome),) = provider.change_tag_members(list_id, held.tag_id, [(1, change)])
    found = sorted(
        (one.subscriber_hash, one.status) for one in provider.tag_members(list_id, held.tag_id)
    )
    return sorted(outcome.added), sorted(outcome.removed), sorted(outcome.refused), found


def _shown(member: Any) -> tuple[Any, ...]:
    return (
        member.email_address, member.subscriber_hash, member.status, member.unsubscribed_by,
        member.merge_fields["CRMREF"], member.merge_fields["FNAME"],
    )  # fmt: skip


def _facts(members: list[Member]) -> list[tuple[Any, ...]]:
    return sorted(
        (one.address, one.status, one.fields.get("CRMREF") or "", one.fields.get("FNAME") or "")
        for one in members
    )


@pytest.mark.parametrize("seed", range(2))
def test_both_sides_answer_alike(mailchimp_sandbox: Any, seed: int) -> None:
    draw, both = random.Random(f"far side {seed}"), Both(mailchimp_sandbox)
    addresses = [f"p{number}@mail.gr" for number in range(6)]
    happened = set[str]()
    for step in range(STEPS):
        verb = draw.choice((*ACTS, *CALLS))
        address, value = draw.choice(addresses), f"v{step}"
        before = both.facts()[0]
        moments = [side.now() for side in both.sides]
        member = both.member(address)
        if verb in ACTS and draw.random() < 0.7:
            wanted = ACTS[verb]
            can = wanted is None or (member is not None and member.status in wanted)
            free = f"new{step}@mail.gr"
            if not can or verb == "complain":
                continue
            both.act(verb, address, free)
            if verb == "change_email":
                addresses[addresses.index(address)] = free
        elif verb in CALLS:
            ours, theirs = both.call(verb, address, value)
            assert ours == theirs, (step, verb, address, member)
        else:
            continue
        happened.add(verb)
        ours, theirs = both.facts()
        assert ours == theirs, (step, verb, address, member)
        if ours != before:
            for side in both.sides:
                side.pass_time(2)
            assert len({frozenset(found) for found in both.changed_since(moments)}) == 1, verb
    # Nothing is asserted of tags without any.
    assert happened >= {"tag", "untag"}, happened
    # A complaint needs a mail: the other test has one.
    assert happened >= {"sign_up", "add", "update", "archive", "delete"}, happened
    assert len(happened) > 9


def test_tags_are_alike(mailchimp_sandbox: Any) -> None:
    both = Both(mailchimp_sandbox)
    people = [f"p{number}@mail.gr" for number in range(3)]
    for address in people:
        both.call("add", address, "c-1")
    first, second = TAGS
    both.hand("tag_by_hand", first, people[0], given=True)
    both.hand("tag_by_hand", first, people[1], given=True)
    both.hand("tag_by_hand", second, people[2], given=True)
    both.hand("tag_by_hand", first, people[1], given=False)
    both.act("change_email", people[0], "new@mail.gr")
    both.hand("rename_tag", second, "Άλλη")
    assert both.facts()[0][1] == {first: {"new@mail.gr"}, "Άλλη": {people[2]}}
    assert both.facts()[0] == both.facts()[1]
    for side, list_id in both.pairs():
        with side.provider() as provider:
            with pytest.raises(MailchimpError):
                provider.create_tag(list_id, first)
            (tag_id,) = [one.tag_id for one in provider.tags(list_id) if one.name == first]
            side.delete_tag(list_id, first)
            with pytest.raises(NotFound):
                list(provider.tag_members(list_id, tag_id))
            with pytest.raises(NotFound):
                list(provider.change_tag_members(list_id, tag_id, [(1, TagChange(add=people))]))
    assert both.facts()[0] == both.facts()[1]
    assert both.facts()[0][1] == {"Άλλη": {people[2]}}
    both.call("archive", people[2], "")
    assert both.facts()[0] == both.facts()[1]
    # Somebody who is brought back has the tags from before; who was deleted for good has none.
    both.call("add", people[2], "c-1")
    assert both.facts()[0][1] == both.facts()[1][1] == {"Άλλη": {people[2]}}
    both.call("delete", people[2], "")
    both.act("sign_up", people[2], "")
    assert both.facts()[0][1] == both.facts()[1][1] == {"Άλλη": set()}


def test_a_complaint_and_a_lost_answer_are_alike(mailchimp_sandbox: Any) -> None:
    both = Both(mailchimp_sandbox)
    both.call("add", "p0@mail.gr", "c-1")
    for side, list_id in both.pairs():
        side.mail_by_hand(list_id)
        assert side.can_complain(list_id, "p0@mail.gr")
    both.act("complain", "p0@mail.gr", "")
    assert both.call("look", "p0@mail.gr", "")[0] == both.call("look", "p0@mail.gr", "")[1]
    assert both.call("add", "p0@mail.gr", "c-1") == [([], ["compliance"])] * 2
    assert both.call("reconfirm", "p0@mail.gr", "") == [(None, "compliance")] * 2

    for how, answer in (("die", None), ("again", ([], ["exists"]))):
        address = f"{how}@mail.gr"
        for side, list_id in both.pairs():
            side.line.loses = lambda name, where, how=how: how if name == "add" else None
            with side.provider() as provider:
                if answer is None:
                    with pytest.raises(MailchimpError):
                        _call(provider, list_id, "add", address, "c-2")
                else:
                    side.line.loses = _once(how)
                    assert _call(provider, list_id, "add", address, "c-2") == answer
            side.line.loses = lambda name, where: None
    ours, theirs = both.facts()
    assert ours == theirs
    assert ("die@mail.gr", "subscribed", "c-2", "") in ours[0]


def _once(how: str) -> Any:
    left = [1]

    def loses(name: str, list_id: str) -> str | None:
        left[0] -= name == "add"
        return how if name == "add" and left[0] == 0 else None

    return loses
