"""A run's note fits into Airflow's column; what does not fit is on the page."""

from __future__ import annotations

import pytest

from mailchimp_provider import run_notes

PAGE = "https://airflow.example.gr/mailchimp-page/"


@pytest.fixture(autouse=True)
def _page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.gr")


def test_a_note_that_is_too_long_says_where_the_rest_is() -> None:
    lines = [
        f"Mailchimp: ΣΥΛΛΟΓΗ-{number} blocked: removal_guard: " + "α" * 90 for number in range(9)
    ]
    note = run_notes._fitting(lines)
    assert len(note) == 1000
    assert note.startswith(lines[0])
    assert note.endswith(f"…\nMailchimp: more on the page: {PAGE}")
    assert run_notes._fitting(lines[:6]) == "\n".join(lines[:6])
