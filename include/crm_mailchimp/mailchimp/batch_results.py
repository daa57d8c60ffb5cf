"""Results of a batch: a tar.gz of JSON files, read file by file and within limits.

Nothing is unpacked onto the disk, and no name of the archive is used as a path. The archive comes
from another host. So its size, its files and the levels of its JSON are limited.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, cast

from crm_mailchimp.mailchimp.answers import json_object, json_value
from crm_mailchimp.mailchimp.errors import GarbledAnswer

#: Most bytes of an archive, packed and unpacked. 2,000 results have about 10 million unpacked.
MOST_BYTES = 64 * 1024 * 1024
#: What errors call the request for the results.
RESULTS = "(results of a batch)"
_MOST_FILES = 10_000


@dataclass(frozen=True, kw_only=True)
class Result:
    """Answer to the operation at ``index`` of a batch: HTTP status and JSON object. ``attempts``
    is 2 where the batch may have run before."""

    index: int
    subject: str = field(repr=False)
    status: int
    answer: Mapping[str, Any] = field(repr=False)
    attempts: int = 1


class ResultsUnreadable(GarbledAnswer):
    """The archive of a batch's results is broken, too large, or not of the described form."""


class _Limited:
    """The unpacked archive as a stream that ends with an error where it is too long."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream
        self._left = MOST_BYTES

    def read(self, size: int) -> bytes:
        if size > self._left:
            raise ValueError("the archive is too large")
        part = self._stream.read(size)
        self._left -= len(part)
        return part


def results_of(archive: IO[bytes], token: str) -> Iterator[Result]:
    """Results in an archive, one by one; those of other batches are passed over.

    Args:
        archive: at its beginning.
        token: what the ids of our operations begin with.

    Raises:
        ResultsUnreadable: after the results that could be read.
    """
    broken = None
    try:
        with gzip.GzipFile(fileobj=archive, mode="rb") as unpacked:
            for row in _rows(_Limited(unpacked)):
                names = str(row.get("operation_id") or "").split("-", 2)
                if len(names) == 3 and names[0] == token and names[1].isdecimal():
                    yield Result(
                        index=int(names[1]),
                        subject=names[2],
                        status=int(row.get("status_code") or 0),
                        answer=_answer(row.get("response")),
                    )
    except (
        *(tarfile.TarError, zlib.error, EOFError, OSError, RecursionError),
        *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    ) as error:
        broken = type(error).__name__
    if broken is not None:
        raise ResultsUnreadable(
            f"the archive of results cannot be read ({broken})", method="GET", path=RESULTS
        )


def _rows(unpacked: _Limited) -> Iterator[dict[str, Any]]:
    # Uncompressed for tarfile: its own decompression knows no limit.
    with tarfile.open(fileobj=cast("IO[bytes]", unpacked), mode="r|") as files:
        for number, entry in enumerate(files):
            if number >= _MOST_FILES:
                raise ValueError("too many files")
            content = files.extractfile(entry) if entry.isreg() else None
            if content is None or not entry.name.endswith(".json"):
                continue
            rows = json_value(content.read().decode("utf-8-sig", "replace"))
            if not isinstance(rows, list):
                raise TypeError("no list")
            yield from rows


def _answer(text: Any) -> dict[str, Any]:
    """One operation's answer; {} where it is none, so that only this one counts as unanswered."""
    if isinstance(text, str):
        return json_object(text.encode("utf-8", "replace")) or {}
    return text if isinstance(text, dict) else {}
