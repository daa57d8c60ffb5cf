"""A running server: the account it serves, its key, and what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.faults import Faults


@dataclass
class Server:
    """One running sandbox server and its settings. The control API gives its ``name``."""

    sandbox: Sandbox
    key: str
    name: str
    faults: Faults = field(default_factory=Faults)
    latency: float = 0.0
    state_file: Path | None = None
    in_flight: int = 0
    most_in_flight: int = 0
