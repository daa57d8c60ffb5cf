"""Errors in words that may be stored and shown: no values of rows, no personal data."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm_mailchimp.errors import PassingError, PermanentError, ProviderError


@contextmanager
def at_place(place: str) -> Iterator[None]:
    """Note on every error of the block where it happened, once.

    Args:
        place: for people, such as ``collection NEWS``.
    """
    try:
        yield
    except Exception as error:
        if place not in getattr(error, "__notes__", ()):
            error.add_note(place)
        raise


def located(error: BaseException) -> str:
    """An error of our own with the notes of those that passed it on, the last one first.

    The notes say where it happened, such as the collection.
    """
    return ": ".join([*reversed(getattr(error, "__notes__", [])), str(error)])


def words_of(error: BaseException) -> str:
    """The error's kind and what it says.

    Only our own errors are written without personal data. The text of any other may quote data,
    such as an address. The place where it happened is given instead.
    """
    # Not at the top: DAG files import this module.
    import psycopg  # noqa: PLC0415

    from crm_mailchimp import database_errors  # noqa: PLC0415

    name = type(error).__name__
    if isinstance(error, psycopg.Error):
        return database_errors.describe(error)  # begins with the kind
    if isinstance(error, PermanentError | ProviderError | PassingError):
        return f"{name}: {located(error)}"
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return name
    place = frames[-1]
    return f"{name}: unexpected, in {place.name} ({Path(place.filename).name}:{place.lineno})"
