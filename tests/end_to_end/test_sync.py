"""``sync_collections`` on a real scheduler, against who may be where by other means."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import psycopg
import pytest

import oracle
from end_to_end.planted import COLLECTION, FIRST_ID, QUOTING_COLLECTION
from local_installation.demo import EXPECTED_STATES, SYNCED
from local_installation.expected_members import (
    expected_in_shared,
    expected_members,
    shared_audiences,
)

if TYPE_CHECKING:
    from end_to_end.conftest import World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow"), pytest.mark.timeout(900)]

# Requests that change a member, by method and OpenAPI path.
MEMBER_WRITES = {
    ("POST", "/lists/{list_id}"),
    ("POST", "/batches"),
    ("POST", "/lists/{list_id}/members"),
    ("PUT", "/lists/{list_id}/members/{subscriber_hash}"),
    ("PATCH", "/lists/{list_id}/members/{subscriber_hash}"),
    ("DELETE", "/lists/{list_id}/members/{subscriber_hash}"),
    ("POST", "/lists/{list_id}/members/{subscriber_hash}/actions/delete-permanent"),
    ("POST", "/lists/{list_id}/members/{subscriber_hash}/tags"),
    ("POST", "/lists/{list_id}/segments/{segment_id}"),
    ("POST", "/lists/{list_id}/segments/{segment_id}/members"),
    ("DELETE", "/lists/{list_id}/segments/{segment_id}/members/{subscriber_hash}"),
}
#: Two collections of the sample share an audience: it is the audience that is synced.
SHARED = "shared:Βιβλία"
SHARING = ("BOOKS", "BOOKS_OFFERS")


def test_every_collection_ends_as_the_sample_makes_it_end(world: World) -> None:
    found = {
        code: (row.state, row.detail.split(":")[0]) for code, row in world.first.results.items()
    }
    assert found == {
        **EXPECTED_STATES,
        COLLECTION: ("succeeded", ""),
        QUOTING_COLLECTION: ("failed", "query_failed"),
    }
    assert world.first.state == "failed", "a run fails if a collection failed"


def test_a_broken_collection_stops_only_itself(world: World) -> None:
    mapped = [task for task in world.first.tasks if task.task_id == "sync_collection"]
    assert {task.label for task in mapped} == set(world.first.results) - set(SHARING)
    for task in mapped:
        state = world.first.results[task.label].state
        # A blocked collection is not plain green: nothing was written for it.
        expected = {"succeeded": "success", "blocked": "skipped", "failed": "failed"}[state]
        assert task.state == expected, task.label
        assert task.try_number == 1, f"{task.label} was tried again, though that cannot help"


def test_reasons_are_the_oracles_contact_by_contact(world: World) -> None:
    with psycopg.connect(world.services.crm) as connection:
        crm = oracle.read(connection)
    expected = {
        (code, verdict.contact_id, verdict.reason)
        for code, verdicts in oracle.verdicts(crm, world.first.clock).items()
        if world.first.results[code].state == "succeeded"
        for verdict in verdicts
        if verdict.reason
    }
    # What only Mailchimp, or the fields' types, can tell is not the oracle's to know.
    beyond = ("invalid_field_value", "rejected_by_mailchimp")
    found = {row for row in world.first.quarantine if row[2] not in beyond}
    assert len(expected) > 500
    assert Counter(reason for _, _, reason in expected).keys() >= {
        *("erased_contact", "inactive_contact", "missing_email", "invalid_email"),
        *("consent_withdrawn", "consent_expired", "consent_not_yet_effective", "no_consent"),
        *("shared_address_refused", "duplicate_email"),
    }
    assert found == expected


def test_counts_of_each_collection_add_up(world: World) -> None:
    for code in SYNCED:
        row = world.first.results[code]
        held_back = {
            contact
            for collection, contact, reason in world.first.quarantine
            if collection == code and reason not in ("invalid_field_value", "rejected_by_mailchimp")
        }
        assert row.staged == row.eligible + len(held_back), code
        assert row.added == row.eligible == len(world.first.members[code]), code
        assert (row.updated, row.removed, row.unchanged, row.rejected) == (0, 0, 0, 0), code


def test_members_are_the_eligible_set_by_plain_sql(world: World) -> None:
    codes = [*SYNCED, COLLECTION]
    expected = expected_members(world.services.crm, world.services.crm_query, codes)
    # Eligible for us, and refused by Mailchimp.
    expected[COLLECTION].discard(("joe@example.com", FIRST_ID + 1))
    assert shared_audiences(world.services.crm, codes) == {"Βιβλία": list(SHARING)}
    expected[SHARED] = expected_in_shared([expected[code] for code in SHARING])
    contacts = dict(expected[SHARED])
    for code in SHARING:
        # One member has one contact, whatever tags it has.
        expected[code] = {(address, contacts[address]) for address, _ in expected[code]}
        assert expected[code] < expected[SHARED]
    for code in expected:
        wanted = {(address, "subscribed", f"c-{contact}") for address, contact in expected[code]}
        assert wanted, code
        assert world.first.members[code] == wanted, code
    assert set(world.first.members) == set(expected), "an audience was made that nobody asked for"


def test_what_mailchimp_refuses_is_quarantined_and_fails_nothing(world: World) -> None:
    row = world.first.results[COLLECTION]
    assert (row.state, row.eligible, row.added, row.rejected) == ("succeeded", 3, 2, 1)
    assert (COLLECTION, FIRST_ID + 1, "rejected_by_mailchimp") in world.first.quarantine


def test_a_second_run_writes_no_member(world: World) -> None:
    assert {row for row in world.first.requests if row in MEMBER_WRITES}, "the check sees nothing"
    assert [row for row in world.second.requests if row in MEMBER_WRITES] == []
    assert world.second.members == world.first.members
    assert world.second.quarantine == world.first.quarantine
    for code in SYNCED:
        row = world.second.results[code]
        assert (row.added, row.updated, row.removed, row.rejected) == (0, 0, 0, 0), code
        assert row.unchanged == row.eligible, code


def test_who_unsubscribed_stays_out(world: World) -> None:
    left = {
        (event["list_id"], event["email_address"])
        for event in world.account.events(action="unsubscribe")
    }
    assert left, "nobody unsubscribed in five days: the test shows nothing"
    statuses = {
        (world.third.results[code].list_id, address): status
        for code, members in world.third.members.items()
        for address, status, _ in members
    }
    assert {statuses[member] for member in left} == {"unsubscribed"}
    # An opt-out in a shared audience holds for each of its collections.
    expected = Counter(
        code
        for code, members in world.first.members.items()
        if code != SHARED
        for address, _, _ in members
        if (world.first.results[code].list_id, address) in left
    )
    found = Counter(
        code for code, _, reason in world.third.quarantine if reason == "suppressed_unsubscribed"
    )
    assert found == expected
    assert found["BOOKS"] and found["BOOKS_OFFERS"], "nobody of the shared audience has both tags"


def test_nobody_was_ever_subscribed_again(world: World) -> None:
    gone: set[tuple[str, str]] = set()
    for event in world.account.events():
        member = (event["list_id"], event["subscriber_hash"])
        if event["action"] in ("unsubscribed", "cleaned", "archived"):
            gone.add(member)
        elif event["action"] == "subscribed" and event["by"] == "api":
            assert member not in gone
