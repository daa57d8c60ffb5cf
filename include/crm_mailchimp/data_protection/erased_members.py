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
from crm_mailchimp.outages import OutageWatch
from crm_mailchimp.provider import AudienceProvider
from crm_mailchimp.rows import find_value, read_rows, read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience import other_account, ownership
from crm_mailchimp.sync.refusals.suppression import Digester
from crm_mailchimp.warehouse.locks import audience_lock

log = logging.getLogger(__name__)


class EarlierMember(NamedTuple):
    """A member that a person was.

    Attributes:
        account: of the audience.
        is_anothers: the address is another contact's by now.
        is_own_row: the member is known under the person.
    """

    list_id: str
    account: str
    subscriber_hash: str
    is_anothers: bool
    is_own_row: bool


@dataclass
class ErasedPerson:
    """A person who is being erased, and what became of the person's members so far.

    Attributes:
        request: what the CRM asks for.
        receipt_id: of the receipt.
        hashes: subscriber hashes of all known addresses.
        addresses: in normal form and as written.
        earlier: members that the person was.
        own_members: members to delete in one audience only, as audience and subscriber hash: the
            address is another contact's by now.
        deleted: number of members deleted.
        refused: number of deletions that Mailchimp refused.
        postponed: words of the first call that failed and may succeed later; empty: none did.
        left_alone: number of members that stay in audiences of another installation, by audience.
    """

    request: ErasureRequest
    receipt_id: int
    hashes: set[str] = field(repr=False)
    addresses: set[str] = field(repr=False)
    earlier: Sequence[EarlierMember] = field(default=(), repr=False)
    own_members: set[tuple[str, str]] = field(default_factory=set, repr=False)
    deleted: int = 0
    refused: int = 0
    postponed: str = ""
    left_alone: Counter[str] = field(default_factory=Counter)


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


def find_earlier(warehouse: Connection[Any], digester: Digester, person: ErasedPerson) -> None:
    """Find the members that a person was, in audiences of all accounts; commits."""
    person.earlier = read_rows(
        warehouse,
        EarlierMember,
        statement("sync/erase_find_earlier"),
        {"contact_ids": person.request.contact_ids, "known_hashes": list(person.hashes)},
    )
    warehouse.rollback()
    for row in person.earlier:
        if not row.is_anothers:
            person.hashes.add(row.subscriber_hash)
            note_hashes(warehouse, digester, [row.subscriber_hash])
        elif row.is_own_row:
            person.own_members.add((row.list_id, row.subscriber_hash))
    warehouse.commit()


def learn_earlier_addresses(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    account: str,
    digester: Digester,
    person: ErasedPerson,
    watch: OutageWatch,
) -> None:
    """Earlier addresses are known here by their hash only; the members themselves tell them.

    Args:
        account: whose members are asked.

    Raises:
        ProviderError: of the first call that failed, after all others.
    """
    failed: ProviderError | None = None
    for row in person.earlier:
        hash_ = row.subscriber_hash
        if row.is_anothers or row.account != account:
            continue
        try:
            member = provider.member(row.list_id, hash_)
            watch.note_answer()
        except ProviderError as error:
            watch.note_failure(error, id(person.request))
            failed, member = failed or error, None
        key = parse_address(member.email_address).key if member is not None else None
        if key and subscriber_hash(key) == hash_:
            person.addresses.add(key)
            warehouse.execute(SUPPRESS, ("address", digester.address(key)))
        warehouse.commit()
    if failed is not None:
        raise failed


def delete_members(
    warehouse: Connection[Any],
    provider: AudienceProvider,
    account: str,
    people: Sequence[ErasedPerson],
    watch: OutageWatch,
) -> int:
    """Delete the members of all people, in each audience of the account; commits.

    A call that fails holds up nobody else. Its person is ``refused`` or ``postponed``.

    Args:
        warehouse: not in a transaction.
        provider: open, with a connection slot.
        account: whose audiences these are.
        people: who are suppressed already.
        watch: over the account.

    Returns:
        number of audiences looked through.

    Raises:
        ProviderError: an outage of the account, or its audiences cannot be listed. Or the
            connection leads to another account (``OtherAccountError``).
    """
    present = [audience.list_id for audience in provider.audiences()]
    other_account.require_same(warehouse, account, present)
    looked_through: set[str] = set()
    codes = read_values(warehouse, str, statement("sync/erase_collection_codes"))
    warehouse.commit()
    for code in codes:
        # Held once after the suppression: a push that looked before it is over by then.
        with audience_lock(warehouse, code):
            list_id = find_value(
                warehouse,
                str,
                "select list_id from sync.audience where collection_code = %s and account = %s",
                (code, account),
            )
            warehouse.commit()
            if list_id is not None:
                _delete_unless_foreign(warehouse, provider, list_id, people, watch)
                looked_through.add(list_id)
    # Audiences that the map does not know: nobody of ours pushes there, so there is no lock.
    for list_id in present:
        if list_id not in looked_through:
            _delete_unless_foreign(warehouse, provider, list_id, people, watch)
            looked_through.add(list_id)
    return len(looked_through)


def note_members(
    warehouse: Connection[Any], people: Sequence[ErasedPerson], audiences: int
) -> None:
    """Write into the receipts what was done in Mailchimp; commits.

    Args:
        audiences: number of audiences looked through, in all accounts.
    """
    for person in people:
        warehouse.execute(
            statement("sync/erase_note_members"),
            {
                "receipt_id": person.receipt_id,
                "audiences": audiences,
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
    watch: OutageWatch,
) -> None:
    """Another installation's audience is not touched; it hears of the request from its own CRM."""
    try:
        is_foreign = ownership.must_be_left_alone(warehouse, provider, list_id)
    except NotFoundAtProviderError:
        return  # deleted in Mailchimp since it was mapped or listed
    except ProviderError as error:
        watch.note_failure(error, list_id)
        for person in people:
            _note_failed(person, list_id, error)
        return
    if not is_foreign:
        _delete_in(provider, list_id, people, watch)
        return
    for person in people:
        hashes = sorted(_hashes_in(person, list_id))
        try:
            left = sum(provider.member(list_id, hash_) is not None for hash_ in hashes)
            watch.note_answer()
        except ProviderError as error:
            watch.note_failure(error, id(person.request))
            _note_failed(person, list_id, error)
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


def _delete_in(
    provider: AudienceProvider,
    list_id: str,
    people: Sequence[ErasedPerson],
    watch: OutageWatch,
) -> None:
    for person in people:
        for hash_ in sorted(_hashes_in(person, list_id)):
            try:
                person.deleted += provider.delete_member_permanently(list_id, hash_)
                watch.note_answer()
            except ProviderError as error:
                watch.note_failure(error, id(person.request))
                _note_failed(person, list_id, error)


def _note_failed(person: ErasedPerson, list_id: str, error: ProviderError) -> None:
    """The others do not wait for a person whose call fails."""
    if error.retryable:
        person.postponed = person.postponed or f"audience {list_id}: {words_of(error)}"
    else:
        person.refused += 1
    log.warning(
        "%s: not deleted in audience %s: %s",
        person.request,
        list_id,
        words_of(error),
    )
