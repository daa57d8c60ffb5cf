"""What a sync run may be told from outside: by the environment and by the DAG's params."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.sync.guard import APPROVAL_VALID, GuardLimits
from crm_mailchimp.sync.merge_fields import FIELD_LIMIT


class SettingError(PermanentError):
    """A setting in the environment has a value that cannot be used."""


@dataclass(frozen=True, kw_only=True)
class SyncOptions:
    """How one collection is synced.

    Attributes:
        limits: of the removal guard.
        field_limit: merge fields an audience may have, those made by hand included.
        approved_plan: a removal request that a person approved; None for ordinary runs.
        approval_valid: how long an approval holds.
    """

    limits: GuardLimits = field(default_factory=GuardLimits)
    field_limit: int = FIELD_LIMIT
    approved_plan: int | None = None
    approval_valid: timedelta = APPROVAL_VALID


def options_from(
    environment: Mapping[str, str] = os.environ, *, approved_plan: int | None = None
) -> SyncOptions:
    """The options that ``REMOVAL_GUARD_PERCENT``, ``REMOVAL_GUARD_MINIMUM``,
    ``MERGE_FIELD_LIMIT`` and ``APPROVAL_VALID_HOURS`` set.

    Raises:
        SettingError: one of them is not a number in its range.
    """
    default = GuardLimits()
    return SyncOptions(
        limits=GuardLimits(
            share=_number(environment, "REMOVAL_GUARD_PERCENT", default.share * 100, 100) / 100,
            minimum=int(_number(environment, "REMOVAL_GUARD_MINIMUM", default.minimum, 10**9)),
        ),
        field_limit=int(_number(environment, "MERGE_FIELD_LIMIT", FIELD_LIMIT, 1000)),
        approved_plan=approved_plan,
        approval_valid=timedelta(
            hours=_number(
                environment, "APPROVAL_VALID_HOURS", APPROVAL_VALID.total_seconds() / 3600, 8760
            )
        ),
    )


def _number(environment: Mapping[str, str], name: str, default: float, maximum: float) -> float:
    text = environment.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1
    if not 0 <= value <= maximum:
        raise SettingError(f"{name} is {text!r}: give a number from 0 to {maximum:g}")
    return value
