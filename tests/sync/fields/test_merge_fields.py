"""Additional fields as merge fields: made, renamed, found again, limited, and what people do."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mailchimp.crm.collections import ContactField
from crm_mailchimp.provider import AudienceSettings, MergeField
from crm_mailchimp.setting_group import SettingError
from crm_mailchimp.sync.decisions.planned_member import PlannedContact
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.fields.member_values import (
    FieldMapping,
    merge_values,
    parse_reference,
    reference,
)
from crm_mailchimp.sync.fields.merge_tags import make_tag
from crm_mailchimp.sync.runs.sync_options import SyncOptions, read_sync_options
from sync_world import World

UNGUARDED = GuardLimits(share=1.0, minimum=1000, half=1.0)


# ---- tags


@pytest.mark.parametrize(
    ("label", "tag"),
    [
        ("Ημερομηνία", "IMEROMINIA"),
        ("Χώρα", "CHORA"),
        ("ΑΦΜ", "AFM"),
        ("Ψάρι & ψωμί", "PSARIPSOMI"),
        ("Ὀδυσσεύς", "ODYSSEYS"),
        ("2ος τίτλος", "OSTITLOS"),
        ("★★★", "FIELD"),
        ("123", "FIELD"),
        ("", "FIELD"),
        ("Email", "EMAIL2"),
        ("Phone", "PHONE2"),
        ("unsub", "UNSUB2"),
        ("To", "TO2"),
        ("CRM ref", "CRMREF2"),
        ("MMERGE5", "FIELD2"),
        ("Merge", "FIELD2"),
    ],
)
def test_tags_of_labels(label: str, tag: str) -> None:
    assert make_tag(label, ()) == tag


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text(max_size=20) | st.sampled_from(["Ημερομηνία γάμου", "★", "Email", "MERGE"]))
)
def test_tags_are_valid_and_never_collide(labels: list[str]) -> None:
    taken: list[str] = []
    for label in labels * 2:
        taken.append(make_tag(label, taken))
    assert len(set(taken)) == len(taken)
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]{0,9}", tag) for tag in taken)


def test_references_are_read_back() -> None:
    for origin in ("created", "adopted"):
        assert parse_reference(reference(origin, -5)) == (origin, -5)  # type: ignore[arg-type]
    for other in ("", None, 7, "b-1", "c-", "c-1x", "c-99999999999999999999", "c-1\n"):
        assert parse_reference(other) is None


# ---- values of one contact


def _contact(first_name: str = " Μαρία ", **values: str) -> PlannedContact:
    return PlannedContact(
        action="update", cause=None, subscriber_hash="", contact_id=7, has_changed_address=False,
        address_key="maria@mail.gr", first_name=first_name, last_name=None, language=None,
        field_values=values, content_hash="", consent_id=None, consented_at=None, origin="created",
    )  # fmt: skip


MAPPINGS = [
    FieldMapping(ContactField(code="points", label="Πόντοι", data_type="number", choices=()), "P"),
    FieldMapping(
        ContactField(code="shop", label="Σημείο", data_type="choice", choices=("Α",)), "S"
    ),
]


def test_a_bad_value_drops_that_field_alone() -> None:
    values, invalid = merge_values(
        _contact(points="πολλοί", shop="Α"), MAPPINGS, "created", clear_blanks=True
    )
    assert values == {"FNAME": "Μαρία", "LNAME": "", "S": "Α", "CRMREF": "c-7"}
    assert [item.field_code for item in invalid] == ["points"]


def test_blank_clears_on_a_change_and_is_left_out_of_an_addition() -> None:
    contact = _contact("Μ" * 200, points=" ")
    changed, invalid = merge_values(contact, MAPPINGS, "adopted", clear_blanks=True)
    assert changed == {"FNAME": "Μ" * 127, "LNAME": "", "P": "", "S": "", "CRMREF": "a-7"}
    assert [(item.field_code, item.problem) for item in invalid] == [
        ("first_name", "cut at Mailchimp's limit")
    ]
    added, _ = merge_values(contact, MAPPINGS, "created", clear_blanks=False)
    assert added == {"FNAME": "Μ" * 127, "CRMREF": "c-7"}


def test_the_limit_is_a_setting() -> None:
    assert read_sync_options({}).field_limit == 30
    assert read_sync_options({"MERGE_FIELD_LIMIT": "80"}).field_limit == 80
    with pytest.raises(SettingError, match="MERGE_FIELD_LIMIT"):
        read_sync_options({"MERGE_FIELD_LIMIT": "πολλά"})


# ---- scenes


def _define(
    world: World, code: str, label: str, data_type: str = "text", choices: list[str] | None = None
) -> None:
    world.crm.execute(
        "insert into crm.contact_field (code, label, data_type, choices) values (%s, %s, %s, %s)"
        " on conflict (code) do update set label = excluded.label,"
        " data_type = excluded.data_type, choices = excluded.choices",
        (code, label, data_type, choices),
    )


def _give(world: World, contact_id: int, **values: str) -> None:
    for code, value in values.items():
        world.crm.execute(
            "insert into crm.contact_field_value (contact_id, field_code, value)"
            " values (%s, %s, %s) on conflict (contact_id, field_code)"
            " do update set value = excluded.value",
            (contact_id, code, value),
        )


def _fields(world: World) -> dict[str, MergeField]:
    """Tag → merge field, without those that every audience has."""
    with world.provider() as provider:
        found = {field.tag: field for field in provider.merge_fields(world.list_id())}
    assert found.pop("CRMREF").public is False
    for tag in ("FNAME", "LNAME", "ADDRESS", "PHONE"):
        found.pop(tag, None)
    return found


def _delete_field(world: World, tag: str) -> None:
    with world.provider() as provider:
        merge_id = _fields(world)[tag].merge_id
        provider.client.lists.delete_list_merge_field(world.list_id(), str(merge_id))


def _invalid(world: World) -> dict[int, str]:
    rows = world.warehouse.execute(
        "select contact_id, detail from sync.quarantine"
        " where reason_code = 'invalid_field_value' and resolved_at is null"
    ).fetchall()
    assert len({row["contact_id"] for row in rows}) == len(rows)
    return {row["contact_id"]: row["detail"] for row in rows}


def _added_fields(world: World) -> int:
    return sum(request.endswith("/merge-fields") for request in world.write_requests())


def test_fields_of_every_type_from_first_push_to_label_and_choice_changes(world: World) -> None:
    news = world.collection(sync_merge_fields=True)
    _define(world, "points", "Πόντοι", "number")
    _define(world, "wedding", "Ημερομηνία γάμου", "date")
    _define(world, "name_day", "Ημερομηνία γιορτής")
    _define(world, "catalogue", "Θέλει κατάλογο", "boolean")
    _define(world, "site", "Ιστοσελίδα", "url")
    _define(world, "phone", "Phone", "phone")
    _define(world, "shop", "Κατάστημα", "choice", [" Αθήνα", "Πάτρα", "Πάτρα ", ""])
    _define(world, "none", "Χωρίς επιλογές", "choice")
    maria = world.contact("maria@mail.gr", news)
    nikos = world.contact("nikos@mail.gr", news, first_name="Ν" * 200)
    _give(
        world, maria,
        points="12.50", wedding="2019-09-07", name_day="15 Αυγούστου", catalogue="ΝΑΙ",
        site="https://example.com/μαρία", phone="+30 2310 200000", shop="Αθήνα ",
    )  # fmt: skip
    _give(world, nikos, points="δώδεκα", wedding="2023-02-29", shop="Ρόδος", undefined="x")

    result = world.sync()["NEWS"]

    assert (result.state, result.counts["added"], result.counts["rejected"]) == ("succeeded", 2, 0)
    fields = _fields(world)
    assert {tag: (field.name, field.type) for tag, field in fields.items()} == {
        "PONTOI": ("Πόντοι", "number"),
        "IMEROMINIA": ("Ημερομηνία γιορτής", "text"),
        "IMEROMINI2": ("Ημερομηνία γάμου", "date"),
        "THELEIKATA": ("Θέλει κατάλογο", "text"),
        "ISTOSELIDA": ("Ιστοσελίδα", "url"),
        "PHONE2": ("Phone", "phone"),
        "KATASTIMA": ("Κατάστημα", "dropdown"),
        "CHORISEPIL": ("Χωρίς επιλογές", "text"),
    }
    assert fields["KATASTIMA"].choices == ("Αθήνα", "Πάτρα")
    assert {tag: world.remote_fields("maria@mail.gr")[tag] for tag in fields} == {
        "PONTOI": 12.5,
        "IMEROMINIA": "15 Αυγούστου",
        "IMEROMINI2": "2019-09-07",
        "THELEIKATA": "true",
        "ISTOSELIDA": "https://example.com/μαρία",
        "PHONE2": "+30 2310 200000",
        "KATASTIMA": "Αθήνα",
        "CHORISEPIL": "",
    }
    reports = _invalid(world)
    assert list(reports) == [nikos]
    assert sorted(re.findall(r"(\w+): ", reports[nikos])) == [
        "first_name",
        "points",
        "shop",
        "wedding",
    ]
    assert "δώδεκα" not in reports[nikos]
    assert world.open_reasons() == {}

    # Nothing changed: nothing is written, and the unfit values stay reported.
    writes = world.write_requests()
    assert world.sync()["NEWS"].counts["unchanged"] == 2
    assert world.write_requests() == writes
    assert _invalid(world) == reports

    # Another label renames; another choice heals; a blank clears; nothing is made again.
    _define(world, "points", "Πόντοι επιβράβευσης", "number")
    _define(world, "shop", "Κατάστημα", "choice", ["Ρόδος", "Αθήνα"])
    _give(world, maria, points="", site=" ")
    _give(world, nikos, points="0", wedding="2024-02-29")
    added = _added_fields(world)
    assert world.sync()["NEWS"].counts["updated"] == 2
    renamed = _fields(world)
    assert _added_fields(world) == added
    assert renamed["PONTOI"] == replace(fields["PONTOI"], name="Πόντοι επιβράβευσης")
    assert renamed["KATASTIMA"].choices == ("Αθήνα", "Πάτρα", "Ρόδος")  # none is taken away
    assert world.remote_fields("maria@mail.gr")["PONTOI"] == ""
    assert world.remote_fields("maria@mail.gr")["ISTOSELIDA"] == ""
    assert world.remote_fields("nikos@mail.gr")["KATASTIMA"] == "Ρόδος"
    assert _invalid(world) == {nikos: "first_name: cut at Mailchimp's limit"}


def test_above_the_limit_only_withdrawals_go_until_a_person_chooses(world: World) -> None:
    news = world.collection(sync_merge_fields=True)
    maria = world.contact("maria@mail.gr", news)
    world.sync()
    # Four of Mailchimp's own and CRMREF; one made by hand counts as well.
    with world.provider() as provider:
        provider.create_merge_field(
            world.list_id(), MergeField(tag="BYHAND", name="Με το χέρι", type="text")
        )
    _define(world, "points", "Πόντοι", "number")
    _define(world, "shop", "Κατάστημα")
    nikos = world.contact("nikos@mail.gr", news)
    leaver = world.contact("eleni@mail.gr", news)
    _give(world, nikos, points="3", shop="Πάτρα")
    limited = SyncOptions(field_limit=7, limits=UNGUARDED)
    world.consent(maria, granted=False)
    world.leave(news, leaver)

    blocked = world.sync(options=limited)["NEWS"]

    assert blocked.state == "blocked"
    assert str(blocked.detail).startswith(
        "merge_field_limit: the audience has 6 merge fields and 2"
    )
    assert "points (Πόντοι), shop (Κατάστημα)" in str(blocked.detail)
    assert (blocked.counts["removed"], blocked.counts["added"]) == (1, 0)
    assert world.remote() == {"maria@mail.gr": "unsubscribed"}
    assert list(_fields(world)) == ["BYHAND"]

    assert world.sync(options=replace(limited, field_limit=8))["NEWS"].state == "succeeded"
    assert world.remote()["nikos@mail.gr"] == "subscribed"
    assert set(_fields(world)) == {"BYHAND", "PONTOI", "KATASTIMA"}
    # The limit is about making fields: those that stand go on.
    assert world.sync(options=limited)["NEWS"].state == "succeeded"

    # Mailchimp's own limit may be lower than ours.
    world.sandbox.control("POST", "limits", {"max_merge_fields": 8})
    _define(world, "more", "Κι άλλο")
    blocked = world.sync(options=replace(limited, field_limit=30))["NEWS"]
    assert blocked.state == "blocked"
    assert str(blocked.detail).startswith("merge_field_limit: Mailchimp makes no merge field for")


def test_a_linked_audience_keeps_what_people_made_there(world: World) -> None:
    with world.provider() as provider:
        audience = provider.create_audience(
            AudienceSettings(
                name="Με το χέρι", company="Γαλαξίας", address1="Ερμού 1", city="Αθήνα",
                country="GR", from_name="Γαλαξίας", from_email="news@galaxy.gr", subject="Νέα",
                language="el", permission_reminder="Εγγραφήκατε.",
            )
        )  # fmt: skip
        for field in (
            MergeField(tag="MMERGE9", name="Κατάστημα", type="dropdown", choices=("Βόλος",)),
            MergeField(tag="BDAY", name="Γενέθλια", type="birthday"),
            MergeField(tag="CODE", name="Κωδικός", type="text", required=True, public=True),
            MergeField(tag="HOME", name="Σπίτι", type="address"),
        ):
            provider.create_merge_field(audience.list_id, field)
    news = world.collection(provider_list_id=audience.list_id, sync_merge_fields=True)
    _define(world, "shop", "Κατάστημα", "choice", ["Πάτρα"])
    _define(world, "birth", "Γενέθλια", "date")
    _define(world, "code", "Κωδικός")
    maria = world.contact("maria@mail.gr", news)
    nikos = world.contact("nikos@mail.gr", news)
    _give(world, maria, shop="Πάτρα", birth="1980-02-03", code="Α1")

    result = world.sync()["NEWS"]

    assert result.state == "succeeded", result.detail
    fields = _fields(world)
    assert fields["MMERGE9"].choices == ("Βόλος", "Πάτρα")
    # A date goes into a birthday of its name, without the year: no second field is made.
    assert fields["BDAY"].type == "birthday"
    assert (fields["CODE"].required, fields["CODE"].public) == (True, True)
    assert set(fields) == {"MMERGE9", "BDAY", "CODE", "HOME"}
    sent = world.remote_fields("maria@mail.gr")
    assert (sent["MMERGE9"], sent["BDAY"], sent["CODE"]) == ("Πάτρα", "02/03", "Α1")
    # Who has no value for a required field is refused by Mailchimp, and the others go.
    assert world.remote() == {"maria@mail.gr": "subscribed"}
    assert world.open_reasons() == {nikos: "rejected_by_mailchimp"}

    _give(world, nikos, code="Α2")
    _give(world, maria, code="")
    world.sync()

    assert world.remote() == {"maria@mail.gr": "subscribed", "nikos@mail.gr": "subscribed"}
    assert world.open_reasons() == {maria: "rejected_by_mailchimp"}
    assert world.remote_fields("maria@mail.gr")["CODE"] == "Α1"
    writes = world.write_requests()
    world.sync()
    assert world.write_requests() == writes  # not tried again for nothing

    # Once it is no longer required there, it goes by itself.
    with world.provider() as provider:
        provider.update_merge_field(world.list_id(), replace(fields["CODE"], required=False))
    for _ in range(2):
        world.sync()
    assert world.remote_fields("maria@mail.gr")["CODE"] == ""
    assert world.open_reasons() == {}


def test_fields_changed_or_deleted_by_hand_and_a_lost_map(world: World) -> None:
    news = world.collection(sync_merge_fields=True)
    _define(world, "a_code", "Κωδικός", "text")
    _define(world, "points", "Πόντοι", "text")
    maria = world.contact("maria@mail.gr", news)
    nikos = world.contact("nikos@mail.gr", news)
    for contact in (maria, nikos):
        _give(world, contact, a_code=f"Κ{contact}", points="5")
    world.sync()
    before = _fields(world)

    # Deleted in Mailchimp: made again under its tag, and filled for those who stand.
    _delete_field(world, "PONTOI")
    world.sync()
    assert set(_fields(world)) == {"KODIKOS", "PONTOI"}
    world.sync()
    assert world.remote_fields("maria@mail.gr")["PONTOI"] == "5"
    assert world.remote_fields("nikos@mail.gr")["PONTOI"] == "5"
    assert world.sync()["NEWS"].counts["updated"] == 0

    # Another tag given in Mailchimp is followed; another name there is set back.
    with world.provider() as provider:
        provider.client.lists.update_list_merge_field(
            world.list_id(),
            str(before["KODIKOS"].merge_id),
            {"tag": "MYCODE", "name": "Δικός μου κωδικός"},
        )
    _give(world, maria, a_code="Κ9")
    world.sync()
    assert world.remote_fields("maria@mail.gr")["MYCODE"] == "Κ9"
    assert {tag: field.name for tag, field in _fields(world).items()} == {
        "MYCODE": "Κωδικός",
        "PONTOI": "Πόντοι",
    }

    # Another type needs another merge field, filled for everybody; the old one is left to people.
    _define(world, "points", "Πόντοι", "number")
    world.sync()
    assert _fields(world)["PONTOI2"].type == "number"
    assert world.remote_fields("nikos@mail.gr")["PONTOI2"] == 5
    assert world.sync()["NEWS"].counts["updated"] == 0

    # A second field of the same label does not get into the first one's place, nor does the map's
    # loss move them; a field that got another code goes on.
    _define(world, "a_before", "Πόντοι", "number")
    _give(world, maria, a_before="77")
    world.sync()
    assert world.remote_fields("maria@mail.gr")["PONTOI3"] == 77
    assert world.remote_fields("maria@mail.gr")["PONTOI2"] == 5
    made = _added_fields(world)
    world.forget_ledger()
    world.crm.execute("update crm.contact_field set code = 'b_code' where code = 'a_code'")
    world.crm.execute(
        "update crm.contact_field_value set field_code = 'b_code' where field_code = 'a_code'"
    )
    world.sync()
    assert _added_fields(world) == made
    assert world.remote_fields("maria@mail.gr")["MYCODE"] == "Κ9"
    values = world.remote_fields("maria@mail.gr")
    assert {values["PONTOI2"], values["PONTOI3"]} == {5, 77}
    assert world.sync()["NEWS"].counts["updated"] == 0

    # No longer synced: nothing is sent, and the values are cleared. The field stays.
    world.crm.execute("update crm.contact_collection set sync_merge_fields = false")
    _give(world, maria, b_code="Κ10")
    world.sync()
    assert world.remote_fields("maria@mail.gr")["MYCODE"] == ""
    assert "MYCODE" in _fields(world)


def test_a_value_that_does_not_fit_stays_named_while_the_member_is_there(world: World) -> None:
    """The contact leaves and comes back, and the guard has kept the member: nothing is pushed."""
    news = world.collection(sync_merge_fields=True)
    _define(world, "points", "Πόντοι", "number")
    people = [world.contact(f"p{number}@mail.gr", news) for number in range(12)]
    _give(world, people[0], points="δώδεκα")
    _give(world, people[1], points="δέκα")
    world.sync()
    named = _invalid(world)
    assert set(named) == {people[0], people[1]}

    for person in people[:7]:
        world.leave(news, person)
    assert world.sync()["NEWS"].state == "blocked"
    assert _invalid(world) == named, "the member is there, without that value"
    for person in people[:7]:
        world.join(news, person)
    assert world.sync()["NEWS"].state == "succeeded"
    assert _invalid(world) == named

    # Who is really gone is named no more; who is pushed with a good value neither.
    _give(world, people[1], points="10")
    world.leave(news, people[0])
    world.sync()
    assert _invalid(world) == {}
