"""What trials came to, as a table: fault, times tried, what was lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from reliability.trial import Verdict

_PAGE = """\
# Reliability

`make soak` disturbs the pipeline on purpose, in the middle of its work. When the fault is over, the
DAGs run again as a person would do it: tasks are cleared, or a new run starts. Then the world must
equal a world without any fault. These are compared:

- the members in Mailchimp with status, fields and CRMREF
- the campaigns in Mailchimp, and each mail that was sent
- the tables of `sync`, `stats` and `mart`, the quarantine among them
- what was written back to the CRM

Times, made-up numbers, and tables that only count runs or looks are left out.
`tests/reliability/dump.py` names each such table with its reason.

Each trial plays one chapter of a story. This run had {stories} stories. A story has Greek and odd
values, three collections, a campaign with reactions, erasures and reports. Each task is a real
process. Both Postgres servers and Mailchimp's sandbox are real servers. The moment is drawn by lot:
the n-th message of a task over one line. Every third trial plays the whole rest of its story.

The column "struck" counts the trials in which the fault came before the task ended. The last column
says what differed from the world without faults after all reruns.

{table}

{total}

The run itself writes this page, with this command:

```
RELIABILITY_PAGE=docs/reliability.md make soak ARGS=tests/reliability
```

`RELIABILITY_MINUTES` is the length of the run, and `RELIABILITY_SEED` draws other stories. A trial
that loses something prints the command that repeats it.
"""


@dataclass
class Row:
    """One line of the table."""

    fault: str
    tried: int = 0
    struck: int = 0
    good: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    not_tried: str = ""

    def add(self, verdict: Verdict) -> None:
        self.tried += 1
        self.struck += verdict.struck
        self.good += verdict.is_good
        self.lost.update({one.place for one in verdict.differences})
        if verdict.stuck:
            self.lost["a rerun that ends well"] += 1

    def words(self) -> str:
        if not self.tried:
            return self.not_tried
        if not self.lost:
            return "nothing"
        return "; ".join(f"{place} ({count} trials)" for place, count in sorted(self.lost.items()))


class Tally:
    """All rows, in the order of the faults."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.rows = {fault: Row(fault) for fault in faults}
        self.stories: set[int] = set()

    def add(self, fault: str, story: int, verdict: Verdict) -> None:
        self.stories.add(story)
        self.rows[fault].add(verdict)

    def table(self) -> str:
        lines = ["| fault | times tried | struck | lost |", "|---|---|---|---|"]
        lines += [
            f"| {row.fault} | {row.tried} | {row.struck} | {row.words()} |"
            for row in self.rows.values()
            if row.tried or row.not_tried
        ]
        return "\n".join(lines)

    def page(self) -> str:
        tried = sum(row.tried for row in self.rows.values())
        good = sum(row.good for row in self.rows.values())
        total = f"In all: {tried} trials, {tried - good} of them with a loss."
        return _PAGE.format(stories=len(self.stories), table=self.table(), total=total)
