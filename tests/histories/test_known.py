"""Histories that are known by name end right, whatever happens to their collections."""

from __future__ import annotations

import pytest

from histories import known
from histories.play import MakeWorld, play


@pytest.mark.parametrize("name", known.PLOTS)
def test_known_histories_end_right(name: str, in_memory: MakeWorld) -> None:
    verdict = play(known.PLOTS[name], in_memory)

    wrong = [
        f"{words}: {verdict.story(number)}"
        for number, words in [(-1, name), *known.names(name)]
        if number in verdict.findings
    ]
    assert not wrong, "\n".join(wrong)
