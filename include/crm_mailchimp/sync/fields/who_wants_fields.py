"""Which collections want the additional fields of an audience, in words."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from crm_mailchimp.blank_signs import named
from crm_mailchimp.rows import read_values
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.audience.tags import read_tags
from crm_mailchimp.sync.staging.staged_collection import StagedCollection, read_sharing


def words_of_wanting(
    warehouse: Connection[Any], crm: Connection[Any], collection: StagedCollection
) -> str:
    """Where to switch ``sync_merge_fields`` off; commits.

    A member has one value in a field. So the staging gives the fields to all collections of a
    shared audience. Only the CRM says which of them wants them, and those that are away count, too.

    Args:
        crm: to ``crm_db``, in autocommit.
        collection: it, or the row of a shared audience.
    """
    if not collection.is_shared_audience:
        return "this collection"
    ids = {one.collection_id for one in read_sharing(warehouse, collection)}
    ids |= {one.collection_id for one in read_tags(warehouse, collection.collection_id)}
    warehouse.commit()
    codes = read_values(
        crm, str, statement("crm/find_wanting_fields"), {"collection_ids": sorted(ids)}
    )
    if not codes:
        return "the collections of this audience"
    return f"these collections of the audience: {', '.join(map(named, codes))}"
