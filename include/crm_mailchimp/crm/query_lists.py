"""Lists that an admitted query makes of rows: ``array_agg``, ``string_agg``, ``array(select …)``.

Postgres keeps such a list in memory whatever ``work_mem`` says. So it may collect short values of
one table only, or of tables that are joined by a whole key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from crm_mailchimp.crm.query_allowed import TABLE_KEYS, QueryRefusedError

#: Longest value that a list collects, in characters.
LONGEST_COLLECTED = 5_000
#: Longest text between the values of string_agg, in characters.
LONGEST_SEPARATOR = 20


def _is_list_of_rows(node: exp.Expr) -> bool:
    return isinstance(node, exp.Array) and isinstance(next(iter(node.expressions), None), exp.Query)


def is_list(node: exp.Expr) -> bool:
    """Whether a node makes one value of many rows."""
    return isinstance(node, (exp.ArrayAgg, exp.GroupConcat)) or _is_list_of_rows(node)


def check_list(node: exp.Expr, lengths: Mapping[int, float], growth: float) -> None:
    """Refuse a list that could take more memory than a table of the CRM.

    Args:
        node: a list.
        lengths: longest value of each node, in characters, by the id of the node.
        growth: by how much nested queries can make values longer.

    Raises:
        QueryRefusedError: with what to write instead.
    """
    separator = node.args.get("separator")
    if isinstance(separator, exp.Expr) and (
        not isinstance(separator, exp.Literal) or len(separator.name) > LONGEST_SEPARATOR
    ):
        raise QueryRefusedError(
            "the text between the values of string_agg must be written, with at most "
            f"{LONGEST_SEPARATOR} characters: string_agg(city, ', ')"
        )
    if _is_list_of_rows(node):
        query = node.expressions[0]
        values = query.selects
        if any(value.find(exp.Explode, exp.Unnest) for value in values):
            raise QueryRefusedError(
                "array(select unnest(…)) is not allowed: write the array itself"
            )
    else:
        query = node.find_ancestor(exp.Select)
        values = [node.this]
    if max((lengths[id(value)] for value in values), default=0) * growth > LONGEST_COLLECTED:
        raise QueryRefusedError(
            "array_agg and string_agg may collect columns, and texts made of a few columns. These "
            "values are longer"
        )
    if query is None or _multiplies(query, of_list=True):
        raise QueryRefusedError(
            "array_agg, string_agg and array(select …) may collect rows of one table, or of tables "
            "joined by a whole key. Such a join is contact.contact_id = consent.contact_id. Other "
            "joins can make lists without limit: count, or use EXISTS"
        )


def _multiplies(query: exp.Expr, *, of_list: bool = False) -> bool:
    """Whether a query may have more rows than the tables of the CRM that it reads."""
    if isinstance(query, (exp.Subquery, exp.Paren)) and isinstance(query.this, exp.Query):
        return _multiplies(query.this) or bool(query.args.get("joins"))
    if isinstance(query, exp.SetOperation):
        return _multiplies(query.left) or _multiplies(query.right)
    if not isinstance(query, exp.Select):
        return True
    # A list takes its rows before unnest makes many of one.
    if not of_list and any(column.find(exp.Explode, exp.Unnest) for column in query.expressions):
        return True
    beginning = query.args.get("from_")
    joins = query.args.get("joins") or []
    if beginning is None:
        return False
    if query.args.get("laterals") or _relation_multiplies(beginning.this):
        return True
    if beginning.this.args.get("joins"):
        return True
    conditions = [query.args["where"].this] if query.args.get("where") else []
    before = {beginning.this.alias_or_name: _table_name(beginning.this)}
    for join in joins:
        name = join.this.alias_or_name
        conjuncts = [*conditions, *([join.args["on"]] if join.args.get("on") else [])]
        if not _joins_by_key(before, name, _table_name(join.this), conjuncts, join):
            return True
        before[name] = _table_name(join.this)
    return False


def _relation_multiplies(relation: exp.Expr) -> bool:
    if isinstance(relation, (exp.Values, exp.Unnest)):
        return False
    if isinstance(relation, exp.Table):
        cte = _with_query(relation)
        return cte is not None and _multiplies(cte.this)
    return _multiplies(relation)


def _with_query(table: exp.Table) -> exp.CTE | None:
    """The WITH query that a name in FROM means, or None for a table of the CRM."""
    if table.args.get("db"):
        return None
    node: exp.Expr | None = table
    while node is not None:
        clause = node.args.get("with_")
        if isinstance(clause, exp.With):
            inside = table.find_ancestor(exp.CTE)
            for cte in clause.expressions:
                if cte is inside:
                    break
                if isinstance(cte, exp.CTE) and cte.alias.lower() == table.name.lower():
                    return cte
        node = node.parent
    return None


def _table_name(relation: exp.Expr) -> str:
    if not isinstance(relation, exp.Table) or _with_query(relation) is not None:
        return ""
    return relation.name.lower()


def _joins_by_key(
    before: dict[str, str], name: str, table: str, conditions: Sequence[exp.Expr], join: exp.Expr
) -> bool:
    """Whether a joined table adds at most one row to each row, or each of its rows one."""
    if not table or join.args.get("method"):
        return False
    shared = {column.name.lower() for column in join.args.get("using") or []}
    pairs = [pair for condition in conditions for pair in _equal_columns(condition)]
    mine = shared | {own[1] for own, other in pairs if own[0] == name and other[0] in before}
    if set(TABLE_KEYS.get(table, (name,))) <= mine:
        return True
    if len(before) > 1:
        return False
    [(first, first_table)] = before.items()
    theirs = shared | {own[1] for own, other in pairs if own[0] == first and other[0] == name}
    return bool(first_table) and set(TABLE_KEYS.get(first_table, (first,))) <= theirs


def _equal_columns(
    condition: exp.Expr,
) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Pairs of columns, as table and name, that a condition makes equal; each in both orders."""
    waiting = [condition]
    while waiting:
        one = waiting.pop()
        if isinstance(one, exp.And):
            waiting += [one.left, one.right]
        elif isinstance(one, exp.Paren):
            waiting.append(one.this)
        elif isinstance(one, exp.EQ):
            left, right = one.left, one.right
            if isinstance(left, exp.Column) and isinstance(right, exp.Column):
                found = [(side.table, side.name.lower()) for side in (left, right)]
                yield found[0], found[1]
                yield found[1], found[0]
