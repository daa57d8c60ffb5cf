"""After a full run: no key, address or name anywhere but in the tables meant for them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from crm_mailchimp.address import parse_address, subscriber_hash
from end_to_end.planted import ADDRESSES, MARKER_NAME, MARKER_SURNAME, MARKER_WORD

if TYPE_CHECKING:
    from end_to_end.conftest import World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow"), pytest.mark.timeout(900)]

# Tables of the warehouse that are meant to hold people's data.
MEANT_FOR_PEOPLE = ("staging", "sync", "stats", "mart")


@pytest.fixture(scope="module")
def forbidden(world: World) -> dict[str, bytes]:
    """What must not be found, under a name that a failing test may print."""
    secrets = world.installation.secrets()
    keys = [parse_address(address).key for address in ADDRESSES.values()]
    return {
        "the API key": secrets.mailchimp_key.encode(),
        "the API key as it travels": b64encode(f"key:{secrets.mailchimp_key}".encode()),
        "the password of the query login": secrets.crm_query_password.encode(),
        "a first name": MARKER_NAME.encode(),
        "a last name": MARKER_SURNAME.encode(),
        "an address or company": MARKER_WORD.encode(),
        "an address that Mailchimp refused": b"joe@example.com",
        **{
            f"subscriber hash {number}": subscriber_hash(key).encode()
            for number, key in enumerate(keys)
            if key
        },
    }


def escaped(needle: bytes) -> list[bytes]:
    """The same text as JSON and Python write it: with ``\\u`` escapes, and in other cases."""
    text = needle.decode()
    forms = {text, text.lower(), text.upper(), text.encode("unicode_escape").decode()}
    return [form.encode() for form in forms]


def found_in(data: bytes, forbidden: dict[str, bytes]) -> list[str]:
    return [
        name for name, needle in forbidden.items() if any(form in data for form in escaped(needle))
    ]


def files(world: World) -> Iterator[Path]:
    """All files of the installation but the databases, the sandbox's memory and the secrets."""
    installation = world.installation
    for path in sorted(installation.home.rglob("*")):
        kept_apart = (
            installation.postgres_data in path.parents
            or path.name.startswith(installation.sandbox_state.name)
            or path == installation.home / "secrets.json"
            or path.name == "postgres.password"
        )
        if path.is_file() and not kept_apart:
            yield path


def test_the_search_would_find_it(world: World, forbidden: dict[str, bytes]) -> None:
    with psycopg.connect(world.services.crm) as crm:
        rows = crm.execute(
            "select string_agg(contact::text, '') from crm.contact as contact "
            "where contact_id > 900000"
        ).fetchone()
    assert rows
    found = found_in(rows[0].encode(), forbidden)
    assert {"a first name", "a last name", "an address or company"} <= set(found)
    quoted = f'"{MARKER_NAME}"'.encode("unicode_escape")
    assert found_in(quoted, forbidden) == ["a first name"]


def test_files_hold_none_of_it(world: World, forbidden: dict[str, bytes]) -> None:
    looked_at = list(files(world))
    names = {path.suffix for path in looked_at}
    assert len(looked_at) > 30
    assert {".log", ".html"} <= names, "task logs or Data Docs are missing: nothing was searched"
    bad = {
        str(path.relative_to(world.installation.home)): found
        for path in looked_at
        if (found := found_in(path.read_bytes(), forbidden))
    }
    assert bad == {}


def test_airflows_database_holds_none_of_it(world: World, forbidden: dict[str, bytes]) -> None:
    """Every column of every table: XCom, rendered fields, exceptions, events, connections."""
    with psycopg.connect(world.services.airflow) as airflow:
        tables = airflow.execute(
            "select relname from pg_class where relkind = 'r' and relnamespace = "
            "'public'::regnamespace"
        ).fetchall()
        assert {"xcom", "rendered_task_instance_fields", "log", "task_instance"} <= {
            name for (name,) in tables
        }
        bad: dict[str, set[str]] = {}
        rows = 0
        for (name,) in tables:
            query = sql.SQL("select row::text from {} as row").format(sql.Identifier(name))
            for (text,) in airflow.execute(query):
                rows += 1
                if found := found_in(text.encode(), forbidden):
                    bad.setdefault(name, set()).update(found)
    assert rows > 100
    assert bad == {}


def test_addresses_and_names_stay_in_the_staging(world: World, forbidden: dict[str, bytes]) -> None:
    """``sync``, ``stats`` and ``mart`` know members by hash; Mailchimp's own words may quote."""
    people = {name: needle for name, needle in forbidden.items() if not name.startswith("subscr")}
    with psycopg.connect(world.services.warehouse) as warehouse:
        tables = warehouse.execute(
            "select schemaname, tablename from pg_tables where schemaname = any(%s)",
            [[schema for schema in MEANT_FOR_PEOPLE if schema != "staging"]],
        ).fetchall()
        assert len(tables) > 10
        bad: dict[str, list[str]] = {}
        for schema, name in tables:
            if (schema, name) in (("sync", "rejection"), ("sync", "quarantine")):
                continue
            query = sql.SQL("select string_agg(row::text, '') from {} as row").format(
                sql.Identifier(schema, name)
            )
            row = warehouse.execute(query).fetchone()
            if row and row[0] and (found := found_in(row[0].encode(), people)):
                bad[f"{schema}.{name}"] = found
    assert bad == {}
