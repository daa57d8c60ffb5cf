"""Random histories of collections that share audiences: in bulk, and over the wire.

Collections begin to share and stop. People give and take tags by hand, and delete or rename them.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from histories.play import MakeWorld
from histories.stories import draw_accounts_plot, draw_sharing_plot
from histories.telling import play_and_tell

STORIES, STORIES_IN_ACCOUNTS, STORIES_OVER_THE_WIRE = 120, 60, 6


@pytest.mark.parametrize("seed", range(3))
def test_everybody_has_the_tags_that_the_crm_says(seed: int, in_memory: MakeWorld) -> None:
    verdict = play_and_tell(draw_sharing_plot(seed, range(1, STORIES + 1)), in_memory)

    assert verdict.recipients > STORIES / 2
    assert verdict.happened["unsubscribe"] > 5
    assert verdict.happened["tag"] + verdict.happened["untag"] > 2


@pytest.mark.parametrize("seed", [0, 6])
def test_everybody_has_them_over_the_wire(
    seed: int, over_the_wire: Callable[[int], MakeWorld]
) -> None:
    plot = draw_sharing_plot(f"wire {seed}", range(1, STORIES_OVER_THE_WIRE + 1))

    verdict = play_and_tell(plot, over_the_wire((50, 0, 3)[seed % 3]))

    assert verdict.recipients > 0
    assert verdict.happened["tag"] + verdict.happened["untag"] > 0


@pytest.mark.parametrize("seed", [3, 8])
def test_everybody_has_them_in_two_accounts(seed: int, in_memory: MakeWorld) -> None:
    plot = draw_accounts_plot(seed, range(1, STORIES_IN_ACCOUNTS + 1))

    verdict = play_and_tell(plot, in_memory)

    assert verdict.recipients > STORIES_IN_ACCOUNTS / 2
    assert verdict.happened["move_account"] + verdict.happened["rename_account"] > 0
    assert verdict.happened["unsubscribe"] > 2


@pytest.mark.parametrize("seed", [1, 4])
def test_everybody_has_them_in_two_accounts_over_the_wire(
    seed: int, in_two_sandboxes: MakeWorld
) -> None:
    plot = draw_accounts_plot(f"wire {seed}", range(1, STORIES_OVER_THE_WIRE + 1))

    verdict = play_and_tell(plot, in_two_sandboxes)

    assert verdict.recipients > 0
    assert verdict.happened["move_account"] + verdict.happened["rename_account"] > 0
