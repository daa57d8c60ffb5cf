"""The page obeys what the auth manager says of a user; and who may answer a question."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CODE = """
import json, re
from unittest.mock import patch

import psycopg
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api import security
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from mailchimp_provider.page import app as page
from mailchimp_provider.page import files, rights, views


def nowhere():
    raise psycopg.OperationalError("no warehouse in this test")


class ByDag(SimpleAuthManager):
    '''Rights for each DAG, as FAB has them.'''

    readable = ()

    def is_authorized_dag(self, *, method, user, access_entity=None, details=None):
        return method == "GET" and access_entity is None and details.id in self.readable


class Reader(ByDag):
    readable = ("sync_collections",)


class OthersReader(ByDag):
    readable = ("extract_reports", "refresh_marts")


who = {"nobody": (SimpleAuthManager, None), "no role": (SimpleAuthManager, "")}
who |= {role: (SimpleAuthManager, role) for role in ("viewer", "user", "op", "admin")}
who |= {"may read the DAG": (Reader, "x"), "may read others": (OthersReader, "x")}
who |= {"may read none": (ByDag, "admin")}
routes = [route for route in page.app.routes if isinstance(route, APIRoute)]
answers = {}
for name, (manager, role) in who.items():
    page.app.dependency_overrides.clear()
    if role is not None:
        user = SimpleAuthManagerUser(username="Άννα", role=role or None)
        page.app.dependency_overrides[security.get_user] = lambda user=user: user
    with (
        patch.object(security, "get_auth_manager", manager),
        patch.object(security.DagModel, "get_team_name", lambda *_, **__: None),
        patch.object(rights, "get_auth_manager", manager),
        patch.object(views, "warehouse_connection", nowhere),
        patch.object(files, "warehouse_connection", nowhere),
        TestClient(page.app) as client,
    ):
        answers[name] = {
            f"{method} {route.path}": client.request(
                method,
                re.sub("{[^}]+}", "1", route.path),
                params={
                    one.alias: "1"
                    for one in route.dependant.query_params
                    if one.field_info.is_required()
                },
            ).status_code
            for route in routes
            for method in route.methods
        }
print("answer:" + json.dumps(answers))
"""


def answer_of(code: str, home: Path) -> Any:
    """What a program answers in a process of its own, with an Airflow of its own."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "AIRFLOW_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("answer:")]
    return json.loads(line.removeprefix("answer:"))


#: Let in: the Data Docs are not there, and neither is the warehouse. No form has a token here.
LET_IN = {
    "GET /": 503,
    "GET /collection": 503,
    "GET /campaigns": 503,
    "GET /campaign": 503,
    "GET /plan": 503,
    "GET /quarantine.csv": 503,
    "GET /plan.csv": 503,
    "GET /data-docs/{staging_id}/": 404,
    "GET /data-docs/{staging_id}/{path:path}": 404,
    "GET /language": 422,
    "GET /person": 403,
    "POST /person": 403,
    "POST /do/{action}": 403,
}


@pytest.mark.timeout(900)
def test_who_gets_which_address(tmp_path: Path) -> None:
    answers = answer_of(CODE, tmp_path)
    assert set(answers["nobody"]) == set(LET_IN)
    for name in ("nobody", "no role", "may read others", "may read none"):
        refused = {401} if name == "nobody" else {403}
        assert set(answers[name].values()) == refused, name
    for name in ("viewer", "user", "op", "admin", "may read the DAG"):
        may_look_up = name == "admin"
        assert answers[name] == {**LET_IN, "GET /person": 200 if may_look_up else 403}, name


ANSWERING = """
import json
from unittest.mock import patch

from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api import security
from airflow.api_fastapi.core_api.routes.public.hitl import task_instances_hitl_router
from airflow.models.log import Log
from airflow.settings import engine
from fastapi import FastAPI
from fastapi.testclient import TestClient

# Airflow's own record of who did what: the route writes to it first.
Log.__table__.create(engine)

app = FastAPI()
app.include_router(task_instances_hitl_router)
(route,) = [route for route in app.routes if "PATCH" in getattr(route, "methods", ())]
answers = {}
for role in ("viewer", "user", "op", "admin"):
    user = SimpleAuthManagerUser(username="\u0386\u03bd\u03bd\u03b1", role=role)
    app.dependency_overrides[security.get_user] = lambda user=user: user
    for dag_id in ("approve_removals", "release_campaigns"):
        path = route.path.format(dag_id=dag_id, dag_run_id="plan-1", task_id="ask", map_index=-1)
        with (
            patch.object(security, "get_auth_manager", SimpleAuthManager),
            patch.object(security.DagModel, "get_team_name", lambda *_, **__: None),
            TestClient(app, raise_server_exceptions=False) as client,
        ):
            # No answer is given: who is let in learns that the body is wrong.
            answers[f"{role} {dag_id}"] = client.patch(path, json={}).status_code
print("answer:" + json.dumps(answers))
"""


@pytest.mark.timeout(900)
def test_a_viewer_may_not_answer_a_question(tmp_path: Path) -> None:
    """Airflow's own route of *Required Actions*, for both DAGs that ask a person."""
    assert answer_of(ANSWERING, tmp_path) == {
        f"{role} {dag_id}": 403 if role == "viewer" else 422
        for role in ("viewer", "user", "op", "admin")
        for dag_id in ("approve_removals", "release_campaigns")
    }
