"""What is read and written, for OpenLineage and other tools that collect it.

Airflow asks hooks for that at run time. If nobody collects lineage, nothing is looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk.bases.hook import BaseHook


def find_collector() -> Any:
    """Airflow's collector of lineage (``HookLineageCollector``); None: nobody collects."""
    from airflow.sdk.lineage import NoOpCollector, get_hook_lineage_collector  # noqa: PLC0415

    collector = get_hook_lineage_collector()
    return None if isinstance(collector, NoOpCollector) else collector


def note_call(hook: BaseHook, base_url: str, method: str, path: str) -> None:
    """Report what a call of Mailchimp's API reads or writes.

    Args:
        hook: of the account.
        base_url: of the account's API.
        method: HTTP method; ``GET`` reads.
        path: a template, such as ``/lists/{list_id}/members``.
    """
    collector = find_collector()
    if collector is None:
        return

    from mailchimp_provider.assets import uri_of  # noqa: PLC0415 - only where somebody collects

    add = collector.add_input_asset if method == "GET" else collector.add_output_asset
    add(hook, uri=uri_of(base_url, path))
