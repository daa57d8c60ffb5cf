"""Plays one trial again: ``python -m reliability.repeat --fault … --story … --trial …``."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from reliability.faults import FAULTS
from reliability.servers import postgres_server
from reliability.trial import Theatre, try_fault


def command(fault: str, story: int, trial: int) -> str:
    """What a person types to see a trial again: the same moment, at the machine's own speed."""
    return (
        "PYTHONPATH=tests .venv/bin/python -m reliability.repeat"
        f' --fault "{fault}" --story {story} --trial {trial}'
    )


def main() -> int:
    """Returns 1 when something was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fault", required=True, help="its name, or a part of it")
    parser.add_argument("--story", type=int, required=True)
    parser.add_argument("--trial", type=int, nargs="+", required=True)
    wanted = parser.parse_args()
    is_good = True
    with (
        postgres_server(has_own_clock=True) as crm,
        postgres_server(on_small_disk=True, has_own_clock=True) as warehouse,
        tempfile.TemporaryDirectory() as folder,
    ):
        theatre = Theatre(crm, warehouse, Path(folder), wanted.story)
        theatre.play()
        for fault in FAULTS:
            for number in wanted.trial:
                if wanted.fault in fault.name:
                    verdict = try_fault(theatre, fault, number, to_the_end=number % 3 == 2)
                    print(verdict.lost())
                    print("nothing is lost" if verdict.is_good else "LOST", flush=True)
                    is_good = is_good and verdict.is_good
    return 0 if is_good else 1


if __name__ == "__main__":
    # The servers stop with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
