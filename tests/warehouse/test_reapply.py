"""Changed views, functions and triggers reach the warehouse; what others made is never lost."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crm_mailchimp.statements import SQL_ROOT
from crm_mailchimp.warehouse.bi_login import grant_reading
from crm_mailchimp.warehouse.migrations import MIGRATIONS, MigrationError, upgrade

SENDING_TIMES = "view mart.audience_sending_times"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copies of ``sql/migrations`` and ``sql/views``, to be changed."""
    for name in ("migrations", "views"):
        shutil.copytree(SQL_ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def warehouse(warehouse_db: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(warehouse_db, autocommit=True) as connection:
        yield connection


@pytest.fixture
def role(warehouse: psycopg.Connection[Any]) -> Iterator[str]:
    yield from login(warehouse)


@pytest.fixture
def bi_login(warehouse: psycopg.Connection[Any]) -> Iterator[str]:
    yield from login(warehouse)


def login(warehouse: psycopg.Connection[Any]) -> Iterator[str]:
    name = f"αναφορές_{uuid.uuid4().hex[:8]}"
    warehouse.execute(f'create role "{name}" login')
    yield name
    warehouse.execute(f'drop owned by "{name}"')
    warehouse.execute(f'drop role "{name}"')


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / "views" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


def drop_compared_column(folder: Path, column: str) -> None:
    """Takes a column out of a view that another view reads."""
    file = "mart/campaign_comparison.sql"
    change(folder, file, f"\n    {column},\n", "\n")
    path = folder / "views" / file
    text = path.read_text(encoding="utf-8")
    comment = rf"^comment on column mart\.campaign_comparison\.{column} is\s[^;]*(?:;[^\n]+)*;\n"
    without, removed = re.subn(comment, "", text, flags=re.MULTILINE)
    assert removed == 1, column
    path.write_text(without, encoding="utf-8")


def again(warehouse: psycopg.Connection[Any], folder: Path) -> list[str]:
    return upgrade(warehouse.info.dsn + _password(warehouse), *_folders(folder)).migrations


def _password(warehouse: psycopg.Connection[Any]) -> str:
    return f" password={warehouse.info.password}"


def _folders(folder: Path) -> tuple[Path, Path]:
    return folder / "migrations", folder / "views"


def ask(warehouse: psycopg.Connection[Any], query: str, *values: object) -> Any:
    row = warehouse.execute(query, values).fetchone()
    return row[0] if row else None


def oid(warehouse: psycopg.Connection[Any], name: str) -> Any:
    return ask(warehouse, "select to_regclass(%s)::oid", name)


def everything(warehouse: psycopg.Connection[Any]) -> Any:
    """The definitions in the database and what is noted of them."""
    return (
        warehouse.execute(
            "select oid, pg_get_viewdef(oid) from pg_class"
            " where relkind = 'v' and relnamespace > 16000 order by oid"
        ).fetchall(),
        warehouse.execute("select * from migration.applied_definition order by 1").fetchall(),
        warehouse.execute("select * from migration.applied_file order by 1").fetchall(),
    )


def test_nothing_is_touched_while_nothing_changes(warehouse: Any, folder: Path) -> None:
    before = everything(warehouse)
    done = upgrade(warehouse.info.dsn + _password(warehouse), *_folders(folder))
    assert (done.migrations, done.definitions) == ([], 0)
    assert everything(warehouse) == before


def test_a_view_is_replaced_in_place(warehouse: Any, folder: Path) -> None:
    before = oid(warehouse, "mart.unsubscribe_frequency")
    warehouse.execute("create view public.theirs as select mails from mart.unsubscribe_frequency")
    change(
        folder,
        "mart/unsubscribe_frequency.sql",
        "as unsubscribe_rate\n",
        "as unsubscribe_rate,\n 'é' as extra\n",
    )
    assert again(warehouse, folder) == []
    assert ask(warehouse, "select count(extra) from mart.unsubscribe_frequency") == 0
    assert oid(warehouse, "mart.unsubscribe_frequency") == before


def test_the_rights_on_views_that_are_made_again_stay(
    warehouse: Any, folder: Path, role: str, bi_login: str
) -> None:
    grant_reading(warehouse, bi_login)
    warehouse.execute(f'grant select on sync.held_back to "{role}" with grant option')
    warehouse.execute(f'grant select (hour, campaigns) on mart.audience_sending_times to "{role}"')
    warehouse.execute("grant select on mart.audience_sending_times to public")
    before = {name: rights(warehouse, name) for name in ("sync.held_back", SENDING_TIMES[5:])}
    untouched = oid(warehouse, "mart.campaign_performance")
    old = oid(warehouse, "mart.audience_sending_times"), oid(warehouse, "sync.held_back")
    drop_compared_column(folder, "sent_on")
    change(folder, "sync/held_back.sql", "\nselect\n", "\nselect\n'π' as first_column,\n")
    again(warehouse, folder)
    assert ask(warehouse, "select count(*) from pg_attribute where attname = 'first_column'") == 1
    assert oid(warehouse, "mart.audience_sending_times") != old[0]
    assert oid(warehouse, "sync.held_back") != old[1]
    assert oid(warehouse, "mart.campaign_performance") == untouched
    assert {name: rights(warehouse, name) for name in before} == before


def rights(warehouse: Any, name: str) -> Any:
    return warehouse.execute(
        """
        select null as attname, item.* from pg_class, aclexplode(relacl) as item
        where oid = %(name)s::regclass
        union all
        select attname, item.* from pg_attribute, aclexplode(attacl) as item
        where attrelid = %(name)s::regclass
        order by 1, 2, 3, 4, 5
        """,
        {"name": name},
    ).fetchall()


def test_a_right_that_was_taken_away_is_not_given_again(
    warehouse: Any, folder: Path, role: str
) -> None:
    """A role that reads all new views by default, but not this one."""
    warehouse.execute(f'alter default privileges grant select on tables to "{role}"')
    warehouse.execute("revoke execute on function sync.cause_of_removal from public")
    drop_compared_column(folder, "sent_on")
    change(
        folder,
        "sync/functions/cause_of_removal.sql",
        "status_before text\n",
        "status_before text, also text\n",
    )
    again(warehouse, folder)
    assert not ask(
        warehouse, "select has_table_privilege(%s, 'mart.campaign_comparison', 'select')", role
    )
    assert not ask(
        warehouse,
        "select has_function_privilege("
        "%s, 'sync.cause_of_removal(text, text, text, text)', 'execute')",
        role,
    )


def test_the_owner_of_a_view_stays(warehouse: Any, folder: Path, role: str) -> None:
    warehouse.execute(f'grant create, usage on schema mart to "{role}"')
    warehouse.execute(f'alter view mart.audience_sending_times owner to "{role}"')
    before = oid(warehouse, "mart.audience_sending_times")
    change(folder, "mart/audience_sending_times.sql", "as hour,", "::text as hour,")
    again(warehouse, folder)
    assert oid(warehouse, "mart.audience_sending_times") != before
    owner = ask(
        warehouse,
        "select relowner::regrole::text from pg_class"
        " where oid = 'mart.audience_sending_times'::regclass",
    )
    assert owner == f'"{role}"'


def test_a_login_that_only_owns_its_database_is_enough(
    postgres: Any, warehouse: Any, folder: Path, role: str
) -> None:
    name = f"owned_{uuid.uuid4().hex[:8]}"
    dsn = psycopg.conninfo.make_conninfo(postgres.create_database(name), user=name, password="x")
    warehouse.execute(f"create role {name} login password 'x'")
    try:
        warehouse.execute(f"alter database {name} owner to {name}")
        upgrade(dsn, *_folders(folder))
        with psycopg.connect(dsn, autocommit=True) as owner:
            owner.execute(f'grant select on {SENDING_TIMES[5:]} to "{role}" with grant option')
            before = rights(owner, SENDING_TIMES[5:]), oid(owner, SENDING_TIMES[5:])
            change(folder, "mart/audience_sending_times.sql", "as hour,", "::text as hour,")
            assert upgrade(dsn, *_folders(folder)).definitions
            assert rights(owner, SENDING_TIMES[5:]) == before[0]
            assert oid(owner, SENDING_TIMES[5:]) != before[1]
    finally:
        postgres.drop_database(name)
        warehouse.execute(f"drop role {name}")


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            "create view public.theirs as select * from mart.audience_sending_times",
            "view public.theirs",
        ),
        (
            "create materialized view public.theirs as select * from mart.audience_sending_times",
            "materialized view public.theirs",
        ),
        (
            "create function public.theirs() returns setof mart.audience_sending_times"
            " language sql as 'select * from mart.audience_sending_times'",
            "function public.theirs()",
        ),
        (
            "create rule theirs as on insert to mart.audience_sending_times do instead nothing",
            "rule theirs on mart.audience_sending_times",
        ),
    ],
)
@pytest.mark.parametrize("way", ["changed", "below a changed one", "removed"])
def test_what_others_built_on_a_view_stops_the_migration(
    warehouse: Any, folder: Path, statement: str, named: str, way: str
) -> None:
    warehouse.execute(statement)
    before = everything(warehouse)
    if way == "changed":
        change(folder, "mart/audience_sending_times.sql", "as hour,", "::text as hour,")
    elif way == "below a changed one":
        drop_compared_column(folder, "sent_at")
    else:
        (folder / "views/mart/audience_sending_times.sql").unlink()
    (folder / "migrations/9000_more.sql").write_text("create table stats.more (x integer);")
    with pytest.raises(MigrationError) as raised:
        again(warehouse, folder)
    assert f"{SENDING_TIMES} has to be dropped, but others depend on it: {named}" in str(
        raised.value
    )
    assert everything(warehouse) == before
    assert oid(warehouse, "stats.more") is None


def test_a_table_of_others_on_one_of_our_functions_stops_the_migration(
    warehouse: Any, folder: Path
) -> None:
    warehouse.execute("create table public.theirs (x bytea default sync.hmac_pad(54))")
    change(folder, "sync/functions/hmac_pad.sql", "(pad integer)", "(pad bigint)")
    with pytest.raises(
        MigrationError, match=r"hmac_pad has to be .* default value for public\.theirs"
    ):
        again(warehouse, folder)
    warehouse.execute("drop table public.theirs")


def test_a_removed_file_removes_the_object_and_what_is_gone_with_it(
    warehouse: Any, folder: Path
) -> None:
    for file in (
        "mart/audience_sending_times.sql",
        "mart/campaign_comparison.sql",
        "stats/functions/know_list.sql",
        "stats/triggers/campaigns.know_list.sql",
    ):
        (folder / "views" / file).unlink()
    again(warehouse, folder)
    assert oid(warehouse, "mart.audience_sending_times") is None
    assert oid(warehouse, "mart.campaign_comparison") is None
    assert ask(warehouse, "select to_regproc('stats.know_list')") is None
    assert ask(warehouse, "select count(*) from pg_trigger where tgname = 'know_list'") == 0
    assert oid(warehouse, "mart.campaign_performance") is not None
    # And is not missed afterwards: what others make under the name is theirs.
    warehouse.execute("create view mart.campaign_comparison as select 1 as x")
    change(folder, "mart/lists.sql", "id of the audience.'", "id of the audience'")
    again(warehouse, folder)
    assert ask(warehouse, "select x from mart.campaign_comparison") == 1


def test_a_view_of_ours_still_needs_what_was_removed(warehouse: Any, folder: Path) -> None:
    (folder / "views/mart/campaign_comparison.sql").unlink()
    with pytest.raises(MigrationError, match=r"depend on it: view mart\.audience_sending_times"):
        again(warehouse, folder)


def test_a_removed_object_is_dropped_from_a_fresh_warehouse_too(
    postgres: Any, folder: Path
) -> None:
    (folder / "views/mart/audience_sending_times.sql").unlink()
    dsn = postgres.create_database("fresh_without_a_view")
    try:
        upgrade(dsn, *_folders(folder))
        with psycopg.connect(dsn) as connection:
            assert oid(connection, "mart.audience_sending_times") is None
    finally:
        postgres.drop_database("fresh_without_a_view")


def test_a_function_with_other_arguments_replaces_the_old_one(warehouse: Any, folder: Path) -> None:
    change(
        folder,
        "mart/functions/received_at.sql",
        "first_event_at timestamptz\n",
        "first_event_at timestamptz, also text default ''\n",
    )
    before = oid(warehouse, "mart.campaign_recipients")
    again(warehouse, folder)
    arguments = warehouse.execute(
        "select pronargs from pg_proc where proname = 'received_at'"
    ).fetchall()
    assert arguments == [(4,)]
    assert oid(warehouse, "mart.campaign_recipients") != before


def test_an_object_of_others_under_a_new_name_is_not_taken_over(
    warehouse: Any, folder: Path
) -> None:
    warehouse.execute("create view mart.more as select 1 as x")
    (folder / "views/mart/more.sql").write_text(
        "create or replace view mart.more as select 1 as x;"
    )
    with pytest.raises(MigrationError, match=r"view mart\.more exists already and is not one of"):
        again(warehouse, folder)


def test_a_function_of_others_beside_ours_is_not_dropped(warehouse: Any, folder: Path) -> None:
    warehouse.execute(
        "create function sync.cause_of_removal(x integer) returns integer"
        " language sql as 'select x'"
    )
    change(folder, "mart/lists.sql", "id of the audience.'", "id of the audience'")
    with pytest.raises(
        MigrationError, match="cause_of_removal exists with several lists of arguments"
    ):
        again(warehouse, folder)
    assert ask(warehouse, "select sync.cause_of_removal(7)") == 7


def test_a_migration_may_drop_a_view_and_the_rights_on_it_stay(
    warehouse: Any, folder: Path, role: str
) -> None:
    warehouse.execute(f'grant select on sync.membership_explanation to "{role}" with grant option')
    before = rights(warehouse, "sync.membership_explanation")
    (folder / "migrations/9000_wider.sql").write_text(
        "drop view if exists sync.membership_explanation;\n"
        "alter table sync.consent_proof alter column rules_version type varchar(80);\n"
    )
    assert again(warehouse, folder) == ["9000_wider.sql"]
    assert rights(warehouse, "sync.membership_explanation") == before
    kind = ask(
        warehouse,
        "select atttypid::regtype::text from pg_attribute"
        " where attrelid = 'sync.membership_explanation'::regclass and attname = 'rules_version'",
    )
    assert kind == "character varying"


def test_a_view_that_fails_leaves_everything_as_it_was(warehouse: Any, folder: Path) -> None:
    before = everything(warehouse)
    (folder / "migrations/9000_more.sql").write_text("create table stats.more (x integer);")
    change(folder, "stats/latest_report.sql", "snapshot.taken_at desc", "snapshot.nothing desc")
    with pytest.raises(MigrationError, match=r"views/stats/latest_report\.sql failed: column"):
        again(warehouse, folder)
    assert everything(warehouse) == before
    assert oid(warehouse, "stats.more") is None


def test_the_second_record_of_older_versions_goes(warehouse: Any) -> None:
    warehouse.execute("create table migration.alembic_version (version_num text)")
    upgrade(warehouse.info.dsn + _password(warehouse), MIGRATIONS)
    assert oid(warehouse, "migration.alembic_version") is None
