"""The doctor on real servers: nothing to do where all is well, a line for each trouble."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from crm_mailchimp.provider import NewMember
from doctor_world import PASSWORD, Installation, installed
from mailchimp_provider.doctor.dag_files import DAG_IDS
from stats.sandbox_world import SETTINGS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(params=["postgres", "debian_postgres"])
def installation(
    request: pytest.FixtureRequest, mailchimp_sandbox: Any, tmp_path: Path
) -> Iterator[Installation]:
    server = request.getfixturevalue(request.param)
    with installed(server, mailchimp_sandbox, tmp_path) as found:
        found.world.collection("NEWS")
        found.world.collection(
            "ACTIVE", is_static=False,
            query_text="select contact_id from crm.contact where is_active",
        )  # fmt: skip
        for number in range(3):
            found.world.contact(f"p{number}@mail.gr", 1)
        mailchimp_sandbox.control("POST", "domains", {"galaxy.gr": True})
        found.world.sync(["NEWS"], dry_run=True)
        yield found


def preview_of_everything(installation: Installation) -> None:
    """As if the preview had planned the dynamic collection, too."""
    installation.world.warehouse.execute(
        'insert into sync.staged_collection select (jsonb_populate_record(one, \'{"collection_id":'
        ' 2, "collection_code": "ACTIVE"}\')).* from sync.staged_collection as one'
    )
    installation.world.warehouse.execute(
        "insert into sync.collection_run select (jsonb_populate_record(one,"
        ' \'{"collection_code": "ACTIVE"}\')).* from sync.collection_run as one'
    )


def test_a_healthy_installation_and_what_goes_wrong_in_it(installation: Installation) -> None:
    world = installation.world
    preview_of_everything(installation)
    before, requests = installation.counts(), world.write_requests()

    healthy = installation.ask("--json")

    assert healthy.words("to do") == "", healthy.log[-3000:]
    assert healthy.code == 0
    for words in (
        "the login of crm_db reads the contract, and has no right too many",
        "the login of crm_query_db reads the contract, and nothing else",
        "the login of warehouse_db owns the warehouse, and has no right too many",
        "no value of the CRM breaks the contract",
        "collection ACTIVE: the query is admitted; contacts: 3 (rows: 3)",
        "the key is good; the account has 0 audiences",
        "0 contacts of the 50000 that its plan includes",
        "the domain galaxy.gr of the sender of ACTIVE, NEWS is verified",
        "DATA_DOCS_DIR is writable here",
        "Airflow's own database is a server",
        "preview_collections is not paused",
    ):
        assert words in healthy.words("fine")
    for words in (
        "no Airflow works with the warehouse yet",
        "nobody hears of trouble: ALERT_EMAILS, ALERT_WEBHOOK_URL and ALERT_EVENTS_KEY are empty",
        "the next sync would push 3 people (add 3)",
        "sync_collections is paused. Unpausing starts nothing: its next run is at ",
    ):
        assert words in healthy.words("note")
    secrets = (PASSWORD, world.sandbox.key, "@", "Μαρία", "Παπαδοπούλου", "Γαλαξίας")
    assert [one for one in secrets if one in healthy.output] == []

    # The same again, in words.
    again = installation.ask()
    assert again.code == 0
    *lines, counts = again.output.splitlines()
    assert len(lines) == len(healthy.findings)
    assert counts.endswith(", 0 to do")
    assert all(one.keys() == {"subject", "verdict", "words"} for one in healthy.findings)
    for line, one in zip(lines, healthy.findings, strict=True):
        # The same order each time; the next run may have moved on meanwhile.
        assert one["words"].partition(" is at ")[0] in line
    assert (installation.counts(), world.write_requests()) == (before, requests)

    _break(installation)
    before, requests = installation.counts(), world.write_requests()

    sick = installation.ask(
        "--json",
        DATA_DOCS_DIR=str(installation.folder / "gone"),
        WRITE_BACK_MEMBERS="true",
        REMOVAL_GUARD_PERCENT="5%",
        ALERT_EMAILS="data@galaxy.gr",
        MAILCHIMP_CONTACT_LIMIT="mailchimp_films=5,mailchimp_default=1",
    )

    assert sick.code == 1, sick.log[-3000:]
    assert json.loads(sick.output)["ready"] is False
    assert sick.findings[-1]["verdict"] == "to do", "the worst last"
    for words in (
        "the login of crm_db may write crm.contact, and only has to read",
        "the login of crm_db may not call pg_export_snapshot, which each run needs",
        "WRITE_BACK_MEMBERS is true, and the login of crm_db has no right to write: grant select",
        "crm.consent.channel: 1 rows",
        "collection ACTIVE: query_refused",
        "collection NEWS: missing_parameter: Mailchimp requires subject",
        "the domain unknown.gr of the sender of NEWS is not known to Mailchimp",
        "DATA_DOCS_DIR does not exist",
        "alerts by mail reach nobody: connection smtp_default is not defined",
        "REMOVAL_GUARD_PERCENT is '5%'",
        "MAILCHIMP_CONTACT_LIMIT names mailchimp_films",
        "1 contacts, and its plan includes 1 (MAILCHIMP_CONTACT_LIMIT)",
        "makes or finds 3 more audiences. The plan allows 1, and the account has 1: let",
        "connection mailchimp_books is not defined",
        "belongs to another Airflow since",
        "This Airflow gets its id with its first task",
        "nobody has looked at a plan of ",
    ):
        assert words in sick.words("to do"), sick.words("to do")
    assert "the login of warehouse_db owns the warehouse" in sick.words("fine"), "others go on"
    assert (installation.counts(), world.write_requests()) == (before, requests)

    for place, words in (
        ({"password": "0123456789abcdef0123456789abcdef-us2"}, "GET /lists: 401"),
        ({"host": "http://127.0.0.1:9"}, "127.0.0.1"),
    ):
        books = {
            "conn_type": "mailchimp",
            "host": world.sandbox.host,
            "password": world.sandbox.key,
        }
        report = installation.ask(
            "--json", AIRFLOW_CONN_MAILCHIMP_BOOKS=json.dumps({**books, **place})
        )
        of_books = [one for one in report.words("to do").splitlines() if "mailchimp_books" in one]
        assert [one for one in of_books if words in one], report.words("to do")
        assert [one for one in of_books if "not looked at: first correct the connection" in one]
        assert "mailchimp_default: the key is good; the account has 1 audiences" in report.words(
            "fine"
        )


def _break(installation: Installation) -> None:
    world = installation.world
    with psycopg.connect(installation.admin_dsn, autocommit=True) as admin:
        admin.execute(f"grant update on crm.contact to {installation.logins['pipeline']}".encode())
        admin.execute(
            "revoke select on crm.provider_member_status from "
            f"{installation.logins['pipeline']}".encode()
        )
        admin.execute(
            "revoke execute on function pg_export_snapshot() from "
            f"{installation.logins['pipeline']}".encode()
        )
        admin.execute("alter table crm.consent drop constraint consent_channel_check")
        admin.execute("update crm.consent set channel = 'περιστέρι' where consent_id ="
                      " (select min(consent_id) from crm.consent)")  # fmt: skip
    world.crm.execute("update crm.contact_collection set query_text = 'select pg_sleep(1)'"
                      " where code = 'ACTIVE'")  # fmt: skip
    world.crm.execute("update crm.contact_collection set use_provider_defaults = false,"
                      " from_email = 'news@unknown.gr' where code = 'NEWS'")  # fmt: skip
    world.crm.execute("update crm.external_provider set subject = null")
    world.crm.execute("alter table crm.external_provider add column kind text")
    world.crm.execute("insert into crm.external_provider (code, kind, connection_id)"
                      " values ('books', 'mailchimp', 'mailchimp_books')")  # fmt: skip
    world.collection("NEW")
    with world.provider() as provider:
        provider.add_members(
            provider.create_audience(SETTINGS).list_id,
            [NewMember(email_address="xenos@mail.gr", status="subscribed", merge_fields={})],
        )
    world.sandbox.control("POST", "limits", {"max_audiences": 1})
    world.warehouse.execute("insert into sync.deployment (deployment_id) values ('theirs')")


def test_what_cannot_be_opened_is_a_line_and_the_rest_goes_on(installation: Installation) -> None:
    wrong_key = {
        "conn_type": "mailchimp", "password": "wrong-us1", "host": installation.world.sandbox.host,
    }  # fmt: skip
    installation.world.warehouse.execute(
        "delete from migration.applied_file where file_name ="
        " (select max(file_name) from migration.applied_file)"
    )

    report = installation.ask(
        "--json",
        AIRFLOW_CONN_MAILCHIMP_DEFAULT=json.dumps(wrong_key),
        AIRFLOW_CONN_CRM_QUERY_DB=None,
    )

    assert report.code == 1, report.log[-3000:]
    for words in (
        "leads to a warehouse that is older than this code (1 migrations are missing",
        "not looked at: first correct the connection warehouse_db",
        "crm_query_db is not defined, and a collection is dynamic",
        "The login of crm_db cannot run it",
        "not looked at: first correct the connection crm_query_db",
        "GET /lists: 401",
        "not looked at: first correct the connection mailchimp_default",
    ):
        assert words in report.words("to do"), report.words("to do")
    assert "the login of crm_db reads the contract" in report.words("fine")
    assert "wrong-us1" not in report.output

    smtp = {"conn_type": "smtp", "host": "127.0.0.1"}
    for sender, words in ({}, "they have no sender"), ({"from_email": "a@kosmos.gr"}, ""):
        report = installation.ask(
            "--json",
            ALERT_EMAILS="data@kosmos.gr",
            AIRFLOW_CONN_SMTP_DEFAULT=json.dumps({**smtp, "extra": sender}),
        )
        assert (f"alerts by mail reach nobody: {words}" in report.words("to do")) == bool(words)
        assert ("alerts go out by mail (ALERT_EMAILS)" in report.words("fine")) != bool(words)
        assert "kosmos.gr" not in report.output

    superuser = psycopg.conninfo.conninfo_to_dict(installation.admin_dsn)
    powerful = {
        "conn_type": "postgres", "host": superuser["host"], "login": superuser["user"],
        "password": superuser["password"], "port": int(str(superuser["port"])),
        "schema": superuser["dbname"],
    }  # fmt: skip
    report = installation.ask(
        "--json",
        AIRFLOW_CONN_CRM_DB=json.dumps(powerful),
        AIRFLOW_CONN_CRM_QUERY_DB=json.dumps(powerful),
        AIRFLOW_CONN_WAREHOUSE_DB=None,
        AIRFLOW__CORE__DAGS_FOLDER=str(installation.folder),
    )
    assert report.code == 1, report.log[-3000:]
    for words in (
        "the login of crm_db is too powerful (superuser)",
        "crm_query_db has the same login as crm_db",
        "the login of crm_query_db is too powerful (superuser",
        "connection warehouse_db is not defined",
        "no file in core.dags_folder has approve_removals, ",
    ):
        assert words in report.words("to do"), report.words("to do")


def test_wrong_arguments_are_no_finding() -> None:
    from mailchimp_provider.doctor.__main__ import main  # noqa: PLC0415

    with pytest.raises(SystemExit) as ended:
        main(["--yaml"])
    assert ended.value.code == 2


def test_without_airflow_the_doctor_says_that_it_cannot_run(tmp_path: Path) -> None:
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "__init__.py").write_text("raise ImportError('maria@mail.gr')")
    done = subprocess.run(
        [sys.executable, "-m", "mailchimp_provider.doctor"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: the doctor cannot run (ImportError)" in done.stderr
    assert "maria" not in done.stderr


def ask_with_home(home: Path, **variables: str) -> str:
    """What the doctor says to a user with this home, who configured nothing else."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    done = subprocess.run(
        [sys.executable, "-m", "mailchimp_provider.doctor"],
        env={**kept, "HOME": str(home), **variables},
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    return done.stdout


def test_a_user_without_airflow_has_no_home_of_it_afterwards(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    for variables in ({}, {"AIRFLOW_HOME": "~/elsewhere"}):
        words = ask_with_home(home, TMPDIR=str(temporary), **variables)
        assert "connection crm_db is not defined" in words
        assert [*home.iterdir(), *temporary.iterdir()] == [], variables


def test_a_home_of_airflow_is_used_as_it_is(tmp_path: Path) -> None:
    home = tmp_path / "airflow"
    home.mkdir()
    (home / "airflow.cfg").write_text("[core]\ndefault_timezone = Asia/Nicosia\n")
    assert "schedules are in the time zone Asia/Nicosia" in ask_with_home(tmp_path)
    logs = home / "logs"
    assert logs.is_dir(), "as Airflow itself makes it"


def test_the_doctor_knows_every_dag() -> None:
    files = (Path(__file__).parents[2] / "dags").glob("*.py")
    assert set(DAG_IDS) == {file.stem for file in files}
