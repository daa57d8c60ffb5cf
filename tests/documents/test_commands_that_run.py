"""The commands of our documents, run against databases and a sandbox as a reader has them.

``test_commands`` looks at the arguments of all commands. This test runs those that need no more
than a CRM, a warehouse and the sandbox, on both servers. A few ask for a state that a healthy
installation does not have: they have to say so in one line.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

import crm_mailchimp.crm.__main__ as crm
import crm_mailchimp.quality.__main__ as quality
import crm_mailchimp.sync.__main__ as sync
import crm_mailchimp.warehouse.__main__ as warehouse
from crm_mailchimp.crm.schema import create_contract
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from documents.code_in_documents import Code, all_blocks, all_spans
from documents.shell_commands import OWN_VALUE, Command, commands
from fresh_databases import fresh_databases
from stats.sandbox_world import make_audience
from sync_world import World

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("documents")]
ROOT = Path(__file__).parents[2]
MAINS: dict[str, Callable[[Sequence[str] | None], int]] = {
    "crm_mailchimp.crm": crm.main,
    "crm_mailchimp.warehouse": warehouse.main,
    "crm_mailchimp.sync": sync.main,
    "crm_mailchimp.quality": quality.main,
}
#: Commands that a healthy installation has no use for, and what they say then.
REFUSALS = {
    "same-collection": "No collection waits for a decision",
    "new-collection": "No collection waits for a decision",
    "defaults": "nothing was read yet",
    "take-over": "no audience",
    "close-account": "no audience is known",
}
#: They need programs of the server's version. tests/warehouse/test_backup.py runs them.
RUN_ELSEWHERE = ("backup", "restore")
#: These change what others read, so they come last. No sync knows an account any more after them.
LAST = ("retire", "rename-account", "close-account")


@dataclass(frozen=True)
class Installation:
    """Values in place of the reader's own."""

    world: World
    empty_crm_dsn: str
    query_dsn: str
    logins: dict[str, str]
    run_id: str


@pytest.fixture(params=["postgres", "debian_postgres"])
def installation(
    request: pytest.FixtureRequest,
    mailchimp_sandbox: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Installation]:
    server = request.getfixturevalue(request.param)
    logins = {name: f"{name}_{uuid.uuid4().hex[:8]}" for name in ("crm_query", "bi")}
    with fresh_databases(server) as (crm_dsn, warehouse_dsn):
        world = World(crm_dsn, warehouse_dsn, mailchimp_sandbox)
        news = world.collection("NEWSLETTER")
        for code in queried_collections():
            world.collection(code, is_static=False, query_text="select contact_id from contact")
        world.contact("maria@mail.gr", news, contact_id=4711)
        world.contact("maria", news, contact_id=4712)
        assert world.sync(["NEWSLETTER"])["NEWSLETTER"].counts["added"] == 1
        (row,) = world.warehouse.execute("select run_id from sync.collection_run").fetchall()
        with psycopg.connect(warehouse_dsn, autocommit=True) as admin:
            admin.execute(f"create role {logins['bi']} login".encode())
        monkeypatch.setenv("CRM_QUERY_PASSWORD", "κωδικός")
        monkeypatch.chdir(tmp_path)
        Path("query.sql").write_text("select contact_id from contact", encoding="utf-8")
        database = conninfo_to_dict(crm_dsn)["dbname"]
        empty_name = f"crm_{uuid.uuid4().hex[:12]}"
        empty_dsn = server.create_database(empty_name)
        with psycopg.connect(empty_dsn) as admin:
            create_contract(admin)
        query_dsn = server.dsn(database, user=logins["crm_query"], password="κωδικός")
        yield Installation(world, empty_dsn, query_dsn, logins, row["run_id"])
        world.close()
        server.drop_database(empty_name)
        drop_logins(logins.values(), crm_dsn, warehouse_dsn)


def drop_logins(names: Iterable[str], *databases: str) -> None:
    """Logins belong to the server, so they do not go with their databases."""
    for database in databases:
        with psycopg.connect(database, autocommit=True) as admin:
            for name in names:
                if admin.execute("select 1 from pg_roles where rolname = %s", (name,)).fetchone():
                    admin.execute(f"drop owned by {name}".encode())
    with psycopg.connect(databases[0], autocommit=True) as admin:
        for name in names:
            admin.execute(f"drop role if exists {name}".encode())


def is_to_be_run(command: Command) -> bool:
    """A command of ours with a DSN; a sentence may name one without it."""
    words = command.words
    is_ours = len(words) > 3 and words[1] == "-m" and words[2] in MAINS
    return is_ours and "--dsn" in words and words[3] not in RUN_ELSEWHERE


def order(found: tuple[Code, Command]) -> int:
    """The login for queries before the queries, and what takes something away last."""
    action = found[1].words[3]
    return LAST.index(action) + 1 if action in LAST else -(action == "create")


def to_run() -> list[tuple[Code, Command]]:
    found = [
        (code, command)
        for code in [*all_blocks(), *all_spans()]
        if code.language in {"sh", None} and "python -m" in code.text
        for command in commands(code.text)
        if is_to_be_run(command)
    ]
    return sorted(found, key=order)


def queried_collections() -> set[str]:
    """Codes of dynamic collections that our documents try."""
    found = [command.words for _, command in to_run() if command.words[3] == "try-query"]
    return {words[words.index("--collection") + 1] for words in found if "--collection" in words}


def arguments(command: Command, here: Installation) -> list[str]:
    """A command's arguments with the installation's values in place of the reader's."""
    words = list(command.words[3:])
    is_of_crm = command.words[2] == "crm_mailchimp.crm"
    dsn = here.world.crm_dsn if is_of_crm else here.world.warehouse_dsn
    # Sample data goes into an empty CRM, and queries have a login of their own.
    special = {"sample": here.empty_crm_dsn, "try-query": here.query_dsn}
    own = {
        "--dsn": special.get(words[0], dsn),
        "--run": here.run_id,
        "--contacts": "20",
    }
    for i, word in enumerate(words[:-1]):
        if word in own:
            words[i + 1] = own[word]
        elif word in {"--query-login", "--login"}:
            # Only a BI login may have a name of the reader's own.
            named = "bi" if OWN_VALUE in words[i + 1] else words[i + 1]
            words[i + 1] = here.logins[named]
    assert not [word for word in words if OWN_VALUE in word], words
    return words


def test_our_commands_run(
    installation: Installation,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: set[str] = set()
    for code, command in to_run():
        words = arguments(command, installation)
        if command.reads:
            monkeypatch.setattr("sys.stdin", io.StringIO(Path(command.reads).read_text("utf-8")))
        end = MAINS[command.words[2]](words)
        output = capsys.readouterr()
        ran.add(words[0])
        if words[0] in REFUSALS:
            assert (end, output.err.count("\n")) == (1, 1), f"{code}: {output}"
            assert REFUSALS[words[0]] in output.err
        else:
            assert end == 0, f"{code}: {words}: {output.err}"
            assert output.out or Path("plan.csv").exists()
    assert {"create", "sample", "migrate", "grant-bi", "dictionary", "explain", "access"} <= ran
    assert {"plan", "export", "retire", "rename-account", "try-query", *REFUSALS} <= ran
    assert "4711" in Path("plan.csv").read_text(encoding="utf-8")
    assert "4712" in Path("quarantine.csv").read_text(encoding="utf-8")
    run_the_example_analysis(installation.world.warehouse_dsn)


def run_the_example_analysis(dsn: str) -> None:
    assert any("docs/example_analysis.py" in code.text for code in all_spans())
    done = subprocess.run(
        [sys.executable, ROOT / "docs/example_analysis.py", "--dsn", dsn],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_requests_to_the_sandbox_are_answered(mailchimp_sandbox: Any) -> None:
    base = mailchimp_sandbox.host
    lists = _request(f"{base}/3.0/lists", "POST", mailchimp_sandbox.key, {
        "name": "Νέα", "permission_reminder": "Γραφτήκατε.", "email_type_option": False,
        "contact": {"company": "Α", "address1": "Β", "city": "Γ", "state": "Γ", "zip": "1",
                    "country": "GR"},
        "campaign_defaults": {"from_name": "Α", "from_email": "a@galaxy.gr", "subject": "Σ",
                              "language": "el"},
    })  # fmt: skip
    campaign = _request(f"{base}/3.0/campaigns", "POST", mailchimp_sandbox.key, {
        "type": "regular", "recipients": {"list_id": lists["id"]},
    })  # fmt: skip
    curls = [
        command
        for code in all_blocks()
        if code.language == "sh"
        for command in commands(code.text)
        if command.program == "curl"
    ]
    assert len(curls) >= 2
    answers = [_send(command, base, campaign["id"]) for command in curls]
    assert [one["id"] for one in answers[0]["campaigns"]] == [campaign["id"]]
    assert "Καλημέρα" in answers[1]["html"]


def _send(command: Command, base: str, campaign_id: str) -> Any:
    words = list(command.words)
    (address,) = (word for word in words if word.startswith("http"))
    address = re.sub(r"^http://[^/]+", base, address).replace("CAMPAIGN_ID", campaign_id)
    body = json.loads(words[words.index("--json") + 1]) if "--json" in words else None
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    return _request(address, method, words[words.index("-u") + 1].partition(":")[2], body)


def _request(address: str, method: str, key: str, body: Any) -> Any:
    request = urllib.request.Request(
        address,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": "Basic " + b64encode(f"any:{key}".encode()).decode(),
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_the_hook_of_the_example_reaches_the_account(mailchimp_sandbox: Any) -> None:
    (code,) = [code for code in all_blocks() if "MailchimpHook" in code.text]
    client = MailchimpClient(mailchimp_sandbox.key, host=mailchimp_sandbox.host)
    with Mailchimp(client) as provider:
        list_id, _ = make_audience(provider, 2)
    assert '"a1b2c3"' in code.text
    connection = {
        "conn_type": "mailchimp",
        "host": mailchimp_sandbox.host,
        "password": mailchimp_sandbox.key,
    }
    done = subprocess.run(
        [sys.executable, "-c", code.text.replace("a1b2c3", list_id)],
        capture_output=True, text=True, check=False,
        env={**os.environ, "AIRFLOW_CONN_MAILCHIMP_DEFAULT": json.dumps(connection)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"{list_id} 2" in done.stdout.splitlines()
