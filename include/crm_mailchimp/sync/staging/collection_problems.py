"""What keeps a collection from being synced, as its row in the CRM says."""

from __future__ import annotations

from crm_mailchimp.crm.collections import Collection
from crm_mailchimp.sync.staging.staged_collection import Problem


def collection_problem(collection: Collection) -> Problem | None:
    """The first problem of a collection; None: it can be synced.

    Args:
        collection: its row, with the defaults of its provider.
    """
    return (
        _unreadable_problem(collection)
        or _provider_problem(collection)
        or _settings_problem(collection)
    )


def _unreadable_problem(collection: Collection) -> Problem | None:
    if collection.unreadable is None:
        return None
    return Problem(
        "unreadable_row",
        "blocked",
        f"the row of the collection cannot be read: {collection.unreadable}. Correct it in the CRM",
    )


def _provider_problem(collection: Collection) -> Problem | None:
    words = collection.provider_problem()
    return Problem("provider_unsupported", "blocked", words) if words else None


def _settings_problem(collection: Collection) -> Problem | None:
    if collection.gdpr_category is None:
        return Problem(
            "no_campaign_type",
            "blocked",
            "the collection has no campaign type: set crm.contact_collection.campaign_type",
        )
    return None if collection.shared_audience else sender_problem(collection)


def sender_problem(collection: Collection) -> Problem | None:
    """What Mailchimp requires of a new audience, and the collection does not have."""
    if collection.missing_settings and not collection.provider_list_id:
        columns = ", ".join(collection.missing_settings)
        fill = "fill the column" if len(collection.missing_settings) == 1 else "fill these columns"
        return Problem(
            "missing_parameter",
            "blocked",
            f"Mailchimp requires {columns}: {fill} in crm.contact_collection "
            "or in crm.external_provider",
        )
    if collection.wrong_country and not collection.provider_list_id:
        return Problem(
            "missing_parameter",
            "blocked",
            f"column {collection.wrong_country} is no code of two letters (ISO 3166-1 alpha-2), "
            "such as GR: Mailchimp takes no other country. Correct it in the CRM",
        )
    return None
