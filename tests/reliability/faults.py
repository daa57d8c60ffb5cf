"""The faults that trials put into a story."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from reliability.lines import Bad, Trap
from reliability.runs import DagRun
from reliability.servers import Clock, NotPermittedError, SmallDisk
from reliability.story import CHAPTERS
from reliability.trial import Ending, Verdict, World, recover
from reliability.work import Outcome, Running, Task, run_task

_SYNCS = tuple(number for number, one in enumerate(CHAPTERS) if "sync" in one.dags)


@dataclass(frozen=True)
class Fault:
    """One kind of trouble.

    Attributes:
        name: what the table calls it.
        chapters: those in which it can happen.
        places: of the tasks, differing from the usual.
    """

    name: str
    play: Callable[[World, Ending, int, random.Random, Verdict], None]
    chapters: tuple[int, ...] = tuple(range(len(CHAPTERS)))
    places: Mapping[str, Any] = field(default_factory=dict)

    def suits(self, chapter: int) -> bool:
        return chapter in self.chapters

    def disturb(
        self, world: World, ending: Ending, chapter: int, draw: random.Random, verdict: Verdict
    ) -> None:
        """Play a chapter's DAGs with this trouble in them, until they have ended well."""
        self.play(world, ending, chapter, draw, verdict)


# ---- faults at one moment of one task


class _Moment:
    """A fault that strikes one task of the chapter, at the n-th message over one line."""

    def __init__(
        self, line: str, set_up: Callable[[World, random.Random, int, _Victim], Callable[[], bool]]
    ) -> None:
        self.line, self.set_up = line, set_up

    def __call__(
        self, world: World, ending: Ending, chapter: int, draw: random.Random, verdict: Verdict
    ) -> None:
        reach = {
            where: getattr(found, self.line)
            for where, found in ending.reach.items()
            if getattr(found, self.line)
        }
        # Messages are drawn, not tasks: a long task is hit more often.
        where = draw.choices(list(reach), weights=list(reach.values()))[0]
        number = draw.randint(1, reach[where])
        verdict.log.append(f"victim: {where[1]}, message {number} of {reach[where]} ({self.line})")
        for place, dag in enumerate(CHAPTERS[chapter].dags):
            run = world.run(dag)
            victim = _Victim()

            def runner(
                key: str, task: Task, place: int = place, victim: _Victim = victim
            ) -> Outcome:
                if (place, key) != where or victim.is_over:
                    return run_task(world.places, task)
                has_struck = self.set_up(world, draw, number, victim)
                victim.running = Running(world.places, task)
                victim.is_there.set()
                outcome = victim.running.wait()
                victim.is_over = True
                verdict.struck = has_struck()
                for database in (world.crm_line, world.warehouse_line):
                    database.set(None)
                world.mailchimp_line.set()
                return outcome

            run.play(runner)
            recover(world, run, draw, verdict)
            if verdict.stuck:
                return


@dataclass
class _Victim:
    """The task that a fault strikes."""

    running: Running | None = None
    is_over: bool = False
    is_there: threading.Event = field(default_factory=threading.Event)

    def kill(self) -> None:
        assert self.is_there.wait(10) and self.running
        self.running.kill()


def _trap_in(line: str, act: Callable[[World, _Victim], object], *, cuts: bool = False) -> Any:
    def set_up(
        world: World, draw: random.Random, number: int, victim: _Victim
    ) -> Callable[[], bool]:
        when = draw.choice(("before", "after"))
        trap = Trap(number, lambda: act(world, victim), when=when, cuts=cuts)
        getattr(world, f"{line}_line").set(trap)
        # A server that restarts is up again before anything else happens.
        return lambda: trap.struck and trap.over.wait(60)

    return _Moment(line, set_up)


def _bad(kind: str, *, most: int = 1, statuses: tuple[int, ...] = (502,)) -> Any:
    def set_up(
        world: World, draw: random.Random, number: int, victim: _Victim
    ) -> Callable[[], bool]:
        bad = Bad(kind, number, count=draw.randint(1, most), status=draw.choice(statuses))
        world.mailchimp_line.set(bad=bad)
        return lambda: bad.struck > 0

    return _Moment("mailchimp", set_up)


def _restart(which: str, how: signal.Signals) -> Callable[[World, _Victim], object]:
    return lambda world, victim: getattr(world, f"{which}_server").restart(how)


def _terminate(which: str) -> Callable[[World, _Victim], object]:
    return lambda world, victim: getattr(world, f"{which}_server").end_sessions(
        f"{which}_{world.name}"
    )


def _kill(world: World, victim: _Victim) -> None:
    victim.kill()


def _pass(world: World, victim: _Victim) -> None:
    """The line does it."""


# ---- faults of people and schedules


def _two_at_once(
    world: World, ending: Ending, chapter: int, draw: random.Random, verdict: Verdict
) -> None:
    for dag in CHAPTERS[chapter].dags:
        runs = [world.run(dag), world.run(dag)]
        delay = draw.random()

        def later(run: DagRun, seconds: float) -> None:
            threading.Event().wait(seconds)
            run.play(lambda key, task: run_task(world.places, task))

        threads = [
            threading.Thread(target=later, args=(run, delay * number))
            for number, run in enumerate(runs)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        verdict.struck = True
        for run in runs:
            recover(world, run, draw, verdict)


def _any_order(
    world: World, ending: Ending, chapter: int, draw: random.Random, verdict: Verdict
) -> None:
    """Tasks of all runs are cleared in any order, before and after they ended well."""
    runs: list[DagRun] = []
    for dag in CHAPTERS[chapter].dags:
        run = world.run(dag)
        run.play(lambda key, task: run_task(world.places, task))
        runs.append(run)
        for _ in range(3):
            again = draw.choice(runs)
            key = draw.choice(list(again.outcomes))
            verdict.log.append(f"cleared: {again.dag} {key}")
            again.clear(key)
            again.play()
            verdict.struck = True
        recover(world, run, draw, verdict)
    # What was cleared last may have been refused as outdated: the newest run decides.
    for dag in CHAPTERS[chapter].dags:
        run = world.run(dag)
        run.play(lambda key, task: run_task(world.places, task))
        recover(world, run, draw, verdict)


def _old_staging(
    world: World, ending: Ending, chapter: int, draw: random.Random, verdict: Verdict
) -> None:
    """A run stages and is forgotten; the newer one ends; then the old run goes on."""
    old = world.run("sync")
    old.play(
        lambda key, task: run_task(world.places, task) if key == "stage" else Outcome(error="-")
    )
    for dag in CHAPTERS[chapter].dags:
        run = world.run(dag)
        run.play(lambda key, task: run_task(world.places, task))
        recover(world, run, draw, verdict)
    old.clear_failed()
    old.play(lambda key, task: run_task(world.places, task))
    verdict.struck = True
    verdict.log += [f"refused: {key}: {error[:150]}" for key, error in old.failed().items()]
    if not old.failed():
        verdict.stuck = {"old staging": "an outdated staging was pushed"}


def _full_disk(
    world: World, ending: Ending, chapter: int, draw: random.Random, verdict: Verdict
) -> None:
    """The warehouse's disk fills up in the middle of a task, and stays full until the DAG ends."""
    disk = world.warehouse_server.disk
    if not isinstance(disk, SmallDisk):
        raise disk or NotPermittedError("not tried: the server has no disk of its own")
    reach = {where: found.warehouse for where, found in ending.reach.items()}
    where = draw.choices(list(reach), weights=list(reach.values()))[0]
    number, left = draw.randint(1, reach[where]), draw.choice((0, 1 << 14, 1 << 18, 1 << 21))
    verdict.log.append(f"full at {where[1]}, message {number} of {reach[where]}, {left} bytes left")
    for place, dag in enumerate(CHAPTERS[chapter].dags):
        run = world.run(dag)
        trap = Trap(number, lambda: disk.fill(left))

        def runner(key: str, task: Task, place: int = place, trap: Trap = trap) -> Outcome:
            if (place, key) == where:
                world.warehouse_line.set(trap)
            return run_task(world.places, task)

        try:
            run.play(runner)
        except psycopg.OperationalError as error:
            # The server ended for want of room, and the run cannot even be looked at.
            verdict.log.append(f"the run ended: {error}"[:200])
        finally:
            verdict.struck = verdict.struck or trap.struck
            world.warehouse_line.set(None)
            disk.empty()
        if not world.warehouse_server.is_up():
            verdict.log.append("the server had ended: it is started again")
            world.warehouse_server.restart(signal.SIGQUIT)
        recover(world, run, draw, verdict)
        if verdict.stuck:
            return


_HOUR, _DAY = 3600, 86_400


def _clock_jumps(which: str) -> Any:
    """A server's clock goes wrong in the middle of a task, and right again after the DAG's end."""

    def play(
        world: World, ending: Ending, chapter: int, draw: random.Random, verdict: Verdict
    ) -> None:
        clock = getattr(world, f"{which}_server").clock
        if not isinstance(clock, Clock):
            raise clock or NotPermittedError("not tried: the server has no clock of its own")
        seconds = draw.choice((-_HOUR, _HOUR, -_DAY, _DAY, 8 * _DAY, 120))
        reach = {
            where: getattr(found, which)
            for where, found in ending.reach.items()
            if getattr(found, which)
        }
        where = draw.choices(list(reach), weights=list(reach.values()))[0]
        trap = Trap(draw.randint(1, reach[where]), lambda: clock.jump(seconds))
        verdict.log.append(f"{seconds:+d} s at {where[1]}, message {trap.number}")
        line = getattr(world, f"{which}_line")
        for place, dag in enumerate(CHAPTERS[chapter].dags):

            def runner(key: str, task: Task, place: int = place) -> Outcome:
                if (place, key) == where:
                    line.set(trap)
                return run_task(world.places, task)

            run = world.run(dag)
            try:
                run.play(runner)
            finally:
                clock.jump(0)
            recover(world, run, draw, verdict)
            if verdict.stuck:
                return
            if trap.struck and not verdict.struck:
                # A clock that was wrong leaves wrong verdicts: the next run has the right ones.
                verdict.struck = True
                again = world.run(dag)
                again.play(lambda key, task: run_task(world.places, task))
                recover(world, again, draw, verdict)
        line.set(None)

    return play


FAULTS: tuple[Fault, ...] = (
    Fault("kill -9 of a task at a request to Mailchimp", _trap_in("mailchimp", _kill)),
    Fault("kill -9 of a task while it talks to the warehouse", _trap_in("warehouse", _kill)),
    Fault("kill -9 of a task while it talks to the CRM", _trap_in("crm", _kill)),
    Fault("the line to the warehouse is cut", _trap_in("warehouse", _pass, cuts=True)),
    Fault("the line to the CRM is cut", _trap_in("crm", _pass, cuts=True)),
    Fault(
        "pg_terminate_backend of all sessions, warehouse",
        _trap_in("warehouse", _terminate("warehouse")),
    ),
    Fault("pg_terminate_backend of all sessions, CRM", _trap_in("crm", _terminate("crm"))),
    Fault(
        "the warehouse's server restarts",
        _trap_in("warehouse", _restart("warehouse", signal.SIGINT)),
    ),
    Fault(
        "the warehouse's server is stopped at once",
        _trap_in("warehouse", _restart("warehouse", signal.SIGQUIT)),
    ),
    Fault(
        "kill -9 of the warehouse's server",
        _trap_in("warehouse", _restart("warehouse", signal.SIGKILL)),
    ),
    Fault("the CRM's server restarts", _trap_in("crm", _restart("crm", signal.SIGINT))),
    Fault("kill -9 of the CRM's server", _trap_in("crm", _restart("crm", signal.SIGKILL))),
    Fault("the warehouse's disk is full", _full_disk),
    Fault("the warehouse's clock jumps", _clock_jumps("warehouse")),
    Fault("the CRM's clock jumps", _clock_jumps("crm")),
    Fault("connection reset before Mailchimp acts", _bad("reset_before", most=8)),
    Fault("connection reset after Mailchimp acted", _bad("reset_after", most=3)),
    Fault("truncated answer of Mailchimp", _bad("truncated", most=3)),
    Fault(
        "slow answer of Mailchimp, longer than is waited",
        _bad("slow", most=2),
        places={"answer_seconds": 1.5},
    ),
    Fault("5xx with HTML", _bad("html", most=9, statuses=(500, 502, 503, 504))),
    Fault("403 without body", _bad("empty_403", most=9)),
    Fault("429 storm", _bad("429", most=12)),
    Fault("two runs at once", _two_at_once),
    Fault("an old staging is pushed", _old_staging, chapters=tuple(n for n in _SYNCS if n)),
    Fault("tasks cleared in any order", _any_order),
)
