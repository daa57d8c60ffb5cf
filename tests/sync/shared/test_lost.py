"""Answers get lost, runs are killed, the warehouse is lost: tags and members come out right."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress

import pytest

from crm_mailchimp.errors import ProviderError
from sharing_world import CODE, NAME, audience_of, last_run, rows, tagged, with_status
from sync_world import World

_LOST = (
    "audience", "audience_use", "audience_look", "member", "tag", "tag_member", "merge_field",
    "consent_proof", "collection_run", "known_collection",
)  # fmt: skip


class KilledError(Exception):
    """The process ends here."""


def two_collections(world: World) -> dict[str, int]:
    news = world.collection("NEWS", shared_audience=NAME)
    offers = world.collection("OFFERS", shared_audience=NAME)
    return {
        "maria": world.contact("maria@example.gr", news, offers),
        "nikos": world.contact("nikos@example.gr", news),
        "eleni": world.contact("eleni@example.gr", offers),
    }


def assert_right(world: World) -> None:
    assert with_status(world, "subscribed") == {
        "maria@example.gr",
        "nikos@example.gr",
        "eleni@example.gr",
    }
    assert tagged(world, "NEWS") == {"maria@example.gr", "nikos@example.gr"}
    assert tagged(world, "OFFERS") == {"maria@example.gr", "eleni@example.gr"}


def test_a_run_killed_before_any_call_is_continued(shared: World) -> None:
    two_collections(shared)
    killed = 0
    for number in range(1, 60):
        calls = itertools.count(1)

        def kill(what: str, number: int = number, calls: Iterator[int] = calls) -> None:
            if next(calls) == number:
                raise KilledError(what)

        shared.calls.reset(before=kill)
        try:
            shared.sync()
        except KilledError:
            killed += 1
        else:
            break
    shared.calls.reset()
    assert killed > 5
    for _ in range(2):
        shared.sync()
    assert_right(shared)
    assert last_run(shared, CODE)["state"] == "succeeded"


@pytest.mark.parametrize("lost", range(1, 11))
def test_a_lost_answer_costs_nobody_a_tag(shared: World, lost: int) -> None:
    two_collections(shared)
    shared.calls.reset(lost=lost)
    with suppress(ProviderError):
        shared.sync()
    assert len(shared.calls.made) >= lost
    shared.calls.reset()
    shared.sync()
    assert_right(shared)
    details = [row["detail"] for row in rows(shared, "select detail from sync.collection_run")]
    assert not any("by hand" in (detail or "") for detail in details)


@pytest.mark.parametrize("lost", range(1, 14))
def test_a_lost_answer_when_a_tag_is_taken_is_no_act_by_hand(shared: World, lost: int) -> None:
    people = two_collections(shared)
    for number in range(10):
        shared.contact(f"allos{number}@example.gr", 1, 2)
    shared.sync()
    shared.leave(1, people["maria"])
    shared.calls.reset(lost=lost)
    with suppress(ProviderError):
        shared.sync()
    shared.calls.reset()
    shared.sync()

    assert "maria@example.gr" not in tagged(shared, "NEWS")
    assert "maria@example.gr" in tagged(shared, "OFFERS")
    details = [row["detail"] for row in rows(shared, "select detail from sync.collection_run")]
    assert not any("by hand" in (detail or "") for detail in details)

    shared.join(1, people["maria"])
    shared.sync()
    assert "maria@example.gr" in tagged(shared, "NEWS")


def test_after_a_loss_of_the_state_everything_is_found_again(shared: World) -> None:
    two_collections(shared)
    shared.sync()
    for table in _LOST:
        shared.warehouse.execute(f"delete from sync.{table}")
    shared.calls.reset()

    shared.sync()

    assert_right(shared)
    with shared.provider() as provider:
        assert len(list(provider.audiences())) == 1
        assert len(list(provider.tags(audience_of(shared)))) == 2
    writes = [call for call in shared.calls.made if not call.startswith("GET ")]
    assert not any("/segments" in call or call == "POST /lists/{list_id}" for call in writes)


def test_a_deleted_tag_is_made_again(shared: World) -> None:
    two_collections(shared)
    shared.sync()
    with shared.provider() as provider:
        (audience,) = provider.audiences()
        for tag in provider.tags(audience.list_id):
            provider.client.lists.delete_segment(audience.list_id, str(tag.tag_id))

    shared.sync()

    assert_right(shared)


def test_a_tag_follows_the_code_of_its_collection(shared: World) -> None:
    two_collections(shared)
    shared.sync()
    shared.crm.execute("update crm.contact_collection set code = 'ΝΕΑ' where code = 'NEWS'")
    shared.calls.reset()

    shared.sync()

    assert tagged(shared, "ΝΕΑ") == {"maria@example.gr", "nikos@example.gr"}
    writes = [call for call in shared.calls.made if not call.startswith("GET ")]
    assert writes == ["PATCH /lists/{list_id}/segments/{segment_id}"]
