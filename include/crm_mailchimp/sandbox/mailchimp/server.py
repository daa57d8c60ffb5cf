"""A running server: the account it serves, its key, and what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from crm_mailchimp.sandbox.mailchimp.account import Sandbox
from crm_mailchimp.sandbox.mailchimp.faults import Faults


@dataclass
class Server:
    """One running sandbox server and its settings."""

    sandbox: Sandbox
    key: str
    faults: Faults = field(default_factory=Faults)
    latency: float = 0.0
    state_file: Path | None = None
    in_flight: int = 0
    most_in_flight: int = 0
