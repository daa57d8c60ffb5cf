"""Signs that nobody sees around a value: every kind of space, byte order marks, joiners.

Forms, spreadsheets and copied texts leave them at the ends of values.
"""

from __future__ import annotations

import re
import unicodedata

#: All of them, as Postgres's ``btrim`` takes them: Unicode's White_Space, and invisible signs of
#: category Cf (Unicode 16). Editors and mail programs insert the latter.
BLANK_SIGNS = (
    " \t\n\v\f\r\x1c\x1d\x1e\x1f\u0085\u00a0\u00ad\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005"
    "\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d"
    "\u202e\u202f\u205f\u2060\u2066\u2067\u2068\u2069\u3000\ufeff"
)
#: All signs that nobody sees, wherever they are in a text. Beside those above: control characters,
#: fillers, variation selectors and tags (Unicode 16, Default_Ignorable_Code_Point).
UNSEEN_SIGNS = "".join(
    dict.fromkeys(
        BLANK_SIGNS
        + "".join(
            chr(sign)
            for first, last in (
                (0x01, 0x1F), (0x7F, 0x9F), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160),
                (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E),
                (0x2060, 0x206F), (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F),
                (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0xE0000, 0xE0FFF),
            )
            for sign in range(first, last + 1)
        )
    )
)  # fmt: skip
_UNSEEN_SET = frozenset(UNSEEN_SIGNS)
_UNSEEN = re.compile(f"[{re.escape(UNSEEN_SIGNS.replace(' ', ''))}]")
#: Characters of a text that a message shows.
_LONGEST_NAME = 60
_SPACE_WITHIN = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_UNSEEN_WITHIN = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def strip_blanks(text: str) -> str:
    """The text without signs at its ends that nobody sees."""
    return text.strip(BLANK_SIGNS)


def plain_spaces(text: str) -> str:
    """The text with ordinary spaces in place of others, and without signs that nobody sees."""
    return _SPACE_WITHIN.sub(" ", _UNSEEN_WITHIN.sub("", text)).strip()


def visible_form(text: str) -> str:
    """What a person sees of a text: two texts with one form look the same.

    Spaces of every kind and number count as one space, and signs that nobody sees are left out.
    """
    seen = "".join(
        " " if sign.isspace() else "" if sign in _UNSEEN_SET else sign
        for sign in unicodedata.normalize("NFC", text)
    )
    return " ".join(seen.split())


def named(text: str) -> str:
    """A code or label as messages name it: signs that nobody sees as numbers, a long text cut."""
    plain = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text[:_LONGEST_NAME])
    return plain + ("…" if len(text) > _LONGEST_NAME else "")
