"""Stories take turns between the two Postgres servers: each runs on one of them.

What a story shows is decided by our statements, not by the server. Half of the stories run on
Debian's server, and half on the embedded one. So a difference between the servers is seen, and the
suite stays short. The longest tests of growth run on Debian's server, which most users have.
``BOTH_SERVERS=1`` runs all of these on both. Tests of plans, upgrades, backups and rights always
run on both.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from zlib import crc32

import pytest

SERVERS = ("postgres", "debian_postgres")
#: Folders of stories.
STORIES = (
    *("tests/sync/shared", "tests/sync/audience", "tests/refusals", "tests/accounts"),
    *("tests/campaigns", "tests/approvals", "tests/data_protection", "tests/plugins"),
)
#: Tests of backups and upgrades in these folders.
ON_BOTH = frozenset({"test_restored_backups.py", "test_migrate.py"})
#: Each takes minutes.
ON_DEBIAN = frozenset(
    {
        "tests/sync/runs/test_growth.py",
        "tests/sync/runs/test_growth_of_rare_runs.py",
        "tests/sync/shared/test_shared_growth.py",
        "tests/stats/test_growth.py",
    }
)


def not_in_turn(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Stories, and long tests, that are also there on the server whose turn it is.

    Args:
        items: what is left after all selections. Who asks for one server gets that one.
    """
    if os.environ.get("BOTH_SERVERS") == "1":
        return []
    stories = [(item, *found) for item in items if (found := _story(item)) is not None]
    times = Counter(name for _, name, _ in stories)
    return [
        item
        for item, name, server in stories
        if times[name] == len(SERVERS) and server != turn(name)
    ]


def turn(name: str) -> str:
    """The server whose turn it is, for a story by its file and name."""
    if name.partition("::")[0] in ON_DEBIAN:
        return "debian_postgres"
    return SERVERS[crc32(name.encode()) % len(SERVERS)]


def _story(item: pytest.Item) -> tuple[str, str] | None:
    """Name and server of a story; None: it is none, or has no server of two."""
    call = getattr(item, "callspec", None)
    if call is None or item.path.name in ON_BOTH:
        return None
    folder = item.path.parent.relative_to(item.config.rootpath)
    is_story = any(folder.is_relative_to(Path(one)) for one in STORIES)
    if not is_story and f"{folder}/{item.path.name}" not in ON_DEBIAN:
        return None
    [*servers] = (value for value in call.params.values() if value in SERVERS)
    if len(servers) != 1:
        return None
    others = "-".join(part for part in call.id.split("-") if part != servers[0])
    return f"{folder}/{item.path.name}::{getattr(item, 'originalname', item.name)}[{others}]", str(
        servers[0]
    )
