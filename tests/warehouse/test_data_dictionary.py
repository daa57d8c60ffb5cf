"""The data dictionary is up to date, and the database has words for all that a BI login reads."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from crm_mailchimp.warehouse.__main__ import main
from crm_mailchimp.warehouse.data_dictionary import data_dictionary, described_columns
from fresh_databases import fresh_databases
from local_installation.postgres import Server

PAGE = Path(__file__).parents[2] / "docs/data_dictionary.md"
#: What INTERFACES promise to dashboards of others.
PROMISED = {
    "stats.campaigns", "stats.campaign_recipients", "stats.campaign_activities",
    "stats.campaign_unsubscribes", "stats.link_clicks", "stats.report_snapshots",
    "mart.campaign_performance", "mart.contact_engagement", "mart.link_performance",
}  # fmt: skip


def test_the_page_is_up_to_date(warehouse_db: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dictionary", "--dsn", warehouse_db]) == 0
    assert capsys.readouterr().out == PAGE.read_text(encoding="utf-8"), "run make dictionary"


def test_debians_server_has_the_same_words(debian_postgres: Server) -> None:
    with (
        fresh_databases(debian_postgres) as (_, dsn),
        psycopg.connect(dsn) as connection,
    ):
        assert data_dictionary(connection) == PAGE.read_text(encoding="utf-8")


def test_all_that_bi_reads_has_words(warehouse_db: str) -> None:
    with psycopg.connect(warehouse_db) as connection:
        columns = described_columns(connection)
        assert len(columns) > 500
        silent = [
            f"{one.schema_name}.{one.relation_name}.{one.column_name}"
            for one in columns
            if not one.relation_comment or not one.column_comment
        ]
        assert silent == []
        assert {f"{one.schema_name}.{one.relation_name}" for one in columns} >= PROMISED
        # The test notices a view and a column without words.
        connection.execute("create view mart.silent as select 1 as number")
        connection.execute("alter table stats.campaigns add column silent text")
        assert [
            (one.relation_name, one.column_name)
            for one in described_columns(connection)
            if not one.relation_comment or not one.column_comment
        ] == [("campaigns", "silent"), ("silent", "number")]


def test_one_thing_has_one_key(warehouse_db: str) -> None:
    """A person is contact_key everywhere, and each view about a person has it."""
    with psycopg.connect(warehouse_db) as connection:
        columns = [one for one in described_columns(connection) if one.schema_name == "mart"]
    names: dict[str, set[str]] = {}
    for one in columns:
        names.setdefault(one.relation_name, set()).add(one.column_name)
    keys = {name for found in names.values() for name in found if name.endswith("_key")}
    assert keys == {"contact_key", "url_key"}
    about_people = {name for name, found in names.items() if "contact_id" in found}
    assert len(about_people) >= 12
    assert {name for name in about_people if "contact_key" not in names[name]} == set()
