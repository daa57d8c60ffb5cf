"""Trying a query before anybody saves it: verdict, plan, contacts, time, and no personal data."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from crm_mailchimp.crm.__main__ import main
from crm_mailchimp.crm.query_login import create_query_login
from crm_mailchimp.crm.sample import create_sample
from crm_mailchimp.crm.schema import create_contract
from local_installation.postgres import Server

NAME = "try_query"


@dataclass(frozen=True)
class Crm:
    admin_dsn: str
    login_dsn: str


@pytest.fixture(scope="module")
def crm(postgres: Server) -> Iterator[Crm]:
    dsn = postgres.create_database(NAME)
    with psycopg.connect(dsn) as admin:
        create_contract(admin)
        create_sample(admin, contacts=300, seed=7)
        admin.commit()
        create_query_login(admin, NAME, "κωδικός")
    yield Crm(dsn, postgres.dsn(NAME, user=NAME, password="κωδικός"))
    postgres.drop_database(NAME)
    with psycopg.connect(postgres.dsn(), autocommit=True) as admin:
        admin.execute(f"drop role {NAME}")


@dataclass(frozen=True)
class Tried:
    code: int
    out: str
    err: str


@pytest.fixture
def trial(
    crm: Crm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[object]:
    def tried(text: str, *more: str, dsn: str = crm.login_dsn) -> Tried:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        source = () if "--collection" in more else ("--file", "-")
        code = main(["try-query", "--dsn", dsn, *source, *more])
        captured = capsys.readouterr()
        return Tried(code, captured.out, captured.err)

    yield tried


def test_a_good_query_shows_its_verdict_plan_contacts_and_time(crm: Crm, trial: object) -> None:
    text = (
        "-- Οι Αθηναίοι\nselect c.contact_id from contact as c join consent as k"
        " on k.contact_id = c.contact_id where c.city = 'Αθήνα'"
    )
    tried = trial(text)  # type: ignore[operator]
    with psycopg.connect(crm.admin_dsn) as admin:
        counted = admin.execute(
            "select count(distinct c.contact_id), count(*) from crm.contact as c"
            " join crm.consent as k using (contact_id) where c.city = 'Αθήνα'"
        ).fetchone()
    assert counted
    assert (tried.code, tried.err) == (0, "")
    lines = tried.out.splitlines()
    assert lines[0] == "verdict: admitted"
    assert f"contacts: {counted[0]} (rows: {counted[1]})" in lines
    assert re.fullmatch(r"time: [0-9.]+ s", lines[-1])
    assert "cost=" in tried.out
    assert "plan:" not in trial(text, "--no-plan").out  # type: ignore[operator]


def test_a_saved_query_and_a_file_are_tried(crm: Crm, trial: object, tmp_path: Path) -> None:
    assert "verdict: admitted" in trial("", "--collection", "OFFERS_ATHENS").out  # type: ignore[operator]
    broken = trial("", "--collection", "BROKEN_QUERY")  # type: ignore[operator]
    assert broken.code == 1
    assert broken.err.startswith("error: query_failed: UndefinedColumn (42703)")
    file = tmp_path / "ερώτημα.sql"
    file.write_text("select contact_id from contact limit 3", encoding="utf-8")
    assert main(["try-query", "--dsn", crm.login_dsn, "--file", str(file)]) == 0
    # Windows begins a file in UTF-8 with a byte order mark.
    file.write_text("select contact_id from contact limit 3", encoding="utf-8-sig")
    assert main(["try-query", "--dsn", crm.login_dsn, "--file", str(file)]) == 0
    assert trial("\ufeffselect contact_id from contact limit 3").code == 0  # type: ignore[operator]
    for unknown in ("NOWHERE", "NEWSLETTER"):
        assert "no dynamic collection" in trial("", "--collection", unknown).err  # type: ignore[operator]
    for path in (tmp_path / "gone.sql", tmp_path):
        assert main(["try-query", "--dsn", crm.login_dsn, "--file", str(path)]) == 1


REFUSED = {
    "delete from contact": "error: query_refused: only a SELECT is allowed",
    "select contact_id from contact where random() < 0.5": "contact_id % 10",
    "select city from contact": "error: query_refused: it must yield a column contact_id",
    "select contact_id from contact where kitty = 'x'": "error: query_failed: UndefinedColumn",
    "select contact_id from contact where email::int = 1": "error: query_failed: InvalidText",
    "": "error: query_refused: the query text is empty",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_a_run_refuses_ends_with_one(trial: object, text: str) -> None:
    tried = trial(text)  # type: ignore[operator]
    assert tried.code == 1
    assert REFUSED[text] in tried.err
    assert tried.err.count("\n") == 1
    assert "@" not in tried.err


def test_a_slow_query_ends_after_its_time(trial: object) -> None:
    slow = (
        "select a.contact_id from contact a, contact b, contact c, contact d "
        "where a.city || b.city || c.city || d.city = ''"
    )
    tried = trial(slow, "--seconds", "0.5")  # type: ignore[operator]
    assert tried.code == 1
    assert "error: query_failed: it ran longer than 0.5 s" in tried.err


def test_a_login_that_may_write_is_refused(crm: Crm, trial: object) -> None:
    tried = trial("select contact_id from contact", dsn=crm.admin_dsn)  # type: ignore[operator]
    assert tried.code == 1
    assert "may do more than read" in tried.err


def test_no_values_are_shown(crm: Crm, trial: object) -> None:
    with psycopg.connect(crm.admin_dsn) as admin:
        person = admin.execute(
            "select email, last_name, phone from crm.contact where email is not null"
            " and phone is not null and last_name is not null limit 1"
        ).fetchone()
    assert person
    email, name, phone = person
    text = (
        f"select contact_id from contact where email = '{email}' or last_name = '{name}''s'"
        f" or phone like '%{phone}%' or city in ('{name}', 'Αθήνα') or contact_id > 123456"
    )
    tried = trial(text)  # type: ignore[operator]
    assert tried.code == 0
    for value in (email, name, phone, "Αθήνα", "123456"):
        assert value not in tried.out


@pytest.mark.parametrize("made", ["select", "create schema crm; create sequence crm.contact"])
@pytest.mark.parametrize("source", [["--collection", "ΝΕΑ"], ["--file", "-"]])
def test_a_database_without_the_contract_is_named(
    postgres: Server, made: str, source: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    dsn = postgres.create_database("no_contract")
    try:
        with psycopg.connect(dsn) as connection:
            connection.execute(made)
        assert main(["try-query", "--dsn", dsn, *source]) == 1
        error = capsys.readouterr().err
        for part in ("database no_contract", "schema crm", "crm_mailchimp.crm create"):
            assert part in error
    finally:
        postgres.drop_database("no_contract")
