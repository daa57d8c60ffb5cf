"""Which e-mail addresses Mailchimp takes, and the subscriber hash."""

from __future__ import annotations

import hashlib
import re

_LOCAL = re.compile(r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")
_LABEL = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$")
_TOP = re.compile(r"^([A-Za-z]{2,63}|xn--[A-Za-z0-9-]{1,59})$", re.IGNORECASE)

# Mailchimp refuses the domains reserved for examples as a whole. Here only the local parts seen in
# its refusals are refused. Made-up data uses those domains (RFC 2606), and must get through.
_RESERVED_DOMAINS = frozenset({"example.com", "example.net", "example.org"})
_FAKE_LOCAL_PARTS = frozenset({"test", "joe"})
_RESERVED_TOPS = frozenset(
    {"test", "example", "invalid", "localhost", "local", "internal", "onion", "arpa"}
)


def subscriber_hash(email_address: str) -> str:
    """MD5 of the lower-cased address (OpenAPI: ``subscriber_hash``)."""
    return hashlib.md5(email_address.lower().encode(), usedforsecurity=False).hexdigest()


def unique_email_id(email_address: str) -> str:
    """OpenAPI: "an identifier for the address across all of Mailchimp"."""
    return hashlib.sha256(email_address.lower().encode()).hexdigest()[:10]


def complaint(email_address: object) -> str | None:
    """Why Mailchimp refuses an address, in its words; None when it takes it.

    Syntax: dot-atom local part and a dotted ASCII domain ("Please provide a valid email
    address."). Reserved domains "look fake or invalid" (seen for test@example.com and
    joe@example.com in public bug reports).
    """
    refused = "Please provide a valid email address."
    if not isinstance(email_address, str) or len(email_address) > 254:
        return refused
    local, at, domain = email_address.rpartition("@")
    labels = domain.lower().split(".")
    if (
        not at
        or len(local) > 64
        or _LOCAL.match(local) is None
        or len(labels) < 2
        or _TOP.match(labels[-1]) is None
        or any(_LABEL.match(label) is None for label in labels)
    ):
        return refused
    fake = local.lower() in _FAKE_LOCAL_PARTS and ".".join(labels[-2:]) in _RESERVED_DOMAINS
    if labels[-1] in _RESERVED_TOPS or fake:
        return f"{email_address} looks fake or invalid, please enter a real email address."
    return None
