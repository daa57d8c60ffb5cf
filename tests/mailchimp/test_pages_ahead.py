"""Pages of a list that changes, asked for ahead of their turn, in whatever order."""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm_mailchimp.mailchimp.paging import walk
from mailchimp.test_paging import Remote, by_id, ids, names


class AheadRemote(Remote):
    """A list whose further pages are asked for some at a time, in whatever order.

    Args:
        orders: of each group of pages, the order in which they are asked for.
    """

    def __init__(
        self,
        names: list[str],
        *changes: Any,
        together: int = 7,
        orders: Any = (),
        total: Any = None,
    ) -> None:
        super().__init__(names, *changes)
        self._together, self._orders, self._total = together, list(orders), total
        self.closed = 0

    def fetch(self, count: int, offset: int) -> dict[str, Any]:
        total = len(self.names) if self._total is None else self._total
        return super().fetch(count, offset) | {"total_items": total}

    def ahead(self, count: int) -> Any:
        def pages(offsets: Any) -> Generator[dict[str, Any]]:
            try:
                remaining = list(islice(offsets, 1000))
                while remaining:
                    group, remaining = remaining[: self._together], remaining[self._together :]
                    order = self._orders.pop(0) if self._orders else range(self._together)
                    answers = {
                        offset: self.fetch(count, offset)
                        for _, offset in sorted(zip(order, group, strict=False))
                    }
                    for offset in group:
                        yield answers[offset]
            finally:
                self.closed += 1

        return pages


def ids_ahead(remote: AheadRemote, size: int = 10, **options: Any) -> list[str]:
    walking = walk(remote.fetch, "things", size=size, ahead=remote.ahead(size), **options)
    return [item["id"] for item in walking]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 18, 19, 26, 27, 100, 1005])
def test_pages_ahead_cost_no_further_call(count: int) -> None:
    serial, ahead = Remote(names(count)), AheadRemote(names(count))
    assert ids_ahead(ahead, key=by_id, overlap=2) == names(count)
    assert ids(serial, size=10, key=by_id, overlap=2) == names(count)
    assert sorted(ahead.asked) == serial.asked


def test_one_further_page_is_asked_for_in_its_turn() -> None:
    remote = AheadRemote(names(15))
    assert ids_ahead(remote) == names(15)
    assert remote.closed == 0
    assert ids_ahead(long := AheadRemote(names(25))) == names(25)
    assert long.closed == 1


@pytest.mark.parametrize("total", [0, 3, 40, 10**15, 10**30, -1, "πολλά", None, True, [5]])
def test_a_wrong_total_loses_nothing(total: Any) -> None:
    remote = AheadRemote(names(95), total=total)
    assert ids_ahead(remote, key=by_id, overlap=2) == names(95)
    # No more calls run ahead of the reader than its own limit.
    assert len(remote.asked) <= 12 + 7


@settings(max_examples=400, deadline=None)
@given(
    count=st.integers(0, 200),
    overlap=st.integers(1, 4),
    changes=st.lists(
        st.lists(
            st.one_of(
                st.tuples(st.just("out"), st.integers(0, 199)),
                st.tuples(st.just("in"), st.integers(0, 199)),
            ),
            max_size=20,
        ),
        max_size=25,
    ),
    orders=st.lists(st.permutations(range(7)), max_size=6),
)
@example(
    count=57,
    overlap=3,
    changes=[[], [], [], [("out", 0), ("out", 1), ("out", 2)], [("out", 52)], [("in", 0)]],
    orders=[[0, 1, 2, 5, 6, 4, 3]],
)
def test_all_who_stay_are_found_in_whatever_order_pages_are_read(
    count: int, overlap: int, changes: Any, orders: Any
) -> None:
    """Items go out, and come in anywhere, while pages are read before those in front of them."""
    gone: set[str] = set()
    fresh = iter(f"νέο-{number:05}" for number in range(10_000))

    def change(acts: Any) -> Any:
        def upon(there: list[str]) -> None:
            for act, number in acts:
                name = f"μέλος-{number:05}"
                if act == "in":
                    there.insert(min(number, len(there)), next(fresh))
                elif name in there:
                    there.remove(name)
                    gone.add(name)

        return upon

    remote = AheadRemote(names(count), *map(change, changes), orders=orders)
    found = ids_ahead(remote, key=by_id, overlap=overlap)
    assert len(found) == len(set(found))
    assert set(names(count)) - gone <= set(found)
