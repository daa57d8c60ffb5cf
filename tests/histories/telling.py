"""Plays drawn plots for tests: what fails is shrunk and written as a story."""

from __future__ import annotations

from histories.play import MakeWorld, Plot, Verdict, play
from histories.shrinking import shrink

#: Failures of one plot that are shrunk; the others are only counted.
_SHRUNK = 3


def play_and_tell(plot: Plot, make_world: MakeWorld) -> Verdict:
    """Play a plot; a failure is raised as the shortest story found.

    Raises:
        AssertionError: with the stories that went wrong.
    """
    verdict = play(plot, make_world)
    if not verdict.findings:
        return verdict
    # A campaign that is held back mostly only follows from what went wrong in a story.
    wrong = sorted(verdict.findings, reverse=True)
    stories = []
    for number in wrong[:_SHRUNK]:
        smallest, found = shrink(plot, number, lambda one: play(one, make_world))
        stories.append(f"{found.story(number)}\n{smallest}")
    raise AssertionError(
        f"{len(wrong)} of {len(plot.stories)} stories went wrong, the first of them:\n"
        + "\n".join(stories)
    )
