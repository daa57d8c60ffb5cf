"""The task ``check`` of ``sync_collections``, to be run in a process of its own.

Importing this module takes seconds, as it imports Great Expectations: they are no part of the task.
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
import great_expectations.expectations as gxe

from benchmarks.place import Place
from crm_mailchimp.quality import invariants
from crm_mailchimp.sessions import open_session

#: What the task finds imported.
IMPORTED = (gx, gxe)


def check(place: Place, staging_id: int, data_docs: Path) -> None:
    """Great Expectations on the snapshot."""
    with open_session(place.warehouse) as warehouse:
        broken = invariants.check(warehouse, staging_id=staging_id, data_docs=data_docs)
    if broken:
        raise RuntimeError(f"broken invariants: {broken}")
