"""Calls side by side: how many, in which order, what an error does, and what is given back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from crm_mailchimp.errors import PassingError
from crm_mailchimp.mailchimp import lanes
from crm_mailchimp.mailchimp.lanes import MOST_LANES, Lanes

PATIENCE = 30.0


@dataclass(eq=False)
class Line:
    """A client that notes what became of it."""

    name: str
    wanted: bool = False
    is_open: bool = True
    calls: list[int] = field(default_factory=list)

    def is_wanted(self) -> bool:
        return self.wanted


class Exchange:
    """Opens at most so many lines."""

    def __init__(self, most: int = 99) -> None:
        self.most, self.lines, self.asked = most, list[Line](), 0
        self.now = 0.0

    def another(self) -> AbstractContextManager[Line]:
        @contextmanager
        def opened() -> Iterator[Line]:
            self.asked += 1
            if len(self.open) >= self.most:
                raise PassingError("καμία ελεύθερη γραμμή")
            line = Line(f"γραμμή {len(self.lines)}")
            self.lines.append(line)
            try:
                yield line
            finally:
                line.is_open = False

        return opened()

    @property
    def open(self) -> list[Line]:
        return [line for line in self.lines if line.is_open]

    def lanes(self, own: Line | None = None) -> Lanes[Line]:
        return Lanes(self.another, own or Line("δική μας"), clock=lambda: self.now)


def noting(act: Callable[[int], int] = lambda piece: piece) -> Callable[[Line, int], int]:
    def call(line: Line, piece: int) -> int:
        line.calls.append(piece)
        return act(piece)

    return call


def test_as_many_calls_are_in_flight_as_there_are_lines() -> None:
    exchange = Exchange()
    together = threading.Barrier(MOST_LANES)

    def call(piece: int) -> int:
        together.wait(PATIENCE)  # passes only if so many calls are in flight at once
        return -piece

    found = list(exchange.lanes().each(range(3 * MOST_LANES), noting(call)))

    assert sorted(found) == [(piece, -piece) for piece in range(3 * MOST_LANES)]
    assert len(exchange.lines) == MOST_LANES
    assert exchange.open == []


def test_without_a_free_line_our_own_calls_one_after_the_other() -> None:
    exchange, own = Exchange(most=0), Line("δική μας")

    def work() -> Iterator[int]:
        for piece in range(6):
            exchange.now += 2.0
            yield piece

    found = list(exchange.lanes(own).each(work(), noting()))

    assert found == [(piece, piece) for piece in range(6)]
    assert own.calls == list(range(6))
    assert exchange.asked == 2, "asked again after five seconds, and not for each call"
    assert list(Lanes(None, own).each([7], noting())) == [(7, 7)]


def test_no_work_opens_no_line() -> None:
    exchange = Exchange()
    assert list(exchange.lanes().each([], noting())) == []
    assert exchange.asked == 0


def test_a_piece_is_taken_when_a_line_is_free_for_it() -> None:
    exchange = Exchange(most=2)
    running, ended, late = threading.Barrier(2), threading.Event(), []

    def work() -> Iterator[int]:
        for piece in range(4):
            if piece == 2:
                late.append(ended.is_set())
            yield piece

    def call(piece: int) -> int:
        if piece < 2:
            running.wait(PATIENCE)
            ended.set()
        return piece

    assert len(list(exchange.lanes().each(work(), noting(call)))) == 4
    assert late == [True], "what was looked up for it would be old"


def test_a_piece_is_sent_before_answers_are_read_that_came_while_it_was_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exchange, answered = Exchange(most=2), threading.Semaphore(0)
    unsent: list[int] = []

    class Threads(ThreadPoolExecutor):
        def submit(self, *arguments: Any, **named: Any) -> Any:
            unsent.clear()
            return super().submit(*arguments, **named)

    def work() -> Iterator[int]:
        for piece in range(200):
            if piece:
                answered.acquire(timeout=PATIENCE)  # the call before ends while this one is made
            unsent.append(piece)
            yield piece

    def call(piece: int) -> int:
        answered.release()
        return piece

    monkeypatch.setattr(lanes, "ThreadPoolExecutor", Threads)
    late = [list(unsent) for _ in exchange.lanes().each(work(), noting(call)) if unsent]
    assert late == [], "what was looked up for it grew old while another answer was read"


def test_an_error_comes_after_the_answers_in_flight_and_nothing_new_is_sent() -> None:
    exchange = Exchange(most=3)
    taken = []
    failed = threading.Event()

    def work() -> Iterator[int]:
        for piece in range(99):
            taken.append(piece)
            yield piece

    def call(piece: int) -> int:
        if piece == 1:
            failed.set()
            raise LookupError("χάθηκε")
        failed.wait(PATIENCE)
        return piece

    answers = []
    with pytest.raises(LookupError, match="χάθηκε"):
        for piece, _ in exchange.lanes().each(work(), noting(call)):
            answers.append(piece)

    sent = sorted(piece for line in exchange.lines for piece in line.calls)
    assert sorted(answers) == [piece for piece in sent if piece != 1]
    # One more piece may have been taken before the error was known.
    assert len(taken) - 1 <= len(sent) <= len(taken)
    assert len(taken) < 10
    assert exchange.open == []


def test_a_caller_that_gives_up_leaves_nothing_open() -> None:
    exchange = Exchange(most=4)
    with pytest.raises(ZeroDivisionError):
        for _ in exchange.lanes().each(range(99), noting()):
            raise ZeroDivisionError
    assert exchange.lines
    assert exchange.open == []
    assert not [one for one in threading.enumerate() if one.name.startswith("mailchimp")]


def test_a_line_that_somebody_waits_for_is_given_back_after_its_call() -> None:
    exchange = Exchange(most=1)
    lanes, seen = exchange.lanes(), []
    for piece, _ in lanes.each(range(4), noting()):
        seen.append([len(line.calls) for line in exchange.lines])
        if piece == 1:
            exchange.lines[-1].wanted = True
        if piece == 2:
            exchange.most = 0
    # The third call is the last on that line; the fourth is our own.
    assert exchange.lines[0].calls == [0, 1, 2]
    assert not exchange.lines[0].is_open
    assert len(exchange.lines) == 1


def test_lines_without_work_are_given_back() -> None:
    exchange = Exchange(most=3)
    together = threading.Barrier(3)
    until = time.monotonic() + PATIENCE

    def work() -> Iterator[int]:
        yield from range(3)
        # One piece at a time, until the others are gone.
        while len(exchange.open) > 1 and time.monotonic() < until:
            exchange.now += 3.0
            yield 3

    def call(piece: int) -> int:
        if piece < 3:
            together.wait(PATIENCE)
        return piece

    for _ in exchange.lanes().each(work(), noting(call)):
        last = len(exchange.open)
    assert last == 1, "one is enough for so little work"


# ---- in the order of the work


def test_answers_come_in_order_while_calls_run_ahead() -> None:
    exchange = Exchange()
    together = threading.Barrier(MOST_LANES)

    def call(piece: int) -> int:
        together.wait(PATIENCE)  # passes only if so many calls are in flight at once
        return -piece

    found = list(exchange.lanes().in_order(range(3 * MOST_LANES), noting(call)))

    assert found == [(piece, -piece) for piece in range(3 * MOST_LANES)]
    assert len(exchange.lines) == MOST_LANES
    assert exchange.open == []


def test_calls_run_ahead_of_a_slow_reader_only_so_far() -> None:
    exchange, taken = Exchange(), []

    def work() -> Iterator[int]:
        for piece in range(99):
            taken.append(piece)
            yield piece

    for number, (piece, _) in enumerate(exchange.lanes().in_order(work(), noting())):
        assert piece == number
        # One more piece is held ready.
        assert len(taken) <= number + MOST_LANES + 1
    assert len(taken) == 99


def test_a_slow_first_answer_holds_back_the_later_ones() -> None:
    exchange, late = Exchange(), threading.Event()
    ended: list[int] = []

    def call(piece: int) -> int:
        if piece == 0:
            assert late.wait(PATIENCE)
        ended.append(piece)
        if piece == MOST_LANES - 1:
            late.set()
        return piece

    found = [piece for piece, _ in exchange.lanes().in_order(range(9), noting(call))]

    assert found == list(range(9))
    assert ended.index(0) > ended.index(MOST_LANES - 1)


def test_in_order_without_a_free_line_our_own_calls() -> None:
    exchange, own = Exchange(most=0), Line("δική μας")
    assert list(exchange.lanes(own).in_order(range(6), noting())) == [(n, n) for n in range(6)]
    assert own.calls == list(range(6))
    assert list(Lanes(None, own).in_order([7], noting())) == [(7, 7)]
    assert list(exchange.lanes().in_order([], noting())) == []


def test_an_error_comes_when_it_is_its_turn() -> None:
    exchange = Exchange()

    def call(piece: int) -> int:
        if piece == 3:
            raise LookupError("χάθηκε")
        return piece

    answers = []
    with pytest.raises(LookupError, match="χάθηκε"):
        for piece, _ in exchange.lanes().in_order(range(99), noting(call)):
            answers.append(piece)

    assert answers == [0, 1, 2]
    assert sum(len(line.calls) for line in exchange.lines) <= 3 + MOST_LANES
    assert exchange.open == []


def test_a_reader_that_stops_early_leaves_nothing_open() -> None:
    exchange = Exchange(most=4)
    reading = exchange.lanes().in_order(range(99), noting())
    next(reading)
    assert exchange.open
    reading.close()
    assert exchange.open == []
    assert not [one for one in threading.enumerate() if one.name.startswith("mailchimp")]


def test_in_order_a_line_that_somebody_waits_for_is_given_back() -> None:
    exchange = Exchange(most=1)
    for piece, _ in exchange.lanes().in_order(range(4), noting()):
        if piece == 0:
            exchange.lines[0].wanted = True
            exchange.most = 0
    assert not exchange.lines[0].is_open
    assert len(exchange.lines) == 1
    assert exchange.lines[0].calls in ([0], [0, 1]), "one more call may be in flight by then"


@pytest.mark.parametrize("most", [1, 3, 99])
def test_calls_run_ahead_only_as_far_as_is_said(most: int) -> None:
    exchange, taken = Exchange(), []

    def work() -> Iterator[int]:
        for piece in range(40):
            taken.append(piece)
            yield piece

    reading = exchange.lanes().in_order(work(), noting(), most=most)
    for number, _ in enumerate(reading):
        assert len(taken) <= number + min(most, MOST_LANES) + 1
    assert len(taken) == 40
    assert len(exchange.lines) <= min(most, MOST_LANES)


def test_a_page_whose_line_was_lost_is_asked_for_by_our_own() -> None:
    exchange, own = Exchange(), Line("δική μας")

    def call(line: Line, piece: int) -> int:
        line.calls.append(piece)
        if line is not own and piece == 3:
            raise PassingError("χάθηκε η γραμμή")
        return piece

    found = list(exchange.lanes(own).in_order(range(9), call))

    assert found == [(piece, piece) for piece in range(9)]
    assert own.calls == [3]
