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


def test_the_guard_of_a_collection_that_shares_its_audience(in_memory: MakeWorld) -> None:
    """Many leave the collection at once, though they stay in the audience for another one."""
    verdict = play(known.GUARDED, in_memory)

    assert list(verdict.findings) == [-1]
    assert "removal_guard" in verdict.findings[-1][0]
