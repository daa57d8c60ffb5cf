"""The picture: time for 1,000 contacts and peak memory, as the number of contacts doubles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.far_end import FarEnd
from benchmarks.one_collection import one_collection
from benchmarks.picture import Point, Series, draw_growth
from benchmarks.settings import Settings
from benchmarks.table import Case, Measured, Table
from benchmarks.wire import renamings, send

FIRST, BACK, UNCHANGED = "first sync", "pull-back of all", "nothing changed"


@pytest.mark.timeout(14_400)
def test_growth(
    server: Any, far_end: FarEnd, settings: Settings, table: Table, tmp_path: Path
) -> None:
    far_end.set_latency(min(settings.latencies_ms))
    points: dict[str, list[Point]] = {FIRST: [], BACK: [], UNCHANGED: []}
    for contacts in settings.growth:
        far_end.forget()
        for name, cost in _costs(server, far_end, contacts, tmp_path).items():
            assert cost.peak_mib
            point = Point(contacts=contacts, seconds=cost.seconds, peak_mib=cost.peak_mib)
            points[name].append(point)
            table.add(
                Case(
                    name=f"growth: {name}, {contacts:,} contacts", value=cost.seconds,
                    target=None, rows=contacts, cost=cost,
                )
            )  # fmt: skip
            # After each point: a run that is stopped leaves what it has.
            _draw(points, settings.picture)


def _costs(server: Any, far_end: FarEnd, contacts: int, folder: Path) -> dict[str, Measured]:
    with one_collection(server, far_end, contacts, folder) as one:
        first = one.sync()
        assert first.push.result["added"] == contacts
        far_end.let_pass(seconds=2)
        send(far_end, renamings(one.list_id, one.addresses(contacts), "Μαγδαληνή"))
        back = one.pull()
        assert len(back.read) > contacts // 1_000, "not all members were read"
        unchanged = one.sync()
        assert unchanged.push.result["unchanged"] == contacts
        assert unchanged.without_check.writes == 0, "nothing changed, so nothing may be written"
    return {
        FIRST: first.without_check,
        BACK: back.cost,
        UNCHANGED: unchanged.without_check,
    }


def _draw(points: dict[str, list[Point]], path: Path) -> None:
    whole = min(map(len, points.values()))
    if whole:
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn = [Series(name, measured[:whole]) for name, measured in points.items()]
        path.write_text(draw_growth(drawn), encoding="utf-8")
