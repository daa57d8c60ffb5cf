"""Withdrawals, complaints and erasures go out, whatever else is wrong."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from crm_mailchimp.provider import MergeField, NewMember
from sync_world import World


def test_a_field_required_by_hand_holds_no_withdrawal_back(world: World) -> None:
    """One by one and through ``/batches``; a person who consents again is asked to confirm."""
    news = world.collection()
    people = [world.contact(f"p{number}@mail.gr", news) for number in range(60)]
    world.sync()
    with world.provider() as provider:
        required = MergeField(tag="KODIKOS", name="Κωδικός", type="text", required=True)
        provider.create_merge_field(world.list_id(), required)

    world.consent(people[0], granted=False)
    assert world.sync()["NEWS"].counts["removed"] == 1

    for person in people[1:56]:
        world.consent(person, granted=False)
    assert world.sync()["NEWS"].counts["removed"] == 55
    assert Counter(world.remote().values()) == {"unsubscribed": 56, "subscribed": 4}

    for person in people[:53]:
        world.regrant(person)
    world.sync()
    world.regrant(people[53])
    world.sync()
    assert Counter(world.remote().values()) == {"pending": 54, "unsubscribed": 2, "subscribed": 4}


@pytest.mark.parametrize(
    ("trouble", "state", "code"),
    [
        ("update crm.external_provider set city = null", "blocked", "missing_parameter"),
        ("update crm.contact_collection set campaign_type = null", "blocked", "no_campaign_type"),
        (
            "update crm.contact_collection set is_static = false, query_text = 'drop table x'",
            "failed",
            "query_refused",
        ),
        ("update crm.contact_collection set is_active = false", "succeeded", "inactive_collection"),
        (
            "update crm.contact_collection set external_provider = null",
            "succeeded",
            "inactive_collection",
        ),
        ("delete from crm.contact_collection", "succeeded", "inactive_collection"),
    ],
)
def test_what_is_due_goes_out_whatever_the_state(
    world: World, trouble: str, state: str, code: str
) -> None:
    news = world.collection()
    withdrawn = world.contact("maria@mail.gr", news)
    erased = world.contact("eleni@mail.gr", news)
    left = world.contact("nikos@mail.gr", news)
    offers = world.contact("kostas@mail.gr", news)
    shared = world.contact("shared@mail.gr", news)
    world.sync()
    with world.provider() as provider:
        provider.add_members(
            world.list_id(),
            [NewMember(email_address="xenos@mail.gr", status="subscribed", merge_fields={})],
        )
    world.crm.execute(trouble)
    foreign = world.contact("xenos@mail.gr")
    for one in (withdrawn, foreign, world.contact("shared@mail.gr")):
        world.consent(one, granted=False)
    # A refusal of offers is none of a newsletter's, also when its category is the last known one.
    world.consent(offers, granted=False, category="offer")
    world.change_contact(erased, erasure_requested_at=datetime.now(UTC))
    world.leave(news, left)

    preview = world.sync(dry_run=True)["NEWS"]
    assert preview.counts["removed"] == 0
    result = world.sync()["NEWS"]

    assert (result.state, (result.detail or "").split(":")[0]) == (state, code)
    assert result.counts["removed"] == 3
    assert world.remote() == {
        "maria@mail.gr": "unsubscribed", "eleni@mail.gr": "archived",
        "shared@mail.gr": "unsubscribed", "nikos@mail.gr": "subscribed",
        "kostas@mail.gr": "subscribed", "xenos@mail.gr": "subscribed",
    }  # fmt: skip
    assert world.member("shared@mail.gr")["contact_id"] == shared
    proofs = world.warehouse.execute(
        "select contact_id from sync.consent_proof where ended_at is null"
    ).fetchall()
    assert {row["contact_id"] for row in proofs} == {left, offers}
    assert world.sync()["NEWS"].counts["removed"] == 0


def test_without_a_known_category_every_refusal_of_mail_counts(world: World) -> None:
    """The ledger is lost, and the collection names no campaign type any more."""
    news = world.collection()
    people = [world.contact(f"p{number}@mail.gr", news) for number in range(3)]
    world.sync()
    world.forget_ledger()
    world.crm.execute("update crm.contact_collection set campaign_type = null")
    world.consent(people[0], granted=False, category="offer")
    world.consent(people[1], granted=False, category="newsletter", channel="sms")

    assert world.sync()["NEWS"].counts["removed"] == 1
    assert world.remote() == {
        "p0@mail.gr": "unsubscribed", "p1@mail.gr": "subscribed", "p2@mail.gr": "subscribed",
    }  # fmt: skip


def test_a_broken_invariant_holds_no_withdrawal_back(world: World) -> None:
    news = world.collection()
    person = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.consent(person, granted=False)
    staging_id = world.stage()
    world.warehouse.execute(
        "update sync.staged_collection set problem_code = 'invariant_failed',"
        " problem_state = 'failed', problem_detail = 'see the Data Docs' where staging_id = %s",
        (staging_id,),
    )

    result = world.push(staging_id, "NEWS")

    assert (result.state, result.counts["removed"]) == ("failed", 1)
    assert world.remote() == {"maria@mail.gr": "unsubscribed", "nikos@mail.gr": "subscribed"}


def test_a_chosen_run_leaves_other_collections_alone(world: World) -> None:
    news = world.collection()
    person = world.contact("maria@mail.gr", news)
    world.collection("OTHER")
    world.sync()
    world.crm.execute("update crm.contact_collection set is_active = false where code = 'NEWS'")
    world.consent(person, granted=False)

    assert set(world.sync(["OTHER"])) == {"OTHER"}
    assert world.remote() == {"maria@mail.gr": "subscribed"}
    assert set(world.sync()) == {"NEWS", "OTHER"}
    assert world.remote() == {"maria@mail.gr": "unsubscribed"}


def test_a_code_given_away_keeps_both_audiences_apart(world: World) -> None:
    """A collection is gone, and another one has its code."""
    news = world.collection()
    person = world.contact("maria@mail.gr", news)
    world.sync()
    world.crm.execute("update crm.contact_collection set code = 'OLD', is_active = false")
    again = world.collection("NEWS", description="Άλλη")
    world.contact("nikos@mail.gr", again)
    world.consent(person, granted=False)

    results = world.sync()

    assert {code: result.state for code, result in results.items()} == {
        "NEWS": "succeeded", "OLD": "succeeded",
    }  # fmt: skip
    assert results["OLD"].counts["removed"] == 1
