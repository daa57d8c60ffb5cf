"""One collection against the bare wire work: all are added, changed, read back, and withdraw.

Between these, nothing or a little changes. All of it at each latency. Another server than the
sandbox answers as fast as it does, and is measured once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.bare_batches import batches_like, calls_for_each, pattern_of, run_batches
from benchmarks.far_end import FarEnd
from benchmarks.one_collection import OneCollection, Run, one_collection
from benchmarks.other_tools import one_batch_after_another, one_call_for_each
from benchmarks.settings import Settings, read_settings
from benchmarks.table import Case, Measured, Table, at_least_as_fast, at_most, at_most_alone, timed
from benchmarks.wire import PAGE, additions, read_again, send

#: More calls than pages, for looks at the audience.
_MORE_CALLS = 1.05


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("latency", read_settings().latencies_ms)
def test_one_collection(
    server: Any, far_end: FarEnd, settings: Settings, table: Table, tmp_path: Path, latency: int
) -> None:
    if not far_end.is_sandbox and latency != settings.latencies_ms[0]:
        pytest.skip("the other end answers as fast as it does")
    with one_collection(server, far_end, settings.contacts, tmp_path) as one:
        far_end.set_latency(latency)
        cases = _Cases(table, far_end, one, f", {latency} ms" if far_end.is_sandbox else "")
        is_slowest = latency == max(settings.latencies_ms) or not far_end.is_sandbox
        cases.first_sync(1.5 if latency else 3.0)
        if is_slowest:
            cases.other_tools(settings.sample)
        cases.second_sync()
        cases.little_changed()
        cases.all_changed()
        cases.all_read_back()
        cases.all_withdrawn()


class _Cases:
    """The cases of one latency, in their order: each goes on from the one before."""

    def __init__(self, table: Table, far_end: FarEnd, one: OneCollection, suffix: str) -> None:
        self._table, self._far_end, self._one, self._suffix = table, far_end, one, suffix
        self._unchanged: Run | None = None

    def first_sync(self, most: float) -> None:
        """Everybody is added; the same by hand, into another audience."""
        one = self._one
        run = one.sync(check=True)
        assert run.push.result["added"] == one.contacts
        with one.place.provider() as provider:
            list_id = one.another_audience(provider)
        bare = send(self._far_end, additions(list_id, one.contacts, prefix="bare"))
        self._timed("push of ready contacts", run.push.cost, "bare additions", bare, 1.5)
        self._timed("first sync, all steps", run.whole, "bare additions", bare, most)
        pages = -(-one.contacts // PAGE)
        for name, calls in (
            ("calls of the first sync", run.whole.calls or 0),
            ("of these, calls that add members", run.push.templates["POST /lists/{list_id}"]),
        ):
            self._table.add(
                Case(
                    name=f"{name}{self._suffix}",
                    value=calls,
                    unit="calls",
                    target=at_most_alone(int(pages * _MORE_CALLS)),
                    against="pages of 500",
                    against_value=pages,
                )
            )

    def other_tools(self, sample: int) -> None:
        """The first sync against what other programs do."""
        one, ours = self._one, self._one.runs[0].whole
        with one.place.provider() as provider:
            lists = [one.another_audience(provider) for _ in range(2)]
        batches = one_batch_after_another(self._far_end, lists[0], one.contacts, sample)
        calls = one_call_for_each(self._far_end, lists[1], one.contacts, sample)
        for theirs, times in ((batches, 5), (calls, 1_000)):
            self._table.add(
                timed(
                    f"first sync, all steps{self._suffix}", ours, theirs.name, theirs.seconds,
                    at_least_as_fast(times), rows=one.contacts,
                )
            )  # fmt: skip

    def second_sync(self) -> None:
        """Nothing changed, but for what the first sync did itself; then nothing at all."""
        one = self._one
        bare = one.bare_comparison()
        for name, check in (
            ("second sync, nothing changed", False),
            ("third sync, nothing changed", True),
        ):
            run = one.sync(check=check)
            assert run.push.result["unchanged"] == one.contacts
            assert run.whole.writes == 0, "nothing changed, so nothing may be written"
            self._timed(
                name, run.without_check, "COPY and a hash join", Measured(seconds=bare), 2.0
            )
            self._unchanged = run
        assert self._unchanged is not None and self._unchanged.check is not None
        self._table.add(
            Case(
                name=f"writes when nothing changed{self._suffix}",
                value=self._unchanged.whole.writes or 0,
                unit="writes",
                target=at_most_alone(0),
                cost=self._unchanged.whole,
            )
        )
        self._timed(
            "Great Expectations, no part of these", self._unchanged.check.cost,
            "third sync, nothing changed", self._unchanged.without_check, None,
        )  # fmt: skip

    def little_changed(self) -> None:
        """One per cent has another name; the bare loop changes the same members again."""
        one, changed = self._one, max(1, self._one.contacts // 100)
        one.rename("Μαρίνα", changed)
        run = one.sync()
        assert run.push.result["updated"] == changed
        assert self._unchanged is not None
        bare = self._bare_changes(run, changed, "Μαριάννα")
        ours = run.without_check
        net = Measured(**{**vars(ours), "seconds": ours.seconds - bare.seconds})
        self._timed(
            f"1 % changed, less {bare.seconds:.2f} s wire", net, "nothing changed",
            self._unchanged.without_check, 1.2, rows=changed,
        )  # fmt: skip
        one.pull()

    def all_changed(self) -> None:
        """Everybody has another name; the bare loop changes the same members again."""
        one = self._one
        one.rename("Ελένη", one.contacts)
        run = one.sync()
        assert run.push.result["updated"] == one.contacts
        one.pull()
        self._far_end.let_pass(seconds=2)
        bare = self._bare_changes(run, one.contacts, "Μαγδαληνή")
        self._timed("one field of all changed", run.without_check, "bare /batches", bare, 1.5)

    def all_read_back(self) -> None:
        """The bare loop changed all members: all of them are read back."""
        one = self._one
        done = one.pull()
        assert len(done.read) > one.contacts // 1_000, "not all members were read"
        assert done.cost.writes == 0
        bare = read_again(self._far_end, done.read)
        self._timed("pull-back of changed members", done.cost, "bare paging", bare, 2.0)

    def all_withdrawn(self) -> None:
        """Everybody withdraws; the bare loop unsubscribes the same members again, which costs
        Mailchimp as much."""
        one = self._one
        one.withdraw()
        run = one.sync()
        assert run.push.result["removed"] == one.contacts
        bare = self._bare_changes(run, one.contacts, None)
        self._timed("all withdraw", run.without_check, "bare /batches", bare, 1.5)

    def _bare_changes(self, run: Run, members: int, first_name: str | None) -> Measured:
        one = self._one
        if run.push.first_batch is None:
            assert first_name is not None
            changes = calls_for_each(one.list_id, one.members(members), first_name)
            return send(self._far_end, changes)
        pattern = pattern_of(run.push.first_batch)
        return run_batches(
            self._far_end, batches_like(pattern, one.list_id, one.members(members), first_name)
        )

    def _timed(
        self,
        name: str,
        ours: Measured,
        against: str,
        theirs: Measured,
        most: float | None,
        *,
        rows: int | None = None,
    ) -> None:
        self._table.add(
            timed(
                f"{name}{self._suffix}", ours, against, theirs,
                None if most is None else at_most(most), rows=rows or self._one.contacts,
            )
        )  # fmt: skip
