"""Faults at length: story after story, every fault in turn, until the time is over.

Then whole stories are played at odd moments of the year, and faults happen in a real Airflow.

``RELIABILITY_MINUTES`` is the length of the run. ``RELIABILITY_SEED`` is the first story's number.
``RELIABILITY_RESULTS`` is a file in which each trial is noted; ``reliability.tally`` reads it.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from reliability.faults import FAULTS
from reliability.in_airflow import IN_AIRFLOW, airflow_stage, try_in_airflow
from reliability.odd_moments import MOMENTS, try_moment
from reliability.repeat import command
from reliability.servers import NotPermittedError, Postgres
from reliability.tally import Result, Tally, result_of
from reliability.trial import Theatre, try_fault

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("reliability")]

MINUTES = float(os.environ.get("RELIABILITY_MINUTES", "60"))
FIRST_STORY = int(os.environ.get("RELIABILITY_SEED", "1"))
RESULTS = os.environ.get("RELIABILITY_RESULTS")
#: A story is played so often, with every fault, before the next one is drawn. In the third round
#: the rest of the story is played too.
ROUNDS = 3


@pytest.mark.timeout(0)
def test_nothing_is_lost(
    crm_server: Postgres,
    warehouse_server: Postgres,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tally = Tally(Path(RESULTS) if RESULTS else None)
    deadline = time.monotonic() + MINUTES * 60
    story, losses = FIRST_STORY, []
    while time.monotonic() < deadline:
        theatre = Theatre(crm_server, warehouse_server, tmp_path, story)
        try:
            theatre.play()
        except AssertionError as error:
            losses.append(f"story {story}: {error}")
            tally.add(Result(fault="none: the story alone", story=story, lost=("its end",)))
            with capsys.disabled():
                print(f"\n{losses[-1]}\n", flush=True)
            theatre.close()
            story += 1
            continue
        tally.add(Result(fault="none: the story alone", story=story))
        for number, fault in ((n, fault) for n in range(ROUNDS) for fault in FAULTS):
            if time.monotonic() > deadline:
                break
            try:
                verdict = try_fault(theatre, fault, number, to_the_end=number % 3 == 2)
            except NotPermittedError as error:
                tally.add(Result(fault=fault.name, not_tried=str(error)))
                continue
            tally.add(result_of(fault.name, story, number, verdict))
            if not verdict.is_good:
                losses.append(f"{verdict.lost()}\nrepeat: {command(fault.name, story, number)}")
            with capsys.disabled():
                print("." if verdict.is_good else f"\n{losses[-1]}\n", end="", flush=True)
        theatre.close()
        story += 1
    with capsys.disabled():
        print(f"\n{tally.table()}\n", flush=True)
    assert not losses, "\n\n".join(losses)


@pytest.mark.timeout(0)
def test_nothing_is_lost_in_airflow(
    crm_server: Postgres,
    warehouse_server: Postgres,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tally = Tally(Path(RESULTS) if RESULTS else None)
    losses = []
    theatre = Theatre(crm_server, warehouse_server, tmp_path, FIRST_STORY, chapters=2)
    theatre.play()
    with airflow_stage(theatre) as stage:
        for fault in IN_AIRFLOW:
            verdict = try_in_airflow(stage, fault, 0)
            tally.add(result_of(fault.name, FIRST_STORY, 0, verdict))
            if not verdict.is_good:
                losses.append(verdict.lost())
            with capsys.disabled():
                print("." if verdict.is_good else f"\n{losses[-1]}\n", end="", flush=True)
    theatre.close()
    assert not losses, "\n\n".join(losses)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("moment", MOMENTS)
def test_nothing_is_lost_at_odd_moments(moment: str, tmp_path: Path) -> None:
    tally = Tally(Path(RESULTS) if RESULTS else None)
    try:
        verdict = try_moment(moment, FIRST_STORY, tmp_path)
    except NotPermittedError as error:
        tally.add(Result(fault=MOMENTS[moment], not_tried=str(error)))
        pytest.skip(str(error))
    tally.add(result_of(MOMENTS[moment], FIRST_STORY, 0, verdict))

    assert verdict.is_good, verdict.lost()
