"""Plots as inline SVG: a trend line, bars side by side, and a line over time. Nothing is loaded.

Each has a title for people who do not see it. The figures are also in a table or in words.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

_TREND_WIDTH, _TREND_HEIGHT = 120, 28
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 180, 46, 22


def trend(values: Sequence[int], title: str) -> Markup:
    """A small line without axes; empty for fewer than two values."""
    if len(values) < 2:
        return Markup("")
    low, high = min(values), max(values)
    span = (high - low) or 1
    step = (_TREND_WIDTH - 6) / (len(values) - 1)
    points = [
        (3 + place * step, _TREND_HEIGHT - 4 - (value - low) / span * (_TREND_HEIGHT - 8))
        for place, value in enumerate(values)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return Markup(
        '<svg class="trend" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<polyline points="{}"/><circle cx="{}" cy="{}" r="2.5"/></svg>'
    ).format(_TREND_WIDTH, _TREND_HEIGHT, title, line, f"{x:.1f}", f"{y:.1f}")


def bars(
    columns: Sequence[tuple[str, Sequence[int], str]],
    title: str,
    scale: tuple[str, str],
    classes: Sequence[str],
) -> Markup:
    """Stacked bars.

    Args:
        columns: of each bar its title, the heights of its parts, and a class for its foot.
        title: of the plot, for screen readers.
        scale: the words at the top of the axis, and at the left and right end.
        classes: of the parts, from below.
    """
    highest = max((sum(parts) for _, parts, _ in columns), default=0) or 1
    slot = (_WIDTH - _LEFT) / max(len(columns), 12)
    inner = _HEIGHT - _BOTTOM - 10
    shapes = []
    for place, (words, parts, foot) in enumerate(columns):
        left, top = _LEFT + place * slot, float(_HEIGHT - _BOTTOM)
        rects = []
        for height, name in zip(parts, classes, strict=True):
            size = height / highest * inner
            top -= size
            rects.append(_rect(name, left, top, slot * 0.8, size))
        rects.append(_rect(foot, left, _HEIGHT - _BOTTOM + 2, slot * 0.8, 5))
        shapes.append(Markup("<g><title>{}</title>{}</g>").format(words, Markup("").join(rects)))
    return _framed(Markup("").join(shapes), title, highest, scale)


def lines(
    series: Sequence[tuple[str, Sequence[int]]], title: str, scale: tuple[str, str]
) -> Markup:
    """Lines over equal steps of time.

    Args:
        series: of each line its class, and its values; all of the same number.
        title: of the plot, for screen readers.
        scale: words at the left and at the right end.
    """
    highest = max((value for _, values in series for value in values), default=0) or 1
    inner = _HEIGHT - _BOTTOM - 10
    shapes = []
    for name, values in series:
        step = (_WIDTH - _LEFT - 4) / max(len(values) - 1, 1)
        points = " ".join(
            f"{_LEFT + place * step:.1f},{_HEIGHT - _BOTTOM - value / highest * inner:.1f}"
            for place, value in enumerate(values)
        )
        shapes.append(Markup('<polyline class="{}" points="{}"/>').format(name, points))
    return _framed(Markup("").join(shapes), title, highest, scale)


def _rect(name: str, left: float, top: float, width: float, height: float) -> Markup:
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        name, f"{left:.1f}", f"{top:.1f}", f"{max(width, 1):.1f}", f"{height:.1f}"
    )


def _framed(shapes: Markup, title: str, highest: int, scale: tuple[str, str]) -> Markup:
    floor = _HEIGHT - _BOTTOM
    axes = Markup('<line class="axis" x1="{}" y1="{}" x2="{}" y2="{}"/>')
    label = Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>')
    around = (
        axes.format(_LEFT, 10, _WIDTH, 10),
        axes.format(_LEFT, floor, _WIDTH, floor),
        label.format(_LEFT - 6, 14, "end", f"{highest}"),
        label.format(_LEFT - 6, floor, "end", "0"),
        label.format(_LEFT, _HEIGHT - 2, "start", scale[0]),
        label.format(_WIDTH, _HEIGHT - 2, "end", scale[1]),
    )
    frame = Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>')
    return frame.format(_WIDTH, _HEIGHT, title, Markup("").join(around), shapes)
