"""Makes a plot that fails as small as it gets, and puts the rest into words. It leaves out all that
the failure does not need.

Stories of a plot do not touch each other. So all ways to leave one thing out of a story are tried
side by side, as stories of one plot.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from histories.play import Plot, Story, Verdict
from histories.world import Trouble

Play = Callable[[Plot], Verdict]
_T = TypeVar("_T")


def shrink(plot: Plot, number: int, play: Play) -> tuple[Plot, Verdict]:
    """The smallest plot found in which a story still fails.

    Args:
        number: of the story; -1 for a plot that cannot go on.
        play: plays a plot in a fresh world.

    Returns:
        that plot with the one story, and what the judge says of it.
    """
    if number == -1:
        smallest = _shrink_plot(plot, number, play)
        return smallest, play(smallest)
    alone = replace(plot, stories=tuple(one for one in plot.stories if one.number == number))
    verdict = play(alone)
    if number not in verdict.findings:
        # It fails only beside the others: the plot stays as it is.
        return plot, play(plot)
    smallest = _shrink_plot(_shrink_story(alone, play), number, play)
    return smallest, play(smallest)


def _shrink_story(plot: Plot, play: Play) -> Plot:
    """Leave things out of the plot's one story as long as it still fails."""
    (best,) = plot.stories
    while True:
        ways = [
            replace(way, number=best.number + position)
            for position, way in enumerate(_smaller_stories(best), start=1)
        ]
        found = play(replace(plot, stories=tuple(ways))).findings if ways else {}
        failing = [way for way in ways if way.number in found]
        if not failing:
            return replace(plot, stories=(best,))
        best = replace(min(failing, key=_size), number=best.number)


def _size(story: Story) -> tuple[int, ...]:
    return (
        len(story.events),
        len(story.roles),
        sum(event.phase != "before" for event in story.events),
        sum(len(role.by_hand) + len(role.member_of) for role in story.roles),
        sum(role.shares_with is not None for role in story.roles),
    )


def _smaller_stories(story: Story) -> Iterator[Story]:
    events = story.events
    for count in (2, 1):
        for left_out in itertools.combinations(range(len(events)), count):
            kept = tuple(one for position, one in enumerate(events) if position not in left_out)
            yield replace(story, events=kept)
    if len(story.roles) > 1:
        yield replace(story, roles=story.roles[:-1])
    for position, role in enumerate(story.roles):
        for plainer in (
            replace(role, by_hand=()),
            replace(role, shares_with=None),
            *(replace(role, member_of=(one,)) for one in role.member_of),
        ):
            if plainer != role:
                yield replace(story, roles=_with(story.roles, position, plainer))
    for position, event in enumerate(events):
        if event.phase != "before":
            yield replace(story, events=_with(events, position, replace(event, phase="before")))


def _shrink_plot(plot: Plot, number: int, play: Play) -> Plot:
    """Leave out what happens to all, one thing after the other, each tried once."""
    best = plot

    def is_enough(smaller: Plot) -> bool:
        return smaller != best and number in play(smaller).findings

    while len(best.stories) > 1:
        half = len(best.stories) // 2
        parts = ((), best.stories[:half], best.stories[half:])
        enough = [part for part in parts if is_enough(replace(best, stories=part))][:1]
        if not enough:
            break
        best = replace(best, stories=enough[0])
    quiet = tuple(Trouble() for _ in best.troubles)
    for smaller in (replace(best, troubles=quiet), replace(best, turns=(), troubles=quiet)):
        if is_enough(smaller):
            best = smaller
    for turn in best.turns[::-1]:
        smaller = replace(best, turns=tuple(one for one in best.turns if one is not turn))
        if is_enough(smaller):
            best = smaller
    for when, trouble in enumerate(best.troubles):
        if trouble != Trouble():
            smaller = replace(best, troubles=_with(best.troubles, when, Trouble()))
            if is_enough(smaller):
                best = smaller
    smaller = _without_idle_rounds(best)
    return smaller if is_enough(smaller) else best


def _with(items: tuple[_T, ...], position: int, item: _T) -> tuple[_T, ...]:
    return (*items[:position], item, *items[position + 1 :])


def _without_idle_rounds(plot: Plot) -> Plot:
    """Rounds in which nothing happens left out; everything later happens earlier."""
    busy = {one.when for one in plot.turns} | {0}
    busy |= {event.when for story in plot.stories for event in story.events}
    busy |= {when for when, trouble in enumerate(plot.troubles) if trouble != Trouble()}
    moments = {when: position for position, when in enumerate(sorted(busy))}
    return replace(
        plot,
        rounds=len(moments),
        troubles=tuple(plot.troubles[when] for when in sorted(busy)),
        turns=tuple(replace(one, when=moments[one.when]) for one in plot.turns),
        stories=tuple(
            replace(
                story,
                events=tuple(replace(event, when=moments[event.when]) for event in story.events),
            )
            for story in plot.stories
        ),
    )
