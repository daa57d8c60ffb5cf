"""What ``crm create --query-login`` says about rights: what stays open, or what is not allowed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg

from crm_mailchimp.database_errors import describe

_FUNCTION = "function "


def open_right_lines(
    still_open: Sequence[str], login: str, *, with_list: bool = False
) -> Iterator[str]:
    """What stays open to the login for dynamic queries, whether that matters, and the remedy.

    Args:
        still_open: as ``create_query_login`` returns it.
        login: its name.
        with_list: name each function, too.
    """
    functions = [what for what in still_open if what.startswith(_FUNCTION)]
    yield from (f"but still open to it: {what}" for what in still_open if what not in functions)
    if not functions:
        return
    yield (
        f"{len(functions)} functions of Postgres stay open to it, because only a superuser can "
        "close them. Dynamic queries cannot call them: their text is checked first. With its "
        "password a person can use them: for large objects, advisory locks, waits and notices. To "
        "close them, run as a superuser: CRM_QUERY_PASSWORD=… python -m "
        f"crm_mailchimp.crm create --dsn … --query-login {login}"
        + ("" if with_list else ". --list-open names them")
    )
    if with_list:
        yield from (f"  {what}" for what in functions)


def without_right(error: psycopg.errors.InsufficientPrivilege, login: str) -> str:
    """Why the login was not made, and what was done already."""
    return (
        f"{describe(error)}. The login {login} was not changed. This needs CREATEROLE or a "
        "superuser. Without a superuser it also needs the owner of this database and of schema "
        "crm. To change an existing login, it needs the admin option on it. The contract's tables "
        "or views are done. Run the same command again with such a login in --dsn"
    )
