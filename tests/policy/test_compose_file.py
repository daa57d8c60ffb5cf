"""``docker-compose.yaml`` as Docker Compose itself understands it. No engine is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
REQUIRED = {
    "POSTGRES_PASSWORD": "pg-pass",
    "AIRFLOW_ADMIN_PASSWORD": "admin-pass",
    "AIRFLOW_FERNET_KEY": "fernet",
    "AIRFLOW_API_SECRET": "api",
    "AIRFLOW_JWT_SECRET": "jwt",
}
CONNECTIONS = {
    "AIRFLOW_CONN_CRM_DB": "postgresql://crm@elsewhere/crm",
    "AIRFLOW_CONN_MAILCHIMP_DEFAULT": "mailchimp://:key-us21@",
}


def compose(tmp_path: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("docker-compose")
    if program is None and not os.environ.get("CI"):
        pytest.skip("docker-compose is not installed. On Debian: apt-get install docker-compose")
    assert program, "a build server has docker-compose (.ci/run installs it)"
    (tmp_path / "empty.env").touch()
    return subprocess.run(
        [
            *(program, "--env-file", str(tmp_path / "empty.env")),
            *("--file", str(ROOT / "docker-compose.yaml"), *arguments),
        ],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def services(tmp_path: Path, *arguments: str, **settings: str) -> dict[str, Any]:
    done = compose(tmp_path, *arguments, "config", **{**REQUIRED, **settings})
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return found


def test_the_whole_of_airflow_and_a_profile_to_try_it(tmp_path: Path) -> None:
    # Asked with the profile: old releases of docker-compose show every profile's services anyway.
    found = services(tmp_path, "--profile", "sandbox")
    trying = {name for name, service in found.items() if service.get("profiles") == ["sandbox"]}
    assert trying == {"mailchimp-sandbox", "sample-crm"}
    assert set(found) - trying == {
        *("postgres", "init", "api-server", "scheduler", "dag-processor", "triggerer"),
    }


def test_nothing_is_open_to_the_network(tmp_path: Path) -> None:
    for name, service in services(tmp_path, "--profile", "sandbox").items():
        for port in service.get("ports", []):
            text = port if isinstance(port, str) else f"{port.get('host_ip')}:{port['published']}"
            assert text.startswith("127.0.0.1:"), name


def test_connections_come_from_the_environment(tmp_path: Path) -> None:
    for name in ("scheduler", "dag-processor", "triggerer", "api-server"):
        environment = services(tmp_path, **CONNECTIONS)[name]["environment"]
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
        ({"GIVEN_MAILCHIMP": "x", "GIVEN_CRM": "x", "GIVEN_CRM_QUERY": ""}, None),
        ({}, None),
    ],
)
def test_real_and_made_up_worlds_are_not_mixed(
    tmp_path: Path, given: dict[str, str], message: str | None
) -> None:
    file = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
    init = file["services"]["init"]
    asked = {name for name in init["environment"] if name.startswith("GIVEN_")}
    assert asked == {"GIVEN_CRM", "GIVEN_CRM_QUERY", "GIVEN_MAILCHIMP"}
    (tmp_path / "python").write_text("#!/bin/bash\nexit 99\n", encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    (script,) = init["command"]
    script = script.replace("$$", "$").replace("/opt/airflow/auth", str(tmp_path))
    unset = {"GIVEN_CRM": "", "GIVEN_CRM_QUERY": "unset", "GIVEN_MAILCHIMP": ""}
    done = subprocess.run(
        ["/bin/bash", "-ec", script],
        env={"PATH": str(tmp_path), **unset, **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    if message is None:
        assert done.returncode == 99, "it goes on to the first program"
    else:
        assert done.returncode == 2
        assert message in done.stderr


def test_an_empty_query_login_stays_empty(tmp_path: Path) -> None:
    settings = {**CONNECTIONS, "AIRFLOW_CONN_CRM_QUERY_DB": ""}
    environment = services(tmp_path, **settings)["scheduler"]["environment"]
    assert environment["AIRFLOW_CONN_CRM_QUERY_DB"] == ""


def test_airflow_waits_for_the_one_shot_migration(tmp_path: Path) -> None:
    found = services(tmp_path)
    for name in ("scheduler", "dag-processor", "triggerer", "api-server"):
        assert found[name]["depends_on"] == {
            "init": {"condition": "service_completed_successfully"}
        }
    assert found["init"]["restart"] == "no"
