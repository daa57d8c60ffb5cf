"""An audience or campaign is in one account: one that another account lists too is left out.

Ids are unique at Mailchimp over all accounts. So two connections that list the same one lead to one
account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from psycopg import sql

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection

_KEYS: dict[str, tuple[str, sql.SQL]] = {
    # Another table may name an audience before its account is read.
    "lists": ("list_id", sql.SQL(" and known.read_at is not null")),
    "campaigns": ("campaign_id", sql.SQL("")),
}


class KnownElsewhere(NamedTuple):
    """An audience or a campaign, and the account in which it is known."""

    known_id: str
    account: str


class InOtherAccountError(PermanentError):
    """Two accounts list the same audiences or campaigns."""


def leave_out_known_elsewhere(
    connection: Connection[Any], landing: str, known: Literal["lists", "campaigns"], account: str
) -> list[KnownElsewhere]:
    """Take out of a list that was landed what is known in another account.

    Args:
        connection: the warehouse; the caller loads and commits, in the same transaction.
        landing: temporary table.
        known: table of ``stats``.
        account: that the list is of.

    Returns:
        what was left out.
    """
    key, further = _KEYS[known]
    rows = read_rows(
        connection,
        KnownElsewhere,
        sql.SQL(
            "delete from {landing} as landed using {known} as known"
            " where landed.{key} = known.{key} and known.account <> %s{further}"
            " returning known.{key} as known_id, known.account"
        ).format(
            landing=sql.Identifier(landing),
            known=sql.Identifier("stats", known),
            key=sql.Identifier(key),
            further=further,
        ),
        (account,),
    )
    return sorted(set(rows))


def require_none_elsewhere(found: Sequence[KnownElsewhere], account: str) -> None:
    """Raises:
    InOtherAccountError: something was left out.
    """
    if found:
        example, elsewhere = found[0]
        raise InOtherAccountError(
            f"{len(found)} audiences or campaigns of connection {account} were left out, such as "
            f"{example}. They are known in the account of connection {elsewhere}. The two "
            "connections lead to one Mailchimp account: let all providers in "
            "crm.external_provider name one of them"
        )
