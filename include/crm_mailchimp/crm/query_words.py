"""The words of a query text: only lexical forms that Postgres and sqlglot read in the same way.

Dollar quotes, escape strings and ``U&`` names are refused. Comments are taken out before anybody
else reads the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from crm_mailchimp.crm.query_allowed import (
    ALLOWED_OPERATORS,
    OPERATORS_INSTEAD,
    QueryRefusedError,
    operator_refused,
)

#: Deepest nesting of parentheses and brackets.
DEEPEST_NESTING = 50

_LEXICAL_FORMS = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    | (?P<line_comment>--[^\r\n]*)
    | (?P<comment>/\*)
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")+")
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w$.]))
    | (?P<word>[A-Za-z_\u0370-\u03ff\u1f00-\u1fff][A-Za-z0-9_\u0370-\u03ff\u1f00-\u1fff]*(?![\w$]))
    | (?P<operator>(?:(?!--|/\*)[-+*/%<>=!~|])+)
    | (?P<mark>::|[(),.;\[\]])
    """,
    re.VERBOSE,
)
# Source: PostgreSQL 18 manual, "Operators" in "Lexical Structure".
_ANY_OPERATOR = re.compile(r"[-+*/<>=~!@#%^&|`?]+")
_COMMENT_MARK = re.compile(r"/\*|\*/")
_STRING_PREFIXES = frozenset({"b", "e", "n", "x"})


class Word(NamedTuple):
    """One word of a text: its form (word, quoted, string, number, operator, mark) and itself."""

    form: str
    text: str


def read_words(query: str) -> Iterator[Word]:
    """The words of a text without comments and spaces.

    Raises:
        QueryRefusedError: a form that is not allowed.
    """
    depth = 0
    for word in _forms(query):
        if word.form in ("space", "line_comment", "comment"):
            continue
        if word.form == "operator" and _bare_operator(word.text) not in ALLOWED_OPERATORS:
            raise operator_refused(word.text)
        if word.form == "mark":
            depth += (word.text in "([") - (word.text in ")]")
        if depth > DEEPEST_NESTING:
            raise QueryRefusedError(
                f"parentheses are nested deeper than {DEEPEST_NESTING}. Write parts of the query "
                "as WITH queries"
            )
        yield word


def without_comments(query: str) -> str:
    """The text with each comment as one space, as Postgres reads it.

    Raises:
        QueryRefusedError: a form that is not allowed.
    """
    return "".join(
        " " if word.form in ("line_comment", "comment") else word.text for word in _forms(query)
    )


def bare_name(word: Word) -> str:
    """A name as Postgres compares it: without quotes, or in lower case."""
    return word.text.lower() if word.form == "word" else word.text[1:-1].replace('""', '"')


def _forms(query: str) -> Iterator[Word]:
    position = 0
    while position < len(query):
        found = _LEXICAL_FORMS.match(query, position)
        if found is None:
            operator = _operator_at(query, position)
            if operator in OPERATORS_INSTEAD:
                raise operator_refused(operator)
            raise QueryRefusedError(_unreadable(query[position]))
        form, start = str(found.lastgroup), position
        position = found.end()
        if form == "comment":
            position = _end_of_comment(query, position)
        if form == "word" and found[0].lower() in _STRING_PREFIXES and query[position:][:1] == "'":
            raise QueryRefusedError(
                "strings with a prefix (E'', N'', B'', X'') are not allowed. Write the characters "
                "themselves between single quotes"
            )
        yield Word(form, query[start:position])


def _operator_at(query: str, position: int) -> str:
    """The whole operator of Postgres around a place that is no allowed word."""
    for found in _ANY_OPERATOR.finditer(query):
        if found.start() <= position < found.end():
            return found[0]
    return ""


def _end_of_comment(query: str, position: int) -> int:
    # Comments of Postgres may hold comments.
    depth = 1
    while depth:
        found = _COMMENT_MARK.search(query, position)
        if found is None:
            raise QueryRefusedError("a comment does not end: write */ after it")
        depth += 1 if found[0] == "/*" else -1
        position = found.end()
    return position


def _bare_operator(operator: str) -> str:
    # "=-1" is "=" and a sign. "<*" looks like a select list's star: it is refused.
    return operator.rstrip("+-") or operator[:1]


def _unreadable(character: str) -> str:
    values = "Write the values themselves into the text"
    if character == "$":
        return f"parameters and dollar quotes ($) are not allowed. {values}, between single quotes"
    if character in "?:@":
        return f"parameters are not allowed ({character!r} outside a string). {values}"
    if character in "'\"":
        return "a string or a quoted name does not end: a closing quote is missing"
    return f"character {character!r} is not allowed outside strings and quoted names"
