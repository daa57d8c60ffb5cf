"""The suppression list: keyed digests of addresses and contacts that never come back.

They are HMAC-SHA-256 with a key of their own, so that the list gives no address away. An old backup
of the CRM or of ``sync`` cannot bring a forgotten person back.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.named_connection import place_of
from crm_mailchimp.rows import find_value, read_row, read_value
from crm_mailchimp.statements import statement


class SuppressionLostError(PermanentError):
    """The suppression list, its key or its marker is missing while members are known."""


#: They only hold together, in the order of ``_Present``.
_TABLES = ("sync.suppression", "sync.suppression_key", "sync.installation")


class _Present(NamedTuple):
    """Which of the tables exist that only hold together."""

    has_list: bool
    has_key: bool
    has_marker: bool


@dataclass(frozen=True)
class Digester:
    """Makes the digests that ``sync.suppression`` holds."""

    key: bytes = field(repr=False)

    def address(self, address_key: str) -> bytes:
        """Digest of an address in normal form."""
        return self._digest(b"address:", address_key)

    def contact(self, contact_id: int) -> bytes:
        """Digest of a CRM contact id."""
        return self._digest(b"contact:", str(contact_id))

    def subscriber(self, subscriber_hash: str) -> bytes:
        """Digest of a subscriber hash (``sync.refusal``, ``sync.erased_subscriber``)."""
        return self._digest(b"subscriber:", subscriber_hash)

    def _digest(self, domain: bytes, text: str) -> bytes:
        return hmac.digest(self.key, domain + text.encode(), "sha256")


def open_suppression(connection: Connection[Any]) -> Digester:
    """The digester, after checking that the list is whole.

    Raises:
        SuppressionLostError: the list, its key or its marker is missing: a push now could mail
            people who were forgotten.
    """
    present = read_row(connection, _Present, statement("sync/check_suppression"))
    present = present or _Present(has_list=False, has_key=False, has_marker=False)
    missing = [name for name, is_there in zip(_TABLES, present, strict=True) if not is_there]
    if missing:
        raise SuppressionLostError(
            f"{place_of(connection)}: the warehouse has lost {' and '.join(missing)}. Restore "
            f"{', '.join(_TABLES)} from the same backup before anything is pushed"
        )
    key = find_value(connection, bytes, "select hmac_key from sync.suppression_key")
    has_marker = read_value(connection, bool, "select exists (select from sync.installation)")
    if key is None or not has_marker:
        raise SuppressionLostError(
            f"{place_of(connection)}: the key of sync.suppression or the marker in "
            "sync.installation is gone. Restore them from the backup that holds sync.suppression "
            "before anything is pushed"
        )
    return Digester(key)


def is_empty(connection: Connection[Any]) -> bool:
    """Whether nobody is suppressed, so that no digests need to be made."""
    return read_value(connection, bool, "select not exists (select from sync.suppression)")
