"""Something happens between two steps of a sync: what is looked at again, and what holds then."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.pace import Polling
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.refusals.suppression import open_suppression
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from crm_mailchimp.sync.staging.stagings import StagingOutdatedError
from sync_world import World

UNGUARDED = SyncOptions(limits=GuardLimits(share=1.0, minimum=1000, half=2.0))


def right_before(world: World, method: str, act: Any, *, path: str = "") -> list[str]:
    """Let something happen once, right before the first such request; gives where it did."""
    done: list[str] = []

    def watch(what: str) -> None:
        if not done and what.startswith(f"{method} {path}"):
            done.append(what)
            act()

    world.calls.reset(before=watch)
    return done


# ---- the staging is older than what is known


def test_an_older_staging_is_refused_once_a_newer_one_was_pushed(world: World) -> None:
    news = world.collection()
    back = world.contact("back@mail.gr", news)
    for number in range(8):
        world.contact(f"p{number}@mail.gr", news)
    world.sync()
    world.consent(back, granted=False)
    world.sync()
    old = world.stage()
    world.regrant(back)
    world.sync()
    world.act("back@mail.gr", "confirm")
    world.contact("new@mail.gr", news)
    world.sync()
    before = world.remote()
    writes = world.write_requests()

    with pytest.raises(StagingOutdatedError, match="clear the task 'stage'"):
        world.push(old, "NEWS", options=UNGUARDED)

    assert world.remote() == before
    assert world.write_requests() == writes
    row = world.warehouse.execute(
        "select state, detail from sync.collection_run where staging_id = %s", (old,)
    ).fetchone()
    assert row
    assert row["state"] == "failed"
    # A plan that is only shown stops no push. Another collection's staging stops none either.
    current = world.stage()
    world.collection("OTHER")
    world.sync(["OTHER"])
    world.sync(dry_run=True)
    assert world.push(current, "NEWS").state == "succeeded"


def test_a_stage_that_was_cleared_replaces_the_runs_own_staging(world: World) -> None:
    news = world.collection()
    world.contact("maria@mail.gr", news)
    old = world.stage()
    new = world.stage()
    world.warehouse.execute(
        "update sync.staging_run set run_id = 'same' where staging_id in (%s, %s)", (old, new)
    )
    with pytest.raises(StagingOutdatedError):
        world.push(old, "NEWS")
    assert world.push(new, "NEWS").counts["added"] == 1


def test_removals_are_judged_again_by_the_crm_of_now(world: World) -> None:
    """A staging waited for days: who is back, or granted again, meanwhile is not removed."""
    news = world.collection()
    left, withdrew, inactive, _, moved, still, gone = (
        world.contact(f"{name}@mail.gr", news)
        for name in ("left", "withdrew", "inactive", "shared", "moved", "still", "gone")
    )
    world.contact("steady@mail.gr", news)
    other = world.contact("shared@mail.gr")
    world.sync()
    world.leave(news, left)
    world.leave(news, gone)
    world.consent(withdrew, granted=False)
    world.consent(still, granted=False)
    world.consent(other, granted=False)
    world.change_contact(inactive, is_active=False)
    world.change_contact(moved, email="elsewhere@mail.gr")
    old = world.stage()
    world.join(news, left)
    world.regrant(withdrew)
    world.change_contact(other, email="other@mail.gr")
    world.change_contact(inactive, is_active=True)
    world.change_contact(moved, email="moved@mail.gr")

    world.push(old, "NEWS", options=UNGUARDED)

    assert world.remote() == {
        "left@mail.gr": "subscribed",
        "withdrew@mail.gr": "subscribed",
        "inactive@mail.gr": "subscribed",
        "shared@mail.gr": "subscribed",
        "moved@mail.gr": "subscribed",
        "still@mail.gr": "unsubscribed",
        "gone@mail.gr": "archived",
        "steady@mail.gr": "subscribed",
    }
    world.sync(options=UNGUARDED)
    assert world.open_reasons() == {still: "consent_withdrawn"}


# ---- the CRM changes after the staging


def test_an_old_refusal_that_moves_to_the_address(world: World) -> None:
    """The withdrawal is years old; that the contact holds the pushed address is new."""
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    k_sign = world.contact("kostas@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    other = world.contact("o@mail.gr")
    world.consent(other, granted=False)
    another = world.contact("p@mail.gr")
    world.consent(another, granted=False)
    staging_id = world.stage()
    # Without a trace in updated_at, in any spelling of the same address.
    world.crm.execute(
        "update crm.contact set email = %s where contact_id = %s", ("\u2003MARIA@Mail.GR", other)
    )
    world.crm.execute(
        "update crm.contact set email = %s where contact_id = %s", ("\u212aostas@mail.gr", another)
    )

    world.push(staging_id, "NEWS")

    assert world.remote() == {"nikos@mail.gr": "subscribed"}
    world.sync()
    assert world.open_reasons() == {
        contact: "shared_address_refused",
        k_sign: "shared_address_refused",
    }


def test_a_withdrawal_that_was_committed_late(world: World) -> None:
    """Its recorded_at lies before the staging, its commit after."""
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    staging_id = world.stage()
    row = world.consent(contact, granted=False)
    world.crm.execute(
        "update crm.consent set recorded_at = recorded_at - interval '1 day',"
        " effective_at = effective_at - interval '1 day' where consent_id = %s",
        (row,),
    )

    world.push(staging_id, "NEWS")

    assert world.remote() == {"nikos@mail.gr": "subscribed"}


def test_who_was_forgotten_after_the_snapshot_is_not_pushed(world: World) -> None:
    """Somebody else with this address was erased meanwhile, contact row and all."""
    news = world.collection()
    world.contact("maria@mail.gr", news)
    by_contact = world.contact("eleni@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    staging_id = world.stage()
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        digester = open_suppression(warehouse)
        for kind, digest in (
            ("address", digester.address("maria@mail.gr")),
            ("contact", digester.contact(by_contact)),
        ):
            warehouse.execute(
                "insert into sync.suppression (kind, digest, cause) values (%s, %s, 'erased')",
                (kind, digest),
            )

    world.push(staging_id, "NEWS")

    assert world.remote() == {"nikos@mail.gr": "subscribed"}


# ---- Mailchimp changes after the pull-back


def test_opted_out_between_the_pull_back_and_the_archive(world: World) -> None:
    """An archive would hide it: members are looked at once more before each page of archives."""
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.leave(news, contact)
    # The last call of the pull-back lists the archived ones, before the look.
    seen: list[str] = []

    def opt_out(what: str) -> None:
        seen.append(what)
        if what.endswith("/members") and len([one for one in seen if one == what]) == 2:
            world.act("maria@mail.gr", "unsubscribe")

    world.calls.reset(before=opt_out)
    world.sync(options=UNGUARDED)
    world.calls.reset()

    assert "DELETE /lists/{list_id}/members/{subscriber_hash}" not in seen
    assert world.remote()["maria@mail.gr"] == "unsubscribed"
    # Neither under the same nor under a new address.
    world.join(news, contact)
    world.sync()
    world.change_contact(contact, email="maria.nea@mail.gr")
    world.sync()
    assert world.remote() == {"maria@mail.gr": "unsubscribed", "nikos@mail.gr": "subscribed"}
    assert world.open_reasons() == {contact: "suppressed_unsubscribed"}


def test_an_opt_out_that_an_archive_hid_shows_when_the_person_would_return(world: World) -> None:
    """The race that is left: right before the DELETE. Mailchimp still refuses the same address."""
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.leave(news, contact)
    done = right_before(world, "DELETE", lambda: world.act("maria@mail.gr", "unsubscribe"))
    world.sync(options=UNGUARDED)
    assert done
    world.calls.reset()
    assert world.member("maria@mail.gr")["cause"] == "our_archive"
    world.join(news, contact)

    world.sync()

    assert world.remote()["maria@mail.gr"] == "archived"
    assert world.open_reasons() == {contact: "suppressed_compliance"}
    # Mailchimp's answer holds for the person's other addresses as well.
    world.change_contact(contact, email="maria.nea@mail.gr")
    world.sync()
    assert world.open_reasons() == {contact: "suppressed_compliance"}
    assert "maria.nea@mail.gr" not in world.remote()


@pytest.mark.parametrize("above", [50, 0], ids=["singly", "in a batch"])
def test_archived_by_hand_right_before_our_own_archive(world: World, above: int) -> None:
    """Ours finds the member archived: it was not us, and a return does not revive."""
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.leave(news, contact)
    world.batching = Batching(above=above, polling=Polling(first=0.02, most=0.1))
    done = right_before(
        world,
        "DELETE" if above else "POST",
        lambda: world.archive_by_hand("maria@mail.gr"),
        path="/lists/{list_id}/members" if above else "/batches",
    )
    world.sync(options=UNGUARDED)
    assert done
    world.calls.reset()
    world.batching = None
    world.join(news, contact)
    world.sync()

    assert world.remote()["maria@mail.gr"] == "archived"
    assert world.open_reasons() == {contact: "suppressed_archived"}


def test_archived_by_hand_between_the_plan_and_the_push(world: World) -> None:
    """A batch subscribe revives archived members: the sweep right before it has to see them."""
    news = world.collection()
    world.contact("nikos@mail.gr", news)
    world.sync()
    contact = world.contact("maria@mail.gr", news)

    def appear_and_go() -> None:
        world.act("maria@mail.gr", "subscribe")
        world.archive_by_hand("maria@mail.gr")

    seen: list[str] = []

    def watch(what: str) -> None:
        seen.append(what)
        # The third listing: changed and archived members were read by the pull-back.
        if len([one for one in seen if one == "GET /lists/{list_id}/members"]) == 3:
            appear_and_go()
            world.calls.before = None

    world.calls.reset(before=watch)
    world.sync()
    world.calls.reset()

    assert world.remote()["maria@mail.gr"] == "archived"
    world.sync()
    assert world.open_reasons() == {contact: "suppressed_archived"}


def test_what_changed_meanwhile_drops_out_of_the_push(world: World) -> None:
    """Between the plan and each page: nobody who moved is revived, reconfirmed or changed."""
    news = world.collection()
    revived, regranted, renamed, waiting, gone = (
        world.contact(f"{name}@mail.gr", news)
        for name in ("revived", "regranted", "renamed", "waiting", "gone")
    )
    world.contact("steady@mail.gr", news)
    world.sync()
    world.leave(news, revived)
    for contact in (regranted, waiting):
        world.consent(contact, granted=False)
    world.sync(options=UNGUARDED)
    world.regrant(waiting)
    world.sync()
    world.join(news, revived)
    world.regrant(regranted)
    world.change_contact(renamed, first_name="Ξένια")
    world.contact("new@mail.gr", news)
    for contact in (gone, waiting):
        world.leave(news, contact)
    listings: list[str] = []
    done: list[str] = []

    def watch(what: str) -> None:
        if not what.startswith("GET"):
            done.append(what)
        if what != "GET /lists/{list_id}/members":
            return
        listings.append(what)
        if len(listings) == 3:  # the look before the archives; the pull-back read two
            for name, action in (
                ("revived", "subscribe"),
                ("regranted", "subscribe"),
                ("regranted", "unsubscribe"),
                ("renamed", "unsubscribe"),
                ("waiting", "unsubscribe"),
            ):
                world.act(f"{name}@mail.gr", action)
        elif len(listings) == 4:  # the sweep before the additions
            world.archive_by_hand("revived@mail.gr")

    world.calls.reset(before=watch)
    world.sync(options=UNGUARDED)
    world.calls.reset()

    assert len(listings) == 4
    assert done == [
        "DELETE /lists/{list_id}/members/{subscriber_hash}",
        "POST /lists/{list_id}",
    ]
    assert world.remote() == {
        "revived@mail.gr": "archived",
        "regranted@mail.gr": "unsubscribed",
        "renamed@mail.gr": "unsubscribed",
        "waiting@mail.gr": "unsubscribed",
        "gone@mail.gr": "archived",
        "steady@mail.gr": "subscribed",
        "new@mail.gr": "subscribed",
    }
    world.sync(options=UNGUARDED)
    assert world.open_reasons() == {
        revived: "suppressed_archived",
        regranted: "suppressed_unsubscribed",
        renamed: "suppressed_unsubscribed",
    }


def test_an_opt_out_outlives_what_befalls_the_member_later(world: World) -> None:
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.act("maria@mail.gr", "unsubscribe")
    world.sync()
    world.archive_by_hand("maria@mail.gr")
    world.sync()
    world.change_contact(contact, email="nea@mail.gr")

    world.sync()

    assert world.remote() == {"maria@mail.gr": "archived", "nikos@mail.gr": "subscribed"}
    assert world.open_reasons() == {contact: "suppressed_unsubscribed"}


def test_granted_again_under_a_new_address_asks_the_person(world: World) -> None:
    news = world.collection()
    contact = world.contact("maria@mail.gr", news)
    world.contact("nikos@mail.gr", news)
    world.sync()
    world.consent(contact, granted=False)
    world.sync()
    world.change_contact(contact, email="nea@mail.gr")
    world.regrant(contact)

    world.sync()

    assert world.remote()["nea@mail.gr"] == "pending"
    world.sync()
    assert world.open_reasons() == {contact: "suppressed_pending"}
