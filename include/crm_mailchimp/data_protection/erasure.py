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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.types.json import Jsonb

from crm_mailchimp.address import parse_address, subscriber_hash, written_form
from crm_mailchimp.crm import erasure_requests
from crm_mailchimp.crm.erasure_requests import ErasureRequest, UndecidedErasure
from crm_mailchimp.data_protection import erased_traces
from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import NotFoundAtProviderError, PermanentError, ProviderError
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import find_value, read_rows, read_value, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import ownership
from crm_mailchimp.sync.refusals.suppression import Digester, open_suppression
from crm_mailchimp.warehouse.locks import audience_lock, named_lock

log = logging.getLogger(__name__)

_SUPPRESS = (
    "insert into sync.suppression (kind, digest, cause) values (%s, %s, 'erased')"
    " on conflict do nothing"
)


class ErasureIncompleteError(PermanentError):
    """Mailchimp refused to delete members of people who asked for it."""


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
    """

    requested: int
    erased: int
    members_deleted: int = 0
    returned: int = 0
    undecided: Sequence[UndecidedErasure] = field(default_factory=list)
    left_alone: Sequence[tuple[str, int]] = field(default_factory=list)


@dataclass
class _Person:
    request: ErasureRequest
    receipt_id: int
    hashes: set[str] = field(repr=False)
    addresses: set[str] = field(repr=False)
    #: Members to delete in one audience only: the address is another contact's by now.
    own_members: set[tuple[str, str]] = field(default_factory=set, repr=False)
    deleted: int = 0
    refused: int = 0
    #: Members that stay in audiences of another installation, by audience.
    left_alone: Counter[str] = field(default_factory=Counter)


class _EarlierMember(NamedTuple):
    """A member that a person was.

    Attributes:
        is_anothers: the address is another contact's by now.
        is_own_row: the member is known under the person.
    """

    list_id: str
    subscriber_hash: str
    is_anothers: bool
    is_own_row: bool


def erase_contacts(
    warehouse: Connection[Any],
    crm: Connection[Any],
    provider: AudienceProvider,
    *,
    run_id: str,
    contacts: Sequence[int] = (),
    dry_run: bool = False,
) -> ErasureResult:
    """Erase the contacts that asked for erasure in the CRM and are not erased yet.

    Args:
        warehouse: the warehouse, not in a transaction; committed after every step.
        crm: to ``crm_db``; only read.
        provider: open, with a connection slot.
        run_id: the run's name, as Airflow has it.
        contacts: only these contact ids; empty means all that asked.
        dry_run: only count.

    Raises:
        ErasureIncompleteError: Mailchimp refused some deletions; everything else was done, and
            the next run tries them again.
        NotRequestedError: one of ``contacts`` did not ask.
        SuppressionLostError: the suppression list is not whole.
    """
    digester = open_suppression(warehouse)
    requests = erasure_requests.read_requests(crm, contacts)
    undecided = erasure_requests.read_undecided(crm)
    crm.rollback()
    for one in undecided:
        log.warning(
            "contact %d asked for erasure and was merged into %d, which did not ask",
            one.asked_id,
            one.survivor_id,
        )
    _require_requested(contacts, requests)
    with named_lock(warehouse, "erasure"):
        pending = [one for one in requests if not _is_done(warehouse, digester, one)]
        warehouse.rollback()
        if dry_run:
            return ErasureResult(len(requests), len(pending), undecided=undecided)
        people = [_suppress(warehouse, digester, one, run_id) for one in pending]
        for person in people:
            _learn_earlier_addresses(warehouse, provider, digester, person)
        if people:
            _delete_members(warehouse, provider, people)
        done = [person for person in people if not person.refused]
        if done:
            _remove_traces(warehouse, done)
            _finish(warehouse, done)
        returned = erased_traces.remove_returned(warehouse)
        for person in done:
            log.info("contact %d erased, receipt %d", person.request.person_id, person.receipt_id)
    _require_all(people)
    deleted = sum(person.deleted for person in people)
    left_alone = sum((person.left_alone for person in people), Counter[str]())
    return ErasureResult(
        len(requests), len(done), deleted, returned, undecided, sorted(left_alone.items())
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


def _require_requested(contacts: Sequence[int], requests: Sequence[ErasureRequest]) -> None:
    missing = sorted(set(contacts) - {one.person_id for one in requests})
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
        (digester.contact(request.person_id), request.requested_at),
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


def _suppress(
    warehouse: Connection[Any], digester: Digester, request: ErasureRequest, run_id: str
) -> _Person:
    addresses: set[str] = set()
    hashes: set[str] = set()
    for email in request.emails:
        forms, form_hashes = address_forms(email)
        addresses |= forms
        hashes |= form_hashes
    with warehouse.cursor() as cursor:
        cursor.executemany(_SUPPRESS, _digests(digester, request))
    _note_hashes(warehouse, digester, hashes)
    receipt_id = read_value(
        warehouse,
        int,
        statement("sync/erase_open_receipt"),
        {
            "contact_digest": digester.contact(request.person_id),
            "requested_at": request.requested_at,
            "run_id": run_id,
        },
    )
    warehouse.commit()
    return _Person(request, receipt_id, hashes, addresses)


def _note_hashes(warehouse: Connection[Any], digester: Digester, hashes: Iterable[str]) -> None:
    with warehouse.cursor() as cursor:
        cursor.executemany(
            "insert into sync.erased_subscriber (digest) values (%s)"
            " on conflict (digest) do update set erased_at = null",
            [(digester.subscriber(one),) for one in hashes],
        )


def _learn_earlier_addresses(
    warehouse: Connection[Any], provider: AudienceProvider, digester: Digester, person: _Person
) -> None:
    """Earlier addresses are known here by their hash only; the members themselves tell them."""
    rows = read_rows(
        warehouse,
        _EarlierMember,
        statement("sync/erase_find_earlier"),
        {"contact_ids": person.request.contact_ids, "known_hashes": list(person.hashes)},
    )
    warehouse.rollback()
    for row in rows:
        hash_ = row.subscriber_hash
        if row.is_anothers:
            if row.is_own_row:
                person.own_members.add((row.list_id, hash_))
            continue
        person.hashes.add(hash_)
        member = provider.member(row.list_id, hash_)
        key = parse_address(member.email_address).key if member is not None else None
        if key and subscriber_hash(key) == hash_:
            person.addresses.add(key)
            warehouse.execute(_SUPPRESS, ("address", digester.address(key)))
        _note_hashes(warehouse, digester, [hash_])
        warehouse.commit()


def _delete_members(
    warehouse: Connection[Any], provider: AudienceProvider, people: Sequence[_Person]
) -> None:
    looked_through: set[str] = set()
    codes = read_values(warehouse, str, statement("sync/erase_collection_codes"))
    warehouse.commit()
    for code in codes:
        # Held once after the suppression: a push that looked before it is over by then.
        with audience_lock(warehouse, code):
            list_id = find_value(
                warehouse,
                str,
                "select list_id from sync.audience where collection_code = %s",
                (code,),
            )
            warehouse.commit()
            if list_id is not None:
                _delete_unless_foreign(warehouse, provider, list_id, people)
                looked_through.add(list_id)
    # Audiences that the map does not know: nobody of ours pushes there, so there is no lock.
    for audience in provider.audiences():
        if audience.list_id not in looked_through:
            _delete_unless_foreign(warehouse, provider, audience.list_id, people)
            looked_through.add(audience.list_id)
    for person in people:
        warehouse.execute(
            statement("sync/erase_note_members"),
            {
                "receipt_id": person.receipt_id,
                "audiences": len(looked_through),
                "members_deleted": person.deleted,
                "left_alone": Jsonb(person.left_alone),
            },
        )
    warehouse.commit()


def _delete_unless_foreign(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    list_id: str,
    people: Sequence[_Person],
) -> None:
    """Another installation's audience is not touched; it hears of the request from its own CRM."""
    try:
        is_foreign = ownership.must_be_left_alone(warehouse, provider, list_id)
    except NotFoundAtProviderError:
        return  # deleted in Mailchimp since it was mapped or listed
    except ProviderError as error:
        if error.retryable:
            raise
        for person in people:
            _note_refused(person, list_id, error)
        return
    if not is_foreign:
        _delete_in(provider, list_id, people)
        return
    for person in people:
        hashes = sorted(_hashes_in(person, list_id))
        left = sum(provider.member(list_id, hash_) is not None for hash_ in hashes)
        if left:
            person.left_alone[list_id] = left
            log.warning(
                "contact %d: %d members stay in audience %s, which another installation fills. "
                "Delete them in Mailchimp by hand, or erase them by that installation",
                person.request.person_id,
                left,
                list_id,
            )


def _hashes_in(person: _Person, list_id: str) -> set[str]:
    return person.hashes | {hash_ for own, hash_ in person.own_members if own == list_id}


def _delete_in(provider: AudienceProvider, list_id: str, people: Sequence[_Person]) -> None:
    for person in people:
        for hash_ in sorted(_hashes_in(person, list_id)):
            try:
                person.deleted += provider.delete_member_permanently(list_id, hash_)
            except ProviderError as error:
                if error.retryable:
                    raise
                _note_refused(person, list_id, error)


def _note_refused(person: _Person, list_id: str, error: ProviderError) -> None:
    """The others are not to wait for one that Mailchimp refuses."""
    person.refused += 1
    log.warning(
        "contact %d: not deleted in audience %s: %s",
        person.request.person_id,
        list_id,
        words_of(error),
    )


def _remove_traces(warehouse: Connection[Any], people: Sequence[_Person]) -> None:
    traces = erased_traces.Traces(
        hashes={hash_: None for person in people for hash_ in person.hashes},
        contact_ids={one for person in people for one in person.request.contact_ids},
        addresses={one for person in people for one in person.addresses},
    )
    erased_traces.remove_traces(
        warehouse, traces, receipt_ids=[person.receipt_id for person in people]
    )


def _finish(warehouse: Connection[Any], people: Sequence[_Person]) -> None:
    warehouse.execute(
        "update sync.erasure_receipt set finished_at = now() where receipt_id = any(%s)",
        ([person.receipt_id for person in people],),
    )
    warehouse.commit()


def _require_all(people: Sequence[_Person]) -> None:
    refused = [person for person in people if person.refused]
    if refused:
        ids = ", ".join(str(person.request.person_id) for person in refused[:20])
        raise ErasureIncompleteError(
            f"Mailchimp refused to delete members of {len(refused)} people (contacts {ids}): "
            "they are suppressed, so nothing is pushed. Delete them in Mailchimp by hand; the "
            "next run then finishes their erasure"
        )
