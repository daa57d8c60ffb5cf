"""Which members share a call that changes a tag. Calls run side by side."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crm_mailchimp.sync.members.tag_calls import PAGE, PlannedTag, TagStep, _calls


def step(pages: list[list[PlannedTag]]) -> TagStep:
    return TagStep(planned=iter(pages), one_by_one=lambda member: True, record=lambda members: None)


def member(number: int, address: int | None) -> PlannedTag:
    email = None if address is None else f"φίλος{address}@mail.gr"
    return PlannedTag(
        action="tag",
        cause=None,
        subscriber_hash=f"{number:032x}",
        contact_id=number,
        has_changed_address=False,
        address_key=email,
    )


pages = st.lists(st.lists(st.none() | st.integers(0, 8), max_size=6), max_size=5)


@given(takes=pages, gives=pages)
def test_no_call_gives_an_address_that_another_takes(
    takes: list[list[int | None]], gives: list[list[int | None]]
) -> None:
    numbers = iter(range(10_000))
    planned = [
        [[member(next(numbers), one) for one in page] for page in side] for side in (takes, gives)
    ]
    taking, giving = step(planned[0]), step(planned[1])
    calls = list(_calls(taking, giving))

    taken = [one for call in calls for one in call.takes]
    given_ = [one for call in calls for one in call.gives]
    assert {one.address_key for one in taken}.isdisjoint(one.address_key for one in given_)
    # Nobody is forgotten, and nobody is sent twice.
    for side, done in ((0, taken + taking.single), (1, given_ + giving.single)):
        hashes = [one.subscriber_hash for one in done]
        assert sorted(hashes) == sorted(
            one.subscriber_hash for page in planned[side] for one in page
        )
    assert all(call.takes or call.gives for call in calls)


def test_one_call_takes_and_gives() -> None:
    people = [member(number, number) for number in range(2 * PAGE)]
    calls = list(_calls(step([people[:PAGE]]), step([people[PAGE:]])))
    assert [(len(call.takes), len(call.gives)) for call in calls] == [(PAGE, PAGE)]
