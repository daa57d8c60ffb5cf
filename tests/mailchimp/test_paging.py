"""Walking a list that changes while it is read."""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mailchimp.mailchimp import paging
from crm_mailchimp.mailchimp.errors import UnexpectedAnswer
from crm_mailchimp.mailchimp.paging import walk


class Remote:
    """A list on the other side. ``changes``: after each answer, one function upon it."""

    def __init__(self, names: list[str], *changes: Any) -> None:
        self.names = names
        self.changes = list(changes)
        self.asked: list[tuple[int, int]] = []

    def fetch(self, count: int, offset: int) -> dict[str, Any]:
        self.asked.append((count, offset))
        page = self.names[offset : offset + count]
        if self.changes:
            self.changes.pop(0)(self.names)
        # What total_items says is not what a walk may rely on.
        return {"things": [{"id": name} for name in page], "total_items": 3}


def names(count: int) -> list[str]:
    return [f"μέλος-{number:05}" for number in range(count)]


def ids(remote: Remote, **options: Any) -> list[str]:
    return [item["id"] for item in walk(remote.fetch, "things", **options)]


def by_id(item: dict[str, Any]) -> str:
    return str(item["id"])


def test_pages_of_a_thousand_until_one_is_not_full() -> None:
    remote = Remote(names(2500))
    assert ids(remote) == names(2500)
    assert remote.asked == [(1000, 0), (1000, 1000), (1000, 2000)]


def test_an_exact_number_of_pages() -> None:
    remote = Remote(names(20))
    assert ids(remote, size=10) == names(20)
    assert remote.asked[-1] == (10, 20)


def test_nothing_there() -> None:
    assert ids(Remote([])) == []
    assert list(walk(lambda _count, _offset: None, "things")) == []


@pytest.mark.parametrize("things", [None, "text", {"id": "1"}, ["text"], [None, 7]])
def test_an_answer_without_its_list_is_no_empty_page(things: Any) -> None:
    for answer in ({"things": things}, {"others": []}):
        with pytest.raises(UnexpectedAnswer, match="no list of objects 'things'"):
            list(walk(lambda _count, _offset, answer=answer: answer, "things"))


def test_pages_are_asked_for_when_they_are_needed() -> None:
    remote = Remote(names(50))
    walking = walk(remote.fetch, "things", size=10)
    assert [next(walking)["id"] for _ in range(10)] == names(10)
    assert len(remote.asked) == 1


def test_an_item_that_comes_in_before_the_offset_repeats_none() -> None:
    def insert(there: list[str]) -> None:
        there.insert(0, "new")

    remote = Remote(names(25), insert, insert)
    assert ids(remote, size=10, key=by_id) == names(25)


def test_without_overlap_an_item_that_goes_out_hides_another() -> None:
    """Why ``overlap`` is there."""
    remote = Remote(names(25), lambda there: there.remove("μέλος-00003"))
    assert "μέλος-00010" not in ids(remote, size=10, key=by_id)


def test_with_overlap_an_item_that_goes_out_hides_none() -> None:
    remote = Remote(names(25), lambda there: there.remove("μέλος-00003"))
    assert ids(remote, size=10, key=by_id, overlap=2) == names(25)


def test_an_endpoint_that_does_not_know_paging_ends() -> None:
    assert (
        len(
            list(
                walk(
                    lambda count, _offset: {"things": [{"id": str(n)} for n in range(count)]},
                    "things",
                    key=by_id,
                )
            )
        )
        == 1000
    )


def test_memory_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr(paging, "REMEMBERED", 50)
    remote = Remote(names(1000) + names(10))
    found = ids(remote, size=10, key=by_id)
    # Repetition from afar passes: that is the price, and callers store by key.
    assert found == names(1000) + names(10)


@settings(max_examples=150, deadline=None)
@given(
    count=st.integers(0, 120),
    overlap=st.integers(1, 4),
    removals=st.lists(st.lists(st.integers(0, 119), max_size=40), max_size=12),
)
def test_all_who_stay_are_found_whatever_goes_out_meanwhile(
    count: int, overlap: int, removals: list[list[int]]
) -> None:
    gone: set[str] = set()

    def removal(numbers: list[int]) -> Any:
        def change(there: list[str]) -> None:
            for number in numbers:
                name = f"μέλος-{number:05}"
                if name in there:
                    there.remove(name)
                    gone.add(name)

        return change

    remote = Remote(names(count), *(removal(numbers) for numbers in removals))
    found = ids(remote, size=10, key=by_id, overlap=overlap)
    assert len(found) == len(set(found))
    assert set(names(count)) - gone <= set(found)


# ---- pages asked for ahead


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


@pytest.mark.parametrize("total", [0, 3, 40, 10**15, -1, "πολλά", None, True, [5]])
def test_a_wrong_total_loses_nothing(total: Any) -> None:
    remote = AheadRemote(names(95), total=total)
    assert ids_ahead(remote, key=by_id, overlap=2) == names(95)
    # No more calls run ahead of the reader than its own limit.
    assert len(remote.asked) <= 12 + 7


@settings(max_examples=300, deadline=None)
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
