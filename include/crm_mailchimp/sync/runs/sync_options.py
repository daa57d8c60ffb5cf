"""How a sync run works, as the settings and the DAG's params say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from crm_mailchimp.settings import QuestionSettings, SyncSettings
from crm_mailchimp.sync.decisions.removal_guard import (
    APPROVAL_VALID,
    ASK_AGAIN_AFTER,
    GuardLimits,
)
from crm_mailchimp.sync.fields.merge_fields import FIELD_LIMIT

#: Every removal that is not mandatory waits for a person's approval.
_STRICTEST = GuardLimits(share=0.0, minimum=0, half=0.0)


@dataclass(frozen=True, kw_only=True)
class SyncOptions:
    """How one collection is synced.

    Attributes:
        limits: of the removal guard.
        field_limit: merge fields an audience may have, those made by hand included.
        clear_left_values: clear what Mailchimp holds of fields that are no longer synchronised.
        approved_plan: a removal request that a person approved; None for ordinary runs.
        approval_valid: how long an approval holds.
        ask_again_after: how long a rejected plan of the same members is not asked again.
    """

    limits: GuardLimits = field(default_factory=GuardLimits)
    field_limit: int = FIELD_LIMIT
    clear_left_values: bool = True
    approved_plan: int | None = None
    approval_valid: timedelta = APPROVAL_VALID
    ask_again_after: timedelta = ASK_AGAIN_AFTER


def read_sync_options(
    environment: Mapping[str, str] = os.environ, *, approved_plan: int | None = None
) -> SyncOptions:
    """The options that the settings give.

    Args:
        environment: variables by name.
        approved_plan: a removal request that a person approved.

    Raises:
        SettingError: one of the settings cannot be obeyed.
    """
    settings = SyncSettings.read(environment)
    limits = GuardLimits(
        share=settings.removal_guard_percent / 100, minimum=settings.removal_guard_minimum
    )
    questions = QuestionSettings.read(environment, only="approval_ask_again_hours")
    return _options(settings, questions, limits, approved_plan)


def cautious_options(
    environment: Mapping[str, str] = os.environ, *, approved_plan: int | None = None
) -> SyncOptions:
    """The options of a run whose settings cannot be obeyed.

    A wrong setting must not keep withdrawals and new consents from Mailchimp. So the sync goes on
    with the strictest guard, clears no left values, and the run fails at its end.

    Args:
        environment: variables by name; wrong values count as not set.
        approved_plan: a removal request that a person approved.
    """
    options = _options(
        SyncSettings.read_usable(environment),
        QuestionSettings.read_usable(environment),
        _STRICTEST,
        approved_plan,
    )
    return replace(options, clear_left_values=False)


def _options(
    settings: SyncSettings,
    questions: QuestionSettings,
    limits: GuardLimits,
    approved_plan: int | None,
) -> SyncOptions:
    return SyncOptions(
        limits=limits,
        field_limit=settings.merge_field_limit,
        clear_left_values=settings.clear_left_values,
        approved_plan=approved_plan,
        approval_valid=timedelta(hours=settings.approval_valid_hours),
        ask_again_after=timedelta(hours=questions.approval_ask_again_hours),
    )
