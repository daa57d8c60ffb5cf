"""What could not be read of some campaigns while the others were: named together at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_mailchimp.errors import (
    PassingError,
    PermanentError,
    ProviderError,
)
from crm_mailchimp.outages import OutageWatch

if TYPE_CHECKING:
    from psycopg import Connection

#: Failures that a message names one by one.
_NAMED = 20


@dataclass(frozen=True)
class Failure:
    """One stream of one campaign that could not be read.

    Attributes:
        campaign_id: the campaign.
        stream: as in ``stats.stream_gate``, or ``reports`` for its figures.
        problem: what happened, without data of people.
        is_permanent: whether trying again is of no use.
    """

    campaign_id: str
    stream: str
    problem: str
    is_permanent: bool

    def __str__(self) -> str:
        return f"campaign {self.campaign_id}, stream {self.stream}: {self.problem}"


class UnreadStreamsError(PassingError):
    """Streams of some campaigns could not be read; everything else was."""

    def __init__(self, failures: Sequence[Failure]) -> None:
        self.failures = tuple(failures)
        named = "; ".join(str(failure) for failure in self.failures[:_NAMED])
        more = len(self.failures) - _NAMED
        super().__init__(
            f"{len(self.failures)} streams could not be read: {named}"
            + (f"; and {more} more" if more > 0 else "")
        )


class UnreadableStreamsError(UnreadStreamsError, PermanentError):
    """The same, and trying again is of no use."""


def raise_failures(failures: Sequence[Failure]) -> None:
    """Raise what could not be read, if anything.

    Raises:
        UnreadableStreamsError: no attempt would succeed.
        UnreadStreamsError: some of it may heal.
    """
    if failures:
        permanent = all(failure.is_permanent for failure in failures)
        raise (UnreadableStreamsError if permanent else UnreadStreamsError)(failures)


def failure_of(
    connection: Connection[Any],
    campaign_id: str,
    stream: str,
    error: Exception,
    watch: OutageWatch,
) -> Failure:
    """An error as a failure of one stream, the connection ready for the next one.

    Args:
        watch: over the account.

    Raises:
        Exception: the error itself, when nothing else could be read either. Then the account is
            out, or the warehouse's connection is lost.
    """
    from crm_mailchimp.error_words import words_of  # noqa: PLC0415 - loads the database driver

    if connection.closed:
        raise error
    if isinstance(error, ProviderError):
        watch.note_failure(error, campaign_id)
    connection.rollback()
    is_refused = isinstance(error, ProviderError) and not error.retryable
    return Failure(
        campaign_id, stream, words_of(error), is_refused or isinstance(error, PermanentError)
    )
