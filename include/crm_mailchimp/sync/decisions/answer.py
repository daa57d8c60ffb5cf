"""A person's answer to a question that Airflow asks: about removals, or about a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Decision = Literal["approved", "rejected", "timed_out"]

#: What the person may choose; anything else, and no answer at all, is a rejection.
APPROVE, REJECT = "Approve", "Reject"


def read_decision(answer: Mapping[str, Any] | None) -> tuple[Decision, str | None]:
    """The decision that a human-in-the-loop task returned, and Airflow's id of who made it.

    Only one clear "Approve" given by a person approves. Airflow fills in a default when the time is
    over. A default has no person, so it is a rejection by timeout, even if it is "Approve".

    Args:
        answer: ``chosen_options`` and ``responded_by_user`` as the task returned them; None when
            it returned nothing.
    """
    user = (answer or {}).get("responded_by_user")
    if not user:
        return "timed_out", None
    chosen = (answer or {}).get("chosen_options")
    return ("approved" if chosen == [APPROVE] else "rejected"), str(user["id"])
