"""What other programs do to fill an audience: measured on a sample, and scaled."""

from __future__ import annotations

import hashlib
import json
import time
from typing import NamedTuple

from mailchimp_marketing import Client

from benchmarks.far_end import FarEnd
from benchmarks.wire import PAGE, Line, Request, new_member, pages


class Scaled(NamedTuple):
    """What all contacts would take.

    Attributes:
        name: what was done, and how many calls of it were measured.
        seconds: of all contacts.
    """

    name: str
    seconds: float


def one_batch_after_another(far_end: FarEnd, list_id: str, contacts: int, sample: int) -> Scaled:
    """The official SDK sends batches of 500, one after another.

    Args:
        list_id: an empty audience with the merge field CRMREF.
        contacts: all of them.
        sample: calls to measure at most.
    """
    client = Client({"api_key": far_end.key, "server": ""})
    client.api_client.host = far_end.base_url
    all_pages = list(pages(contacts))
    measured = all_pages[:sample]
    bodies = [
        {"members": [new_member(f"sdk{n}") for n in numbers], "update_existing": False}
        for numbers in measured
    ]
    began = time.perf_counter()
    for body in bodies:
        client.lists.batch_list_members(list_id, body)
    seconds = time.perf_counter() - began
    name = f"official SDK, batches of {PAGE} in turn ({len(measured)} of {len(all_pages)} sent)"
    return Scaled(name, seconds * contacts / sum(map(len, measured)))


def one_call_for_each(far_end: FarEnd, list_id: str, contacts: int, sample: int) -> Scaled:
    """One ``PUT`` for each contact over one connection, as open reverse-ETL tools send them.

    Args:
        list_id: as above.
        contacts: all of them.
        sample: calls to measure at most.
    """
    requests = []
    for number in range(min(sample, contacts)):
        member = new_member(f"put{number}")
        member["status_if_new"] = member.pop("status")
        address = str(member["email_address"])
        path = f"/lists/{list_id}/members/{hashlib.md5(address.encode()).hexdigest()}"
        requests.append(Request("PUT", path, json.dumps(member).encode()))
    line = Line(far_end)
    began = time.perf_counter()
    for request in requests:
        line.call(request)
    seconds = time.perf_counter() - began
    line.close()
    return Scaled(
        f"one PUT a contact in turn ({len(requests)} of {contacts} sent, scaled)",
        seconds * contacts / len(requests),
    )
