"""Contact collections and the settings their audiences are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.statements import statement

#: Columns Mailchimp demands for an audience (OpenAPI 3.0.55, ``POST /lists``, ``required``).
REQUIRED_SETTINGS = (
    "company",
    "address1",
    "city",
    "country",
    "from_name",
    "from_email",
    "subject",
    "language",
    "permission_reminder",
)


#: The kind of provider that the pipeline serves (``crm.external_provider.kind``).
PROVIDER_KIND = "mailchimp"
#: The Airflow connection of the account in use.
DEFAULT_CONNECTION = "mailchimp_default"


class UnknownCollectionError(PermanentError):
    """A collection code was asked for that the CRM does not have, or not as an active one."""


@dataclass(frozen=True, kw_only=True)
class Collection:
    """One active contact collection with an external provider, its settings resolved."""

    collection_id: int
    code: str
    description: str
    comments: str | None
    owner_name: str | None
    is_shared: bool
    is_static: bool
    query_text: str | None
    sync_merge_fields: bool
    provider: str
    provider_kind: str
    connection_id: str | None
    provider_list_id: str | None
    campaign_type: str | None
    gdpr_category: str | None
    settings: Mapping[str, Any]
    missing_settings: tuple[str, ...]

    def provider_problem(self, connection_id: str) -> str | None:
        """Why the collection must not be pushed over a connection; None: it may."""
        return provider_problem(
            self.provider, self.provider_kind, self.connection_id, in_use=connection_id
        )


@dataclass(frozen=True, kw_only=True)
class ContactField:
    """An additional field of the CRM's contacts (``crm.contact_field``)."""

    code: str
    label: str
    data_type: str
    choices: tuple[str, ...]


def read_collections(connection: Connection[Any], codes: Sequence[str] = ()) -> list[Collection]:
    """Active collections that have an external provider.

    Args:
        connection: to ``crm_db``, in the run's snapshot.
        codes: only these; empty means all.

    Raises:
        UnknownCollectionError: one of ``codes`` is not an active collection with a provider.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            statement("crm/extract_collections"), {"codes": list(codes)}
        ).fetchall()
    collections = [_collection(row) for row in rows]
    unknown = sorted(set(codes) - {collection.code for collection in collections})
    if unknown:
        raise UnknownCollectionError(
            f"param 'collections' names {', '.join(unknown)}: no active collection with an "
            "external provider has this code; check crm.contact_collection"
        )
    return collections


def read_contact_fields(connection: Connection[Any]) -> list[ContactField]:
    """The CRM's additional contact fields, by code."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement("crm/extract_fields")).fetchall()
    return [ContactField(**{**row, "choices": tuple(row["choices"])}) for row in rows]


def provider_problem(
    provider: str, kind: str, connection_id: str | None, *, in_use: str
) -> str | None:
    """Why a provider's people must not be pushed over the connection in use; None: they may.

    Args:
        provider: code of the row in ``crm.external_provider``.
        kind: its kind.
        connection_id: its account's Airflow connection; None: not named.
        in_use: the Airflow connection of the account in use.
    """
    if kind != PROVIDER_KIND:
        return (
            f"the external provider {provider} is of kind {kind!r}, and this pipeline serves "
            f"{PROVIDER_KIND!r} alone: nobody is pushed anywhere. Set "
            "crm.contact_collection.external_provider to another provider, or to null"
        )
    if connection_id not in (None, in_use):
        return (
            f"the external provider {provider} names connection {connection_id}, and this "
            f"pipeline uses {in_use}: its people are not pushed into another account. Several "
            "accounts are not supported yet"
        )
    return None


def resolve_settings(
    own: Mapping[str, Any], provider: Mapping[str, Any], *, use_provider_defaults: bool
) -> dict[str, Any]:
    """Sender information and list defaults of one collection.

    With ``use_provider_defaults`` only the provider's values are used. Without it an own value
    wins, and the provider's values fill what is empty (CRM contract).
    """
    if use_provider_defaults:
        return dict(provider)
    return {name: provider.get(name) if _blank(own[name]) else own[name] for name in own}


def _collection(row: Mapping[str, Any]) -> Collection:
    settings = resolve_settings(
        row["own_settings"],
        row["provider_settings"],
        use_provider_defaults=row["use_provider_defaults"],
    )
    taken_over = (
        "collection_id",
        "code",
        "description",
        "comments",
        "owner_name",
        "is_shared",
        "is_static",
        "query_text",
        "sync_merge_fields",
        "provider",
        "provider_kind",
        "connection_id",
        "provider_list_id",
        "campaign_type",
        "gdpr_category",
    )
    return Collection(
        **{name: row[name] for name in taken_over},
        settings=settings,
        missing_settings=tuple(name for name in REQUIRED_SETTINGS if _blank(settings.get(name))),
    )


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
