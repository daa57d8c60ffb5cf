"""Fields whose row in the CRM cannot be read for a while: afterwards all values are right."""

from __future__ import annotations

import pytest

from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from loose_contract import LOOSE
from sync_world import World

UNGUARDED = SyncOptions(limits=GuardLimits(share=1.0, minimum=1000, half=1.0))

#: How the row of the field ``afm`` breaks the contract, and what heals it.
BROKEN = {
    "label null": (
        "update crm.contact_field set label = null where code = 'afm'",
        "update crm.contact_field set label = 'ΑΦΜ' where code = 'afm'",
    ),
    "label of signs that nobody sees": (
        "update crm.contact_field set label = U&'\\200B' where code = 'afm'",
        "update crm.contact_field set label = 'ΑΦΜ' where code = 'afm'",
    ),
    "code twice": (
        "insert into crm.contact_field (code, label, data_type) values ('afm', 'ΑΦΜ', 'text')",
        "delete from crm.contact_field where ctid ="
        " (select max(ctid) from crm.contact_field where code = 'afm')",
    ),
    "choices in two dimensions": (
        "update crm.contact_field set choices = '{{α,β},{γ,δ}}' where code = 'afm'",
        "update crm.contact_field set choices = null where code = 'afm'",
    ),
    "type null": (
        "update crm.contact_field set data_type = null where code = 'afm'",
        "update crm.contact_field set data_type = 'text' where code = 'afm'",
    ),
    "code null": (
        "update crm.contact_field set code = null where code = 'afm'",
        "update crm.contact_field set code = 'afm' where code is null",
    ),
}
EVERY_WAY = pytest.mark.parametrize(("broken", "healed"), BROKEN.values(), ids=BROKEN.keys())


class Scene:
    """Three people with a tax number, in a CRM whose contract has lost its checks."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.crm.execute(LOOSE)
        self.news = world.collection(sync_merge_fields=True)
        self.define("afm", "ΑΦΜ")
        self.people = {
            address: world.contact(address, self.news, first_name="Μαρία")
            for address in ("kept@mail.gr", "changed@mail.gr", "emptied@mail.gr")
        }
        for contact in self.people.values():
            self.give(contact, "099999999")

    def define(self, code: str, label: str | None) -> None:
        self.world.crm.execute(
            "insert into crm.contact_field (code, label, data_type) values (%s, %s, 'text')",
            (code, label),
        )

    def give(self, contact_id: int, value: str, code: str = "afm") -> None:
        self.world.crm.execute(
            "insert into crm.contact_field_value (contact_id, field_code, value)"
            " values (%s, %s, %s)",
            (contact_id, code, value),
        )

    def change_values(self) -> None:
        for address, change in (
            ("changed@mail.gr", "update crm.contact_field_value set value = '011111111'"),
            ("emptied@mail.gr", "delete from crm.contact_field_value"),
        ):
            self.world.crm.execute(f"{change} where contact_id = %s", (self.people[address],))

    def detail(self, **staging: bool) -> str:
        result = self.world.sync(options=UNGUARDED, **staging)["NEWS"]
        assert result.state in ("succeeded", "dry_run"), result.detail
        return result.detail or ""

    def values(self, tag: str = "AFM") -> dict[str, object]:
        return {
            address.split("@")[0]: self.world.remote_fields(address).get(tag)
            for address in self.people
        }

    def settle(self) -> None:
        """Run until nothing is written any more: two runs after a field has healed."""
        self.detail()
        self.detail()
        writes = len(self.world.write_requests())
        assert self.detail() == ""
        assert len(self.world.write_requests()) == writes


OLD = {"kept": "099999999", "changed": "099999999", "emptied": "099999999"}
NEW = {"kept": "099999999", "changed": "011111111", "emptied": ""}


@EVERY_WAY
def test_values_that_changed_meanwhile_are_right_afterwards(
    world: World, broken: str, healed: str
) -> None:
    scene = Scene(world)
    scene.detail()
    world.crm.execute(broken)
    scene.change_values()
    assert "is left out: " in scene.detail()
    assert scene.values() == OLD
    # It is named as long as it lasts, also if nobody's values change.
    assert "is left out: " in scene.detail()
    world.crm.execute(healed)
    scene.settle()
    assert scene.values() == NEW


@EVERY_WAY
def test_a_field_that_was_never_readable_gets_its_values(
    world: World, broken: str, healed: str
) -> None:
    scene = Scene(world)
    world.crm.execute(broken)
    scene.detail()
    scene.detail()
    world.crm.execute(healed)
    scene.settle()
    assert scene.values() == OLD


def test_a_healed_field_is_pushed_after_a_run_that_died(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(world)
    scene.detail()
    broken, healed = BROKEN["label null"]
    world.crm.execute(broken)
    scene.change_values()
    scene.detail()
    world.crm.execute(healed)
    monkeypatch.setattr("crm_mailchimp.sync.runs.collection_sync.update", _dies)
    with pytest.raises(RuntimeError):
        world.sync(options=UNGUARDED)
    monkeypatch.undo()
    scene.settle()
    assert scene.values() == NEW


def _dies(*_: object) -> int:
    raise RuntimeError("died")


def test_fields_switched_off_meanwhile_are_right_when_they_return(world: World) -> None:
    scene = Scene(world)
    scene.detail()
    broken, healed = BROKEN["label null"]
    world.crm.execute(broken)
    scene.change_values()
    scene.detail()
    for statement in ("set sync_merge_fields = false", "set sync_merge_fields = true"):
        world.crm.execute(f"update crm.contact_collection {statement}")
        scene.detail()
    world.crm.execute(healed)
    scene.settle()
    assert scene.values() == NEW


def test_other_fields_are_pushed_meanwhile(world: World) -> None:
    scene = Scene(world)
    scene.define("shop", "Κατάστημα")
    scene.detail()
    world.crm.execute(BROKEN["label null"][0])
    scene.give(scene.people["kept@mail.gr"], "Θεσσαλονίκη", "shop")
    assert "the additional field afm is left out: column label is empty" in scene.detail()
    assert scene.values("KATASTIMA")["kept"] == "Θεσσαλονίκη"
    assert scene.values() == OLD


def test_a_preview_names_a_field_that_cannot_be_read_and_clears_nothing(world: World) -> None:
    scene = Scene(world)
    scene.detail()
    world.crm.execute(BROKEN["code null"][0])
    preview = scene.detail(dry_run=True)
    assert "the additional field without a code is left out: column code is empty" in preview
    assert "clears values" not in preview


@pytest.mark.parametrize("lost", ["null", "'{}'", "'{NULL}'", "array['', U&'\\200B']", "'{{α,β}}'"])
def test_a_choice_without_choices_clears_nothing(world: World, lost: str) -> None:
    """Another merge field would take the place of the dropdown, and clear its values."""
    scene = Scene(world)
    world.crm.execute(
        "insert into crm.contact_field (code, label, data_type, choices)"
        " values ('shop', 'Κατάστημα', 'choice', '{Αθήνα,Πάτρα}')"
    )
    for contact in scene.people.values():
        scene.give(contact, "Αθήνα", "shop")
    scene.detail()
    [tag] = [
        tag for tag in world.remote_fields("kept@mail.gr") if tag not in ("FNAME", "LNAME", "AFM")
        and scene.values(tag)["kept"] == "Αθήνα"
    ]  # fmt: skip
    fields = set(world.remote_fields("kept@mail.gr"))

    world.crm.execute(f"update crm.contact_field set choices = {lost} where code = 'shop'")
    for _ in range(2):
        assert "the additional field shop is left out: column choices is" in scene.detail()
        assert scene.values(tag) == dict.fromkeys(scene.values(tag), "Αθήνα")
        assert set(world.remote_fields("kept@mail.gr")) == fields, "no other field was made"
    assert "shop" not in scene.detail(dry_run=True).partition("leaves")[2]

    world.crm.execute(
        "update crm.contact_field_value set value = 'Πάτρα' where field_code = 'shop'"
        " and contact_id = %s",
        (scene.people["changed@mail.gr"],),
    )
    world.crm.execute("update crm.contact_field set choices = '{Αθήνα,Πάτρα}' where code = 'shop'")
    scene.settle()
    assert scene.values(tag) == {"kept": "Αθήνα", "changed": "Πάτρα", "emptied": "Αθήνα"}
