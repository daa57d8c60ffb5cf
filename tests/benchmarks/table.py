"""The table that the benchmarks print, and write as JSON: comparisons within one run."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

_HEAD = (
    "case", "measured", "against", "measured", "figure", "to reach", "reached", "rows/s", "calls",
    "in flight", "peak MiB", "server CPU s",
)  # fmt: skip
_UNKNOWN = "–"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What some work took. None: not measured.

    Attributes:
        seconds: from its begin to its end.
        calls: to Mailchimp, repeated ones included.
        writes: those of them that are no GET.
        statements: to Postgres.
        in_flight: calls at once, at most.
        peak_mib: most memory of the process that did it.
        server_cpu: CPU seconds of the other end meanwhile.
    """

    seconds: float
    calls: int | None = None
    writes: int | None = None
    statements: int | None = None
    in_flight: int | None = None
    peak_mib: int | None = None
    server_cpu: float | None = None


@dataclass(frozen=True)
class Target:
    """What a case is to reach; made by the functions below.

    Attributes:
        kind: how the value and the one that it is compared with make the figure.
        limit: the figure is at most this; "as fast": at least this.
    """

    kind: Literal["times", "as fast", "more", "alone"]
    limit: float

    def figure(self, value: float, against: float | None) -> float:
        """The figure that is to reach the limit.

        Args:
            value: of the case.
            against: of what it is compared with; None: nothing.
        """
        if self.kind == "alone":
            return value
        if against is None:
            raise ValueError("there is nothing to compare this case with")
        if self.kind == "more":
            return value - against
        return value / against if self.kind == "times" else against / value

    def is_reached(self, figure: float) -> bool:
        """Whether a figure is good enough."""
        return figure >= self.limit if self.kind == "as fast" else figure <= self.limit

    def words(self, unit: str) -> str:
        """The limit, for people."""
        match self.kind:
            case "times":
                return f"≤ {self.limit:g} ×"
            case "as fast":
                return f"≥ {self.limit:g} × as fast"
            case "more":
                return f"≤ {self.limit:g} {unit} more"
            case "alone":
                return f"≤ {self.limit:g} {unit}"


def at_most(times: float) -> Target:
    """At most so many times the value that the case is compared with."""
    return Target("times", times)


def at_least_as_fast(times: float) -> Target:
    """At least so many times as fast as what the case is compared with."""
    return Target("as fast", times)


def at_most_more(amount: float) -> Target:
    """At most so much more than what the case is compared with."""
    return Target("more", amount)


def at_most_alone(amount: float) -> Target:
    """At most this, compared with nothing."""
    return Target("alone", amount)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the table.

    Attributes:
        name: what was measured, for people.
        value: what is compared, in ``unit``.
        target: what it is to reach; None: shown for comparison alone.
        against: what it is compared with, in words; empty: nothing.
        against_value: that one's value.
        unit: of both values: "s", "MiB", "bytes", "calls", "writes".
        rows: members, recipients or campaigns that the case is about, for rows a second.
        cost: of the work. The table shows its calls, connections, memory and server.
    """

    name: str
    value: float
    target: Target | None
    against: str = ""
    against_value: float | None = None
    unit: str = "s"
    rows: int | None = None
    cost: Measured | None = None

    @property
    def figure(self) -> float | None:
        """What is compared with the target."""
        if self.target is None:
            return None
        return self.target.figure(self.value, self.against_value)

    @property
    def is_reached(self) -> bool | None:
        """Whether the figure is good enough; None: there is no target."""
        figure = self.figure
        if self.target is None or figure is None:
            return None
        return self.target.is_reached(figure)

    @property
    def rows_per_second(self) -> float | None:
        """Rows by the seconds of the work."""
        seconds = self.value if self.unit == "s" else self.cost and self.cost.seconds
        return self.rows / seconds if self.rows and seconds else None


def timed(
    name: str,
    ours: Measured,
    against: str,
    theirs: Measured | float,
    target: Target | None,
    *,
    rows: int | None = None,
) -> Case:
    """A case that compares seconds.

    Args:
        ours: the work itself.
        theirs: what it is compared with, or its seconds.
    """
    return Case(
        name=name,
        value=ours.seconds,
        target=target,
        against=against,
        against_value=theirs if isinstance(theirs, float) else theirs.seconds,
        rows=rows,
        cost=ours,
    )


@dataclass
class Table:
    """All cases of one run, and what it ran with."""

    settings: dict[str, object]
    cases: list[Case] = field(default_factory=list)

    def add(self, case: Case) -> None:
        """Add a row, and print it at once."""
        self.cases.append(case)
        print(f"\n{_line(case)}", flush=True)

    def __str__(self) -> str:
        settings = ", ".join(f"{name} {value}" for name, value in self.settings.items())
        rows = [f"| {' | '.join(_HEAD)} |", "|---" * len(_HEAD) + "|", *map(_line, self.cases)]
        missed = sum(case.is_reached is False for case in self.cases)
        return "\n".join(
            [
                f"{settings}, Python {platform.python_version()}",
                "",
                *rows,
                "",
                f"{len(self.cases)} cases, {missed} of them missed their target",
            ]
        )

    def write(self, path: Path) -> None:
        """Write all rows as JSON."""
        cases = [
            {
                **asdict(case),
                "figure": case.figure,
                "to_reach": case.target and case.target.words(case.unit),
                "reached": case.is_reached,
                "rows_per_second": case.rows_per_second,
            }
            for case in self.cases
        ]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps({"settings": self.settings, "cases": cases}, indent=2, ensure_ascii=False)
            + "\n",
            encoding="utf-8",
        )


def _line(case: Case) -> str:
    cost = case.cost or Measured(seconds=0.0)
    cells = (
        case.name,
        _amount(case.value, case.unit),
        case.against or _UNKNOWN,
        _amount(case.against_value, case.unit),
        _UNKNOWN if case.figure is None else _figure(case.figure),
        case.target.words(case.unit) if case.target else _UNKNOWN,
        {None: _UNKNOWN, True: "yes", False: "**missed**"}[case.is_reached],
        _count(case.rows_per_second),
        _count(cost.calls),
        _count(cost.in_flight),
        _count(cost.peak_mib),
        _UNKNOWN if cost.server_cpu is None else f"{cost.server_cpu:.1f}",
    )
    return f"| {' | '.join(cells)} |"


def _figure(figure: float) -> str:
    if figure and abs(figure) < 0.1:
        return f"{figure:.4f}"
    return f"{figure:.2f}" if figure < 100 else f"{figure:,.0f}"


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return _UNKNOWN
    return f"{value:.2f} {unit}" if unit == "s" else f"{value:,.0f} {unit}"


def _count(number: float | None) -> str:
    return _UNKNOWN if number is None else f"{number:,.0f}"
