"""A command whose reader has left, as in ``… | head``: it ends without a word."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

#: What a shell shows for a program that SIGPIPE ended: 128 and the signal's number.
_READER_LEFT = 141


def run_until_reader_leaves(main: Callable[[], int]) -> int:
    """Run a command; returns its exit code, or 141 if nobody reads its output any more.

    Args:
        main: the command. It lets ``BrokenPipeError`` pass.
    """
    try:
        try:
            return main()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _drop_the_rest()
        return _READER_LEFT
    except OSError as error:
        _drop_the_rest()
        sys.stderr.write(f"error: standard output: {error.strerror}\n")
        return 1


def _drop_the_rest() -> None:
    # Python writes what is left once more when it ends (Python manual, module signal, "Note on
    # SIGPIPE").
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
