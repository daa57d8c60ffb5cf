"""The tasks of ``sync_collections`` and ``pull_statuses``, each to be run in a process of its own.

They do what the functions of the same names in ``mailchimp_provider.tasks`` do, without Airflow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.place import Place
from crm_mailchimp.accounts import Accounts
from crm_mailchimp.sessions import open_session
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.members import pull_statuses
from crm_mailchimp.sync.runs.collection_sync import sync_collection
from crm_mailchimp.sync.runs.finish import summarise_run
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from crm_mailchimp.sync.staging.stage import stage as stage_collections

#: Nothing is removed in a benchmark, so nobody is asked.
_OPTIONS = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**9, half=1.0))


def idle(place: Place) -> None:
    """Open what a task opens, and do nothing: what the memory of others is compared with."""
    with (
        open_session(place.warehouse),
        open_session(place.crm, autocommit=True),
        place.provider() as provider,
    ):
        provider.require_answer()


def stage(place: Place, run_id: str, codes: Sequence[str] = ()) -> int:
    """Copy the CRM's rows and judge each contact; returns the staging id."""
    with open_session(place.warehouse) as warehouse, open_session(place.crm) as crm:
        return stage_collections(warehouse, crm, None, run_id=run_id, codes=codes)


def synchronise(place: Place, staging_id: int, collection_code: str) -> dict[str, Any]:
    """Pull back, plan, guard and push one collection; returns its audience and its counts."""
    with (
        open_session(place.warehouse) as warehouse,
        open_session(place.crm, autocommit=True) as crm,
        place.provider() as provider,
    ):
        result = sync_collection(
            warehouse,
            crm,
            Accounts.only(provider),
            staging_id=staging_id,
            collection_code=collection_code,
            options=_OPTIONS,
        )
    if result.state != "succeeded":
        raise RuntimeError(f"collection {collection_code} is {result.state}: {result.detail}")
    return {"list_id": result.list_id, **result.counts}


def finish(place: Place, staging_id: int) -> int:
    """Count; returns how many collections succeeded."""
    with open_session(place.warehouse) as warehouse:
        return len(summarise_run(warehouse, staging_id).succeeded)


def pull(place: Place, collection_code: str) -> dict[str, int] | None:
    """Read one audience back; returns its members by status."""
    with (
        open_session(place.warehouse) as warehouse,
        open_session(place.crm, autocommit=True) as crm,
        place.provider() as provider,
    ):
        return pull_statuses.pull_statuses(
            warehouse, Accounts.only(provider), collection_code, crm=crm
        )
