"""Errors that all packages know, whichever provider they come from.

A provider's client raises subclasses of ``ProviderError``. What reacts to them asks for these
classes alone, so that another provider could take the place of Mailchimp.
"""

from __future__ import annotations

from typing import ClassVar


class PermanentError(Exception):
    """Trying again does not help: the text says what happened, where, and what to do.

    Attributes:
        is_announced: an alert of its own has informed people.
        accounts: ids of the connections of the accounts in which the work failed, if it is known.
    """

    is_announced = False
    accounts: tuple[str, ...] = ()


class PassingError(Exception):
    """Trying again may help: the text says what happened, where, and what to do if it stays.

    Attributes:
        accounts: as for ``PermanentError``.
    """

    accounts: tuple[str, ...] = ()


class ProviderError(Exception):
    """The provider refused or failed. The text names no address, name, key or subscriber hash.

    Attributes:
        retryable: whether the same request can succeed later without anybody changing anything.
        explanation: the provider's own words, without personal data; empty where it gave none.
        outcome_unknown: the request may have been carried out although no answer says so.
        accounts: as for ``PermanentError``.
    """

    retryable: ClassVar[bool] = False
    accounts: tuple[str, ...] = ()
    outcome_unknown: bool = False

    @property
    def explanation(self) -> str:
        """See the class."""
        return ""


class NotFoundAtProviderError(ProviderError):
    """The provider does not know what was asked for: it was deleted there, or never was."""


class ProviderUnreachableError(ProviderError):
    """Nothing can be asked now, whatever it is about: no connection, no access, or turned away."""


class RefusedByProviderError(ProviderError):
    """The provider refuses this very request: nothing was done, and it would refuse it again."""


class NotAllowedByProviderError(RefusedByProviderError):
    """The account's plan, or the role of the key's user, does not allow it."""


class AudienceLimitAtProviderError(NotAllowedByProviderError):
    """The account has as many audiences as its plan allows.

    Attributes:
        present: how many audiences the account has.
        allowed: how many its plan allows.
    """

    present: int
    allowed: int


class MergeFieldLimitAtProviderError(RefusedByProviderError):
    """The audience has as many merge fields as the account's plan allows."""
