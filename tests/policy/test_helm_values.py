"""``deploy/helm/values.yaml``: keys that the official chart has, and values that fit this project.

Neither ``helm`` nor the chart is here. ``KEYS`` has those keys of ``chart/values.schema.json`` that
we use, read on 2026-11-28 in https://github.com/apache/airflow. The chart refuses others
(``additionalProperties: false``). ``workers.celery`` came with 1.19.0: see its pull requests 59730,
60238 and 61193.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.utils import canonicalize_name

from containers.images import image_of
from crm_mailchimp.settings import GROUPS

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy" / "helm" / "values.yaml"
VALUES: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: Each value with its type. Below ``config`` are sections of Airflow's own configuration.
KEYS: dict[str, type] = {
    "executor": str,
    "airflowVersion": str,
    "images.airflow.repository": str,
    "images.airflow.tag": str,
    "postgresql.enabled": bool,
    "data.metadataSecretName": str,
    "fernetKeySecretName": str,
    "apiSecretKeySecretName": str,
    "jwtSecretName": str,
    "secret": list,
    "env": list,
    "volumes": list,
    "volumeMounts": list,
    "workers.celery.replicas": int,
    "workers.celery.persistence.enabled": bool,
    "workers.celery.persistence.size": str,
    "createUserJob.defaultUser.enabled": bool,
    "apiServer.extraInitContainers": list,
    "apiServer.extraVolumes": list,
    "apiServer.extraVolumeMounts": list,
    "migrateDatabaseJob.args": list,
}


def leaves(values: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Each value that is no mapping, with its path."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def test_the_chart_has_each_key() -> None:
    found = {path: value for path, value in leaves(VALUES) if not path.startswith("config.")}
    assert set(found) == set(KEYS)
    for path, value in found.items():
        assert type(value) is KEYS[path], path


_ASK_AIRFLOW = """
import json, sys
from airflow.configuration import conf
from airflow.sdk._shared.module_loading import import_string

asked = json.loads(sys.argv[1])
unknown = [
    f"{section}.{option}"
    for section, options in asked.items()
    for option in options
    if option not in conf.configuration_description.get(section, {}).get("options", {})
    and not conf.has_option(section, option)
]
import_string(asked["core"]["auth_manager"])
print(json.dumps(unknown))
"""


@pytest.mark.slow
def test_airflow_has_each_option(tmp_path: Path) -> None:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
    done = subprocess.run(
        [sys.executable, "-c", _ASK_AIRFLOW, json.dumps(VALUES["config"])],
        env={**clean, "AIRFLOW_HOME": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_the_image_is_of_this_version() -> None:
    lock = (ROOT / "requirements-celery.txt").read_text(encoding="utf-8")
    image = VALUES["images"]["airflow"]
    assert image["tag"] == PROJECT["version"]
    assert image["repository"].endswith(f"/{canonicalize_name(PROJECT['name'])}")
    assert f"\napache-airflow=={VALUES['airflowVersion']} " in lock
    for container in VALUES["apiServer"]["extraInitContainers"]:
        assert container["image"] == f"{image['repository']}:{image['tag']}"


def test_the_pods_get_connections_and_settings() -> None:
    compose = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
    for secret in VALUES["secret"]:
        assert set(secret) == {"envName", "secretName", "secretKey"}
        assert f"{secret['envName']}:" in compose
        assert secret["envName"] == f"AIRFLOW_CONN_{secret['secretKey'].upper()}"
    assert len(VALUES["secret"]) == 4
    settings = {name.upper() for group in GROUPS for name in group.model_fields}
    given = {one["name"]: one["value"] for one in VALUES["env"]}
    assert set(given) <= settings
    mounted = {one["mountPath"] for one in VALUES["volumeMounts"]}
    assert given["DATA_DOCS_DIR"] in mounted


def test_what_is_mounted_is_a_volume() -> None:
    for volumes, mounts in (
        (VALUES["volumes"], VALUES["volumeMounts"]),
        (VALUES["apiServer"]["extraVolumes"], VALUES["apiServer"]["extraVolumeMounts"]),
        *(
            (VALUES["apiServer"]["extraVolumes"], container["volumeMounts"])
            for container in VALUES["apiServer"]["extraInitContainers"]
        ),
    ):
        assert {one["name"] for one in mounts} <= {one["name"] for one in volumes}
    passwords = VALUES["config"]["core"]["simple_auth_manager_passwords_file"]
    (mount,) = VALUES["apiServer"]["extraVolumeMounts"]
    assert passwords.startswith(f"{mount['mountPath']}/")
    assert VALUES["apiServer"]["extraInitContainers"][0]["command"][-1].endswith(passwords)


def test_the_paths_are_those_of_the_image() -> None:
    folders = image_of("").folders
    for mount in (*VALUES["volumeMounts"], *VALUES["apiServer"]["extraVolumeMounts"]):
        assert mount["mountPath"] in folders


def test_the_job_migrates_as_the_containers_do() -> None:
    shell, option, script = VALUES["migrateDatabaseJob"]["args"]
    assert (shell, option) == ("bash", "-ec")
    compose = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
    (init,) = compose["services"]["init"]["command"]
    said = init.replace("$$", "$")
    for line in script.splitlines():
        assert line.removeprefix("exec ") in said, line
    subprocess.run(["bash", "-n", "-c", script], check=True)
    # The other pods wait for Airflow's tables alone.
    assert script.index("mailchimp_provider.migrate") < script.index("airflow db migrate")


def test_nothing_secret_is_in_the_file() -> None:
    given = {path.rpartition(".")[2] for path, _ in leaves(VALUES)}
    assert not {"fernetKey", "jwtSecret", "apiSecretKey", "password", "pass"} & given
