"""One collection against the bare wire work, in one run: first, unchanged, and changed.

``make bench ARGS=tests/benchmarks/bench_wire.py`` prints a table of ratios. Settings:
``BENCH_CONTACTS`` (default 100000), ``BENCH_LATENCY_MS`` of each answer (default 0),
``BENCH_POSTGRES`` (``embedded`` or ``debian``).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmarks.table import Measured, Table, at_most, timed
from benchmarks.wire import additions, send
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.sessions import prepared
from crm_mailchimp.sync.runs.finish import summarise_run
from crm_mailchimp.warehouse.connection_slots import slot, spare_slot
from fresh_databases import fresh_databases
from sync_world import World

CONTACTS = int(os.environ.get("BENCH_CONTACTS", "100000"))
LATENCY_MS = int(os.environ.get("BENCH_LATENCY_MS", "0"))
POSTGRES = os.environ.get("BENCH_POSTGRES", "embedded")

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
#: What any tool has to do when nothing changed: fetch the rows, and compare them with the state.
_FETCHED = (
    "create temporary table fetched (contact_id bigint, email text, first_name text,"
    " last_name text, language text, is_active boolean, granted boolean)"
)


class _Counted(MailchimpClient):
    """Counts the calls of all clients, and how many are in flight."""

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


class _Bench(World):
    """A world whose provider takes every free slot of the account, as a task does."""

    def connect(self, dsn: str, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        """A session as the product sets it: without JIT."""
        return prepared(lambda: psycopg.connect(dsn, autocommit=autocommit))

    @contextmanager
    def provider(self) -> Iterator[Mailchimp]:
        def connect() -> psycopg.Connection[Any]:
            return self.connect(self.warehouse_dsn)

        def client(held: Any) -> MailchimpClient:
            return _Counted(self.sandbox.key, host=self.sandbox.host, slot=held)

        with Mailchimp(
            client(lambda: slot(connect, wait_seconds=60)),
            another=lambda: Mailchimp(client(lambda: spare_slot(connect))),
        ) as opened:
            yield opened

    def measured(self) -> Measured:
        """One sync, all steps but Great Expectations."""
        _Counted.sent = _Counted.flying = _Counted.most = 0
        # Peak memory of this process from here on (proc(5), clear_refs and VmHWM).
        Path("/proc/self/clear_refs").write_text("5")
        began = time.perf_counter()
        staging_id = self.stage()
        staged = time.perf_counter()
        result = self.push(staging_id, "NEWS")
        pushed = time.perf_counter()
        assert result.state == "succeeded", result.detail
        with psycopg.connect(self.warehouse_dsn) as warehouse:
            summarise_run(warehouse, staging_id)
        ended = time.perf_counter()
        print(
            f"\nstage {staged - began:.1f} s, push {pushed - staged:.1f} s,"
            f" finish {ended - pushed:.1f} s: {dict(result.counts)}",
            flush=True,
        )
        return Measured(
            seconds=ended - began,
            calls=_Counted.sent,
            in_flight=_Counted.most,
            peak_mib=_peak_mib(),
        )


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
def test_one_collection(bench: _Bench, table: Table) -> None:
    news = bench.collection()
    for statement in _FILL:
        bench.crm.execute(statement, {"contacts": CONTACTS, "collection": news})
    bench.crm.execute("analyze")
    bench.sandbox.control("POST", "latency", {"milliseconds": LATENCY_MS})

    first = bench.measured()
    bare = send(
        bench.sandbox.base_url,
        bench.sandbox.key,
        additions(_other_audience(bench), CONTACTS, prefix="bare"),
    )
    table.add(
        timed(
            "first sync, all steps", first, "bare additions", bare.seconds,
            at_most(3.0 if LATENCY_MS == 0 else 1.5), rows=CONTACTS,
        )
    )  # fmt: skip

    writes = len(bench.write_requests())
    same = bench.measured()
    assert len(bench.write_requests()) == writes, "nothing changed, so nothing may be written"
    table.add(
        timed(
            "nothing changed", same, "COPY and a hash join", _bare_comparison(bench),
            at_most(2.0), rows=CONTACTS,
        )
    )  # fmt: skip

    changed = max(1, CONTACTS // 100)
    bench.crm.execute(
        "update crm.contact set first_name = 'Μαρίνα', updated_at = now() where contact_id <= %s",
        (changed,),
    )
    little = bench.measured()
    table.add(timed("1 % changed", little, "nothing changed", same, at_most(1.2), rows=changed))


def _other_audience(bench: _Bench) -> str:
    with bench.provider() as provider:
        settings = next(iter(provider.audiences())).settings
        list_id = provider.create_audience(settings).list_id
        provider.client.lists.add_list_merge_field(
            list_id, {"tag": "CRMREF", "name": "CRM reference", "type": "text"}
        )
    return list_id


def _bare_comparison(bench: _Bench) -> float:
    """Seconds to copy the same rows from the CRM to the warehouse, and to join them once."""
    with psycopg.connect(bench.crm_dsn) as crm, psycopg.connect(bench.warehouse_dsn) as warehouse:
        warehouse.execute(_FETCHED)
        began = time.perf_counter()
        with (
            crm.cursor().copy(
                "copy (select contact.contact_id, contact.email, contact.first_name,"
                " contact.last_name, contact.language, contact.is_active, consent.granted"
                " from crm.contact inner join crm.consent using (contact_id)"
                " inner join crm.collection_member using (contact_id)) to stdout"
            ) as reading,
            warehouse.cursor().copy("copy fetched from stdin") as writing,
        ):
            for block in reading:
                writing.write(block)
        warehouse.execute(
            "select count(*) from fetched inner join sync.member using (contact_id)"
            " where md5(fetched.email || fetched.first_name) <> pushed_hash"
        )
        return time.perf_counter() - began


def _peak_mib() -> int:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024
