"""One collection's way from the CRM into its audience and back out of it."""

from __future__ import annotations

import pytest

from crm_mailchimp.provider import AudienceSettings, NewMember
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from sync_world import World

#: Most scenes have few members; the guard has tests of its own.
UNGUARDED = SyncOptions(limits=GuardLimits(share=1.0, minimum=1000, half=1.0))


def test_eligible_contacts_arrive_and_a_second_run_changes_nothing(world: World) -> None:
    news = world.collection("NEWS")
    contact = world.contact("  Maria@Mail.GR ", news)
    world.contact("nikos@παράδειγμα.ελ", news, first_name="Νίκος")
    withdrawn = world.contact("eleni@mail.gr", news)
    world.consent(withdrawn, granted=False)

    first = world.sync()["NEWS"]

    assert first.state == "succeeded", first.detail
    assert world.remote() == {
        "maria@mail.gr": "subscribed",
        "nikos@xn--hxajbheg2az3al.xn--qxam": "subscribed",
    }
    assert first.counts | {"api_calls": 0} == {
        "staged": 3, "eligible": 2, "quarantined": 1, "added": 2, "updated": 0, "removed": 0,
        "unchanged": 0, "rejected": 0, "api_calls": 0,
    }  # fmt: skip
    assert world.open_reasons() == {withdrawn: "consent_withdrawn"}
    fields = world.remote_fields("maria@mail.gr")
    assert fields["CRMREF"] == f"c-{contact}"
    assert fields["FNAME"] == "Μαρία"

    writes = world.write_requests()
    second = world.sync()["NEWS"]

    assert second.state == "succeeded", second.detail
    assert second.counts | {"api_calls": 0} == {
        "staged": 3, "eligible": 2, "quarantined": 1, "added": 0, "updated": 0, "removed": 0,
        "unchanged": 2, "rejected": 0, "api_calls": 0,
    }  # fmt: skip
    assert world.write_requests() == writes
    # The audience itself (was it renamed?), who changed, who was archived.
    assert second.counts["api_calls"] <= 2


def test_withdrawal_unsubscribes_and_a_new_grant_asks_the_person(world: World) -> None:
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.sync()
    world.consent(contact, granted=False)

    gone = world.sync()["NEWS"]

    assert gone.counts["removed"] == 1
    assert world.remote() == {"maria@mail.gr": "unsubscribed"}

    world.regrant(contact)
    world.sync()

    assert world.remote() == {"maria@mail.gr": "pending"}
    # Held back from the moment the person is asked, not from the next run on.
    assert world.open_reasons() == {contact: "suppressed_pending"}
    assert world.sync()["NEWS"].counts["updated"] == 0
    assert world.open_reasons() == {contact: "suppressed_pending"}

    world.act("maria@mail.gr", "confirm")
    world.sync()

    assert world.remote() == {"maria@mail.gr": "subscribed"}
    assert world.open_reasons() == {}

    # The same for an address that is asked for the first time.
    world.consent(contact, granted=False)
    world.sync()
    world.regrant(contact)
    world.change_contact(contact, email="alli@mail.gr")
    assert world.sync()["NEWS"].counts["quarantined"] == 1
    assert world.remote() == {"maria@mail.gr": "unsubscribed", "alli@mail.gr": "pending"}
    assert world.open_reasons() == {contact: "suppressed_pending"}


def test_who_unsubscribed_is_never_subscribed_again(world: World) -> None:
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.sync()
    world.act("maria@mail.gr", "unsubscribe", reason="Δεν με ενδιαφέρει πια")

    for _ in range(2):
        world.sync()
        assert world.remote() == {"maria@mail.gr": "unsubscribed"}
        assert world.open_reasons() == {contact: "suppressed_unsubscribed"}

    # Not by a withdrawal and a new grant, not by leaving and coming back, not by a new name.
    world.consent(contact, granted=False)
    world.sync()
    world.regrant(contact)
    world.leave(news, contact)
    world.sync()
    world.join(news, contact)
    world.change_contact(contact, first_name="Μαρίνα")
    world.sync(full_refresh=True)
    assert world.remote() == {"maria@mail.gr": "unsubscribed"}

    # Nor under another address.
    world.change_contact(contact, email="maria.nea@mail.gr")
    world.sync()
    assert world.remote() == {"maria@mail.gr": "unsubscribed"}
    assert world.open_reasons() == {contact: "suppressed_unsubscribed"}

    # And not after the ledger was lost.
    world.change_contact(contact, email="maria@mail.gr")
    world.forget_ledger()
    world.sync()
    assert world.remote() == {"maria@mail.gr": "unsubscribed"}


def test_leaving_archives_and_coming_back_revives(world: World) -> None:
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    other = world.contact("nikos@mail.gr", news)
    world.sync()
    world.leave(news, contact)

    world.sync(options=UNGUARDED)
    assert world.remote() == {"maria@mail.gr": "archived", "nikos@mail.gr": "subscribed"}

    world.join(news, contact)
    world.sync()
    assert world.remote() == {"maria@mail.gr": "subscribed", "nikos@mail.gr": "subscribed"}

    world.crm.execute("delete from crm.collection_member where contact_id = %s", (other,))
    world.crm.execute("delete from crm.consent where contact_id = %s", (other,))
    world.crm.execute("delete from crm.contact where contact_id = %s", (other,))
    world.sync(options=UNGUARDED)
    assert world.remote() == {"maria@mail.gr": "subscribed", "nikos@mail.gr": "archived"}


def test_who_was_archived_by_hand_stays_archived(world: World) -> None:
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.archive_by_hand("maria@mail.gr")

    world.sync()
    world.change_contact(contact, first_name="Μαρίνα")
    world.sync(full_refresh=True)

    assert world.remote()["maria@mail.gr"] == "archived"
    assert world.open_reasons() == {contact: "suppressed_archived"}


def test_archived_by_hand_between_the_plan_and_the_push(world: World) -> None:
    """A batch subscribe revives archived members: the sweep right before it has to see them."""
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    # The person is known to Mailchimp, archived by hand, and unknown to the ledger.
    world.archive_by_hand("maria@mail.gr")
    world.warehouse.execute("delete from sync.member where contact_id = %s", (contact,))

    world.sync()

    assert world.remote()["maria@mail.gr"] == "archived"


def test_a_changed_address_archives_the_old_and_adds_the_new(world: World) -> None:
    news = world.collection()
    contact = world.contact("palia@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.change_contact(contact, email="ΝΕΑ@mail.gr")
    world.sync(options=UNGUARDED)
    assert world.open_reasons() == {contact: "invalid_email"}
    assert world.remote()["palia@mail.gr"] == "archived"

    world.change_contact(contact, email="nea@mail.gr")
    world.sync()
    assert world.remote() == {
        "palia@mail.gr": "archived",
        "nea@mail.gr": "subscribed",
        "nikos@mail.gr": "subscribed",
    }


def test_two_contacts_swap_their_addresses(world: World) -> None:
    news = world.collection()
    one = world.contact("one@mail.gr", news)
    two = world.contact("two@mail.gr", news, first_name="Νίκος")
    world.sync()
    world.change_contact(one, email="two@mail.gr")
    world.change_contact(two, email="one@mail.gr")

    world.sync()

    assert world.remote() == {"one@mail.gr": "subscribed", "two@mail.gr": "subscribed"}
    assert world.remote_fields("one@mail.gr")["CRMREF"] == f"c-{two}"
    assert world.remote_fields("two@mail.gr")["FNAME"] == "Μαρία"


def test_swapped_address_of_who_opted_out_is_not_mailed(world: World) -> None:
    news = world.collection()
    one = world.contact("one@mail.gr", news)
    two = world.contact("two@mail.gr", news)
    world.sync()
    world.act("two@mail.gr", "unsubscribe")
    world.change_contact(one, email="two@mail.gr")
    world.change_contact(two, email="one@mail.gr")

    world.sync()

    # Two opted out: neither the address nor the person is mailed.
    assert world.remote() == {"one@mail.gr": "unsubscribed", "two@mail.gr": "unsubscribed"}


def test_a_refusal_by_another_holder_of_the_address_unsubscribes(world: World) -> None:
    news = world.collection()
    contact = world.contact("family@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    other = world.contact(" FAMILY@mail.gr", consent=None, is_active=False)
    world.consent(other, granted=False)

    world.sync()

    assert world.remote()["family@mail.gr"] == "unsubscribed"
    assert world.open_reasons() == {contact: "shared_address_refused"}


def test_erasure_goes_at_once_and_never_comes_back(world: World) -> None:
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.crm.execute(
        "update crm.contact set erasure_requested_at = now() where contact_id = %s", (contact,)
    )
    # More than half of the audience, and yet nothing holds it back.
    world.sync()
    assert world.remote()["maria@mail.gr"] == "archived"

    world.crm.execute(
        "update crm.contact set erasure_requested_at = null where contact_id = %s", (contact,)
    )
    world.sync()
    assert world.remote()["maria@mail.gr"] == "archived"
    assert world.open_reasons() == {contact: "suppressed_forgotten"}


def test_foreign_members_are_left_alone(world: World) -> None:
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.act("guest@mail.gr", "subscribe")
    before = world.remote_fields("guest@mail.gr")
    world.leave(news, contact)

    world.sync(options=UNGUARDED, full_refresh=True)

    assert world.remote() == {
        "maria@mail.gr": "archived",
        "nikos@mail.gr": "subscribed",
        "guest@mail.gr": "subscribed",
    }
    assert world.remote_fields("guest@mail.gr") == before


def test_linking_an_audience_previews_and_then_adopts(world: World) -> None:
    with world.provider() as provider:
        audience = provider.create_audience(
            AudienceSettings(
                name="Φτιαγμένη με το χέρι",
                company="Γαλαξίας",
                address1="Ερμού 1",
                city="Αθήνα",
                country="GR",
                from_name="Γαλαξίας",
                from_email="news@galaxy.gr",
                subject="Νέα",
                language="el",
                permission_reminder="Εγγραφήκατε.",
            )
        )
        provider.add_members(
            audience.list_id,
            [
                NewMember(email_address=f"{name}@mail.gr", status="subscribed", merge_fields={})
                for name in ("maria", "guest")
            ],
        )
    news = world.collection("NEWS", provider_list_id=audience.list_id)
    contact = world.contact("maria@mail.gr", news)
    added = world.contact("nikos@mail.gr", news)

    preview = world.sync(dry_run=True)["NEWS"]

    assert preview.state == "dry_run"
    assert preview.detail == "plan: add 1, adopt 1"
    with world.provider() as provider:
        members = {
            member.email_address: member.status
            for status in (None, "archived")
            for member in provider.members(audience.list_id, status=status)
        }
    assert members == {"maria@mail.gr": "subscribed", "guest@mail.gr": "subscribed"}

    world.sync()
    assert world.remote_fields("maria@mail.gr")["CRMREF"] == f"a-{contact}"
    assert world.remote_fields("maria@mail.gr")["LNAME"] == "Παπαδοπούλου"
    assert world.member("maria@mail.gr")["origin"] == "adopted"
    assert world.member("nikos@mail.gr")["origin"] == "created"
    assert world.member("guest@mail.gr")["origin"] == "foreign"

    # Adopted members are never archived, but a withdrawal unsubscribes them.
    world.leave(news, contact)
    world.sync(options=UNGUARDED)
    assert world.remote()["maria@mail.gr"] == "subscribed"
    world.consent(contact, granted=False)
    world.sync()
    assert world.remote()["maria@mail.gr"] == "unsubscribed"
    assert world.remote()["guest@mail.gr"] == "subscribed"
    assert world.member("nikos@mail.gr")["contact_id"] == added


def test_hard_bounce_counts_in_every_audience_but_not_for_a_new_address(world: World) -> None:
    news, offers = world.collection("NEWS"), world.collection("OFFERS")
    contact = world.contact("maria@mail.gr", news, offers)
    world.contact("nikos@mail.gr", news, offers)
    world.sync()
    world.bounce("maria@mail.gr", "NEWS")

    world.sync(["NEWS"])
    world.sync(["OFFERS"])

    assert world.remote("NEWS")["maria@mail.gr"] == "cleaned"
    assert world.remote("OFFERS")["maria@mail.gr"] == "unsubscribed"
    assert world.open_reasons("OFFERS") == {contact: "suppressed_cleaned"}

    world.change_contact(contact, email="maria.nea@mail.gr")
    world.sync()
    assert world.remote("NEWS")["maria.nea@mail.gr"] == "subscribed"


def test_lost_ledger_is_rebuilt_from_crmref(world: World) -> None:
    news = world.collection()
    for name in ("maria", "nikos", "eleni"):
        world.contact(f"{name}@mail.gr", news)
    world.sync()
    list_id = world.list_id()
    before = world.remote()
    world.act("guest@mail.gr", "subscribe")
    world.forget_ledger()

    again = world.sync()["NEWS"]

    assert world.list_id() == list_id
    assert world.remote() == before | {"guest@mail.gr": "subscribed"}
    assert again.counts["added"] == 0
    assert again.counts["removed"] == 0
    assert world.member("maria@mail.gr")["origin"] == "created"
    assert world.member("guest@mail.gr")["origin"] == "foreign"


def test_permanently_deleted_by_hand_is_noticed_and_not_pushed(world: World) -> None:
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    with world.provider() as provider:
        provider.delete_member_permanently(
            world.list_id(), world.member("maria@mail.gr")["subscriber_hash"]
        )

    world.sync(full_refresh=True)

    assert world.open_reasons() == {contact: "suppressed_forgotten"}
    assert "maria@mail.gr" not in world.remote()
    # Also when only Mailchimp knows.
    world.forget_ledger()
    world.sync()
    assert world.open_reasons() == {contact: "suppressed_forgotten"}


@pytest.mark.parametrize(("column", "value"), [("is_active", False), ("merged_into_id", 999_999)])
def test_inactive_and_merged_contacts_are_archived(
    world: World, column: str, value: object
) -> None:
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    if column == "merged_into_id":
        world.contact("new@mail.gr", contact_id=999_999)
    world.change_contact(contact, **{column: value})

    world.sync(options=UNGUARDED)

    assert world.remote()["maria@mail.gr"] == "archived"
    assert world.open_reasons() == {contact: "inactive_contact"}


def test_rejected_address_is_reported_in_mailchimps_words_and_tried_again(world: World) -> None:
    news = world.collection()
    contact = world.contact("test@example.com", news)
    world.contact("nikos@mail.gr", news)

    result = world.sync()["NEWS"]

    assert (result.state, result.counts["rejected"], result.counts["added"]) == ("succeeded", 1, 1)
    row = world.warehouse.execute(
        "select reason_code, detail from sync.quarantine where contact_id = %s", (contact,)
    ).fetchone()
    assert row
    assert row["reason_code"] == "rejected_by_mailchimp"
    assert "fake" in row["detail"]
    assert "test@" not in row["detail"]

    writes = world.write_requests()
    assert world.sync()["NEWS"].counts["rejected"] == 0
    assert world.write_requests() == writes

    world.change_contact(contact, email="maria@mail.gr")
    world.sync()
    assert world.remote()["maria@mail.gr"] == "subscribed"
    assert world.open_reasons() == {}


def test_unclassified_looks_at_no_consents_but_at_erasure(world: World) -> None:
    free = world.collection("FREE", campaign_type="FREE")
    contact = world.contact("maria@mail.gr", free, consent=None)
    world.consent(contact, granted=False)
    erased = world.contact("eleni@mail.gr", free)
    world.contact(" eleni@MAIL.gr", free)
    world.change_contact(erased, erasure_requested_at="2026-01-01T00:00:00Z")

    world.sync()

    assert world.remote("FREE") == {"maria@mail.gr": "subscribed"}
    assert sorted(world.open_reasons("FREE").values()) == [
        "erased_contact", "shared_address_refused",
    ]  # fmt: skip


def test_consent_withdrawn_after_the_snapshot_is_not_pushed(world: World) -> None:
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    shared = world.contact("family@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    staging_id = world.stage()
    world.consent(contact, granted=False)
    other = world.contact("FAMILY@mail.gr ", consent=None)
    world.consent(other, granted=False)

    world.push(staging_id, "NEWS")

    assert world.remote() == {"nikos@mail.gr": "subscribed"}
    world.sync()
    assert world.open_reasons() == {
        contact: "consent_withdrawn", shared: "shared_address_refused",
    }  # fmt: skip


def test_who_never_confirmed_and_leaves_is_unsubscribed(world: World) -> None:
    """Mailchimp archives no pending members: such a removal must not fail the collection."""
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.consent(contact, granted=False)
    world.sync()
    world.regrant(contact)
    world.sync()
    assert world.remote()["maria@mail.gr"] == "pending"
    world.leave(news, contact)

    result = world.sync(options=UNGUARDED)["NEWS"]

    assert (result.state, result.counts["removed"]) == ("succeeded", 1), result.detail
    assert world.remote()["maria@mail.gr"] == "unsubscribed"
    world.join(news, contact)
    world.sync()
    assert world.remote()["maria@mail.gr"] == "pending"
