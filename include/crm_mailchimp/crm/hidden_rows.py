"""What may hide rows below the contract: a hidden row may be a withdrawal, so none may be hidden.

Every session sets ``row_security`` to ``off`` (:mod:`~crm_mailchimp.sessions`): Postgres then
refuses a statement whose rows a policy would filter. A materialized view was filtered before, when
its owner filled it. A foreign table is filtered on another server, and a function may filter by its
own settings and words. So these are looked at here, and named.
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


class RowSource(NamedTuple):
    """What a table or view of the contract reads, if rows may be hidden there.

    Attributes:
        contract_name: of the table or view in schema crm.
        kind: ``table`` (one with row-level security), ``foreign table``, ``function`` or
            ``materialized view``.
        source_name: with its schema; a function also with the types of its arguments.
        role_name: the role whose policies count: the present login, or an owner.
        server_name: of a foreign table.
        is_silent: rows are hidden without an error. A materialized view keeps what the role saw,
            and a function may set ``row_security`` itself.
        is_login: the role is the present login. So it is another role for another login.
        is_subject: the policies of a table filter what the role sees.
    """

    contract_name: str
    kind: str
    source_name: str
    role_name: str
    server_name: str | None
    is_silent: bool
    is_login: bool
    is_subject: bool

    @property
    def is_doubtful(self) -> bool:
        """Whether nobody can see from here if rows are hidden."""
        return self.kind != "table"

    @property
    def place(self) -> str:
        """The relation of the contract, and what it reads."""
        if self.kind == "table":
            return f"crm.{self.contract_name}: {self.source_name} has row-level security"
        return f"crm.{self.contract_name} reads the {self.kind} {self.source_name}"

    def __str__(self) -> str:
        if self.kind == "table":
            return self._policy_words()
        if self.kind == "foreign table":
            return (
                f"{self.place} of the server {self.server_name}. "
                "That server may hide rows without an error. A hidden row may be a withdrawal. "
                "Look at the policies there: the user in "
                f"the user mapping of {self.role_name} has to see all rows (BYPASSRLS)"
            )
        if self.kind == "materialized view":
            return (
                f"{self.place}. It has the rows that its owner saw when it was filled. "
                "Nobody can see who was the owner then. A hidden row may be a withdrawal. "
                "Make sure that "
                f"{self.role_name} sees all rows. Then fill it again "
                f"(refresh materialized view {self.source_name})"
            )
        runs_as = "the calling login" if self.is_login else self.role_name
        setting = ", and sets row_security itself" if self.is_silent else ""
        return (
            f"{self.place}, which runs as {runs_as}{setting}. A function may hide rows without an "
            "error. A hidden row may be a withdrawal. Read its text. No condition may leave a "
            f"withdrawal out. Nothing may set row_security. And {runs_as} has to see all rows of "
            "each table. Or read the tables by a view instead"
        )

    def _policy_words(self) -> str:
        if not self.is_subject:
            return (
                f"{self.place}. Other logins are refused. Give the login of crm_db BYPASSRLS "
                "(alter role … bypassrls). Or put a view in its place whose owner sees all rows"
            )
        advice = (
            f"{self.place}, which hides rows from {self.role_name}. "
            "A hidden row may be a withdrawal. "
            f"Give {self.role_name} BYPASSRLS (alter role … bypassrls), or "
        )
        if self.is_silent:
            return (
                f"{advice}another owner to the materialized view or function that reads it. "
                "Then refresh the materialized view"
            )
        return f"{advice}put a view in its place whose owner sees all rows"


def row_sources(connection: Connection[Any], tables: Sequence[str]) -> list[RowSource]:
    """What may hide rows below the contract, each with the role that counts there.

    Args:
        connection: to the CRM.
        tables: names of the contract's tables and views.
    """
    return read_rows(connection, RowSource, statement("crm/hidden_rows"), {"tables": list(tables)})


def places_of_policies(sources: Sequence[RowSource]) -> list[str]:
    """Where a statement may meet the policy that Postgres refuses to obey without a word.

    Postgres names only the table, which may be far below the contract. A policy behind a function
    cannot be found. Then the functions are named.
    """
    policies = [source for source in sources if source.is_subject]
    functions = [source for source in sources if source.kind == "function"]
    return [source.place for source in policies or functions]


def require_full_views(connection: Connection[Any], tables: Sequence[str]) -> list[RowSource]:
    """Refuse materialized views and functions that a policy filters: reading them gives no error.

    Args:
        connection: to the CRM.
        tables: names of the contract's tables and views.

    Returns:
        what may hide rows, with or without an error.

    Raises:
        HiddenRowsError: naming each table and role, and what to do.
    """
    sources = row_sources(connection, tables)
    hidden = [source for source in sources if source.is_subject and source.is_silent]
    if hidden:
        raise HiddenRowsError(f"connection crm_db: {'; '.join(map(str, hidden))}")
    return sources
