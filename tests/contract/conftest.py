"""The description and a recorded sandbox, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx
import pytest

from contract.description import Description, fetched
from contract.recording import Recording, recording
from sandbox.running import KEY, Running, running


@pytest.fixture(scope="session")
def description() -> Description:
    """Mailchimp's OpenAPI description; skips when the npm registry is out of reach."""
    return Description(fetched())


@dataclass(frozen=True)
class Recorded:
    """``world`` calls the sandbox through the recording proxy."""

    world: Running
    recording: Recording


@pytest.fixture(scope="module")
def sandbox_process() -> Iterator[Running]:
    with running("--seed", "7") as server:
        yield server


@pytest.fixture(scope="module")
def recorded(sandbox_process: Running) -> Iterator[Recorded]:
    """A sandbox behind the recording proxy, shared by a module."""
    with (
        recording(sandbox_process.base_url.removesuffix("/3.0")) as kept,
        httpx.Client(base_url=f"{kept.base_url}/", auth=("any", KEY), timeout=60) as api,
        httpx.Client(base_url=kept.host, timeout=60) as control,
    ):
        yield Recorded(
            replace(sandbox_process, base_url=kept.base_url, api=api, control_client=control),
            kept,
        )
