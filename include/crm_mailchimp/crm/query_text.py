"""Which query texts of dynamic collections may run: one harmless SELECT over the CRM contract.

Two readers check the text, one after the other. Each has a list of what is allowed, not of what is
forbidden:

* :mod:`~crm_mailchimp.crm.query_words`, a small lexer of ours, takes the comments out. It allows
  only lexical forms that Postgres and sqlglot cannot read differently. A name in front of a
  parenthesis must be in the list of functions.
* sqlglot's tree may consist only of the nodes below, and reads only tables of the contract. The
  module :mod:`~crm_mailchimp.crm.query_growth` then limits what it can make of their rows.

Tables are then written with their schema, so that the text runs with ``search_path`` set to
``pg_catalog`` alone. No function, operator, type or table elsewhere answers to an allowed name.
The text runs as a login that can only read (``create --query-login``).
"""

from __future__ import annotations

import itertools
import logging
import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from crm_mailchimp.crm.query_allowed import (
    ALLOWED_FUNCTIONS,
    ALLOWED_TABLES,
    ALLOWED_TYPES,
    QueryRefusedError,
    not_listed,
    set_of,
)
from crm_mailchimp.crm.query_growth import check_growth
from crm_mailchimp.crm.query_words import Word, bare_name, read_words, without_comments

#: Longest query text that is looked at, in characters.
LONGEST_TEXT = 100_000

# sqlglot's own names of the types above, and of what it reads them as.
_PARSED_TYPES = {name.upper() for name in ALLOWED_TYPES} | {"ARRAY"}

# Words that may come before a parenthesis and are no functions.
_WORDS_BEFORE_PARENTHESIS = set_of(
    "all and any array as between by case cube distinct else except exists filter from group "
    "having ilike in intersect interval is join lateral like limit materialized not offset on or "
    "over overlaps rollup select sets similar some then to union using values when where"
)

# The nodes of sqlglot 30 that a tree may consist of. A newer sqlglot that names one differently
# makes queries refused, never admitted.
_NODES = set_of(
    "Abs Add Alias All And Anonymous Any Array ArrayAgg ArrayPosition ArraySize ArrayToString "
    "AtTimeZone Avg Between Boolean Bracket Case Cast Ceil Coalesce Column Concat ConcatWs "
    "Count CTE Cube CumeDist CurrentDate CurrentTime CurrentTimestamp DPipe DataType "
    "DataTypeParam Date DateBin DenseRank Distinct Div EQ Escape Except Exists Explode Extract "
    "Fetch Filter FirstValue Floor From GT GTE Greatest Group GroupConcat GroupingSets Having "
    "Identifier If ILike In Initcap IntDiv Intersect Interval IntervalSpan Is Join JustifyDays "
    "Kwarg LT LTE Lag LastValue Lateral Lead Least Left Length Like Limit LimitOptions Literal "
    "Ln Localtime Localtimestamp Log LogicalAnd LogicalOr Lower MD5 MakeInterval Max Min Mod "
    "Mode Mul NEQ Neg Not NthValue Ntile Null NullSafeEQ NullSafeNEQ Nullif Offset Or Order "
    "Ordered Overlaps Paren PercentRank PercentileCont PercentileDisc Pow Rank RegexpCount "
    "RegexpILike RegexpLike RegexpReplace Replace Reverse Right Rollup Round RowNumber Select "
    "Sign SimilarTo SplitPart Sqrt Star StartsWith Stddev StrPosition StrToDate StrToTime "
    "StringToArray Sub Subquery Substring Sum Table TableAlias TimeToStr TimestampTrunc "
    "ToNumber Translate Trim Trunc Tuple Union UnixToTime Unnest Upper Values Var Variance "
    "Where Window WindowSpec With WithinGroup"
)

# Names that may be in a message. Others may be values in the wrong quotes.
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_PLAIN_NAMES = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*")
_HIDDEN = "…"
# Bytes of a name that Postgres keeps.
_LONGEST_NAME = 63

# Read like a column, yet answered by the server about itself.
_SERVER_WORDS = set_of(
    "user current_user session_user system_user current_role current_catalog current_schema"
)


def check_query(text: str | None) -> str:
    """The query as it may run: tables with their schema, no comments, no closing semicolon.

    Args:
        text: the CRM's query text.

    Raises:
        QueryRefusedError: naming the rule that was broken.
    """
    query = (text or "").strip()
    if "\x00" in query:
        raise QueryRefusedError("the query text holds a NUL character: take it out")
    if len(query) > LONGEST_TEXT:
        raise QueryRefusedError(
            f"the query text is longer than {LONGEST_TEXT} characters. Keep long lists in a field "
            "of the contacts, or in a static collection"
        )
    query = re.sub(r"[\s;]+\Z", "", without_comments(query).strip())
    if not query:
        raise QueryRefusedError("the query text is empty: write a SELECT that yields contact_id")
    words = list(read_words(query))
    _check_statement(words)
    tree = _parse(query)
    for node in tree.walk():
        if isinstance(node, exp.Func) and type(node).__name__ not in _NODES:
            _check_calls(words, tree)  # its refusal names the function as the text does
        _check_node(node)
    _check_calls(words, tree)
    check_growth(tree)
    return _qualified(query, tree)


def attribute_names(query: str) -> set[str]:
    """What an admitted query writes after a dot: columns of its tables, or what looks like one.

    Postgres reads ``c.f`` as ``f(c)`` where the table has no column ``f``: only the database can
    tell which it is.
    """
    words = list(read_words(query))
    return {
        bare_name(word)
        for before, word in itertools.pairwise(words)
        if before == ("mark", ".") and word.form in ("word", "quoted")
    }


def without_values(message: str, query: str) -> str:
    """A message of Postgres about a text, without values that the text has in the wrong quotes.

    Args:
        message: of a syntax or a name (SQLSTATE class 42). It quotes the text.
        query: the text. Only its plain names (ASCII, in lower case) may be shown.
    """
    shown = message
    try:
        words = [word for word in read_words(query) if word.form in ("word", "quoted")]
    except QueryRefusedError:
        return ""  # never admitted: nobody knows what is a name in it
    names = {
        word.text if word.form == "word" else bare_name(word)
        for word in words
        if not (
            word.text.isascii() if word.form == "word" else _PLAIN_NAME.fullmatch(bare_name(word))
        )
    }
    # Longer ones first: one may be a part of another. Postgres cuts names after 63 bytes.
    for name in sorted(names, key=len, reverse=True):
        cut = name.encode()[:_LONGEST_NAME].decode(errors="ignore")
        shown = shown.replace(name, _HIDDEN).replace(cut, _HIDDEN)
    shown = re.sub(
        r'"((?:[^"]|"")*)"',
        lambda found: found[0] if _PLAIN_NAMES.fullmatch(found[1]) else f'"{_HIDDEN}"',
        shown,
    )
    shown = re.sub(r"\S*@\S*", _HIDDEN, shown)[:300]
    return shown if shown == message[:300] else f"{shown}. Write values in single quotes: 'Αθήνα'"


def _shown(name: str) -> str:
    """A name of the text for a message: it may be a value in the wrong quotes."""
    return repr(name) if _PLAIN_NAME.fullmatch(name) else f"'{_HIDDEN}'"


def _check_statement(words: list[Word]) -> None:
    if any(word == ("mark", ";") for word in words):
        raise QueryRefusedError(
            "exactly one statement is allowed. Write a semicolon at the end only, or none"
        )
    first = next((word for word in words if word != ("mark", "(")), None)
    if first is None or first.form != "word" or first.text.lower() not in ("select", "with"):
        raise QueryRefusedError("only a SELECT is allowed")
    names = {word.text.lower() for word in words if word.form == "word"}
    if "table" in names:
        raise QueryRefusedError("only a SELECT is allowed, not TABLE: write select * from …")
    if "operator" in names:
        raise QueryRefusedError("OPERATOR(…) is not allowed: write the operator itself")


def _parse(query: str) -> exp.Query:
    logger = logging.getLogger("sqlglot")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # it would write the text of what it cannot parse
    try:
        statements = sqlglot.parse(query, read="postgres")
    except ParseError as error:
        raise QueryRefusedError(f"the query text is not valid SQL{_place(error)}") from None
    except RecursionError:
        raise QueryRefusedError(
            "the query text is not valid SQL, or nested too deeply: write parts of it as WITH "
            "queries"
        ) from None
    except (SqlglotError, AttributeError, LookupError, TypeError, ValueError):
        # The last four would be mistakes of the parser: no text may stop the other collections.
        raise QueryRefusedError("the query text is not valid SQL") from None
    finally:
        logger.setLevel(level)
    tree = statements[0] if len(statements) == 1 else None
    if not isinstance(tree, exp.Query):
        raise QueryRefusedError("only a SELECT is allowed")
    return tree


def _place(error: ParseError) -> str:
    # Its words quote the text, which may hold anything.
    found = error.errors[0] if error.errors else {}
    line, column = found.get("line"), found.get("col")
    return f": look near line {line}, column {column}" if line and column else ""


def _check_node(node: exp.Expr) -> None:
    if isinstance(node, (exp.DML, exp.DDL, exp.Command)) and not isinstance(node, exp.Query):
        raise QueryRefusedError("only a SELECT is allowed, also inside WITH")
    if isinstance(node, exp.Into):
        raise QueryRefusedError("SELECT INTO is not allowed: leave INTO out")
    if isinstance(node, exp.Lock):
        raise QueryRefusedError("row locks (FOR UPDATE, FOR SHARE) are not allowed: leave them out")
    if isinstance(node, (exp.Placeholder, exp.Parameter, exp.SessionParameter)):
        raise QueryRefusedError(
            "parameters are not allowed. Write the values themselves into the text"
        )
    if isinstance(node, exp.Dot):
        raise QueryRefusedError(
            "functions must be named without a schema, and (row).column is not allowed. Write "
            "lower(city), and table.column"
        )
    if isinstance(node, exp.With) and node.args.get("recursive"):
        raise QueryRefusedError(
            "WITH RECURSIVE is not allowed: write one join for each step that you need"
        )
    if isinstance(node, exp.Table):
        _check_table(node)
    elif isinstance(node, exp.Column):
        _check_column(node)
    elif isinstance(node, exp.Cast):
        _check_cast(node)
    elif isinstance(node, exp.Anonymous):
        is_quoted = isinstance(node.this, exp.Identifier) and node.this.quoted
        _check_function(node.name if is_quoted else node.name.lower())
    elif type(node).__name__ not in _NODES:
        # COLLATE is a function to sqlglot alone.
        is_function = isinstance(node, exp.Func) and not isinstance(node, exp.Collate)
        kind = "function" if is_function else "construct"
        name = node.sql_names()[0] if isinstance(node, exp.Func) else type(node).__name__
        raise not_listed(kind, name)


def _check_table(table: exp.Table) -> None:
    if not isinstance(table.this, exp.Identifier):
        raise QueryRefusedError(
            "functions in FROM are not allowed. Write (values (1), (2)) as v (n), or "
            "unnest(array[1, 2])"
        )
    if table.catalog:
        raise QueryRefusedError("other databases are not allowed: write crm.table")
    schema = _folded(table.args.get("db"))
    if schema not in ("", "crm"):
        raise QueryRefusedError(
            f"schema {_shown(schema)} is not allowed, only crm is: write crm.table"
        )
    if not schema and _folded(table.this) in _visible_ctes(table):
        return
    if _folded(table.this) not in ALLOWED_TABLES:
        raise QueryRefusedError(
            f"table {_shown(_folded(table.this))} is not part of the CRM contract. "
            f"These are: {', '.join(sorted(ALLOWED_TABLES))}"
        )


def _check_column(column: exp.Column) -> None:
    if column.args.get("catalog") or _folded(column.args.get("db")) not in ("", "crm"):
        raise QueryRefusedError("columns of other schemas are not allowed: write table.column")
    name = column.this
    if not column.table and not name.args.get("quoted") and name.name.lower() in _SERVER_WORDS:
        raise QueryRefusedError(
            f"function {name.name.lower()!r} is not allowed: leave it out. If you mean a column, "
            "write the name of its table and a dot before it"
        )


def _check_cast(cast: exp.Cast) -> None:
    for data_type in cast.to.find_all(exp.DataType):
        kind = data_type.this
        if (kind.value if isinstance(kind, exp.DataType.Type) else str(kind)) not in _PARSED_TYPES:
            raise QueryRefusedError(
                f"a cast to {_shown(cast.to.sql('postgres').lower())} is not allowed. "
                f"Cast to {', '.join(sorted(ALLOWED_TYPES))}, or an array of them"
            )


def _check_function(name: str) -> None:
    if name not in ALLOWED_FUNCTIONS:
        raise not_listed("function", _shown(name))


def _check_calls(words: list[Word], tree: exp.Query) -> None:
    """Whatever the tree says: a name in front of a parenthesis is on a list, or an alias."""
    aliases = {
        _folded(alias.this)
        for alias in tree.find_all(exp.TableAlias)
        if alias.args.get("columns") and alias.this
    }
    for word, following in itertools.pairwise(words):
        if following != ("mark", "(") or word.form not in ("word", "quoted"):
            continue
        name = bare_name(word)
        if name in aliases or (
            word.form == "word" and (name in _WORDS_BEFORE_PARENTHESIS or name in ALLOWED_TYPES)
        ):
            continue
        _check_function(name if word.form == "word" else word.text)


def _visible_ctes(table: exp.Table) -> set[str]:
    """Names of the WITH queries in whose scope a table is named: earlier ones, not its own."""
    visible: set[str] = set()
    node: exp.Expr = table
    while node.parent is not None:
        parent = node.parent
        if isinstance(parent, exp.With):
            before = parent.expressions[: parent.expressions.index(node)]
            visible |= {_folded(cte.args["alias"].this) for cte in before}
        elif not isinstance(node, exp.With):
            clause = parent.args.get("with_")
            if isinstance(clause, exp.With):
                visible |= {_folded(cte.args["alias"].this) for cte in clause.expressions}
        node = parent
    return visible


def _qualified(query: str, tree: exp.Query) -> str:
    places = []
    for table in tree.find_all(exp.Table):
        name = table.this
        if table.args.get("db") or _folded(name) in _visible_ctes(table):
            continue
        start, end = name.meta.get("start"), name.meta.get("end")
        if start is None or query[start : end + 1].strip('"').lower() != _folded(name):
            raise QueryRefusedError(
                f"table {_shown(_folded(name))} must be written with its schema: crm.contact"
            )
        places.append(start)
    for start in sorted(places, reverse=True):
        query = f"{query[:start]}crm.{query[start:]}"
    return query


def _folded(name: object) -> str:
    """A name as Postgres folds it: ASCII letters to lower case, unless it is quoted."""
    if not isinstance(name, exp.Identifier):
        return ""
    if name.args.get("quoted"):
        return str(name.name)
    return re.sub("[A-Z]+", lambda found: found[0].lower(), str(name.name))
