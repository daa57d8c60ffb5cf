"""A campaign's step, and the look at all of them, as Airflow tasks take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def take_step(
    campaign_code: str, *, test_to: Sequence[str] = (), recreate: bool = False
) -> dict[str, Any]:
    """One campaign's step; its result as a task may return it: no addresses, times as text.

    Raises:
        AirflowFailException: trying again does not help.
    """
    from crm_mailchimp.campaigns.options import options_from  # noqa: PLC0415 - loaded by tasks
    from crm_mailchimp.campaigns.synchronise import sync_campaign  # noqa: PLC0415
    from mailchimp_provider.connections import (  # noqa: PLC0415
        crm_connection,
        mailchimp,
        warehouse_connection,
    )
    from mailchimp_provider.outcomes import fail_without_retry  # noqa: PLC0415

    with fail_without_retry():
        options = options_from()
        with warehouse_connection() as warehouse, crm_connection() as crm, mailchimp() as provider:
            crm.autocommit = True
            result = sync_campaign(
                warehouse,
                crm,
                provider,
                code=campaign_code,
                options=options,
                test_to=test_to,
                recreate=recreate,
            )
    return {
        "campaign_code": result.campaign_code,
        "action": result.action,
        "outcome": result.outcome,
        "detail": result.detail,
        "status": result.status,
        "provider_campaign_id": result.provider_campaign_id,
        "wait_until": result.wait_until.isoformat() if result.wait_until else None,
    }


def show_all(codes: Sequence[str] | None) -> dict[str, int]:
    """All campaigns into ``stats``; ours into the CRM where ``WRITE_BACK_CAMPAIGNS`` is on.

    Args:
        codes: of the campaigns this run worked on; None where it could not even choose them.

    Raises:
        AirflowFailException: one of them failed.
    """
    from crm_mailchimp.campaigns import overview  # noqa: PLC0415 - loaded by tasks
    from crm_mailchimp.campaigns.options import options_from  # noqa: PLC0415
    from mailchimp_provider.connections import (  # noqa: PLC0415
        crm_connection,
        mailchimp,
        warehouse_connection,
    )
    from mailchimp_provider.outcomes import fail_without_retry  # noqa: PLC0415

    with fail_without_retry(), warehouse_connection() as warehouse:
        with mailchimp() as provider:
            in_mailchimp, changed = overview.look_at_all(warehouse, provider)
        counts = {"in_mailchimp": in_mailchimp, "changed": changed}
        if options_from().write_back:
            with crm_connection() as crm:
                counts["written_back"] = overview.write_back(warehouse, crm)
        overview.require_success(warehouse, overview.require_chosen(codes))
    return counts
