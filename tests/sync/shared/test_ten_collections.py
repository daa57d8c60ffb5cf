"""Ten collections in one audience, in a plan that allows one audience."""

from __future__ import annotations

import random
from collections.abc import Mapping

from sharing_world import (
    CODE,
    NAME,
    UNGUARDED,
    audience_of,
    last_run,
    rows,
    sync_each,
    tagged,
    with_status,
)
from sync_world import World

#: Addresses that may have mail of a collection. It knows nothing of the pipeline's statements.
_ELIGIBLE = """
with newest as (
    select distinct on (contact_id) contact_id, granted
    from crm.consent
    where channel = 'email' and gdpr_category = 'newsletter' and effective_at <= now()
    order by contact_id, effective_at desc, granted
)

select distinct lower(contact.email)
from crm.collection_member as member
inner join crm.contact_collection as collection using (collection_id)
inner join crm.contact as contact using (contact_id)
inner join newest using (contact_id)
where
    collection.code = %s
    and contact.is_active
    and newest.granted
    and not exists (
        select 1
        from crm.contact as other
        inner join newest as others on other.contact_id = others.contact_id
        where lower(other.email) = lower(contact.email) and not others.granted
    )
"""
_PEOPLE = 1_400
_MANY = 3_050
#: Addresses that a call of a tag, or of additions, takes.
_OF_A_CALL = 500


def test_ten_collections_share_the_only_audience(sharing: World) -> None:
    sharing.sandbox.control("POST", "limits", {"max_audiences": 1})
    codes = [f"ΣΥΛΛΟΓΗ-{number}" for number in range(10)]
    _fill(sharing, {code: sharing.collection(code, shared_audience=NAME) for code in codes})
    sharing.calls.reset()

    result = sharing.sync()[CODE]

    made = len(sharing.calls.made)
    assert result.state == "succeeded"
    assert {last_run(sharing, code)["state"] for code in codes} == {"succeeded"}
    expected = {code: _eligible(sharing, code) for code in codes}
    everybody = set().union(*expected.values())
    assert len(expected[codes[0]]) > _OF_A_CALL, "one tag needs a second call"
    assert sum(map(len, expected.values())) > 2 * len(everybody), "most are in several collections"
    assert {code: tagged(sharing, code) for code in codes} == expected
    assert with_status(sharing, "subscribed") == everybody

    billed = sharing.sandbox.control("GET", "limits")
    assert billed["contacts"] == billed["addresses"] == len(everybody)
    [bill] = rows(sharing, "select contacts, own_addresses, saved_by_sharing from mart.bill")
    assert bill == {
        "contacts": len(everybody),
        "own_addresses": len(everybody),
        "saved_by_sharing": 0,
    }

    of_tags = sum(_calls(len(addresses)) for addresses in expected.values())
    assert made == result.counts["api_calls"]
    assert made <= of_tags + 20, "additions are among the 20"

    sharing.calls.reset()
    assert sharing.sync()[CODE].counts["unchanged"] == len(everybody)
    assert sharing.calls.made
    assert all(call.startswith("GET ") for call in sharing.calls.made)
    assert len(sharing.calls.made) <= 20
    with sharing.provider() as provider:
        assert [one.list_id for one in provider.audiences()] == [audience_of(sharing)]


def test_a_later_run_keeps_to_its_calls(sharing: World) -> None:
    """In each tag somebody loses it for each cause that there is, and somebody gets it."""
    codes = [f"ΣΥΛΛΟΓΗ-{number}" for number in range(10)]
    types = dict.fromkeys(codes, "NEWS") | {codes[0]: "OFFER"}
    ids = [
        sharing.collection(code, shared_audience=NAME, campaign_type=types[code]) for code in codes
    ]
    others = ids[1:]
    people = {
        name: sharing.contact(f"{name}@example.gr", *ids)
        for name in ("anna", "eleni", "ifigeneia", "petros", "zoi")
    }
    for contact_id in people.values():
        sharing.consent(contact_id, category="offer")
    sync_each(sharing, 2)
    assert all(len(tagged(sharing, code)) == 5 for code in codes)
    # Her last category, his all but one, all collections, all but one.
    for name, categories in {"anna": ("newsletter", "offer"), "petros": ("newsletter",)}.items():
        for category in categories:
            sharing.consent(people[name], category=category, granted=False)
    for collection_id in ids:
        sharing.leave(collection_id, people["eleni"])
    for collection_id in others:
        sharing.leave(collection_id, people["ifigeneia"])
    nea = sharing.contact("nea@example.gr", *ids)
    sharing.consent(nea, category="offer")
    sharing.calls.reset()

    result = sharing.sync(options=UNGUARDED)[CODE]

    assert result.state == "succeeded"
    assert tagged(sharing, codes[0]) == {
        f"{name}@example.gr" for name in ("ifigeneia", "petros", "zoi", "nea")
    }
    assert all(tagged(sharing, code) == {"zoi@example.gr", "nea@example.gr"} for code in codes[1:])
    assert with_status(sharing, "unsubscribed") == {"anna@example.gr"}
    assert with_status(sharing, "archived") == {"eleni@example.gr"}
    assert result.counts["api_calls"] <= len(codes) + _calls(1) + 20, sharing.calls.made


def test_one_look_says_whose_audience_it_is_for_all_tags(sharing: World) -> None:
    codes = [f"ΣΥΛΛΟΓΗ-{number}" for number in range(10)]
    ids = [sharing.collection(code, shared_audience=NAME) for code in codes]
    anna = sharing.contact("anna@example.gr", *ids)
    sharing.contact("zoi@example.gr", *ids)
    sync_each(sharing, 2)
    sharing.consent(anna, granted=False)
    sharing.calls.reset()

    result = sharing.sync(options=UNGUARDED)[CODE]

    assert result.state == "succeeded"
    assert with_status(sharing, "unsubscribed") == {"anna@example.gr"}
    looks = [call for call in sharing.calls.made if call == "GET /lists/{list_id}/merge-fields"]
    assert len(looks) == 2, "before the members, and before the tags"
    assert result.counts["api_calls"] <= 6, sharing.calls.made


def test_a_first_run_of_many_people_keeps_to_its_calls(shared: World) -> None:
    codes = [f"ΣΥΛΛΟΓΗ-{number}" for number in range(10)]
    ids = [shared.collection(code, shared_audience=NAME) for code in codes]
    for number in range(_MANY):
        shared.contact(f"contact{number}@example.gr", *ids[: 1 + number % 10])
    shared.calls.reset()

    result = shared.sync(options=UNGUARDED)[CODE]

    assert result.state == "succeeded"
    assert result.counts["added"] == _MANY
    of_tags = sum(_calls(len(tagged(shared, code))) for code in codes)
    assert result.counts["api_calls"] <= of_tags + _calls(_MANY) + 20


def _fill(world: World, collections: Mapping[str, int]) -> None:
    """People in one to four collections: with and without consent, some at another's address."""
    chosen = random.Random(13)
    first, *others = collections.values()
    for number in range(_PEOPLE):
        of = chosen.sample(others, chosen.randint(1, 3))
        contact_id = world.contact(
            f"contact{number}@example.gr",
            *(of if number % 2 else [first, *of]),
            consent="newsletter" if number % 7 else None,
            is_active=number % 11 > 0,
        )
        if number % 13 == 0:
            world.consent(contact_id, granted=False)
    for number in range(0, _PEOPLE, 17):
        world.contact(f"Contact{number}@Example.gr", *chosen.sample(others, 2))


def _eligible(world: World, code: str) -> set[str]:
    return {address for (address,) in world.crm.execute(_ELIGIBLE, (code,))}


def _calls(changes: int) -> int:
    return -(-changes // _OF_A_CALL)
