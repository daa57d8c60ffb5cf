"""What each wheel of this repository holds: the product, and the sandbox alone."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bare_airflow import build_wheel

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def tops(names: list[str]) -> set[str]:
    return {name.partition("/")[0] for name in names if ".dist-info/" not in name}


def test_the_product_is_alone_in_its_wheel(tmp_path: Path) -> None:
    with zipfile.ZipFile(build_wheel(ROOT, tmp_path)) as built:
        names = built.namelist()
    assert tops(names) == {"crm_mailchimp", "mailchimp_provider"}
    assert "crm_mailchimp/_sql/migrations/0002_sync.sql" in names
    assert not [name for name in names if "/tests/" in name]


def test_the_sandbox_runs_from_its_wheel_alone(tmp_path: Path) -> None:
    sandbox = ROOT / "include" / "mailchimp_sandbox"
    with zipfile.ZipFile(build_wheel(sandbox, tmp_path)) as built:
        names = built.namelist()
        built.extractall(tmp_path / "installed")
    assert tops(names) == {"mailchimp_sandbox"}
    assert not [name for name in names if "/tests/" in name]
    assert [name for name in names if name.endswith("/licenses/LICENSE")]
    metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
    text = (tmp_path / "installed" / metadata).read_text(encoding="utf-8")
    assert "Name: mailchimp-sandbox\n" in text and "License-Expression: Apache-2.0\n" in text
    process = subprocess.Popen(
        [sys.executable, "-m", "mailchimp_sandbox", "--port", "0"],
        cwd=tmp_path / "installed",
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("ready http://127.0.0.1:")
    finally:
        process.terminate()
        process.communicate(timeout=30)
