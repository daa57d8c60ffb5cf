"""The sample CRM: the same for the same seed, and as broken as announced."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import psycopg
import pytest
from psycopg import sql

from crm_mailchimp.crm.__main__ import main
from crm_mailchimp.crm.sample import SampleError, create_sample
from crm_mailchimp.crm.schema import contract_columns, create_contract
from local_installation import postgres as embedded
from oracle import address_key

CONTACTS = 3000


def _fingerprint(connection: psycopg.Connection) -> str:
    digest = hashlib.sha256()
    for table in contract_columns():
        rows = connection.execute(
            sql.SQL("select {0}::text from {1} order by 1").format(
                sql.Identifier(table), sql.Identifier("crm", table)
            )
        )
        for (row,) in rows:
            digest.update(row.encode() + b"\n")
    return digest.hexdigest()


def _fill(dsn: str, contacts: int, seed: int) -> str:
    with psycopg.connect(dsn, autocommit=True) as connection:
        create_sample(connection, contacts=contacts, seed=seed)
        return _fingerprint(connection)


def _empty(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(
            sql.SQL("truncate {} cascade").format(
                sql.SQL(", ").join(sql.Identifier("crm", table) for table in contract_columns())
            )
        )


def test_same_seed_same_rows(crm_db: str) -> None:
    first = _fill(crm_db, 200, 5)
    _empty(crm_db)
    # Neither the machine's clock zone nor a locale without Greek may show.
    with psycopg.connect(crm_db, autocommit=True) as connection:
        connection.execute("set timezone = 'Pacific/Auckland'")
        connection.execute("set datestyle = 'SQL, DMY'")
        create_sample(connection, contacts=200, seed=5)
        connection.execute("reset timezone")
        connection.execute("reset datestyle")
        assert _fingerprint(connection) == first
    _empty(crm_db)
    assert _fill(crm_db, 200, 6) != first


def test_rows_of_version_one_stay(crm_db: str) -> None:
    """A change here changes what demos and reports showed: make it knowingly."""
    _fill(crm_db, 20, 1)
    with psycopg.connect(crm_db) as connection:
        emails = connection.execute(
            "select string_agg(email, ' ' order by contact_id) from crm.contact "
            "where contact_id < 4"
        ).fetchone()
    assert emails == (
        "vasiliki.rigas.1@example.org penelope.dimopoulos.2@example.org "
        "katerina.efthymiou.3@example.com",
    )


def test_a_filled_contract_is_refused_and_untouched(crm_db: str) -> None:
    with psycopg.connect(crm_db, autocommit=True) as connection:
        connection.execute("insert into crm.resource values (77, 'Άννα', null)")
        before = _fingerprint(connection)
        with pytest.raises(SampleError, match=r"holds rows already \(resource\)"):
            create_sample(connection, contacts=10, seed=1)
        assert _fingerprint(connection) == before


@pytest.mark.parametrize("contacts", [0, -1, 10**9])
def test_impossible_sizes(crm_db: str, contacts: int) -> None:
    with psycopg.connect(crm_db) as connection, pytest.raises(SampleError, match="--contacts"):
        create_sample(connection, contacts=contacts, seed=1)


def test_one_contact_is_enough(crm_db: str) -> None:
    _fill(crm_db, 1, -(2**31))


def test_a_failure_leaves_nothing_behind(crm_db: str) -> None:
    with psycopg.connect(crm_db, autocommit=True) as connection:
        connection.execute(
            "alter table crm.campaign add constraint never check (campaign_id < 0) not valid"
        )
        with pytest.raises(psycopg.errors.CheckViolation):
            create_sample(connection, contacts=50, seed=1)
        assert connection.execute("select count(*) from crm.contact").fetchone() == (0,)
        indexes = connection.execute(
            "select count(*) from pg_indexes where indexname = 'consent_deciding'"
        ).fetchone()
        assert indexes == (1,)


def test_every_defect_is_there(crm_db: str) -> None:
    with psycopg.connect(crm_db, autocommit=True) as connection:
        create_sample(connection, contacts=CONTACTS, seed=1)
        emails = dict(connection.execute("select contact_id, email from crm.contact").fetchall())
        defects = connection.execute(
            """
            select
                count(*) filter (where email is null),
                count(*) filter (where email ~ '^ *$'),
                count(*) filter (where email ~ '^\\s+\\S'),
                count(*) filter (where not is_active),
                count(*) filter (where erasure_requested_at is not null),
                count(*) filter (where merged_into_id is not null),
                count(*) filter (where length(first_name) > 255),
                count(*) filter (where first_name ~ '[Α-Ωα-ω]'),
                count(*) filter (where first_name ~ '^[A-Z]'),
                count(*) filter (where language is null)
            from crm.contact
            """
        ).fetchone()
        consents = connection.execute(
            """
            select
                count(*) filter (where not granted),
                count(*) filter (where expires_at < '2026-01-01' and granted),
                count(*) filter (where expires_at > '2089-01-01'),
                count(*) filter (where effective_at > '2089-01-01' and granted),
                count(*) filter (where effective_at > '2089-01-01' and not granted),
                count(*) filter (where channel <> 'email')
            from crm.consent
            """
        ).fetchone()
        ties = connection.execute(
            "select count(*) from (select from crm.consent where channel = 'email' "
            "group by contact_id, gdpr_category, effective_at having count(*) > 1) as tie"
        ).fetchone()
        between = connection.execute(
            "select count(*) from crm.consent "
            "where effective_at between '2026-01-01' and '2089-12-31' "
            "or expires_at between '2026-01-01' and '2089-12-31' "
            "or recorded_at > '2026-01-01'"
        ).fetchone()
        types = connection.execute(
            "select count(distinct data_type) from crm.contact_field"
        ).fetchone()
        categories = connection.execute(
            "select count(distinct gdpr_category) from crm.contact_collection as collection "
            "inner join crm.campaign_type as campaign_type on campaign_type.code = campaign_type"
        ).fetchone()
    assert defects
    assert consents
    assert all(count > 0 for count in defects), defects
    assert all(count > 0 for count in consents), consents
    assert ties and ties[0] > 20
    assert between == (0,), "the sample must mean the same on any day of use"
    assert types == (7,)
    assert categories == (3,)
    keys: dict[str, list[str]] = {}
    malformed = 0
    for email in emails.values():
        key = address_key(email)
        if key is None:
            malformed += bool((email or "").strip())
        else:
            keys.setdefault(key, []).append(email)
    shared = [spellings for spellings in keys.values() if len(spellings) > 1]
    assert malformed > CONTACTS // 100
    assert len(shared) > CONTACTS // 50
    assert any(len(set(spellings)) > 1 for spellings in shared)
    international = [
        spellings for key, spellings in keys.items() if ".xn--" in key or "@xn--" in key
    ]
    assert any(len({spelling.isascii() for spelling in group}) == 2 for group in international)


def test_the_command(crm_db: str) -> None:
    command = [sys.executable, "-m", "crm_mailchimp.crm", "sample", "--dsn", crm_db]
    command += ["--contacts", "40", "--seed", "3"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "40 contact\n" in done.stdout
    again = subprocess.run(command, check=False, capture_output=True, text=True)
    assert again.returncode == 1
    assert again.stderr.startswith("error: the contract holds rows already (external_provider, ")
    assert again.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ("select", ("no table external_provider", "crm_mailchimp.crm create", "database unready")),
        ("create schema crm", ("no table external_provider", "crm_mailchimp.crm create")),
        (
            "alter table crm.contact rename to person; "
            "create view crm.contact as select * from crm.person",
            ("has views (contact)", "an empty database"),
        ),
        ("drop table crm.collection_member", ("no table collection_member", "--dsn")),
    ],
)
def test_a_database_that_is_not_ready_is_named(
    postgres: embedded.Server, made: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    dsn = postgres.create_database("unready")
    try:
        with psycopg.connect(dsn) as connection:
            if "create schema" not in made and made != "select":
                create_contract(connection)
            connection.execute(made)
        assert main(["sample", "--dsn", dsn, "--contacts", "10"]) == 1
        error = capsys.readouterr().err
        for part in words:
            assert part in error
    finally:
        postgres.drop_database("unready")
