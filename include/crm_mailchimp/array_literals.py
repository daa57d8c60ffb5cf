"""Long arrays as parameters of statements, written at once instead of value by value.

The driver writes the values of a list one by one, in Python. For pages of thousands that takes as
long as the statements. Format: PostgreSQL documentation, "Array Input and Output Syntax".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

_HEX = re.compile(r"(?:[0-9a-f]+(?:,[0-9a-f]+)*)?")


def integers(values: Iterable[int]) -> str:
    """For ``%s::bigint[]``."""
    return f"{{{','.join(map(str, values))}}}"


def hashes(values: Collection[str]) -> str:
    """For ``%s::text[]``: texts of hex digits in small letters, none of them empty.

    Raises:
        ValueError: one is another text.
    """
    joined = ",".join(values)
    if not _HEX.fullmatch(joined) or joined.count(",") != max(len(values) - 1, 0):
        raise ValueError("a hash has other signs than hex digits")
    return f"{{{joined}}}"


def digests(values: Iterable[bytes]) -> str:
    """For ``%s::bytea[]``."""
    quoted = (f'"\\\\x{value.hex()}"' for value in values)
    return f"{{{','.join(quoted)}}}"
