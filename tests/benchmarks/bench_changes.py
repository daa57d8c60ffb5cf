"""One field of all members changes, then all of them withdraw: against bare ``/batches``.

``make bench ARGS=tests/benchmarks/bench_changes.py`` prints a table of ratios. Settings:
``BENCH_CONTACTS`` (default 100000), ``BENCH_LATENCY_MS`` of each answer (default 0),
``BENCH_POSTGRES`` (``embedded`` or ``debian``), ``BENCH_RESULTS`` (file for the table as JSON).
"""

from __future__ import annotations

import http.client
import io
import json
import os
import tarfile
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from benchmarks.table import Case, Table
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.mailchimp.pace import Pace, Polling, shortened
from crm_mailchimp.sync.members.pull_statuses import pull_statuses
from crm_mailchimp.sync.members.push import TOGETHER
from crm_mailchimp.warehouse.connection_slots import slot
from fresh_databases import fresh_databases
from sync_world import World

CONTACTS = int(os.environ.get("BENCH_CONTACTS", "100000"))
LATENCY_MS = int(os.environ.get("BENCH_LATENCY_MS", "0"))
POSTGRES = os.environ.get("BENCH_POSTGRES", "embedded")
RESULTS = os.environ.get("BENCH_RESULTS")

_FILL = (
    "insert into crm.contact (contact_id, email, first_name, last_name, language, is_active,"
    " updated_at) select n, 'p' || n || '@mail.gr', 'Μαρία', 'Παπαδοπούλου', 'el', true,"
    " '2020-01-01' from generate_series(1, %(contacts)s) as n",
    "insert into crm.consent (consent_id, contact_id, channel, gdpr_category, granted,"
    " effective_at, recorded_at) select n, n, 'email', 'newsletter', true, '2020-01-01',"
    " '2020-01-01' from generate_series(1, %(contacts)s) as n",
    "insert into crm.collection_member (collection_id, contact_id, added_at)"
    " select %(collection)s, n, '2020-01-01' from generate_series(1, %(contacts)s) as n",
)


class _Counted(MailchimpClient):
    """Counts the calls, and how many are in flight."""

    lock = threading.Lock()
    sent = flying = most = 0

    def _attempt(self, method: str, path: str, *arguments: Any) -> Any:
        with _Counted.lock:
            _Counted.sent += 1
            _Counted.flying += 1
            _Counted.most = max(_Counted.most, _Counted.flying)
        try:
            return super()._attempt(method, path, *arguments)
        finally:
            with _Counted.lock:
                _Counted.flying -= 1


@dataclass(frozen=True)
class _Measured:
    """A push of changes. ``added_mib``: peak memory above the memory before it."""

    seconds: float
    calls: int
    in_flight: int
    peak_mib: int
    added_mib: int


class _Bench(World):
    @contextmanager
    def provider(self) -> Iterator[Mailchimp]:
        client = _Counted(
            self.sandbox.key,
            host=self.sandbox.host,
            slot=lambda: slot(lambda: psycopg.connect(self.warehouse_dsn), wait_seconds=60),
        )
        with Mailchimp(client) as opened:
            yield opened

    def measured(self, counted: str) -> _Measured:
        """The push of a staging that changes or removes every member.

        What the push before changed is read back first: that is another case.
        """
        with psycopg.connect(self.warehouse_dsn) as warehouse, self.provider() as provider:
            pull_statuses(warehouse, provider, "NEWS")
        staging_id = self.stage()
        _Counted.sent = _Counted.flying = _Counted.most = 0
        before = _memory("VmRSS")
        # Peak memory of this process from here on (proc(5), clear_refs and VmHWM).
        Path("/proc/self/clear_refs").write_text("5")
        began = time.perf_counter()
        result = self.push(staging_id, "NEWS")
        seconds = time.perf_counter() - began
        assert result.state == "succeeded", result.detail
        assert result.counts[counted] == CONTACTS, dict(result.counts)
        peak = _memory("VmHWM")
        return _Measured(seconds, _Counted.sent, _Counted.most, peak, peak - before)


@pytest.fixture
def bench(request: pytest.FixtureRequest, mailchimp_sandbox: Any) -> Iterator[_Bench]:
    server = request.getfixturevalue(
        {"embedded": "postgres", "debian": "debian_postgres"}[POSTGRES]
    )
    with fresh_databases(server) as (crm, warehouse):
        world = _Bench(crm, warehouse, mailchimp_sandbox)
        yield world
        world.close()


@pytest.mark.timeout(7200)
def test_changes_of_all_members(bench: _Bench) -> None:
    size = TOGETHER
    table = Table(
        {
            "contacts": CONTACTS,
            "latency": f"{LATENCY_MS} ms",
            "Postgres": POSTGRES,
            "operations of a batch": size,
        }
    )
    news = bench.collection()
    for statement in _FILL:
        bench.crm.execute(statement, {"contacts": CONTACTS, "collection": news})
    bench.crm.execute("analyze")
    assert bench.sync()["NEWS"].counts["added"] == CONTACTS
    bench.sandbox.control("POST", "latency", {"milliseconds": LATENCY_MS})
    members = [
        row["subscriber_hash"] for row in bench.warehouse.execute("select * from sync.member")
    ]

    def operations(**body: Any) -> list[dict[str, Any]]:
        return [
            {
                "method": "PATCH",
                "path": f"/lists/{bench.list_id()}/members/{member}",
                "operation_id": f"bare-{member}",
                "body": json.dumps(body),
            }
            for member in members
        ]

    def add(name: str, measured: _Measured, bare: float) -> None:
        table.add(
            Case(
                name, measured.seconds, "bare batches", bare, 1.5, CONTACTS, measured.calls,
                measured.in_flight, measured.peak_mib,
            )
        )  # fmt: skip
        print(f"memory above the one before: {measured.added_mib} MiB", flush=True)

    fields = {"FNAME": "Άννα", "LNAME": "Παπαδοπούλου", "CRMREF": "bare"}
    bare = _send(bench, operations(merge_fields=fields, language="el"), size)
    bench.crm.execute("update crm.contact set first_name = 'Ελένη', updated_at = now()")
    add("one field of all changes", bench.measured("updated"), bare)
    bench.crm.execute(
        "insert into crm.consent (consent_id, contact_id, channel, gdpr_category, granted,"
        " effective_at, recorded_at) select contact_id + %(contacts)s, contact_id, 'email',"
        " 'newsletter', false, now(), now() from crm.contact",
        {"contacts": CONTACTS},
    )
    withdrawn = bench.measured("removed")
    # An unsubscribe of somebody unsubscribed costs Mailchimp as much.
    add("all withdraw", withdrawn, _send(bench, operations(status="unsubscribed"), size))
    print(f"\n{table}")
    if RESULTS:
        table.write(Path(RESULTS))


def _send(bench: _Bench, operations: Sequence[dict[str, Any]], size: int) -> float:
    """Seconds of bare batches: start, look at the product's pace, download, decode."""
    bodies = [
        json.dumps({"operations": operations[start : start + size]}).encode()
        for start in range(0, len(operations), size)
    ]
    url = urlsplit(bench.sandbox.base_url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=120)
    key = {"Authorization": f"Basic {b64encode(f'any:{bench.sandbox.key}'.encode()).decode()}"}

    def ask(method: str, path: str, body: bytes | None = None, *, keyed: bool = True) -> bytes:
        headers = {"Content-Type": "application/json", **(key if keyed else {})}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status < 300, (method, answer.status)
        return content

    done, pace = 0, Pace(Polling())
    began = time.perf_counter()
    for body in bodies:
        batch = json.loads(ask("POST", f"{url.path}/batches", body))
        started = time.perf_counter()
        wait = pause = pace.first_look(size)
        while batch["status"] != "finished":
            time.sleep(wait)
            pause *= 1.5
            wait = shortened(pause)
            batch = json.loads(ask("GET", f"{url.path}/batches/{batch['id']}"))
        pace.note(size, time.perf_counter() - started)
        link = urlsplit(batch["response_body_url"])
        archive = io.BytesIO(ask("GET", f"{link.path}?{link.query}", keyed=False))
        with tarfile.open(fileobj=archive, mode="r:gz") as files:
            for entry in files:
                content = files.extractfile(entry) if entry.isreg() else None
                if content is not None:
                    done += sum(bool(json.loads(row["response"])) for row in json.load(content))
        ask("DELETE", f"{url.path}/batches/{batch['id']}")
    seconds = time.perf_counter() - began
    connection.close()
    assert done == len(operations), "the bare loop was refused"
    return seconds


def _memory(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) // 1024
