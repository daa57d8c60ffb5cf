"""One collection's sync: pull back, plan, guard, push, record."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

from psycopg import Connection

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import NotAllowedByProviderError, PassingError, ProviderError
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.sync.audience import audience_map, collection_audience, permissions
from crm_mailchimp.sync.audience.audience_map import KnownAudience
from crm_mailchimp.sync.audience.campaigns_to_all import CampaignOnItsWayError
from crm_mailchimp.sync.audience.lost_audiences import AudienceUnusableError
from crm_mailchimp.sync.audience.map_in_preview import map_left_alone
from crm_mailchimp.sync.audience.ownership import ForeignInstallationError
from crm_mailchimp.sync.decisions import member_plan, removal_guard
from crm_mailchimp.sync.fields import merge_fields
from crm_mailchimp.sync.fields.former_fields import equal_labels, fields_to_leave
from crm_mailchimp.sync.fields.left_out_fields import left_out_words
from crm_mailchimp.sync.fields.member_values import FieldMapping
from crm_mailchimp.sync.members import additions
from crm_mailchimp.sync.members.left_values import clear_left_values
from crm_mailchimp.sync.members.proofs import renew_proofs
from crm_mailchimp.sync.members.push import Push
from crm_mailchimp.sync.members.rejections import forget_healed
from crm_mailchimp.sync.members.updates import update
from crm_mailchimp.sync.planner_statistics import refresh_statistics
from crm_mailchimp.sync.refusals.suppression import open_suppression
from crm_mailchimp.sync.runs import after_a_loss, due_removals, found_after_a_loss, run_record
from crm_mailchimp.sync.runs.collection_run import CollectionRun, Progress, postponed_in_words
from crm_mailchimp.sync.runs.earlier_search import find_earlier_audiences
from crm_mailchimp.sync.runs.run_record import CollectionResult
from crm_mailchimp.sync.runs.shared_parts import (
    CollectionPart,
    failed_parts,
    finish_parts,
    parts_may_heal,
)
from crm_mailchimp.sync.runs.shared_run import SharedRun
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from crm_mailchimp.sync.staging.staged_collection import read_sharing, read_staged_collection
from crm_mailchimp.sync.staging.stagings import require_newest, require_staging
from crm_mailchimp.warehouse.locks import audience_lock

#: Problems for which no audience is looked for: what is known of the collection is another's.
_WITHOUT_A_CALL = ("provider_unsupported", "collection_replaced")


class _StopError(Exception):
    """Ends a collection's run in a state that is not an error of ours."""

    def __init__(self, state: str, detail: str) -> None:
        super().__init__(detail)
        self.state, self.detail = state, detail


def sync_collection(
    warehouse: Connection[Any],
    crm: Connection[Any],
    accounts: Accounts[AudienceProvider],
    *,
    staging_id: int,
    collection_code: str,
    options: SyncOptions | None = None,
) -> CollectionResult:
    """Bring one audience to what the staging says; safe to repeat at any time.

    Args:
        warehouse: the warehouse; commits after every call to the provider.
        crm: to ``crm_db``, in autocommit: contacts are looked at once more before their push.
        accounts: gives the clients of the present account, and of those with former audiences.
        staging_id: what ``stage`` returned for this run.
        collection_code: one of the staging's collections.
        options: guard limits and an approved plan.

    Returns:
        the result, stored in ``sync.collection_run`` too. Expected trouble (blocked, refused
        query) is a result; errors of the provider or the databases are stored and raised.
    """
    collection = read_staged_collection(warehouse, staging_id, collection_code)
    calls_before = accounts.calls_by_account()
    with audience_lock(warehouse, collection_code):
        progress = Progress(counts=run_record.start(warehouse, collection))
        parts = [
            CollectionPart(collection=part, counts=run_record.start(warehouse, part))
            for part in read_sharing(warehouse, collection)
        ]

        def finish(state: str, detail: str | None) -> CollectionResult:
            called = accounts.calls_by_account() - calls_before
            progress.counts["api_calls"] += called.total()
            finish_parts(
                warehouse, parts, state=state, detail=detail, list_id=progress.list_id,
                was_planned=progress.is_planned,
            )  # fmt: skip
            broken = failed_parts(parts) if state in ("succeeded", "blocked") else None
            if broken and state == "succeeded":
                state, detail, broken = "failed", broken, None
            return run_record.finish(
                warehouse,
                collection,
                state=state,
                detail="; ".join(filter(None, (detail, broken))) or None,
                list_id=progress.list_id,
                counts=progress.counts,
                unchanged=member_plan.planned(progress.planned, "unchanged"),
                was_planned=progress.is_planned,
                may_heal=progress.may_heal or parts_may_heal(parts),
                called=called,
            )

        state: str
        detail: str | None
        try:
            require_staging(warehouse, staging_id)
            for one in (collection, *(part.collection for part in parts)):
                require_newest(warehouse, staging_id, one.collection_id)
            run = CollectionRun(
                warehouse=warehouse,
                crm=crm,
                accounts=accounts,
                account=collection.account,
                collection=collection,
                options=options or SyncOptions(),
                digester=open_suppression(warehouse),
                progress=progress,
            )
            if collection.is_shared_audience:
                run = SharedRun(**vars(run), parts=parts)
            with _as_it_was(run, [part.collection.collection_id for part in parts]):
                state, detail = _synchronise(run)
        except _StopError as stop:
            state, detail = stop.state, stop.detail
        except AudienceUnusableError as problem:
            state, detail = "blocked", f"{problem.code}: {problem}"
        except Exception as error:
            warehouse.rollback()
            finish("failed", words_of(error))
            error.add_note(f"collection {collection_code}")
            raise
        if progress.failed:
            failed = dict.fromkeys(map(words_of, progress.failed))
            state, detail = "failed", "; ".join(filter(None, (*failed, detail)))
        notes = (*progress.notes, postponed_in_words(warehouse, progress), *progress.due_notes)
        words = filter(None, (detail, *notes))
        return finish(state, "; ".join(words) or None)


def _as_it_was(run: CollectionRun, parts: Sequence[int]) -> AbstractContextManager[None]:
    """A preview puts the audience map back; a run has nothing to put back."""
    if not run.collection.dry_run:
        return nullcontext()
    return map_left_alone(
        run.warehouse,
        [run.collection.collection_id, *parts],
        run.collection.provider_list_id,
    )


def _synchronise(run: CollectionRun) -> tuple[str, str | None]:
    """Returns how the run ended, and the words for it."""
    collection = run.collection
    if collection.remark is not None:
        run.progress.notes.append(collection.remark)
    if (problem := collection.problem) is not None:
        _remove_due_alone(run)
        raise _StopError(problem.state, str(problem))
    try:
        audience = _locate(run)
    except AudienceUnusableError:
        _remove_due_alone(run)
        raise
    due_removals.remove_from_former(run)
    if audience is None:
        found_after_a_loss.judge_found(run, None)
        return _plan_and_push(run, None)
    list_id = run.progress.list_id = audience.list_id
    audience = _look_at(run, audience)
    found_after_a_loss.judge_found(run, list_id)
    before = permissions.counting_as_before(run.warehouse, list_id)
    with before if collection.dry_run else nullcontext():
        try:
            permissions.require_mapped(run.warehouse, collection, list_id)
        except AudienceUnusableError:
            due_removals.remove_known(run, audience)
            raise
        return _plan_and_push(run, audience)


def _plan_and_push(run: CollectionRun, audience: KnownAudience | None) -> tuple[str, str | None]:
    collection, list_id = run.collection, audience.list_id if audience is not None else None
    run.make_plan(list_id)
    try:
        judgement = removal_guard.judge_plan(
            run.warehouse,
            collection,
            list_id,
            limits=run.options.limits,
            approved_plan=run.options.approved_plan,
            valid_for=run.options.approval_valid,
            ask_again_after=run.options.ask_again_after,
        )
    except removal_guard.PlanNotApprovedError:
        # What is due needs no approval, and does not wait for a right one.
        if list_id is not None and not collection.dry_run:
            run.require_own(list_id)
            run.carry_out_removals(run.push_to(list_id, collection.gdpr_category), due=True)
        raise
    if collection.dry_run:
        if list_id is not None:
            _name_fields_to_leave(run, list_id)
        return "dry_run", _describe_plan(run, judgement)
    _push(run, audience, judgement)
    return "succeeded", None


def _locate(run: CollectionRun, *, is_left: bool = True) -> KnownAudience | None:
    warehouse, crm, collection = run.warehouse, run.crm, run.collection
    try:
        collection_audience.follow_account(warehouse, crm, lambda: run.provider, collection)
        # Once its present audience is known, nobody searches for those before.
        find_earlier_audiences(run)
        if is_left:
            run.leave_earlier_audience()
        return collection_audience.locate(
            warehouse, crm, run.provider, collection, listing=run.listing, last_look=run.pull_back
        )
    except (ProviderError, PassingError) as error:
        # What is due in other accounts does not wait for this one. And nobody who refuses meanwhile
        # is to get a campaign that is on its way.
        is_answering = isinstance(error, CampaignOnItsWayError)
        due_removals.remove_from_former(run, elsewhere_alone=not is_answering)
        raise


def _remove_due_alone(run: CollectionRun) -> None:
    """Carry out the mandatory removals in the collection's audiences, and nothing else."""
    if (problem := run.collection.problem) is None or problem.code not in _WITHOUT_A_CALL:
        with suppress(AudienceUnusableError):
            _locate(run, is_left=False)
    audience = audience_map.find_known(run.warehouse, run.collection.collection_id)
    due_removals.remove_from_former(run)
    if audience is not None:
        run.progress.list_id = audience.list_id
        with run.in_account(audience.account) as there:
            due_removals.remove_from_own(there, audience)
    due_removals.remove_from_found(run)


def _look_at(run: CollectionRun, audience: KnownAudience) -> KnownAudience:
    # A new name harms nobody at once: it costs no call of every run.
    if run.collection.dry_run or run.is_full(audience):
        audience = collection_audience.look_at(
            run.warehouse, run.provider, audience, run.collection
        )
    with collection_audience.expected(run.warehouse, run.provider, audience, run.collection):
        run.pull_back(audience)
    if audience.fully_listed_at is None:
        after_a_loss.recognise(run, audience.list_id)
    renaming = collection_audience.renaming(audience, run.collection)
    if renaming is not None:
        run.progress.notes.append(renaming)
    return audience


def _describe_plan(run: CollectionRun, judgement: removal_guard.GuardJudgement) -> str:
    words = f"plan: {member_plan.describe_plan(run.progress.planned)}"
    return f"{words}; it would be blocked: {judgement.blocked}" if judgement.blocked else words


def _push(
    run: CollectionRun, audience: KnownAudience | None, judgement: removal_guard.GuardJudgement
) -> None:
    category = run.collection.gdpr_category
    discovered = 0
    if audience is not None:
        if run.planned("unchanged", "quarantine") < sum(run.progress.planned.values()):
            run.require_own(audience.list_id)
        # What is due goes out first: nothing that may fail or block comes before it.
        discovered = run.carry_out_removals(run.push_to(audience.list_id, category), due=True)
        run.push_due_tags(audience.list_id, with_leaving=judgement.blocked is None)
    if judgement.blocked is not None:
        raise _StopError("blocked", str(judgement.blocked))
    adds = bool(run.planned(*additions.ACTIONS))
    if adds and run.progress.unread:
        run.progress.notes.append(
            f"nobody is added: the former audience {', '.join(run.progress.unread)} could not be "
            "read, and people may have refused there. The next run reads it again"
        )
        adds = False
    if audience is None and not adds:
        return  # nobody to add: no audience is made for nobody
    audience = collection_audience.ensure(run.warehouse, run.provider, run.collection, audience)
    run.progress.list_id = audience.list_id
    mappings = _mappings(run, audience.list_id)
    push, failed_before = run.push_to(audience.list_id, category), len(run.progress.failed)
    discovered += run.carry_out_removals(push, due=False)
    if judgement.approved_plan is not None and len(run.progress.failed) == failed_before:
        removal_guard.note_carried_out(
            run.warehouse, judgement.approved_plan, run.collection.run_id
        )
        run.warehouse.commit()
    if discovered:
        # Members were gone before we removed them: nobody of these people is added elsewhere.
        run.make_plan(audience.list_id)
    run.prepare_returns(push)
    discovered = update(push, mappings)
    refused = None
    if adds:
        added, refused = _add(push, mappings)
        discovered += added
    if (
        discovered
        or refused is not None
        or (adds and permissions.has_permissions(run.warehouse, audience.list_id))
    ):
        # Members were there unknown to us: the plan decides about them from what is known now.
        # New members have given no marketing permission yet: no addition takes one.
        refresh_statistics(run.warehouse)
        run.make_plan(audience.list_id)
        run.prepare_returns(push)
        update(push, mappings)
        run.carry_out_removals(push, due=True)
    _clear_left_values(run, push)
    run.push_tags(audience.list_id)
    if not run.collection.is_shared_audience:
        renew_proofs(run.warehouse, run.collection, audience.list_id)
    if refused is not None:
        raise _StopError("blocked", refused)
    if not run.progress.failed:
        forget_healed(push)


def _clear_left_values(run: CollectionRun, push: Push) -> None:
    try:
        run.progress.notes += clear_left_values(push, may_clear=run.options.clear_left_values)
    except ForeignInstallationError as error:
        raise _StopError("blocked", f"foreign_installation: {error}") from error


def _name_fields_to_leave(run: CollectionRun, list_id: str) -> None:
    fields = merge_fields.fields_to_carry(run.warehouse, run.collection, list_id)
    run.progress.notes += left_out_words(fields)
    codes = [field.code for field in fields]
    # A row without a code may be any field: then a run clears nothing.
    leaving = fields_to_leave(run.warehouse, list_id, codes) if all(codes) else []
    names = ", ".join(map(str, leaving))
    if names:
        what = "clears" if run.options.clear_left_values else "leaves (CLEAR_LEFT_VALUES)"
        run.progress.notes.append(
            f"a run that pushes {what} values of fields that are no longer synchronised: {names}"
        )


def _mappings(run: CollectionRun, list_id: str) -> Sequence[FieldMapping]:
    try:
        carried = merge_fields.carried_fields(
            run.warehouse,
            run.crm,
            run.provider,
            run.collection,
            list_id,
            limit=run.options.field_limit,
        )
    except ForeignInstallationError as error:
        raise _StopError("blocked", f"foreign_installation: {error}") from error
    except merge_fields.MergeFieldLimitError as error:
        raise _StopError("blocked", f"merge_field_limit: {error}") from error
    fields = [mapping.field for mapping in carried.mappings]
    run.progress.notes += [*equal_labels(fields), *left_out_words(fields)]
    if carried.left_out:
        run.progress.notes.append(
            f"left out for want of room for merge fields: {', '.join(carried.left_out)}"
        )
    return carried.mappings


def _add(push: Push, mappings: Sequence[FieldMapping]) -> tuple[int, str | None]:
    """Add the planned members.

    Returns:
        members that were there unknown to us, as far as answers came. Then why Mailchimp takes no
        new members, if so.
    """
    try:
        return additions.add(push, mappings), None
    except NotAllowedByProviderError as error:
        push.warehouse.rollback()
        return 0, (
            "contact_limit: Mailchimp takes no new members; the collection's other changes "
            "were made. The account's plan has no room for more contacts, or the "
            f"key's user may not add any. Mailchimp's words: {error.explanation}. Make room: "
            "archive unsubscribed members, or let collections share an audience. Or have the "
            "plan or the user's role changed"
        )
