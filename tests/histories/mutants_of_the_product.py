"""The known histories notice each way in which the product is broken on purpose, and the judge's
tests each way in which the oracle is.

Too long for every run: ``make mutants``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from histories.mutants import (
    MUTANTS,
    ORACLE_MUTANTS,
    ROOT,
    SHARING_MUTANTS,
    Mutant,
    break_oracle,
    break_product,
)

_PYTEST = (sys.executable, "-m", "pytest", "-q", "-n", "0", "--timeout", "1200")
#: So many plots that notice a break are named; the others are not played.
_ENOUGH = 3
_FAILED_PLOT = re.compile(r"^FAILED .*\[(.*?)\]", re.MULTILINE)
_FAILED_TEST = re.compile(r"^FAILED \S+::test_(\S+)", re.MULTILINE)


def play_known(include: Path | None) -> subprocess.CompletedProcess[str]:
    words = (f"--maxfail={_ENOUGH}", "tests/histories/test_known.py")
    return _pytest(ROOT, *words, product=include)


def _pytest(
    folder: Path, *words: str, product: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    if product is not None:
        environment["PYTHONPATH"] = str(product)
    return subprocess.run(
        [*_PYTEST, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mutant", (*MUTANTS, *SHARING_MUTANTS), ids=lambda one: one.name)
def test_a_broken_product_is_noticed(mutant: Mutant, tmp_path: Path, record_property) -> None:  # type: ignore[no-untyped-def]
    done = play_known(break_product(mutant, tmp_path))

    assert done.returncode == 1, f"nobody noticed: {mutant.name}\n{done.stdout[-2000:]}"
    noticed = _FAILED_PLOT.findall(done.stdout) or _FAILED_TEST.findall(done.stdout)
    assert noticed, done.stdout[-3000:]
    wrong = sum(line.startswith("E ") and "  =>" in line for line in done.stdout.splitlines())
    record_property("mutant", mutant.name)
    record_property("noticed", f"{wrong} findings: {'; '.join(noticed)}")


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mutant", ORACLE_MUTANTS, ids=lambda one: one.name)
def test_a_broken_oracle_is_noticed(mutant: Mutant, tmp_path: Path, record_property) -> None:  # type: ignore[no-untyped-def]
    break_oracle(mutant, tmp_path)

    judged = ("tests/histories/test_judge.py", "tests/histories/test_judge_of_sharing.py")
    done = _pytest(tmp_path, *judged)

    noticed = _FAILED_TEST.findall(done.stdout)
    assert done.returncode == 1, f"nobody noticed: {mutant.name}\n{done.stdout[-2000:]}"
    assert noticed, done.stdout[-3000:]
    record_property("mutant", f"oracle: {mutant.name}")
    record_property("noticed", "; ".join(noticed))


@pytest.mark.timeout(1800)
def test_the_whole_product_is_right() -> None:
    done = play_known(None)
    assert done.returncode == 0, done.stdout[-3000:]
