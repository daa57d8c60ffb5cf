"""The page, and the answers to its questions, in a real Airflow with the FAB auth manager."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from local_installation.airflow_processes import clean_environment
from local_installation.installation import CHECKOUT, LOCALHOST, free_port
from local_installation.own_processes import OwnProcess, start_process, stop_processes
from locked_packages import install_locked, make_environment

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("fab"), pytest.mark.timeout(900)]

FAB = Path(__file__).parent / "fab"
LOCK = FAB / "requirements.txt"
PASSWORD = "ένα δύο τρία"
READ, EDIT = "can_read", "can_edit"
#: Roles with their rights; None: one that FAB has by itself.
ROLES: Mapping[str, list[tuple[str, str]] | None] = {
    "Viewer": None,
    "User": None,
    "Op": None,
    "Admin": None,
    "Public": None,
    "sync_only": [(READ, "DAG:sync_collections")],
    "reports_only": [(READ, "DAG:extract_reports"), (READ, "DAG:refresh_marts")],
    "all_dags": [(READ, "DAGs")],
    "no_rights": [],
    "looks_up": [(READ, "DAG:sync_collections"), (READ, "Mailchimp person")],
    "may_not_see": [(READ, "Mailchimp person")],
    "decides_removals": [
        (READ, "DAG:approve_removals"),
        (EDIT, "DAG:approve_removals"),
        (READ, "HITL Detail"),
        (EDIT, "HITL Detail"),
    ],
    "answers_nothing": [(READ, "DAG:approve_removals"), (READ, "HITL Detail")],
}
SEE_THE_PAGE = {"Viewer", "User", "Op", "Admin", "sync_only", "all_dags", "looks_up"}
ANSWER = {
    "approve_removals": {"User", "Op", "Admin", "decides_removals"},
    "release_campaigns": {"User", "Op", "Admin"},
}


@pytest.fixture(scope="module")
def python(pytestconfig: pytest.Config) -> Path:
    """The interpreter of an environment with FAB."""
    assert pytestconfig.cache is not None, "pytest's own cache is switched off"
    made_of = LOCK.read_bytes() + sys.version.encode()
    folder = pytestconfig.cache.mkdir("fab") / hashlib.sha256(made_of).hexdigest()[:12]
    interpreter = folder / "bin" / "python"
    if not (folder / "complete").exists():
        make_environment(folder)
        install_locked(interpreter, LOCK)
        (folder / "complete").touch()
    return interpreter


class FabAirflow:
    """A running API server with FAB, and the people of ``ROLES``."""

    def __init__(self, url: str, addresses: Mapping[str, list[str]]) -> None:
        self.url = url
        self.addresses = addresses

    def signed_in(self, role: str | None) -> httpx.Client:
        """A browser's cookies after FAB's own form; None: nobody's."""
        browser = httpx.Client(base_url=self.url, timeout=60)
        if role is None:
            return browser
        form = browser.get("/auth/login/", follow_redirects=True)
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', form.text)
        assert token, form.text[:500]
        entered = {"username": role, "password": PASSWORD, "csrf_token": token[1]}
        answer = browser.post("/auth/login/", data=entered)
        assert answer.is_redirect, answer.text[:500]
        browser.get(answer.headers["location"], follow_redirects=True)
        assert "_token" in browser.cookies, role
        return browser

    def with_token(self, role: str | None) -> httpx.Client:
        """A program's token."""
        program = httpx.Client(base_url=self.url, timeout=60)
        if role is not None:
            entered = {"username": role, "password": PASSWORD}
            answer = program.post("/auth/token", json=entered)
            assert answer.status_code == 201, answer.text
            program.cookies.clear()
            program.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return program

    def page_answers(self, asking: httpx.Client) -> dict[str, int]:
        """The status of each address of the page."""
        return {
            path: asking.get(
                "/mailchimp-page" + re.sub("{[^}]+}", "1", path),
                params=dict.fromkeys(parameters, "1"),
            ).status_code
            for path, parameters in self.addresses.items()
        }


@pytest.fixture(scope="module")
def fab(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FabAirflow]:
    """Airflow's API server, on a database of its own. No warehouse is there."""
    home = tmp_path_factory.mktemp("fab")
    for name in ("dags", "logs", "running"):
        (home / name).mkdir()
    port = free_port()
    url = f"http://{LOCALHOST}:{port}"
    config = {
        "core__auth_manager": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "core__dags_folder": str(home / "dags"),
        "core__plugins_folder": str(CHECKOUT / "plugins"),
        "core__load_examples": "False",
        "database__sql_alchemy_conn": f"sqlite:///{home / 'airflow.db'}",
        "api__host": LOCALHOST,
        "api__port": str(port),
        "api__base_url": url,
        "api__workers": "1",
        "api__secret_key": "s" * 40,
        "api_auth__jwt_secret": "j" * 80,
        # All people sign in at once here.
        "fab__auth_rate_limited": "False",
    }
    environment = {
        **clean_environment(),
        **{f"AIRFLOW__{name.upper()}": value for name, value in config.items()},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_CONN_WAREHOUSE_DB": f"postgresql://x:y@{LOCALHOST}:9/none",
        "PYTHONPATH": os.pathsep.join(str(CHECKOUT / one) for one in ("include", "plugins")),
        "PASSWORD": PASSWORD,
    }
    _output([str(python), "-m", "airflow", "db", "migrate"], environment)
    said = _output([str(python), str(FAB / "people.py"), json.dumps(ROLES)], environment)
    (addresses,) = re.findall("^answer:(.*)$", said, re.MULTILINE)
    server = start_process(
        "airflow-api-server",
        [str(python), "-m", "airflow", "api-server"],
        env=environment,
        logs=home / "logs",
        running=home / "running",
    )
    try:
        _wait_ready(server, url)
        yield FabAirflow(url, json.loads(addresses))
    finally:
        stop_processes([server])


def _output(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def _wait_ready(server: OwnProcess, url: str) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        server.require_alive()
        try:
            if httpx.get(f"{url}/api/v2/monitor/health", timeout=10).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.25)
    pytest.fail(f"the API server is not ready. {server.log_tail()}")


def _outcome(role: str | None, let_in: set[int], allowed: set[str]) -> set[int]:
    if role is None:
        return {401}
    return let_in if role in allowed else {403}


@pytest.mark.parametrize("role", [None, *ROLES])
def test_who_gets_which_address_of_the_page(fab: FabAirflow, role: str | None) -> None:
    """Let in: the Data Docs are not there, and neither is the warehouse."""
    assert len(fab.addresses) >= 10
    for sign_in in (fab.signed_in, fab.with_token):
        with closing(sign_in(role)) as asking:
            answers = fab.page_answers(asking)
        looked_up = answers.pop("/person")
        chosen = answers.pop("/language")
        assert set(answers.values()) == _outcome(role, {404, 503}, SEE_THE_PAGE), sign_in.__name__
        assert {chosen} == _outcome(role, {422}, SEE_THE_PAGE)
        assert {looked_up} == _outcome(role, {200}, {"looks_up", "Admin"})


@pytest.mark.parametrize("role", [None, *ROLES])
@pytest.mark.parametrize("dag_id", ANSWER)
def test_who_may_answer_a_question(fab: FabAirflow, dag_id: str, role: str | None) -> None:
    """Airflow's own route of *Required Actions*. No answer is given: a person who may give one
    learns that the body is wrong."""
    path = f"/api/v2/dags/{dag_id}/dagRuns/plan-1/taskInstances/ask/-1/hitlDetails"
    with closing(fab.with_token(role)) as asking:
        answer = asking.patch(path, json={}).status_code
    assert {answer} == _outcome(role, {422}, ANSWER[dag_id])


def test_a_wrong_password_opens_nothing(fab: FabAirflow) -> None:
    entered: dict[str, Any] = {"username": "Admin", "password": "λάθος"}
    with closing(fab.with_token(None)) as asking:
        assert asking.post("/auth/token", json=entered).status_code == 401
        asking.headers["Authorization"] = "Bearer λάθος".encode().decode("latin-1")
        assert set(fab.page_answers(asking).values()) <= {401, 403}
