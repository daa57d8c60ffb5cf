"""Migrations: in order, once, also when several start at the same time."""

from __future__ import annotations

import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crm_mailchimp.statements import SQL_ROOT
from crm_mailchimp.warehouse.definitions import read_definitions
from crm_mailchimp.warehouse.migrations import MigrationError, migration_files, upgrade

NAMES = [file.name for file in migration_files()]


@pytest.fixture
def empty_db(postgres: Any) -> Iterator[str]:
    name = f"empty_{uuid.uuid4().hex[:12]}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SQL_ROOT / "migrations", tmp_path / "migrations"))


def test_all_files_are_applied_in_order_and_only_once(empty_db: str) -> None:
    assert upgrade(empty_db).migrations == NAMES
    assert upgrade(empty_db).migrations == []


def test_several_at_once_apply_each_file_once(empty_db: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(upgrade, [empty_db] * 4))
    assert sorted(one.migrations for one in applied) == sorted([NAMES, [], [], []])


def test_a_new_file_is_all_it_takes(empty_db: str, folder: Path) -> None:
    upgrade(empty_db, folder)
    (folder / "9000_more.sql").write_text("create table stats.περισσότερα (x integer); -- 100 %")
    assert upgrade(empty_db, folder).migrations == ["9000_more.sql"]
    with psycopg.connect(empty_db) as connection:
        assert connection.execute('select count(*) from stats."περισσότερα"').fetchone() == (0,)


def test_a_failing_file_leaves_nothing_and_is_tried_again(empty_db: str, folder: Path) -> None:
    broken = folder / "9000_broken.sql"
    broken.write_text("create table stats.half (x integer); select 1 / 0;")
    with pytest.raises(MigrationError, match=r"9000_broken\.sql failed: division by zero"):
        upgrade(empty_db, folder)
    with psycopg.connect(empty_db) as connection:
        assert connection.execute("select to_regclass('stats.half')").fetchone() == (None,)
        assert connection.execute("select to_regclass('sync.member')").fetchone() == (None,)
    broken.write_text("create table stats.half (x integer);")
    assert upgrade(empty_db, folder).migrations == [*NAMES, "9000_broken.sql"]


def test_an_applied_file_that_changed_or_vanished_is_refused(empty_db: str, folder: Path) -> None:
    upgrade(empty_db, folder)
    first = folder / NAMES[0]
    text = first.read_text()
    first.write_text(text.replace("\n", "\r\n"))
    assert upgrade(empty_db, folder).migrations == [], "line ends alone are no change"
    first.write_text(text + "\nselect 1;")
    with pytest.raises(MigrationError, match=f"{NAMES[0]} was changed after it was applied"):
        upgrade(empty_db, folder)
    first.write_text(text)
    (folder / NAMES[-1]).unlink()
    with pytest.raises(MigrationError, match=f"{NAMES[-1]} was applied .* its file is gone"):
        upgrade(empty_db, folder)


def test_a_late_file_with_an_earlier_number_is_not_passed_over(empty_db: str, folder: Path) -> None:
    (folder / "9001_late.sql").write_text("select 1;")
    upgrade(empty_db, folder)
    (folder / "9000_later.sql").write_text("select 1;")
    with pytest.raises(MigrationError, match=r"9000_later\.sql comes before 9001_late\.sql"):
        upgrade(empty_db, folder)


@pytest.mark.parametrize("name", ["0001_again.sql", "12_short.sql", "0099-dash.sql"])
def test_names_that_do_not_order_are_refused(folder: Path, name: str) -> None:
    (folder / name).write_text("select 1;")
    with pytest.raises(MigrationError, match=name):
        migration_files(folder)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "crm_mailchimp.warehouse", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_command_takes_urls_and_keywords(empty_db: str) -> None:
    keywords = " ".join(
        f"{name}='{value}'" for name, value in psycopg.conninfo.conninfo_to_dict(empty_db).items()
    )
    first = run("migrate", "--dsn", keywords)
    assert (first.returncode, first.stderr) == (0, "")
    assert NAMES[0] in first.stdout
    count = len(read_definitions())
    assert first.stdout.endswith(f"; re-applied {count} views, functions and triggers\n")
    assert run("migrate", "--dsn", empty_db).stdout == "the warehouse is up to date\n"


@pytest.mark.parametrize("dsn", ["host=127.0.0.1 port=1 dbname=x", "postgresql://[", "nonsense"])
def test_command_says_in_one_line_what_is_wrong(dsn: str) -> None:
    result = run("migrate", "--dsn", dsn)
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


def test_every_table_and_column_for_bi_has_a_comment(warehouse_db: str) -> None:
    with psycopg.connect(warehouse_db) as connection:
        connection.execute("select stats.ensure_activity_month('2026-11-01')")
        bare = connection.execute(
            """
            select relation.oid::regclass::text, attribute.attname
            from pg_class as relation
            left join pg_attribute as attribute
                on relation.oid = attribute.attrelid
                and attribute.attnum > 0 and not attribute.attisdropped
            where
                relation.relnamespace in ('stats'::regnamespace, 'mart'::regnamespace)
                and relation.relkind in ('r', 'p', 'v', 'm')
                and (
                    obj_description(relation.oid) is null
                    or col_description(relation.oid, attribute.attnum) is null
                )
            """
        ).fetchall()
    assert bare == []


@pytest.mark.parametrize("taken", [["staging"], ["mart", "stats"], ["migration"]])
def test_schemas_of_others_are_in_the_way(empty_db: str, taken: list[str]) -> None:
    with psycopg.connect(empty_db, autocommit=True) as others:
        for name in taken:
            others.execute(f"create schema {name}")
            others.execute(f"create table {name}.alembic_version (version_num text)")
        words = f"already has {' and '.join(taken)}, which (is|are) not ours.*another database"
        with pytest.raises(MigrationError, match=words):
            upgrade(empty_db)
        assert others.execute(
            "select nspname::text from pg_namespace where nspname = any(%s) order by 1",
            (["staging", "sync", "stats", "mart", "migration"],),
        ).fetchall() == [(name,) for name in taken]
        for name in taken:
            assert others.execute(f"select count(*) from {name}.alembic_version").fetchone() == (0,)
            others.execute(f"alter schema {name} rename to {name}_of_others")
    assert upgrade(empty_db).migrations == NAMES
