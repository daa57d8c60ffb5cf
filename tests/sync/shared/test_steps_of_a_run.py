"""A staging with a shared audience can be worked on in any order, and again."""

from __future__ import annotations

from psycopg import connect

from crm_mailchimp.sync.staging.stagings import codes_to_sync
from shared_looks import by_hand, statuses, tagged
from sync_world import World


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
