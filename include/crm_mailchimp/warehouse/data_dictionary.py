"""The data dictionary: what a BI login reads, in the database's own words, as Markdown."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.warehouse.bi_login import SCHEMAS, readable_columns

if TYPE_CHECKING:
    from psycopg import Connection

_HEAD = """\
# Data dictionary

<!-- Written by `make dictionary` from the comments of the warehouse. -->

Every table and view that a [BI login](stats.md#a-login-for-bi) reads, and every column. Start with
`mart`: it has all facts and dimensions. `stats` has the reports as Mailchimp gave them.
[Statistics](stats.md) says which keys join them, and how the figures are counted. This command
prints the page for your own warehouse:

```sh
python -m crm_mailchimp.warehouse dictionary --dsn …
```
"""


class DescribedColumn(NamedTuple):
    """A column of a table or view; comments are None if the database has no words for it."""

    schema_name: str
    relation_name: str
    is_view: bool
    relation_comment: str | None
    column_name: str
    column_type: str
    column_comment: str | None


def described_columns(connection: Connection[Any]) -> list[DescribedColumn]:
    """The columns that a BI login reads, ordered by table or view within each schema.

    Args:
        connection: the warehouse.
    """
    readable = {
        (one.schema_name, one.relation_name): one.columns for one in readable_columns(connection)
    }
    found = read_rows(
        connection,
        DescribedColumn,
        statement("warehouse/describe_columns"),
        {"schemas": list(SCHEMAS)},
    )
    return [
        column
        for column in found
        if (place := (column.schema_name, column.relation_name)) in readable
        and (readable[place] is None or column.column_name in (readable[place] or ()))
    ]


def data_dictionary(connection: Connection[Any]) -> str:
    """The page, in Markdown.

    Args:
        connection: the warehouse.
    """
    columns = described_columns(connection)
    parts = [_HEAD]
    for schema in reversed(SCHEMAS):
        parts.append(f"## {schema}\n")
        of_schema = [column for column in columns if column.schema_name == schema]
        for name, group in groupby(of_schema, key=lambda column: column.relation_name):
            parts.append(_section(f"{schema}.{name}", list(group)))
    return "\n".join(parts)


def _section(name: str, columns: list[DescribedColumn]) -> str:
    kind = "View" if columns[0].is_view else "Table"
    lines = [
        f"### {name}",
        "",
        f"{kind}. {_words(columns[0].relation_comment)}",
        "",
        "| column | type | meaning |",
        "|---|---|---|",
        *(
            f"| `{one.column_name}` | {one.column_type} | {_words(one.column_comment)} |"
            for one in columns
        ),
    ]
    return "\n".join(lines) + "\n"


def _words(comment: str | None) -> str:
    return " ".join((comment or "").split()).replace("|", "\\|").replace("<", "&lt;")
