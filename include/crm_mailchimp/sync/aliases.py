"""Under which member ids contacts stand: not always the md5 of our normal form of an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import Connection

from crm_mailchimp.address import parse_address, subscriber_hash
from crm_mailchimp.crm.extract import RecheckedContact


def address_keys(contacts: Mapping[int, RecheckedContact]) -> dict[int, str]:
    """The address key of each contact that has a well-formed address now, by contact id."""
    return {
        contact_id: key
        for contact_id, contact in contacts.items()
        if (key := parse_address(contact.email).key) is not None
    }


def member_hashes(warehouse: Connection[Any], keys: Mapping[int, str]) -> dict[int, str]:
    """Under which id Mailchimp keeps each contact's address, as far as it ever told.

    Args:
        keys: address key by contact id.
    """
    plain = {contact_id: subscriber_hash(key) for contact_id, key in keys.items()}
    found = warehouse.execute(
        "select address_hash, subscriber_hash from sync.subscriber_alias"
        " where address_hash = any(%s)",
        (list(plain.values()),),
    ).fetchall()
    aliases = dict(found)
    return {contact_id: aliases.get(hash_, hash_) for contact_id, hash_ in plain.items()}
