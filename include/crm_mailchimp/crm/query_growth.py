"""How much an admitted query can make of its rows: values, expressions and lists stay small.

Postgres cannot interrupt some functions (``translate``, ``rtrim(text, set)``, ``strpos``) while
they read one value, and nested calls and nested queries multiply. So these limits are checked in
the text, before Postgres sees it:

* the longest value that an expression can make of values of :data:`ASSUMED_LENGTH` characters;
* the steps of functions that compare each character of a value with each one of another;
* how large an expression gets when Postgres puts nested queries into one another;
* what lists collect (:mod:`~crm_mailchimp.crm.query_lists`);
* how often a text sorts or collects (:mod:`~crm_mailchimp.crm.query_memory`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from sqlglot import exp

from crm_mailchimp.crm.query_allowed import QueryRefusedError, set_of
from crm_mailchimp.crm.query_lists import check_list, is_list
from crm_mailchimp.crm.query_memory import check_memory

#: Characters that a value of the CRM is assumed to have.
ASSUMED_LENGTH = 1_000
#: Longest value that an expression may make, in characters.
LONGEST_VALUE = 100_000
#: Most steps of one row in functions that Postgres does not interrupt.
MOST_STEPS = 20_000_000
#: Most columns of an expression after Postgres has put nested queries into one another.
LARGEST_EXPRESSION = 200_000
#: Most tables in FROM, counted over the whole text.
MOST_TABLES = 40
#: Most multiplications, divisions, powers, roots and logarithms: numbers may have 131,072 digits.
MOST_CALCULATIONS = 50
#: Longest pattern of to_char, to_date, to_number and to_timestamp.
LONGEST_FORMAT = 200

_LIST_LENGTH = 20_000
_SMALL = 50
# A name of a day or month is longer than the word of the pattern that asks for it.
_FORMAT_GROWTH = 12

_SUMS = (exp.DPipe, exp.Concat, exp.Tuple, exp.Array)
_FORMATTED = (exp.TimeToStr, exp.StrToDate, exp.StrToTime, exp.ToNumber)
_CALCULATIONS = (*(exp.Mul, exp.Div, exp.Mod, exp.IntDiv, exp.Pow, exp.Sqrt, exp.Ln, exp.Log),)
# Each character of a value is compared with each one of the second argument, by name of the node.
_SCANNED_WITH = {
    "Translate": "from_",
    "Trim": "expression",
    "StrPosition": "substr",
    "Replace": "expression",
    "SplitPart": "delimiter",
    "StringToArray": "expression",
    "Like": "expression",
    "ILike": "expression",
    "SimilarTo": "expression",
    "RegexpLike": "expression",
    "RegexpILike": "expression",
    "RegexpReplace": "expression",
    "RegexpCount": "expression",
}
# Nodes whose value is one of their parts, or a piece of it. All others make short values.
_PARTS = set_of(
    "Alias Bracket Case Coalesce Distinct Explode Filter FirstValue Greatest If Initcap Lag "
    "LastValue Lead Least Left Lower Max Min Mode NthValue Nullif Order Ordered Paren "
    "PercentileDisc Reverse Right SplitPart StringToArray Substring Translate Trim Unnest Upper "
    "Window WithinGroup"
)
_LONG_ANONYMOUS = set_of("btrim regexp_match")
# What keeps Postgres from putting a query into the one around it.
_BARRIERS = ("group", "distinct", "limit", "offset", "having")


def check_growth(tree: exp.Query) -> None:
    """Refuse a query that can make very much of few rows.

    Args:
        tree: of allowed nodes only.

    Raises:
        QueryRefusedError: naming the limit, and what to write instead.
    """
    nodes = list(tree.walk())
    _check_counts(tree, nodes)
    check_memory(nodes)
    _check_whole_rows(tree)
    for node in nodes:
        if isinstance(node, _FORMATTED):
            _check_format(node)
        elif isinstance(node, exp.RegexpReplace):
            _check_replacement(node)
    lengths = _lengths(nodes)
    growth = _growth(tree, nodes, lengths)
    if max(lengths[id(node)] * growth[id(node)] for node in nodes) > LONGEST_VALUE:
        raise QueryRefusedError(
            f"a text of it could get longer than {LONGEST_VALUE} characters. Nest fewer calls of "
            "replace, regexp_replace, concat and ||, write shorter replacements, and cast to "
            "text or varchar, not to char(n)"
        )
    if sum(_steps(node, lengths) * growth[id(node)] ** 2 for node in nodes) > MOST_STEPS:
        raise QueryRefusedError(
            "translate, trim, strpos, replace or a pattern would compare long texts with long "
            "texts, and Postgres cannot interrupt that. Write shorter sets and patterns, and fewer "
            "of them"
        )
    for node in nodes:
        if is_list(node):
            check_list(node, lengths, growth[id(node)])


def _check_counts(tree: exp.Query, nodes: Sequence[exp.Expr]) -> None:
    relations = (exp.Table, exp.Values, exp.Unnest)
    if sum(isinstance(node, relations) for node in nodes) > MOST_TABLES:
        raise QueryRefusedError(
            f"it names more than {MOST_TABLES} tables. Write a shorter query, such "
            "as one join or one IN list in place of many"
        )
    if sum(isinstance(node, _CALCULATIONS) for node in nodes) > MOST_CALCULATIONS:
        raise QueryRefusedError(
            f"it has more than {MOST_CALCULATIONS} multiplications, divisions, powers and roots. "
            "Calculate less, or keep the result in a column of the CRM"
        )
    if any(isinstance(node, exp.CTE) and node.args.get("materialized") is False for node in nodes):
        raise QueryRefusedError("NOT MATERIALIZED is not allowed: write AS (…) without it")
    columns = sum(isinstance(node, exp.Column) for node in nodes)
    if columns * _product(_merged_columns(one) for one in _inner(tree)) > LARGEST_EXPRESSION:
        raise QueryRefusedError(
            "its nested queries use the same columns so often that the whole gets too large. Name "
            "a column of a subquery only once in each expression, or write AS MATERIALIZED"
        )


def _check_whole_rows(tree: exp.Query) -> None:
    """A whole row in place of a column: its text has all columns, and rows can be nested."""
    sources = {one.alias_or_name.lower() for one in tree.find_all(exp.Table, exp.Subquery)}
    for column in tree.find_all(exp.Column):
        is_star = isinstance(column.this, exp.Star)
        if (is_star and not isinstance(column.parent, exp.Select)) or (
            not is_star and not column.table and column.name.lower() in sources
        ):
            raise QueryRefusedError(
                "a whole row is not allowed in place of a column. Write the column after the name "
                "of its table, such as contact.city, or count(*)"
            )


def _inner(tree: exp.Query) -> Iterator[exp.Expr]:
    """The queries inside a query: those whose columns others may use."""
    outermost: exp.Expr = tree
    while isinstance(outermost, (exp.Subquery, exp.Paren)):
        outermost = outermost.this
    return (one for one in tree.find_all(exp.Select, exp.Values) if one is not outermost)


def _product(factors: Iterator[float]) -> float:
    return math.prod(min(max(factor, 1.0), 1e12) for factor in factors)


def _growth(
    tree: exp.Query, nodes: Sequence[exp.Expr], lengths: dict[int, float]
) -> dict[int, float]:
    """By how much the queries before a node can make the values longer that it reads."""
    factors = {id(one): max(_longest_column(one, lengths), 1.0) for one in _inner(tree)}
    growth = _product(iter(factors.values()))
    # No query comes before itself.
    before: dict[int, float] = {}
    for node in nodes:
        inherited = before.get(id(node.parent), growth)
        before[id(node)] = growth / factors[id(node)] if id(node) in factors else inherited
    return before


def _lengths(nodes: Sequence[exp.Expr]) -> dict[int, float]:
    """The longest value of each node, in characters, by the id of the node."""
    lengths: dict[int, float] = {}
    # Parents come before children in a walk.
    for node in reversed(nodes):
        lengths[id(node)] = min(_length(node, lengths), 1e15)
    return lengths


def _length(node: exp.Expr, lengths: dict[int, float]) -> float:
    def of(name: str) -> float:
        part = node.args.get(name)
        return lengths.get(id(part), 0.0) if isinstance(part, exp.Expr) else 0.0

    parts = [lengths[id(part)] for part in node.iter_expressions() if id(part) in lengths]
    if isinstance(node, exp.Literal):
        return float(len(node.name))
    if isinstance(node, (exp.Column, exp.Query)):
        return ASSUMED_LENGTH
    if is_list(node):
        return _LIST_LENGTH
    if isinstance(node, _SUMS):
        return sum(parts)
    if isinstance(node, exp.ConcatWs):
        values = [lengths[id(part)] for part in node.expressions]
        return sum(values) + values[0] * len(values)
    if isinstance(node, exp.ArrayToString):
        return of("this") * (1 + of("expression") + of("null"))
    if isinstance(node, exp.Replace):
        return of("this") * max(of("replacement"), 1)
    if isinstance(node, exp.RegexpReplace):
        return of("this") * (of("replacement") + 1)
    if isinstance(node, _FORMATTED):
        return _FORMAT_GROWTH * of("format")
    if isinstance(node, exp.Cast):
        return _cast_length(node, of("this"))
    is_long = isinstance(node, exp.Anonymous) and node.name.lower() in _LONG_ANONYMOUS
    if is_long or type(node).__name__ in _PARTS:
        return max(parts, default=0.0)
    return _SMALL


def _cast_length(cast: exp.Cast, length: float) -> float:
    declared = [
        float(parameter.name)
        for parameter in cast.to.find_all(exp.DataTypeParam)
        if parameter.name.isascii() and parameter.name.isdigit()
    ]
    if any(kind.is_type("char", "bpchar") for kind in cast.to.find_all(exp.DataType)):
        return max(length, *declared) if declared else length
    return length


def _longest_column(query: exp.Expr, lengths: dict[int, float]) -> float:
    """By how much the longest column of a query is longer than a value of the CRM."""
    if isinstance(query, exp.Values):
        columns = [part for row in query.expressions for part in row.iter_expressions()]
    else:
        columns = query.expressions
    return max((lengths[id(column)] for column in columns), default=0.0) / ASSUMED_LENGTH


def _merged_columns(query: exp.Expr) -> float:
    """Columns in the largest expression of a query that Postgres may put into another one."""
    if not isinstance(query, exp.Select) or any(query.args.get(name) for name in _BARRIERS):
        return 1
    if isinstance(query.parent, exp.CTE) and query.parent.args.get("materialized"):
        return 1
    return max(
        (
            1 if column.find(exp.AggFunc, exp.Window) else len(list(column.find_all(exp.Column)))
            for column in query.expressions
        ),
        default=1,
    )


def _steps(node: exp.Expr, lengths: dict[int, float]) -> float:
    second = node.args.get(_SCANNED_WITH.get(type(node).__name__, ""))
    if not isinstance(second, exp.Expr):
        return 0
    return lengths.get(id(node.this), 0.0) * lengths[id(second)]


def _check_format(node: exp.Expr) -> None:
    pattern = node.args.get("format")
    if not isinstance(pattern, exp.Literal) or len(pattern.name) > LONGEST_FORMAT:
        raise QueryRefusedError(
            "the pattern of to_char, to_date, to_number or to_timestamp must be a text of at most "
            f"{LONGEST_FORMAT} characters: to_char(birth_date, 'YYYY-MM')"
        )


def _check_replacement(node: exp.Expr) -> None:
    # A replacement may hold references to what was found.
    if not isinstance(node.args.get("replacement"), (exp.Literal, type(None))):
        raise QueryRefusedError(
            "the replacement of regexp_replace must be a written text: regexp_replace(city, "
            "'[0-9]', '', 'g')"
        )
