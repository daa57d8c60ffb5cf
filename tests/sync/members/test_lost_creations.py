"""The answer to a creation is lost: it is looked for in a page or two, and the same run goes on."""

from __future__ import annotations

import pytest

from sync_world import World

PEOPLE = 1_100


def losing(world: World, template: str, *, number: int = 1, times: int = 1) -> None:
    """Lose the answers of some requests of the next sync, the ``number``-th and what follows."""
    seen = 0

    def lose(what: str) -> bool:
        nonlocal seen
        seen += what == template
        return what == template and number <= seen < number + times

    world.calls.reset(before=lose)


@pytest.mark.parametrize("number", [1, 2])
def test_lost_additions_cost_a_page_not_a_call_a_member(world: World, number: int) -> None:
    news = world.collection()
    for index in range(PEOPLE):
        world.contact(f"prosopo.{index}@galaxy.gr", news)
    losing(world, "POST /lists/{list_id}", number=number)
    result = world.sync()["NEWS"]
    assert result.state == "succeeded", result.detail
    members = world.remote()
    assert set(members.values()) == {"subscribed"}
    assert len(members) == PEOPLE
    single = [call for call in world.calls.made if "{subscriber_hash}" in call]
    assert single == []
    assert len(world.calls.made) < 40
    world.calls.reset()
    assert world.sync()["NEWS"].counts["added"] == 0
    assert not [call for call in world.calls.made if call.startswith(("POST", "PATCH"))]


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_lost_answer_to_a_new_audience_ends_nothing(world: World, carried_out: bool) -> None:
    news = world.collection(sync_merge_fields=True)
    world.contact("eleni@mail.gr", news)
    if carried_out:
        losing(world, "POST /lists")
    else:
        world.sandbox.control(
            "POST", "faults", {"next": [{"kind": "503", "method": "POST", "path": "/lists"}]}
        )
    result = world.sync()["NEWS"]
    assert result.state == "succeeded", result.detail
    assert world.remote() == {"eleni@mail.gr": "subscribed"}
    with world.provider() as provider:
        assert len(list(provider.audiences())) == 1


def test_a_lost_answer_to_a_new_merge_field_ends_nothing(world: World) -> None:
    for code in ("POLI", "ILIKIA"):
        world.crm.execute(
            "insert into crm.contact_field (code, label, data_type) values (%s, %s, 'text')",
            (code, f"Πεδίο {code}"),
        )
    news = world.collection(sync_merge_fields=True)
    world.contact("eleni@mail.gr", news)
    template = "POST /lists/{list_id}/merge-fields"
    losing(world, template, times=2)
    result = world.sync()["NEWS"]
    assert result.state == "succeeded", result.detail
    with world.provider() as provider:
        names = [field.name for field in provider.merge_fields(world.list_id())]
    assert len(names) == len(set(names))
    assert {"Πεδίο POLI", "Πεδίο ILIKIA"} <= set(names)


def test_a_creation_that_fails_twice_says_so(world: World) -> None:
    news = world.collection()
    world.contact("eleni@mail.gr", news)
    faults = {"kind": "503", "method": "POST", "path": "/lists", "count": 2}
    world.sandbox.control("POST", "faults", {"next": [faults]})
    with pytest.raises(Exception, match="POST /lists: 503"):
        world.sync()
    assert world.sync()["NEWS"].state == "succeeded"
