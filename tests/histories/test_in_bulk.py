"""Random histories in bulk: many stories in one CRM and warehouse, Mailchimp kept in memory.

A history is one story: what a few people do over some syncs, and what becomes of them. Stories of
a plot share its collections, so that what happens to a collection happens to all of them.
"""

from __future__ import annotations

import pytest

from histories.play import MakeWorld
from histories.stories import draw_plot
from histories.telling import play_and_tell

STORIES = 150


@pytest.mark.parametrize("seed", range(6))
def test_nobody_who_refused_is_mailed_and_nobody_is_lost(seed: int, in_memory: MakeWorld) -> None:
    verdict = play_and_tell(draw_plot(seed, range(1, STORIES + 1)), in_memory)

    assert verdict.recipients > STORIES / 2
    assert verdict.happened["unsubscribe"] > 5
    assert verdict.happened["move"] > 5
