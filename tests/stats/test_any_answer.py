"""Whatever values an object of the API has: it lands, or it is named and all others land."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_mailchimp.stats import (
    abuse_reports,
    activity,
    audience_activity,
    audience_figures,
    audience_growth,
    campaigns,
    clicked_links,
    domains,
    locations,
    member_activity,
    proxy_opens,
    recipients,
    report_snapshots,
    sub_reports,
    unsubscribes,
)
from crm_mailchimp.stats.landing import land
from crm_mailchimp.stats.shapes import LeftOut, Shape

SHAPES: list[Shape] = [
    module.SHAPE  # type: ignore[attr-defined]
    for module in (
        abuse_reports, activity, audience_activity, audience_figures, audience_growth, campaigns,
        clicked_links, domains, locations, member_activity, proxy_opens, recipients,
        report_snapshots, sub_reports, unsubscribes,
    )
]  # fmt: skip
TIMES = st.datetimes().map(lambda moment: moment.isoformat()) | st.sampled_from(
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-01T08:00:00+00:00"]
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**80), 2**80),
    st.sampled_from([2**31, 2**53, 2**63, -(2**63) - 1, 0.0, -0.0]),
    st.floats(),
    st.text(st.characters(codec=None), max_size=8),
    TIMES,
    st.sampled_from(["open", "sent", "2026-10", "9999-12", "0001-01", "\\u0000", "\ud83c"]),
    st.lists(st.text(st.characters(codec=None), max_size=3) | st.floats(), max_size=3),
    st.dictionaries(st.text(st.characters(codec=None), max_size=3), st.floats(), max_size=3),
)


@st.composite
def objects(draw: st.DrawFn, shape: Shape) -> dict[str, Any]:
    """An object with any value in some of the shape's fields, and a field that nobody knows."""
    item: dict[str, Any] = {"νέο": draw(VALUES)}
    for field in shape.fields:
        *parents, last = field.source.split(".")
        level: Any = item
        for parent in parents:
            level = level.setdefault(parent, {})
        if isinstance(level, dict):
            level[last] = draw(VALUES)
    return item


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.stream)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_object_lands_or_is_named(warehouse_db: str, shape: Shape, data: st.DataObject) -> None:
    items = data.draw(st.lists(objects(shape), min_size=1, max_size=4))
    left_out = LeftOut()
    with psycopg.connect(warehouse_db) as warehouse:
        landed = land(warehouse, shape, items, left_out, may_be_empty=True)
        stored = warehouse.execute(
            f"select count(*), count(to_jsonb(landed)) from landing_{shape.stream} as landed"
        ).fetchone()
        # What lands can be read again, too.
        warehouse.execute(f"select * from landing_{shape.stream}").fetchall()
    assert stored == (landed, landed)
    assert landed + len(left_out.errors) == len(items)
