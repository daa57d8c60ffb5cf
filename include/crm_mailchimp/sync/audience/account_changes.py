"""What a person decides about an account: its connection has a new id, or it is given up."""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_rows, read_value, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import collection_audience, former_audiences
from crm_mailchimp.sync.audience.accounts_in_use import accounts_with_audiences
from crm_mailchimp.sync.staging import shared_audiences
from crm_mailchimp.warehouse.locks import audience_lock


class UnknownAccountError(PermanentError):
    """No audience is known in the account."""


class UnusableAccountIdError(PermanentError):
    """No connection can have the id, or the account has it already."""


class AccountInUseError(PermanentError):
    """Collections of the CRM name the account."""


class _Mapped(NamedTuple):
    """A collection with an audience in the account."""

    collection_id: int
    collection_code: str


def rename_account(warehouse: Connection[Any], old: str, new: str) -> int:
    """What is known in one account is known in another one from now on; commits.

    For an account whose connection got a new id, and for two connections to one account.

    Args:
        old: id of the connection before.
        new: its id now. It leads to the same Mailchimp account.

    Returns:
        number of audiences, former ones included.

    Raises:
        UnknownAccountError: no audience is known in ``old``.
        UnusableAccountIdError: ``new`` is empty or has spaces, or it is ``old``.
        AccountInUseError: both have audiences, and collections of the newest run are in ``old``.
    """
    _require_known(warehouse, old)
    if not new or any(map(str.isspace, new)) or new == old:
        problem = "the id that it has" if new == old else "no id of a connection"
        raise UnusableAccountIdError(
            f"the account of connection {old} cannot be known under {new!r}, which is {problem}. "
            "Nothing was changed. Write the id that the connection has in Airflow now"
        )
    if new in accounts_with_audiences(warehouse):
        _require_one_account(warehouse, old, new)
    _follow_shared(warehouse, old, new)
    audiences = read_value(
        warehouse, int, statement("sync/rename_account"), {"old": old, "new": new}
    )
    warehouse.commit()
    return audiences


def close_account(warehouse: Connection[Any], account: str) -> int:
    """Treat all audiences of an account as deleted: nobody can reach it any more; commits.

    What people refused there before the last look stays. What happened since is never known.

    Returns:
        number of audiences.

    Raises:
        UnknownAccountError: no audience is known in it.
        AccountInUseError: collections of the newest run are in it.
    """
    _require_known(warehouse, account)
    _require_unused(warehouse, account)
    mapped = read_rows(
        warehouse,
        _Mapped,
        "select collection_id, collection_code from sync.audience where account = %s"
        " order by collection_code",
        (account,),
    )
    warehouse.rollback()
    for one in mapped:
        with audience_lock(warehouse, one.collection_code):
            collection_audience.retire(warehouse, one.collection_id)
            warehouse.commit()
    former = read_values(
        warehouse,
        str,
        "select list_id from sync.former_audience where account = %s and deleted_at is null"
        " order by list_id",
        (account,),
    )
    for list_id in former:
        former_audiences.note_deleted(warehouse, list_id)
    return len(former)


def _require_unused(warehouse: Connection[Any], account: str) -> None:
    """The next run would make second audiences, and add who refused since the last look."""
    if codes := _codes_in(warehouse, account):
        raise AccountInUseError(
            f"the newest run has collections in the account of connection {account}: "
            f"{', '.join(codes)}. Nothing was changed. Let them name another provider in "
            "crm.contact_collection.external_provider, or deactivate them. Then run "
            "sync_collections once, and this command again"
        )


def _require_one_account(warehouse: Connection[Any], old: str, new: str) -> None:
    """Nothing could part two accounts again."""
    if codes := _codes_in(warehouse, old):
        raise AccountInUseError(
            f"connection {new} has audiences of its own, and the newest run has collections in "
            f"the account of connection {old}: {', '.join(codes)}. Nothing was changed. If both "
            f"connections lead to one Mailchimp account, let all providers name {new} in "
            "crm.external_provider.connection_id. Then run sync_collections once, and this "
            "command again"
        )


def _codes_in(warehouse: Connection[Any], account: str) -> list[str]:
    codes = read_values(
        warehouse,
        str,
        statement("sync/codes_of_account"),
        {"account": account, "default_account": DEFAULT_ACCOUNT},
    )
    warehouse.rollback()
    return codes


def _follow_shared(warehouse: Connection[Any], old: str, new: str) -> None:
    """Shared audiences keep their members and tags: their ids and codes name the account."""
    shared = read_rows(
        warehouse,
        _Mapped,
        "select collection_id, collection_code from sync.audience"
        " where account = %(old)s and starts_with(collection_code, %(prefix)s)"
        " union select collection_id, collection_code from sync.former_audience"
        " where account = %(old)s and starts_with(collection_code, %(prefix)s)",
        {"old": old, "prefix": shared_audiences.code_of(old, "")},
    )
    for one in shared:
        if not shared_audiences.is_shared_id(one.collection_id):
            continue  # a collection of the CRM that happens to have such a code
        name = shared_audiences.name_of(old, one.collection_code)
        new_id = shared_audiences.id_of(new, name)
        if _has_audience(warehouse, new_id):
            continue  # both connections have one of this name: each stays as it is
        warehouse.execute(
            statement("sync/continue_collection"),
            {"old_id": one.collection_id, "new_id": new_id},
        )
        warehouse.execute(
            statement("sync/follow_code"),
            {
                "collection_id": new_id,
                "old": one.collection_code,
                "new": shared_audiences.code_of(new, name),
            },
        )


def _has_audience(warehouse: Connection[Any], collection_id: int) -> bool:
    return read_value(
        warehouse,
        bool,
        "select exists (select from sync.audience where collection_id = %s)",
        (collection_id,),
    )


def _require_known(warehouse: Connection[Any], account: str) -> None:
    known = accounts_with_audiences(warehouse)
    if account not in known:
        raise UnknownAccountError(
            f"no audience is known in the account of connection {account}; known are: "
            f"{', '.join(known) or 'none'}"
        )
