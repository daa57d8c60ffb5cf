"""Whatever a CRM holds: it is read, or its own row is held back; all others are mailed."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.crm.__main__ import main
from crm_mailchimp.data_protection.erasure import erase_contacts
from loose_contract import LOOSE
from sync_world import World

ODD_TIMES = [
    "infinity",
    "-infinity",
    "20226-01-01 00:00:00+00",
    "294276-12-31 23:59:59+00",
    "0044-03-15 12:00:00+00 BC",
    "0001-01-01 00:00:00+14",
    "9999-12-31 23:59:59.999999-12",
    "2262-04-11 23:47:16.854775807+00",
]


@pytest.fixture
def loose(world: World) -> World:
    world.crm.execute(LOOSE)
    return world


def details(world: World, reason: str) -> dict[int, str]:
    rows = world.warehouse.execute(
        "select contact_id, detail from sync.quarantine"
        " where reason_code = %s and resolved_at is null",
        (reason,),
    ).fetchall()
    return {row["contact_id"]: row["detail"] for row in rows}


def subscribed(world: World, code: str = "NEWS") -> set[str]:
    return {email for email, status in world.remote(code).items() if status == "subscribed"}


def test_a_request_at_any_time_is_a_request(world: World) -> None:
    news = world.collection("NEWS")
    world.contact("eleni@mail.gr", news)
    asking = [world.contact(f"odd{number}@mail.gr", news) for number in range(len(ODD_TIMES))]
    sharing = world.contact("odd0@mail.gr", news)
    assert world.sync()["NEWS"].state == "succeeded"
    for contact_id, time in zip(asking, ODD_TIMES, strict=True):
        world.crm.execute(
            "update crm.contact set erasure_requested_at = %s where contact_id = %s",
            (time, contact_id),
        )

    assert world.sync()["NEWS"].state == "succeeded"

    assert subscribed(world) == {"eleni@mail.gr"}
    reasons = world.open_reasons()
    assert {reasons[contact_id] for contact_id in asking} == {"erased_contact"}
    assert reasons[sharing] == "shared_address_refused"
    for _ in range(2):
        with (
            world.provider() as provider,
            psycopg.connect(world.warehouse_dsn) as warehouse,
            psycopg.connect(world.crm_dsn) as crm,
        ):
            erase_contacts(warehouse, crm, Accounts.only(provider), run_id="διαγραφή")
        assert set(world.remote()) == {"eleni@mail.gr"}
    receipts = world.warehouse.execute(
        "select count(*) as made, count(finished_at) as done from sync.erasure_receipt"
    ).fetchone()
    assert receipts == {"made": len(ODD_TIMES), "done": len(ODD_TIMES)}


def test_a_consent_at_any_time_is_judged(world: World) -> None:
    news = world.collection("NEWS")
    world.contact("eleni@mail.gr", news)
    granted, withdrawn = {}, set()
    for column in ("effective_at", "expires_at", "recorded_at"):
        for number, time in enumerate(ODD_TIMES):
            for is_grant in (True, False):
                address = f"{column}{number}{is_grant}@mail.gr".lower().replace("_", "-")
                contact_id = world.contact(address, news, consent=None)
                consent_id = world.consent(contact_id, granted=is_grant)
                world.crm.execute(
                    f"update crm.consent set {column} = %s where consent_id = %s",
                    (time, consent_id),
                )
                if is_grant:
                    granted[contact_id] = address
                else:
                    withdrawn.add(contact_id)
    rows = world.crm.execute(
        "select contact_id from crm.consent where contact_id = any(%s) and effective_at <= now()"
        " and coalesce(expires_at > now(), true)",
        (list(granted),),
    ).fetchall()
    in_force = {granted[contact_id] for (contact_id,) in rows}
    assert 5 < len(in_force) < len(granted)

    assert world.sync()["NEWS"].state == "succeeded"

    assert subscribed(world) == {"eleni@mail.gr"} | in_force
    assert withdrawn <= set(world.open_reasons())
    # The last look and the proof read them, too.
    for contact_id in granted:
        world.change_contact(contact_id, first_name="Ελένη")
    assert world.sync()["NEWS"].state == "succeeded"
    assert subscribed(world) == {"eleni@mail.gr"} | in_force


def test_each_row_that_cannot_be_read_is_held_back_alone(loose: World, crm_db: str) -> None:
    world = loose
    news = world.collection("NEWS")
    world.collection("OTHER")
    good = world.contact("eleni@mail.gr", news)
    unknown = world.contact("null@mail.gr", news, is_active=None)
    merged = world.contact("merged@mail.gr", news, merged_into_id=7.5)
    far = world.contact("far@mail.gr", news, merged_into_id=10**25)
    twice = world.contact("twice@mail.gr", news)
    world.contact("twice@mail.gr", contact_id=twice, consent=None)
    half = world.contact("asked@mail.gr", news)
    world.contact("asked2@mail.gr", contact_id=half, consent=None, erasure_requested_at="infinity")
    for odd in ("null", "7.25", "'NaN'", "123456789012345678"):
        world.crm.execute(
            f"insert into crm.contact (contact_id, email) values ({odd}, 'x@mail.gr');"
            f"insert into crm.collection_member (collection_id, contact_id) values"
            f" ({news}, {odd}), ({odd}, {good});"
            f"insert into crm.consent (consent_id, contact_id, channel, gdpr_category, granted,"
            f" effective_at) values ({odd}, {odd}, 'email', 'newsletter', false, now())"
        )
    nameless = world.contact("nameless@mail.gr", news)
    world.crm.execute("update crm.consent set consent_id = null where contact_id = %s", (nameless,))

    assert world.sync()["NEWS"].state == "succeeded"

    assert subscribed(world) == {"eleni@mail.gr"}
    assert details(world, "unreadable_row") == {
        unknown: "column is_active is null",
        merged: "column merged_into_id is no id",
        far: "column merged_into_id is no id",
        twice: "contact_id is there twice",
    }
    assert half in details(world, "erased_contact")
    assert list(details(world, "unreadable_consent")) == [nameless]


CHANGES = [
    ("code = null", "column code is empty"),
    ("code = ' '", "column code is empty"),
    ("description = null", "column description is empty"),
    ("is_active = null", "column is_active is null"),
    ("is_static = null", "column is_static is null"),
    ("is_shared = null", "column is_shared is null"),
    ("use_provider_defaults = null", "column use_provider_defaults is null"),
    ("sync_merge_fields = null", "column sync_merge_fields is null"),
    ("campaign_type = 'ODD'", "column gdpr_category of its campaign type has another word"),
    ("campaign_type = 'TWO'", "there twice"),
    ("owner_id = 2", "there twice"),
]


def test_a_collection_that_cannot_be_read_stops_only_itself(loose: World) -> None:
    world = loose
    news = world.collection("NEWS")
    world.contact("eleni@mail.gr", news)
    world.crm.execute(
        "insert into crm.campaign_type (code, description, gdpr_category) values"
        " ('ODD', 'Άλλο', 'spam'), ('TWO', 'Α', 'offer'), ('TWO', 'Β', 'newsletter');"
        "insert into crm.resource (resource_id, name) values (2, 'Α'), (2, 'Β');"
        "insert into crm.contact_collection (collection_id, code, description, owner_id,"
        " external_provider) values (null, 'Α', 'Β', 1, 'mailchimp'), (3.5, 'Γ', 'Δ', 1,"
        " 'mailchimp')"
    )
    words = {}
    for number, (change, said) in enumerate(CHANGES):
        collection_id = world.collection(f"ODD{number}")
        code = f"collection {collection_id}.00" if "code" in change else f"ODD{number}"
        words[code] = said
        world.crm.execute(
            f"update crm.contact_collection set {change} where collection_id = {collection_id}"
        )

    results = world.sync()

    assert results.pop("NEWS").state == "succeeded"
    assert set(results) == set(words)
    for code, result in results.items():
        assert result.state == "blocked", code
        assert (result.detail or "").startswith("unreadable_row: ")
        assert words[code] in (result.detail or "")
    assert subscribed(world) == {"eleni@mail.gr"}


def test_a_field_that_cannot_be_read_is_left_out_and_named(loose: World) -> None:
    world = loose
    news = world.collection("NEWS", sync_merge_fields=True)
    with_values = world.contact("eleni@mail.gr", news)
    without = world.contact("anna@mail.gr", news)
    world.crm.execute(
        "insert into crm.contact_field (code, label, data_type, choices) values"
        " ('city', 'Πόλη', 'text', null), ('nolabel', null, 'text', null),"
        " ('blank', ' ', 'text', null), ('word', 'Λέξη', 'colour', null),"
        " ('twice', 'Α', 'text', null), ('twice', 'Β', 'number', null),"
        " ('pick', 'Επιλογή', 'choice', '{Α,NULL,Β}'), (null, 'Χωρίς', 'text', null),"
        " ('lists', 'Πόλεις', 'choice', '{{Αθήνα,Πάτρα},{Βόλος,Ηράκλειο}}'),"
        " ('deep', 'Βαθιά', 'text', '{{{Α}}}'), ('shifted', 'Αλλού', 'choice', '[0:2]={Α,NULL,Β}'),"
        " ('none', 'Καμία', 'choice', '{}'), ('nulls', 'Κενές', 'text', '[5:6]={NULL,NULL}')"
    )
    for code in (
        "city",
        "nolabel",
        "blank",
        "word",
        "twice",
        "twice",
        "pick",
        None,
        "lists",
        "deep",
        "shifted",
        "nulls",
    ):
        world.crm.execute(
            "insert into crm.contact_field_value (contact_id, field_code, value)"
            " values (%s, %s, 'Α')",
            (with_values, code),
        )
    world.crm.execute(
        "insert into crm.contact_field_value (contact_id, field_code, value) values"
        " (%s, 'city', null), (null, 'city', 'Α'), (7.5, 'city', 'Α')",
        (without,),
    )

    assert world.sync()["NEWS"].state == "succeeded"

    assert subscribed(world) == {"eleni@mail.gr", "anna@mail.gr"}
    named = details(world, "invalid_field_value")
    assert set(named) == {with_values}
    for code, why in (
        ("nolabel", "column label is empty"),
        ("blank", "column label is empty"),
        ("word", "column data_type has another word"),
        ("twice", "code is there twice"),
        ("lists", "column choices is a list of lists"),
        ("deep", "column choices is a list of lists"),
    ):
        assert f"{code}: crm.contact_field: {why}" in named[with_values]
    assert "city" not in named[with_values]
    assert "pick" not in named[with_values]
    assert "shifted" not in named[with_values]
    assert "nulls" not in named[with_values]


#: What breaks the row of a field, by its code; and what mends it.
BROKEN = {
    "city": ("update crm.contact_field set label = null where code = 'city'",
             "update crm.contact_field set label = 'Πόλη' where code = 'city'"),
    "tax": ("update crm.contact_field set data_type = 'αριθμός' where code = 'tax'",
            "update crm.contact_field set data_type = 'text' where code = 'tax'"),
    "shop": ("insert into crm.contact_field (code, label, data_type)"
             " values ('shop', 'Κατάστημα', 'text')",
             "delete from crm.contact_field where ctid in (select min(ctid)"
             " from crm.contact_field where code = 'shop')"),
}  # fmt: skip


def test_a_field_that_cannot_be_read_keeps_its_values_in_mailchimp(loose: World) -> None:
    world = loose
    news = world.collection("NEWS", sync_merge_fields=True)
    eleni = world.contact("eleni@mail.gr", news)
    world.crm.execute(
        "insert into crm.contact_field (code, label, data_type) values ('city', 'Πόλη', 'text'),"
        " ('tax', 'ΑΦΜ', 'text'), ('shop', 'Κατάστημα', 'text'), ('size', 'Μέγεθος', 'text')"
    )
    for code in (*BROKEN, "size"):
        world.crm.execute(
            "insert into crm.contact_field_value (contact_id, field_code, value)"
            " values (%s, %s, %s)",
            (eleni, code, f"{code} Α"),
        )
    assert world.sync()["NEWS"].state == "succeeded"
    before = world.remote_fields("eleni@mail.gr")
    assert {"city Α", "tax Α", "shop Α", "size Α"} <= set(before.values())

    for breaks, _ in BROKEN.values():
        world.crm.execute(breaks)
    world.change_contact(eleni, first_name="Ελένη")
    world.crm.execute("update crm.contact_field_value set value = value || 'Β'")
    for _ in range(2):
        assert world.sync()["NEWS"].state == "succeeded"

    after = world.remote_fields("eleni@mail.gr")
    changed = {tag: value for tag, value in after.items() if value != before[tag]}
    assert set(changed.values()) == {"Ελένη", "size ΑΒ"}
    named = details(world, "invalid_field_value")[eleni]
    assert all(code in named for code in BROKEN)

    for _, mends in BROKEN.values():
        world.crm.execute(mends)
    assert world.sync()["NEWS"].state == "succeeded"
    assert {"city ΑΒ", "tax ΑΒ", "shop ΑΒ", "size ΑΒ"} <= set(
        world.remote_fields("eleni@mail.gr").values()
    )
    assert details(world, "invalid_field_value") == {}


def test_the_command_counts_and_names_what_will_be_held_back(
    loose: World, crm_db: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = loose
    news = world.collection("NEWS")
    world.collection("NEWS")
    world.contact("eleni@mail.gr", news, is_active=None)
    world.contact("a@mail.gr", news, erasure_requested_at="infinity", merged_into_id=1.5)
    world.contact("a@mail.gr", news, contact_id=4, birth_date="infinity")
    world.contact("b@mail.gr", news, contact_id=4)
    world.crm.execute(
        "insert into crm.contact_field (code, label, data_type) values ('φ', null, 'λέξη');"
        "insert into crm.contact_field (code, label, data_type, choices)"
        " values ('χ', 'Πόλεις', 'choice', '{{Αθήνα,Πάτρα},{Βόλος,Ηράκλειο}}');"
        "insert into crm.campaign_type (code, description, gdpr_category) values ('X', 'Χ', 'x');"
        "update crm.consent set granted = null, consent_id = 1.5 where contact_id = 4;"
        "insert into crm.contact (contact_id, email, erasure_requested_at)"
        " values (null, null, null), (2.25, 'x@mail.gr', now()), (null, 'χωρίς', now()),"
        " (null, null, now())"
    )

    assert main(["create", "--dsn", crm_db]) == 0

    said = capsys.readouterr().out
    for words in (
        "crm.contact.contact_id: 4 rows (no id); these rows are left out",
        "crm.contact.erasure_requested_at: 1 rows (a request in a row without an id); the person is"
        " erased by the address, if that can be read",
        "crm.contact.erasure_requested_at: 2 rows (a request in a row without an id and an"
        " address); nobody can be erased: correct contact_id or email",
        "crm.contact.contact_id: 2 rows (there more than once); their contacts are held back",
        "crm.contact.is_active: 1 rows (null)",
        "crm.contact.merged_into_id: 1 rows (no id)",
        "crm.contact.erasure_requested_at: 1 rows (a time that no program can hold); each is a",
        "crm.contact.birth_date: 1 rows",
        "crm.contact_field.label: 1 rows (null or empty)",
        "crm.contact_field.data_type: 1 rows (a word that is not in the contract)",
        "crm.contact_field.choices: 1 rows (a list of lists); these fields are left out",
        "crm.campaign_type.gdpr_category: 1 rows",
        "crm.contact_collection.code: 2 rows (there more than once)",
        "crm.consent.granted: 2 rows (null)",
        "crm.consent.consent_id: 2 rows (no id)",
    ):
        assert words in said, said


def test_a_collection_changed_at_any_time(world: World) -> None:
    news = world.collection("NEWS")
    world.contact("eleni@mail.gr", news)
    for time in ODD_TIMES:
        world.crm.execute("update crm.contact_collection set updated_at = %s", (time,))
        world.crm.execute("update crm.contact set updated_at = %s", (time,))
        world.crm.execute("update crm.collection_member set added_at = %s", (time,))
        assert world.sync()["NEWS"].state == "succeeded"
    assert subscribed(world) == {"eleni@mail.gr"}


def test_a_birthday_at_any_time_leaves_out_only_itself(world: World) -> None:
    news = world.collection("NEWS", sync_merge_fields=True)
    days: list[Any] = ["infinity", "-infinity", "20226-01-01", "0044-03-15 BC", "1980-02-29"]
    for number, day in enumerate(days):
        world.contact(f"odd{number}@mail.gr", news, birth_date=day)
    assert world.sync()["NEWS"].state == "succeeded"
    assert len(subscribed(world)) == len(days)
    assert len(details(world, "invalid_field_value")) == 4
