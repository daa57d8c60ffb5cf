"""What the demo says: steps with their progress and time, and plain tables."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import NoReturn, TextIO

_LABEL_WIDTH = 70
_QUIET_SECONDS = 5.0


@dataclass
class Steps:
    """Numbered steps on a terminal or in a log file; keeps how long each one took."""

    total: int
    out: TextIO = field(default_factory=lambda: sys.stdout)
    times: dict[str, float] = field(default_factory=dict)
    _begun: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, label: str) -> Iterator[Progress]:
        """One step; yields what its body may tell about how far it is."""
        begin = time.monotonic()
        progress = Progress(f"{len(self.times) + 1:2d}/{self.total}  {label}", self.out)
        yield progress
        self.times[label] = time.monotonic() - begin
        progress.finish(self.times[label])

    @property
    def seconds(self) -> float:
        """Since the first step began."""
        return time.monotonic() - self._begun


class Progress:
    """One line that is rewritten on a terminal, and written at a calm pace elsewhere."""

    def __init__(self, label: str, out: TextIO) -> None:
        self._label = label
        self._out = out
        self._live = out.isatty()
        self._last = ""
        self._said_at = time.monotonic()
        if self._live:
            self._out.write(f"{label} ...")
            self._out.flush()

    def __call__(self, news: str) -> None:
        """Say how far the step is; the same news twice is said once."""
        now = time.monotonic()
        if news == self._last or (not self._live and now - self._said_at < _QUIET_SECONDS):
            return
        self._last, self._said_at = news, now
        self._write(f"{self._label}: {news}", end="" if self._live else "\n")

    def finish(self, seconds: float) -> None:
        """Close the line with how long it took."""
        dots = "." * max(3, _LABEL_WIDTH - len(self._label))
        self._write(f"{self._label} {dots} {seconds:5.1f} s", end="\n")

    def _write(self, text: str, *, end: str) -> None:
        self._out.write(f"\r\x1b[K{text}{end}" if self._live else f"{text}{end}")
        self._out.flush()


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in plain text: numbers to the right, everything else to the left.

    Args:
        title: the line above it.
        header: a word for each column.
        rows: cells in the order of the header; None shows as empty.
    """
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    right = [
        all(isinstance(row[place], int | float | None) for row in rows) and bool(rows)
        for place in range(len(header))
    ]

    def line(words: Sequence[str]) -> str:
        padded = (
            word.rjust(width) if to_right else word.ljust(width)
            for word, width, to_right in zip(words, widths, right, strict=True)
        )
        return "  " + "  ".join(padded).rstrip()

    ruler = "  " + "  ".join("-" * width for width in widths)
    body = [line(row) for row in cells] or ["  (nothing)"]
    return "\n".join([title, line(header), ruler, *body])


def unwind_on_termination() -> None:
    """Let Ctrl-C, SIGTERM and a closed terminal unwind the stack: what was started stops.

    Only the first of them counts. Another may follow, because ``make`` and the terminal both send
    one. It would cut the stopping short.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def ignore(_number: int, _frame: FrameType | None) -> None:
        pass  # a function, because children would inherit SIG_IGN

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in numbers:
            signal.signal(number, ignore)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, interrupt)
