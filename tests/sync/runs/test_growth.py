"""What a sync makes Postgres visit grows with the contacts, and not with their square.

With statistics from before the data: nothing but the sync itself counts the warehouse's tables. The
CRM's server counts its own. It reads a small table whole, and uses an index of a large one. So only
the warehouse's statements are counted here.
"""

from __future__ import annotations

from typing import Any

import pytest

from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.pace import Polling
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.members import push
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from fresh_databases import fresh_databases
from sync_world import World
from visits import Visits, count_nothing, steep_statements

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FEW, MANY = 2_000, 20_000
UNGUARDED = SyncOptions(limits=GuardLimits(share=1.0, minimum=10 * MANY, half=1.0))
#: People with a consent each.
FILL_CONTACTS = (
    "insert into crm.contact (contact_id, email, first_name, last_name, language, is_active,"
    " updated_at) select n, 'p' || n || '@mail.gr', 'Μαρία', 'Παπαδοπούλου', 'el', true,"
    " '2020-01-01' from generate_series(1, %(contacts)s) as n",
    "insert into crm.consent (consent_id, contact_id, channel, gdpr_category, granted,"
    " effective_at, recorded_at) select n, n, 'email', 'newsletter', true, '2020-01-01',"
    " '2020-01-01' from generate_series(1, %(contacts)s) as n",
)
_FILL = (
    *FILL_CONTACTS,
    "insert into crm.collection_member (collection_id, contact_id, added_at)"
    " select %(collection)s, n, '2020-01-01' from generate_series(1, %(contacts)s) as n",
)
#: What happens in the CRM before each sync.
ACTS = {
    "first sync": "",
    "nothing changed": "",
    "every name changed": "update crm.contact set first_name = 'Μαρίνα'",
    "everybody withdrew": "insert into crm.consent (consent_id, contact_id, channel,"
    " gdpr_category, granted, effective_at, recorded_at) select 1000000 + contact_id, contact_id,"
    " 'email', 'newsletter', false, now() - interval '1 minute', now() from crm.contact",
    "after everybody withdrew": "",
}
#: What happens to everybody in the sync after it.
DONE = dict(zip(ACTS, ("added", "unchanged", "updated", "removed", "quarantined"), strict=True))


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_a_sync_grows_with_the_contacts(
    server: Any, mailchimp_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As few looks at the audience as on a fast machine: explaining takes long.
    monkeypatch.setattr(push, "LOOK_SECONDS", 600.0)
    few = _visits(server, mailchimp_sandbox, monkeypatch, FEW)
    many = _visits(server, mailchimp_sandbox, monkeypatch, MANY)
    assert set(many) == set(ACTS)
    steep = steep_statements(few, many, FEW, MANY)
    assert not steep, "\n".join(steep)


def _visits(
    server: Any, sandbox: Any, monkeypatch: pytest.MonkeyPatch, contacts: int
) -> dict[str, Visits]:
    with fresh_databases(server) as (crm, warehouse):
        count_nothing(warehouse, "sync")
        sandbox.control("POST", "reset")
        world = World(crm, warehouse, sandbox)
        world.batching = Batching(above=500, polling=Polling(first=0.1, most=0.5))
        news = world.collection()
        for statement in _FILL:
            world.crm.execute(statement, {"contacts": contacts, "collection": news})
        world.crm.execute("analyze")
        found = {}
        for act, statement in ACTS.items():
            if statement:
                world.crm.execute(statement.encode())
                world.crm.execute("analyze")
            found[act] = Visits(warehouse)
            with found[act].watching(monkeypatch):
                result = world.sync(options=UNGUARDED)["NEWS"]
            assert result.state == "succeeded", result.detail
            assert result.counts[DONE[act]] == contacts
        world.close()
    return found
