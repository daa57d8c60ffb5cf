"""Merge tags: at most ten characters, out of labels of any script."""

from __future__ import annotations

import re
from collections.abc import Collection

from anyascii import anyascii

#: Longest tag (OpenAPI 3.0.55, ``POST /lists/{list_id}/merge-fields``, ``tag``).
LONGEST_TAG = 10

# Mailchimp refuses some tags (help, "Manage audience and signup form fields", reserved field
# names). It makes fields with other tags itself. Its templates read more of them as something else
# (help, "All the merge tags"). Of a tag with a colon, the part before it counts. Tags are cut to
# ten characters, as a label's tag is.
_RESERVED = frozenset(
    {"ADDRESS", "ARCHIVE", "BIRTHDAY", "CRMREF", "DATE", "ELSE", "ELSEIF", "EMAIL", "EMAIL_TYPE",
     "END", "ENDIF", "EVENT", "FB", "FEED", "FEEDBLOCK", "FEEDITEM", "FEEDITEMS", "FNAME",
     "FORWARD", "GROUPS", "HTML", "IF", "IFNOT", "INTERESTED", "INTERESTS", "LIKE", "LIST",
     "LNAME", "MC", "PHONE", "POLL", "RECIPIENT", "REWARDS", "RSS", "RSSITEM", "RSSITEMS",
     "SHARE", "SUBJECT", "SURVEY", "TIME", "TITLE", "TO", "TRANSLATE", "TWITTER", "UNIQID",
     "UNSUB", "UPDATE", "USER", "USER_URL", "VCARD"}
)  # fmt: skip
# Columns that Mailchimp numbers by itself.
_NUMBERED = re.compile(r"M?MERGE[0-9]*")


def make_tag(label: str, taken: Collection[str]) -> str:
    """A merge tag of at most ten characters from any label, not in ``taken``.

    Greek is written in Latin letters; a label without letters gives ``FIELD``. Tags of labels that
    begin alike end in a number.

    Args:
        label: what people read, such as ``Ημερομηνία γάμου``.
        taken: tags that the audience has, or had.
    """
    letters = re.sub(r"[^A-Z0-9]+", "", anyascii(label).upper()).lstrip("0123456789")
    stem = letters or "FIELD"
    candidate, number = stem[:LONGEST_TAG], 1
    while candidate in taken or candidate in _RESERVED or _NUMBERED.fullmatch(candidate):
        number += 1
        # MERGE2 would be another of Mailchimp's own.
        kept = "FIELD" if _NUMBERED.fullmatch(stem[:LONGEST_TAG]) else stem
        candidate = f"{kept[: LONGEST_TAG - len(str(number))]}{number}"
    return candidate
