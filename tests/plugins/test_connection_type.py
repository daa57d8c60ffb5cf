"""The provider in a real Airflow: registration, the form in the UI, the Test button, the hook."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import crm_mailchimp.mailchimp
import mailchimp_provider
from sync_world import World

PLUGINS = Path(mailchimp_provider.__file__).parents[1]
#: Looks like a real one, so that its absence from all output means something.
SECRET = "0123456789abcdef0123456789abcdef"

#: Begins the line that holds a process's answer, among Airflow's own log lines.
ANSWER = "answer:"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def airflow(tmp_path: Path) -> Run:
    """Runs Python code in a process of its own with an empty Airflow home."""

    def run(code: str, **connections: Any) -> subprocess.CompletedProcess[str]:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")
        }
        environment |= {
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(PLUGINS),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
        }
        for name, value in connections.items():
            written = value if isinstance(value, str) else json.dumps(value)
            environment[f"AIRFLOW_CONN_{name.upper()}"] = written
        return subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def printed(done: subprocess.CompletedProcess[str]) -> Any:
    """The JSON value on the line of the output that begins with it."""
    assert done.returncode == 0, done.stderr[-3000:]
    (line,) = [line for line in done.stdout.splitlines() if line.startswith(ANSWER)]
    return json.loads(line.removeprefix(ANSWER))


def test_airflow_knows_the_type_and_its_form(airflow: Run) -> None:
    code = """
import json
from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
from airflow.providers_manager import ProvidersManager

hook = ProvidersManager().hooks["mailchimp"]
form = next(
    meta for meta in HookMetaService.hook_meta_data() if meta.connection_type == "mailchimp"
)
print("answer:" + json.dumps([hook._asdict(), form.model_dump(mode="json")]))
"""
    hook, form = printed(airflow(code))
    assert hook["hook_class_name"] == "mailchimp_provider.hooks.mailchimp.MailchimpHook"
    assert hook["connection_id_attribute_name"] == "mailchimp_conn_id"
    assert hook["hook_name"] == form["hook_name"] == "Mailchimp"
    assert hook["connection_testable"]
    standard = form["standard_fields"]
    assert standard["password"]["title"] == "API key"
    assert not standard["host"]["hidden"]
    assert all(standard[name]["hidden"] for name in ("login", "port", "url_schema"))
    assert form["extra_fields"]["timeout"]["schema"]["type"] == ["integer", "null"]
    assert set(form["extra_fields"]) == {"timeout", "retry_deadline"}


def test_no_module_of_the_provider_is_taken_for_a_plugin(airflow: Run) -> None:
    code = """
import json, sys
from airflow import plugins_manager

plugins_manager.ensure_plugins_loaded()
# The loader names a module after its bare file.
bare = [name for name in ("hooks", "mailchimp") if name in sys.modules]
print("answer:" + json.dumps([bare, plugins_manager.get_import_errors()]))
"""
    assert printed(airflow(code)) == [[], {}]


TEST_BUTTON = """
import json
from airflow.models.connection import Connection

tested = {}
for name in NAMES:
    tested[name] = Connection.get_connection_from_secrets(name).test_connection()
print("answer:" + json.dumps(tested))
"""


def test_the_test_button(airflow: Run, mailchimp_sandbox: Any) -> None:
    host, key = mailchimp_sandbox.host, mailchimp_sandbox.key
    port = int(host.rpartition(":")[2])
    extra = {"timeout": 20, "retry_deadline": 5}
    connections: dict[str, Any] = {
        "form": {"conn_type": "mailchimp", "password": key, "host": host},
        "form_extra": {"conn_type": "mailchimp", "password": key, "host": host, "extra": extra},
        "with_path": {"conn_type": "mailchimp", "password": f" {key} ", "host": f"{host}/3.0"},
        "uri": f"mailchimp://:{key}@127.0.0.1:{port}",
        "no_key": {"conn_type": "mailchimp", "host": host},
        "no_data_centre": {"conn_type": "mailchimp", "password": SECRET},
        "wrong_key": {"conn_type": "mailchimp", "password": f"{SECRET}-us21", "host": host},
        "unreachable": {"conn_type": "mailchimp", "password": key, "host": "http://127.0.0.1:9"},
        "bad_host": {"conn_type": "mailchimp", "password": key, "host": "ftp://127.0.0.1"},
        "bad_extra": {
            "conn_type": "mailchimp",
            "password": key,
            "host": host,
            "extra": {"timeout": "soon"},
        },
    }
    done = airflow(f"NAMES = {list(connections)!r}\n{TEST_BUTTON}", **connections)
    found = printed(done)
    for name in ("form", "form_extra", "with_path", "uri"):
        good, message = found.pop(name)
        assert good, message
        assert "Connected to the Mailchimp account" in message
    words = {
        "no_key": ("No Mailchimp API key", "Enter the API key as the password"),
        "no_data_centre": ("data centre", "Copy the key again"),
        "wrong_key": ("401", "Check the API key"),
        "unreachable": ("cannot be reached", "Check the host"),
        "bad_host": ("The host ftp://127.0.0.1 is no address", "Correct the host"),
        "bad_extra": ("timeout in its extra", "Write a number"),
    }
    assert set(found) == set(words)
    for name, expected in words.items():
        good, message = found[name]
        assert not good
        assert all(word in message for word in expected), message
        # Airflow's page tests under an id of the moment: nobody knows it.
        assert name not in message
    assert SECRET not in done.stdout + done.stderr


def test_the_hook_opens_the_seam_and_masks_the_key(airflow: Run, mailchimp_sandbox: Any) -> None:
    code = """
import json, logging
from contextlib import contextmanager
from airflow.sdk._shared.secrets_masker import redact
from mailchimp_provider.hooks.mailchimp import MailchimpHook

held = []

@contextmanager
def slot():
    held.append("taken")
    yield
    held.append("given back")

mailchimp = MailchimpHook(slot=slot).get_conn()
with mailchimp:
    held.append("open")
    name = mailchimp.account().name
other = MailchimpHook(mailchimp_conn_id="mailchimp_default").get_conn()
key = MailchimpHook.get_connection("mailchimp_default").password
print("answer:" + json.dumps([held, bool(name), mailchimp.calls, redact("the key is " + key),
    repr(mailchimp) + repr(vars(other.client))]))
"""
    connection = {
        "conn_type": "mailchimp",
        "password": mailchimp_sandbox.key,
        "host": mailchimp_sandbox.host,
    }
    held, named, calls, masked, shown = printed(airflow(code, mailchimp_default=connection))
    assert held == ["taken", "open", "given back"]
    assert (named, calls) == (True, 1)
    assert masked == "the key is ***"
    assert mailchimp_sandbox.key not in shown


PAGE = (PLUGINS.parent / "docs" / "connection.md").read_text(encoding="utf-8")


def test_the_page_explains_the_form() -> None:
    (kind,) = mailchimp_provider.get_provider_info()["connection-types"]
    labels = [
        *kind["ui-field-behaviour"]["relabeling"].values(),
        *(field["label"] for field in kind["conn-fields"].values()),
    ]
    table = PAGE.partition("## Fields")[2].partition("##")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", table, re.MULTILINE)[1:]
    assert [label for label, _ in rows] == labels
    for name, field in kind["conn-fields"].items():
        assert f"extra `{name}`" in table
        assert f"Default {field['schema']['default']}" in table
    for hidden in ("login", "port", "schema"):
        assert hidden in table


def test_the_forms_on_the_page_work(airflow: Run) -> None:
    written = re.findall(r"AIRFLOW_CONN_MAILCHIMP_DEFAULT='([^']+)'", PAGE)
    assert len(written) == 5
    code = f"""
import json, os
from mailchimp_provider.hooks.mailchimp import MailchimpHook

found = []
for text in {written!r}:
    os.environ["AIRFLOW_CONN_MAILCHIMP_DEFAULT"] = text
    client = MailchimpHook().get_conn().client
    found.append([client.base_url, client._timeout[1], client._retry.deadline])
print("answer:" + json.dumps(found))
"""
    real, local = "https://us21.api.mailchimp.com/3.0", "http://127.0.0.1:8099/3.0"
    assert printed(airflow(code)) == [
        [real, 125, 300], [local, 125, 300], [local, 125, 300], [real, 60, 120], [real, 60, 120],
    ]  # fmt: skip


def test_the_errors_on_the_page_are_those_of_the_code() -> None:
    table = PAGE.partition("## Errors")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)[1:]
    assert len(rows) > 10
    sources = [
        *PLUGINS.rglob("mailchimp.py"),
        *PLUGINS.rglob("connections.py"),
        *Path(crm_mailchimp.mailchimp.__path__[0]).glob("*.py"),
    ]
    # A text may be cut into several literals.
    code = "".join(path.read_text(encoding="utf-8") for path in sources)
    code = re.sub(r'"\s+f?"', "", code)
    for row in rows:
        words = re.sub(r"^\d{3}( with.*| without.*| … )?", "", row)
        words = words.removeprefix("timeout in its extra ")
        for part in words.split("…"):
            assert part.strip() in code, row


def test_reading_the_provider_info_imports_nothing_heavy() -> None:
    """Every Airflow process reads it at its start."""
    code = """
import sys
before = set(sys.modules)
import mailchimp_provider
mailchimp_provider.get_provider_info()
heavy = ("airflow", "requests", "mailchimp_marketing", "pandas")
print([name for name in heavy if name in set(sys.modules) - before])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_query_login_out_of_reach_is_no_error_of_the_others(airflow: Run, crm_db: str) -> None:
    code = (
        "from mailchimp_provider.connections import crm_snapshot_connections\n"
        "import json\n"
        "with crm_snapshot_connections() as (crm, crm_query):\n"
        "    answers = [crm.execute('select 1').fetchone()[0], type(crm_query).__name__,"
        " str(crm_query)]\n"
        f"print({ANSWER!r}, json.dumps(answers))"
    )
    nowhere = "postgresql://crm_query:geheim@127.0.0.1:1/crm"
    answered, kind, words = printed(airflow(code, crm_db=crm_db, crm_query_db=nowhere))
    assert (answered, kind) == (1, "QueryFailedError")
    assert "crm_query_db could not be opened" in words
    assert "geheim" not in words


def test_what_no_retry_heals_fails_at_once(airflow: Run, crm_db: str) -> None:
    code = (
        "import json\n"
        "from airflow.sdk.exceptions import AirflowFailException\n"
        "from mailchimp_provider.connections import crm_connection, warehouse_connection\n"
        "from mailchimp_provider.outcomes import fail_without_retry\n"
        "answers = []\n"
        "def ask(connect, query):\n"
        "    try:\n"
        "        with fail_without_retry(), connect() as connection:\n"
        "            connection.execute(query)\n"
        "    except Exception as error:\n"
        "        answers.append([type(error).__name__, str(error)])\n"
        "ask(warehouse_connection, 'select 1')\n"
        "ask(crm_connection, 'select colour from crm.contact')\n"
        "ask(crm_connection, 'select pg_terminate_backend(pg_backend_pid())')\n"
        f"print({ANSWER!r}, json.dumps(answers))"
    )
    undefined, column, lost = printed(airflow(code, crm_db=crm_db))
    assert undefined[0] == column[0] == "AirflowFailException"
    assert "warehouse_db" in undefined[1] and "AIRFLOW_CONN_" in undefined[1]
    assert "UndefinedColumn (42703)" in column[1] and "crm_mailchimp.crm create" in column[1]
    # A lost connection may heal.
    assert lost[0] == "DatabaseError", lost


def test_errors_of_the_connection_name_the_collection(
    airflow: Run, crm_db: str, warehouse_db: str, mailchimp_sandbox: Any
) -> None:
    world = World(crm_db, warehouse_db, mailchimp_sandbox)
    world.contact("maria@mail.gr", world.collection("ΝΕΑ"))
    assert world.sync()["ΝΕΑ"].state == "succeeded"
    staging_id = world.stage()
    code = f"""
import json
from mailchimp_provider.tasks import collections, statuses

params = {{"approved_plan": None, "dry_run": False}}
words = []
for task in (
    lambda: collections.sync_collection({staging_id}, "ΝΕΑ", params, None),
    lambda: statuses.pull("ΝΕΑ"),
):
    try:
        task()
    except Exception as error:
        words.append(f"{{type(error).__name__}} {{error}}")
print("answer:" + json.dumps(words))
"""
    databases = {"crm_db": crm_db, "warehouse_db": warehouse_db}
    plain = {"conn_type": "mailchimp", "password": f"{SECRET}-us21", "host": "http://example.com"}
    other = {"conn_type": "http", "password": f"{SECRET}-us21", "host": "us21.api.mailchimp.com"}
    for account, part in ((plain, "http://example.com"), (other, "is of type http")):
        done = airflow(code, **databases, mailchimp_default=account)
        answers = printed(done)
        assert len(answers) == 2
        for answer in answers:
            assert answer.startswith("AirflowFailException ")
            for word in ("collection ΝΕΑ", "mailchimp_default", part):
                assert word in answer
        assert SECRET not in done.stdout + done.stderr
    row = world.warehouse.execute(
        "select state, detail from sync.collection_run order by started_at desc limit 1"
    ).fetchone()
    assert row and row["state"] == "failed"
    assert "mailchimp_default" in row["detail"]
    world.close()


def test_connections_with_the_same_key_share_their_slots(airflow: Run) -> None:
    place = {"conn_type": "mailchimp", "password": f"{SECRET}-us21"}
    connections: dict[str, Any] = {
        "mailchimp_default": place,
        "same": {**place, "password": f" {SECRET}-us21 "},
        "another_key": {**place, "password": f"{SECRET[::-1]}-us21"},
        "same_as_another": {**place, "password": f"{SECRET[::-1]}-us21"},
        "another_place": {**place, "host": "http://127.0.0.1:8099"},
    }
    code = """
import json
from mailchimp_provider.connections import _limit_of

names = ("mailchimp_default", "same", "another_key", "same_as_another", "another_place")
limits = [_limit_of(name) for name in names]
print("answer:" + json.dumps([limits.index(limit) for limit in limits]))
"""
    done = airflow(code, **connections)
    assert printed(done) == [0, 0, 2, 2, 4]
    assert SECRET not in done.stdout + done.stderr
    # Without the default one, too.
    del connections["mailchimp_default"]
    without = code.replace('"mailchimp_default", ', "")
    assert printed(airflow(without, **connections)) == [0, 1, 1, 3]
