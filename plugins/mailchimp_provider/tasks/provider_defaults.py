"""The task of ``get_mailchimp_defaults``."""

# ruff: noqa: PLC0415 - DAG files import this module: what takes long is imported in functions

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailchimp_provider.connections import opened
from mailchimp_provider.outcomes import fail_without_retry


@fail_without_retry()
def fill(params: Mapping[str, Any]) -> dict[str, list[str]]:
    """Fill the empty columns; returns the columns' names by what became of them.

    With several providers, the code of its row comes before each column.
    """
    from crm_mailchimp.sync.audience.list_defaults import get_defaults_of_all

    with opened() as connections:
        found = get_defaults_of_all(
            connections.warehouse(),
            connections.crm(),
            connections.accounts(),
            list_id=params["list_id"],
            overwrite=params["overwrite"],
        )
    if len(found) == 1:
        return next(iter(found.values())).columns()
    merged: dict[str, list[str]] = {}
    for code, filled in found.items():
        for fate, columns in filled.columns().items():
            merged.setdefault(fate, []).extend(f"{code}.{column}" for column in columns)
    return merged
