"""A CRM with 25 collections, and the runs of the sync over them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks import sync_tasks
from benchmarks.far_end import FarEnd
from benchmarks.place import Place
from benchmarks.table import Measured
from benchmarks.task import Done, run_task, run_tasks
from fresh_databases import fresh_databases
from sync_world import World

COLLECTIONS = 25

#: Contacts are in one to three collections. One in ten withdrew, one in fifty shares an address.
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
select distinct %(first)s + (n * step) %% %(collections)s, n, timestamptz '2020-01-01'
from generate_series(1, %(contacts)s) as n
cross join unnest(array[1, 7, 11]) as step
where step = 1 or n %% step < 3;

vacuum analyze
"""


@dataclass
class ManyCollections:
    """25 collections, their databases and the other end.

    Attributes:
        codes: of the collections.
        runs: syncs so far.
    """

    place: Place
    far_end: FarEnd
    codes: list[str]
    runs: int = 0

    def sync(self, *, processes: int) -> tuple[list[Done], Measured]:
        """One sync.

        Args:
            processes: in which the collections' tasks run.

        Returns:
            each collection's task, and what all of them took together.
        """
        self.runs += 1
        staging_id = self._task(sync_tasks.stage, f"run-{self.runs}").result
        tasks = [(self.place, staging_id, code) for code in self.codes]
        done, cost = run_tasks(
            sync_tasks.synchronise, tasks, processes=processes, far_end=self.far_end
        )
        assert self._task(sync_tasks.finish, staging_id).result == COLLECTIONS
        return done, cost

    def _task(self, work: Any, *arguments: Any) -> Done:
        return run_task(work, self.place, *arguments, far_end=self.far_end)


@contextmanager
def many_collections(server: Any, far_end: FarEnd, members: int) -> Iterator[ManyCollections]:
    """A filled CRM and an empty warehouse on a server.

    Args:
        members: contacts for each collection; some of them are in further collections.
    """
    with fresh_databases(server) as (crm, warehouse):
        world = World(crm, warehouse, far_end)
        # No other run's collections at the same other end have the same ids and codes.
        first = uuid.uuid4().int % 10**7 * 100
        codes = [f"B{first + number:09}" for number in range(COLLECTIONS)]
        for number, code in enumerate(codes):
            world.collection(code, collection_id=first + number, sync_merge_fields=number % 5 == 0)
        parameters = {
            "contacts": members * COLLECTIONS, "collections": COLLECTIONS, "first": first,
        }  # fmt: skip
        for one in _FILL.split(";"):
            world.crm.execute(one.encode(), parameters if "%(" in one else None)
        world.close()
        yield ManyCollections(Place(crm, warehouse, far_end.host, far_end.key), far_end, codes)
