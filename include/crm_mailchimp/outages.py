"""Tells the failure of one call from an outage of the account: the first holds up nothing else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Hashable
from typing import Protocol

from crm_mailchimp.errors import ProviderError, ProviderUnreachableError

log = logging.getLogger(__name__)

#: So many people, campaigns or audiences may fail one after the other, with no answer in between.
MOST_IN_A_ROW = 10


class Answering(Protocol):
    """An account that can be asked whether it answers at all."""

    def require_answer(self) -> None:
        """Ask the account for a sign of life, with one cheap call.

        Raises:
            ProviderError: it gives none.
        """
        ...


class OutageWatch:
    """Counts calls that failed and may succeed later, and decides whether the others go on.

    After such a failure the account is asked for a sign of life. If it gives none, every other call
    would fail, too. The same holds after ``MOST_IN_A_ROW`` failures with no answer in between.
    Several threads may use it.

    Args:
        account: that the calls go to.
        most: failures in a row, of different people, campaigns or audiences.
    """

    def __init__(self, account: Answering, *, most: int = MOST_IN_A_ROW) -> None:
        self._account, self._most = account, most
        self._failed: set[Hashable] = set()
        self._counting = threading.Lock()

    def note_answer(self) -> None:
        """The account answered a call of the kind that is watched."""
        with self._counting:
            self._failed.clear()

    def note_failure(self, error: ProviderError, about: Hashable) -> None:
        """Decide after an error whether the others go on.

        Args:
            error: of a call.
            about: the person, campaign or audience; never shown.

        Raises:
            ProviderError: ``error`` itself, when the others would fail, too.
        """
        if not error.retryable:
            if isinstance(error, ProviderUnreachableError):
                raise error
            self.note_answer()
            return
        with self._counting:
            self._failed.add(about)
            is_outage = len(self._failed) >= self._most
        if is_outage:
            raise error
        try:
            self._account.require_answer()
        except ProviderError:
            raise error from None
        log.warning("a call failed, and the account answers others: the others go on")
