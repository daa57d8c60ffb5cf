"""Codes of additional fields: any text is one, and none is taken for a code of ours."""

from __future__ import annotations

import json
import unicodedata

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crm_mailchimp.blank_signs import UNSEEN_SIGNS
from crm_mailchimp.crm.__main__ import main
from crm_mailchimp.crm.collections import ContactField, read_contact_fields
from crm_mailchimp.crm.extract import contacts
from crm_mailchimp.crm.field_codes import ADDRESS_CODE, BIRTHDAY_CODE
from crm_mailchimp.sync.fields.contact_columns import COLUMNS
from crm_mailchimp.sync.fields.merge_fields import FIELD_LIMIT
from crm_mailchimp.sync.fields.wanted_fields import STANDARD_TAGS
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from sync_world import World

OURS = [*STANDARD_TAGS, *(column.code for column in COLUMNS)]
LONG = "".join(chr(0x3B1 + number % 24) + str(number) for number in range(3000))
ODD = [
    *OURS, "field:contact.address", "field:FNAME", f"field:{LONG}", "contact.", "first_name",
    LONG, f"{LONG}β", "Διεύθυνση", " ", "\u200b", "α,β", "α: β", "{}", "%s", "a\nb", "'", '"', "\\",
]  # fmt: skip
HOME = {"address1": "Ερμού 12", "city": "Αθήνα", "zip": "10563", "country": "GR"}

CODES = st.text(
    st.characters(blacklist_characters="\x00", blacklist_categories=("Cs",)), min_size=1
) | st.sampled_from(OURS).flatmap(lambda code: st.sampled_from([code, f"field:{code}"]))


def _define(crm: psycopg.Connection, codes: list[str], contact_id: int) -> None:
    crm.execute("alter table crm.contact_field drop constraint if exists contact_field_pkey")
    crm.execute(
        "alter table crm.contact_field_value drop constraint if exists contact_field_value_pkey"
    )
    crm.execute("delete from crm.contact_field")
    crm.execute("delete from crm.contact_field_value")
    for number, code in enumerate(codes):
        crm.execute(
            "insert into crm.contact_field (code, label, data_type) values (%s, %s, 'text')",
            (code, f"Πεδίο {number}"),
        )
        crm.execute(
            "insert into crm.contact_field_value (contact_id, field_code, value)"
            " values (%s, %s, %s)",
            (contact_id, code, f"Τιμή {number}"),
        )


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(ODD)
@given(st.lists(CODES, max_size=8, unique=True))
def test_each_code_leads_to_its_own_value_and_none_is_ours(world: World, codes: list[str]) -> None:
    world.crm.execute("delete from crm.contact")
    contact_id = world.contact("maria@mail.gr", consent=None, birth_date="1980-02-29", **HOME)
    _define(world.crm, codes, contact_id)

    fields = read_contact_fields(world.crm)

    assert len({field.code for field in fields}) == len(codes)
    assert not {field.code for field in fields} & set(OURS)
    assert all(field.unreadable is None for field in fields)
    [contact] = contacts(world.crm, [contact_id], with_fields=True)
    values = json.loads(contact.field_values or "")
    assert values.pop(ADDRESS_CODE)["city"] == "Αθήνα"
    assert values.pop(BIRTHDAY_CODE) == "1980-02-29"
    assert {field.code: _number(field) for field in fields} == {
        code: value.removeprefix("Τιμή ") for code, value in values.items()
    }
    assert all(len(field.code.encode()) <= 210 for field in fields)


def _number(field: ContactField) -> str:
    return field.label.removeprefix("Πεδίο ")


@settings(
    max_examples=1,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example([*ODD[:5], *ODD[6:17:2]])
@given(st.lists(CODES, min_size=1, max_size=8, unique=True))
def test_any_code_leads_to_a_fixed_point(world: World, codes: list[str]) -> None:
    world.crm.execute("delete from crm.contact_collection; delete from crm.contact")
    world.crm.execute("delete from crm.collection_member")
    news = world.collection(sync_merge_fields=True)
    world.crm.execute(
        "update crm.contact_collection set code = %s where collection_id = %s",
        (f"NEWS{news}", news),
    )
    maria = world.contact("maria@mail.gr", news, birth_date="1980-02-29", **HOME)
    world.contact("nikos@mail.gr", news, birth_date="1981-03-01", **HOME)
    _define(world.crm, codes, maria)
    code = f"NEWS{news}"

    first = world.sync([code], options=SyncOptions(field_limit=FIELD_LIMIT))[code]

    assert (first.state, first.detail, first.counts["added"]) == ("succeeded", None, 2)
    sent = world.remote_fields("maria@mail.gr", code)
    assert {value for value in sent.values() if str(value).startswith("Τιμή")} == {
        f"Τιμή {number}" for number in range(len(codes))
    }
    assert (sent["FNAME"], sent["CRMREF"], sent["BIRTHDAY"]) == ("Μαρία", f"c-{maria}", "02/29")
    assert sent["ADDRESS"]["addr1"] == "Ερμού 12"
    assert world.remote_fields("nikos@mail.gr", code)["FNAME"] == "Μαρία"
    writes = world.write_requests()
    again = world.sync([code])[code]
    assert (again.counts["unchanged"], again.counts["updated"]) == (2, 0)
    assert world.write_requests() == writes
    assert world.warehouse.execute("select contact_id from sync.quarantine").fetchall() == []


def test_values_of_the_standard_fields_are_never_a_fields(world: World) -> None:
    """Members that a clash of codes had rewritten are right after the next run."""
    news = world.collection(sync_merge_fields=True)
    maria = world.contact("maria@mail.gr", news, **HOME)
    world.sync()
    world.warehouse.execute(
        "insert into sync.merge_field (list_id, field_code, tag, merge_id, type, name)"
        " select list_id, 'contact.birth_date', 'OLD', 77, 'text', 'Γενέθλια'"
        " from sync.audience"
    )
    _define(world.crm, ["contact.birth_date", "contact.address"], maria)

    assert world.sync()["NEWS"].state == "succeeded"
    assert world.sync()["NEWS"].counts["updated"] == 0

    assert world.remote_fields("maria@mail.gr")["ADDRESS"]["addr1"] == "Ερμού 12"


# ---- labels and the limit


@pytest.mark.parametrize("label", ["\u200b", " \u00a0\u2060", "\u3164", "\u2800\t", "\ufe0f"])
def test_a_label_without_a_visible_sign_is_empty(
    world: World, crm_db: str, label: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.crm.execute(
        "insert into crm.contact_field (code, label, data_type) values ('city', 'Πόλη', 'text'),"
        " ('unseen', %s, 'text')",
        (label,),
    )

    fields = {field.code: field.unreadable for field in read_contact_fields(world.crm)}

    assert fields == {"city": None, "unseen": "column label is empty"}
    assert main(["create", "--dsn", crm_db]) == 0
    assert "crm.contact_field.label: 1 rows (null or empty)" in capsys.readouterr().out


def test_unseen_signs_are_all_that_nobody_sees() -> None:
    everything = map(chr, range(1, 0x110000))
    unseen = {sign for sign in everything if unicodedata.category(sign) in ("Cc", "Zs", "Zl", "Zp")}
    assert unseen - set(UNSEEN_SIGNS) == set()
    assert not any(sign.isalnum() for sign in set(UNSEEN_SIGNS) - set("\u115f\u1160\u3164\uffa0"))


def test_the_limit_names_fields_by_code_before_the_first_is_made(world: World) -> None:
    news = world.collection(sync_merge_fields=True)
    maria = world.contact("maria@mail.gr", news)
    world.sync()
    before = world.write_requests()
    _define(world.crm, ["πόντοι", "\u200b"], maria)

    blocked = world.sync(options=SyncOptions(field_limit=6))["NEWS"]

    assert str(blocked.detail).startswith(
        "merge_field_limit: the audience has 5 merge fields and 2 more are needed "
        "(πόντοι (Πεδίο 0), \\u200b (Πεδίο 1)), but 6 is the limit."
    )
    assert world.write_requests() == before

    # The plan allows fewer than the setting says: Mailchimp's refusal names all that is needed.
    world.sandbox.control("POST", "limits", {"max_merge_fields": 6})
    blocked = world.sync()["NEWS"]
    assert str(blocked.detail).startswith(
        "merge_field_limit: Mailchimp makes no merge field for \\u200b (Πεδίο 1). The account's "
        "plan allows no more than the 6 that the audience has. 1 more are needed: "
        "\\u200b (Πεδίο 1)."
    )
