"""Each break of the product finds the text that it replaces; only ``make mutants`` plays them."""

from __future__ import annotations

from pathlib import Path

import pytest

from histories import mutants
from histories.mutants import Mutant

_ROOT = Path(__file__).parents[2]
_ALL = [
    mutant
    for group in vars(mutants).values()
    if isinstance(group, tuple)
    for mutant in group
    if isinstance(mutant, Mutant)
]


def test_there_are_breaks() -> None:
    assert len(_ALL) > 20


@pytest.mark.parametrize("mutant", _ALL, ids=lambda mutant: mutant.name)
def test_a_break_finds_its_text(mutant: Mutant) -> None:
    text = (_ROOT / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.old) == mutant.times
