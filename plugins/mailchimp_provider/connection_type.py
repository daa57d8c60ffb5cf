"""Is a connection of Airflow of the type that the pipeline needs?"""

from __future__ import annotations

from crm_mailchimp.errors import PermanentError

_FORMS = {
    "postgres": "postgresql://login:password@host/database",
    "mailchimp": "mailchimp://:key@",
}


class WrongConnectionTypeError(PermanentError):
    """A connection of Airflow has another type than the pipeline needs."""


def require_type(connection_id: str, found: str | None, needed: str) -> None:
    """Refuse a connection of another type. Airflow itself would open it all the same.

    Args:
        connection_id: of the connection.
        found: its type. A connection without a type is taken.
        needed: ``postgres`` or ``mailchimp``.

    Raises:
        WrongConnectionTypeError: naming the connection, and what to do.
    """
    if found and found not in (needed, needed.replace("postgres", "postgresql")):
        raise WrongConnectionTypeError(
            f"connection {connection_id} is of type {found}, and must be of type {needed}. Correct"
            f" its type (Admin, Connections), or write AIRFLOW_CONN_{connection_id.upper()}="
            f"{_FORMS[needed]}"
        )
