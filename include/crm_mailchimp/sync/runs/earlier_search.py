"""A collection of which ``sync`` knows nothing: was it in Mailchimp before the state was lost?

That is asked once for each collection, in its own account and in the others that the CRM names.
"""

from __future__ import annotations

from collections.abc import Sequence

from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import PassingError, ProviderError
from crm_mailchimp.rows import read_value
from crm_mailchimp.sync.audience import audience_map, earlier_audiences, lost_audiences
from crm_mailchimp.sync.audience.account_listing import AccountListing
from crm_mailchimp.sync.audience.accounts_in_use import accounts_in_use
from crm_mailchimp.sync.audience.earlier_audiences import EarlierAudience
from crm_mailchimp.sync.runs.collection_run import CollectionRun
from crm_mailchimp.sync.staging.staged_collection import StagedCollection


def find_earlier_audiences(run: CollectionRun) -> None:
    """Note the audiences that new collections of a run had before; commits.

    Raises:
        ProviderError, PassingError: an account cannot be asked, and Mailchimp shows that the
            state was lost. Collections that share an audience are held back instead.
        AudienceUnusableError: ``audience_ambiguous``. Nobody knows whether a shared audience that
            is there is the one of this run.
    """
    runs = {one.collection.collection_id: one for one in run.runs_of_parts() or (run,)}
    earlier_audiences.forget_previewed(run.warehouse, list(runs))
    new = earlier_audiences.without_trace(run.warehouse, [one.collection for one in runs.values()])
    if not new:
        return
    try:
        found = _search(run, new)
    except (ProviderError, PassingError) as error:
        run.warehouse.rollback()
        for collection in new:
            run.hold_back(collection, error)
        return
    present = [one for one in found if _is_present(run, one)]
    if not present:
        _require_clear(run, found)
    moved = {one.collection.collection_id for one in present}
    if run.collection.provider_list_id is not None:
        moved |= set(runs)  # nothing marks an audience that the CRM names
    for one in found:
        if _is_present(run, one):
            continue
        earlier_audiences.remember(
            run.warehouse,
            one,
            in_preview=run.collection.dry_run,
            has_moved=one.collection.collection_id in moved,
        )
        if one.shared_id is not None and not run.collection.dry_run:
            run.leave_earlier_audience()
            earlier_audiences.look_as_at_first(run.warehouse, one.list_id)


def _search(run: CollectionRun, new: Sequence[StagedCollection]) -> list[EarlierAudience]:
    here = earlier_audiences.find_in(run.warehouse, run.listing, run.account, new)
    found = list(here)
    for account in accounts_in_use(run.warehouse, run.crm):
        if account == run.account:
            continue
        try:
            with run.in_account(account) as there:
                found += earlier_audiences.find_in(
                    run.warehouse, AccountListing(there.provider), account, new
                )
        except (ProviderError, PassingError) as error:
            run.warehouse.rollback()
            if here:
                raise  # it was in Mailchimp before: it may have been in that account, too
            run.progress.notes.append(
                f"the account of connection {account} could not be asked for an audience that "
                f"the collection had before: {words_of(error)}"
            )
    return found


def _require_clear(run: CollectionRun, found: Sequence[EarlierAudience]) -> None:
    """Refuse to make a shared audience while one is there that may be the same.

    Its mark is made of the connection and the name. Perhaps both changed, and the state was lost.
    """
    if not run.collection.is_shared_audience or run.collection.provider_list_id:
        return
    known = audience_map.find_known(run.warehouse, run.collection.collection_id)
    run.warehouse.commit()
    if known is not None:
        return
    for one in found:
        if one.is_renamed and one.account == run.account and not _is_staged(run, one):
            raise lost_audiences.AudienceUnusableError(
                "audience_ambiguous",
                f"audience {one.list_id} in Mailchimp has this installation's mark and the tag of "
                f"{one.collection.collection_code}. Its name changed, and perhaps its connection. "
                "So nothing says whether it is the one that these collections share. To go on "
                "with it, enter its id in crm.contact_collection.provider_list_id of one of them. "
                "Else make an audience in Mailchimp, and enter the id of that one",
            )


def _is_staged(run: CollectionRun, found: EarlierAudience) -> bool:
    """Whether the audience is another shared one of the CRM."""
    is_staged = read_value(
        run.warehouse,
        bool,
        "select exists (select from sync.staged_collection"
        " where staging_id = %s and collection_id = %s)",
        (run.collection.staging_id, found.shared_id),
    )
    run.warehouse.commit()
    return is_staged


def _is_present(run: CollectionRun, found: EarlierAudience) -> bool:
    """Whether the run itself finds and uses the audience: it is no earlier one."""
    if found.account != run.account:
        return False
    if found.list_id == run.collection.provider_list_id:
        return True
    if found.shared_id is not None:
        return found.shared_id == run.collection.collection_id or (
            lost_audiences.is_of_old_connection(
                run.warehouse,
                found.audience,
                run.listing.merge_fields(found.list_id),
                run.collection,
            )
        )
    return not run.collection.is_shared_audience and run.collection.provider_list_id is None
