"""What trials came to, as a table: fault, times tried, what was lost.

``python -m reliability.tally FILE [NOTE]`` prints the page about all trials in a file of results.
The note is a sentence of a person about them.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from reliability.trial import Verdict

_PAGE = """\
# Reliability

`make soak` disturbs the pipeline on purpose, in the middle of its work. When the fault is over, a
person's part is played: tasks are cleared, or a new run starts. Then the world must equal a world
without any fault. These are compared:

- the members in Mailchimp with status, fields and CRMREF
- the campaigns in Mailchimp, and each mail that was sent
- the tables of `sync`, `stats` and `mart`, the quarantine among them
- what was written back to the CRM

Times, made-up numbers, and tables that only count runs or looks are left out.
`tests/reliability/dump.py` names each such table with its reason.

Each trial plays one chapter of a story. This run had {stories} stories. A story has Greek and odd
values, three collections, a campaign with reactions, erasures and reports. Each task is a real
process. Both Postgres servers and Mailchimp's sandbox are real servers. The moment is drawn by lot:
the n-th message of a task over one line.

The column "struck" counts the trials in which the fault came before the task ended. The last column
says what differed from the world without faults after all reruns.

{table}

{total}{note}

The run notes each trial in a file, and a command makes this page of it:

```sh
export RELIABILITY_RESULTS=/tmp/results.jsonl
make soak ARGS=tests/reliability
PYTHONPATH=tests .venv/bin/python -m reliability.tally $RELIABILITY_RESULTS > docs/reliability.md
```

`RELIABILITY_MINUTES` is the length of the run, and `RELIABILITY_SEED` draws other stories. A trial
that loses something prints the command that repeats it.
"""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one trial came to.

    Attributes:
        lost: places in which the world differed.
        not_tried: why it could not be tried here.
    """

    fault: str
    story: int = 0
    number: int = 0
    struck: bool = False
    lost: tuple[str, ...] = ()
    not_tried: str = ""


def result_of(fault: str, story: int, number: int, verdict: Verdict) -> Result:
    """A trial's verdict, in short."""
    lost = {one.place for one in verdict.differences}
    if verdict.stuck:
        lost.add("a rerun that ends well")
    return Result(
        fault=fault, story=story, number=number, struck=verdict.struck, lost=tuple(sorted(lost))
    )


@dataclass
class _Row:
    fault: str
    tried: int = 0
    struck: int = 0
    bad: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    not_tried: str = ""

    def add(self, result: Result) -> None:
        if result.not_tried:
            self.not_tried = result.not_tried
            return
        self.tried += 1
        self.struck += result.struck
        self.bad += bool(result.lost)
        self.lost.update(result.lost)

    def words(self) -> str:
        if not self.tried:
            return self.not_tried
        if not self.lost:
            return "nothing"
        places = "; ".join(f"{place} ({count})" for place, count in sorted(self.lost.items()))
        return f"trials with a loss: {self.bad}: {places}"


class Tally:
    """All results so far.

    Args:
        file: where each result is noted as a line of JSON; what it holds already counts too.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._results: list[Result] = []
        if file is not None and file.exists():
            lines = file.read_text(encoding="utf-8").splitlines()
            self._results = [Result(**json.loads(line)) for line in lines]

    def add(self, result: Result) -> None:
        self._results.append(result)
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")

    def table(self) -> str:
        rows = self._rows(self._results)
        lines = ["| fault | times tried | struck | lost |", "|---|---|---|---|"]
        lines += [f"| {row.fault} | {row.tried} | {row.struck} | {row.words()} |" for row in rows]
        return "\n".join(lines)

    def page(self, note: str = "") -> str:
        tried = [one for one in self._results if not one.not_tried]
        bad = sum(bool(one.lost) for one in tried)
        return _PAGE.format(
            stories=len({one.story for one in tried}),
            table=self.table(),
            total=f"In all: {len(tried)} trials, {bad} of them with a loss.",
            note=f"\n{note}" if note else "",
        )

    @staticmethod
    def _rows(results: Iterable[Result]) -> list[_Row]:
        rows: dict[str, _Row] = {}
        for result in results:
            rows.setdefault(result.fault, _Row(result.fault)).add(result)
        return list(rows.values())


if __name__ == "__main__":
    print(Tally(Path(sys.argv[1])).page(*sys.argv[2:3]), end="")
