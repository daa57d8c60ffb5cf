"""The benchmarks' table: figures, targets that are missed, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.table import (
    Case,
    Measured,
    Table,
    Target,
    at_least_as_fast,
    at_most,
    at_most_alone,
    at_most_more,
    timed,
)


@pytest.mark.parametrize(
    ("target", "value", "against", "figure", "is_reached"),
    [
        (at_most(1.5), 3.0, 2.0, 1.5, True),
        (at_most(1.5), 3.2, 2.0, 1.6, False),
        (at_least_as_fast(5), 2.0, 10.0, 5.0, True),
        (at_least_as_fast(5), 2.0, 9.0, 4.5, False),
        (at_most_more(0.5), 1.5, 1.0, 0.5, True),
        (at_most_more(0.5), 1.75, 1.0, 0.75, False),
        (at_most_alone(13), 13, None, 13, True),
        (at_most_alone(13), 14, None, 14, False),
    ],
)
def test_a_figure_and_its_target(
    target: Target, value: float, against: float | None, figure: float, is_reached: bool
) -> None:
    case = Case(name="δοκιμή", value=value, target=target, against_value=against)
    assert case.figure == figure
    assert case.is_reached is is_reached


def test_a_ratio_needs_something_to_compare_with() -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        _ = Case(name="δοκιμή", value=1.0, target=at_most(2)).figure


def test_the_table_shows_what_is_missed_and_writes_it(tmp_path: Path) -> None:
    table = Table({"contacts": 1_000})
    ours = Measured(seconds=2.0, calls=1_234, in_flight=8, peak_mib=90, server_cpu=1.25)
    table.add(timed("first sync", ours, "bare", 1.0, at_most(3), rows=1_000))
    table.add(Case(name="writes", value=1, unit="writes", target=at_most_alone(0)))
    lines = str(table).splitlines()
    assert lines[0].startswith("contacts 1000, Python ")
    assert lines[4] == (
        "| first sync | 2.00 s | bare | 1.00 s | 2.00 | ≤ 3 × | yes | 500 | 1,234 | 8 | 90 | 1.2 |"
    )
    assert lines[5] == (
        "| writes | 1 writes | – | – | 1.00 | ≤ 0 writes | **missed** | – | – | – | – | – |"
    )
    assert lines[-1] == "2 cases, 1 of them missed their target"

    table.add(timed("marts", ours, "full rebuild", 1_000.0, at_most(0.01)))
    assert "| 0.0020 | ≤ 0.01 × | yes |" in str(table)

    table.write(tmp_path / "new" / "table.json")
    written = json.loads((tmp_path / "new" / "table.json").read_text())
    assert written["settings"] == {"contacts": 1_000}
    first, writes, _ = written["cases"]
    assert (first["figure"], first["reached"], first["rows_per_second"]) == (2.0, True, 500.0)
    assert first["cost"]["server_cpu"] == 1.25
    assert (writes["figure"], writes["reached"]) == (1, False)
