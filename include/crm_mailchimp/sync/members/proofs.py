"""Proofs of consent: by which consent a member was in an audience (``sync.consent_proof``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from crm_mailchimp.statements import statement
from crm_mailchimp.sync.decisions.planned_member import PlannedContact
from crm_mailchimp.sync.staging.staged_collection import StagedCollection
from crm_mailchimp.warehouse.key_lookups import hash_joins_now


def open_proofs(
    warehouse: Connection[Any],
    collection: StagedCollection,
    list_id: str,
    contacts: Sequence[PlannedContact],
) -> None:
    """Contacts became members; the caller commits."""
    warehouse.execute(
        statement("sync/open_proofs"),
        {
            **_parameters(collection, list_id),
            "subscriber_hashes": [contact.subscriber_hash for contact in contacts],
            "contact_ids": [contact.contact_id for contact in contacts],
            "consent_ids": [contact.consent_id for contact in contacts],
        },
    )


def renew_proofs(warehouse: Connection[Any], collection: StagedCollection, list_id: str) -> None:
    """Bring the proofs of an audience to the consents that hold now; commits."""
    with hash_joins_now(warehouse):
        warehouse.execute(
            statement("sync/renew_proofs"),
            {
                **_parameters(collection, list_id),
                "staging_id": collection.staging_id,
                "collection_id": collection.collection_id,
                "is_shared": collection.shared_id is not None,
            },
        )
    warehouse.commit()


def _parameters(collection: StagedCollection, list_id: str) -> dict[str, str | None]:
    return {
        "list_id": list_id,
        "collection_code": collection.collection_code,
        "gdpr_category": collection.gdpr_category,
        "campaign_type": collection.campaign_type,
        "rules_version": collection.rules_version,
        "run_id": collection.run_id,
    }
