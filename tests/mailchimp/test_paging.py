"""Walking a list that changes while it is read."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
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


class Counted(Remote):
    """The same with the number of items, and asked for ahead: so many pages before their turn."""

    def __init__(self, names: list[str], *changes: Any, most: int = 7, more: int = 0) -> None:
        super().__init__(names, *changes)
        self.most, self.more = most, more

    def fetch(self, count: int, offset: int) -> dict[str, Any]:
        total = len(self.names) + self.more
        return {**super().fetch(count, offset), "total_items": total}

    def ahead(self, offsets: Sequence[int]) -> Generator[dict[str, Any] | None]:
        coming: deque[dict[str, Any]] = deque()
        waiting = deque(offsets)
        while coming or waiting:
            while waiting and len(coming) < self.most:
                coming.append(self.fetch(10, waiting.popleft()))
            yield coming.popleft()


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


@pytest.mark.parametrize("overlap", [0, 3])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 17, 18, 20, 23, 24, 25, 31, 100, 101, 104, 107])
def test_pages_asked_for_ahead_are_no_more_than_one_after_the_other(
    count: int, overlap: int
) -> None:
    alone, ahead = Remote(names(count)), Counted(names(count))
    assert ids(alone, size=10, key=by_id, overlap=overlap) == names(count)
    found = ids(ahead, size=10, key=by_id, overlap=overlap, ahead=ahead.ahead)
    assert found == names(count)
    assert sorted(ahead.asked) == sorted(alone.asked)


@pytest.mark.parametrize("more", [-30, 30])
def test_a_wrong_number_of_items_hides_none(more: int) -> None:
    remote = Counted(names(64), more=more)
    assert ids(remote, size=10, key=by_id, overlap=3, ahead=remote.ahead) == names(64)


def test_nothing_is_asked_for_ahead_before_the_second_page_is_wanted() -> None:
    remote = Counted(names(64))
    walking = walk(remote.fetch, "things", size=10, key=by_id, overlap=3, ahead=remote.ahead)
    assert [next(walking)["id"] for _ in range(10)] == names(10)
    assert remote.asked == [(10, 0)]


def test_items_that_go_out_while_pages_are_asked_for_ahead_hide_none() -> None:
    def leave(there: list[str]) -> None:
        del there[2:9]  # more than a page repeats

    remote = Counted(names(64), lambda _: None, lambda _: None, leave)
    found = ids(remote, size=10, key=by_id, overlap=3, ahead=remote.ahead)
    assert len(remote.names) == 57
    assert set(remote.names) <= set(found)
    assert len(found) == len(set(found))


@settings(max_examples=150, deadline=None)
@given(
    count=st.integers(0, 120),
    overlap=st.integers(1, 4),
    most=st.integers(1, 7),
    removals=st.lists(st.lists(st.integers(0, 119), max_size=40), max_size=12),
)
def test_all_who_stay_are_found_ahead_whatever_goes_out_meanwhile(
    count: int, overlap: int, most: int, removals: list[list[int]]
) -> None:
    def removal(numbers: list[int]) -> Any:
        def change(there: list[str]) -> None:
            there[:] = [name for name in there if int(name[-5:]) not in numbers]

        return change

    remote = Counted(names(count), *map(removal, removals), most=most)
    found = ids(remote, size=10, key=by_id, overlap=overlap, ahead=remote.ahead)
    assert len(found) == len(set(found))
    assert set(remote.names) <= set(found)
