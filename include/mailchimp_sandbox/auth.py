"""Reads the caller's key: Basic (any user name, the key as password), Bearer or OAuth.

Sources: docs, "Fundamentals", and "Access Data on Behalf of Other Users with OAuth 2".
"""

from __future__ import annotations

import base64
import binascii
import secrets

from mailchimp_sandbox.problem import key_invalid, key_missing


def check(authorization: str | None, key: str) -> None:
    """Let the right key pass.

    Args:
        authorization: the header's value, or None.
        key: the account's API key.

    Raises:
        Problem: 401.
    """
    if not authorization:
        raise key_missing()
    scheme, _, value = authorization.partition(" ")
    given = value.strip()
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            raise key_invalid() from None
    elif scheme.lower() not in ("bearer", "oauth"):
        raise key_invalid()
    if not secrets.compare_digest(given.encode(), key.encode()):
        raise key_invalid()
