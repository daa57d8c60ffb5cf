"""What a sync of a shared audience makes Postgres visit grows with its contacts.

With statistics from before the data: nothing but the sync itself counts the warehouse's tables.
"""

from __future__ import annotations

from math import ceil
from typing import Any

import pytest

from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.pace import Polling
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.members import push
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from fresh_databases import fresh_databases
from sharing_world import CODE, NAME, by_hand, rows, share
from sync.runs.test_growth import FILL_CONTACTS
from sync_world import World
from visits import Visits, count_nothing, steep_statements

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FEW, MANY = 1_000, 10_000
UNGUARDED = SyncOptions(limits=GuardLimits(share=1.0, minimum=10 * MANY, half=2.0))
_FILL = (
    *FILL_CONTACTS,
    "insert into crm.collection_member (collection_id, contact_id, added_at)"
    " select %(news)s, n, '2020-01-01' from generate_series(1, %(contacts)s) as n",
    "insert into crm.collection_member (collection_id, contact_id, added_at)"
    " select %(offers)s, n, '2020-01-01' from generate_series(2, %(contacts)s, 2) as n",
)
MOVED = "a tag moves by hand, and its person leaves"
#: What happens in the CRM before each sync, and who carries which tag after it, as shares of all.
ACTS = {
    "first sync": ("", 1.0, 0.5),
    "nothing changed": ("", 1.0, 0.5),
    MOVED: (
        "delete from crm.collection_member where collection_id = %(offers)s and contact_id = 4",
        1.0, 0.5,
    ),
    "all but one leave a collection": (
        "delete from crm.collection_member where collection_id = %(offers)s and contact_id > 2",
        1.0, 1e-9,
    ),
    "everybody withdrew": (
        "insert into crm.consent (consent_id, contact_id, channel, gdpr_category, granted,"
        " effective_at, recorded_at) select 1000000 + contact_id, contact_id, 'email',"
        " 'newsletter', false, now() - interval '1 minute', now() from crm.contact",
        0.0, 0.0,
    ),
    "after everybody withdrew": ("", 0.0, 0.0),
}  # fmt: skip


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_a_sync_of_a_shared_audience_grows_with_the_contacts(
    server: Any, mailchimp_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As few looks at the audience as on a fast machine: explaining takes long.
    monkeypatch.setattr(push, "LOOK_SECONDS", 600.0)
    few = _visits(server, mailchimp_sandbox, monkeypatch, FEW)
    many = _visits(server, mailchimp_sandbox, monkeypatch, MANY)
    assert set(many) == set(ACTS)
    # Both collections and the audience itself have a row for a contact.
    steep = steep_statements(few, many, 3 * FEW, 3 * MANY)
    assert not steep, "\n".join(steep)


def _visits(
    server: Any, sandbox: Any, monkeypatch: pytest.MonkeyPatch, contacts: int
) -> dict[str, Visits]:
    with fresh_databases(server) as (crm, warehouse):
        count_nothing(warehouse, "sync")
        sandbox.control("POST", "reset")
        world = World(crm, warehouse, sandbox)
        world.batching = Batching(above=500, polling=Polling(first=0.1, most=0.5))
        share(world)
        ids = {
            "news": world.collection("NEWS", shared_audience=NAME),
            "offers": world.collection("OFFERS", shared_audience=NAME),
            "contacts": contacts,
        }
        for statement in _FILL:
            world.crm.execute(statement, ids)
        world.crm.execute("analyze")
        found = {}
        for act, (statement, news, offers) in ACTS.items():
            if act == MOVED:
                for contact, hand in ((4, "taken"), (1, "given")):
                    by_hand(world, "OFFERS", f"p{contact}@mail.gr", hand)
            if statement:
                world.crm.execute(statement.encode(), ids)
                world.crm.execute("analyze")
            found[act] = Visits(warehouse)
            with found[act].watching(monkeypatch):
                result = world.sync(options=UNGUARDED)[CODE]
            assert result.state == "succeeded", result.detail
            tagged = {"NEWS": ceil(news * contacts), "OFFERS": ceil(offers * contacts)}
            assert _tagged(world) == {code: part for code, part in tagged.items() if part}
        world.close()
    return found


def _tagged(world: World) -> dict[str, int]:
    found = rows(
        world,
        "select tag.collection_code, count(*) as members from sync.tag_member join sync.tag"
        " using (list_id, collection_id) join sync.member using (list_id, subscriber_hash)"
        " where taken_by_hand_at is null and status = 'subscribed' group by 1",
    )
    return {row["collection_code"]: row["members"] for row in found}
