"""What ``docker-compose.yaml`` promises: its profiles, what is open, what is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from compose_file import FILE, REQUIRED, ROOT, compose, services
from containers.images import image_of

CONNECTIONS = {
    "AIRFLOW_CONN_CRM_DB": "postgresql://crm@elsewhere/crm",
    "AIRFLOW_CONN_MAILCHIMP_DEFAULT": "mailchimp://:key-us21@",
}
AIRFLOW = ("api-server", "scheduler", "dag-processor", "triggerer")
PROFILES = {
    "sandbox": {"mailchimp-sandbox", "sample-crm"},
    "celery": {"redis", "worker-1", "worker-2"},
    "bi": {"bi-login", "superset", "dashboards"},
}


def test_the_whole_of_airflow_and_three_profiles(tmp_path: Path) -> None:
    alone = set(services(tmp_path))
    assert alone == {"postgres", "init", *AIRFLOW}
    for profile, more in PROFILES.items():
        assert set(services(tmp_path, profile)) - alone == more


def test_nothing_is_open_to_the_network(tmp_path: Path) -> None:
    for name, service in services(tmp_path, *PROFILES).items():
        for port in service.described.get("ports", []):
            text = port if isinstance(port, str) else f"{port.get('host_ip')}:{port['published']}"
            assert text.startswith("127.0.0.1:"), name


def test_no_service_runs_as_root(tmp_path: Path) -> None:
    # The entry of the image postgres gives its rights away by itself.
    for name, service in services(tmp_path, *PROFILES).items():
        if name != "postgres":
            assert service.described["user"] not in ("root", "0", "0:0"), name


def test_each_service_that_stays_says_whether_it_is_well(tmp_path: Path) -> None:
    # The sandbox is for trying: what needs it says so.
    for name, service in services(tmp_path, *PROFILES).items():
        stays = service.described["restart"] == "unless-stopped" and name != "mailchimp-sandbox"
        assert bool(service.health) == stays, name


def test_connections_come_from_the_environment(tmp_path: Path) -> None:
    found = services(tmp_path, "celery", **CONNECTIONS)
    for name in (*AIRFLOW, "worker-1", "worker-2"):
        environment = found[name].environment
        assert {key: environment[key] for key in CONNECTIONS} == CONNECTIONS


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_missing_secret_is_named(tmp_path: Path, missing: str) -> None:
    rest = {name: value for name, value in REQUIRED.items() if name != missing}
    done = compose(tmp_path, "config", **rest)
    assert done.returncode != 0
    assert ".env.example" in done.stderr


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"GIVEN_CRM": "x", "GIVEN_CRM_QUERY": "x"}, "AIRFLOW_CONN_MAILCHIMP_DEFAULT is not"),
        ({"GIVEN_MAILCHIMP": "x"}, "made-up contacts would go to Mailchimp"),
        ({"GIVEN_MAILCHIMP": "x", "GIVEN_CRM": "x"}, "or set it empty"),
        ({"AIRFLOW__CORE__EXECUTOR": "CeleryExecutor"}, "add --profile celery"),
        ({"AIRFLOW__CORE__EXECUTOR": "Celery"}, "neither LocalExecutor nor CeleryExecutor"),
        ({"GIVEN_MAILCHIMP": "x", "GIVEN_CRM": "x", "GIVEN_CRM_QUERY": ""}, None),
        ({}, None),
    ],
)
def test_what_does_not_fit_together_is_refused(
    tmp_path: Path, given: dict[str, str], message: str | None
) -> None:
    file = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    init = file["services"]["init"]
    asked = {name for name in init["environment"] if name.startswith("GIVEN_")}
    assert asked == {"GIVEN_CRM", "GIVEN_CRM_QUERY", "GIVEN_MAILCHIMP"}
    (script,) = init["command"]
    unset = {"GIVEN_CRM": "", "GIVEN_CRM_QUERY": "unset", "GIVEN_MAILCHIMP": ""}
    code, words = refused(tmp_path, script, {**unset, **given})
    if message is None:
        assert code == 99, "it goes on to the first program"
    else:
        assert code == 2
        assert message in words


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ({"SUPERSET_PASSWORD": ""}, "SUPERSET_ADMIN_PASSWORD is not set"),
        ({"SUPERSET_SECRET_KEY": ""}, "SUPERSET_SECRET_KEY is not set"),
        ({"BI_PASSWORD": ""}, "BI_PASSWORD is not set"),
        ({"GIVEN_WAREHOUSE": "x"}, "AIRFLOW_CONN_WAREHOUSE_DB is set and BI_DSN is not"),
        ({"GIVEN_WAREHOUSE": "x", "BI_DSN": "x", "BI_PASSWORD": ""}, None),
        ({}, None),
    ],
)
def test_superset_is_refused_what_it_needs(
    tmp_path: Path, missing: dict[str, str], message: str | None
) -> None:
    file = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    (script,) = file["services"]["bi-login"]["command"]
    names = ("SUPERSET_PASSWORD", "SUPERSET_SECRET_KEY", "BI_PASSWORD")
    given = {**dict.fromkeys(names, "x"), "BI_DSN": "", "GIVEN_WAREHOUSE": "", **missing}
    code, words = refused(tmp_path, script, given)
    assert (code, message or "") == (2 if message else 99, message or "")
    assert message is None or message in words


def refused(folder: Path, script: str, given: dict[str, str]) -> tuple[int, str]:
    """The exit code and the words of a service's script, whose programs all end with 99."""
    for name in ("python", "psql"):
        (folder / name).write_text("#!/bin/bash\nexit 99\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    (folder / "sleep").write_text("#!/bin/bash\n", encoding="utf-8")
    (folder / "sleep").chmod(0o755)
    done = subprocess.run(
        ["/bin/bash", "-ec", script.replace("$$", "$").replace("/opt/airflow/auth", str(folder))],
        env={"PATH": str(folder), **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    return done.returncode, done.stderr


def test_an_empty_query_login_stays_empty(tmp_path: Path) -> None:
    settings = {**CONNECTIONS, "AIRFLOW_CONN_CRM_QUERY_DB": ""}
    environment = services(tmp_path, **settings)["scheduler"].environment
    assert environment["AIRFLOW_CONN_CRM_QUERY_DB"] == ""


def test_airflow_waits_for_the_one_shot_migration(tmp_path: Path) -> None:
    found = services(tmp_path, *PROFILES)
    done = "service_completed_successfully"
    for name in AIRFLOW:
        assert found[name].waits_for == {"init": done}
    for name in ("worker-1", "worker-2"):
        assert found[name].waits_for == {"init": done, "redis": "service_healthy"}
    for name in ("init", "bi-login", "dashboards", "sample-crm"):
        assert found[name].described["restart"] == "no"


def test_executors_differ_in_one_value_only(tmp_path: Path) -> None:
    local = services(tmp_path)
    celery = services(tmp_path, AIRFLOW_EXECUTOR="CeleryExecutor")
    for name in (*AIRFLOW, "init"):
        before, after = local[name].environment, celery[name].environment
        differing = {key for key in after if before[key] != after[key]}
        assert differing == {"AIRFLOW__CORE__EXECUTOR"}


def test_workers_share_what_the_page_shows(tmp_path: Path) -> None:
    found = services(tmp_path, "celery")
    shown = found["api-server"].environment["DATA_DOCS_DIR"]
    for name in ("api-server", "scheduler", "worker-1", "worker-2"):
        assert found[name].volumes[shown] == "data-docs"
        assert found[name].environment["DATA_DOCS_DIR"] == shown


@pytest.mark.parametrize("profile", PROFILES)
def test_each_image_is_a_stage_of_the_dockerfile(tmp_path: Path, profile: str) -> None:
    for service in services(tmp_path, profile).values():
        if service.target is not None:
            image = image_of(service.target)
            for source, _ in image.copies:
                assert (ROOT / source).exists(), source
