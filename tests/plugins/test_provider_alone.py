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

#: The examples of the page, with the id of an audience that is there.
EXAMPLES_OF_THE_PAGE = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs" / "provider.md").read_text(encoding="utf-8"), re.DOTALL
)

LOOK = """
import importlib.util, json, sys
import crm_mailchimp, mailchimp_provider
from airflow import plugins_manager
from airflow.providers_manager import ProvidersManager
from airflow.sdk import DAG
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
for number, example in enumerate(json.loads(sys.argv[1])):
    with DAG(f"example_{number}"):
        exec(example, {})
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


def test_airflow_knows_the_provider_by_its_wheel(bare: BareAirflow, mailchimp_sandbox: Any) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = bare.run("-m", "airflow", "providers", "list", "--output", "json")
    providers = {row["package_name"]: row for row in json.loads(listed[listed.index("[{") :])}
    assert providers[project["name"]]["version"] == project["version"]
    with open_provider(mailchimp_sandbox) as provider:
        list_id, _ = make_audience(provider, 3)
    examples = [text.replace("a1b2c3", list_id) for text in EXAMPLES_OF_THE_PAGE]
    assert len(examples) == 9
    assert f'"{list_id}"' in examples[0]
    said = bare.run("-c", LOOK, json.dumps(examples), **connection(mailchimp_sandbox))
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
    assert f"{list_id} 3\n" in said, "the hook's example prints the same"
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
    assert [state for _, state in ended] == ["success", "success", "success", "failed"], said[
        -3000:
    ]
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
    except (requests.ConnectionError, requests.Timeout):
        return False


@pytest.fixture
def token(url: str) -> str:
    entered = {"username": "admin", "password": PASSWORD}
    answer = requests.post(f"{url}/auth/token", json=entered, timeout=60)
    return str(answer.json()["access_token"])


@pytest.fixture
def admin(url: str, token: str) -> Iterator[Browser]:
    """An admin's browser, which notes what the page asks Airflow to test."""
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


def enter(browser: Browser, selector: str, text: str) -> None:
    """Type into a field of the form, as soon as it takes something."""
    field = f"document.querySelector({json.dumps(f'[role=dialog] {selector}')})"
    browser.wait_for(f"{field} && !{field}.disabled")
    browser.run(f"{field}.focus()")
    browser.type(text)


def press(browser: Browser, words: str) -> None:
    """Click a button by its words."""
    browser.run(
        "[...document.querySelectorAll('button')]"
        f".find(button => button.innerText.includes({json.dumps(words)})).click()"
    )


def make_connection(browser: Browser, url: str, connection_id: str, key: str, host: str) -> None:
    """Fill in the form as a person does, and save it."""
    browser.go(f"{url}/connections")
    browser.wait_for("document.body.innerText.includes('Add Connection')")
    press(browser, "Add Connection")
    enter(browser, "input[name=connection_id]", connection_id)
    enter(browser, "[role=combobox]", "Mailchimp")
    browser.press("Enter")
    enter(browser, "input[name=password]", key)
    enter(browser, "input[name=host]", host)
    hidden = browser.run("document.querySelector('input[name=password]').type")
    assert hidden == "password"
    assert key not in browser.text
    labels = browser.run(
        "[...document.querySelectorAll('[role=dialog] label')].map(e => e.textContent.trim())"
    )
    assert {"Other host", "API key", "Timeout", "Retry for"} <= set(labels)
    assert not {"Login", "Port", "Schema"} & set(labels)
    press(browser, "Save")
    browser.wait_for("document.querySelector('[role=dialog]') === null")


def press_test(browser: Browser, url: str, connection_id: str, key: str) -> str:
    """What the page says when a person presses Test in the row of a connection."""
    row = (
        "[...document.querySelectorAll('tbody tr')]"
        f".find(row => row.innerText.includes({json.dumps(connection_id)}))"
    )
    said = "[...document.querySelectorAll('[data-scope=toast][data-part=root]')]"
    browser.go(f"{url}/connections")
    browser.wait_for(row)
    browser.run(f"{row}.querySelector('[aria-label=\"Test Connection\"]').click()")
    browser.wait_for(f"{said}.length")
    words = " ".join(browser.run(f"{said}.map(toast => toast.innerText).join()").split())
    (sent,) = browser.run("tested")
    # The fault of Airflow that the plugin is for. Is it gone? Then the plugin is no longer needed.
    assert (sent["port"], sent["password"]) == (0, "***")
    assert key not in browser.run("document.documentElement.outerHTML")
    return words


def test_a_person_makes_connections_and_tests_them(
    url: str, admin: Browser, mailchimp_sandbox: Any, bare: BareAirflow
) -> None:
    key, host = mailchimp_sandbox.key, mailchimp_sandbox.host
    with open_provider(mailchimp_sandbox) as provider:
        name = provider.account().name
    make_connection(admin, url, "mailchimp_default", key, host)
    good = press_test(admin, url, "mailchimp_default", key)
    assert good == (
        f"Test Connection Successful Connected to the Mailchimp account '{name}' at {host}"
        " (0 subscribers in all)."
    )
    make_connection(admin, url, "wrong", SECRET, host)
    bad = press_test(admin, url, "wrong", SECRET)
    assert bad.startswith(f"Test Connection Failed {host}: GET /: 401 ")
    assert "Check the API key of the connection." in bad
    log = (bare.home / "logs" / "airflow-api-server.log").read_text(encoding="utf-8")
    assert "/api/v2/connections/test" in log
    assert key not in log and SECRET not in log


def test_a_key_goes_to_no_other_place_by_a_test(
    url: str, token: str, mailchimp_sandbox: Any, second_sandbox: Any
) -> None:
    """Without its port, a request still names its host: another one needs a key of its own."""
    known = {"connection_id": "kept", "conn_type": "mailchimp", "host": mailchimp_sandbox.host}

    def post(path: str, **body: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.post(f"{url}/api/v2/{path}", json=body, headers=headers, timeout=60)

    assert post("connections", **known, password=mailchimp_sandbox.key).status_code == 201
    before = second_sandbox.control("GET", "")["requests"]
    places: list[dict[str, Any]] = [{"host": second_sandbox.host}, {"port": 1}, {}]
    answers = [
        post("connections/test", **{**known, "password": "***", "port": 0, **place})
        for place in places
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 200]
    assert answers[-1].json()["status"]
    assert second_sandbox.control("GET", "")["requests"] == before
