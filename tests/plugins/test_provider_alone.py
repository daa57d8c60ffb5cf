"""The wheel alone in a bare Airflow: what Airflow lists, the hook, example DAGs, form and Test."""

from __future__ import annotations

import json
import re
import shutil
import time
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from bare_airflow import ROOT, BareAirflow, make_bare_airflow
from browser import Browser, running_browser
from campaign_world import postgres_connection
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from dag_runs import RUNNER
from local_installation.installation import LOCALHOST, free_port
from local_installation.own_processes import start_process, stop_processes
from stats.sandbox_world import make_audience, send

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bare_airflow"), pytest.mark.timeout(900)]

EXAMPLES = ROOT / "examples" / "provider_dags"
#: Looks like a real one, so that its absence means something.
SECRET = "0123456789abcdef0123456789abcdef-us21"
PASSWORD = "κωδικός του διαχειριστή"

LOOK = """
import importlib.util, json
import crm_mailchimp, mailchimp_provider
from airflow import plugins_manager
from airflow.providers_manager import ProvidersManager
from crm_mailchimp.statements import SQL_ROOT
from mailchimp_provider.hooks.mailchimp import MailchimpHook

found = {
    "places": [crm_mailchimp.__file__, mailchimp_provider.__file__, str(SQL_ROOT)],
    "type": ProvidersManager().hooks["mailchimp"].hook_class_name,
    "plugins": [plugin.name for plugin in plugins_manager._get_plugins()[0]],
    "middlewares": len(plugins_manager.get_fastapi_plugins()[1]),
    "strangers": [
        name
        for name in ("local_installation", "mailchimp_sandbox", "pytest", "mailchimp_page")
        if importlib.util.find_spec(name)
    ],
}
with MailchimpHook(read_only=True).get_conn() as mailchimp:
    found["name"] = mailchimp.account().name
    found["members"] = [audience.member_count for audience in mailchimp.audiences()]
print("answer:" + json.dumps(found))
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> BareAirflow:
    return make_bare_airflow(tmp_path_factory.mktemp("bare"))


def connection(sandbox: Any) -> dict[str, str]:
    """The environment variable of the account's connection."""
    kind = {"conn_type": "mailchimp", "password": sandbox.key, "host": sandbox.host}
    return {"AIRFLOW_CONN_MAILCHIMP_DEFAULT": json.dumps(kind)}


def open_provider(sandbox: Any) -> Mailchimp:
    return Mailchimp(MailchimpClient(sandbox.key, host=sandbox.host))


def test_airflow_knows_the_provider_by_its_wheel(
    bare: BareAirflow, mailchimp_sandbox: Any
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = bare.run("-m", "airflow", "providers", "list", "--output", "json")
    providers = {row["package_name"]: row for row in json.loads(listed[listed.index("[{") :])}
    assert providers[project["name"]]["version"] == project["version"]
    with open_provider(mailchimp_sandbox) as provider:
        make_audience(provider, 3)
    said = bare.run("-c", LOOK, **connection(mailchimp_sandbox))
    (answer,) = re.findall("^answer:(.*)$", said, re.MULTILINE)
    found = json.loads(answer)
    environment = bare.python.parents[1]
    assert all(Path(place).is_relative_to(environment) for place in found["places"])
    assert found["type"] == "mailchimp_provider.hooks.mailchimp.MailchimpHook"
    assert found["plugins"] == ["mailchimp_connection_form"]
    assert found["middlewares"] == 1
    assert found["strangers"] == []
    assert found["name"]
    assert found["members"] == [3]
    assert mailchimp_sandbox.key not in said


def test_the_example_dags_run(
    bare: BareAirflow, mailchimp_sandbox: Any, request: pytest.FixtureRequest
) -> None:
    """With the tables that the wheel's own SQL files make, on both servers, and without a CRM."""
    with open_provider(mailchimp_sandbox) as provider:
        list_id, addresses = make_audience(provider, 5)
        campaign_id = send(provider, list_id, "Νέα του μήνα")
    for file in EXAMPLES.glob("*.py"):
        shutil.copy(file, bare.home / "dags")
    name = f"warehouse_{uuid.uuid4().hex[:12]}"
    servers = [request.getfixturevalue(kind) for kind in ("postgres", "debian_postgres")]
    warehouses = [server.create_database(name) for server in servers]
    for dsn in warehouses:
        bare.run("-m", "crm_mailchimp.warehouse", "migrate", "--dsn", dsn)
    runs: list[tuple[str, dict[str, str]]] = [("only_the_hook", {})]
    for dsn in warehouses:
        runs.append(("only_reports", {"AIRFLOW_CONN_WAREHOUSE_DB": postgres_connection(dsn)}))
    runs.append(("only_reports", {}))
    said = bare.run("-c", RUNNER, json.dumps(runs), **connection(mailchimp_sandbox))
    ended = re.findall(r"=== begin\n(.*?)=== end (\w+)", said, re.DOTALL)
    assert [state for _, state in ended] == ["success", "success", "success", "failed"], said[-3000:]
    assert f"audience {list_id} has 5 members" in ended[0][0]
    assert "define it (Admin, Connections" in ended[3][0]
    for dsn in warehouses:
        with psycopg.connect(dsn) as warehouse:
            performance = warehouse.execute(
                "select campaign_id, emails_sent from mart.campaign_performance"
            ).fetchall()
            recipients = warehouse.execute(
                "select count(*) from stats.campaign_recipients"
            ).fetchone()
        assert performance == [(campaign_id, 5)]
        assert recipients == (5,)
    assert not [secret for secret in (*addresses, mailchimp_sandbox.key) if secret in said]
    for server in servers:
        server.drop_database(name)


@pytest.fixture(scope="module")
def url(bare: BareAirflow) -> Iterator[str]:
    """Airflow's API server, with an admin, and with the Test button."""
    port = free_port()
    address = f"http://{LOCALHOST}:{port}"
    passwords = bare.home / "passwords.json"
    passwords.write_text(json.dumps({"admin": PASSWORD}), encoding="utf-8")
    auth = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
    config = {
        "core__auth_manager": auth,
        "core__simple_auth_manager_users": "admin:admin",
        "core__simple_auth_manager_passwords_file": str(passwords),
        "core__test_connection": "Enabled",
        "api__host": LOCALHOST,
        "api__port": str(port),
        "api__base_url": address,
        "api__workers": "1",
        "api__secret_key": "s" * 40,
        "api_auth__jwt_secret": "j" * 80,
        "logging__logging_level": "DEBUG",
    }
    variables = {f"AIRFLOW__{name.upper()}": value for name, value in config.items()}
    server = start_process(
        "airflow-api-server",
        [str(bare.python), "-m", "airflow", "api-server"],
        env=bare.environment(variables),
        logs=bare.home / "logs",
        running=bare.home / "running",
    )
    try:
        deadline = time.monotonic() + 300
        while not is_healthy(address):
            server.require_alive()
            assert time.monotonic() < deadline, server.log_tail()
            time.sleep(0.25)
        yield address
    finally:
        stop_processes([server])


def is_healthy(address: str) -> bool:
    try:
        return requests.get(f"{address}/api/v2/monitor/health", timeout=10).ok
    except requests.ConnectionError:
        return False


@pytest.fixture
def admin(url: str) -> Iterator[Browser]:
    """An admin's browser, which notes what the page asks Airflow to test."""
    entered = {"username": "admin", "password": PASSWORD}
    token = requests.post(f"{url}/auth/token", json=entered, timeout=60).json()["access_token"]
    with running_browser() as browser:
        browser.set_cookie(url, "_token", token)
        browser.before_each_page(
            "window.tested = [];"
            "const open = XMLHttpRequest.prototype.open, send = XMLHttpRequest.prototype.send;"
            "XMLHttpRequest.prototype.open = function (method, url, ...more) {"
            "  this.address = url; return open.call(this, method, url, ...more); };"
            "XMLHttpRequest.prototype.send = function (body) {"
            "  if (this.address.endsWith('connections/test')) tested.push(JSON.parse(body));"
            "  return send.call(this, body); };"
        )
        yield browser


def test_a_person_makes_a_connection_and_tests_it(
    url: str, admin: Browser, mailchimp_sandbox: Any, bare: BareAirflow
) -> None:
    admin.go(f"{url}/connections")
    print(admin.text)
    admin.screenshot(Path("/tmp/alone/one.png"))
