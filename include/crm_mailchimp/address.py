"""The address key: the one normal form of an e-mail address, computed here and nowhere else.

Rules: without spaces and invisible signs at its ends, Unicode NFC, lower-cased. The local part is a
dot-atom in ASCII (RFC 5322, section 3.2.3). International labels of the domain get their ASCII form
(IDNA 2008 with the UTS 46 mapping). The top level is letters or punycode, and not reserved for
special use (IANA "Special-Use Domain Names").
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple

import idna

from crm_mailchimp.blank_signs import strip_blanks

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_TOP_LEVEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")
_SPECIAL_USE = frozenset(
    {"alt", "example", "internal", "invalid", "local", "localhost", "onion", "test"}
)
# RFC 5321, section 4.5.3.1: octets of a local part and of a whole path without its brackets.
_LOCAL_MAXIMUM = 64
_ADDRESS_MAXIMUM = 254

AddressProblem = Literal["missing_email", "invalid_email"]


#: Addresses whose form is remembered: one page of contacts is asked about several times.
_REMEMBERED = 8192


class Address(NamedTuple):
    """Either ``key`` (the normal form) or ``problem`` (a quarantine reason) is set."""

    key: str | None
    problem: AddressProblem | None


_MISSING = Address(None, "missing_email")
_INVALID = Address(None, "invalid_email")


@lru_cache(maxsize=_REMEMBERED)
def parse_address(email: str | None) -> Address:
    """Normal form of an e-mail address as the CRM holds it.

    Args:
        email: the CRM's text, with any spaces, case or international domain; None or blank
            means that there is no address.
    """
    text = strip_blanks(email or "")
    if not text:
        return _MISSING
    text = unicodedata.normalize("NFC", text)
    local, at, domain = text.rpartition("@")
    if not at:
        return _INVALID
    local, ascii_domain = local.lower(), _ascii_domain(domain)
    if not local.isascii() or len(local) > _LOCAL_MAXIMUM or not _LOCAL.fullmatch(local):
        return _INVALID
    if ascii_domain is None or len(local) + 1 + len(ascii_domain) > _ADDRESS_MAXIMUM:
        return _INVALID
    return Address(f"{local}@{ascii_domain}", None)


def written_form(email: str) -> str:
    """An address as it is written, trimmed, in Unicode NFC, case-folded; also a malformed one."""
    return unicodedata.normalize("NFC", strip_blanks(email)).casefold()


def subscriber_hash(address_key: str) -> str:
    """Mailchimp's member id: the md5 of the lower-cased address, 32 hex digits.

    Source: Mailchimp Marketing API, ``/lists/{list_id}/members/{subscriber_hash}``.
    """
    return hashlib.md5(address_key.lower().encode(), usedforsecurity=False).hexdigest()


def _ascii_domain(domain: str) -> str | None:
    if domain.isascii():
        ascii_domain = domain.lower()
    else:
        # Label by label: so a capital sigma at a label's end becomes a final sigma. The same name
        # in small letters has one.
        lower = ".".join(label.lower() for label in domain.split("."))
        try:
            ascii_domain = idna.encode(lower, uts46=True, std3_rules=True).decode("ascii").lower()
        except idna.IDNAError:
            return None
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    if not _TOP_LEVEL.fullmatch(labels[-1]) or labels[-1] in _SPECIAL_USE:
        return None
    return ascii_domain
