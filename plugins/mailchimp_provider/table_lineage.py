"""The tables that a task reads and writes: those that its statements name."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mailchimp_provider.lineage import find_collector

if TYPE_CHECKING:
    from airflow.sdk.bases.hook import BaseHook

log = logging.getLogger(__name__)


@contextmanager
def noted_tables() -> Iterator[None]:
    """Report the tables of the statements that the block uses. What fails there fails nothing."""
    collector = find_collector()
    if collector is None:
        yield
        return

    from crm_mailchimp.statements import noted  # noqa: PLC0415 - only where somebody collects

    with noted() as names:
        try:
            yield
        finally:
            try:
                _report(collector, frozenset(names))
            except Exception as error:
                log.warning("lineage not noted: %s", type(error).__name__)


def _report(collector: Any, names: Iterable[str]) -> None:
    from airflow.sdk.bases.hook import BaseHook  # noqa: PLC0415 - DAG files import the tasks

    from crm_mailchimp.statement_tables import tables_of  # noqa: PLC0415
    from crm_mailchimp.statements import statement  # noqa: PLC0415
    from mailchimp_provider.connections import CRM, WAREHOUSE  # noqa: PLC0415

    found = [tables_of(statement(name)) for name in names]
    read = {table for one in found for table in one.read}
    written = {table for one in found for table in one.written}
    hooks: dict[str, tuple[BaseHook, str]] = {}
    for tables, add in ((read, collector.add_input_asset), (written, collector.add_output_asset)):
        for table in sorted(tables):
            connection_id = CRM if table.startswith("crm.") else WAREHOUSE
            if connection_id not in hooks:
                hook, place = BaseHook(), BaseHook.get_connection(connection_id)
                server = f"postgres://{place.host}:{place.port or 5432}/{place.schema}"
                hooks[connection_id] = (hook, server)
            hook, server = hooks[connection_id]
            add(hook, uri=f"{server}/{table.replace('.', '/')}")
