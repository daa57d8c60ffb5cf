"""The task of ``get_mailchimp_defaults``."""

# ruff: noqa: PLC0415 - DAG files import this module: what takes long is imported in functions

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailchimp_provider.connections import opened
from mailchimp_provider.outcomes import fail_without_retry


@fail_without_retry()
def fill(params: Mapping[str, Any]) -> dict[str, list[str]]:
    """Fill the empty columns; returns the columns' names by what became of them."""
    from crm_mailchimp.sync.audience.list_defaults import get_provider_defaults

    with opened() as connections:
        found = get_provider_defaults(
            connections.warehouse(),
            connections.crm(),
            connections.mailchimp(),
            list_id=params["list_id"],
            overwrite=params["overwrite"],
        )
    return found.columns()
