"""Random histories over the wire: the real client against the sandbox, campaigns really sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from histories.play import MakeWorld
from histories.stories import draw_plot
from histories.telling import play_and_tell

STORIES = 6


@pytest.mark.parametrize("seed", range(6))
def test_nobody_who_refused_is_mailed_and_nobody_is_lost(
    seed: int, over_the_wire: Callable[[int], MakeWorld]
) -> None:
    plot = draw_plot(f"wire {seed}", range(1, STORIES + 1))

    verdict = play_and_tell(plot, over_the_wire((50, 0, 3)[seed % 3]))

    assert verdict.recipients > 0
