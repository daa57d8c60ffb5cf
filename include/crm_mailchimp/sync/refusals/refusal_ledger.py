"""Refusals by person: who must not be mailed, or only after a confirmation (``sync.refusal``).

The ledger fills itself: a trigger of ``sync.member`` opens a refusal for whatever a writer notes
there (``sql/views/sync/functions/open_refusals.sql``). One statement decides what a refusal means:
``sql/sync/judge_refusals.sql``. The plan, the push's last look and the campaign gate ask it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.address import parse_address, subscriber_hash
from crm_mailchimp.crm import consents
from crm_mailchimp.rows import read_rows, read_value, read_values, stream_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.refusals.suppression import Digester
from crm_mailchimp.warehouse.copying import copy_rows

_BATCH = 10_000


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person to ask about.

    Attributes:
        key: how the answer names the person.
        contact_ids: the contact and every contact merged into it.
        address_digests: of the addresses at which the person would be mailed.
        other_ids: other contacts that hold one of these addresses now; staged ones are found
            without being named.
    """

    key: str
    contact_ids: frozenset[int]
    address_digests: frozenset[bytes] = field(repr=False)
    other_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class FoundRefusal:
    """What holds for a person in one collection.

    Attributes:
        reason: the quarantine reason; None: nothing but a confirmation is missing.
        must_confirm: only a confirmation counts, no grant in the CRM.
    """

    reason: str | None
    must_confirm: bool


class _FoundRow(NamedTuple):
    key: str
    reason: str | None
    must_confirm: bool


class _RefusingContact(NamedTuple):
    contact_id: int
    email: str | None
    is_cut_off: bool


class _Contact(NamedTuple):
    contact_id: int
    email: str


class _ChangedAddress(NamedTuple):
    contact_id: int
    old_hash: str
    new_hash: str


class _OpenRefusal(NamedTuple):
    refusal_id: int
    address_digest: bytes


def find(
    warehouse: Connection[Any], people: Iterable[Person], *, collection_id: int
) -> dict[str, FoundRefusal]:
    """The refusals that hold for people in a collection; a person without one is left out.

    Args:
        warehouse: the warehouse; temporary tables are written, nothing is committed.
        people: the persons to ask about, each key once.
        collection_id: the collection.
    """
    _ask(warehouse, people)
    _judge(warehouse, collection_id)
    rows = read_rows(
        warehouse,
        _FoundRow,
        "select key, coalesce(reason_at_address, reason_of_person,"
        " case when is_refused_by_other then 'shared_address_refused' end) as reason, must_confirm"
        " from refusal_found"
        " where reason_at_address is not null or reason_of_person is not null"
        " or is_refused_by_other or must_confirm",
    )
    return {row.key: FoundRefusal(reason=row.reason, must_confirm=row.must_confirm) for row in rows}


def judge_staged(
    warehouse: Connection[Any],
    *,
    staging_id: int,
    collection_id: int,
    list_id: str | None,
    tag_of: int | None = None,
) -> None:
    """Fill the temporary table ``refusal_found`` for a collection's plan; nothing is committed.

    Args:
        tag_of: the collection whose tagged members are asked about, and whose refusals count.
            None: all members of the audience are asked about.
    """
    parameters = {
        "staging_id": staging_id,
        "collection_id": collection_id,
        "list_id": list_id,
        "tag_of": tag_of,
    }
    warehouse.execute(statement("sync/create_person_asked"))
    warehouse.execute("truncate person_asked")
    warehouse.execute(statement("sync/ask_about_desired"), parameters)
    about_members = "sync/ask_about_unwanted" if tag_of is None else "sync/ask_about_tagged"
    warehouse.execute(statement(about_members), parameters)
    warehouse.execute("analyze person_asked")
    warehouse.execute(statement("sync/ask_about_holders"))
    _judge(warehouse, collection_id if tag_of is None else tag_of)
    warehouse.execute("analyze refusal_found")


def follow_merges(warehouse: Connection[Any], staging_id: int) -> None:
    """Give refusals that became known since the snapshot to the merged contacts; commits.

    It comes before ``judge_staged``, in a transaction of its own. A snapshot that is being made
    writes the same rows in another order. Mostly nothing is to be written, so nobody waits.
    """
    parameters = {"staging_id": staging_id}
    if read_value(warehouse, bool, statement("sync/has_unattached_merges"), parameters):
        lock_holders(warehouse)
        warehouse.execute(statement("sync/attach_merged"), parameters)
    warehouse.commit()


def find_refusing_contacts(
    warehouse: Connection[Any], crm: Connection[Any], digester: Digester
) -> None:
    """Fill ``refusing_contact``, ``gone_address`` and ``new_record``, all temporary; no commit.

    Args:
        crm: to ``crm_db``, in the run's snapshot.
        digester: of the suppression list.
    """
    warehouse.execute(statement("sync/create_refusing_contact"))
    warehouse.execute("truncate refusing_contact")
    with warehouse.cursor("contacts_that_refused") as cursor:
        cursor.itersize = _BATCH
        cursor.execute(statement("sync/contacts_that_refused"))
        batches = []
        while batch := [contact_id for (contact_id,) in islice(cursor, _BATCH)]:
            batches.append(batch)
    for batch in batches:
        found = read_rows(
            crm, _RefusingContact, statement("crm/refusing_contacts"), {"contact_ids": batch}
        )
        copy_rows(
            warehouse,
            "refusing_contact",
            ("contact_id", "address_digest", "is_cut_off"),
            (
                (
                    one.contact_id,
                    digester.subscriber(subscriber_hash(key)) if key else None,
                    one.is_cut_off,
                )
                for one in found
                for key in (parse_address(one.email).key,)
            ),
        )
    warehouse.execute("analyze refusing_contact")
    _find_new_records(warehouse, crm, digester)


def _find_new_records(warehouse: Connection[Any], crm: Connection[Any], digester: Digester) -> None:
    """Fill ``gone_address`` and ``new_record``; it reads the whole CRM if a contact is gone."""
    warehouse.execute(statement("sync/create_gone_address"))
    warehouse.execute(statement("sync/create_new_record"))
    warehouse.execute("truncate gone_address, new_record")
    warehouse.execute(statement("sync/find_gone_addresses"))
    warehouse.execute("analyze gone_address")
    wanted = set(read_values(warehouse, bytes, "select distinct address_digest from gone_address"))
    if not wanted:
        return
    contacts = stream_rows(
        crm, _Contact, statement("crm/all_addresses"), name="all_addresses", batch=_BATCH
    )
    copy_rows(
        warehouse,
        "new_record",
        ("contact_id", "address_digest"),
        (
            (one.contact_id, digest)
            for one in contacts
            for key in (parse_address(one.email).key,)
            if key and (digest := digester.subscriber(subscriber_hash(key))) in wanted
        ),
    )
    warehouse.execute("analyze new_record")


def note_holders(warehouse: Connection[Any], staging_id: int, clock: datetime) -> None:
    """Remember which contact holds which address, and undo merges that the CRM undid.

    Follows ``find_refusing_contacts``; the caller commits.

    Args:
        clock: the run's, of the CRM.
    """
    lock_holders(warehouse)
    parameters = {"staging_id": staging_id, "clock": clock}
    warehouse.execute(statement("sync/detach_unmerged"), parameters)
    warehouse.execute(statement("sync/attach_merged"), parameters)
    warehouse.execute(statement("sync/note_holders"), parameters)
    warehouse.execute(statement("sync/attach_new_records"), parameters)
    warehouse.execute(statement("sync/note_gone_refusers"), parameters)


def lock_holders(warehouse: Connection[Any]) -> None:
    """Be the only writer of holders and of merged contacts until the transaction ends.

    Two writers of the same contacts in another order would wait for each other.
    """
    warehouse.execute("select pg_advisory_xact_lock(hashtextextended('address holders', 0))")


def attach_holders(
    warehouse: Connection[Any],
    crm: Connection[Any],
    digester: Digester,
    list_id: str,
    address_keys: Collection[str],
) -> None:
    """Find in the whole CRM who holds addresses that were just refused; the caller commits.

    A contact outside all collections may hold one, and join a collection later under another.

    Args:
        crm: to ``crm_db``.
        digester: of the suppression list.
        list_id: the audience that shows the refusals.
        address_keys: addresses in normal form that get no mail there.
    """
    digests = {digester.subscriber(subscriber_hash(key)): {key} for key in address_keys}
    unknown = read_rows(
        warehouse,
        _OpenRefusal,
        statement("sync/unattached_refusals"),
        {"list_id": list_id, "address_digests": list(digests)},
    )
    if not unknown:
        return
    refused = {key for one in unknown for key in digests[bytes(one.address_digest)]}
    for digest, crm_key in _earlier_keys(warehouse, crm, digester, list_id, refused):
        digests[digest].add(crm_key)
    wanted = {key for one in unknown for key in digests[bytes(one.address_digest)]}
    holders: dict[str, set[int]] = defaultdict(set)
    local_parts = sorted({key.partition("@")[0] for key in wanted})
    for holder in consents.holders_of(crm, [], local_parts):
        key = parse_address(holder.email).key
        if key in wanted and holder.contact_id is not None:
            holders[key].add(holder.contact_id)
    pairs = [
        (one.refusal_id, contact_id)
        for one in unknown
        for key in digests[bytes(one.address_digest)]
        for contact_id in holders[key]
    ]
    warehouse.execute(
        statement("sync/attach_holders"),
        {
            "refusal_ids": [refusal_id for refusal_id, _ in pairs],
            "contact_ids": [contact_id for _, contact_id in pairs],
            "looked_up": [one.refusal_id for one in unknown],
        },
    )


def _earlier_keys(
    warehouse: Connection[Any],
    crm: Connection[Any],
    digester: Digester,
    list_id: str,
    address_keys: Collection[str],
) -> Iterator[tuple[bytes, str]]:
    """The CRM's addresses of members whose person changed the address in Mailchimp.

    Args:
        address_keys: the members' present addresses.

    Yields:
        the digest of a present address, and the CRM's address.
    """
    changed = read_rows(
        warehouse,
        _ChangedAddress,
        "select contact_id, old_hash, new_hash from sync.changed_address"
        " where list_id = %s and new_hash = any(%s) and ended_at is null",
        (list_id, [subscriber_hash(key) for key in address_keys]),
    )
    if not changed:
        return
    emails = {
        one.contact_id: one.email
        for one in read_rows(
            crm,
            _RefusingContact,
            statement("crm/refusing_contacts"),
            {"contact_ids": [one.contact_id for one in changed]},
        )
    }
    for one in changed:
        crm_key = parse_address(emails.get(one.contact_id)).key
        if crm_key and subscriber_hash(crm_key) == one.old_hash:
            yield digester.subscriber(one.new_hash), crm_key


def _ask(warehouse: Connection[Any], people: Iterable[Person]) -> None:
    warehouse.execute(statement("sync/create_person_asked"))
    warehouse.execute("truncate person_asked")
    copy_rows(
        warehouse,
        "person_asked",
        ("key", "contact_id", "address_digest", "is_other"),
        (row for person in people for row in _rows(person)),
    )
    warehouse.execute(statement("sync/ask_about_holders"))


def _rows(person: Person) -> Iterator[tuple[str, int | None, bytes | None, bool]]:
    for contact_id in sorted(person.contact_ids):
        yield person.key, contact_id, None, False
    for digest in sorted(person.address_digests):
        yield person.key, None, digest, False
    for contact_id in sorted(person.other_ids - person.contact_ids):
        yield person.key, contact_id, None, True


def _judge(warehouse: Connection[Any], collection_id: int) -> None:
    warehouse.execute(statement("sync/create_refusal_found"))
    warehouse.execute("truncate refusal_found")
    warehouse.execute(statement("sync/judge_refusals"), {"collection_id": collection_id})
