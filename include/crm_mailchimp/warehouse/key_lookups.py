"""How statements join: a page looks its rows up by their keys, whatever Postgres has counted.

Without fresh statistics the planner takes a table that was just filled for an empty one. Then it
reads the whole table for each page. At 20,000 members some statements cost a hundred times as much.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from psycopg import Connection
from psycopg.sql import SQL, Identifier

#: Only loops remain, they use indexes, and they begin with what a statement names first: the page.
#: A plan is made for each page, because the tables grow meanwhile.
#: Source: PostgreSQL documentation, "Query Planning" among the run-time settings.
_BY_KEY = (
    "select set_config('enable_hashjoin', 'off', false),"
    " set_config('enable_mergejoin', 'off', false),"
    " set_config('join_collapse_limit', '1', false),"
    " set_config('plan_cache_mode', 'force_custom_plan', false)"
)
_BY_KEY_NOW = (
    "set local enable_hashjoin = off; set local enable_mergejoin = off;"
    " set local join_collapse_limit = 1"
)
_AS_BEFORE_NOW = (
    "set local enable_hashjoin to default; set local enable_mergejoin to default;"
    " set local join_collapse_limit to default"
)
_AS_BEFORE = (
    "reset enable_hashjoin; reset enable_mergejoin; reset join_collapse_limit;"
    " set plan_cache_mode = auto"
)

_by_key: WeakSet[Connection[Any]] = WeakSet()


@contextmanager
def key_lookups(warehouse: Connection[Any]) -> Iterator[None]:
    """Let the statements in here look rows up by their keys; commits before and after.

    It is for statements about a page. A statement about a whole audience would take longer. Within
    another such block it does nothing.

    Args:
        warehouse: a rollback in here takes nothing back of what this block has set.
    """
    if warehouse in _by_key:
        yield
        return
    warehouse.commit()
    warehouse.execute(_BY_KEY)
    warehouse.commit()
    _by_key.add(warehouse)
    try:
        yield
    except BaseException:
        if not warehouse.closed:
            warehouse.rollback()
        raise
    finally:
        _by_key.discard(warehouse)
        if not warehouse.closed:
            warehouse.execute(_AS_BEFORE)
            warehouse.commit()


@contextmanager
def key_lookups_now(warehouse: Connection[Any]) -> Iterator[None]:
    """The same within one transaction; commits nothing.

    Args:
        warehouse: in a transaction, and not in ``key_lookups``. An error in here ends it.
    """
    warehouse.execute(_BY_KEY_NOW)
    yield
    warehouse.execute(_AS_BEFORE_NOW)


@contextmanager
def index_order_now(warehouse: Connection[Any]) -> Iterator[None]:
    """For a page in the order of an index: it is read from there, up to its last row.

    The planner takes the rest of a table for small, or a filter for narrow. Then it reads and sorts
    the whole rest for each page.

    Args:
        warehouse: in a transaction that ends after the block. An error in here ends it.
    """
    warehouse.execute("set local enable_sort = off")
    yield
    warehouse.execute("set local enable_sort to default")


@contextmanager
def hash_joins_now(warehouse: Connection[Any], *, merges: bool = True) -> Iterator[None]:
    """For statements about a whole audience: they compare no row with every other row.

    Without fresh statistics the planner takes a table that was just filled for a small one. Then it
    reads that table once for each row of another.

    Args:
        warehouse: in a transaction that ends after the block. An error in here ends it.
        merges: whether Postgres may also sort both sides and merge them.
    """
    off = ["enable_nestloop"] if merges else ["enable_nestloop", "enable_mergejoin"]
    for setting in off:
        warehouse.execute(SQL("set local {} = off").format(Identifier(setting)))
    yield
    for setting in off:
        warehouse.execute(SQL("set local {} to default").format(Identifier(setting)))
