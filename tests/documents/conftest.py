"""The site, built once for all tests of the folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site; without MkDocs, tests are skipped, but never in CI."""
    if not (ROOT / ".venv-docs" / "installed").is_file():
        missing = "MkDocs is not installed: tools/install_beside docs"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [ROOT / "tools" / "build_site", folder], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    assert built.stderr == ""
    return folder.resolve()
