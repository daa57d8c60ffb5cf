"""Signs that nobody sees around a value: every kind of space, byte order marks, joiners.

Forms, spreadsheets and copied texts leave them at the ends of values.
"""

from __future__ import annotations

import re

#: All of them, as Postgres's ``btrim`` takes them: Unicode's White_Space, and invisible signs of
#: category Cf (Unicode 16). Editors and mail programs insert the latter.
BLANK_SIGNS = (
    " \t\n\v\f\r\x1c\x1d\x1e\x1f\u0085\u00a0\u00ad\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005"
    "\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d"
    "\u202e\u202f\u205f\u2060\u2066\u2067\u2068\u2069\u3000\ufeff"
)
_SPACE_WITHIN = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_UNSEEN_WITHIN = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def strip_blanks(text: str) -> str:
    """The text without signs at its ends that nobody sees."""
    return text.strip(BLANK_SIGNS)


def plain_spaces(text: str) -> str:
    """The text with ordinary spaces in place of others, and without signs that nobody sees."""
    return _SPACE_WITHIN.sub(" ", _UNSEEN_WITHIN.sub("", text)).strip()
