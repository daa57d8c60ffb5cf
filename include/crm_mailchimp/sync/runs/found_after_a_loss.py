"""What a run decides of former audiences that were found after a loss of ``sync``."""

from __future__ import annotations

from contextlib import suppress

from crm_mailchimp.errors import NotFoundAtProviderError
from crm_mailchimp.sync.audience import (
    audience_map,
    deleted_tags,
    found_audiences,
    untagged_after_loss,
)
from crm_mailchimp.sync.audience.tags import tag_name
from crm_mailchimp.sync.runs import due_removals
from crm_mailchimp.sync.runs.collection_run import CollectionRun
from crm_mailchimp.sync.runs.passed_over import pass_over, runs_with_others
from crm_mailchimp.warehouse.locks import second_audience_lock


def judge_found(run: CollectionRun, list_id: str | None) -> None:
    """Decide who may have refused in the audience before, as the present one shows it; commits.

    Then what is due goes out there.

    Args:
        run: of the present audience, after its members were read back. A preview decides nothing
            about tags.
        list_id: the present audience; None: there is none yet.

    Raises:
        ProviderError, PassingError: the audience before cannot be read.
        AudienceBusyError: another run has that audience, and waits for this one.
    """
    for one in () if run.collection.dry_run else runs_with_others(run):
        for tag in found_audiences.tags_found_before(run.warehouse, one.collection.collection_id):
            before = audience_map.find_by_list(run.warehouse, tag.list_id)
            run.warehouse.commit()
            if before is None:
                continue
            with (
                second_audience_lock(run.warehouse, before.collection_code),
                one.in_account(before.account) as there,
                suppress(NotFoundAtProviderError),
            ):
                held = untagged_after_loss.restore_left(
                    run.warehouse,
                    there.provider,
                    tag,
                    one.collection,
                    is_found=True,
                    present_list_id=list_id,
                )
                if held:
                    run.progress.notes.append(untagged_after_loss.words_of_held(tag, held))
    pass_over(run, list_id)
    _hold_without_tag(run, list_id)
    due_removals.remove_from_found(run)


def _hold_without_tag(run: CollectionRun, list_id: str | None) -> None:
    """Hold back who may have lost a collection's tag where somebody deleted it; commits."""
    if list_id is None or run.collection.dry_run:
        return
    for one in run.runs_of_parts():
        held = deleted_tags.hold_archived_elsewhere(
            run.warehouse, run.provider, list_id, one.collection
        )
        if held:
            name = tag_name(one.collection)
            run.progress.notes.append(untagged_after_loss.words_of_missing(name, held))
