"""The far side of histories in two accounts over the wire: two sandboxes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from histories.mailchimp_memory import Change, Member
from histories.memory_side import CONNECTIONS
from histories.sandbox_side import SandboxSide


class TwoSandboxes:
    """Acts of people in two accounts, and their facts. An audience's id says which account.

    Args:
        sandboxes: two fresh ones, the installation's usual account first.
        batch_above: more changes than this go through ``/batches``.
    """

    def __init__(self, *sandboxes: Any, batch_above: int = 50) -> None:
        self.connections = dict(CONNECTIONS)
        self._sides = [SandboxSide(one, batch_above=batch_above) for one in sandboxes]
        names = self.connections.values()
        self._by_connection = dict(zip(names, self._sides, strict=True))
        self.line = self._sides[0].line
        for side in self._sides:
            side.line, side.pass_time = self.line, self.pass_time  # type: ignore[method-assign]
        self._place: dict[str, SandboxSide] = {}

    def provider(self, connection: str) -> AbstractContextManager[Any]:
        return self._by_connection[connection].account()

    def rename_connection(self, old: str, new: str) -> None:
        """The account of a connection is reached through another one."""
        self._by_connection[new] = self._by_connection.pop(old)

    def _of(self, list_id: str) -> SandboxSide:
        """The sandbox that has an audience; the first one if none has it."""
        if list_id not in self._place:
            having = [side for side in self._sides if side.has_list(list_id)]
            if not having:
                return self._sides[0]
            (self._place[list_id],) = having
        return self._place[list_id]

    # ---- facts

    def now(self) -> datetime:
        return max(side.now() for side in self._sides)

    def has_list(self, list_id: str) -> bool:
        return self._of(list_id).has_list(list_id)

    def connection_of(self, list_id: str) -> str | None:
        side = self._of(list_id)
        if not side.has_list(list_id):
            return None
        (name,) = [name for name, each in self._by_connection.items() if each is side]
        return name

    def members(self, list_id: str) -> list[Member]:
        return self._of(list_id).members(list_id)

    def member(self, list_id: str, address: str) -> Member | None:
        return self._of(list_id).member(list_id, address)

    def mark(self, list_id: str) -> int | None:
        return self._of(list_id).mark(list_id)

    def tags(self, list_id: str) -> dict[str, set[str]]:
        return self._of(list_id).tags(list_id)

    def drain(self) -> list[Change]:
        return [change for side in self._sides for change in side.drain()]

    def recipients(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for side in self._sides:
            for campaign_id, addresses in side.recipients().items():
                assert campaign_id not in found, "two accounts gave one id to two campaigns"
                found[campaign_id] = addresses
        return found

    def can_complain(self, list_id: str, address: str) -> bool:
        return self._of(list_id).can_complain(list_id, address)

    # ---- acts

    def pass_time(self, seconds: int = 1) -> None:
        """The accounts have one clock."""
        moment = self.now() + timedelta(seconds=seconds)
        for side in self._sides:
            SandboxSide.pass_time(side, max(0, round((moment - side.now()).total_seconds())))

    def make_list(self, settings: Any) -> str:
        return self._sides[0].make_list(settings)

    def delete_list(self, list_id: str) -> None:
        self._of(list_id).delete_list(list_id)

    def act(self, verb: str, list_id: str, address: str, new_address: str = "") -> None:
        self._of(list_id).act(verb, list_id, address, new_address)

    def tag_by_hand(self, list_id: str, name: str, address: str, *, given: bool) -> None:
        self._of(list_id).tag_by_hand(list_id, name, address, given=given)

    def delete_tag(self, list_id: str, name: str) -> None:
        self._of(list_id).delete_tag(list_id, name)

    def rename_tag(self, list_id: str, name: str, new: str) -> None:
        self._of(list_id).rename_tag(list_id, name, new)

    def mail_by_hand(self, list_id: str) -> None:
        self._of(list_id).mail_by_hand(list_id)

    def prepare_campaign(self, campaign_id: str) -> None:
        for side in self._sides:
            if side.has_campaign(campaign_id):
                side.prepare_campaign(campaign_id)
