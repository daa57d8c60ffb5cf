"""The bare wire work of updates: ready-made bodies for ``/batches``, their results decoded."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from benchmarks.far_end import FarEnd
from benchmarks.table import Measured
from benchmarks.wire import Line, Request, over_connections, pages

_POLL_SECONDS = 0.1


class Pattern(NamedTuple):
    """What a task's first batch looked like.

    Attributes:
        size: operations in it.
        operation: the first of them.
    """

    size: int
    operation: Mapping[str, Any]


def pattern_of(first_batch: Mapping[str, Any]) -> Pattern:
    """The pattern of a body of ``POST /batches``."""
    operations = first_batch["operations"]
    return Pattern(len(operations), operations[0])


def batches_like(
    pattern: Pattern, list_id: str, members: Sequence[tuple[str, str]], first_name: str | None
) -> list[Request]:
    """Ready-made bodies of the same operations, for other members.

    Args:
        pattern: of the task that is compared.
        members: subscriber hash and CRMREF of each.
        first_name: the value that changes; None: everything is as in the first operation.
    """
    body = json.loads(pattern.operation["body"])
    made = []
    for numbers in pages(len(members), pattern.size):
        operations = []
        for number in numbers:
            subscriber_hash, reference = members[number]
            sent = body
            if first_name is not None:
                fields = {**body["merge_fields"], "FNAME": first_name, "CRMREF": reference}
                sent = {**body, "merge_fields": fields}
            operations.append(
                {
                    **pattern.operation,
                    "path": f"/lists/{list_id}/members/{subscriber_hash}",
                    "operation_id": f"bare-{number}-{subscriber_hash}",
                    "body": json.dumps(sent),
                }
            )
        made.append(Request("POST", "/batches", json.dumps({"operations": operations}).encode()))
    return made


def calls_for_each(
    list_id: str, members: Sequence[tuple[str, str]], first_name: str
) -> list[Request]:
    """Ready-made requests that change members one by one, as a task does with few of them.

    Args:
        members: as above.
        first_name: the value that changes.
    """
    return [
        Request(
            "PATCH",
            f"/lists/{list_id}/members/{subscriber_hash}",
            json.dumps({"merge_fields": {"FNAME": first_name, "CRMREF": reference}}).encode(),
        )
        for subscriber_hash, reference in members
    ]


def run_batches(far_end: FarEnd, batches: Sequence[Request]) -> Measured:
    """Start batches, wait for each, download its results and decode them; keep nothing.

    Raises:
        RuntimeError: an operation failed.
    """
    return over_connections(far_end, batches, _run)


def _run(line: Line, start: Request) -> None:
    batch = line.call(start)
    while batch["status"] != "finished":
        time.sleep(_POLL_SECONDS)
        batch = line.call(Request("GET", f"/batches/{batch['id']}"))
    link = urlsplit(batch["response_body_url"])
    archive = line.download(f"{link.path}?{link.query}")
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
        for file in files:
            content = files.extractfile(file)
            for result in json.loads(content.read()) if content else ():
                json.loads(result["response"])
                if result["status_code"] >= 300:
                    raise RuntimeError(f"an operation was refused: {result['status_code']}")
