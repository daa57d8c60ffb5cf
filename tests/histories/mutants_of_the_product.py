"""The known histories notice each way in which the product is broken on purpose.

Too long for every run: ``make mutants``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from histories.mutants import MUTANTS, ROOT, Mutant, break_product

_FAILED = re.compile(r"^FAILED .*\[(.*?)\]", re.MULTILINE)
_PYTEST = (sys.executable, "-m", "pytest", "-q", "-n", "0", "--timeout", "1200")
#: So many plots that notice a break are named; the others are not played.
_ENOUGH = 3
KNOWN = "tests/histories/test_known.py"


def play_known(include: Path | None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    if include is not None:
        environment["PYTHONPATH"] = str(include)
    return subprocess.run(
        [*_PYTEST, f"--maxfail={_ENOUGH}", KNOWN],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_a_broken_product_is_noticed(mutant: Mutant, tmp_path: Path, record_property) -> None:  # type: ignore[no-untyped-def]
    done = play_known(break_product(mutant, tmp_path))

    assert done.returncode == 1, f"nobody noticed: {mutant.name}\n{done.stdout[-2000:]}"
    noticed = _FAILED.findall(done.stdout)
    assert noticed, done.stdout[-3000:]
    wrong = sum(line.startswith("E ") and "  =>" in line for line in done.stdout.splitlines())
    record_property("mutant", mutant.name)
    record_property("noticed", f"{wrong} findings: {'; '.join(noticed)}")


@pytest.mark.timeout(1800)
def test_the_whole_product_is_right() -> None:
    done = play_known(None)
    assert done.returncode == 0, done.stdout[-3000:]
