"""``docs/dynamic_queries.md``: what the query of a dynamic collection may use, from the code."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from crm_mailchimp.crm import query_growth, query_lists, query_memory, query_session
from crm_mailchimp.crm.dynamic_query import ROW_LIMIT
from crm_mailchimp.crm.query_allowed import (
    ALLOWED_OPERATORS,
    ALLOWED_TYPES,
    FUNCTION_GROUPS,
    INSTEAD,
    OPERATORS_INSTEAD,
    TABLE_KEYS,
)
from crm_mailchimp.crm.query_text import LONGEST_TEXT
from crm_mailchimp.crm.query_words import DEEPEST_NESTING

_WIDTH = 100

_HEAD = """\
# Dynamic queries

<!-- Written by `make docs` from include/crm_mailchimp/crm/ and tools/query_page.py. -->

The text in `crm.contact_collection.query_text` chooses the members of a dynamic collection. It is
one `SELECT` over the CRM contract with a column `contact_id`. People who may edit the CRM write it,
so the pipeline does not trust it. The text may use what this page lists, and nothing else. It runs
with a login that can only read.

```sql
-- Customers of Athens with an order this year
select c.contact_id
from contact as c
where translate(upper(c.city), 'ΆΈΉΊΌΎΏ', 'ΑΕΗΙΟΥΩ') = 'ΑΘΗΝΑ'
    and exists (
        select 1
        from contact_field_value as v
        where v.contact_id = c.contact_id and v.field_code = 'last_order'
            and v.value >= '2026-01-01'
    )
```

- Comments are allowed: `-- …` and `/* … */`.
- Parts of the query can be `WITH` queries, subqueries, `UNION`, `EXCEPT` and windows.
- `contact_id` is a whole number, or a text with a whole number. Repeats and nulls do not count.
- Write texts in single quotes. Prefixes (`E''`), dollar quotes and parameters are not allowed.
- A closing semicolon is allowed, and no second statement.

## Try it first

This command checks and runs a text as a run does. It changes nothing. It shows the verdict, the
plan, the number of contacts and the time. It shows no values of the CRM.

```sh
python -m crm_mailchimp.crm try-query --dsn postgresql://crm_query:…@crm.org/crm --file query.sql
python -m crm_mailchimp.crm try-query --dsn … --file - < query.sql
python -m crm_mailchimp.crm try-query --dsn … --collection OFFERS_ATHENS
```

The DSN is that of the connection `crm_query_db`. The exit code is 0 if a run would accept the
query. Otherwise it is 1, and the reason is on the last line. It begins with the code that the
collection's run would have: `query_refused` or `query_failed`."""


def query_page() -> str:
    """The text of the page."""
    parts = [_HEAD, *_lists(), _instead(), _limits()]
    return "\n\n".join(parts) + "\n"


def _lists() -> Iterable[str]:
    yield "## Tables\n\n" + _table(
        ("table", "key"), ((f"`{name}`", _code(key)) for name, key in TABLE_KEYS.items())
    )
    yield "## Functions\n\n" + _table(
        ("for", "functions"),
        ((subject, _code(sorted(names))) for subject, names in FUNCTION_GROUPS.items()),
    )
    # A bar inside a code span would end the cell of a table: this is a list.
    operators = " ".join(sorted(ALLOWED_OPERATORS))
    yield "\n".join(
        (
            "## Types and operators",
            "",
            "Types of casts, and of arrays:",
            "",
            "```text",
            " ".join(sorted(ALLOWED_TYPES)),
            "```",
            "",
            "Operators:",
            "",
            "```text",
            operators,
            "```",
        )
    )


def _instead() -> str:
    words: dict[str, list[str]] = {}
    for name, instead in {**INSTEAD, **OPERATORS_INSTEAD}.items():
        words.setdefault(instead, []).append(name)
    rows = ((_code(names), instead.replace("|", "\\|")) for instead, names in words.items())
    return "## What to write instead\n\n" + _table(("not allowed", "instead"), rows)


def _limits() -> str:
    rows = (
        ("length of the text", f"{LONGEST_TEXT:,} characters"),
        ("parentheses inside one another", f"{DEEPEST_NESTING}"),
        ("tables in the text, repeats included", f"{query_growth.MOST_TABLES}"),
        (
            "longest text that an expression can make of values of "
            f"{query_growth.ASSUMED_LENGTH:,} characters",
            f"{query_growth.LONGEST_VALUE:,} characters",
        ),
        (
            "steps of `translate`, `trim`, `strpos`, `replace` and patterns in one row: length of"
            " the value by length of the set or pattern",
            f"{query_growth.MOST_STEPS:,}",
        ),
        (
            "columns of an expression, with nested queries put into one another",
            f"{query_growth.LARGEST_EXPRESSION:,}",
        ),
        (
            "multiplications, divisions, powers, roots, logarithms",
            f"{query_growth.MOST_CALCULATIONS}",
        ),
        ("pattern of `to_char`, `to_date`", f"{query_growth.LONGEST_FORMAT} characters, written"),
        (
            "values that `array_agg` and `string_agg` collect",
            f"{query_lists.LONGEST_COLLECTED:,} characters each, of one table or of tables joined"
            " by a whole key",
        ),
        (
            "aggregates with `distinct` or `order by`, and windows. An aggregate counts once for"
            " each grouping of `rollup` and `cube`",
            f"{query_memory.MOST_SORTS}",
        ),
        ("groupings of `rollup`, `cube` and `grouping sets`", f"{query_memory.MOST_GROUPINGS}"),
        (
            "lists of `array_agg`, `string_agg` and `array(select …)`, counted in the same way",
            f"{query_memory.MOST_LISTS}",
        ),
        ("rows of the result", f"{ROW_LIMIT:,}"),
        ("time of the query", f"{query_session.TIMEOUT_SECONDS:g} seconds"),
    )
    settings = [f"{name} = {value}" for name, value in query_session.LOGIN_SETTINGS.items()]
    return "\n".join(
        (
            "## Limits",
            "",
            _table(("what", "at most"), rows),
            "",
            "The login of `crm create --query-login` has these settings:",
            "",
            "```text",
            *settings,
            "```",
            "",
            *_paragraph(
                "Only a superuser may set `temp_file_limit`, or a login with the right `grant set"
                " on parameter temp_file_limit`. Without that right `crm create` says so, and only"
                " the time limits the temporary files of a query."
            ),
            "",
            *_paragraph(
                "A query that is too slow is cancelled. If Postgres does not stop it within"
                f" {query_session.GRACE_SECONDS:g} seconds, its connection is given up and the run"
                " goes on. Postgres ends such a query at its next step. Only its collection fails,"
                " and its members stay as they are."
            ),
        )
    )


def _paragraph(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
