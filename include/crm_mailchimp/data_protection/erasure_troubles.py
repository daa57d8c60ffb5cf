"""Requests for erasure that fail for their own values: each is named, and holds up no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import Connection

from crm_mailchimp.crm.erasure_requests import ErasureRequest
from crm_mailchimp.database_errors import describe
from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import ProviderError
from crm_mailchimp.outages import OutageWatch

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")

# Errors of Postgres about values: data exceptions, constraints, limits of the program.
_VALUE_CLASSES = ("22", "23", "54")
_SHOWN = 20


def is_of_values(error: psycopg.Error) -> bool:
    """Whether values of a person caused the error, and others may go on."""
    return error.sqlstate is not None and error.sqlstate.startswith(_VALUE_CLASSES)


def in_parts(
    warehouse: Connection[Any], items: Sequence[T], act: Callable[[Sequence[T]], R]
) -> Iterator[tuple[Sequence[T], R | psycopg.Error]]:
    """Act on all together; where a value of one of them is refused, on one half after the other.

    Args:
        warehouse: rolled back after each such error.
        items: what to act on.
        act: commits what it does.

    Returns:
        the items of each part with its result. An item that is refused is alone, with its error.

    Raises:
        psycopg.Error: not about values, such as a lost connection.
    """
    if not items:
        return
    try:
        done = act(items)
    except psycopg.Error as error:
        if not is_of_values(error):
            raise
        warehouse.rollback()
        refused = error
    else:
        yield items, done
        return
    if len(items) == 1:
        yield items, refused
        return
    middle = len(items) // 2
    yield from in_parts(warehouse, items[:middle], act)
    yield from in_parts(warehouse, items[middle:], act)


class ErasureTroubles:
    """The requests of one run that failed, each with the words of its error.

    Args:
        warehouse: rolled back after each such error.
    """

    def __init__(self, warehouse: Connection[Any]) -> None:
        self._warehouse = warehouse
        self._found: list[tuple[ErasureRequest, str]] = []
        self._postponed: list[tuple[ErasureRequest, str]] = []

    @contextmanager
    def kept_apart(
        self, request: ErasureRequest, watch: OutageWatch | None = None
    ) -> Iterator[None]:
        """A block about one request: an error about it alone is noted, and ends the block.

        Args:
            watch: over the account that the block asks; None: it asks none.

        Raises:
            psycopg.Error: not about values, such as a lost connection.
            ProviderError: an outage of the account.
        """
        try:
            yield
        except psycopg.Error as error:
            if not is_of_values(error):
                raise
            self.note(request, error)
        except ProviderError as error:
            if watch is None:
                raise
            watch.note_failure(error, id(request))
            if error.retryable:
                self.postpone(request, words_of(error))
            else:
                self._note(request, words_of(error))
        except ValueError as error:
            # Its text may quote the value.
            self._note(request, type(error).__name__)

    def note(self, request: ErasureRequest, error: psycopg.Error) -> None:
        """Note that values of a request were refused."""
        self._note(request, describe(error))

    def has(self, request: ErasureRequest) -> bool:
        """Whether the request failed in this run."""
        return any(one is request for one, _ in (*self._found, *self._postponed))

    def postpone(self, request: ErasureRequest, words: str) -> None:
        """Note that a call about a request failed, and may succeed later.

        Args:
            words: of the error.
        """
        self._warehouse.rollback()
        self._postponed.append((request, words))
        log.warning("%s: not erased whole yet: %s", request, words)

    def postponed_in_words(self) -> str:
        """The requests that wait for Mailchimp, by contact, with the first error; empty: none."""
        if not self._postponed:
            return ""
        return (
            f"Mailchimp failed for {_count(self._postponed)}: {self._postponed[0][1]}. They are"
            " suppressed, so nothing is pushed, and the next run tries them again"
        )

    def in_words(self) -> str:
        """The requests that failed, by contact, with the first error; empty: none did."""
        if not self._found:
            return ""
        return (
            f"{_count(self._found, ' could not be erased whole')}: "
            f"{self._found[0][1]}. All others were erased. Correct these rows in the CRM; the "
            "next run tries them again"
        )

    def _note(self, request: ErasureRequest, words: str) -> None:
        self._warehouse.rollback()
        self._found.append((request, words))
        log.warning("%s: not erased whole: %s", request, words)


def _count(found: Sequence[tuple[ErasureRequest, str]], what: str = "") -> str:
    names = ", ".join(str(request) for request, _ in found[:_SHOWN])
    return f"{len(found)} people{what} ({names})"
