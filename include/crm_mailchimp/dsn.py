"""The text that names a database on the command line; it holds a password, so no error quotes it.

libpq quotes what it cannot read: a text without ``=``, a wrong option, a port that is no number.
"""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict

from crm_mailchimp.errors import PermanentError


class UnreadableDsnError(PermanentError):
    """A value of ``--dsn`` is no DSN; the text has nothing of the value."""

    def __init__(self) -> None:
        super().__init__(
            "the value of --dsn is no DSN: write postgresql://user:…@host/database. Write special "
            "characters of the password as % and two digits (/ is %2F, @ is %40)"
        )


def readable_dsn(value: str) -> str:
    """The value itself, if libpq can read it as a DSN or as keywords.

    An unescaped ``/`` or ``@`` moves parts of a password into the port, the host or the database.
    The errors of libpq quote these.

    Raises:
        UnreadableDsnError: it cannot.
    """
    try:
        parts = conninfo_to_dict(value)
    except psycopg.Error:
        raise UnreadableDsnError from None
    ports = str(parts.get("port") or "").split(",")
    names = f"{parts.get('host') or ''}{parts.get('dbname') or ''}"
    is_uri = "://" in value
    if not all(port == "" or port.isdecimal() for port in ports) or (is_uri and "@" in names):
        raise UnreadableDsnError
    return value
