"""``docker-compose.yaml`` in earnest: its own commands, as its own users, until all are healthy.

There is no Docker here (``native.py``). The versions are those of this machine: its Postgres and
its Redis are not those of the images.
"""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from airflow_world import wait_until
from compose_file import services
from containers.conftest import SETTINGS, World
from dashboards.provision import Superset
from local_installation.airflow_api import TaskInstance
from local_installation.superset_processes import ENVIRONMENT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("containers"), pytest.mark.timeout(900)]

#: Without the profile `celery`.
AIRFLOW = ("api-server", "scheduler", "dag-processor", "triggerer")
WORKERS = ("worker-1", "worker-2")
FIRST = "SERVICE"
#: Mailchimp's limit for an account.
MOST_CONNECTIONS = 10
RUN_SECONDS = 300.0


def ask_sandbox(world: World, method: str, path: str, body: Any = None) -> Any:
    """The control API of the sandbox."""
    request = urllib.request.Request(
        f"{world.sandbox}/_sandbox/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"null")


def users_of(pids: list[int]) -> set[int]:
    """The numbers of the users of processes that live."""
    found = set()
    for pid in pids:
        try:
            found.add(Path(f"/proc/{pid}").stat().st_uid)
        except FileNotFoundError:
            continue
    return found


def test_the_sync_runs_in_the_services_of_the_file(world: World) -> None:
    containers = world.containers
    if os.geteuid() == 0:
        for name in (*AIRFLOW, "mailchimp-sandbox"):
            assert users_of(containers.pids(name)) == {50000}, name
        assert 0 not in users_of(containers.pids("postgres"))
    world.airflow.wait_for_dags(["sync_collections"])

    run_id = world.airflow.trigger("sync_collections", {"collections": [FIRST]})
    state = world.airflow.wait_for_run("sync_collections", run_id, seconds=RUN_SECONDS)

    assert state == "success", world.errors(run_id)
    assert world.wrong_members(run_id, [FIRST]) == []
    assert ask_sandbox(world, "GET", "")["lists"] == 1
    docs = containers.disk_of("api-server", "/opt/airflow/data_docs")
    assert list(docs.glob("staging-*/index.html")), "the API server has what the task wrote"
    containers.require_alive()


@pytest.fixture
def celery(world: World) -> Iterator[World]:
    """The same services with Celery: Redis, two workers with folders of their own."""
    containers = world.containers
    containers.services.update(
        services(
            containers.folder, "sandbox", "celery", "bi", AIRFLOW_EXECUTOR="CeleryExecutor",
            AIRFLOW_PORT=str(containers.ports["api-server"]), **SETTINGS,
        )
    )  # fmt: skip
    containers.apart = {(name, "logs") for name in WORKERS}
    # Only the scheduler's executor is another one: tests/policy/test_compose_file.py.
    containers.stop("scheduler")
    containers.up("redis")
    containers.run_again("init")
    containers.up("scheduler", *WORKERS)
    containers.wait_until_healthy("redis", *WORKERS, "scheduler")
    yield world
    ask_sandbox(world, "POST", "latency", {"milliseconds": 0})
    containers.stop("scheduler", *WORKERS, "redis")


def synced_on(world: World, worker: str) -> set[str]:
    """The runs and tasks of which a worker has logs in its own folder."""
    logs = world.containers.disk_of(worker, "/opt/airflow/logs").resolve()
    return {
        str(path.parent.relative_to(logs))
        for path in logs.glob("dag_id=*/run_id=*/task_id=*/**/*.log")
    }


def test_a_killed_worker_loses_nothing(celery: World, codes: list[str]) -> None:
    world, containers, airflow = celery, celery.containers, celery.airflow
    ask_sandbox(world, "POST", "latency", {"milliseconds": 400})
    world.airflow.wait_for_dags(["sync_collections", "pull_statuses", "get_mailchimp_defaults"])

    def tasks(run_id: str) -> list[TaskInstance]:
        return airflow.task_instances("sync_collections", run_id)

    run_id = airflow.trigger("sync_collections", {"collections": codes})
    others = {name: airflow.trigger(name) for name in ("pull_statuses", "get_mailchimp_defaults")}
    wait_until(lambda: is_pushing(world, run_id, "worker-2"), seconds=RUN_SECONDS)
    containers.kill("worker-2")
    cut = {(task.task_id, task.map_index) for task in tasks(run_id) if task.state == "running"}

    assert not containers.is_healthy("worker-2")
    assert containers.is_healthy("worker-1")
    assert cut, "it was killed while tasks ran"
    wait_until(lambda: has_ended(world, run_id), seconds=RUN_SECONDS)
    assert airflow.run_state("sync_collections", run_id) == "success", world.errors(run_id)
    again = {(task.task_id, task.map_index) for task in tasks(run_id) if task.try_number > 1}
    assert again & cut, "a task was tried again"
    assert world.wrong_members(run_id, codes) == []
    assert all(synced_on(world, worker) for worker in WORKERS)
    most = ask_sandbox(world, "GET", "")["most_in_flight"]
    assert 2 < most <= MOST_CONNECTIONS, most
    for name, other in others.items():
        state = airflow.wait_for_run(name, other, seconds=RUN_SECONDS)
        assert state == "success", name

    # As `restart: unless-stopped` does.
    containers.up("worker-2")
    containers.wait_until_healthy("worker-2")
    before = ask_sandbox(world, "GET", "")["requests"]
    second = airflow.trigger("sync_collections", {"collections": codes})
    assert airflow.wait_for_run("sync_collections", second, seconds=RUN_SECONDS) == "success"
    assert world.wrong_members(second, codes) == []
    assert ask_sandbox(world, "GET", "")["requests"] > before
    assert sum(row.added for row in world.results(second)) == 0, "everybody is there already"


def is_pushing(world: World, run_id: str, worker: str) -> bool:
    """Whether a worker runs a collection's task, and calls to Mailchimp are under way."""
    logs = {name for name in synced_on(world, worker) if run_id in name}
    running = any("task_id=sync_collection" in name for name in logs)
    return running and ask_sandbox(world, "GET", "")["most_in_flight"] > 2


def has_ended(world: World, run_id: str) -> bool:
    """Whether a run has ended. The minutes until a second try pass at once."""
    with psycopg.connect(world.dsn("airflow")) as metadata:
        metadata.execute(
            "update task_instance set end_date = end_date - interval '1 hour'"
            " where state = 'up_for_retry' and run_id = %s and end_date > now() - interval '1 hour'",
            (run_id,),
        )
    world.containers.require_alive()
    return world.airflow.run_state("sync_collections", run_id) in ("success", "failed")


def test_superset_shows_the_dashboards(world: World) -> None:
    if not ENVIRONMENT.is_dir():
        missing = "Superset is not installed: tools/install_beside bi"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    containers = world.containers

    containers.run_again("dashboards")

    assert containers.is_healthy("superset")
    url = f"http://127.0.0.1:{containers.ports['superset']}"
    with Superset(url, "admin", SETTINGS["SUPERSET_ADMIN_PASSWORD"]) as page:
        titles = [one.title for one in page.dashboards()]
    assert len(titles) == 3
    with psycopg.connect(world.dsn("warehouse", "bi", SETTINGS["BI_PASSWORD"])) as reader:
        assert reader.execute("select count(*) from mart.collections").fetchone() is not None
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("select count(*) from sync.member")
    containers.run_again("bi-login")
    containers.stop("superset")
