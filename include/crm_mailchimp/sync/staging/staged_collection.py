"""A collection as one run's staging has it: read once, then handed to every step of its sync."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from crm_mailchimp.provider import AudienceSettings
from crm_mailchimp.statements import statement

_SETTING_NAMES = (
    "company", "address1", "address2", "city", "state", "zip", "country", "phone",
    "from_name", "from_email", "subject", "language", "permission_reminder",
)  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """What keeps a collection from being synced, known before anything is pushed.

    Attributes:
        state: how the collection's run ends: ``blocked``, ``failed`` or ``succeeded``.
    """

    code: str
    state: str
    detail: str

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


@dataclass(frozen=True, kw_only=True)
class StagedCollection:
    """A row of ``sync.staged_collection`` with what its run says.

    Attributes:
        gdpr_category: None: the CRM gives the collection no campaign type.
        provider_list_id: the audience that the CRM names, if it names one.
        settings: what an audience of the collection is made from: sender and list defaults.
        problem: why the collection cannot be synced, if it cannot.
        remark: what a person should look at, though nothing is wrong for sure.
        staged: contacts that the collection has.
        eligible: of these, those that may be mailed, known suppressions not counted.
        quarantined: of these, those that the staging holds back.
        dry_run: show the plan and change nothing.
        full_refresh: list the audience in full and push every member again.
    """

    staging_id: int
    run_id: str
    rules_version: str
    dry_run: bool
    full_refresh: bool
    collection_id: int
    collection_code: str
    gdpr_category: str | None
    campaign_type: str | None
    provider: str
    is_static: bool
    sync_merge_fields: bool
    provider_list_id: str | None
    settings: AudienceSettings
    problem: Problem | None
    remark: str | None
    staged: int
    eligible: int
    quarantined: int


def read_staged_collection(
    warehouse: Connection[Any], staging_id: int, collection_code: str
) -> StagedCollection:
    """One collection of a staging.

    Raises:
        LookupError: the staging has no such collection.
    """
    with warehouse.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            statement("sync/find_staged_collection"),
            {"staging_id": staging_id, "collection_code": collection_code},
        ).fetchone()
    if row is None:
        raise LookupError(f"collection {collection_code} is not part of staging {staging_id}")
    settings = _settings(row.pop("audience_name"), row.pop("settings"))
    code, state, detail = (row.pop(f"problem_{part}") for part in ("code", "state", "detail"))
    return StagedCollection(
        **row, settings=settings, problem=None if code is None else Problem(code, state, detail)
    )


def _settings(audience_name: str, stored: Mapping[str, object]) -> AudienceSettings:
    texts = {name: str(stored.get(name) or "").strip() for name in _SETTING_NAMES}
    return AudienceSettings(
        name=audience_name,
        email_type_option=bool(stored.get("email_type_option")),
        **texts,
    )
