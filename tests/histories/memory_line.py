"""What lies between the pipeline and an account in memory: every request is in the test's hands."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from crm_mailchimp.mailchimp.errors import ConnectionFault, NotFound
from histories import mailchimp_memory as far
from histories.mailchimp_memory import Account

#: Reads; every other request can change something.
READS = frozenset(
    {"ping", "audiences", "audience", "merge_fields", "members", "archived", "member",
     "complainers", "campaigns", "campaign", "checklist", "domains", "tags", "tag_members"}
)  # fmt: skip


@dataclass
class Line:
    """What lies between the pipeline and the account.

    Attributes:
        before: called with the request's name and audience, right before it is carried out.
        loses: whether the answer of this request is lost: "die" (the task dies of it), "again" (the
            client sends the request a second time), or nothing.
        saw: called with every member that the pipeline is shown.
        missed: called with audience, key and request when there is no such member.
        saw_tag: called with audience, name and addresses when the pipeline is shown who carries a
            tag.
        gave_tag: called with audience, name and subscriber hashes when an answer says who got a
            tag.
        takes_tag: the same, of those that lose the tag by a request.
        made: names of all requests.
    """

    before: Callable[[str, str], object] = lambda name, list_id: None
    loses: Callable[[str, str], str | None] = lambda name, list_id: None
    saw: Callable[[str, far.Member], object] = lambda list_id, member: None
    missed: Callable[[str, str, str], object] = lambda list_id, key, name: None
    saw_tag: Callable[[str, str, Iterable[str]], object] = lambda list_id, name, carrying: None
    gave_tag: Callable[[str, str, Iterable[str]], object] = lambda list_id, name, hashes: None
    takes_tag: Callable[[str, str, Sequence[str]], object] = lambda list_id, name, hashes: None
    made: list[tuple[str, str]] = field(default_factory=list)
    #: Seconds that pass with each request: neighbours may share a second.
    ticks: Iterator[int] = field(default_factory=lambda: itertools.cycle((1, 0, 2, 0, 0, 1)))

    @staticmethod
    def is_write(name: str) -> bool:
        return name not in READS and not name.startswith("read ")

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [one for one in self.made if self.is_write(one[0])]


class MemoryConnection:
    """A connection to the account: requests pass the line, and are counted.

    Args:
        name: of the connection. It reaches no audience of another one.
    """

    def __init__(self, account: Account, line: Line, name: str = far.DEFAULT) -> None:
        self._account, self._line, self._name = account, line, name
        self._calls = 0

    @property
    def calls(self) -> int:
        return self._calls

    def _begin(self, name: str, list_id: str = "") -> str | None:
        self._calls += 1
        self._account.now += next(self._line.ticks)
        self._line.made.append((name, list_id))
        self._line.before(name, list_id)
        return self._line.loses(name, list_id)

    def _lost(self, loss: str | None, name: str) -> None:
        if loss == "die":
            raise ConnectionFault("lost", method="POST", path=f"/{name}", outcome_unknown=True)

    def _read(self, name: str, list_id: str = "") -> far.Audience | None:
        """A request that only reads; the audience it is about."""
        self._lost(self._begin(name, list_id), name)
        return self._audience(list_id) if list_id else None

    def _audience(self, list_id: str) -> far.Audience:
        found = self._reached(list_id)
        if found is None:
            raise NotFound(method="GET", path="/lists/{list_id}", status=404, title="Not found")
        return found

    def _reached(self, list_id: str) -> far.Audience | None:
        found = self._account.audiences.get(list_id)
        return found if found is not None and found.connection == self._name else None
