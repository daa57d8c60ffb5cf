"""``docker-compose.yaml`` in earnest: its own commands, as its own users, until all are healthy.

There is no Docker here (``native.py``). The versions are those of this machine: its Postgres and
its Redis are not those of the images.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from airflow_world import wait_until
from containers.conftest import CELERY, SETTINGS, World, described
from containers.native import Containers
from crm_mailchimp.warehouse.connection_slots import SLOT_COUNT
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
#: Requests of all workers together under load.
LONG_ENOUGH = 60
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


@pytest.fixture(scope="module")
def celery(world: World) -> Iterator[World]:
    """The same services with Celery: Redis, two workers with folders of their own."""
    containers = world.containers
    port = containers.ports["api-server"]
    containers.services.update(described(containers.folder, port, CELERY))
    containers.apart = {(name, "logs") for name in WORKERS}
    # Only the scheduler's executor is another one: tests/policy/test_compose_file.py.
    containers.stop("scheduler")
    containers.up("scheduler", *WORKERS)
    wait_until(lambda: all(is_ready(containers, worker) for worker in WORKERS))
    containers.wait_until_healthy("redis", *WORKERS)
    yield world
    ask_sandbox(world, "POST", "latency", {"milliseconds": 0})
    for worker in WORKERS:
        containers.kill(worker)
    containers.stop("scheduler", "redis")


def is_ready(containers: Containers, worker: str) -> bool:
    """Whether a worker says that it takes tasks. The health check takes seconds each time."""
    containers.require_alive()
    return containers.has_said(worker, " ready.")


def tasks_of(world: World, worker: str) -> set[str]:
    """The runs and tasks of which a worker has logs, which are in its own folder."""
    logs = world.containers.disk_of(worker, "/opt/airflow/logs").resolve()
    return {
        str(path.parent.relative_to(logs))
        for path in logs.glob("dag_id=*/run_id=*/task_id=*/**/*.log")
    }


def test_redis_asks_for_its_password(celery: World) -> None:
    port = str(celery.containers.ports["redis"])
    done = subprocess.run(
        ["redis-cli", "-p", port, "keys", "*"], capture_output=True, text=True, check=False
    )
    assert "NOAUTH" in done.stdout + done.stderr


def test_a_killed_worker_loses_nothing(celery: World) -> None:
    world, containers, airflow = celery, celery.containers, celery.airflow
    codes = [f"LOAD_{number}" for number in range(1, 2 * MOST_CONNECTIONS + 1)]
    add_collections(world, codes)
    airflow.wait_for_dags(["sync_collections"])
    # Slow answers: each task holds its slot for long, and the others want one meanwhile.
    ask_sandbox(world, "POST", "latency", {"milliseconds": 1500})

    run_id = airflow.trigger("sync_collections", {"collections": codes})
    wait_until(lambda: is_at_the_limit(world, run_id, "worker-2"), seconds=RUN_SECONDS)
    # The load stays for a while: a limit that leaks would show.
    wanted = requests(world) + LONG_ENOUGH
    wait_until(lambda: requests(world) >= wanted, seconds=RUN_SECONDS)
    # Of two, one is still at work when the worker ends.
    wait_until(lambda: len(at_work(world, run_id, "worker-2")) > 1, seconds=RUN_SECONDS)
    containers.kill("worker-2")
    # Nobody reports their end any more.
    cut = at_work(world, run_id, "worker-2")
    ask_sandbox(world, "POST", "latency", {"milliseconds": 100})
    is_missed = not containers.is_healthy("worker-2")
    # As `restart: unless-stopped` does.
    containers.up("worker-2")
    wait_until(lambda: has_ended(world, run_id), seconds=RUN_SECONDS)
    state = airflow.run_state("sync_collections", run_id)
    again = {key for key, task in collections(world, run_id).items() if task.try_number > 1}

    assert cut, "it was killed while tasks ran"
    assert is_missed, "the health check notices it"
    assert state == "success", world.errors(run_id)
    assert again and again <= cut, "what was cut off was tried again, and nothing else"
    assert world.wrong_members(run_id, codes) == []
    assert all(tasks_of(world, worker) for worker in WORKERS)
    assert SLOT_COUNT <= most_in_flight(world) <= MOST_CONNECTIONS
    containers.wait_until_healthy("worker-2")


def add_collections(world: World, codes: list[str]) -> None:
    """Small collections beside those of the sample, each with an audience of its own."""
    with psycopg.connect(world.crm) as crm:
        crm.execute(
            "insert into crm.contact_collection"
            " select (jsonb_populate_record(one, jsonb_build_object("
            "'collection_id', 1000 + load.number, 'code', load.code))).*"
            " from crm.contact_collection as one"
            " cross join unnest(%s::text[]) with ordinality as load (code, number)"
            " where one.code = %s",
            (codes, FIRST),
        )
        crm.execute(
            "insert into crm.collection_member (collection_id, contact_id)"
            " select load.collection_id, contact.contact_id"
            " from crm.contact_collection as load"
            " inner join crm.contact on contact.contact_id %% 20 = load.collection_id %% 20"
            " where load.code = any(%s)",
            (codes,),
        )


def most_in_flight(world: World) -> int:
    """How many requests the sandbox had at once at most, refused ones among them."""
    return int(ask_sandbox(world, "GET", "")["most_in_flight"])


def requests(world: World) -> int:
    """How many requests the sandbox has had."""
    return int(ask_sandbox(world, "GET", "")["requests"])


def collections(world: World, run_id: str) -> dict[int, TaskInstance]:
    """The tasks of the collections of a sync."""
    tasks = world.airflow.task_instances("sync_collections", run_id)
    return {task.map_index: task for task in tasks if task.task_id == "sync_collection"}


def at_work(world: World, run_id: str, worker: str) -> set[int]:
    """The collections that a worker syncs, by the numbers of their tasks."""
    of_worker = tasks_of(world, worker)
    place = f"dag_id=sync_collections/run_id={run_id}/task_id=sync_collection/map_index="
    return {
        number
        for number, task in collections(world, run_id).items()
        if task.state == "running" and f"{place}{number}" in of_worker
    }


def is_at_the_limit(world: World, run_id: str, worker: str) -> bool:
    """Whether all slots of the account are in use, and a worker syncs collections."""
    world.containers.require_alive()
    syncs = any(run_id in name and "=sync_collection" in name for name in tasks_of(world, worker))
    return syncs and most_in_flight(world) >= SLOT_COUNT


def has_ended(world: World, run_id: str) -> bool:
    """Whether a run has ended. The minutes until a second try pass at once."""
    with psycopg.connect(world.dsn("airflow")) as metadata:
        metadata.execute(
            "update task_instance set end_date = end_date - interval '1 hour'"
            " where state = 'up_for_retry' and end_date > now() - interval '1 hour'"
        )
    world.containers.require_alive()
    return world.airflow.run_state("sync_collections", run_id) in ("success", "failed")
