"""A collection whose audience ``sync`` does not know: was it in Mailchimp before a loss?

The state may be lost, or older than Mailchimp: a backup was restored. That is asked until the state
knows the collection's present audience. All accounts that the CRM names are asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import PassingError, ProviderError
from crm_mailchimp.rows import read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import (
    audience_map,
    earlier_audiences,
    found_audiences,
    lost_audiences,
)
from crm_mailchimp.sync.audience.account_listing import AccountListing
from crm_mailchimp.sync.audience.accounts_in_use import accounts_in_use
from crm_mailchimp.sync.audience.earlier_audiences import EarlierAudience
from crm_mailchimp.sync.runs.collection_run import CollectionRun
from crm_mailchimp.sync.staging.staged_collection import StagedCollection


def find_earlier_audiences(run: CollectionRun) -> None:
    """Note the audiences that collections of a run had before a loss; commits.

    Nothing is noted of a collection until all its audiences are known.

    Raises:
        ProviderError, PassingError: an account cannot be asked, and Mailchimp shows that the
            state was lost. Or the members of a tag cannot be read. Collections that share an
            audience are held back instead.
        AudienceUnusableError: ``audience_ambiguous``. Nobody knows whether a shared audience that
            is there is the one of this run. Or ``foreign_installation``: nothing says whose a
            former audience is.
    """
    runs = {one.collection.collection_id: one for one in run.runs_of_parts() or (run,)}
    earlier_audiences.forget_previewed(run.warehouse, list(runs))
    new = earlier_audiences.unsearched(
        run.warehouse, [one.collection for one in runs.values()], run.account
    )
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
    for collection in new:
        try:
            _note(run, collection, found)
        except (ProviderError, PassingError, lost_audiences.AudienceUnusableError) as error:
            run.warehouse.rollback()
            run.hold_back(collection, error)


def _note(
    run: CollectionRun, collection: StagedCollection, found: Sequence[EarlierAudience]
) -> None:
    """Note all audiences of a collection that were found, or none; commits."""
    own = [one for one in found if one.collection is collection]
    present = [one.list_id for one in own if _is_present(run, one)]
    present += found_audiences.unjudged_in(run.warehouse, collection)
    before = [one for one in own if one.list_id not in present]
    # First: it commits.
    for one in before:
        if one.is_unclear:
            with run.in_account(one.account) as there:
                lost_audiences.require_own_for(
                    run.warehouse, there.provider, one.list_id, collection
                )
    for one in before:
        with run.in_account(one.account) as there:
            earlier_audiences.remember(
                run.warehouse,
                there.provider,
                one,
                in_preview=run.collection.dry_run,
                has_moved=bool(present),
            )
    if present:
        run.progress.moved.add(collection.collection_id)
    if present and not run.collection.dry_run:
        run.warehouse.execute(
            statement("sync/note_moved"),
            {"collection_id": collection.collection_id, "present": present},
        )
    run.warehouse.commit()
    for one in before:
        if one.shared_id is not None and not run.collection.dry_run:
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
