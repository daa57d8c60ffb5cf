"""Postal address and date of birth as merge fields: formats, precedence, room."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_mailchimp.mailchimp.merge_fields import merge_field_of
from crm_mailchimp.provider import MergeField
from crm_mailchimp.sync.fields.contact_columns import birthday, postal_address
from crm_mailchimp.sync.fields.field_values import InvalidValueError
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from sync_world import World

HOME = {"address1": "Ερμού 12", "city": "Αθήνα", "zip": "10563", "country": "GR"}


def test_an_address_has_every_part_that_mailchimp_demands() -> None:
    assert postal_address(HOME, "") == {
        "addr1": "Ερμού 12", "addr2": "", "city": "Αθήνα", "state": "Αθήνα", "zip": "10563",
        "country": "GR",
    }  # fmt: skip
    given_none = postal_address({**HOME, "country": None, "address2": " 2ος  όροφος "}, "cy")
    assert isinstance(given_none, dict)
    assert (given_none["country"], given_none["addr2"]) == ("CY", "2ος όροφος")
    assert postal_address(None, "GR") == postal_address({"city": " ", "country": "GR"}, "") == ""


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"zip": None}, "zip is missing"),
        ({"address1": " ", "city": ""}, "address1, city is missing"),
        ({"country": "Ελλάδα"}, "country"),
        ({"country": None}, "country"),
    ],
)
def test_half_an_address_is_none(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidValueError, match=problem):
        postal_address({**HOME, **change}, "")


@given(st.dates())
def test_birthdays_are_in_the_order_of_the_field(day: Any) -> None:
    iso = day.isoformat()
    assert birthday(iso, None) == birthday(iso, "MM/DD") == f"{day:%m/%d}"
    assert birthday(iso, "DD/MM") == f"{day:%d/%m}"
    assert birthday("", "DD/MM") == ""


def _fields(world: World) -> dict[str, MergeField]:
    with world.provider() as provider:
        found = {field.tag: field for field in provider.merge_fields(world.list_id())}
    return {tag: field for tag, field in found.items() if field.type in ("address", "birthday")}


def _invalid(world: World) -> dict[int, str]:
    rows = world.warehouse.execute(
        "select contact_id, detail from sync.quarantine"
        " where reason_code = 'invalid_field_value' and resolved_at is null"
    ).fetchall()
    return {row["contact_id"]: row["detail"] for row in rows}


def test_columns_arrive_change_and_clear(world: World) -> None:
    news = world.collection(sync_merge_fields=True)
    plain = world.collection("PLAIN", sync_merge_fields=False)
    maria = world.contact("maria@mail.gr", news, plain, birth_date="1980-02-29", **HOME)
    half = world.contact("nikos@mail.gr", news, address1="Ερμού 1", city="Αθήνα")

    world.sync()

    sent = world.remote_fields("maria@mail.gr")
    assert sent["BIRTHDAY"] == "02/29"
    assert (sent["ADDRESS"]["addr1"], sent["ADDRESS"]["zip"]) == ("Ερμού 12", "10563")
    assert world.remote_fields("nikos@mail.gr")["ADDRESS"] == ""
    assert _invalid(world) == {half: "contact.address: incomplete: zip is missing"}
    assert world.remote_fields("maria@mail.gr", "PLAIN")["ADDRESS"] == ""
    assert {tag: field.name for tag, field in _fields(world).items()} == {
        "ADDRESS": "Address", "BIRTHDAY": "Birthday",
    }  # fmt: skip
    writes = world.write_requests()
    assert world.sync()["NEWS"].counts["unchanged"] == 2
    assert world.write_requests() == writes

    world.change_contact(maria, birth_date=None, address1="Πατησίων 5")
    world.change_contact(half, zip="10563")
    assert world.sync()["NEWS"].counts["updated"] == 2
    sent = world.remote_fields("maria@mail.gr")
    assert (sent["BIRTHDAY"], sent["ADDRESS"]["addr1"]) == ("", "Πατησίων 5")
    # Without a country, the sender's.
    assert world.remote_fields("nikos@mail.gr")["ADDRESS"]["country"] == "GR"
    assert _invalid(world) == {}

    world.change_contact(maria, address1=None, city=None, zip=None, country=None)
    world.sync()
    assert world.remote_fields("maria@mail.gr")["ADDRESS"] == ""


def test_nobody_with_a_birthday_no_field(world: World) -> None:
    news = world.collection(sync_merge_fields=True)
    world.contact("maria@mail.gr", news, **HOME)
    withdrawn = world.contact("eleni@mail.gr", news, birth_date="1980-01-01")
    world.consent(withdrawn, granted=False)
    world.sync()
    assert list(_fields(world)) == ["ADDRESS"]


def test_columns_give_way_to_additional_fields_and_come_when_there_is_room(world: World) -> None:
    news = world.collection(sync_merge_fields=True)
    world.contact("maria@mail.gr", news, birth_date="1980-02-03", **HOME)
    world.crm.execute(
        "insert into crm.contact_field (code, label, data_type) values ('points', 'Πόντοι', 'text')"
    )

    # Four of Mailchimp's own, CRMREF and the additional field: the limit is reached.
    result = world.sync(options=SyncOptions(field_limit=6))["NEWS"]

    assert (result.state, result.counts["added"]) == ("succeeded", 1)
    assert result.detail == "left out for want of room for merge fields: contact.birth_date"
    assert list(_fields(world)) == ["ADDRESS"]

    # The account's own limit is respected in the same way.
    world.sandbox.control("POST", "limits", {"max_merge_fields": 6})
    again = world.sync()["NEWS"]
    assert (again.state, again.detail) == ("succeeded", result.detail)

    world.sandbox.control("POST", "limits", {"max_merge_fields": 30})
    for _ in range(2):
        assert world.sync()["NEWS"].detail is None
    assert world.remote_fields("maria@mail.gr")["BIRTHDAY"] == "02/03"


def test_a_birthday_by_hand_carries_the_column_in_its_own_order(world: World) -> None:
    news = world.collection(sync_merge_fields=True)
    world.contact("first@mail.gr", news)
    world.sync()
    with world.provider() as provider:
        for tag, name in (("BDAY", "Γενέθλια"), ("CHILD", "Γενέθλια παιδιού")):
            answer = provider.client.lists.add_list_merge_field(
                world.list_id(),
                {
                    "tag": tag, "name": name, "type": "birthday",
                    "options": {"date_format": "DD/MM"},
                },
            )  # fmt: skip
            assert merge_field_of(answer).date_format == "DD/MM"
    world.contact("maria@mail.gr", news, birth_date="1980-02-25")

    world.sync()

    assert set(_fields(world)) == {"ADDRESS", "BDAY", "CHILD"}
    sent = world.remote_fields("maria@mail.gr")
    # Mailchimp keeps month and day in its own order.
    assert (sent["BDAY"], sent["CHILD"]) == ("02/25", "")
