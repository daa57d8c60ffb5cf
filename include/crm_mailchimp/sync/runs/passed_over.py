"""After a loss of ``sync``, an archive elsewhere counts for nobody in the present audience."""

from __future__ import annotations

from crm_mailchimp.sync.audience import found_audiences
from crm_mailchimp.sync.runs.collection_run import CollectionRun


def pass_over(run: CollectionRun, list_id: str | None) -> None:
    """Let no archive before the loss count for who is in the present audience; commits.

    Args:
        run: of the present audience. A preview does not know the tags of a shared one yet.
        list_id: the present audience; None: there is none yet.
    """
    is_preview = run.collection.dry_run
    if is_preview and run.collection.is_shared_audience:
        return
    for one in runs_with_others(run):
        collection_id, staging_id = one.collection.collection_id, one.collection.staging_id
        has_moved = is_preview and collection_id in run.progress.moved
        for before in found_audiences.find_found(run.warehouse, collection_id, has_moved):
            found_audiences.fill_present(run.warehouse, collection_id, staging_id, list_id)
            found_audiences.pass_over_present(run.warehouse, collection_id, before)
            run.warehouse.commit()


def runs_with_others(run: CollectionRun) -> list[CollectionRun]:
    """The runs of collections that had another audience before a loss; mostly there are none.

    Nobody has decided yet who refused there. Commits.
    """
    runs = {one.collection.collection_id: one for one in run.runs_of_parts() or (run,)}
    found = {*found_audiences.had_others(run.warehouse, list(runs)), *run.progress.moved}
    return [runs[one] for one in sorted(found & runs.keys())]
