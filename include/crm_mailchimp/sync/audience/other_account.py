"""Whether a connection leads to another account than before: then no audience counts as deleted.

Somebody may have entered the key of another account, or two connections may have swapped their ids.
The audiences that we know are not in that account. Nobody deleted them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import Connection

from crm_mailchimp.errors import NotFoundAtProviderError, ProviderError
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import find_value, read_values
from crm_mailchimp.statements import statement


class OtherAccountError(ProviderError):
    """The connection's key is that of an account which is known under another connection."""


def require_deleted(
    warehouse: Connection[Any], provider: AudienceProvider, account: str, list_id: str
) -> None:
    """Refuse to take an audience for deleted if the account is clearly another one; rolls back.

    Nobody can know that of an account in which no audience is known.

    Args:
        provider: of the account; one call for each 1,000 audiences.
        account: id of the connection.
        list_id: the audience that is not found there.

    Raises:
        OtherAccountError: the account has an audience that is known under another connection.
    """
    _refuse(warehouse, account, list_id, [one.list_id for one in provider.audiences()])


@contextmanager
def unless_deleted(
    warehouse: Connection[Any], provider: AudienceProvider, account: str, list_id: str
) -> Iterator[None]:
    """Look at an audience: if it was deleted, the block ends early.

    Arguments and errors are those of ``require_deleted``.
    """
    try:
        yield
    except NotFoundAtProviderError:
        require_deleted(warehouse, provider, account, list_id)


def find_elsewhere(warehouse: Connection[Any], account: str, list_id: str) -> str | None:
    """Another account in which an audience is known, if there is one; rolls back."""
    elsewhere = find_value(
        warehouse,
        str,
        statement("sync/account_elsewhere"),
        {"list_id": list_id, "account": account},
    )
    warehouse.rollback()
    return elsewhere


def require_same(warehouse: Connection[Any], account: str, present: Sequence[str]) -> None:
    """Refuse an account that is clearly another one than the connection led to before; rolls back.

    Args:
        account: id of the connection.
        present: ids of the account's audiences.

    Raises:
        OtherAccountError: an audience that we know in the account is not there. And the account
            has an audience that is known under another connection.
    """
    known = read_values(
        warehouse,
        str,
        "select list_id from sync.audience where account = %(account)s"
        " union select list_id from sync.former_audience"
        " where account = %(account)s and deleted_at is null order by list_id",
        {"account": account},
    )
    warehouse.rollback()
    missing = [list_id for list_id in known if list_id not in set(present)]
    if missing:
        _refuse(warehouse, account, missing[0], present)


def _refuse(warehouse: Connection[Any], account: str, missing: str, present: Sequence[str]) -> None:
    for list_id in present:
        elsewhere = find_elsewhere(warehouse, account, list_id)
        if elsewhere is not None:
            raise OtherAccountError(
                f"audience {missing} is not in the account that connection {account} leads to. "
                f"Audience {list_id} is there, which is known in the account of connection "
                f"{elsewhere}. So nobody knows what happened in {missing}. Correct the key of "
                f"connection {account}. If the connections have other ids now, run 'python -m "
                "crm_mailchimp.sync rename-account' (docs/accounts.md)"
            )
