"""The accounts at the provider: each has a client of its own, opened when it is first needed.

An account is the id of the Airflow connection that leads to it. Nothing below ``include`` knows
connections: the caller gives a function that opens an account's client.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import MappingProxyType, TracebackType
from typing import Generic, Protocol, Self, TypeVar

from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import (
    PassingError,
    PermanentError,
    ProviderError,
    ProviderUnreachableError,
)

#: The account of everything that names none.
DEFAULT_ACCOUNT = "mailchimp_default"

#: Seconds to queue for a slot of a further account, with a slot of another account in hand. Two
#: tasks that wait for each other must not wait for long.
WAIT_BESIDE = 60.0


class AccountUnusableError(ProviderUnreachableError):
    """The account's connection cannot be opened: it is missing, or it is of another kind."""


class AccountsFailedError(PermanentError):
    """The work in some accounts failed; it was done in all others.

    Attributes:
        done: what the work returned, by account.
    """

    done: Mapping[str, object] = MappingProxyType({})


class AccountsPostponedError(PassingError):
    """The work in some accounts failed, and may succeed later; it was done in all others.

    Attributes:
        done: what the work returned, by account.
    """

    done: Mapping[str, object] = MappingProxyType({})


class Counted(Protocol):
    """A client that counts its requests."""

    @property
    def calls(self) -> int:
        """API requests sent so far."""
        ...


P = TypeVar("P", bound=Counted)
R = TypeVar("R")
P_co = TypeVar("P_co", bound=Counted, covariant=True)


class OpenClient(Protocol[P_co]):
    """Opens the client of an account."""

    def __call__(self, account: str, wait_seconds: float | None) -> AbstractContextManager[P_co]:
        """A client, open inside the ``with`` block, in one of the account's slots.

        Args:
            account: id of the Airflow connection.
            wait_seconds: how long to queue for a slot; None: as long as usual.

        Raises:
            AccountUnusableError: the connection is missing, or of another kind.
            ProviderError: the connection has no usable key.
            PassingError: no slot came free in time.
        """
        ...


class Accounts(Generic[P_co]):
    """Clients by account; those that are open are closed with this ``with`` block.

    Args:
        open_client: opens the client of an account.
    """

    def __init__(self, open_client: OpenClient[P_co]) -> None:
        self._open_client = open_client
        self._stack = ExitStack()
        self._clients: dict[str, P_co] = {}
        self._calls_of_closed: Counter[str] = Counter()

    @classmethod
    def only(cls, client: P, account: str = DEFAULT_ACCOUNT) -> Accounts[P]:
        """One account, whose client is open already and is closed by its owner."""

        def open_client(account: str, wait_seconds: float | None) -> AbstractContextManager[P]:
            raise AccountUnusableError(f"connection {account} is not defined")

        accounts = Accounts(open_client)
        accounts._clients[account] = client
        return accounts

    @property
    def calls(self) -> int:
        """API requests sent so far, over all accounts."""
        return self.calls_by_account().total()

    def calls_by_account(self) -> Counter[str]:
        """API requests sent so far, by account."""
        calls = Counter(self._calls_of_closed)
        calls.update({account: client.calls for account, client in self._clients.items()})
        return calls

    def opened(self, account: str) -> P_co | None:
        """The client of an account if it is open already."""
        return self._clients.get(account)

    def client(self, account: str) -> P_co:
        """The client of an account; it stays open.

        Raises:
            AccountUnusableError: the connection is missing, or of another kind.
            ProviderError: the connection has no usable key.
            PassingError: no slot came free in time.
        """
        if account not in self._clients:
            with _errors_of(account):
                opened = self._open_client(account, None)
                self._clients[account] = self._stack.enter_context(opened)
        return self._clients[account]

    @contextmanager
    def lent(self, account: str) -> Iterator[P_co]:
        """The client of an account for as long as the block runs.

        It is open already, or it is opened and closed here. If the client of another account is
        open meanwhile, it queues for a slot for ``WAIT_BESIDE`` seconds only.

        Raises:
            AccountUnusableError, ProviderError, PassingError: as for ``client``. Those of the
                block name the account, too.
        """
        if account in self._clients:
            with _errors_of(account):
                yield self._clients[account]
            return
        wait_seconds = WAIT_BESIDE if self._clients else None
        with _errors_of(account), self._open_client(account, wait_seconds) as client:
            try:
                yield client
            finally:
                self._calls_of_closed[account] += client.calls

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, traceback)


@contextmanager
def _errors_of(account: str) -> Iterator[None]:
    """Errors of the provider that come out of the block name the account."""
    try:
        yield
    except (ProviderError, PassingError) as error:
        error.accounts = error.accounts or (account,)
        raise


def work_in_each(
    accounts: Accounts[P], names: Sequence[str], work: Callable[[P, str], R]
) -> dict[str, R]:
    """Do some work in each account; an account that fails holds up no other.

    Args:
        names: the accounts.
        work: takes the account's client and its name.

    Returns:
        what ``work`` returned, by account.

    Raises:
        ProviderError, PassingError, PermanentError: as ``work``, if there is one account.
        AccountsFailedError: several accounts, and one of them failed for good. The failed ones
            are named.
        AccountsPostponedError: the same, and each may succeed later.
    """
    done: dict[str, R] = {}
    failed: dict[str, Exception] = {}
    for name in names:
        try:
            with accounts.lent(name) as client:
                done[name] = work(client, name)
        except (ProviderError, PassingError, PermanentError) as error:
            failed[name] = error
    if failed:
        raise _one_error(failed, done, of=len(names))
    return done


def _one_error(
    failed: Mapping[str, Exception], done: Mapping[str, object], *, of: int
) -> Exception:
    if of == 1:
        return next(iter(failed.values()))
    words = "; ".join(f"connection {name}: {words_of(error)}" for name, error in failed.items())
    others = ". The work was done in all other accounts" if done else ""
    kind = AccountsPostponedError if all(map(is_passing, failed.values())) else AccountsFailedError
    error = kind(f"{words}{others}")
    error.done = done
    error.accounts = tuple(failed)
    return error


def is_passing(error: Exception) -> bool:
    """Whether the same work may succeed later without anybody changing anything."""
    return isinstance(error, PassingError) or (isinstance(error, ProviderError) and error.retryable)
