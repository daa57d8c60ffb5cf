"""The suppression list: keyed digests of addresses and contacts that never come back.

They are HMAC-SHA-256 with a key of their own, so that the list gives no address away. An old backup
of the CRM or of ``sync`` cannot bring a forgotten person back.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.statements import statement


class SuppressionLostError(PermanentError):
    """The suppression list, its key or its marker is missing while members are known."""


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
    present = connection.execute(statement("sync/check_suppression")).fetchone()
    if present is None or not all(present):
        raise SuppressionLostError(
            "sync.suppression, sync.suppression_key or sync.installation is missing in the "
            "warehouse: restore all three from the same backup before anything is pushed"
        )
    row = connection.execute("select hmac_key from sync.suppression_key").fetchone()
    marker = connection.execute("select 1 from sync.installation").fetchone()
    if row is None or marker is None:
        raise SuppressionLostError(
            "the key of sync.suppression or the marker in sync.installation is gone. Restore "
            "them from the backup that holds sync.suppression before anything is pushed"
        )
    return Digester(bytes(row[0]))


def is_empty(connection: Connection[Any]) -> bool:
    """Whether nobody is suppressed, so that no digests need to be made."""
    return connection.execute("select 1 from sync.suppression limit 1").fetchone() is None
