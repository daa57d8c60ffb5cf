"""Where the work of a benchmark happens: two databases and the other end. How tasks open them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any
from urllib.parse import quote, urlencode

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.sessions import open_session
from crm_mailchimp.warehouse.connection_slots import slot, spare_slot

_SLOT_SECONDS = 3_600


@dataclass(frozen=True)
class Place:
    """What a task is given.

    Attributes:
        crm: DSN of the CRM.
        warehouse: DSN of the warehouse.
        host: of the other end, without ``/3.0``.
        key: the API key.
    """

    crm: str
    warehouse: str
    host: str
    key: str

    @contextmanager
    def provider(self) -> Iterator[Mailchimp]:
        """A provider as a task opens it: in a slot of the account, more of them when free."""
        connect = partial(open_session, self.warehouse)

        def client(held: Any) -> MailchimpClient:
            return CountedClient(self.key, host=self.host, slot=held)

        with Mailchimp(
            client(lambda: slot(connect, wait_seconds=_SLOT_SECONDS)),
            another=lambda: Mailchimp(client(lambda: spare_slot(connect))),
        ) as opened:
            yield opened


class Calls:
    """Calls of this process, over all its clients.

    Attributes:
        sent: all of them.
        writes: those that are no GET.
        templates: calls by method and path, such as ``POST /lists/{list_id}``.
        spans: begin and end of each call, by the machine's own clock.
        read: paths of the GETs with their parameters, below ``/3.0``.
        first_batch: body of the first batch that was started.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Count from 0 again."""
        self.sent = self.writes = 0
        self.templates: Counter[str] = Counter()
        self.spans: list[tuple[float, float]] = []
        self.read: list[str] = []
        self.first_batch: Any = None

    @contextmanager
    def counted(
        self, method: str, path: str, ids: Any = None, query: Any = None, body: Any = None
    ) -> Iterator[None]:
        """Count one call for as long as it runs."""
        with self._lock:
            self.sent += 1
            self.templates[f"{method} {path}"] += 1
            if method == "GET":
                self.read.append(_filled(path, ids or {}, query or {}))
            else:
                self.writes += 1
            if (method, path) == ("POST", "/batches") and self.first_batch is None:
                self.first_batch = body
        began = time.monotonic()
        try:
            yield
        finally:
            self.spans.append((began, time.monotonic()))


def most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """How many calls were in flight at most."""
    steps = sorted(step for began, ended in spans for step in ((began, 1), (ended, -1)))
    return max(accumulate(step for _, step in steps), default=0)


#: Of this process.
CALLS = Calls()


class CountedClient(MailchimpClient):
    """A client whose calls are counted."""

    def _attempt(self, method: str, path: str, *arguments: Any) -> Any:
        with CALLS.counted(method, path, *arguments):
            return super()._attempt(method, path, *arguments)


def _filled(path: str, ids: dict[str, str], query: dict[str, Any]) -> str:
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    parameters = {
        name: ",".join(map(str, value)) if isinstance(value, list | tuple) else value
        for name, value in query.items()
    }
    return f"{path}?{urlencode(parameters)}" if parameters else path
