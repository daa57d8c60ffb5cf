"""Every key under which tables of the warehouse keep facts about one person."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.refusals.suppression import open_suppression


@dataclass(frozen=True)
class PersonKeys:
    """Keys of one person.

    Attributes:
        addresses: known ones, also earlier ones.
        subscriber_hashes: of these addresses, and of earlier ones that nobody knows any more.
        digests: keyed digests of the addresses, the hashes and the contact ids.
    """

    addresses: Set[str] = field(repr=False)
    subscriber_hashes: Set[str] = field(repr=False)
    digests: Sequence[bytes] = field(repr=False)


class _EarlierAddress(NamedTuple):
    """An address that contacts had; only its hash may be known."""

    subscriber_hash: str
    address: str | None


def person_keys(
    warehouse: Connection[Any],
    contact_ids: Sequence[int],
    addresses: Set[str],
    subscriber_hashes: Set[str],
) -> PersonKeys:
    """The keys of a person, earlier addresses of the contacts included.

    Args:
        warehouse: a connection.
        contact_ids: contacts that are the person.
        addresses: forms of an address that is asked about; may be empty.
        subscriber_hashes: the same as Mailchimp's ids.

    Raises:
        SuppressionLostError: the suppression list is not whole.
    """
    digester = open_suppression(warehouse)
    earlier = read_rows(
        warehouse,
        _EarlierAddress,
        statement("sync/access_earlier"),
        {"contact_ids": list(contact_ids)},
    )
    hashes = subscriber_hashes | {one.subscriber_hash for one in earlier}
    known = addresses | {one.address for one in earlier if one.address is not None}
    digests = [
        *(digester.address(one) for one in known),
        *(digester.contact(one) for one in contact_ids),
        *(digester.subscriber(one) for one in hashes),
    ]
    return PersonKeys(known, hashes, digests)
