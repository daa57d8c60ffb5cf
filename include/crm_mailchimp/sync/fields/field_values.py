"""CRM field values as Mailchimp takes them: coerced, validated, cut at its limits.

A value that does not fit its field's type is left out. Its contact never is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from urllib.parse import urlsplit

from crm_mailchimp.blank_signs import plain_spaces, strip_blanks

#: Longest value of a text merge field, in UTF-8 bytes (Mailchimp help, "Field limits").
TEXT_MAXIMUM_BYTES = 255

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]*")
_DASHES = re.compile("[\u2010-\u2015\u2212\u30fb\ufe63\uff0d]")
#: Fewest and most digits of a number (ITU-T E.164: 15; short numbers have at least 4).
_PHONE_DIGITS = range(4, 16)
_JOINER = "\u200d"
# Joiner, variation selectors, skin tones, tags of flags.
_EXTENDING = re.compile("[\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_FLAG_HALVES = re.compile("[\U0001f1e6-\U0001f1ff]+$")
# As many as a double holds without rounding.
_MOST_DIGITS = 15
# Without accents: capital letters are often written without them.
_TRUE = frozenset({"true", "1", "ναι", "yes"})
_FALSE = frozenset({"false", "0", "οχι", "no"})


class InvalidValueError(ValueError):
    """A value does not fit its field's type; the message says why, without the value."""


def coerce(data_type: str, value: str | None, choices: Sequence[str] = ()) -> str | int | float:
    """A field's value as it is sent; an empty string clears the field.

    Args:
        data_type: of ``crm.contact_field``: text, number, date, boolean, url, phone or choice.
        value: the CRM's text; None or blank clears.
        choices: the values a choice may have.

    Raises:
        InvalidValueError: the value does not fit the type.
    """
    text = _normalised(value)
    if not text or data_type == "text":
        return text
    if len(text.encode()) > TEXT_MAXIMUM_BYTES:
        # Only a text may be cut: half a URL or half a choice is another one.
        raise InvalidValueError("longer than Mailchimp's limit")
    # Such values are no words: nothing that nobody sees belongs into them.
    plain = plain_spaces(text)
    if data_type == "number":
        return _number(plain)
    if data_type == "date":
        return _date(plain)
    if data_type == "boolean":
        return _boolean(plain)
    if data_type == "url":
        return _url(plain)
    if data_type == "phone":
        return _phone(plain)
    if data_type == "choice":
        return _choice(text, choices)
    raise InvalidValueError(f"unknown data type {data_type!r}")


def as_choice(value: str) -> str:
    """A choice as Mailchimp is to have it: what values are compared with."""
    return _normalised(value)


def cut(text: str) -> str:
    """Text within Mailchimp's limit, cut between characters (never inside one)."""
    encoded = text.encode()
    if len(encoded) <= TEXT_MAXIMUM_BYTES:
        return text
    end = len(encoded[:TEXT_MAXIMUM_BYTES].decode(errors="ignore"))
    while end and _inside_character(text, end):
        end -= 1
    return text[:end].rstrip()


def _inside_character(text: str, position: int) -> bool:
    """Whether a cut before ``position`` would split what people see as one character.

    A simple form of Unicode's rules for grapheme clusters (UAX 29). Marks, joiners, selectors and
    skin tones belong to the character before them. Two regional indicators make a flag.
    """
    following = text[position]
    if _EXTENDING.match(following) or unicodedata.category(following) in ("Mn", "Me", "Mc"):
        return True
    if text[position - 1] == _JOINER:
        return True
    flags = _FLAG_HALVES.search(text[:position])
    return bool(flags and _FLAG_HALVES.match(following) and len(flags[0]) % 2)


def _normalised(value: str | None) -> str:
    return unicodedata.normalize("NFC", strip_blanks(value or ""))


def _number(text: str) -> int | float:
    _matching(_NUMBER, text, "not a number with '.' as decimal sign")
    whole, _, fraction = text.lstrip("+-").partition(".")
    if len(whole.lstrip("0")) > _MOST_DIGITS:
        raise InvalidValueError(f"a number of more than {_MOST_DIGITS} digits")
    # Adding zero makes an ordinary zero of a negative one.
    return float(text) + 0.0 if fraction else int(text)


def _date(text: str) -> str:
    _matching(_DATE, text, "not an ISO date (2024-02-29)")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise InvalidValueError("not a day of the calendar") from None


def _boolean(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.casefold())
    folded = "".join(sign for sign in letters if not unicodedata.combining(sign))
    if folded in _TRUE:
        return "true"
    if folded in _FALSE:
        return "false"
    raise InvalidValueError("not one of true, false, 1, 0, ναι, όχι, yes, no")


def _phone(text: str) -> str:
    """The number as it is written, with ordinary digits, spaces and dashes.

    Mailchimp may refuse a number that begins with a bracket. So the brackets of the first group go.
    """
    number = unicodedata.normalize("NFKC", _DASHES.sub("-", text))
    if number.startswith("("):
        number = number[1:].replace(")", "", 1).strip()
    digits = sum(sign.isdecimal() for sign in number)
    if digits not in _PHONE_DIGITS:
        raise InvalidValueError("not a phone number")
    return _matching(_PHONE, number, "not a phone number")


def _url(text: str) -> str:
    problem = "not a URL with http:// or https:// and a domain"
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise InvalidValueError(problem) from None
    labels = (parts.hostname or "").removesuffix(".").split(".")
    if (
        parts.scheme not in ("http", "https")
        or len(labels) < 2
        or not all(labels)
        or not port_is_fine
        or not all(character.isprintable() and character != " " for character in text)
    ):
        raise InvalidValueError(problem)
    return text


def _choice(text: str, choices: Sequence[str]) -> str:
    if text not in {as_choice(choice) for choice in choices}:
        raise InvalidValueError("not one of the field's choices")
    return text


def _matching(pattern: re.Pattern[str], text: str, problem: str) -> str:
    if not pattern.fullmatch(text):
        raise InvalidValueError(problem)
    return text
