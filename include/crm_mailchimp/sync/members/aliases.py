"""Which member id a contact has: not always the md5 of our normal form of its address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp import array_literals
from crm_mailchimp.address import parse_address, subscriber_hash
from crm_mailchimp.crm.extract import PresentContact, RecheckedContact
from crm_mailchimp.rows import read_rows


class _Alias(NamedTuple):
    address_hash: str
    subscriber_hash: str


class _ChangedAddress(NamedTuple):
    contact_id: int
    old_hash: str
    new_hash: str


def address_keys(contacts: Mapping[int, PresentContact | RecheckedContact]) -> dict[int, str]:
    """The address key of each contact that has a well-formed address now, by contact id."""
    return {
        contact_id: key
        for contact_id, contact in contacts.items()
        if (key := parse_address(contact.email).key) is not None
    }


def member_hashes(
    warehouse: Connection[Any], keys: Mapping[int, str], *, list_id: str | None
) -> dict[int, str]:
    """The id under which Mailchimp keeps each contact, as far as an answer ever showed it.

    Mailchimp may keep an address under another id, or the person chose another address there.

    Args:
        keys: address key by contact id.
        list_id: the audience; None: there is none yet.
    """
    plain = {contact_id: subscriber_hash(key) for contact_id, key in keys.items()}
    aliases = {
        row.address_hash: row.subscriber_hash
        for row in read_rows(
            warehouse,
            _Alias,
            "select address_hash, subscriber_hash from sync.subscriber_alias"
            " where address_hash = any(%s::text[])",
            (array_literals.hashes(plain.values()),),
        )
    }
    known = {contact_id: aliases.get(hash_, hash_) for contact_id, hash_ in plain.items()}
    changed = {
        (row.contact_id, row.old_hash): row.new_hash
        for row in read_rows(
            warehouse,
            _ChangedAddress,
            "select contact_id, old_hash, new_hash from sync.changed_address"
            " where list_id = %s and contact_id = any(%s::bigint[]) and ended_at is null",
            (list_id, array_literals.integers(known)),
        )
    }
    return {
        contact_id: changed.get((contact_id, hash_), hash_) for contact_id, hash_ in known.items()
    }


def address_hashes(warehouse: Connection[Any], hashes: Mapping[int, str]) -> dict[int, str]:
    """The md5 of the address that Mailchimp keeps under each contact's member id.

    Args:
        hashes: member id by contact id, as ``member_hashes`` gives them.
    """
    known = read_rows(
        warehouse,
        _Alias,
        "select min(address_hash) as address_hash, subscriber_hash from sync.subscriber_alias"
        " where subscriber_hash = any(%s) group by subscriber_hash",
        (list(hashes.values()),),
    )
    addresses = {row.subscriber_hash: row.address_hash for row in known}
    return {contact_id: addresses.get(hash_, hash_) for contact_id, hash_ in hashes.items()}
