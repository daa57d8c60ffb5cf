"""25 collections over 100,000 contacts in one go, and again with nothing changed.

Against two measures from the same run: a bare loop that sends the same members with the official
SDK (what the wire alone costs), and what people do without a sync: every member again, each time.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
from mailchimp_marketing import Client

from sync_world import World

CONTACTS = 100_000
COLLECTIONS = 25


def test_many_collections(crm_db: str, warehouse_db: str, mailchimp_sandbox: Any) -> None:
    world = World(crm_db, warehouse_db, mailchimp_sandbox)
    _fill(world)

    began = time.perf_counter()
    first = world.sync()
    first_seconds = time.perf_counter() - began
    writes = len(world.write_requests())
    began = time.perf_counter()
    second = world.sync()
    second_seconds = time.perf_counter() - began
    assert len(world.write_requests()) == writes, "nothing changed, so nothing may be written"
    bare_seconds = _bare_loop(world, sum(result.counts["added"] for result in first.values()))

    print(f"\n{'collection':12}{'staged':>8}{'eligible':>9}{'added':>7}{'calls':>7}{'again':>7}")
    for code, result in first.items():
        assert result.state == second[code].state == "succeeded"
        counts, again = result.counts, second[code].counts
        print(
            f"{code:12}{counts['staged']:8}{counts['eligible']:9}{counts['added']:7}"
            f"{counts['api_calls']:7}{again['api_calls']:7}"
        )
    print(
        f"first run {first_seconds:.0f} s, with nothing changed {second_seconds:.0f} s, "
        f"bare loop with the SDK {bare_seconds:.0f} s: first/bare "
        f"{first_seconds / bare_seconds:.2f}, unchanged/bare {second_seconds / bare_seconds:.2f}"
    )
    world.close()


def _fill(world: World) -> None:
    """Set-wise: contacts with a consent each, spread evenly over the collections."""
    for number in range(COLLECTIONS):
        world.collection(f"C{number:02}", collection_id=1_000_000 + number)
    world.crm.execute(
        "insert into crm.contact (contact_id, email, first_name, last_name, language, is_active,"
        " updated_at) select n, 'p' || n || '@mail.gr', 'Μαρία', 'Παπαδοπούλου', 'el', true,"
        " '2020-01-01' from generate_series(1, %s) as n",
        (CONTACTS,),
    )
    world.crm.execute(
        "insert into crm.consent (consent_id, contact_id, channel, gdpr_category, granted,"
        " effective_at, recorded_at) select n, n, 'email', 'newsletter', n %% 10 <> 0,"
        " '2020-01-01', '2020-01-01' from generate_series(1, %s) as n",
        (CONTACTS,),
    )
    world.crm.execute(
        "insert into crm.collection_member (collection_id, contact_id, added_at)"
        " select 1000000 + n %% %s, n, '2020-01-01' from generate_series(1, %s) as n",
        (COLLECTIONS, CONTACTS),
    )
    with psycopg.connect(world.crm_dsn, autocommit=True) as crm:
        crm.execute("analyze")


def _bare_loop(world: World, members: int) -> float:
    """The same number of members into an audience of its own: 500 a call, and nothing else."""
    client = Client({"api_key": world.sandbox.key, "server": ""})
    client.lists.api_client.host = world.sandbox.base_url
    with world.provider() as provider:
        audience = next(iter(provider.audiences()))
        settings = audience.settings
        created = provider.create_audience(settings)
    began = time.perf_counter()
    for start in range(0, members, 500):
        client.lists.batch_list_members(
            created.list_id,
            {
                "members": [
                    {
                        "email_address": f"bare{n}@mail.gr",
                        "status": "subscribed",
                        "merge_fields": {"FNAME": "Μαρία", "LNAME": "Παπαδοπούλου"},
                    }
                    for n in range(start, min(start + 500, members))
                ],
                "update_existing": False,
            },
        )
    return time.perf_counter() - began
