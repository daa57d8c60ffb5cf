"""Erasure: who asked to be forgotten is forgotten, in Mailchimp and here, and does not come back.

The order makes a crash harmless at every step. First the suppression, committed: from then on no
push takes the person. Then the members, under each audience's lock, so that no push is left that
looked before the suppression. Then our own traces, which until then tell what there is to delete.
Last the receipt. A rerun goes on wherever it stopped; every step may be repeated.
"""

from __future__ import annotations

import logging
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from psycopg import Connection

from crm_mailchimp.accounts import Accounts, is_passing
from crm_mailchimp.address import parse_address, subscriber_hash, written_form
from crm_mailchimp.crm import erasure_requests
from crm_mailchimp.crm.erasure_requests import ErasureRequest, UndecidedErasure
from crm_mailchimp.data_protection import erased_members, erased_traces
from crm_mailchimp.data_protection.erased_members import ErasedPerson
from crm_mailchimp.data_protection.erasure_troubles import ErasureTroubles, in_parts
from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import PassingError, PermanentError, ProviderError
from crm_mailchimp.outages import OutageWatch
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.accounts_in_use import accounts_in_use
from crm_mailchimp.sync.refusals.suppression import Digester, open_suppression
from crm_mailchimp.warehouse.locks import named_lock

log = logging.getLogger(__name__)


class ErasureIncompleteError(PermanentError):
    """Some people who asked for erasure could not be erased whole; all others were."""


class ErasurePostponedError(PassingError):
    """Mailchimp failed for some people who asked for erasure; all others were erased."""


class NotRequestedError(PermanentError):
    """A contact was named that did not ask to be erased."""


@dataclass(frozen=True)
class ErasureResult:
    """What one run did, in numbers.

    Attributes:
        requested: people the CRM wants erased, those done before included.
        erased: people erased by this run (by a dry run: that would be).
        members_deleted: members permanently deleted in Mailchimp.
        returned: traces of people erased before, found again (a restored backup) and removed.
        undecided: contacts that asked and were merged into one that did not, with that one. They
            are erased; the other contact is not, until somebody decides.
        left_alone: audiences of another installation that hold these people, each with its number
            of members left. Delete them in Mailchimp by hand, or by that installation.
        by_address: those of ``requested`` whose contact id cannot be read. They are erased by
            their address; what is known only under an id stays.
        unidentified: contacts that asked and have neither an id nor an address that can be read.
            They are not erased, and are not in ``requested``.
    """

    requested: int
    erased: int
    members_deleted: int = 0
    returned: int = 0
    undecided: Sequence[UndecidedErasure] = field(default_factory=list)
    left_alone: Sequence[tuple[str, int]] = field(default_factory=list)
    by_address: int = 0
    unidentified: int = 0


def erase_contacts(
    warehouse: Connection[Any],
    crm: Connection[Any],
    accounts: Accounts[AudienceProvider],
    *,
    run_id: str,
    contacts: Sequence[int] = (),
    dry_run: bool = False,
) -> ErasureResult:
    """Erase the contacts that asked for erasure in the CRM and are not erased yet.

    Args:
        warehouse: the warehouse, not in a transaction; committed after every step.
        crm: to ``crm_db``; only read.
        accounts: gives the clients of all accounts.
        run_id: the run's name, as Airflow has it.
        contacts: only these contact ids; empty means all that asked.
        dry_run: only count.

    Raises:
        ErasureIncompleteError: Mailchimp refused some deletions, or values of some people could
            not be read or stored. Everything else was done, and the next run tries them again.
        ErasurePostponedError: calls about some people failed, and may succeed later. Everything
            else was done.
        ProviderError: an outage of the only account. With several, the errors above name those
            that could not be asked.
        NotRequestedError: one of ``contacts`` did not ask.
        SuppressionLostError: the suppression list is not whole.
    """
    digester = open_suppression(warehouse)
    requests = erasure_requests.read_requests(crm, contacts)
    undecided = erasure_requests.read_undecided(crm)
    unidentified = erasure_requests.count_unidentified(crm)
    crm.rollback()
    by_address = sum(one.person_id is None for one in requests)
    _warn(undecided, by_address=by_address, unidentified=unidentified)
    _require_requested(contacts, requests)
    result = ErasureResult(
        len(requests), 0, undecided=undecided, by_address=by_address, unidentified=unidentified
    )
    with named_lock(warehouse, "erasure"):
        troubles = ErasureTroubles(warehouse)
        pending = []
        for one in requests:
            with troubles.kept_apart(one):
                if not _is_done(warehouse, digester, one):
                    pending.append(one)
        warehouse.rollback()
        if dry_run:
            return replace(result, erased=len(pending))
        people = []
        for one in pending:
            with troubles.kept_apart(one):
                people.append(_suppress(warehouse, digester, one, run_id))
        # The newest first: who failed before does not hold up a new request.
        people.sort(key=lambda person: person.receipt_id, reverse=True)
        for person in people:
            with troubles.kept_apart(person.request):
                erased_members.find_earlier(warehouse, digester, person)
        down: dict[str, Exception] = {}
        if people:
            names = accounts_in_use(warehouse, crm)
            down = _erase_members(warehouse, accounts, names, digester, people, troubles)
        for person in people:
            if person.postponed and not troubles.has(person.request):
                troubles.postpone(person.request, person.postponed)
        whole = [
            person
            for person in people
            if not (down or person.refused or troubles.has(person.request))
        ]
        done: list[ErasedPerson] = []
        for part, refused in in_parts(warehouse, whole, partial(_remove_traces, warehouse)):
            if refused is None:
                done += part
            else:
                troubles.note(part[0].request, refused)
        _finish(warehouse, done)
        returned = erased_traces.remove_returned(warehouse)
        for person in done:
            log.info("%s erased, receipt %d", person.request, person.receipt_id)
    _require_all(people, troubles, returned, down)
    deleted = sum(person.deleted for person in people)
    left_alone = sum((person.left_alone for person in people), Counter[str]())
    return replace(
        result,
        erased=len(done),
        members_deleted=deleted,
        returned=returned.removed,
        left_alone=sorted(left_alone.items()),
    )


def address_forms(email: str) -> tuple[set[str], set[str]]:
    """The forms that an address of the CRM may have elsewhere.

    Mailchimp keeps what a person typed. We push an address in its ASCII form, or not at all when it
    is not well formed. Either may be in Mailchimp as it is written.

    Returns:
        the forms, lower-cased and as stagings write them, and their subscriber hashes.
    """
    written = unicodedata.normalize("NFC", email.strip()).lower()
    key = parse_address(email).key
    forms = {form for form in (key, written) if form}
    hashes = {subscriber_hash(form) for form in forms}
    return forms | ({written_form(email)} - {""}), hashes


def _warn(undecided: Sequence[UndecidedErasure], *, by_address: int, unidentified: int) -> None:
    for one in undecided:
        log.warning(
            "%s asked for erasure and was merged into %d, which did not ask",
            one.asked,
            one.survivor_id,
        )
    if by_address:
        log.warning(
            "%d requests are in rows of crm.contact whose contact_id cannot be read: these people "
            "are erased by their address alone. Correct contact_id, so that all is found",
            by_address,
        )
    if unidentified:
        log.warning("%d rows of crm.contact %s", unidentified, erasure_requests.NAMES_NOBODY)


def _require_requested(contacts: Sequence[int], requests: Sequence[ErasureRequest]) -> None:
    missing = sorted(set(contacts).difference(one.person_id for one in requests))
    if missing:
        raise NotRequestedError(
            f"contacts {', '.join(map(str, missing))} did not ask to be erased: set "
            "crm.contact.erasure_requested_at, or take them out of the param 'contacts'"
        )


def _is_done(warehouse: Connection[Any], digester: Digester, request: ErasureRequest) -> bool:
    """Erased before, on this very request, and nothing known that the erasure did not know."""
    is_finished = read_value(
        warehouse,
        bool,
        "select exists (select from sync.erasure_receipt"
        " where contact_digest = %s and requested_at = %s and finished_at is not null)",
        (_receipt_digest(digester, request), request.requested_at),
    )
    wanted = {digest for _, digest in _digests(digester, request)}
    suppressed = read_value(
        warehouse,
        int,
        "select count(*) from sync.suppression where digest = any(%s)",
        (list(wanted),),
    )
    return is_finished and suppressed == len(wanted)


def _digests(digester: Digester, request: ErasureRequest) -> list[tuple[str, bytes]]:
    keys = {parse_address(email).key for email in request.emails} - {None}
    return [
        *(("contact", digester.contact(contact_id)) for contact_id in request.contact_ids),
        *(("address", digester.address(key)) for key in keys if key),
    ]


def _receipt_digest(digester: Digester, request: ErasureRequest) -> bytes:
    """What the receipt of a request is found by."""
    if request.person_id is not None:
        return digester.contact(request.person_id)
    email = request.asked_email or ""
    return digester.address(parse_address(email).key or written_form(email))


def _suppress(
    warehouse: Connection[Any], digester: Digester, request: ErasureRequest, run_id: str
) -> ErasedPerson:
    addresses: set[str] = set()
    hashes: set[str] = set()
    for email in request.emails:
        forms, form_hashes = address_forms(email)
        addresses |= forms
        hashes |= form_hashes
    with warehouse.cursor() as cursor:
        cursor.executemany(erased_members.SUPPRESS, _digests(digester, request))
    erased_members.note_hashes(warehouse, digester, hashes)
    receipt_id = read_value(
        warehouse,
        int,
        statement("sync/erase_open_receipt"),
        {
            "contact_digest": _receipt_digest(digester, request),
            "requested_at": request.requested_at,
            "run_id": run_id,
        },
    )
    warehouse.commit()
    return ErasedPerson(request, receipt_id, hashes, addresses)


def _erase_members(
    warehouse: Connection[Any],
    accounts: Accounts[AudienceProvider],
    names: Sequence[str],
    digester: Digester,
    people: Sequence[ErasedPerson],
    troubles: ErasureTroubles,
) -> dict[str, Exception]:
    """Delete the members of all people in each account; one that is down holds up no other.

    All accounts are asked for earlier addresses first: what one tells is deleted in all.

    Returns:
        the error of each account that could not be asked.

    Raises:
        ProviderError, PassingError: of the only account.
    """
    down: dict[str, Exception] = {}
    audiences = 0

    def learn(provider: AudienceProvider, account: str) -> int:
        watch = OutageWatch(provider)
        for person in people:
            with troubles.kept_apart(person.request, watch):
                erased_members.learn_earlier_addresses(
                    warehouse, provider, account, digester, person, watch
                )
        return 0

    def delete(provider: AudienceProvider, account: str) -> int:
        return erased_members.delete_members(
            warehouse, provider, account, people, OutageWatch(provider)
        )

    for step in (learn, delete):
        for account in names:
            if account in down:
                continue
            try:
                with accounts.lent(account) as provider:
                    audiences += step(provider, account)
            except (ProviderError, PassingError) as error:
                if len(names) == 1:
                    raise
                warehouse.rollback()
                down[account] = error
                log.warning("connection %s: nobody is erased there: %s", account, words_of(error))
    erased_members.note_members(warehouse, people, audiences)
    return down


def _remove_traces(warehouse: Connection[Any], people: Sequence[ErasedPerson]) -> None:
    traces = erased_traces.Traces(
        hashes={hash_: None for person in people for hash_ in person.hashes},
        contact_ids={one for person in people for one in person.request.contact_ids},
        addresses={one for person in people for one in person.addresses},
    )
    erased_traces.remove_traces(
        warehouse, traces, receipt_ids=[person.receipt_id for person in people]
    )


def _finish(warehouse: Connection[Any], people: Sequence[ErasedPerson]) -> None:
    warehouse.execute(
        "update sync.erasure_receipt set finished_at = now() where receipt_id = any(%s)",
        ([person.receipt_id for person in people],),
    )
    warehouse.commit()


def _require_all(
    people: Sequence[ErasedPerson],
    troubles: ErasureTroubles,
    returned: erased_traces.RemovedReturned,
    down: Mapping[str, Exception],
) -> None:
    problems, waiting = [], ""
    if down:
        words = "; ".join(f"connection {name}: {words_of(one)}" for name, one in down.items())
        waiting = (
            f"{len(people)} people are not erased whole: not every account could be asked. "
            f"{words}. They are suppressed, so nothing is pushed, and deleted in all other "
            "accounts. The next run goes on in these accounts"
        )
        if not all(map(is_passing, down.values())):
            problems.append(waiting)
    refused = [person for person in people if person.refused]
    if refused:
        names = ", ".join(str(person.request) for person in refused[:20])
        problems.append(
            f"Mailchimp refused to delete members of {len(refused)} people ({names}): "
            "they are suppressed, so nothing is pushed. Delete them in Mailchimp by hand; the "
            "next run then finishes their erasure"
        )
    if words := troubles.in_words():
        problems.append(words)
    if returned.problem:
        problems.append(
            f"Traces of people who were erased before came back, and {returned.failed} of them "
            f"could not be removed: {returned.problem}. The next run tries them again"
        )
    if waiting in problems:
        waiting = ""
    postponed = ". ".join(filter(None, (waiting, troubles.postponed_in_words())))
    if problems:
        raise ErasureIncompleteError(". ".join(filter(None, (*problems, postponed))))
    if postponed:
        raise ErasurePostponedError(postponed)
