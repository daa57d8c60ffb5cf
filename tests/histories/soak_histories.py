"""Random histories at length: at least 600 worlds over the wire, and 120,000 stories in bulk.

``make soak`` runs them and prints how many. A story is what a few people do over three to six
syncs in collections that they have in common with others; each is judged by itself at the end, with
a campaign that was sent. Over the wire a history is one world of its own, with six stories. In
100 of these worlds, and in 20,000 of the stories in bulk, collections share audiences. 5,000 of
them play in two accounts.
``SOAK_SEED`` draws other ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from histories.play import MakeWorld
from histories.stories import draw_accounts_plot, draw_plot, draw_sharing_plot
from histories.telling import play_and_tell

SEED = os.environ.get("SOAK_SEED", "1")
STORIES, PLOTS = 1000, 100
SHARING_STORIES, SHARING_PLOTS = 500, 40
PEOPLE_ON_THE_WIRE, WORLDS, SHARING_WORLDS = 6, 500, 100


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", range(PLOTS))
def test_in_bulk(number: int, in_memory: MakeWorld, record_property: Any) -> None:
    plot = draw_plot(f"soak {SEED}/{number}", range(1, STORIES + 1))

    verdict = play_and_tell(plot, in_memory)

    record_property("stories in bulk", STORIES)
    record_property("recipients in bulk", verdict.recipients)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("number", range(WORLDS))
def test_over_the_wire(
    number: int, over_the_wire: Callable[[int], MakeWorld], record_property: Any
) -> None:
    plot = draw_plot(f"soak wire {SEED}/{number}", range(1, PEOPLE_ON_THE_WIRE + 1))

    verdict = play_and_tell(plot, over_the_wire((50, 0, 3)[number % 3]))

    record_property("worlds over the wire", 1)
    record_property("stories over the wire", PEOPLE_ON_THE_WIRE)
    record_property("recipients over the wire", verdict.recipients)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", range(SHARING_PLOTS))
def test_sharing_in_bulk(number: int, in_memory: MakeWorld, record_property: Any) -> None:
    draw = draw_sharing_plot if number % 4 else draw_accounts_plot
    plot = draw(f"soak {SEED}/{number}", range(1, SHARING_STORIES + 1))

    verdict = play_and_tell(plot, in_memory)

    record_property("stories of sharing in bulk", SHARING_STORIES)
    record_property("recipients of sharing in bulk", verdict.recipients)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("number", range(SHARING_WORLDS))
def test_sharing_over_the_wire(
    number: int, over_the_wire: Callable[[int], MakeWorld], record_property: Any
) -> None:
    plot = draw_sharing_plot(f"soak wire {SEED}/{number}", range(1, PEOPLE_ON_THE_WIRE + 1))

    verdict = play_and_tell(plot, over_the_wire((50, 0, 3)[number % 3]))

    record_property("worlds of sharing over the wire", 1)
    record_property("recipients of sharing over the wire", verdict.recipients)
