"""A question that waits for a person, and the name of the run that asks it."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

#: What a run needs beside the time for an answer: to start, to ask, to store.
_BESIDE = timedelta(hours=1)


class OpenQuestion(NamedTuple):
    """A question without an answer.

    Attributes:
        number: of the removal plan, or of the gate.
        age: time since the question was stored.
    """

    number: int
    age: timedelta

    def run_id(self, kind: str, answer_within: timedelta) -> str:
        """The id of the run that asks. One run asks; Airflow refuses a second one of this id.

        A run stores an answer, or that nobody answered in time. If the question is open for longer,
        its run has failed, or somebody deleted it. Then a run of another id asks.

        Args:
            kind: of the question, such as ``plan``.
            answer_within: how long a run waits for an answer.
        """
        earlier = self.age // (answer_within + _BESIDE)
        return f"{kind}-{self.number}" if earlier <= 0 else f"{kind}-{self.number}-again-{earlier}"
