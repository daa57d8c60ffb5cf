"""What a run decides of former audiences that were found after a loss of ``sync``."""

from __future__ import annotations

from contextlib import suppress

from crm_mailchimp.errors import NotFoundAtProviderError
from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import audience_map, found_audiences, untagged_after_loss
from crm_mailchimp.sync.runs.collection_run import CollectionRun
from crm_mailchimp.warehouse.locks import second_audience_lock


def judge_found(run: CollectionRun, list_id: str | None) -> None:
    """Decide who may have refused in the audience before, as the present one shows it; commits.

    Args:
        run: of the present audience, after its members were read back. A preview decides nothing.
        list_id: the present audience; None: there is none yet.

    Raises:
        ProviderError, PassingError: the audience before cannot be read.
        AudienceBusyError: another run has that audience, and waits for this one.
    """
    if run.collection.dry_run:
        return
    for one in _found(run):
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


def pass_over(run: CollectionRun, list_id: str | None) -> None:
    """Let no archive before the loss count for who is in the present audience; commits.

    Args:
        run: of the present audience.
        list_id: the present audience; None: there is none yet.
    """
    for one in _found(run):
        collection_id = one.collection.collection_id
        for before in found_audiences.find_found(run.warehouse, collection_id):
            found_audiences.fill_present(run.warehouse, collection_id, list_id)
            found_audiences.pass_over_present(run.warehouse, collection_id, before)
            run.warehouse.commit()


def _found(run: CollectionRun) -> list[CollectionRun]:
    """The runs of collections that had another audience before a loss; mostly there are none."""
    runs = {one.collection.collection_id: one for one in run.runs_of_parts() or (run,)}
    found = read_values(
        run.warehouse, int, statement("sync/had_other_audiences"), {"collection_ids": list(runs)}
    )
    run.warehouse.commit()
    return [runs[one] for one in found]
