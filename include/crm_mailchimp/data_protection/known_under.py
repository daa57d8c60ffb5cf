"""What is known under one address: its forms, its subscriber hashes, its contacts.

A contact that has or had the address counts, and so does a merged one. A person is a contact with
every contact merged into it.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

from crm_mailchimp.data_protection.erasure import address_forms
from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.refusals.suppression import open_suppression


class UnknownAddressError(ValueError):
    """No address was given."""


@dataclass(frozen=True)
class KnownUnder:
    """What has, had or would have one address.

    Attributes:
        addresses: the forms of the address.
        subscriber_hashes: of these forms, and of what Mailchimp made of them.
        contact_ids: contacts of the CRM.
    """

    addresses: Set[str] = field(repr=False)
    subscriber_hashes: Set[str] = field(repr=False)
    contact_ids: Sequence[int]


def known_under(warehouse: Connection[Any], email: str) -> KnownUnder:
    """Look an address up: one that is not well formed as it is written, as snapshots have it.

    Raises:
        UnknownAddressError: the text is empty.
        SuppressionLostError: the suppression list is not whole.
    """
    forms, hashes = address_forms(email)
    if not forms:
        raise UnknownAddressError("no address was given")
    digester = open_suppression(warehouse)
    hashes |= set(
        read_values(
            warehouse,
            str,
            statement("sync/find_aliases"),
            {"subscriber_hashes": sorted(hashes)},
        )
    )
    contact_ids = read_values(
        warehouse,
        int,
        statement("sync/find_contacts"),
        {
            "subscriber_hashes": sorted(hashes),
            "addresses": sorted(forms),
            "digests": [digester.subscriber(one) for one in sorted(hashes)],
        },
    )
    return KnownUnder(forms, hashes, contact_ids)


def merged_into(warehouse: Connection[Any], contact_id: int) -> list[int]:
    """The contact, then every contact merged into it, as far as the warehouse knows."""
    merged = read_values(
        warehouse, int, statement("sync/find_merged"), {"contact_ids": [contact_id]}
    )
    return [contact_id, *sorted(set(merged) - {contact_id})]
