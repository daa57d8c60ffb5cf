"""The table that a benchmark prints, and writes as JSON: ratios within one run."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Case:
    """One line of the table.

    Attributes:
        name: what was measured.
        seconds: how long it took.
        against: what it is compared with, in words.
        against_seconds: how long that took.
        most: the ratio to reach, at most.
        rows: members that the case is about.
        calls: to Mailchimp.
        in_flight: calls at once, at most.
        peak_mib: peak memory of the process.
    """

    name: str
    seconds: float
    against: str
    against_seconds: float
    most: float
    rows: int
    calls: int = 0
    in_flight: int = 0
    peak_mib: int = 0

    @property
    def ratio(self) -> float:
        return self.seconds / self.against_seconds


@dataclass
class Table:
    """All cases of one run, and what it ran with."""

    settings: dict[str, object]
    cases: list[Case] = field(default_factory=list)

    def add(self, case: Case) -> None:
        self.cases.append(case)
        print(f"\n{self._line(case)}", flush=True)

    def __str__(self) -> str:
        settings = ", ".join(f"{name} {value}" for name, value in self.settings.items())
        lines = [
            f"{settings}, Python {platform.python_version()}",
            "",
            "| case | seconds | against | seconds | ratio | to reach | rows/s | calls | in flight"
            " | peak MiB |",
            "|---|---|---|---|---|---|---|---|---|---|",
        ]
        return "\n".join([*lines, *map(self._line, self.cases)])

    @staticmethod
    def _line(case: Case) -> str:
        return (
            f"| {case.name} | {case.seconds:.1f} | {case.against} | {case.against_seconds:.2f}"
            f" | {case.ratio:.2f} | {case.most:g} | {case.rows / case.seconds:,.0f} | {case.calls}"
            f" | {case.in_flight} | {case.peak_mib} |"
        )

    def write(self, path: Path) -> None:
        path.write_text(
            json.dumps(
                {
                    "settings": self.settings,
                    "cases": [{**asdict(case), "ratio": case.ratio} for case in self.cases],
                },
                indent=2,
                ensure_ascii=False,
            )
            + "\n",
            encoding="utf-8",
        )
