"""The files of views, functions and triggers: what each must be, and the order they come in."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crm_mailchimp.statements import SQL_ROOT, statement
from crm_mailchimp.warehouse.definitions import made_by_migrations, read_definitions
from crm_mailchimp.warehouse.migration_error import MigrationError
from crm_mailchimp.warehouse.migrations import migration_files
from crm_mailchimp.warehouse.reapply import reapply

DEFINITIONS = read_definitions()
PLACES = {definition.identity: place for place, definition in enumerate(DEFINITIONS)}
LAST_WITH_VIEWS = "0014_intents.sql"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SQL_ROOT / "views", tmp_path / "views"))


def test_each_object_comes_after_those_that_postgres_says_it_needs(warehouse_db: str) -> None:
    pairs = []
    with psycopg.connect(warehouse_db) as connection:
        for class_id, object_id, needed in connection.execute(
            statement("warehouse/find_objects"), {"identities": list(PLACES)}
        ).fetchall():
            dependents = connection.execute(
                statement("warehouse/find_dependents"),
                {"class_id": class_id, "object_id": object_id},
            ).fetchall()
            pairs += [(needed, dependent) for *_, dependent, _ in dependents]
    assert ("view mart.campaign_comparison", "view mart.audience_sending_times") in pairs
    assert ("function stats.know_list", "trigger know_list on stats.campaigns") in pairs
    assert ("function mart.received_at", "view mart.campaign_recipients") in pairs
    assert [pair for pair in pairs if not PLACES[pair[0]] < PLACES[pair[1]]] == []


def test_the_order_makes_everything_from_tables_alone(warehouse_db: str) -> None:
    with psycopg.connect(warehouse_db) as connection:
        reapply(connection, [], formerly=PLACES)
        assert _objects(connection) == set()
        reapply(connection, DEFINITIONS, formerly=())
        assert _objects(connection) == set(PLACES)


def test_the_objects_of_the_frozen_migrations_are_known(postgres: Any) -> None:
    dsn = postgres.create_database("only_frozen_migrations")
    try:
        with psycopg.connect(dsn) as connection:
            for file in migration_files():
                if file.name <= LAST_WITH_VIEWS:
                    connection.execute(file.text)
            assert made_by_migrations() == _objects(connection)
    finally:
        postgres.drop_database("only_frozen_migrations")


def _objects(connection: psycopg.Connection[Any]) -> set[str]:
    rows = connection.execute(
        """
        with ours as (
            select oid from pg_namespace where nspname in ('staging', 'sync', 'stats', 'mart')
        )
        select 'view ' || oid::regclass from pg_class
        where relkind = 'v' and relnamespace in (select oid from ours)
        union all
        select 'function ' || oid::regproc from pg_proc
        where pronamespace in (select oid from ours)
        union all
        select 'trigger ' || trigger.tgname || ' on ' || relation.oid::regclass
        from pg_trigger as trigger inner join pg_class as relation on trigger.tgrelid = relation.oid
        where relation.relnamespace in (select oid from ours) and not trigger.tgisinternal
        """
    ).fetchall()
    return {identity for (identity,) in rows}


def test_every_object_says_what_it_is(warehouse_db: str) -> None:
    for definition in DEFINITIONS:
        if not definition.identity.startswith("trigger"):
            assert f"\ncomment on {definition.identity} is\n" in definition.text.replace(
                " is '", " is\n'"
            ), definition.file


@pytest.mark.parametrize(
    "text",
    [
        "select 1;",
        "create view mart.more as select 1 as x;",
        "create or replace view mart.more as select 1 as x;\ncreate table mart.t ();",
    ],
)
def test_a_file_defines_one_object_that_can_be_replaced(folder: Path, text: str) -> None:
    (folder / "mart/more.sql").write_text(text)
    with pytest.raises(MigrationError, match=r"views/mart/more\.sql: a file holds one statement"):
        read_definitions(folder)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("create or replace view mart.other as select 1 as x;", "mart/other.sql"),
        (
            "create or replace function mart.more() returns integer language sql as 'select 1';",
            "mart/functions/more.sql",
        ),
        (
            "create or replace trigger more after insert on stats.lists\n"
            "for each statement execute function mart.note_rows();",
            "stats/triggers/lists.more.sql",
        ),
    ],
)
def test_a_file_lies_where_its_object_is_looked_for(folder: Path, text: str, place: str) -> None:
    (folder / "mart/more.sql").write_text(text)
    with pytest.raises(MigrationError, match=f"its place is views/{place}"):
        read_definitions(folder)
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    (folder / "mart/more.sql").rename(folder / place)
    assert place in {definition.file for definition in read_definitions(folder)}


def test_a_circle_is_named(folder: Path) -> None:
    (folder / "mart/a.sql").write_text("create or replace view mart.a as select x from mart.b;")
    (folder / "mart/b.sql").write_text("create or replace view mart.b as select x from mart.a;")
    with pytest.raises(MigrationError, match=r"in a circle: .*view mart\.[ab], view mart\.[ab]"):
        read_definitions(folder)


def test_words_in_comments_are_no_use(folder: Path) -> None:
    (folder / "mart/a.sql").write_text(
        "create or replace view mart.a as select 1 as x; -- not mart.b\n"
        "comment on view mart.a is\n'See mart.b; '\n'and mart.b.';\n"
    )
    (folder / "mart/b.sql").write_text("create or replace view mart.b as select x from mart.a;")
    order = [definition.identity for definition in read_definitions(folder)]
    assert order.index("view mart.a") < order.index("view mart.b")


def test_an_empty_folder_is_no_folder_of_views(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match="no files of views"):
        read_definitions(tmp_path)
