"""When a run of a shared audience looks for its tags after a loss of ``sync``."""

from __future__ import annotations

from collections.abc import Sequence

from crm_mailchimp.sync.audience import lost_tags
from crm_mailchimp.sync.runs.collection_run import CollectionRun
from crm_mailchimp.sync.staging.staged_collection import StagedCollection


def find_tags(
    run: CollectionRun, list_id: str, joining: Sequence[StagedCollection]
) -> dict[int, int]:
    """Find the audience's tags again, and hold back who may have lost one; commits.

    Args:
        run: of the shared audience, and no preview.
        joining: the collections that share it now.

    Returns:
        how many members each collection holds back, by its id; collections without any are left
        out.

    Raises:
        ProviderError: the audience cannot be read.
    """
    shared_id = run.collection.collection_id
    held_back: dict[int, int] = {}
    if lost_tags.must_look(
        run.warehouse, list_id, shared_id, fields=lambda: run.listing.merge_fields(list_id)
    ):
        held_back = lost_tags.find_again(
            run.warehouse, run.crm, run.provider, list_id, shared_id, joining
        )
    return held_back | lost_tags.hold_unjudged(run.warehouse, run.provider, shared_id, joining)
