"""A CRM with one collection of many contacts, and the runs of the sync over it."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg

from benchmarks import sync_tasks
from benchmarks.far_end import FarEnd
from benchmarks.place import Place
from benchmarks.table import Measured
from benchmarks.task import Done, run_task, together
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from fresh_databases import fresh_databases
from sync_world import World

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


@dataclass(frozen=True)
class Run:
    """One run of the sync.

    Attributes:
        stage: the task of this name, and so on.
        check: None: left out.
    """

    stage: Done
    check: Done | None
    push: Done
    finish: Done

    @property
    def without_check(self) -> Measured:
        """All tasks but Great Expectations."""
        return together(done.cost for done in (self.stage, self.push, self.finish))

    @property
    def whole(self) -> Measured:
        """All tasks, without the imports of any. Memory is that of the others but the check."""
        others = self.without_check
        if self.check is None:
            return others
        return replace(others, seconds=others.seconds + self.check.cost.seconds)

    @property
    def steps(self) -> str:
        """Seconds and memory of each task, for people."""
        return ", ".join(
            f"{name} {done.cost.seconds:.1f} s ({done.cost.peak_mib} MiB)"
            for name, done in vars(self).items()
            if done is not None
        )


@dataclass
class OneCollection:
    """One collection, its databases and the other end.

    Attributes:
        contacts: their addresses are p1@mail.gr and so on.
        code: of the collection; no other run has the same.
    """

    place: Place
    far_end: FarEnd
    contacts: int
    code: str
    folder: Path
    runs: list[Run] = field(default_factory=list)

    def sync(self, *, check: bool = False) -> Run:
        """One sync, each task in a process of its own.

        Args:
            check: whether Great Expectations looks at the staging.
        """
        staged = self._task(sync_tasks.stage, f"run-{len(self.runs)}")
        staging_id = staged.result
        checked = self._checked(staging_id) if check else None
        pushed = self._task(sync_tasks.synchronise, staging_id, self.code)
        finished = self._task(sync_tasks.finish, staging_id)
        assert finished.result == 1
        run = Run(staged, checked, pushed, finished)
        self.runs.append(run)
        print(f"\n{run.steps}: {pushed.result}", flush=True)
        return run

    def pull(self) -> Done:
        """Read the audience back, and nothing else."""
        done = self._task(sync_tasks.pull, self.code)
        assert done.result is not None, "another task works on the audience"
        return done

    def idle(self) -> Done:
        """A task that does nothing."""
        return self._task(sync_tasks.idle)

    def rename(self, first_name: str, contacts: int) -> None:
        """Change the first name of so many contacts in the CRM."""
        with psycopg.connect(self.place.crm, autocommit=True) as crm:
            crm.execute(
                "update crm.contact set first_name = %s, updated_at = now() where contact_id <= %s",
                (first_name, contacts),
            )
            crm.execute("vacuum analyze crm.contact")

    def withdraw(self) -> None:
        """All contacts take their consent back in the CRM."""
        with psycopg.connect(self.place.crm, autocommit=True) as crm:
            crm.execute(
                "insert into crm.consent (consent_id, contact_id, channel, gdpr_category, granted,"
                " effective_at, recorded_at) select contact_id + %(contacts)s, contact_id, 'email',"
                " 'newsletter', false, now() - interval '1 minute', now() from crm.contact",
                {"contacts": self.contacts},
            )
            crm.execute("vacuum analyze crm.consent")

    def members(self, count: int) -> list[tuple[str, str]]:
        """Subscriber hash and CRMREF of the first contacts."""
        return [
            (hashlib.md5(address.encode()).hexdigest(), f"c-{number}")
            for number, address in enumerate(self.addresses(count), start=1)
        ]

    def addresses(self, count: int) -> list[str]:
        """Of the first contacts."""
        return [f"p{number}@mail.gr" for number in range(1, count + 1)]

    def another_audience(self, provider: Mailchimp) -> str:
        """Id of a new, empty audience with the field that the sync fills."""
        settings = provider.audience(self.list_id).settings
        list_id = provider.create_audience(settings).list_id
        provider.client.lists.add_list_merge_field(
            list_id, {"tag": "CRMREF", "name": "CRM reference", "type": "text"}
        )
        return list_id

    @property
    def list_id(self) -> str:
        """The collection's audience, after the first sync."""
        return str(self.runs[0].push.result["list_id"])

    def bare_comparison(self) -> float:
        """Seconds to copy the same rows from the CRM to the warehouse, and to join them once."""
        with (
            psycopg.connect(self.place.crm) as crm,
            psycopg.connect(self.place.warehouse) as warehouse,
        ):
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

    def _checked(self, staging_id: int) -> Done:
        from benchmarks import check_task  # noqa: PLC0415 - takes seconds

        return self._task(check_task.check, staging_id, self.folder / f"docs-{staging_id}")

    def _task(self, work: Any, *arguments: Any) -> Done:
        return run_task(work, self.place, *arguments, far_end=self.far_end)


@contextmanager
def one_collection(
    server: Any, far_end: FarEnd, contacts: int, folder: Path
) -> Iterator[OneCollection]:
    """A filled CRM and an empty warehouse on a server.

    Args:
        contacts: all of them may be mailed.
        folder: for Data Docs.
    """
    with fresh_databases(server) as (crm, warehouse):
        world = World(crm, warehouse, far_end)
        # No other run's collection at the same other end has the same id or code.
        collection = uuid.uuid4().int % 10**9
        code = f"B{collection:09}"
        world.collection(code, collection_id=collection)
        for statement in _FILL:
            world.crm.execute(statement, {"contacts": contacts, "collection": collection})
        world.crm.execute("vacuum analyze")
        world.close()
        place = Place(crm, warehouse, far_end.host, far_end.key)
        yield OneCollection(place, far_end, contacts, code, folder)
