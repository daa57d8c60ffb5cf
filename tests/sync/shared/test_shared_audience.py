"""Several collections in one audience: members, tags, leaving, refusals, guards."""

from __future__ import annotations

from sharing_world import (
    audience_of,
    by_hand,
    quarantine,
    rows,
    tagged,
    with_status,
)
from sync_world import World


def test_members_of_each_collection_carry_its_tag(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience="Κοινό")
    offers = shared.collection("OFFERS", shared_audience="Κοινό")
    shared.contact("μαρία@example.gr".replace("μαρία", "maria"), news, offers)
    shared.contact("nikos@example.gr", news)
    shared.contact("eleni@example.gr", offers)
    shared.contact("xoris@example.gr", news, consent=None)

    results = shared.sync()

    assert {code: one.state for code, one in results.items()} == {"shared:Κοινό": "succeeded"}
    assert with_status(shared, "subscribed") == {
        "maria@example.gr",
        "nikos@example.gr",
        "eleni@example.gr",
    }
    assert tagged(shared, "NEWS") == {"maria@example.gr", "nikos@example.gr"}
    assert tagged(shared, "OFFERS") == {"maria@example.gr", "eleni@example.gr"}
    with shared.provider() as provider:
        assert [one.settings.name for one in provider.audiences()] == ["Κοινό"]
    runs = rows(shared, "select collection_code, state, added from sync.collection_run order by 1")
    assert {row["collection_code"]: (row["state"], row["added"]) for row in runs} == {
        "NEWS": ("succeeded", 2), "OFFERS": ("succeeded", 2), "shared:Κοινό": ("succeeded", 3)
    }  # fmt: skip


def test_a_task_may_run_again_over_the_same_staging(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience="Κοινό")
    shared.contact("maria@example.gr", news)
    staging_id = shared.stage()
    for _ in range(2):
        assert shared.push(staging_id, "shared:Κοινό").state == "succeeded"
    assert tagged(shared, "NEWS") == {"maria@example.gr"}


def test_a_second_run_writes_nothing(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience="Κοινό")
    offers = shared.collection("OFFERS", shared_audience="Κοινό")
    shared.contact("maria@example.gr", news, offers)
    shared.sync()
    shared.calls.reset()

    results = shared.sync()

    assert results["shared:Κοινό"].counts["unchanged"] == 1
    assert shared.calls.made
    assert all(call.startswith("GET ") for call in shared.calls.made)


def test_leaving_one_collection_takes_the_tag_and_leaving_the_last_archives(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience="Κοινό")
    offers = shared.collection("OFFERS", shared_audience="Κοινό")
    maria = shared.contact("maria@example.gr", news, offers)
    for number in range(8):
        shared.contact(f"allos{number}@example.gr", news, offers)
    shared.sync()

    shared.leave(news, maria)
    shared.sync()
    assert "maria@example.gr" in with_status(shared, "subscribed")
    assert "maria@example.gr" not in tagged(shared, "NEWS")
    assert "maria@example.gr" in tagged(shared, "OFFERS")

    shared.leave(offers, maria)
    shared.sync()
    with shared.provider() as provider:
        archived = provider.members(audience_of(shared), status="archived")
        assert [one.email_address for one in archived] == ["maria@example.gr"]
    assert len(with_status(shared, "subscribed")) == 8


def test_a_refusal_of_one_category_takes_its_tags_and_of_the_last_unsubscribes(
    shared: World,
) -> None:
    shared.crm.execute(
        "insert into crm.campaign_type values ('PROS', 'Προσφορές', 'offer') on conflict do nothing"
    )
    news = shared.collection("NEWS", shared_audience="Κοινό")
    offers = shared.collection("OFFERS", shared_audience="Κοινό", campaign_type="PROS")
    maria = shared.contact("maria@example.gr", news, offers)
    shared.consent(maria, category="offer")
    shared.sync()
    assert tagged(shared, "OFFERS") == {"maria@example.gr"}

    shared.regrant(maria, granted=False, category="offer")
    shared.sync()
    assert tagged(shared, "OFFERS") == set()
    assert tagged(shared, "NEWS") == {"maria@example.gr"}
    assert with_status(shared, "subscribed") == {"maria@example.gr"}

    shared.regrant(maria, granted=False, category="newsletter")
    shared.sync()
    with shared.provider() as provider:
        gone = provider.members(audience_of(shared), status="unsubscribed")
        assert [one.email_address for one in gone] == ["maria@example.gr"]

    # Granted again after we unsubscribed: the person confirms first.
    shared.regrant(maria, category="offer")
    shared.sync()
    with shared.provider() as provider:
        asked = provider.members(audience_of(shared), status="pending")
        assert [one.email_address for one in asked] == ["maria@example.gr"]
    assert tagged(shared, "OFFERS") == set()


def test_an_opt_out_in_mailchimp_holds_for_all_collections(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience="Κοινό")
    offers = shared.collection("OFFERS", shared_audience="Κοινό")
    maria = shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news, offers)
    shared.sync()
    list_id = audience_of(shared)
    shared.sandbox.control("POST", "clock/advance", {"seconds": 2})
    shared.sandbox.control(
        "POST", "act",
        {"list_id": list_id, "email_address": "maria@example.gr", "action": "unsubscribe"},
    )  # fmt: skip
    shared.sandbox.control("POST", "clock/advance", {"seconds": 2})
    shared.join(offers, maria)

    shared.sync()

    assert with_status(shared, "subscribed") == {"nikos@example.gr"}
    assert quarantine(shared) == {
        ("NEWS", maria): "suppressed_unsubscribed",
        ("OFFERS", maria): "suppressed_unsubscribed",
    }


def test_a_blocked_collection_keeps_its_members_and_the_others_go_on(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience="Κοινό")
    offers = shared.collection("OFFERS", shared_audience="Κοινό")
    everybody = [shared.contact(f"ola{number}@example.gr", news) for number in range(20)]
    for number in range(200):
        shared.contact(f"prosfora{number}@example.gr", offers)
    shared.sync()

    # The collection lost nearly all: below the limit of the audience, above its own.
    for contact in everybody[1:]:
        shared.leave(news, contact)
    shared.contact("nea@example.gr", offers)
    shared.sync()

    (run,) = rows(
        shared,
        "select state, detail from sync.collection_run where collection_code = 'NEWS'"
        " order by started_at desc limit 1",
    )
    assert run["state"] == "blocked"
    assert run["detail"].startswith("removal_guard")
    assert len(tagged(shared, "NEWS")) == 20
    assert "nea@example.gr" in tagged(shared, "OFFERS")
    assert len(with_status(shared, "subscribed")) == 221


def test_an_opt_out_of_the_own_audience_before_holds_for_that_collection_alone(
    shared: World,
) -> None:
    news, offers = shared.collection("NEWS"), shared.collection("OFFERS")
    maria = shared.contact("maria@example.gr", news, offers)
    nikos = shared.contact("nikos@example.gr", news)
    shared.sync()
    shared.act("maria@example.gr", "unsubscribe", "NEWS")
    shared.act("nikos@example.gr", "unsubscribe", "NEWS")
    shared.crm.execute("update crm.contact_collection set shared_audience = 'Κοινό'")

    shared.sync()

    assert with_status(shared, "subscribed") == {"maria@example.gr"}
    assert tagged(shared, "OFFERS") == {"maria@example.gr"}
    held = quarantine(shared)
    assert held[("NEWS", maria)] == held[("NEWS", nikos)] == "suppressed_unsubscribed"


def test_a_tag_given_by_hand_is_taken_away(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience="Κοινό")
    offers = shared.collection("OFFERS", shared_audience="Κοινό")
    shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news, offers)
    shared.sync()
    by_hand(shared, "OFFERS", "maria@example.gr", "given")
    assert tagged(shared, "OFFERS") == {"maria@example.gr", "nikos@example.gr"}

    shared.sync()

    assert tagged(shared, "OFFERS") == {"nikos@example.gr"}
    assert with_status(shared, "subscribed") == {"maria@example.gr", "nikos@example.gr"}


def test_a_tag_taken_by_hand_is_not_given_again(shared: World) -> None:
    news = shared.collection("NEWS", shared_audience="Κοινό")
    maria = shared.contact("maria@example.gr", news)
    shared.contact("nikos@example.gr", news)
    shared.sync()
    by_hand(shared, "NEWS", "maria@example.gr", "taken")

    for _ in range(2):
        shared.sync()
        assert tagged(shared, "NEWS") == {"nikos@example.gr"}
    assert quarantine(shared) == {("NEWS", maria): "suppressed_archived"}
    assert any("by hand" in (row["detail"] or "") for row in rows(
        shared,
        "select detail from sync.collection_run where collection_code = 'NEWS'"
    ))  # fmt: skip
