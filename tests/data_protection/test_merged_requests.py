"""Who asked for erasure and was merged into somebody who did not: a person decides."""

from __future__ import annotations

from datetime import timedelta

import psycopg

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.data_protection.erasure import ErasureResult, erase_contacts
from crm_mailchimp.data_protection.subject_access import access_by_contact
from crm_mailchimp.sync.runs.alert_messages import Message
from crm_mailchimp.sync.runs.run_alerts import AlertTimes, alert_about_undecided
from sync_world import World

ASKED = "2026-10-01T00:00:00Z"


def erase(world: World) -> ErasureResult:
    with (
        world.provider() as provider,
        psycopg.connect(world.warehouse_dsn) as warehouse,
        psycopg.connect(world.crm_dsn) as crm,
    ):
        return erase_contacts(warehouse, crm, Accounts.only(provider), run_id="erasure")


class Desk:
    def __init__(self, world: World) -> None:
        self.world = world
        self.messages: list[Message] = []

    def look(self, hours: float = 24) -> int:
        """How many alerts go out now, if they are repeated after some hours."""
        times = AlertTimes(repeat_after=timedelta(hours=hours))
        with (
            psycopg.connect(self.world.warehouse_dsn) as warehouse,
            psycopg.connect(self.world.crm_dsn) as crm,
        ):
            return len(alert_about_undecided(warehouse, crm, times, self.send))

    def send(self, message: Message) -> bool:
        self.messages.append(message)
        return True


def test_the_survivor_of_a_merge_is_not_erased_and_an_alert_goes_out(world: World) -> None:
    news = world.collection()
    survivor = world.contact("maria.nea@mail.gr", news)
    between = world.contact("maria.mesi@mail.gr", news)
    old = world.contact("maria@mail.gr", news, first_name="Μαρία")
    elder = world.contact("eleni@mail.gr", news)
    world.contact(
        "eleni.palia@mail.gr", news, merged_into_id=elder, is_active=False,
        erasure_requested_at=ASKED,
    )  # fmt: skip
    world.change_contact(elder, erasure_requested_at=ASKED)
    world.sync()
    world.change_contact(between, merged_into_id=survivor)
    world.change_contact(old, merged_into_id=between, erasure_requested_at=ASKED)

    result = erase(world)

    # Eleni asked herself as well: nothing is left to decide.
    assert (result.requested, result.erased, list(result.undecided)) == (3, 3, [(old, survivor)])
    world.sync()
    assert world.remote()["maria.nea@mail.gr"] == "subscribed"
    assert "maria@mail.gr" not in world.remote()

    desk = Desk(world)
    assert (desk.look(), desk.look(), desk.look(hours=0)) == (1, 0, 1)
    text = desk.messages[0].text
    assert (
        f"contact {old}: asked for erasure and was merged into {survivor}, which did not ask. Set "
        f"erasure_requested_at on {survivor} too, or undo the merge" in text
    )
    assert desk.messages[0].subject == "Mailchimp sync: 1 undecided"
    assert "@" not in text
    assert "Μαρία" not in text
    assert "collection_run" not in text
    with psycopg.connect(world.warehouse_dsn) as warehouse:
        known = access_by_contact(warehouse, old)
    (alert,) = known.sections["alerts about an erasure"]
    assert alert["reason"] in text
    # The report names it until somebody decides, though the asking contact was erased long ago.
    assert list(erase(world).undecided) == [(old, survivor)]

    # Either change heals it. A relapse is reported at once.
    world.change_contact(between, merged_into_id=None)
    world.change_contact(old, merged_into_id=None)
    assert (desk.look(hours=0), erase(world).undecided) == (0, [])
    world.change_contact(old, merged_into_id=survivor)
    assert desk.look() == 1
    world.change_contact(survivor, erasure_requested_at=ASKED)
    result = erase(world)
    assert (result.erased, result.undecided, desk.look(hours=0)) == (1, [], 0)
    world.sync()
    assert "maria.nea@mail.gr" not in world.remote()
    # Merged in a circle, by mistake: nobody survives, all are found.
    world.crm.execute(
        "update crm.contact set merged_into_id = %s, erasure_requested_at = null"
        " where contact_id = %s", (old, survivor),
    )  # fmt: skip
    assert erase(world).undecided == []


def test_a_long_list_is_cut_short(world: World) -> None:
    survivor = world.contact("maria@mail.gr")
    for number in range(60):
        world.contact(
            f"p{number}@mail.gr", merged_into_id=survivor, erasure_requested_at=ASKED, consent=None
        )
    desk = Desk(world)
    assert desk.look() == 60
    assert desk.messages[0].subject == "Mailchimp sync: 60 undecided"
    assert desk.messages[0].text.count("asked for erasure") == 50
    assert "and 10 more" in desk.messages[0].text
