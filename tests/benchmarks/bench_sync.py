"""25 collections over 100,000 contacts in one go, again with nothing changed, and with a little.

The steps of DAG sync_collections, one after the other as plain functions: stage, check (Great
Expectations), one push for each collection, finish. Contacts stand in one to three collections,
five collections carry merge fields, one contact in ten withdrew, one in fifty shares an address.

Measured against a bare loop in the same run that does the wire work alone: the same numbers of
members, with the same fields, 500 a call with the official SDK into as many audiences.

``make bench ARGS=tests/benchmarks/bench_sync.py`` prints counts, calls, seconds and memory.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from mailchimp_marketing import Client

from crm_mailchimp.quality.invariants import check
from crm_mailchimp.sync.runs.finish import summarise_run
from crm_mailchimp.sync.runs.run_record import CollectionResult
from crm_mailchimp.sync.staging.stagings import staged_codes
from sync_world import World

CONTACTS = 100_000
COLLECTIONS = 25
#: Contacts whose names change before the third run.
CHANGED = 1_000

_FILL = """
insert into crm.contact_field (code, label, data_type) values
('points', 'Πόντοι', 'number'), ('since', 'Πελάτης από', 'date'), ('shop', 'Κατάστημα', 'text');

insert into crm.contact (
    contact_id, email, first_name, last_name, language, address1, city, zip, country, birth_date,
    is_active, updated_at
)
select
    n, 'p' || case when n %% 50 = 0 then n - 1 else n end || '@mail.gr', 'Μαρία', 'Παπαδοπούλου',
    'el', 'Ερμού ' || n %% 200, 'Αθήνα', '10563', 'GR', date '1950-01-01' + n %% 20000, true,
    '2020-01-01'
from generate_series(1, %(contacts)s) as n;

insert into crm.contact_field_value (contact_id, field_code, value)
select n, code, case code when 'points' then (n %% 5000)::text when 'since' then '2019-05-01'
    else 'Αθήνα' end
from generate_series(1, %(contacts)s) as n
cross join unnest(array['points', 'since', 'shop']) as code;

insert into crm.consent (
    consent_id, contact_id, channel, gdpr_category, granted, effective_at, recorded_at
)
select n, n, 'email', 'newsletter', n %% 10 <> 0, '2020-01-01', '2020-01-01'
from generate_series(1, %(contacts)s) as n;

insert into crm.collection_member (collection_id, contact_id, added_at)
select distinct 1000000 + (n * step) %% %(collections)s, n, timestamptz '2020-01-01'
from generate_series(1, %(contacts)s) as n
cross join unnest(array[1, 7, 11]) as step
where step = 1 or n %% step < 3;

analyze
"""


@dataclass
class Run:
    """One run of the DAG's steps, with what each took."""

    results: dict[str, CollectionResult] = field(default_factory=dict)
    seconds: Counter[str] = field(default_factory=Counter)
    peak_mib: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        # Peak memory of this process from here on (proc(5), clear_refs and VmHWM).
        Path("/proc/self/clear_refs").write_text("5")
        began = time.perf_counter()
        yield
        self.seconds[name] += time.perf_counter() - began
        self.peak_mib[name] = max(self.peak_mib[name], _peak_mib())

    @property
    def calls(self) -> int:
        return sum(result.counts["api_calls"] for result in self.results.values())

    def total(self, name: str) -> int:
        return sum(result.counts[name] for result in self.results.values())

    def __str__(self) -> str:
        steps = ", ".join(
            f"{name} {seconds:.1f} s (peak {self.peak_mib[name]} MiB)"
            for name, seconds in self.seconds.items()
        )
        return f"{self.seconds.total():.1f} s, {self.calls} calls: {steps}"


@pytest.mark.timeout(3600)
def test_many_collections(
    crm_db: str, warehouse_db: str, mailchimp_sandbox: Any, tmp_path: Path
) -> None:
    world = World(crm_db, warehouse_db, mailchimp_sandbox)
    _fill(world)

    first = _run(world, tmp_path / "first")
    writes = len(world.write_requests())
    second = _run(world, tmp_path / "second")
    assert len(world.write_requests()) == writes, "nothing changed, so nothing may be written"
    world.crm.execute(
        "update crm.contact set first_name = 'Μαρίνα', updated_at = now() where contact_id <= %s",
        (CHANGED,),
    )
    third = _run(world, tmp_path / "third")
    assert 0 < third.total("updated") < 3 * CHANGED
    assert third.total("added") == third.total("removed") == 0
    bare_seconds, bare_calls = _bare_loop(
        world, [result.counts["added"] for result in first.results.values()]
    )

    heading = ("staged", "eligible", "held back", "added", "calls", "again", "changed", "calls")
    print(f"\n{'collection':12}" + "".join(f"{name:>10}" for name in heading))
    for code in first.results:
        counts, again, changed = (run.results[code].counts for run in (first, second, third))
        figures = (
            *(counts[name] for name in ("staged", "eligible", "quarantined", "added", "api_calls")),
            again["api_calls"], changed["updated"], changed["api_calls"],
        )  # fmt: skip
        print(f"{code:12}" + "".join(f"{figure:10}" for figure in figures))
    print(f"staged {first.total('staged'):,}, added {first.total('added'):,}, then updated "
          f"{third.total('updated'):,}")  # fmt: skip
    for name, run in (("first run", first), ("nothing changed", second), ("1 % changed", third)):
        print(f"{name}: {run}")
    whole, pushed = first.seconds.total(), first.seconds["push"]
    print(
        f"bare loop: {bare_seconds:.1f} s, {bare_calls} calls. First run / bare loop: "
        f"{whole / bare_seconds:.2f} (pushes alone {pushed / bare_seconds:.2f}); nothing changed / "
        f"bare loop: {second.seconds.total() / bare_seconds:.2f}"
    )
    world.close()


def _run(world: World, data_docs: Path) -> Run:
    run = Run()
    with run.step("stage"):
        staging_id = world.stage()
    with run.step("check"), psycopg.connect(world.warehouse_dsn) as warehouse:
        broken = check(warehouse, staging_id=staging_id, data_docs=data_docs)
        codes = staged_codes(warehouse, staging_id)
    assert broken == {}
    with run.step("push"):
        for code in codes:
            run.results[code] = world.push(staging_id, code)
    with run.step("finish"), psycopg.connect(world.warehouse_dsn) as warehouse:
        summary = summarise_run(warehouse, staging_id)
    assert len(summary.succeeded) == COLLECTIONS, summary
    return run


def _fill(world: World) -> None:
    for number in range(COLLECTIONS):
        world.collection(
            f"C{number:02}", collection_id=1_000_000 + number, sync_merge_fields=number % 5 == 0
        )
    parameters = {"contacts": CONTACTS, "collections": COLLECTIONS}
    for one in _FILL.split(";"):
        world.crm.execute(one.encode(), parameters if "%(" in one else None)


def _bare_loop(world: World, members: list[int]) -> tuple[float, int]:
    """As many members into as many audiences: 500 a call, and nothing else."""
    client = Client({"api_key": world.sandbox.key, "server": ""})
    client.lists.api_client.host = world.sandbox.base_url
    with world.provider() as provider:
        settings = next(iter(provider.audiences())).settings
        audiences = [provider.create_audience(settings).list_id for _ in members]
        for list_id in audiences:
            client.lists.add_list_merge_field(
                list_id, {"tag": "CRMREF", "name": "CRM reference", "type": "text"}
            )
    began, calls = time.perf_counter(), 0
    for list_id, count in zip(audiences, members, strict=True):
        for start in range(0, count, 500):
            calls += 1
            client.lists.batch_list_members(
                list_id,
                {
                    "members": [
                        {
                            "email_address": f"bare{n}@mail.gr",
                            "status": "subscribed",
                            "language": "el",
                            "timestamp_opt": "2020-01-01T00:00:00+00:00",
                            "merge_fields": {
                                "FNAME": "Μαρία", "LNAME": "Παπαδοπούλου", "CRMREF": f"c-{n}",
                            },
                        }
                        for n in range(start, min(start + 500, count))
                    ],
                    "update_existing": False,
                },
            )  # fmt: skip
    return time.perf_counter() - began, calls


def _peak_mib() -> int:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024
