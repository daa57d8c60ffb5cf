"""Contact collections and the settings their audiences are made from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.blank_signs import UNSEEN_SIGNS
from crm_mailchimp.crm.field_codes import CODE_RULES
from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import read_rows
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


_COUNTRY = re.compile("[A-Za-z]{2}")
_FIELD_RULES = {**CODE_RULES, "unseen": UNSEEN_SIGNS}

#: Sender information and list defaults by column: texts, and the yes or no of e-mail types.
Settings = Mapping[str, str | bool | None]

#: The kind of provider that the pipeline serves (``crm.external_provider.kind``).
PROVIDER_KIND = "mailchimp"


class UnknownCollectionError(PermanentError):
    """A collection code was asked for that the CRM does not have, or not as an active one."""


@dataclass(frozen=True, kw_only=True)
class Collection:
    """One active contact collection with an external provider, its settings resolved.

    Attributes:
        shared_audience: names the audience that it shares with others; None: it has its own.
        confirm_new_members: new members are asked to confirm before they get mail.
        marketing_permission: id or text of the GDPR field of its audience that its contacts give.
        wrong_country: the column with the sender's country, if that is no code of two letters.
        unreadable: columns that break the contract, never their values; None: none does.
    """

    collection_id: int
    code: str
    description: str
    comments: str | None
    owner_name: str | None
    is_shared: bool
    is_static: bool
    query_text: str | None
    marketing_permission: str | None
    sync_merge_fields: bool
    confirm_new_members: bool
    provider: str
    provider_kind: str
    connection_id: str | None
    provider_list_id: str | None
    shared_audience: str | None = None
    campaign_type: str | None
    gdpr_category: str | None
    settings: Settings
    missing_settings: tuple[str, ...]
    own_settings: tuple[str, ...] = ()
    wrong_country: str | None = None
    unreadable: str | None = None

    def provider_problem(self) -> str | None:
        """Why the collection must not be pushed anywhere; None: it may."""
        return provider_problem(self.provider, self.provider_kind)


@dataclass(frozen=True, kw_only=True)
class _StoredCollection:
    """A collection with its own settings and those of its provider, not yet resolved."""

    collection_id: int
    code: str
    description: str
    comments: str | None
    owner_name: str | None
    is_shared: bool
    is_static: bool
    query_text: str | None
    marketing_permission: str | None
    use_provider_defaults: bool
    sync_merge_fields: bool
    confirm_new_members: bool
    provider: str
    provider_kind: str
    connection_id: str | None
    provider_list_id: str | None
    shared_audience: str | None
    campaign_type: str | None
    gdpr_category: str | None
    own_settings: Settings
    provider_settings: Settings
    unreadable: str | None


class _StoredField(NamedTuple):
    """A row of ``crm.contact_field``."""

    code: str
    label: str
    data_type: str
    choices: Sequence[str]
    unreadable: str | None


@dataclass(frozen=True, kw_only=True)
class ContactField:
    """An additional field of the CRM's contacts (``crm.contact_field``).

    Attributes:
        code: its code in the CRM, or the code that replaces it (``field_codes``).
        unreadable: columns that break the contract, never their values. Then the field is left
            out, and so are its values.
    """

    code: str
    label: str
    data_type: str
    choices: tuple[str, ...]
    unreadable: str | None = None


def read_collections(connection: Connection[Any], codes: Sequence[str] = ()) -> list[Collection]:
    """Active collections that have an external provider.

    Args:
        connection: to ``crm_db``, in the run's snapshot.
        codes: only these; empty means all.

    Raises:
        UnknownCollectionError: one of ``codes`` is not an active collection with a provider.
    """
    stored = read_rows(
        connection,
        _StoredCollection,
        statement("crm/extract_collections"),
        {"codes": list(codes)},
    )
    collections = sorted(map(_collection, stored), key=lambda one: one.code)
    unknown = sorted(set(codes) - {collection.code for collection in collections})
    if unknown:
        raise UnknownCollectionError(
            f"param 'collections' names {', '.join(unknown)}: no active collection with an "
            "external provider has this code; check crm.contact_collection"
        )
    return collections


def read_contact_fields(connection: Connection[Any]) -> list[ContactField]:
    """The CRM's additional contact fields, by code."""
    return [
        ContactField(
            code=stored.code,
            label=stored.label,
            data_type=stored.data_type,
            choices=tuple(choice for choice in stored.choices if isinstance(choice, str)),
            unreadable=stored.unreadable,
        )
        for stored in read_rows(
            connection, _StoredField, statement("crm/extract_fields"), _FIELD_RULES
        )
    ]


def provider_problem(provider: str, kind: str) -> str | None:
    """Why a provider's people must not be pushed anywhere; None: they may.

    Args:
        provider: code of the row in ``crm.external_provider``.
        kind: its kind.
    """
    if kind == PROVIDER_KIND:
        return None
    return (
        f"the external provider {provider} is of kind {kind!r}, and this pipeline serves "
        f"{PROVIDER_KIND!r} alone: nobody is pushed anywhere. Set "
        "crm.contact_collection.external_provider to another provider, or to null. If it is an "
        f"account of Mailchimp, set its crm.external_provider.kind to {PROVIDER_KIND!r}: an empty "
        "kind means the code"
    )


def resolve_settings(
    own: Settings, provider: Settings, *, use_provider_defaults: bool
) -> dict[str, str | bool | None]:
    """Sender information and list defaults of one collection.

    With ``use_provider_defaults`` only the provider's values are used. Without it an own value
    wins, and the provider's values fill what is empty (CRM contract).
    """
    if use_provider_defaults:
        return dict(provider)
    return {name: provider.get(name) if _blank(own[name]) else own[name] for name in own}


def _collection(stored: _StoredCollection) -> Collection:
    settings = resolve_settings(
        stored.own_settings,
        stored.provider_settings,
        use_provider_defaults=stored.use_provider_defaults,
    )
    return Collection(
        collection_id=stored.collection_id,
        code=stored.code,
        description=stored.description,
        comments=stored.comments,
        owner_name=stored.owner_name,
        is_shared=stored.is_shared,
        is_static=stored.is_static,
        query_text=stored.query_text,
        marketing_permission=stored.marketing_permission,
        sync_merge_fields=stored.sync_merge_fields,
        confirm_new_members=stored.confirm_new_members,
        provider=stored.provider,
        provider_kind=stored.provider_kind,
        connection_id=stored.connection_id,
        provider_list_id=stored.provider_list_id,
        shared_audience=stored.shared_audience,
        campaign_type=stored.campaign_type,
        gdpr_category=stored.gdpr_category,
        settings=settings,
        missing_settings=tuple(name for name in REQUIRED_SETTINGS if _blank(settings.get(name))),
        own_settings=tuple(
            name
            for name, value in stored.own_settings.items()
            if not stored.use_provider_defaults and not _blank(value)
        ),
        wrong_country=_wrong_country(stored, settings.get("country")),
        unreadable=stored.unreadable,
    )


def _wrong_country(stored: _StoredCollection, country: str | bool | None) -> str | None:
    if _blank(country) or _COUNTRY.fullmatch(str(country).strip()):
        return None
    is_own = not stored.use_provider_defaults and not _blank(stored.own_settings["country"])
    return f"crm.{'contact_collection' if is_own else 'external_provider'}.country"


def _blank(value: str | bool | None) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
