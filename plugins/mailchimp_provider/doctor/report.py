"""The findings for people and for programs, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from crm_mailchimp.readiness.finding import VERDICTS, ReadyFinding

#: Exit codes: nothing to do, something to do, and the command itself cannot run.
READY, NOT_READY, CANNOT_RUN = 0, 1, 2


def exit_code(findings: Sequence[ReadyFinding]) -> int:
    """0 if nothing is to do, else 1."""
    return NOT_READY if any(one.verdict == "to do" for one in findings) else READY


def text_lines(findings: Sequence[ReadyFinding]) -> Iterator[str]:
    """One line for each finding, the worst last; then the counts."""
    width = max((len(one.subject) for one in findings), default=0)
    for one in worst_last(findings):
        yield f"{one.verdict:5}  {one.subject:{width}}  {one.words}"
    counts = [(sum(one.verdict == verdict for one in findings), verdict) for verdict in VERDICTS]
    yield ", ".join(f"{count} {verdict}" for count, verdict in counts)


def as_json(findings: Sequence[ReadyFinding]) -> str:
    """A JSON object: ``ready``, and ``findings`` with ``subject``, ``verdict`` and ``words``."""
    return json.dumps(
        {
            "ready": exit_code(findings) == READY,
            "findings": [asdict(one) for one in worst_last(findings)],
        },
        ensure_ascii=False,
        indent=1,
    )


def worst_last(findings: Sequence[ReadyFinding]) -> list[ReadyFinding]:
    """The findings by verdict, in the order of the checks within each."""
    return sorted(findings, key=lambda one: VERDICTS.index(one.verdict))
