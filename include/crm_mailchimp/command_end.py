"""How a command ends: with an error in plain lines, or without a word when nobody reads on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

#: What a shell shows for a program that SIGPIPE ended: 128 and the signal's number.
_READER_LEFT = 141


def fail(words: str) -> int:
    """Write an error to standard error; returns the exit code, 1.

    Args:
        words: what is wrong. Each further line is indented below the first one.
    """
    first, *more = (" ".join(line.split()) for line in words.splitlines() or [""])
    sys.stderr.write("\n  ".join([f"error: {first}", *more]) + "\n")
    return 1


def run_until_reader_leaves(main: Callable[[], int]) -> int:
    """Run a command; returns its exit code, or 141 if nobody reads its output any more.

    An example is ``… | head``. A command with an argument that is not UTF-8 does not start.

    Args:
        main: the command. It lets ``BrokenPipeError`` pass.
    """
    unreadable = [number for number, word in enumerate(sys.argv) if not _is_text(word)]
    if unreadable:
        return fail(
            f"argument {unreadable[0]} is not UTF-8, so nothing was done. Set the terminal to "
            "UTF-8, and write the command once more"
        )
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
        return fail(f"standard output: {error.strerror}")


def _is_text(word: str) -> bool:
    # Python writes bytes that are not UTF-8 as surrogates (PEP 383). No database takes them.
    return not any("\ud800" <= sign <= "\udfff" for sign in word)


def _drop_the_rest() -> None:
    # Python writes what is left once more when it ends (Python manual, module signal, "Note on
    # SIGPIPE").
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
