"""Pages of the API into temporary tables by COPY, a batch at a time; then one SQL statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

from psycopg import sql

from crm_mailchimp.rows import find_value
from crm_mailchimp.stats.shapes import LeftOut, Shape
from crm_mailchimp.warehouse.copying import copy_rows

if TYPE_CHECKING:
    from psycopg import Connection

_Item = TypeVar("_Item")

#: Rows held in memory at a time: one page of the API.
BATCH_SIZE = 1000
#: Bytes of a landing table that is emptied row by row. Making a table costs twenty times as much,
#: and every plan that names it is made once more.
_FEW_BYTES = 512 * 1024


def batches(items: Iterable[_Item], size: int = BATCH_SIZE) -> Iterator[list[_Item]]:
    """Items in lists of at most ``size``, without holding more."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def create_landing(
    connection: Connection[Any], table: str, column_types: Sequence[tuple[str, str]]
) -> None:
    """An empty temporary table of this session for one stream; the caller commits."""
    name = sql.Identifier("pg_temp", table)
    size = find_value(
        connection,
        int,
        "select pg_relation_size(to_regclass(%s))",
        (name.as_string(connection),),
    )
    if size is not None and size <= _FEW_BYTES:
        connection.execute(sql.SQL("delete from {}").format(name))
        return
    columns = sql.SQL(", ").join(
        sql.SQL("{} " + kind).format(sql.Identifier(column)) for column, kind in column_types
    )
    connection.execute(sql.SQL("drop table if exists {}").format(name))
    connection.execute(
        sql.SQL("create temporary table {} ({})").format(sql.Identifier(table), columns)
    )


def land(
    connection: Connection[Any],
    shape: Shape,
    items: Iterable[Mapping[str, Any]],
    left_out: LeftOut,
    *,
    may_be_empty: bool = False,
) -> int:
    """API objects of one stream into ``landing_<stream>`` of this session.

    Every whole batch is committed, so that no transaction stays open while the API is asked for
    the next page. The rest is the caller's to commit: then all pages are there.

    Args:
        connection: the warehouse; not in a transaction.
        shape: of one object.
        items: the objects.
        left_out: takes the errors of objects that do not fit.
        may_be_empty: nothing is wrong with the whole if none of its objects fits.

    Returns:
        number of rows landed.

    Raises:
        UnexpectedShapeError: not one object fits: the API has changed.
    """
    table = f"landing_{shape.stream}"
    landed = 0
    known = len(left_out.errors)
    pages = batches(items)
    first = next(pages, [])
    create_landing(connection, table, shape.column_types)
    for batch in chain([first] if first else [], pages):
        rows = (row for _, row in shape.fitting(batch, left_out))
        landed += copy_rows(connection, table, shape.columns, rows)
        if len(batch) == BATCH_SIZE:
            connection.commit()
    require_some(left_out, known, landed, may_be_empty=may_be_empty)
    if landed > BATCH_SIZE:
        # Without it the planner takes the table for a tiny one.
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier(table)))
    return landed


def require_some(left_out: LeftOut, known: int, landed: int, *, may_be_empty: bool = False) -> None:
    """Refuse a list of which not one object fits.

    Args:
        left_out: errors of this list and of earlier ones.
        known: how many of them are of earlier lists.
        landed: rows of this list.
        may_be_empty: accept it all the same.

    Raises:
        UnexpectedShapeError: the first error of the list.
    """
    if not landed and not may_be_empty and len(left_out.errors) > known:
        raise left_out.errors[known]
