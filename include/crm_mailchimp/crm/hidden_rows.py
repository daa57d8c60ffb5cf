"""Row-level security below the contract: a hidden row may be a withdrawal, so none may be hidden.

Every session sets ``row_security`` to ``off`` (:mod:`~crm_mailchimp.sessions`): Postgres then
refuses a statement whose rows a policy would filter. A materialized view was filtered before, when
its owner filled it. So it is looked at here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement


class HiddenRowsError(PermanentError):
    """Policies hide rows of the contract from the pipeline, and Postgres cannot say so."""


class GuardedTable(NamedTuple):
    """A table with row-level security that a table or view of the contract reads.

    Attributes:
        contract_name: of the table or view in schema crm.
        guarded_name: of the table with the policies, with its schema.
        role_name: the role whose policies count: the present login, or the owner of a view.
        is_stored: a materialized view keeps what the role saw.
        is_login: the role is the present login. So it is another role for another login.
        is_subject: the policies filter what the role sees.
    """

    contract_name: str
    guarded_name: str
    role_name: str
    is_stored: bool
    is_login: bool
    is_subject: bool

    def __str__(self) -> str:
        words = f"crm.{self.contract_name}: {self.guarded_name} has row-level security"
        if not self.is_subject:
            return (
                f"{words}. Other logins are refused. Give the login of crm_db BYPASSRLS "
                "(alter role … bypassrls). Or put a view in its place whose owner sees all rows"
            )
        advice = (
            f"{words}, which hides rows from {self.role_name}. A hidden row may be a withdrawal. "
            f"Give {self.role_name} BYPASSRLS (alter role … bypassrls), or "
        )
        if self.is_stored:
            return f"{advice}another owner to the materialized view, and refresh the view"
        return f"{advice}put a view in its place whose owner sees all rows"


def guarded_tables(connection: Connection[Any], tables: Sequence[str]) -> list[GuardedTable]:
    """Tables with row-level security below the contract, each with the role that counts there.

    Args:
        connection: to the CRM.
        tables: names of the contract's tables and views.
    """
    return read_rows(
        connection, GuardedTable, statement("crm/hidden_rows"), {"tables": list(tables)}
    )


def require_full_views(connection: Connection[Any], tables: Sequence[str]) -> None:
    """Refuse materialized views that a policy filtered: reading them gives no error.

    Args:
        connection: to the CRM.
        tables: names of the contract's tables and views.

    Raises:
        HiddenRowsError: naming each table and role, and what to do.
    """
    hidden = [
        table
        for table in guarded_tables(connection, tables)
        if table.is_subject and table.is_stored
    ]
    if hidden:
        raise HiddenRowsError(f"connection crm_db: {'; '.join(map(str, hidden))}")
