"""Mandatory removals (withdrawals, complaints, erasures). They run even if the sync failed.

They run in the audience of a collection that is blocked, failed, broken or not synced any more.
They also run in audiences that were a collection's. Nothing else happens there: nobody is added,
and nobody leaves for any other cause. Members that are not ours are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from crm_mailchimp.errors import NotFoundAtProviderError, PassingError, ProviderError
from crm_mailchimp.sync.audience import (
    audience_map,
    earlier_audiences,
    former_audiences,
    found_audiences,
    other_account,
    permissions,
)
from crm_mailchimp.sync.audience.audience_map import FormerAudience, KnownAudience
from crm_mailchimp.sync.audience.lost_audiences import AudienceUnusableError
from crm_mailchimp.sync.decisions import member_plan
from crm_mailchimp.sync.runs import after_a_loss
from crm_mailchimp.sync.runs.collection_run import CollectionRun
from crm_mailchimp.sync.runs.passed_over import pass_over, runs_with_others


def remove_from_own(run: CollectionRun, audience: KnownAudience) -> None:
    """Remove them from the collection's audience, and nobody else."""
    try:
        run.pull_back(audience)
    except NotFoundAtProviderError:
        run.progress.due_notes.append(f"audience {audience.list_id} is not in Mailchimp any more")
        return
    if audience.fully_listed_at is None and not run.collection.dry_run:
        after_a_loss.pass_over_merged(run, audience.list_id)
        # A run without a problem has more to find out.
        earlier_audiences.look_as_at_first(run.warehouse, audience.list_id)
    pass_over(run, audience.list_id)
    remove_known(run, audience)


def remove_known(run: CollectionRun, audience: KnownAudience) -> None:
    """As ``remove_from_own``, for an audience that this run has just read."""
    # By the collection's last known category, when it has none now.
    category = run.collection.gdpr_category or audience.gdpr_category
    run.progress.planned = _remove(run, audience.list_id, category)


def remove_from_former(
    run: CollectionRun, *, elsewhere_alone: bool = False, is_judged: bool = False
) -> None:
    """Remove them from the audiences that were the collection's, by the categories of that time.

    An audience whose calls fail does not hold up the others: its error is among the run's
    ``failed``. But nobody is added until it can be read: its members may have refused. The same
    holds for an account that cannot be asked.

    Args:
        elsewhere_alone: only in other accounts than the run's, which cannot be asked now.
        is_judged: after a loss the present audience was read, and says who refused. Until then the
            former ones are only read.

    Raises:
        ProviderError: an outage of the run's own account.
    """
    for part in run.runs_of_parts():
        remove_from_former(part, elsewhere_alone=elsewhere_alone, is_judged=is_judged)
    collection_id = run.collection.collection_id
    former = audience_map.read_former(run.warehouse, collection_id)
    if not former:
        run.warehouse.commit()
        return
    may_remove = is_judged or not found_audiences.had_others(run.warehouse, [collection_id])
    run.warehouse.commit()
    # The own account last: its outage ends the run.
    former.sort(key=lambda one: (one.account == run.account, one.account))
    for account, found in groupby(former, key=lambda one: one.account):
        audiences = list(found)
        if account == run.account:
            if not elsewhere_alone:
                _remove_from_all(run, audiences, may_remove)
            continue
        try:
            with run.in_account(account) as there:
                _remove_from_all(there, audiences, may_remove)
        except (ProviderError, PassingError) as error:
            run.warehouse.rollback()
            run.progress.failed.append(error)
            run.progress.unread += [f"{one.list_id} (connection {account})" for one in audiences]


def remove_from_found(run: CollectionRun) -> None:
    """The same after a loss, once the present audience was read, and says who refused.

    Raises:
        ProviderError: as ``remove_from_former``.
    """
    if runs_with_others(run):
        remove_from_former(run, is_judged=True)


def _remove_from_all(
    run: CollectionRun, audiences: Sequence[FormerAudience], may_remove: bool
) -> None:
    for audience in audiences:
        try:
            _remove_from_one(run, audience, may_remove)
            run.watch.note_answer()
        except ProviderError as error:
            run.watch.note_failure(error, audience.list_id)
            run.warehouse.rollback()
            run.progress.failed.append(error)
            run.progress.unread.append(audience.list_id)


def _remove_from_one(run: CollectionRun, audience: FormerAudience, may_remove: bool) -> None:
    list_id, notes = audience.list_id, run.progress.due_notes
    try:
        run.pull_back(audience)
    except NotFoundAtProviderError:
        other_account.require_deleted(run.warehouse, run.provider, run.account, list_id)
        former_audiences.note_deleted(run.warehouse, list_id)
        notes.append(f"the former audience {list_id} was deleted in Mailchimp")
        return
    found_audiences.note_first_look(run.warehouse, list_id, run.collection.collection_id)
    if audience.pulled_through is None:  # found again after a loss
        permissions.recognise_taken_back_there(run.warehouse, run.collection, list_id)
    planned = _remove(run, list_id, audience.gdpr_category) if may_remove else {}
    if planned:
        notes.append(f"former audience {list_id}: {member_plan.describe_plan(planned)}")


def _remove(run: CollectionRun, list_id: str, gdpr_category: str | None) -> member_plan.PlanCounts:
    planned = run.make_due_plan(list_id, gdpr_category)
    if not run.collection.dry_run:
        run.push_due_tags(list_id)
    if planned and not run.collection.dry_run:
        try:
            run.require_own(list_id)
        except AudienceUnusableError as problem:
            run.progress.due_notes.append(f"{problem.code}: {problem}")
            return {}
        run.carry_out_removals(run.push_to(list_id, gdpr_category), due=True)
    return planned
