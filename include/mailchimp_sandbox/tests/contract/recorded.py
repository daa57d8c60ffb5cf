"""Fixtures: Mailchimp's description, and a sandbox whose whole traffic is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx
import pytest

from mailchimp_sandbox.tests.contract.description import Description, cache_of, fetched
from mailchimp_sandbox.tests.contract.recording import Recording, recording
from mailchimp_sandbox.tests.running import KEY, Running, running


@pytest.fixture(scope="session")
def description(pytestconfig: pytest.Config) -> Description:
    """Mailchimp's OpenAPI description; skips when the npm registry is out of reach."""
    return Description(fetched(cache_of(pytestconfig)))


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
