"""Texts of the CRM that no index holds, and senders that Mailchimp does not take."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from crm_mailchimp.crm.__main__ import main
from crm_mailchimp.crm.schema import create_contract
from fresh_databases import fresh_databases
from loose_contract import LOOSE
from sharing_world import share
from sync_world import World

#: A text that does not shrink below the 2,704 bytes of an index row.
VERY_LONG = "(select string_agg(md5(i::text), '') from generate_series(1, 400) as i)"


def test_a_very_long_text_in_any_column_stops_only_its_own_row(world: World) -> None:
    world.crm.execute(LOOSE)
    world.crm.execute("drop index crm.contact_email, crm.contact_local_part, crm.consent_deciding")
    world.crm.execute(
        "alter table crm.consent drop constraint consent_channel_check,"
        " drop constraint consent_gdpr_category_check"
    )
    news = world.collection("NEWS", sync_merge_fields=True)
    long_code = world.collection("LONG")
    world.contact("maria@mail.gr", news, long_code)
    held = {
        column: world.contact(f"spyros{number}@mail.gr", news, long_code)
        for number, column in enumerate(
            ("email", "first_name", "last_name", "language", "address1", "city", "country")
        )
    }
    for column, contact_id in held.items():
        world.crm.execute(
            f"update crm.contact set {column} = {VERY_LONG} where contact_id = %s", (contact_id,)
        )
    odd = world.contact("zoi@mail.gr", news)
    world.crm.execute(
        f"update crm.consent set channel = {VERY_LONG}, gdpr_category = {VERY_LONG}"
        f" where contact_id = {odd};"
        f"update crm.contact_collection set code = {VERY_LONG} where collection_id = {long_code};"
        f"insert into crm.contact_field (code, label, data_type) values ({VERY_LONG}, 'Κ', 'text');"
        f"insert into crm.contact_field_value values ({odd}, {VERY_LONG}, {VERY_LONG})"
    )

    results = world.sync()

    assert results["NEWS"].state == "succeeded", results["NEWS"].detail
    assert results[f"collection {long_code}.00"].detail == (
        "unreadable_row: the row of the collection cannot be read: column code is longer than "
        "500 bytes. Correct it in the CRM"
    )
    assert world.open_reasons() == {held["email"]: "invalid_email", odd: "unreadable_consent"}
    assert world.sync()["NEWS"].counts["updated"] == 0


@pytest.mark.parametrize("server", ["postgres", "debian_postgres"])
def test_the_command_counts_names_of_shared_audiences_that_cannot_be_used(
    request: pytest.FixtureRequest,
    server: str,
    mailchimp_sandbox: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with fresh_databases(request.getfixturevalue(server)) as (crm, warehouse):
        world = World(crm, warehouse, mailchimp_sandbox)
        world.collection("NEWS")
        world.collection(" shared:ΚΟΙΝΟ")
        world.collection("shared@λογαριασμός:ΚΟΙΝΟ")
        assert main(["create", "--dsn", crm]) == 0
        begins = (
            "crm.contact_collection.code: 2 rows (begins with shared: or shared@); these"
            " collections are blocked (unreadable_row)"
        )
        said = capsys.readouterr().out
        assert begins in said
        assert "shared_audience" not in said, "the optional column is not there"

        share(world)
        # 200 Greek letters have 400 bytes.
        fits, long = "Κ" * 200, "Κ" * 200 + "!"
        world.collection("FITS", shared_audience=fits)
        world.collection("LONG", shared_audience=long)
        assert main(["create", "--dsn", crm]) == 0
        said = capsys.readouterr().out
        assert begins in said
        assert (
            "crm.contact_collection.shared_audience: 1 rows (longer than 400 bytes); these"
            " collections are blocked (unreadable_row)"
        ) in said

        # What is counted is blocked, and nothing else is.
        ended = world.sync()
        blocked = [code for code, one in ended.items() if one.state == "blocked"]
        assert len(blocked) == 3
        assert "LONG" in blocked
        for code in blocked:
            assert (ended[code].detail or "").startswith("unreadable_row: ")
        world.close()


@pytest.mark.parametrize("server", ["postgres", "debian_postgres"])
def test_the_command_names_the_index_that_cannot_be_made_and_counts(
    request: pytest.FixtureRequest, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    database = request.getfixturevalue(server)
    dsn = database.create_database("crm_long_values")
    with psycopg.connect(dsn) as crm:
        create_contract(crm)
        crm.execute("drop index crm.contact_email, crm.contact_local_part")
        crm.execute(
            f"insert into crm.contact (contact_id, email) select n, {VERY_LONG} || n || '@mail.gr'"
            " from generate_series(1, 3) as n"
        )

    assert main(["create", "--dsn", dsn]) == 1

    said = capsys.readouterr().err
    assert said.startswith(
        "error: the index contact_email of crm.contact cannot be created: crm.contact.email has 3 "
        "values of more than 2,600 bytes. Shorten these values"
    )
    with psycopg.connect(dsn) as crm:
        crm.execute("update crm.contact set email = left(email, 300)")
    assert main(["create", "--dsn", dsn]) == 0
    assert "crm.contact.email: 3 rows (longer than any address)" in capsys.readouterr().out
    database.drop_database("crm_long_values")


@pytest.mark.parametrize("country", ["Ελλάδα", "ΕΛ", "GRC", "G1"])
def test_a_country_that_is_no_code_is_named_with_its_column(world: World, country: str) -> None:
    own = world.collection("OWN", use_provider_defaults=False, country=country)
    news = world.collection("NEWS")
    world.contact("maria@mail.gr", own, news)

    results = world.sync()

    assert (results["OWN"].state, results["NEWS"].state) == ("blocked", "succeeded")
    assert str(results["OWN"].detail).startswith(
        "missing_parameter: column crm.contact_collection.country is no code of two letters "
        "(ISO 3166-1 alpha-2)"
    )
    assert country not in str(results["OWN"].detail)
    world.crm.execute("update crm.external_provider set country = %s", (country,))
    world.crm.execute("update crm.contact_collection set country = null")
    assert "column crm.external_provider.country is no" in str(world.sync()["OWN"].detail)


@pytest.mark.parametrize(
    ("empty", "fill"),
    [
        ("city = null", "fill the column in"),
        ("city = null, address1 = null", "fill these columns in"),
    ],
)
def test_one_missing_value_is_a_column_and_several_are_columns(
    world: World, empty: str, fill: str
) -> None:
    news = world.collection("NEWS")
    world.contact("maria@mail.gr", news)
    world.crm.execute(f"update crm.external_provider set {empty}")

    words = str(world.sync()["NEWS"].detail)

    assert words.startswith("missing_parameter: Mailchimp requires ")
    assert fill in words
