"""Pages of the API into temporary tables by COPY, a batch at a time; then one SQL statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from psycopg import sql

from crm_mailchimp.stats.shapes import Row, Shape, UnexpectedShapeError
from crm_mailchimp.warehouse.copying import copy_rows

if TYPE_CHECKING:
    from psycopg import Connection

_Item = TypeVar("_Item")

#: Rows held in memory at a time: one page of the API.
BATCH_SIZE = 1000


def batches(items: Iterable[_Item], size: int = BATCH_SIZE) -> Iterator[list[_Item]]:
    """Items in lists of at most ``size``, without holding more."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def create_landing(
    connection: Connection[Any], table: str, column_types: Sequence[tuple[str, str]]
) -> None:
    """An empty temporary table of this session for one stream; commits."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} " + kind).format(sql.Identifier(name)) for name, kind in column_types
    )
    connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier("pg_temp", table)))
    connection.execute(
        sql.SQL("create temporary table {} ({})").format(sql.Identifier(table), columns)
    )
    connection.commit()


def land(
    connection: Connection[Any],
    shape: Shape,
    items: Iterable[Mapping[str, Any]],
    *,
    refused: list[str] | None = None,
) -> int:
    """API objects of one stream into ``landing_<stream>`` of this session.

    Every batch is committed, so that no transaction stays open while the API is asked for the
    next page.

    Args:
        connection: the warehouse; not in a transaction.
        shape: of one object.
        items: the objects.
        refused: takes the errors of objects that do not fit; these objects are left out. Without
            it the first of them ends the landing.

    Returns:
        number of rows landed.

    Raises:
        UnexpectedShapeError: an object does not fit, and ``refused`` is not given.
    """
    table = f"landing_{shape.stream}"
    create_landing(connection, table, shape.column_types)
    landed = 0
    for batch in batches(items):
        rows = shape.rows(batch) if refused is None else _fitting(shape, batch, refused)
        landed += copy_rows(connection, table, shape.columns, rows)
        connection.commit()
    # Without it the planner takes the table for a tiny one.
    connection.execute(sql.SQL("analyze {}").format(sql.Identifier(table)))
    connection.commit()
    return landed


def _fitting(shape: Shape, items: Iterable[Mapping[str, Any]], refused: list[str]) -> Iterator[Row]:
    for item in items:
        try:
            yield shape.row(item)
        except UnexpectedShapeError as error:
            refused.append(f"campaign {item.get('id')}: {error}")
