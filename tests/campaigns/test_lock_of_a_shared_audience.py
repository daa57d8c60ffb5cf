"""Somebody works on a shared audience, for one of its collections: all others wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from campaign_world import CampaignWorld
from crm_mailchimp.accounts import Accounts
from crm_mailchimp.campaigns.result import CampaignResult
from crm_mailchimp.data_protection.erasure import ErasureResult, erase_contacts
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.sessions import open_session
from crm_mailchimp.sync.members.pull_statuses import mapped_codes, pull_statuses
from crm_mailchimp.sync.runs.collection_sync import CollectionResult
from sharing_world import CODE, UNGUARDED, audience_of, fill_two, share, tagged, with_status

MARIA, ZOI, KOSTAS, ELENI = (f"{name}@galaxy.gr" for name in ("maria", "zoi", "kostas", "eleni"))
NIKOS = "nikos@galaxy.gr"
ALL = {MARIA, ZOI, KOSTAS, ELENI}
PATIENCE_SECONDS = 60


@pytest.fixture
def world(campaigning: CampaignWorld) -> CampaignWorld:
    """NEWS and OFFERS share an audience, and a campaign of NEWS is due."""
    share(campaigning)
    people = fill_two(campaigning)
    campaigning.consent(people[KOSTAS], category="newsletter")
    campaigning.sync(options=UNGUARDED)
    campaigning.campaign(state="approved", planned_at=campaigning.in_hours(-1))
    campaigning.step()
    campaigning.design()
    return campaigning


def contact_of(world: CampaignWorld, email: str) -> int:
    row = world.crm.execute("select contact_id from crm.contact where email = %s", (email,))
    (found,) = row.fetchone() or (None,)
    assert found is not None
    return int(found)


def ask_for_erasure(world: CampaignWorld, email: str) -> None:
    world.change_contact(contact_of(world, email), erasure_requested_at="2026-10-01T00:00:00Z")


def collection_id(world: CampaignWorld, code: str) -> int:
    query = "select collection_id from crm.contact_collection where code = %s"
    (found,) = world.crm.execute(query, (code,)).fetchone() or (None,)
    assert found is not None
    return int(found)


def erase(world: CampaignWorld, provider: type[Mailchimp] = Mailchimp) -> ErasureResult:
    with (
        world.open_provider(provider) as opened,
        open_session(world.warehouse_dsn) as warehouse,
        open_session(world.crm_dsn) as crm,
    ):
        return erase_contacts(warehouse, crm, Accounts.only(opened), run_id="διαγραφή")


def pull(world: CampaignWorld, provider: type[Mailchimp] = Mailchimp) -> dict[str, int] | None:
    """As the DAG does, for the one audience there is."""
    with (
        world.open_provider(provider) as opened,
        open_session(world.warehouse_dsn) as warehouse,
        open_session(world.crm_dsn, autocommit=True) as crm,
    ):
        (code,) = mapped_codes(warehouse)
        return pull_statuses(warehouse, Accounts.only(opened), code, crm=crm)


class Side:
    """Work in another thread, which waits for a lock that somebody else holds."""

    def __init__(self, world: CampaignWorld, pool: ThreadPoolExecutor) -> None:
        self._world, self._pool = world, pool
        self.work: Future[Any] | None = None

    def begin(self, work: Callable[[], Any]) -> None:
        """Begin it, and come back once it waits. Fails if it goes through."""
        assert self.work is None, "it has begun already"
        self.work = self._pool.submit(work)
        while not self._is_waiting():
            assert not self.work.done(), "nothing made it wait"

    def result(self) -> Any:
        """What came of it, once nobody holds the lock any more."""
        assert self.work is not None, "it has not begun"
        return self.work.result(PATIENCE_SECONDS)

    def _is_waiting(self) -> bool:
        query = (
            "select from pg_locks where locktype = 'advisory' and not granted and database ="
            " (select oid from pg_database where datname = current_database())"
        )
        return self._world.warehouse.execute(query).fetchone() is not None


@pytest.fixture
def side(world: CampaignWorld) -> Iterator[Side]:
    with ThreadPoolExecutor(1) as pool:
        yield Side(world, pool)


@contextmanager
def right_before(world: CampaignWorld, request: str, act: Callable[[], object]) -> Iterator[None]:
    """Act once, right before the sync sends the first request that begins so."""
    acted = threading.Event()

    def before(what: str) -> None:
        if what.startswith(request) and not acted.is_set():
            acted.set()
            act()

    world.calls.reset(before=before)
    yield
    world.calls.reset()
    assert acted.is_set(), f"the sync sent no {request}"


#: The first calls that give people their place in the audience.
ADDS = "POST /lists/{list_id}"
GIVES_TAGS = "POST /lists/{list_id}/segments/{segment_id}"


def bring_nikos(world: CampaignWorld) -> int:
    """He joins both collections; gives the staging that has him."""
    ids = [collection_id(world, code) for code in ("NEWS", "OFFERS")]
    world.contact(NIKOS, *ids)
    return world.stage()


@pytest.mark.parametrize("request_", [ADDS, GIVES_TAGS])
def test_a_campaign_waits_for_a_sync(world: CampaignWorld, request_: str) -> None:
    staging_id = bring_nikos(world)
    steps: list[CampaignResult] = []

    def step() -> None:
        steps.append(world.step(options={"lock_wait": timedelta(0)}))
        assert world.sent_to() == []

    with right_before(world, request_, step):
        world.push(staging_id, CODE, options=UNGUARDED)

    (busy,) = steps
    assert (busy.outcome, str(busy.detail).split(":")[0]) == ("waiting", "audience_busy")
    assert world.warehouse.execute("select from sync.campaign_gate").fetchall() == []
    assert world.step().outcome == "sent"
    assert set(world.sent_to()) == {MARIA, ZOI, ELENI, NIKOS}


def test_a_sync_waits_for_a_campaign(world: CampaignWorld, side: Side) -> None:
    staging_id = bring_nikos(world)

    class Sending(Mailchimp):
        def send_campaign(self, campaign_id: str) -> None:
            side.begin(lambda: world.push(staging_id, CODE, options=UNGUARDED))
            super().send_campaign(campaign_id)

    assert world.step(provider=Sending).outcome == "sent"

    synced: CollectionResult = side.result()
    assert synced.state == "succeeded"
    assert set(world.sent_to()) == {MARIA, ZOI, ELENI}, "who was judged by the gate"
    assert tagged(world, "NEWS") == {MARIA, ZOI, ELENI, NIKOS}


@pytest.mark.parametrize("request_", [ADDS, GIVES_TAGS])
def test_an_erasure_waits_for_a_sync(world: CampaignWorld, side: Side, request_: str) -> None:
    """The sync has looked at him before he asked for it."""
    staging_id = bring_nikos(world)

    def ask() -> None:
        ask_for_erasure(world, NIKOS)
        side.begin(lambda: erase(world))
        assert (NIKOS in with_status(world, "subscribed")) == (request_ == GIVES_TAGS)

    with right_before(world, request_, ask):
        world.push(staging_id, CODE, options=UNGUARDED)

    erased: ErasureResult = side.result()
    assert (erased.erased, erased.members_deleted) == (1, 1)
    assert with_status(world, "subscribed") == ALL
    world.sync(options=UNGUARDED)
    assert with_status(world, "subscribed") == ALL


def test_a_sync_waits_for_an_erasure(world: CampaignWorld, side: Side) -> None:
    staging_id = bring_nikos(world)
    world.push(staging_id, CODE, options=UNGUARDED)
    staging_id = world.stage()
    ask_for_erasure(world, NIKOS)

    class Deleting(Mailchimp):
        def delete_member_permanently(self, list_id: str, subscriber_hash: str) -> bool:
            if side.work is None:
                side.begin(lambda: world.push(staging_id, CODE, options=UNGUARDED))
            return super().delete_member_permanently(list_id, subscriber_hash)

    assert erase(world, Deleting).members_deleted == 1

    synced: CollectionResult = side.result()
    assert synced.state == "succeeded"
    assert with_status(world, "subscribed") == ALL, "he is not added again from what was staged"
    assert tagged(world, "NEWS") == {MARIA, ZOI, ELENI}


def test_a_pull_of_statuses_leaves_an_audience_alone_that_a_sync_works_on(
    world: CampaignWorld,
) -> None:
    staging_id = bring_nikos(world)
    pulled: list[object] = []
    with right_before(world, ADDS, lambda: pulled.append(pull(world))):
        world.push(staging_id, CODE, options=UNGUARDED)
    assert pulled == [None]
    counts = pull(world)
    assert counts is not None
    assert counts["subscribed"] == 5


def test_a_sync_waits_for_a_pull_of_statuses(world: CampaignWorld, side: Side) -> None:
    staging_id = bring_nikos(world)
    world.act(ZOI, "unsubscribe", CODE)

    class Reading(Mailchimp):
        def members(self, *arguments: Any, **options: Any) -> Any:
            if side.work is None:
                side.begin(lambda: world.push(staging_id, CODE, options=UNGUARDED))
            return super().members(*arguments, **options)

    assert pull(world, Reading) is not None

    synced: CollectionResult = side.result()
    assert synced.state == "succeeded"
    assert with_status(world, "unsubscribed") == {ZOI}
    assert with_status(world, "subscribed") == {MARIA, KOSTAS, ELENI, NIKOS}
    assert audience_of(world) == synced.list_id
