"""What a provider says before a campaign is sent: is it ready, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class ChecklistItem:
    """One line of the send checklist; ``type`` is 'success', 'warning' or 'error'."""

    type: str
    heading: str
    details: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Checklist:
    """Whether the provider finds a campaign ready to send, and why not."""

    is_ready: bool
    items: tuple[ChecklistItem, ...]
