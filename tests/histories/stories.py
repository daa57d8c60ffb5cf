"""Draws plots: stories in which somebody mostly refuses first and then changes who they seem to
be, in worlds whose collections change as well."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from histories.events import Event
from histories.play import Plot, Role, Story
from histories.turns import Turn
from histories.world import Trouble

NAMES = ("eleni", "nikos", "maria", "kostas")
CATEGORIES = ("newsletter", "newsletter", "offer", "unclassified")

REFUSALS = (
    *("unsubscribe",) * 5, *("withdraw",) * 4, *("delete",) * 2, *("archive",) * 2,
    "complain", "complain", "unsubscribe_by_hand", "bounce",
)  # fmt: skip
IDENTITY = (
    *("move",) * 5, *("reimport",) * 3, *("merge",) * 4, *("vanish",) * 2, *("reappear",) * 2,
    "move_to_other", "swap", "unmerge", "unmerge", "change_email", "change_email", "enter",
)  # fmt: skip
RETURNS = (*("grant",) * 4, *("confirm",) * 3, *("sign_up",) * 2)
NOISE = ("join", "leave", "expire", "mistype", "mend", "deactivate", "ask_erasure",
         "return_after_erasure", "change_name", "move", "grant")  # fmt: skip
#: Statuses that somebody may have in an audience that was filled by hand.
STATUSES_BY_HAND = ("subscribed", "unsubscribed", "complained", "cleaned", "archived")
#: Where in a sync things happen: mostly before it.
PHASES = (*("before",) * 12, "staged", "members", "archived", "add", "archive", "unsubscribe",
          "update", "complainers")  # fmt: skip

TURNS = (
    *("relink",) * 4, *("take_over",) * 4, *("take_back",) * 2, *("swap_audiences",) * 2,
    *("retire",) * 3, *("rename",) * 2, *("recreate",) * 3, *("reimport_crm",) * 3,
    *("forget",) * 2, *("erase",) * 4, "delete_audience", "switch", "second_installation",
    "push_an_old_staging",
)  # fmt: skip


#: What happens where collections share audiences.
SHARING = (
    *("share",) * 6, *("unshare",) * 3, *("break_collection",) * 4, *("delete_tag",) * 2,
    "rename_tag", *("switch",) * 3, *("forget",) * 2, "retire", "rename", "erase",
    "delete_audience", "reimport_crm", "second_installation", "push_an_old_staging",
)  # fmt: skip
ACCOUNTS = ("move_account", "move_account", "rename_account")
TAGGING = (*("tag",) * 3, *("untag",) * 2, "tag_of_others")


def draw_sharing_plot(
    seed: int | str, numbers: Sequence[int], *, without: Sequence[str] = ()
) -> Plot:
    """The same with collections that share audiences, begin to and stop, and with tags by hand."""
    draw = random.Random(f"sharing/{seed}")
    plot = draw_plot(seed, numbers, without=TURNS)
    rounds = plot.rounds
    turns = [
        Turn(when, verb, draw.randrange(99), draw.randrange(99), draw.randrange(99))
        for when in range(1, rounds)
        for verb in draw.choices(SHARING, k=draw.choice((0, 1, 1, 2)))
        if verb not in without
    ]
    return replace(
        plot,
        turns=tuple(turns),
        collections=tuple((category, None) for category, _ in plot.collections),
        shares=tuple(draw.choice(("Κοινό", "Κοινό", "Κοινό", None)) for _ in plot.collections),
        stories=tuple(_with_tags(seed, story, rounds) for story in plot.stories),
    )


def draw_accounts_plot(seed: int | str, numbers: Sequence[int]) -> Plot:
    """The same in two accounts: collections move between them, and between own and shared
    audiences, which have the same names in both. A connection gets another id."""
    draw = random.Random(f"accounts/{seed}")
    plot = draw_sharing_plot(f"accounts {seed}", numbers)
    turns = [
        Turn(when, verb, draw.randrange(99), draw.randrange(99), draw.randrange(99))
        for when in range(1, plot.rounds)
        for verb in draw.choices(ACCOUNTS, k=draw.choice((0, 1, 1)))
    ]
    return replace(
        plot,
        turns=tuple(sorted((*plot.turns, *turns), key=lambda one: one.when)),
        providers=tuple(draw.choice(("mailchimp", "kriti")) for _ in plot.collections),
    )


def _with_tags(seed: int | str, story: Story, rounds: int) -> Story:
    draw = random.Random(f"tags/{seed}/{story.number}")
    events = [
        _event(draw, when, draw.choice(TAGGING)) for when in range(1, rounds) if draw.random() < 0.2
    ]
    return replace(story, events=tuple(sorted((*story.events, *events), key=lambda one: one.when)))


def draw_plot(seed: int | str, numbers: Sequence[int], *, without: Sequence[str] = ()) -> Plot:
    """A plot with a story for each number; the same for the same arguments.

    Args:
        without: turns that are not to happen.
    """
    draw = random.Random(f"plot/{seed}")
    rounds = draw.randint(3, 6)
    # The first collection always asks for a newsletter's consent.
    collections = tuple(
        (
            "newsletter" if n == 0 else draw.choice(CATEGORIES),
            draw.choice((None, None, None, n % 2)),
        )
        for n in range(3)
    )
    if collections[0][1] is not None and collections[0][1] == collections[2][1]:
        collections = (*collections[:2], (collections[2][0], None))
    turns = [
        Turn(when, verb, draw.randrange(99), draw.randrange(99), draw.randrange(99))
        for when in range(1, rounds)
        for verb in draw.choices(TURNS, k=draw.choice((0, 0, 1, 1, 2)))
        if verb not in without
    ]
    return Plot(
        rounds=rounds,
        collections=collections,
        lists_by_hand=3,
        turns=tuple(turns),
        troubles=tuple(_trouble(draw, when) for when in range(rounds)),
        stories=tuple(draw_story(seed, number, rounds) for number in numbers),
    )


def _trouble(draw: random.Random, when: int) -> Trouble:
    kind = draw.random()
    return Trouble(
        order=draw.randrange(6),
        lose=draw.randint(1, 12) if when and kind < 0.3 else 0,
        reads=draw.random() < 0.3,
        victim=draw.randrange(3),
        how=draw.choice(("die", "die", "again")),
        rerun=draw.random() < 0.5,
        full_refresh=draw.random() < 0.08,
    )


def draw_story(seed: int | str, number: int, rounds: int) -> Story:
    """One story, the same for the same arguments, whatever the others are."""
    draw = random.Random(f"story/{seed}/{number}")
    size = draw.choice((1, 1, 2, 2, 2, 3))
    roles = tuple(_role(draw, position) for position in range(size))
    events = list(_main_thread(draw, rounds)) if draw.random() < 0.8 else []
    for when in range(rounds):
        if draw.random() < 0.35:
            verbs = draw.choice((REFUSALS, IDENTITY, RETURNS, NOISE))
            events.append(_event(draw, when, draw.choice(verbs)))
    return Story(number, roles, tuple(sorted(events, key=lambda one: one.when)))


def _role(draw: random.Random, position: int) -> Role:
    return Role(
        NAMES[position],
        is_in_crm=draw.random() < 0.93,
        member_of=tuple(sorted(draw.sample(range(3), draw.choice((1, 1, 1, 2, 3))))),
        grants=draw.choice((("newsletter", "offer"), ("newsletter", "offer"), ("newsletter",), ())),
        by_hand=tuple(
            (where, draw.choice(STATUSES_BY_HAND)) for where in range(3) if draw.random() < 0.15
        ),
        shares_with=0 if position and draw.random() < 0.2 else None,
    )


def _main_thread(draw: random.Random, rounds: int) -> Sequence[Event]:
    """Somebody refuses, and then seems to be somebody else, or comes back."""
    who = draw.randrange(2)
    coll = draw.randrange(99)
    first = draw.choice((1, 1, 1, 2))
    events = [_event(draw, first, draw.choice(REFUSALS), who=who, coll=coll)]
    for when in range(first + 1, rounds):
        kind = draw.random()
        if kind < 0.55:
            events.append(_event(draw, when, draw.choice(IDENTITY), who=who, coll=coll))
        elif kind < 0.8:
            events.append(_event(draw, when, draw.choice(RETURNS), who=who, coll=coll))
        elif kind < 0.9:
            events.append(_event(draw, when, draw.choice(REFUSALS), who=who))
    return events


def _event(
    draw: random.Random, when: int, verb: str, *, who: int | None = None, coll: int | None = None
) -> Event:
    return Event(
        when,
        draw.choice(PHASES),
        verb,
        draw.randrange(3) if who is None else who,
        draw.randrange(3),
        draw.randrange(99) if coll is None else coll,
        draw.randrange(60),
    )
