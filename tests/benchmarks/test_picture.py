"""The picture of growth: what is drawn is seconds for 1,000 contacts, and peak memory."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Tree

from benchmarks.picture import Point, Series, draw_growth

_SVG = "{http://www.w3.org/2000/svg}"


def _series(name: str, *points: tuple[int, float, int]) -> Series:
    return Series(
        name,
        [Point(contacts=size, seconds=seconds, peak_mib=mib) for size, seconds, mib in points],
    )


def _lines(document: str) -> list[list[tuple[float, float]]]:
    return [
        [(float(x), float(y)) for x, y in re.findall(r"([\d.]+),([\d.]+)", line.attrib["points"])]
        for line in Tree.fromstring(document).iter(f"{_SVG}polyline")
    ]


def test_time_for_a_row_and_memory_are_drawn() -> None:
    document = draw_growth(
        [
            _series("first sync", (1_000, 2.0, 100), (2_000, 4.0, 200), (4_000, 8.0, 400)),
            _series("nothing changed", (1_000, 1.0, 50), (2_000, 4.0, 50), (4_000, 16.0, 50)),
        ]
    )
    linear, steep, growing, level = _lines(document)
    # Twice the contacts in twice the time: a level line.
    assert len({y for _, y in linear}) == 1
    # Y goes down: 1, 2 and 4 seconds for 1,000 contacts, of 4 in all.
    bottom = steep[-1][1] + (steep[0][1] - steep[-1][1]) * 4 / 3
    assert [round((bottom - y) / (bottom - steep[-1][1]), 2) for _, y in steep] == [0.25, 0.5, 1.0]
    assert [round((bottom - y) / (bottom - growing[-1][1]), 2) for _, y in growing] == [
        0.25, 0.5, 1.0,
    ]  # fmt: skip
    assert len({y for _, y in level}) == 1
    # Sizes that double are as far from each other.
    first, second, third = (x for x, _ in linear)
    assert round(second - first, 1) == round(third - second, 1) > 0
    words = [text.text for text in Tree.fromstring(document).iter(f"{_SVG}title")]
    assert "nothing changed, 4,000 contacts: 4" in words
    assert "first sync, 2,000 contacts: 200" in words


def test_it_is_readable_on_light_and_dark_pages() -> None:
    document = draw_growth([_series("first < second", (1_000, 2.0, 100))])
    assert "prefers-color-scheme: dark" in document
    texts = [text.text for text in Tree.fromstring(document).iter(f"{_SVG}text")]
    assert {"first < second", "1,000", "seconds for 1,000 contacts", "peak memory, MiB"} <= set(
        texts
    )
    assert len(_lines(document)) == 2
