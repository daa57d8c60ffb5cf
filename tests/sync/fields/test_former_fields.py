"""Values in Mailchimp of fields that are no longer synchronised: cleared once, or named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm_mailchimp.crm.collections import ContactField
from crm_mailchimp.provider import MemberChange
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.fields.former_fields import equal_labels
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from loose_contract import LOOSE
from sync_world import World, subscriber_hash

UNGUARDED = SyncOptions(limits=GuardLimits(share=1.0, minimum=1000, half=1.0))
KEPT = SyncOptions(limits=UNGUARDED.limits, clear_left_values=False)


def _define(world: World, code: str, label: str, data_type: str = "text") -> None:
    world.crm.execute(
        "insert into crm.contact_field (code, label, data_type) values (%s, %s, %s)"
        " on conflict (code) do update set label = excluded.label, data_type = excluded.data_type",
        (code, label, data_type),
    )


def _give(world: World, contact_id: int, **values: str) -> None:
    for code, value in values.items():
        world.crm.execute(
            "insert into crm.contact_field_value (contact_id, field_code, value)"
            " values (%s, %s, %s)",
            (contact_id, code, value),
        )


def _delete_field(world: World, code: str) -> None:
    world.crm.execute("delete from crm.contact_field_value where field_code = %s", (code,))
    world.crm.execute("delete from crm.contact_field where code = %s", (code,))


def _detail(world: World, options: SyncOptions = UNGUARDED, **staging: bool) -> str:
    result = world.sync(options=options, **staging)["NEWS"]
    assert result.state in ("succeeded", "dry_run"), result.detail
    return result.detail or ""


class Scene:
    """An audience with a tax number in each kind of member."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.news = world.collection(sync_merge_fields=True)
        _define(world, "afm", "ΑΦΜ")
        _define(world, "points", "Πόντοι", "number")
        self.maria = self._person("maria@mail.gr")
        self.left = self._person("left@mail.gr")
        self.opted_out = self._person("optout@mail.gr")
        self.withdrew = self._person("withdrew@mail.gr")
        world.sync()
        with world.provider() as provider:
            for address in ("hand@mail.gr", "foreign@mail.gr"):
                provider.client.lists.add_list_member(
                    world.list_id(),
                    {
                        "email_address": address,
                        "status": "subscribed",
                        "merge_fields": {"AFM": "δικό του"},
                    },
                )
        world.sandbox.control("POST", "clock/advance", {"seconds": 2})
        self.adopted = self._person("hand@mail.gr")
        world.act("optout@mail.gr", "unsubscribe")
        world.consent(self.withdrew, granted=False)
        world.leave(self.news, self.left)
        world.sync(options=UNGUARDED)
        assert world.sync(options=UNGUARDED)["NEWS"].counts["updated"] == 0
        assert world.remote()["left@mail.gr"] == "archived"
        assert world.remote()["withdrew@mail.gr"] == "unsubscribed"

    def _person(self, address: str) -> int:
        contact = self.world.contact(address, self.news, city="Αθήνα")
        _give(self.world, contact, afm="099999999", points="5")
        return contact

    def values(self, tag: str = "AFM") -> dict[str, object]:
        return {
            address.split("@")[0]: self.world.remote_fields(address).get(tag)
            for address in self.world.remote()
        }

    def member_writes(self) -> int:
        return sum("/members" in request for request in self.world.write_requests())


@pytest.fixture
def scene(world: World) -> Iterator[Scene]:
    yield Scene(world)


CLEARED = {
    "maria": "",
    "optout": "",
    "withdrew": "",
    "hand": "",
    "left": "099999999",
    "foreign": "δικό του",
}


def test_a_field_deleted_in_the_crm_is_cleared_once(scene: Scene) -> None:
    world = scene.world
    _delete_field(world, "afm")
    detail = _detail(world)
    assert scene.values() == CLEARED
    assert world.remote_fields("maria@mail.gr")["PONTOI"] == 5
    assert "cleared in Mailchimp, because no longer synchronised: ΑΦΜ (AFM); members: 4" in detail
    # Mailchimp lets nobody change an archived member: it is named until the field is deleted.
    assert "archived members" in detail
    writes = scene.member_writes()
    again = _detail(world)
    assert "cleared in Mailchimp" not in again
    assert "ΑΦΜ (AFM); members: 1" in again
    assert scene.member_writes() == writes
    # What a person writes there later is theirs.
    with world.provider() as provider:
        change = MemberChange(
            subscriber_hash=subscriber_hash("maria@mail.gr"),
            action="update",
            merge_fields={"AFM": "δικό της"},
        )
        list(provider.change_members(world.list_id(), [[change]]))
        provider.client.lists.delete_list_merge_field(
            world.list_id(),
            next(str(f.merge_id) for f in provider.merge_fields(world.list_id()) if f.tag == "AFM"),
        )
    writes = scene.member_writes()
    assert _detail(world) == ""
    assert scene.member_writes() == writes


def test_fields_switched_off_are_cleared_once(scene: Scene) -> None:
    world = scene.world
    world.crm.execute("update crm.contact_collection set sync_merge_fields = false")
    detail = _detail(world)
    assert scene.values() == CLEARED
    assert {scene.values("PONTOI")[name] for name in ("maria", "optout", "hand")} == {""}
    for name in ("Πόντοι (PONTOI)", "ΑΦΜ (AFM)"):
        assert name in detail
    writes = scene.member_writes()
    assert "cleared in Mailchimp" not in _detail(world)
    assert scene.member_writes() == writes
    # Switched on again: the values come back.
    world.crm.execute("update crm.contact_collection set sync_merge_fields = true")
    _detail(world)
    assert _detail(world) == ""
    assert scene.values()["maria"] == "099999999"
    assert scene.values("PONTOI")["hand"] == 5
    writes = scene.member_writes()
    assert _detail(world) == ""
    assert scene.member_writes() == writes


def test_the_field_of_another_type_leaves_no_values_behind(scene: Scene) -> None:
    world = scene.world
    _define(world, "points", "Πόντοι", "text")
    detail = _detail(world)
    assert "Πόντοι (PONTOI); members: 4" in detail
    assert scene.values("PONTOI")["maria"] == ""
    _detail(world)
    assert scene.values("PONTOI2")["maria"] == "5"
    assert scene.values()["maria"] == "099999999"


def test_values_that_shall_stay_are_named_in_each_run(scene: Scene) -> None:
    world = scene.world
    _delete_field(world, "afm")
    writes = scene.member_writes()
    for _ in range(2):
        detail = _detail(world, KEPT)
        assert "still has values of fields that are no longer synchronised: ΑΦΜ (AFM)" in detail
        assert "members: 4. Set CLEAR_LEFT_VALUES to true" in detail
    assert scene.values()["maria"] == "099999999"
    # The members' other values are up to date: one update each, and nothing in the second run.
    assert scene.member_writes() - writes <= 2
    assert "cleared in Mailchimp" in _detail(world)
    assert scene.values() == CLEARED


def test_a_preview_names_what_a_run_would_clear(scene: Scene) -> None:
    world = scene.world
    _delete_field(world, "afm")
    writes = scene.member_writes()
    assert "a run that pushes clears values of fields" in _detail(world, dry_run=True)
    assert "ΑΦΜ (AFM)" in _detail(world, dry_run=True)
    assert scene.member_writes() == writes


def test_a_new_code_or_label_or_tag_clears_nothing(scene: Scene) -> None:
    world = scene.world
    world.crm.execute("update crm.contact_field set label = 'Αριθμός μητρώου' where code = 'afm'")
    _detail(world)
    _define(world, "tax_number", "Αριθμός μητρώου")
    world.crm.execute(
        "update crm.contact_field_value set field_code = 'tax_number' where field_code = 'afm'"
    )
    _delete_field(world, "afm")
    with world.provider() as provider:
        field = next(f for f in provider.merge_fields(world.list_id()) if f.tag == "PONTOI")
        provider.client.lists.update_list_merge_field(
            world.list_id(), str(field.merge_id), {"tag": "MYPOINTS", "name": field.name}
        )
    details = [_detail(world) for _ in range(3)]
    assert details == ["", "", ""]
    assert scene.values()["maria"] == "099999999"
    assert scene.values("MYPOINTS")["maria"] == 5


@pytest.mark.parametrize("lost", ["null", "''"])
def test_a_field_whose_code_got_lost_clears_nothing(scene: Scene, lost: str) -> None:
    """The row without a code may be any field of the audience."""
    world = scene.world
    world.crm.execute(LOOSE)
    world.crm.execute(f"update crm.contact_field set code = {lost} where code = 'afm'")
    before = scene.values()
    assert "no longer synchronised" not in _detail(world)
    assert scene.values() == before
    assert before["maria"] == "099999999"
    world.crm.execute("delete from crm.contact_field where coalesce(code, '') = ''")
    _detail(world)
    assert scene.values()["maria"] == ""


def test_a_former_field_with_another_tag_is_found(scene: Scene) -> None:
    world = scene.world
    _delete_field(world, "afm")
    assert "ΑΦΜ (AFM)" in _detail(world, KEPT)
    with world.provider() as provider:
        field = next(f for f in provider.merge_fields(world.list_id()) if f.tag == "AFM")
        provider.client.lists.update_list_merge_field(
            world.list_id(), str(field.merge_id), {"tag": "OLDNUMBER", "name": field.name}
        )
    assert "ΑΦΜ (OLDNUMBER); members: 4" in _detail(world)
    assert scene.values("OLDNUMBER") == CLEARED


def test_a_run_that_dies_goes_on_where_it_stopped(scene: Scene) -> None:
    world = scene.world
    _delete_field(world, "afm")
    _detail(world, KEPT)
    patched = 0

    def die(what: str) -> bool:
        nonlocal patched
        patched += what.startswith("PATCH")
        if patched == 2:
            raise RuntimeError("the worker died")
        return False

    world.calls.reset(before=die)
    with pytest.raises(RuntimeError):
        world.sync(options=UNGUARDED)
    world.calls.reset()
    assert 0 < list(scene.values().values()).count("") < 4
    writes = scene.member_writes()
    _detail(world)
    assert scene.values() == CLEARED
    assert scene.member_writes() - writes <= 4
    writes = scene.member_writes()
    _detail(world)
    assert scene.member_writes() == writes


def test_two_fields_of_one_name_are_named(scene: Scene) -> None:
    world = scene.world
    _define(world, "afm_b", "ΑΦΜ ")
    _give(world, scene.maria, afm_b="088888888")
    for _ in range(2):
        detail = _detail(world)
        assert "the additional fields afm, afm_b have one label" in detail
    assert scene.values("AFM2")["maria"] == "088888888"
    assert scene.values()["maria"] == "099999999"


def test_labels_are_compared_as_people_read_them() -> None:
    def field(code: str, label: str) -> ContactField:
        return ContactField(code=code, label=label, data_type="text", choices=())

    assert equal_labels([field("a", "ΑΦΜ"), field("b", "Πόλη"), field("c", "")]) == []
    [named] = equal_labels([field("a", "Κωδικός  πελάτη"), field("b", " κωδικός πελάτη")])
    assert "a, b" in named
