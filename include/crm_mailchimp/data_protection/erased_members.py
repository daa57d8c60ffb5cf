"""Members of erased people: learns their earlier addresses, and deletes them in each audience."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.types.json import Jsonb

from crm_mailchimp.address import parse_address, subscriber_hash
from crm_mailchimp.crm.erasure_requests import ErasureRequest
from crm_mailchimp.error_words import words_of
from crm_mailchimp.errors import NotFoundAtProviderError, ProviderError
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import find_value, read_rows, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import ownership
from crm_mailchimp.sync.refusals.suppression import Digester
from crm_mailchimp.warehouse.locks import audience_lock

log = logging.getLogger(__name__)


@dataclass
class ErasedPerson:
    """A person who is being erased, and what became of the person's members so far.

    Attributes:
        request: what the CRM asks for.
        receipt_id: of the receipt.
        hashes: subscriber hashes of all known addresses.
        addresses: in normal form and as written.
        own_members: members to delete in one audience only, as audience and subscriber hash: the
            address is another contact's by now.
        deleted: number of members deleted.
        refused: number of deletions that Mailchimp refused.
        left_alone: number of members that stay in audiences of another installation, by audience.
    """

    request: ErasureRequest
    receipt_id: int
    hashes: set[str] = field(repr=False)
    addresses: set[str] = field(repr=False)
    own_members: set[tuple[str, str]] = field(default_factory=set, repr=False)
    deleted: int = 0
    refused: int = 0
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


#: Puts a digest on the suppression list.
SUPPRESS = (
    "insert into sync.suppression (kind, digest, cause) values (%s, %s, 'erased')"
    " on conflict do nothing"
)


def note_hashes(warehouse: Connection[Any], digester: Digester, hashes: Iterable[str]) -> None:
    with warehouse.cursor() as cursor:
        cursor.executemany(
            "insert into sync.erased_subscriber (digest) values (%s)"
            " on conflict (digest) do update set erased_at = null",
            [(digester.subscriber(one),) for one in hashes],
        )


def learn_earlier_addresses(
    warehouse: Connection[Any], provider: AudienceProvider, digester: Digester, person: ErasedPerson
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
            warehouse.execute(SUPPRESS, ("address", digester.address(key)))
        note_hashes(warehouse, digester, [hash_])
        warehouse.commit()


def delete_members(
    warehouse: Connection[Any], provider: AudienceProvider, people: Sequence[ErasedPerson]
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
    people: Sequence[ErasedPerson],
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
        try:
            left = sum(provider.member(list_id, hash_) is not None for hash_ in hashes)
        except ProviderError as error:
            if error.retryable:
                raise
            _note_refused(person, list_id, error)
            continue
        if left:
            person.left_alone[list_id] = left
            log.warning(
                "%s: %d members stay in audience %s, which another installation fills. "
                "Delete them in Mailchimp by hand, or erase them by that installation",
                person.request,
                left,
                list_id,
            )


def _hashes_in(person: ErasedPerson, list_id: str) -> set[str]:
    return person.hashes | {hash_ for own, hash_ in person.own_members if own == list_id}


def _delete_in(provider: AudienceProvider, list_id: str, people: Sequence[ErasedPerson]) -> None:
    for person in people:
        for hash_ in sorted(_hashes_in(person, list_id)):
            try:
                person.deleted += provider.delete_member_permanently(list_id, hash_)
            except ProviderError as error:
                if error.retryable:
                    raise
                _note_refused(person, list_id, error)


def _note_refused(person: ErasedPerson, list_id: str, error: ProviderError) -> None:
    """The others are not to wait for one that Mailchimp refuses."""
    person.refused += 1
    log.warning(
        "%s: not deleted in audience %s: %s",
        person.request,
        list_id,
        words_of(error),
    )
