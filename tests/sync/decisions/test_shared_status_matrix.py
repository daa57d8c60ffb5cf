"""The tables in ``docs/status_matrix.md`` hold in a shared audience, too.

The combinations are those of ``test_status_matrix.py``. The page's table of actions says what
becomes of the collection's tag.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import psycopg
import pytest

from crm_mailchimp.sync.decisions import tag_plan
from sync.decisions.test_status_matrix import (
    COLLECTION,
    ELIGIBLE,
    LEFT,
    LIST,
    OTHER_COLLECTION,
    PLAN_TABLE,
    PRESENT,
    STAGING,
    Combination,
    Member,
    _address,
    _content,
    _expected,
    _fill,
    _hash,
    _plan_row,
    _status,
    _table,
    combinations,
)

ACTION_TABLE = "| action |"
SHARED = -7
NOTHING = ("nothing", "")
#: Audiences whose refusals hold for the collection alone: the others never used them.
ITS_OWN = ("before", "left")
#: Reasons of refusals that the status of a member may hide.
NAMED = {"forgotten": "suppressed_forgotten", "archived by hand": "suppressed_archived"}

Planned = tuple[str, str]


class Found(NamedTuple):
    """What is planned for the audience's member, and for the tags of its two collections."""

    member: Planned
    tag: Planned
    other_tag: Planned


def together(member: Planned, tag: Planned) -> Planned:
    """The collection holds back contacts that the audience does not have to know about."""
    return tag if member == NOTHING and tag[0] == "quarantine" else member


@pytest.mark.parametrize("option", [None, "full_refresh", "confirm_new_members"])
def test_the_tables_hold_in_a_shared_audience(warehouse_db: str, option: str | None) -> None:
    every = combinations()
    options = {option: True} if option is not None else {}
    with psycopg.connect(warehouse_db) as warehouse:
        _fill(warehouse, every)
        _share(warehouse)
        found = _plan(warehouse, every, [COLLECTION], **options)
    wrong = {
        combination: (one, _expected(combination, **options))
        for combination, one in zip(every, found, strict=True)
        if not _is_as_in_the_tables(combination, one.member, one.tag, **options)
    }
    assert not dict(itertools.islice(wrong.items(), 5)), len(wrong)
    assert len(every) > 40_000
    assert {_plan_row(one) for one in every} == set(_table(PLAN_TABLE))


def test_the_page_names_a_fate_of_the_tag_for_every_action() -> None:
    fates = _fates()
    assert set(fates.values()) == {"given", "kept", "taken", "not given", ""}
    planned = {_plan_row(one)[4] for one in combinations()} - {"hold back"}
    assert planned <= set(fates)


@pytest.mark.parametrize("state", ["refused", "left_collection"])
def test_another_collection_keeps_the_member(warehouse_db: str, state: str) -> None:
    """For the audience a contact is eligible as long as one collection wants it."""
    every = [one for one in combinations() if one.crm_state == state and _is_about_all(one)]
    with psycopg.connect(warehouse_db) as warehouse:
        _fill(warehouse, every)
        _share(warehouse)
        _want_in_other_collection(warehouse, every)
        found = _plan(warehouse, every, [COLLECTION, OTHER_COLLECTION])
    actions = set()
    for combination, one in zip(every, found, strict=True):
        wanted = combination._replace(crm_state="eligible")
        expected = _expected_in_shared(wanted)
        if state == "refused":
            # What the CRM says may be named in place of what the audience says.
            expected |= {(action, "consent_withdrawn") for action, _ in expected}
        assert together(one.member, one.other_tag) in expected, (combination, one, expected)
        actions.add(one.member[0])
        # The first collection alone decides about its tag.
        is_to_lose = _is_tagged(combination.member) and _is_mailed(combination.member)
        assert one.tag[0] == ("untag" if is_to_lose else "nothing"), (combination, one)
    assert {"unchanged", "add", "reconfirm", "unsubscribe", "nothing"} <= actions
    assert "archive" not in actions


def _is_about_all(one: Combination) -> bool:
    return all(refusal.audience == LIST for refusal in one.refusals) and one.rejection is None


def _is_as_in_the_tables(
    combination: Combination, member: Planned, tag: Planned, **options: bool
) -> bool:
    found = together(member, tag)
    if found not in _expected_in_shared(combination, **options):
        return False
    return tag[0] in _expected_of_tag(combination.member, found)


def _expected_in_shared(combination: Combination, **options: bool) -> set[Planned]:
    """What the tables say. Of several refusals another one may be named: some are known to the
    audience, and some to the collection alone."""
    action, reason = _expected(combination, **options)
    alone = [combination._replace(refusals=(one,)) for one in combination.refusals]
    if len(alone) > 1 or combination.member.status == "transactional":
        alone += [one._replace(member=PRESENT[0]) for one in alone]
    alone.append(combination._replace(refusals=()))
    reasons = {_expected(one, **options)[1] for one in alone} - {""}
    expected = {(action, reason)} | {(action, one) for one in reasons if reason}
    if combination.member.status == "transactional":
        # A member that never opted in does not hide what the contact refused here.
        expected |= {(action, NAMED[one.what]) for one in combination.refusals if one.what in NAMED}
    own = {one for one in combination.refusals if one.audience in ITS_OWN}
    is_left = combination.member.status == "pending" or combination.crm_state == "changed_address"
    if own and is_left:
        # Only the collection knows this refusal. The member has no tag, so it counts as gone.
        state = combination.crm_state if combination.crm_state not in ELIGIBLE else LEFT[0]
        others = tuple(one for one in combination.refusals if one not in own)
        gone = combination._replace(crm_state=state, refusals=others)
        expected.add(_expected(gone, **options))
    return expected


def _expected_of_tag(member: Member, found: Planned) -> set[str]:
    action, reason = found
    fate = _fates()[action]
    if action == "unchanged" and reason:
        fate = "taken"  # an adopted member whose contact is gone
    if fate == "taken":
        is_to_lose = _is_tagged(member) and _is_mailed(member)
        return {"untag"} if is_to_lose else {"quarantine", "nothing"}
    return {
        "given": {"tag"},
        "kept": {"unchanged"},
        "not given": {"quarantine", "untag"},
        "": {"nothing"},
    }[fate]


@cache
def _fates() -> dict[str, str]:
    """What becomes of the tag, by action."""
    return {
        action.strip(): fate
        for actions, _, fate in _table(ACTION_TABLE)
        for action in actions.split(",")
    }


def _is_tagged(member: Member) -> bool:
    return member.origin in ("created", "adopted") and member.status not in ("pending", "archived")


def _is_mailed(member: Member) -> bool:
    return _status(member) in ("subscribed", "pending", "unknown")


def _share(warehouse: psycopg.Connection) -> None:
    """Two collections share the audience; its members have the tag of the first."""
    warehouse.execute(
        "insert into sync.audience_use (list_id, collection_id)"
        " select %s, one from unnest(%s::bigint[]) as one on conflict do nothing",
        (LIST, [SHARED, OTHER_COLLECTION]),
    )
    # What people refused in it holds for all that share it.
    warehouse.execute(
        "update sync.refusal set collection_ids = collection_ids || %s::bigint[]"
        " where list_id = %s",
        ([SHARED, OTHER_COLLECTION], LIST),
    )
    for number, (collection_id, category) in enumerate(
        ((COLLECTION, "newsletter"), (OTHER_COLLECTION, "offer"))
    ):
        warehouse.execute(
            "insert into sync.tag (list_id, collection_id, collection_code, shared_id,"
            " gdpr_category, tag_id, name) values (%s, %s, %s, %s, %s, %s, %s)",
            (LIST, collection_id, f"C{collection_id}", SHARED, category, number, "Ετικέτα"),
        )
    for collection_id in (COLLECTION, OTHER_COLLECTION, SHARED):
        warehouse.execute(
            "insert into sync.staged_collection (staging_id, collection_id, collection_code,"
            " description, provider, is_shared, is_static, sync_merge_fields, settings,"
            " is_shared_audience, shared_id)"
            " values (%s, %s, %s, 'Βιβλία', 'mailchimp', false, true, false, '{}', %s, %s)",
            (
                *(STAGING, collection_id, f"C{collection_id}", collection_id == SHARED),
                None if collection_id == SHARED else SHARED,
            ),
        )
    warehouse.execute(
        "insert into sync.tag_member (list_id, collection_id, subscriber_hash, contact_id)"
        " select list_id, %s, subscriber_hash, contact_id from sync.member"
        " where list_id = %s and origin in ('created', 'adopted')"
        " and status not in ('pending', 'archived')",
        (COLLECTION, LIST),
    )
    warehouse.execute("analyze")


def _want_in_other_collection(warehouse: psycopg.Connection, every: Sequence[Combination]) -> None:
    digester = warehouse.execute(
        "select contact_id, address_digest from sync.address_holder where left_at is null"
    ).fetchall()
    digests = dict(digester)
    with warehouse.cursor() as cursor:
        for number, one in enumerate(every):
            address, content = _address("p", number), _content(one)
            cursor.execute(
                "insert into staging.verdict (staging_id, collection_id, contact_id, reason_code,"
                " address_key, subscriber_hash, content_hash)"
                " values (%s, %s, %s, null, %s, %s, %s)",
                (STAGING, OTHER_COLLECTION, number, address, _hash("p", number), content),
            )
            cursor.execute(
                "insert into staging.contact (staging_id, contact_id, address_key, is_active,"
                " content_hash, refusal_digest) values (%s, %s, %s, true, %s, %s)",
                (STAGING, number, address, content, digests[number]),
            )
    warehouse.execute("analyze")


def _plan(
    warehouse: psycopg.Connection,
    every: Sequence[Combination],
    collection_ids: list[int],
    *,
    full_refresh: bool = False,
    confirm_new_members: bool = False,
) -> list[Found]:
    warehouse.execute(
        "update sync.staged_collection set confirm_new_members = %s where collection_id = %s",
        (confirm_new_members, COLLECTION),
    )
    for collection_id in collection_ids:
        tag_plan.plan_tags(
            warehouse,
            staging_id=STAGING,
            collection_id=collection_id,
            list_id=LIST,
            gdpr_category="newsletter" if collection_id == COLLECTION else "offer",
        )
    tag_plan.plan_members(
        warehouse,
        staging_id=STAGING,
        shared_id=SHARED,
        list_id=LIST,
        collection_ids=collection_ids,
        kept_ids=[],
        unclear_ids=[],
        waiting={},
        full_refresh=full_refresh,
    )
    rows = warehouse.execute(
        "select collection_id, contact_id, action, coalesce(cause, '') from staging.plan"
        " where subscriber_hash = md5(format('p%s@mail.gr', contact_id))"
    ).fetchall()
    found = {(one, contact_id): (action, cause) for one, contact_id, action, cause in rows}
    assert len(found) == len(rows)
    return [
        Found(
            *(found.get((one, number), NOTHING) for one in (SHARED, COLLECTION, OTHER_COLLECTION))
        )
        for number in range(len(every))
    ]
