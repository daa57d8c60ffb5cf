"""Whether a database is the CRM's, the warehouse, or both: a person may mistake them in a DSN."""

from __future__ import annotations

from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.rows import read_rows

#: Tables or views of the CRM's contract. Even one of them makes a database the CRM's.
CONTRACT_TABLES = (
    *("campaign", "campaign_type", "collection_member", "consent", "contact"),
    *("contact_collection", "contact_field", "contact_field_value", "external_provider"),
    *("provider_campaign", "provider_member_status", "resource"),
)
#: How an error names the database.
CRM_WORDS = "this database is the CRM's (schema crm with tables of the contract), not the warehouse"
WAREHOUSE_WORDS = "this database is the warehouse (it has our migrations), not the CRM's"

_KIND = """
select
    exists (
        select from pg_catalog.pg_class as relation
        where
            relation.relnamespace = to_regnamespace('crm')
            and relation.relname = any(%(tables)s::text[])
            and relation.relkind in ('r', 'p', 'v', 'm', 'f')
    ) as is_crm,
    exists (
        select from pg_catalog.pg_class as relation
        where
            relation.relnamespace = to_regnamespace('migration')
            and relation.relname = 'applied_file'
    ) as is_warehouse,
    to_regnamespace('sync') is not null as has_state
"""


class DatabaseKind(NamedTuple):
    """What a database holds.

    Attributes:
        is_crm: something of the CRM's contract.
        is_warehouse: migrations of ours.
        has_state: a schema ``sync``. A restored one may be without migrations.
    """

    is_crm: bool
    is_warehouse: bool
    has_state: bool


def database_kind(connection: Connection[Any]) -> DatabaseKind:
    """What the database of a connection holds; asks the catalogs only, so any login may."""
    (kind,) = read_rows(connection, DatabaseKind, _KIND, {"tables": list(CONTRACT_TABLES)})
    return kind
