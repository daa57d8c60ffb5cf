"""A collection as one run's staging has it: read once, then handed to every step of its sync."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.provider import AudienceSettings
from crm_mailchimp.rows import read_row, read_values
from crm_mailchimp.statements import statement


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
        account: id of the Airflow connection that leads to its Mailchimp account.
        confirm_new_members: new members are asked to confirm before they get mail.
        marketing_permission: id or text of the GDPR field of its audience that its contacts give.
        provider_list_id: the audience that the CRM names, if it names one.
        settings: what an audience of the collection is made from: sender and list defaults.
        problem: why the collection cannot be synced, if it cannot.
        remark: what a person should look at, though nothing is wrong for sure.
        staged: contacts that the collection has.
        eligible: of these, those that may be mailed, known suppressions not counted.
        quarantined: of these, those that the staging holds back.
        shared_id: ``collection_id`` of the shared audience that holds its members; None: it has an
            audience of its own.
        is_shared_audience: it is no collection of the CRM, but an audience that several share.
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
    account: str
    is_static: bool
    sync_merge_fields: bool
    confirm_new_members: bool
    marketing_permission: str | None
    provider_list_id: str | None
    settings: AudienceSettings
    problem: Problem | None
    remark: str | None
    staged: int
    eligible: int
    quarantined: int
    shared_id: int | None = None
    is_shared_audience: bool = False


@dataclass(frozen=True, kw_only=True)
class _StoredCollection:
    """The columns of ``sql/sync/find_staged_collection.sql``; see ``StagedCollection``."""

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
    account: str
    is_static: bool
    sync_merge_fields: bool
    confirm_new_members: bool
    marketing_permission: str | None
    provider_list_id: str | None
    shared_id: int | None
    is_shared_audience: bool
    audience_name: str
    settings: Mapping[str, object]
    problem_code: str | None
    problem_state: str | None
    problem_detail: str | None
    remark: str | None
    staged: int
    eligible: int
    quarantined: int

    def problem(self) -> Problem | None:
        if self.problem_code is None:
            return None
        if self.problem_state is None or self.problem_detail is None:
            raise LookupError(
                f"collection {self.collection_code} of staging {self.staging_id} has the problem "
                f"{self.problem_code} without a state and words"
            )
        return Problem(self.problem_code, self.problem_state, self.problem_detail)

    def audience_settings(self) -> AudienceSettings:
        return AudienceSettings(
            name=self.audience_name,
            company=self._text("company"),
            address1=self._text("address1"),
            address2=self._text("address2"),
            city=self._text("city"),
            state=self._text("state"),
            zip=self._text("zip"),
            country=self._text("country"),
            phone=self._text("phone"),
            from_name=self._text("from_name"),
            from_email=self._text("from_email"),
            subject=self._text("subject"),
            language=self._text("language"),
            permission_reminder=self._text("permission_reminder"),
            email_type_option=bool(self.settings.get("email_type_option")),
        )

    def _text(self, name: str) -> str:
        value = self.settings.get(name)
        return "" if value is None else str(value).strip()


def read_staged_collection(
    warehouse: Connection[Any], staging_id: int, collection_code: str
) -> StagedCollection:
    """One collection of a staging.

    Raises:
        LookupError: the staging has no such collection.
    """
    stored = read_row(
        warehouse,
        _StoredCollection,
        statement("sync/find_staged_collection"),
        {
            "staging_id": staging_id,
            "collection_code": collection_code,
            "default_account": DEFAULT_ACCOUNT,
        },
    )
    if stored is None:
        raise LookupError(f"collection {collection_code} is not part of staging {staging_id}")
    return StagedCollection(
        staging_id=stored.staging_id,
        run_id=stored.run_id,
        rules_version=stored.rules_version,
        dry_run=stored.dry_run,
        full_refresh=stored.full_refresh,
        collection_id=stored.collection_id,
        collection_code=stored.collection_code,
        gdpr_category=stored.gdpr_category,
        campaign_type=stored.campaign_type,
        provider=stored.provider,
        account=stored.account,
        is_static=stored.is_static,
        sync_merge_fields=stored.sync_merge_fields,
        confirm_new_members=stored.confirm_new_members,
        marketing_permission=stored.marketing_permission,
        provider_list_id=stored.provider_list_id,
        settings=stored.audience_settings(),
        problem=stored.problem(),
        remark=stored.remark,
        staged=stored.staged,
        eligible=stored.eligible,
        quarantined=stored.quarantined,
        shared_id=stored.shared_id,
        is_shared_audience=stored.is_shared_audience,
    )


def read_sharing(warehouse: Connection[Any], shared: StagedCollection) -> list[StagedCollection]:
    """The collections of a staging that share an audience, by id.

    Args:
        shared: the row of the audience itself.
    """
    codes = read_values(
        warehouse,
        str,
        "select collection_code from sync.staged_collection"
        " where staging_id = %s and shared_id = %s order by collection_id",
        (shared.staging_id, shared.collection_id),
    )
    return [read_staged_collection(warehouse, shared.staging_id, code) for code in codes]
