"""Choosing campaigns, a campaign's step, and the look at all of them, as Airflow tasks do it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)

#: Seconds a step queues for one of the account's connections: its moment does not wait.
_SLOT_SECONDS = 60.0


def choose_campaigns(codes: Sequence[str], *, must_be_named: bool) -> list[str]:
    """Codes of the campaigns to look at; what cannot even be chosen does not stay scheduled.

    Args:
        codes: only these; empty means all that are not over.
        must_be_named: whether all is no answer.

    Raises:
        AirflowFailException: trying again does not help.
    """
    from crm_mailchimp.campaigns import overview  # noqa: PLC0415 - loaded by tasks
    from crm_mailchimp.campaigns.options import options_from  # noqa: PLC0415
    from crm_mailchimp.campaigns.synchronise import UnknownCampaignError  # noqa: PLC0415
    from mailchimp_provider.connections import (  # noqa: PLC0415
        crm_connection,
        warehouse_connection,
    )
    from mailchimp_provider.outcomes import fail_without_retry  # noqa: PLC0415

    with fail_without_retry():
        if must_be_named:
            overview.require_named(codes)
        with warehouse_connection() as warehouse:
            try:
                options_from()  # wrong settings are named here, and not by each campaign's task
                with crm_connection() as crm:
                    return overview.campaigns_to_sync(warehouse, crm, codes)
            except UnknownCampaignError:
                raise
            except Exception as error:
                warehouse.rollback()
                for provider_campaign_id in overview.scheduled_campaigns(warehouse):
                    hold_back(provider_campaign_id, error)
                raise


def take_step(
    campaign_code: str,
    *,
    provider_campaign_id: str | None = None,
    test_to: Sequence[str] = (),
    test_run: str = "",
    recreate: bool = False,
) -> dict[str, Any]:
    """One campaign's step; its result as a task may return it: no addresses, times as text.

    Args:
        campaign_code: of the CRM's campaign.
        provider_campaign_id: its id in Mailchimp as far as the caller knows: enough to take it
            back there when nothing else can be reached.
        test_to: only send a test to these addresses.
        test_run: the run that asks for the test.
        recreate: make a new draft where the old one was deleted in Mailchimp.

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
        try:
            options = options_from()
            with (
                warehouse_connection() as warehouse,
                crm_connection() as crm,
                mailchimp(slot_seconds=_SLOT_SECONDS) as provider,
            ):
                crm.autocommit = True
                result = sync_campaign(
                    warehouse,
                    crm,
                    provider,
                    code=campaign_code,
                    options=options,
                    test_to=test_to,
                    test_run=test_run,
                    recreate=recreate,
                )
        except Exception as error:
            if not test_to:
                hold_back(provider_campaign_id or _known_id(campaign_code), error)
            raise
    return {
        "campaign_code": result.campaign_code,
        "action": result.action,
        "outcome": result.outcome,
        "detail": result.detail,
        "status": result.status,
        "provider_campaign_id": result.provider_campaign_id,
        "wait_until": result.wait_until.isoformat() if result.wait_until else None,
        "is_ours": result.is_ours,
    }


def hold_back(provider_campaign_id: str | None, error: Exception) -> bool:
    """Take a campaign that could not be judged out of Mailchimp's schedule, if its time is near.

    Needs Mailchimp alone; where the warehouse can be reached, the closed gate is stored. A failure
    is logged: what is raised is the error that led here.

    Returns:
        whether it was taken back.
    """
    from crm_mailchimp.campaigns import take_back  # noqa: PLC0415 - loaded by tasks
    from crm_mailchimp.campaigns.options import (  # noqa: PLC0415
        CampaignOptions,
        options_from,
    )
    from crm_mailchimp.settings import SettingError  # noqa: PLC0415
    from mailchimp_provider.connections import mailchimp  # noqa: PLC0415

    if provider_campaign_id is None:
        return False
    try:
        near = options_from().near
    except SettingError:
        near = CampaignOptions().near
    try:
        # First and foremost, and through no slot: the warehouse may be what is down.
        with mailchimp(slot_seconds=None) as provider:
            taken = take_back.if_near(provider, provider_campaign_id, near=near)
    except Exception as failed:
        log.error(  # noqa: TRY400 - a traceback may quote rows
            "a campaign that cannot be judged may still stand in Mailchimp's schedule, take it "
            "back there by hand: %s",
            take_back.told(failed),
        )
        return False
    warehouse = _warehouse_or_none() if taken is not None else None
    if warehouse is not None and taken is not None:
        with closing(warehouse):
            take_back.tell(warehouse, taken, take_back.told(error))
    return taken is not None


def _known_id(campaign_code: str) -> str | None:
    from crm_mailchimp.campaigns.links import find_link_by_code  # noqa: PLC0415 - loaded by tasks

    warehouse = _warehouse_or_none()
    if warehouse is None:
        return None
    with closing(warehouse):
        link = find_link_by_code(warehouse, campaign_code)
    return link.provider_campaign_id if link else None


def _warehouse_or_none() -> Connection[Any] | None:
    from mailchimp_provider.connections import warehouse_connection  # noqa: PLC0415

    try:
        return warehouse_connection()
    except Exception as error:
        log.warning("the warehouse cannot be reached: %s", type(error).__name__)
        return None


def planned_soon(codes: Sequence[str]) -> list[dict[str, Any]]:
    """Runs of ``send_campaigns`` for what the CRM plans for soon."""
    from crm_mailchimp.campaigns import overview  # noqa: PLC0415 - loaded by tasks
    from crm_mailchimp.campaigns.options import options_from  # noqa: PLC0415
    from mailchimp_provider.connections import crm_connection  # noqa: PLC0415
    from mailchimp_provider.outcomes import fail_without_retry  # noqa: PLC0415

    with fail_without_retry(), crm_connection() as crm:
        return overview.planned_soon(crm, codes, options=options_from())


def due_soon(codes: Sequence[str]) -> list[dict[str, Any]]:
    """Runs of ``send_campaigns`` for what the steps of this run found to wait."""
    from crm_mailchimp.campaigns import overview  # noqa: PLC0415 - loaded by tasks
    from mailchimp_provider.connections import warehouse_connection  # noqa: PLC0415
    from mailchimp_provider.outcomes import fail_without_retry  # noqa: PLC0415

    with fail_without_retry(), warehouse_connection() as warehouse:
        return overview.due_soon(warehouse, codes)


def releases_to_ask(codes: Sequence[str]) -> list[dict[str, Any]]:
    """Runs of ``release_campaigns`` for closed gates that a person may open."""
    from crm_mailchimp.campaigns.release import request_releases  # noqa: PLC0415 - loaded by tasks
    from mailchimp_provider.connections import warehouse_connection  # noqa: PLC0415
    from mailchimp_provider.outcomes import fail_without_retry  # noqa: PLC0415

    with fail_without_retry(), warehouse_connection() as warehouse:
        gates = request_releases(warehouse, codes)
    return [{"trigger_run_id": f"gate-{gate}", "conf": {"gate_id": gate}} for gate in gates]


def show_all(codes: Sequence[str] | None) -> dict[str, int]:
    """All campaigns into ``stats``; ours into the CRM where ``WRITE_BACK_CAMPAIGNS`` is on.

    Args:
        codes: of the campaigns this run worked on; None where it could not even choose them.

    Raises:
        AirflowFailException: one of them failed.
    """
    from crm_mailchimp.campaigns import overview  # noqa: PLC0415 - loaded by tasks
    from crm_mailchimp.settings import Schedules, WriteBackSettings  # noqa: PLC0415
    from mailchimp_provider.connections import (  # noqa: PLC0415
        crm_connection,
        mailchimp,
        warehouse_connection,
    )
    from mailchimp_provider.outcomes import Problems, fail_without_retry  # noqa: PLC0415

    problems = Problems()
    with fail_without_retry(), warehouse_connection() as warehouse:
        with mailchimp() as provider:
            in_mailchimp, changed = overview.look_at_all(warehouse, provider)
        counts = {"in_mailchimp": in_mailchimp, "changed": changed}
        with problems.noted():
            if WriteBackSettings.read(only="write_back_campaigns").write_back_campaigns:
                with crm_connection() as crm:
                    counts["written_back"] = overview.write_back(warehouse, crm)
        with problems.noted():
            overview.require_success(warehouse, overview.require_chosen(codes))
        with problems.noted():
            Schedules.read(only="campaigns_schedule")
        problems.require_none()
    return counts
