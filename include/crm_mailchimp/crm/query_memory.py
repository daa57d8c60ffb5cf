"""How often an admitted query takes ``work_mem``: Postgres gives it to each sort by itself.

``count(distinct …)``, an ordered aggregate and a window each sort their rows alone. With several
groupings in ``group by`` such an aggregate sorts once for each grouping. A list of ``array_agg`` or
``string_agg`` is in memory as a whole. So a text may contain only a few of them. Source:
PostgreSQL 18 manual, "Resource Consumption" (work_mem).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from sqlglot import exp

from crm_mailchimp.crm.query_allowed import QueryRefusedError
from crm_mailchimp.crm.query_lists import is_list

#: Most sorts of aggregates and windows, counted over the whole text.
MOST_SORTS = 20
#: Most groupings of rollup, cube and grouping sets, counted over the whole text.
MOST_GROUPINGS = 64
#: Most lists of rows, counted over the whole text.
MOST_LISTS = 5


def check_memory(nodes: Sequence[exp.Expr]) -> None:
    """Refuse a query that takes the memory of a sort or of a list too often.

    Args:
        nodes: of the whole text, of allowed kinds only.

    Raises:
        QueryRefusedError: naming the limit, and what to write instead.
    """
    groupings = {id(node): _groupings(node) for node in nodes if isinstance(node, exp.Select)}
    if sum(number for number in groupings.values() if number > 1) > MOST_GROUPINGS:
        raise QueryRefusedError(
            f"rollup, cube and grouping sets make more than {MOST_GROUPINGS} groupings. Name the "
            "groupings that you need: group by grouping sets ((city), (country))"
        )
    sorting = {id(one): one for node in nodes if (one := _sorting_aggregate(node)) is not None}
    windows = {
        (id(node.find_ancestor(exp.Select)), _window_of(node))
        for node in nodes
        if isinstance(node, exp.Window)
    }
    if _times(list(sorting.values()), groupings) + len(windows) > MOST_SORTS:
        raise QueryRefusedError(
            f"it has more than {MOST_SORTS} aggregates with DISTINCT or ORDER BY, and windows. "
            "Each grouping of rollup or cube counts again. Count rows of a WITH query: with w as "
            "(select distinct city from contact) select count(*) from w"
        )
    lists = [node for node in nodes if is_list(node)]
    if _times(lists, groupings) > MOST_LISTS:
        raise QueryRefusedError(
            f"it collects more than {MOST_LISTS} lists with array_agg, string_agg or "
            "array(select …). Each grouping of rollup or cube counts again. Collect less: count, "
            "or use EXISTS or IN"
        )


def _times(aggregates: Sequence[exp.Expr], groupings: Mapping[int, int]) -> int:
    """How often aggregates exist at once: each grouping has its own."""
    return sum(groupings.get(id(one.find_ancestor(exp.Select)), 1) for one in aggregates)


def _sorting_aggregate(node: exp.Expr) -> exp.Expr | None:
    """The aggregate whose rows a node sorts, or None."""
    if not isinstance(node, (exp.Distinct, exp.Order)):
        return None
    parent = node.parent
    while isinstance(parent, (exp.Distinct, exp.Order)):
        parent = parent.parent
    return parent if isinstance(parent, (exp.Func, exp.WithinGroup)) else None


def _window_of(window: exp.Window) -> str:
    """Windows with the same text share a sort."""
    parts = [*(window.args.get("partition_by") or []), window.args.get("order")]
    name = window.args.get("alias")
    return "|".join(part.sql("postgres") for part in [*parts, name] if isinstance(part, exp.Expr))


def _groupings(select: exp.Select) -> int:
    """In how many ways a query groups its rows: at least one."""
    group = select.args.get("group")
    if not isinstance(group, exp.Group):
        return 1
    # They multiply: each grouping of one is combined with each of the others.
    return math.prod(_alternatives(part) for part in group.iter_expressions())


def _alternatives(part: exp.Expr) -> int:
    if isinstance(part, exp.Cube):
        return int(2 ** min(len(part.expressions), 30))
    if isinstance(part, exp.Rollup):
        return len(part.expressions) + 1
    if isinstance(part, exp.GroupingSets):
        return sum(_alternatives(one) for one in part.expressions)
    return 1
