"""Get Mailchimp defaults: fills what is empty, overwrites only on request, shows no values."""

from __future__ import annotations

import logging
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from crm_mailchimp.crm.provider_defaults import UnknownProviderError
from crm_mailchimp.mailchimp.errors import NotFound
from crm_mailchimp.provider import AudienceSettings
from crm_mailchimp.sync.audience.list_defaults import get_provider_defaults, offered_values
from crm_mailchimp.sync_commands import main
from sync_world import World

BY_HAND = AudienceSettings(
    name="Δικό μας",
    company="Παράρτημα ΕΠΕ",
    address1="Τσιμισκή 5",
    city="Θεσσαλονίκη",
    country="GR",
    phone="2310 000000",
    from_name="Ελένη Γραφείου",
    from_email="grafeio@elaiones.gr",
    subject="Τα νέα μας",
    language="el",
    permission_reminder="Εγγραφήκατε στο κατάστημά μας.",
    email_type_option=True,
)


def settings(world: World) -> dict[str, Any]:
    with psycopg.connect(world.crm_dsn, row_factory=dict_row) as crm:
        row = crm.execute("select * from crm.external_provider").fetchone()
    assert row
    return row


def test_fills_what_is_empty_and_overwrites_only_on_request(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.crm.execute(
        "update crm.external_provider set address1 = null, city = ' ', phone = null,"
        " from_email = null, language = '', subject = null"
    )
    with (
        world.provider() as provider,
        psycopg.connect(world.crm_dsn) as crm,
        psycopg.connect(world.warehouse_dsn) as warehouse,
    ):
        # The account alone: it has an address, no list defaults.
        found = get_provider_defaults(warehouse, crm, provider)
        assert set(found.filled) == {"address1", "city", "state"}
        assert {"phone", "from_email", "language", "subject"} <= set(found.missing)
        assert "company" in found.kept

        first = provider.create_audience(BY_HAND)
        found = get_provider_defaults(warehouse, crm, provider)
        assert set(found.filled) == {"phone", "from_email", "language", "subject"}
        assert {"company", "from_name", "permission_reminder"} <= set(found.kept)
        now = settings(world)
        assert (now["company"], now["address1"], now["city"], now["from_email"]) == (
            "Ελληνικά Τρόφιμα ΑΕ", "Ερμού 12", "Αθήνα", "grafeio@elaiones.gr",
        )  # fmt: skip
        assert get_provider_defaults(warehouse, crm, provider).filled == ()
        assert settings(world) == now

        found = get_provider_defaults(
            warehouse, crm, provider, list_id=first.list_id, overwrite=True
        )
        assert {"company", "from_name", "permission_reminder", "email_type_option"} <= set(
            found.overwritten
        )
        now = settings(world)
        assert now["company"] == "Ελαιώνες Αιγαίου Α.Ε."
        assert now["from_name"] == "Ελένη Γραφείου"
        assert now["email_type_option"] is True
        assert (now["code"], now["connection_id"]) == ("mailchimp", "mailchimp_default")

        with pytest.raises(NotFound):
            get_provider_defaults(warehouse, crm, provider, list_id="0000000000", overwrite=True)
        assert settings(world) == now
        crm.execute("delete from crm.external_provider")
        with pytest.raises(UnknownProviderError, match="mailchimp"):
            get_provider_defaults(warehouse, crm, provider)
    for value in ("grafeio@", "Ελένη", "Τσιμισκή", "Ερμού", "2310"):
        assert value not in caplog.text
    assert "from_email" in caplog.text


def test_shows_both_sides_to_people_alone(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    show = ["defaults", "--dsn", world.warehouse_dsn]
    assert main(show) == 1
    assert "run DAG get_mailchimp_defaults" in capsys.readouterr().err
    world.crm.execute("update crm.external_provider set phone = null, from_email = ' '")
    with (
        world.provider() as provider,
        psycopg.connect(world.crm_dsn) as crm,
        psycopg.connect(world.warehouse_dsn) as warehouse,
    ):
        made = provider.create_audience(BY_HAND)
        for _ in range(2):  # what was filled is shown as it was found then
            found = get_provider_defaults(warehouse, crm, provider)

    assert "grafeio" not in repr(found)
    assert "grafeio" not in str(found.columns())
    assert main(show) == 0
    shown = capsys.readouterr().out
    assert f"audience {made.list_id}" in shown
    for block in (
        "from_name: kept\n  CRM        Γαλαξίας\n  Mailchimp  Ελένη Γραφείου\n",
        "from_email: unchanged\n  CRM        grafeio@elaiones.gr\n",
        "email_type_option: kept\n  CRM        no\n  Mailchimp  yes\n",
        "address2: missing\n  CRM        (empty)\n  Mailchimp  (empty)\n",
    ):
        assert block in f"{shown}\n", block


def test_addresses_are_not_mixed() -> None:
    account = {"company": "Α", "addr1": "Ερμού 12", "city": "Αθήνα", "country": "Greece"}

    class Listed:
        settings = BY_HAND

    values = offered_values(account, Listed())  # type: ignore[arg-type]
    assert (values["address1"], values["city"], values["zip"]) == ("Ερμού 12", "Αθήνα", "")
    assert (values["company"], values["country"], values["phone"]) == ("Α", "GR", "2310 000000")
    values = offered_values({"country": "Greece"}, Listed())  # type: ignore[arg-type]
    assert (values["address1"], values["city"]) == ("Τσιμισκή 5", "Θεσσαλονίκη")
    assert offered_values({"country": "Greece"}, None) == {"country": ""}
