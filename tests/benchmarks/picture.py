"""The picture of how time and memory grow: an SVG that is readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

_PANEL, _HEIGHT, _GAP = 330, 220, 90
_LEFT, _TOP = 60, 70
_WIDTH = _LEFT + 2 * _PANEL + _GAP + 30
_WHOLE = _TOP + _HEIGHT + 60
_LINES = 4
#: Colours of the series on light and on dark pages, and how their lines are dashed. Colours that
#: people with a colour weakness tell apart (Okabe and Ito, "Color Universal Design").
_LOOKS = (("#0072b2", "#56b4e9", ""), ("#b34700", "#e69f00", "7 3"), ("#00795a", "#2fd6a3", "2 3"))
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 13px }
.grid { stroke: #d0d7de; stroke-width: 1 }
.line { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .grid { stroke: #3d444d } }
"""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One run at one size.

    Attributes:
        contacts: the size.
        seconds: of the whole run.
        peak_mib: most memory of its tasks.
    """

    contacts: int
    seconds: float
    peak_mib: int

    @property
    def seconds_for_a_thousand(self) -> float:
        """Seconds for each 1,000 contacts."""
        return self.seconds * 1_000 / self.contacts


@dataclass(frozen=True)
class Series:
    """The same run at all sizes."""

    name: str
    points: Sequence[Point]


def draw_growth(series: Sequence[Series]) -> str:
    """Two panels beside each other: seconds for 1,000 contacts, and peak memory.

    Args:
        series: at most three, all with the same sizes, the smallest first.

    Returns:
        an SVG document.
    """
    panels: tuple[tuple[str, Callable[[Point], float]], ...] = (
        ("seconds for 1,000 contacts", lambda point: point.seconds_for_a_thousand),
        ("peak memory, MiB", lambda point: point.peak_mib),
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_WHOLE}"'
        f' width="{_WIDTH}" height="{_WHOLE}" role="img">',
        "<title>How time and memory grow with the number of contacts</title>",
        f"<style>{_STYLE}{_colours(len(series))}</style>",
    ]
    for number, one in enumerate(series):
        lines += _legend(number, one.name)
    for number, (title, value) in enumerate(panels):
        lines += _panel(_LEFT + number * (_PANEL + _GAP), title, series, value)
    return "\n".join([*lines, "</svg>", ""])


def _colours(count: int) -> str:
    light = "".join(_colour(number, _LOOKS[number][0]) for number in range(count))
    dark = "".join(_colour(number, _LOOKS[number][1]) for number in range(count))
    return f"{light}\n@media (prefers-color-scheme: dark) {{{dark}}}\n"


def _colour(number: int, colour: str) -> str:
    return f".line.s{number} {{ stroke: {colour} }} .dot.s{number} {{ fill: {colour} }} "


def _legend(number: int, name: str) -> Iterator[str]:
    left = _LEFT + number * 230
    yield (
        f'<line class="line s{number}" x1="{left}" y1="20" x2="{left + 30}" y2="20"'
        f' stroke-dasharray="{_LOOKS[number][2]}"/>'
    )
    yield f'<text x="{left + 38}" y="24">{escape(name)}</text>'


def _panel(
    left: int, title: str, series: Sequence[Series], value: Callable[[Point], float]
) -> Iterator[str]:
    sizes = [point.contacts for point in series[0].points]
    top = _round_up(max(value(point) for one in series for point in one.points))

    def across(contacts: int) -> float:
        steps = math.log2(sizes[-1] / sizes[0])
        share = math.log2(contacts / sizes[0]) / steps if steps else 0.5
        return left + share * _PANEL

    def down(amount: float) -> float:
        return _TOP + _HEIGHT * (1 - amount / top)

    yield f'<text class="title" x="{left}" y="{_TOP - 18}">{escape(title)}</text>'
    for step in range(_LINES + 1):
        amount = top * step / _LINES
        height = down(amount)
        yield (
            f'<line class="grid" x1="{left}" y1="{height:.1f}" x2="{left + _PANEL}"'
            f' y2="{height:.1f}"/>'
        )
        yield f'<text x="{left - 8}" y="{height + 4:.1f}" text-anchor="end">{amount:g}</text>'
    for size in sizes:
        yield (
            f'<text x="{across(size):.1f}" y="{_TOP + _HEIGHT + 20}" text-anchor="middle">'
            f"{size:,}</text>"
        )
    yield (
        f'<text x="{left + _PANEL / 2}" y="{_TOP + _HEIGHT + 44}" text-anchor="middle">'
        "contacts (each step doubles)</text>"
    )
    for number, one in enumerate(series):
        places = [(across(point.contacts), down(value(point))) for point in one.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield (
            f'<polyline class="line s{number}" points="{path}"'
            f' stroke-dasharray="{_LOOKS[number][2]}"/>'
        )
        for point, (x, y) in zip(one.points, places, strict=True):
            words = f"{one.name}, {point.contacts:,} contacts: {value(point):.4g}"
            yield (
                f'<circle class="dot s{number}" cx="{x:.1f}" cy="{y:.1f}" r="3.5">'
                f"<title>{escape(words)}</title></circle>"
            )


def _round_up(amount: float) -> float:
    """The next number of 1, 2, 4, 6, 8 or 10 times a power of ten, so that quarters are short."""
    unit = 10.0 ** math.floor(math.log10(amount)) if amount > 0 else 1.0
    return next(step * unit for step in (1, 2, 4, 6, 8, 10) if step * unit >= amount)
