"""What rarer work makes Postgres visit grows with the contacts, and not with their square.

The gate of a campaign, a lost state, addresses that all change, the write-back, opt-outs of
everybody, erasure of a tenth, and retention. With statistics from before the data, as in
``test_growth.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.campaigns.consent_now import judge_members
from crm_mailchimp.data_protection import retention
from crm_mailchimp.data_protection.erasure import erase_contacts
from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.pace import Polling
from crm_mailchimp.provider import MemberChange
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.members import push
from crm_mailchimp.sync.members.write_back import write_back_members
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from fresh_databases import fresh_databases
from sync.runs.test_growth import FILL_CONTACTS
from sync_world import World
from visits import Visits, count_nothing, steep_statements

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FEW, MANY = 1_500, 9_000
UNGUARDED = SyncOptions(limits=GuardLimits(share=1.0, minimum=10 * MANY, half=2.0))
#: All ends at once.
AGES = retention.Ages(
    staging=0, quarantine=0, proof=0, removals=0, runs=0, events=0, ips=0, logs=None, data_docs=None
)


_FILL = (
    *FILL_CONTACTS,
    "insert into crm.collection_member (collection_id, contact_id, added_at)"
    " select %(collection)s, n, '2020-01-01' from generate_series(1, %(contacts)s) as n",
    # As many people of no collection, who withdrew.
    "insert into crm.contact (contact_id, email, is_active, updated_at)"
    " select 5000000 + n, 'a' || n || '@mail.gr', true, '2020-01-01'"
    " from generate_series(1, %(contacts)s) as n",
    "insert into crm.consent (consent_id, contact_id, channel, gdpr_category, granted,"
    " effective_at, recorded_at) select 5000000 + n, 5000000 + n, 'email', 'newsletter', false,"
    " '2020-01-01', '2020-01-01' from generate_series(1, %(contacts)s) as n",
)


@pytest.fixture(params=["postgres", "debian_postgres"])
def server(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_rare_runs_grow_with_the_contacts(
    server: Any, mailchimp_sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As few looks at the audience as on a fast machine: explaining takes long.
    monkeypatch.setattr(push, "LOOK_SECONDS", 600.0)
    few = _visits(server, mailchimp_sandbox, monkeypatch, FEW)
    many = _visits(server, mailchimp_sandbox, monkeypatch, MANY)
    steep = steep_statements(few, many, FEW, MANY)
    assert not steep, "\n".join(steep)


def _visits(
    server: Any, sandbox: Any, monkeypatch: pytest.MonkeyPatch, contacts: int
) -> dict[str, Visits]:
    with fresh_databases(server) as (crm, warehouse):
        count_nothing(warehouse, "sync", "stats", "mart")
        sandbox.control("POST", "reset")
        world = World(crm, warehouse, sandbox)
        world.batching = Batching(above=50, polling=Polling(first=0.1, most=0.5))
        news = world.collection()
        for statement in _FILL:
            world.crm.execute(statement, {"contacts": contacts, "collection": news})
        world.crm.execute("analyze")
        rare = _RareRuns(world, news, contacts)
        assert rare.sync()["added"] == contacts
        found: dict[str, Visits] = {}
        for name, prepare, run in rare.all():
            prepare()
            world.crm.execute("analyze")
            found[name] = Visits(warehouse)
            with found[name].watching(monkeypatch):
                run()
        world.close()
    return found


class _RareRuns:
    """What happens, one after the other, and that it happened to everybody."""

    def __init__(self, world: World, news: int, contacts: int) -> None:
        self._world, self._news, self._contacts = world, news, contacts

    def all(self) -> list[tuple[str, Callable[[], object], Callable[[], object]]]:
        """Name, what is done before, and what is watched."""
        return [
            ("gate", _nothing, self._gate),
            ("state lost", self._world.forget_ledger, self._found_again),
            ("all addresses replaced", self._replace, self._replaced),
            ("write-back", _nothing, self._write_back),
            ("all opted out in Mailchimp", self._opt_out, self._opted_out),
            ("write-back after it", _nothing, self._write_back),
            ("gate after it", _nothing, self._gate_of_nobody),
            ("a tenth is erased", self._ask_for_erasure, self._erase),
            ("retention", _nothing, self._retain),
        ]

    def sync(self) -> dict[str, int]:
        """Counts of a sync that succeeds."""
        result = self._world.sync(options=UNGUARDED)["NEWS"]
        assert result.state == "succeeded", result.detail
        return dict(result.counts)

    def _gate(self, *, members: int | None = None) -> None:
        world = self._world
        with (
            world.connect(world.warehouse_dsn) as warehouse,
            world.connect(world.crm_dsn, autocommit=True) as crm,
        ):
            judgement = judge_members(
                warehouse, crm, list_id=world.list_id(), collection_id=self._news,
                gdpr_category="newsletter",
            )  # fmt: skip
        assert judgement.findings == ()
        assert judgement.judged == (self._contacts if members is None else members)

    def _gate_of_nobody(self) -> None:
        self._gate(members=0)

    def _found_again(self) -> None:
        counts = self.sync()
        # What the members carry is not known any more, so it is written again.
        assert counts["updated"] + counts["unchanged"] == self._contacts, counts

    def _replace(self) -> None:
        self._world.crm.execute("update crm.contact set email = 'n' || contact_id || '@mail.gr'")

    def _replaced(self) -> None:
        counts = self.sync()
        assert counts["added"] == counts["removed"] == self._contacts

    def _write_back(self) -> None:
        world = self._world
        with world.connect(world.warehouse_dsn) as warehouse, world.connect(world.crm_dsn) as crm:
            assert write_back_members(warehouse, crm).written == self._contacts

    def _opt_out(self) -> None:
        world = self._world
        world.sandbox.control("POST", "clock/advance", {"seconds": 5})
        hashes = self._values("select subscriber_hash from sync.member where status = 'subscribed'")
        assert len(hashes) == self._contacts
        changes = [MemberChange(subscriber_hash=one, action="unsubscribe") for one in hashes]
        with world.provider() as provider:
            outcomes = provider.change_members(world.list_id(), [changes])
            assert sum(len(some) for some in outcomes) == self._contacts
        world.sandbox.control("POST", "clock/advance", {"seconds": 5})

    def _opted_out(self) -> None:
        assert self.sync()["quarantined"] == self._contacts
        refusals = self._values("select kind from sync.refusal where ended_at is null")
        assert len(refusals) == self._contacts

    def _ask_for_erasure(self) -> None:
        self._world.crm.execute(
            "update crm.contact set erasure_requested_at = now()"
            " where contact_id % 10 = 0 and contact_id < 5000000"
        )

    def _erase(self) -> None:
        world = self._world
        with (
            world.provider() as provider,
            world.connect(world.warehouse_dsn) as warehouse,
            world.connect(world.crm_dsn) as crm,
        ):
            result = erase_contacts(warehouse, crm, Accounts.only(provider), run_id="ΔΙΑΓΡΑΦΗ")
        assert result.erased == self._contacts // 10

    def _retain(self) -> None:
        with self._world.connect(self._world.warehouse_dsn) as warehouse:
            removed = retention.apply(warehouse, AGES)
        assert removed["staging"] > 0
        assert removed["proof"] >= self._contacts // 2

    def _values(self, query: str) -> list[Any]:
        return [next(iter(row.values())) for row in self._world.warehouse.execute(query.encode())]


def _nothing() -> None:
    """Nothing happens before."""
