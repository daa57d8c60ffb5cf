"""What a run finds out about an audience after a loss of ``sync``."""

from __future__ import annotations

from collections.abc import Sequence

from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import lost_tags, permissions, untagged_after_loss
from crm_mailchimp.sync.runs.collection_run import CollectionRun
from crm_mailchimp.sync.staging.staged_collection import StagedCollection
from crm_mailchimp.warehouse.key_lookups import hash_joins_now


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
    return held_back | untagged_after_loss.hold_unjudged(
        run.warehouse, run.provider, shared_id, joining
    )


def recognise(run: CollectionRun, list_id: str) -> None:
    """Find out what people changed in an audience that was never listed in full before; commits.

    Args:
        run: of the audience, after its members were read back.
        list_id: the audience.
    """
    for one in run.runs_of_parts() or (run,):
        parameters = {
            "staging_id": one.collection.staging_id,
            "collection_id": one.collection.collection_id,
            "list_id": list_id,
        }
        with hash_joins_now(run.warehouse):
            run.warehouse.execute(statement("sync/recognise_after_loss"), parameters)
    permissions.recognise_taken_back(run.warehouse, run.collection, list_id)
    pass_over_merged(run, list_id)


def pass_over_merged(run: CollectionRun, list_id: str) -> None:
    """Let no archive count for persons that go on as another contact in the audience; commits."""
    parameters = {"staging_id": run.collection.staging_id, "list_id": list_id}
    with hash_joins_now(run.warehouse):
        run.warehouse.execute(statement("sync/pass_over_merged"), parameters)
    run.warehouse.commit()
