"""Plays one whole story and prints its ending as JSON: ``python -m reliability.whole_story 1``.

A process of its own, so that a clock other than the machine's can be put under all of it.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from pathlib import Path

from reliability.servers import postgres_server
from reliability.trial import Theatre


def main(story: int) -> None:
    """Print how often each row is in each place at the story's end."""
    with (
        postgres_server() as crm,
        postgres_server() as warehouse,
        tempfile.TemporaryDirectory() as folder,
    ):
        theatre = Theatre(crm, warehouse, Path(folder), story)
        theatre.play()
        print(json.dumps({place: dict(rows) for place, rows in theatre.endings[-1].dump.items()}))


if __name__ == "__main__":
    # The servers stop with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main(int(sys.argv[1]))
