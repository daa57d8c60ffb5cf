"""A staging with a shared audience can be worked on in any order, and again."""

from __future__ import annotations

from psycopg import connect

from crm_mailchimp.sync.staging.stagings import codes_to_sync
from shared_looks import audience_of, by_hand, reasons, statuses, tagged, wait
from sync_world import World, subscriber_hash


def test_collections_are_synced_in_any_order_and_again(shared: World) -> None:
    news, own = shared.collection("NEWS", shared_audience="Κοινό"), shared.collection("OWN")
    shared.contact("maria@example.gr", news, own)
    staging_id = shared.stage()
    with connect(shared.warehouse_dsn) as warehouse:
        codes = codes_to_sync(warehouse, staging_id)
    assert set(codes) == {"shared:Κοινό", "OWN"}

    # The shared audience first, and once more: its plan adds verdicts to the staging.
    for code in ("shared:Κοινό", "OWN", "shared:Κοινό"):
        assert shared.push(staging_id, code).state == "succeeded"

    assert tagged(shared, "NEWS") == {"maria@example.gr"}
    assert shared.remote("OWN") == {"maria@example.gr": "subscribed"}


def test_who_lost_the_only_tag_by_hand_stays_a_member_and_nothing_is_planned_again(
    shared: World,
) -> None:
    news = shared.collection("NEWS", shared_audience="Κοινό")
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news)
    shared.sync()
    by_hand(shared, "NEWS", "maria@example.gr", given=False)

    shared.sync()
    shared.calls.reset()
    result = shared.sync()["shared:Κοινό"]

    planned = shared.warehouse.execute(
        "select action from staging.plan where action in ('archive', 'unsubscribe')"
    ).fetchall()
    assert planned == []
    assert result.state == "succeeded"
    assert shared.calls.made
    assert all(call.startswith("GET ") for call in shared.calls.made)
    assert statuses(shared)["maria@example.gr"] == "subscribed"
    by_hand(shared, "NEWS", "maria@example.gr", given=True)
    shared.sync()
    assert tagged(shared, "NEWS") == {"maria@example.gr", "nikos@example.gr"}


def test_who_is_asked_waits_for_an_answer_from_run_to_run(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience="Κοινό")
    maria = shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news)
    shared.sync()
    shared.regrant(maria, granted=False)
    shared.sync()
    assert statuses(shared)["maria@example.gr"] == "unsubscribed"
    shared.regrant(maria)

    for _ in range(3):
        shared.sync()
        assert statuses(shared)["maria@example.gr"] == "pending"

    shared.sandbox.control(
        "POST",
        "act",
        {
            "list_id": audience_of(shared),
            "email_address": "maria@example.gr",
            "action": "confirm",
        },
    )
    wait(shared)
    shared.sync()
    assert tagged(shared, "NEWS") == {"maria@example.gr", "nikos@example.gr"}


def test_a_broken_collection_is_judged_by_the_category_that_it_had(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience="Κοινό")
    other = shared.collection("OTHER", shared_audience="Κοινό")
    maria = shared.contact("maria@example.gr", news)
    nikos = shared.contact("nikos@example.gr", news)
    shared.contact("eleni@example.gr", news, other)
    shared.sync()
    shared.crm.execute(
        "update crm.contact_collection set campaign_type = null where collection_id = %s", (news,)
    )
    shared.consent(maria, granted=False, category="offer")
    shared.regrant(nikos, granted=False, category="newsletter")

    shared.sync()

    assert tagged(shared, "NEWS") == {"maria@example.gr", "eleni@example.gr"}
    assert statuses(shared) == {
        "maria@example.gr": "subscribed",
        "nikos@example.gr": "unsubscribed",
        "eleni@example.gr": "subscribed",
    }


def test_who_was_deleted_and_signed_up_again_gets_the_tag_again(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience="Κοινό")
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news)
    shared.sync()
    list_id = audience_of(shared)
    wait(shared)
    with shared.provider() as provider:
        assert provider.delete_member_permanently(list_id, subscriber_hash("maria@example.gr"))
    wait(shared)
    shared.sync()
    shared.sandbox.control(
        "POST",
        "act",
        {"list_id": list_id, "email_address": "maria@example.gr", "action": "subscribe"},
    )
    wait(shared)

    shared.sync()

    assert tagged(shared, "NEWS") == {"maria@example.gr", "nikos@example.gr"}
    assert reasons(shared) == {}
