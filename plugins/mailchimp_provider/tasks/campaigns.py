"""Tasks of ``sync_campaigns`` and ``send_campaigns``."""

# ruff: noqa: PLC0415 - DAG files import this module: what takes long is imported in functions

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from crm_mailchimp.accounts import DEFAULT_ACCOUNT, AccountsPostponedError, work_in_each
from crm_mailchimp.settings import QuestionSettings
from mailchimp_provider.connections import (
    crm_connection,
    mailchimp,
    opened,
    own_warehouse_connection,
)
from mailchimp_provider.links import campaign_url
from mailchimp_provider.outcomes import Problems, fail_without_retry
from mailchimp_provider.run_notes import leave_note, paused_words
from mailchimp_provider.tasks.accounts import accounts_to_work_in

if TYPE_CHECKING:
    from psycopg import Connection

    from crm_mailchimp.campaign_provider import CampaignProvider
    from crm_mailchimp.campaigns.campaign_round import NextMoment
    from crm_mailchimp.campaigns.gate import GateProvider

#: Seconds to queue for one of the account's connections: a campaign's moment does not wait.
_SLOT_SECONDS = 60.0


class _CampaignConnections:
    """Implements ``CampaignConnections`` of ``crm_mailchimp.campaigns.synchronise``."""

    def warehouse(self) -> Connection[Any]:
        return own_warehouse_connection()

    def crm(self) -> Connection[Any]:
        connection = crm_connection()
        connection.autocommit = True
        return connection

    def provider(self, account: str) -> AbstractContextManager[GateProvider]:
        return mailchimp(account, slot_seconds=_SLOT_SECONDS)

    def provider_without_slot(self, account: str) -> AbstractContextManager[CampaignProvider]:
        return mailchimp(account, slot_seconds=None)


@fail_without_retry()
def choose(params: Mapping[str, Any]) -> list[str]:
    """Codes of the campaigns to look at.

    When they cannot be chosen, near ones are taken out of Mailchimp's schedule.
    """
    from crm_mailchimp.campaigns import campaign_round, take_back
    from crm_mailchimp.campaigns.campaign_options import read_campaign_options
    from crm_mailchimp.campaigns.synchronise import UnknownCampaignError

    codes = params["campaigns"]
    if params["test_to"] or params["recreate"]:
        campaign_round.require_named(codes)
    with opened() as connections:
        warehouse = connections.warehouse()
        try:
            read_campaign_options()  # a wrong setting is named here, not by each task
            return campaign_round.campaigns_to_sync(warehouse, connections.crm(), codes)
        except UnknownCampaignError:
            raise
        except Exception as error:
            warehouse.rollback()
            for one in campaign_round.scheduled_campaigns(warehouse):
                take_back.hold_back(
                    _CampaignConnections(), one.provider_campaign_id, error, account=one.account
                )
            raise


@fail_without_retry()
def find_planned(codes: Sequence[str]) -> list[dict[str, Any]]:
    """Runs of ``send_campaigns`` for campaigns that the CRM plans for soon.

    None of them waits for another campaign's task.
    """
    from crm_mailchimp.campaigns import campaign_round
    from crm_mailchimp.campaigns.campaign_options import read_campaign_options

    with opened() as connections:
        moments = campaign_round.planned_soon(
            connections.crm(), codes, options=read_campaign_options()
        )
    return [_send_run(moment) for moment in moments]


@fail_without_retry()
def sync_campaign(
    campaign_code: str, params: Mapping[str, Any], run_id: str, ti: Any
) -> dict[str, Any]:
    """What one campaign needs now; returns what was done, and why not more.

    Raises:
        AirflowSkipException: the campaign is held.
    """
    result = advance_campaign(
        campaign_code,
        test_to=params["test_to"],
        test_run=run_id,
        recreate=params["recreate"],
    )
    return require_not_held(result, ti)


def require_not_held(result: dict[str, Any], ti: Any) -> dict[str, Any]:
    """The result, unless the campaign is held: a closed gate, or something else for a person.

    Args:
        result: what ``advance_campaign`` returned.
        ti: the task instance.

    Raises:
        AirflowSkipException: it is held. So its task is not green, the run's note says why, and no
            alert takes it for a failure.
    """
    if result["outcome"] != "held":
        return result
    code = result["campaign_code"]
    ti.xcom_push(key="return_value", value=result)  # a skipped task returns nothing
    leave_note(ti, f"campaign {code} is held: {result['detail']}; see {campaign_url(code)}")
    raise AirflowSkipException(f"campaign {code} is held: {result['detail']}")


@fail_without_retry()
def find_due(codes: Sequence[str] | None) -> list[dict[str, Any]]:
    """Runs of ``send_campaigns`` for campaigns whose next moment is near."""
    from crm_mailchimp.campaigns import campaign_round

    with opened() as connections:
        moments = campaign_round.due_soon(connections.warehouse(), codes or [])
    return [_send_run(moment) for moment in moments]


def _send_run(moment: NextMoment) -> dict[str, Any]:
    """The run of ``send_campaigns`` that waits for a moment; the same moment is waited for once."""
    at = moment.look_again_at.astimezone(UTC)
    conf: dict[str, Any] = {
        "campaign": moment.campaign_code,
        "wait_until": at.isoformat(),
        "provider_campaign_id": moment.provider_campaign_id,
        "is_ours": moment.is_ours,
    }
    if moment.account != DEFAULT_ACCOUNT:
        conf["account"] = moment.account
    return {
        "trigger_run_id": f"campaign-{moment.campaign_id}-{at:%Y%m%dT%H%M%S}",
        "conf": conf,
    }


@fail_without_retry()
def find_closed_gates(codes: Sequence[str] | None, ti: Any) -> list[dict[str, Any]]:
    """Runs of ``release_campaigns`` for closed gates that a person may open.

    The run's note says which questions wait, and which were answered.
    """
    from crm_mailchimp.campaigns.release import describe_questions, request_releases

    with opened() as connections:
        warehouse = connections.warehouse()
        gates = request_releases(warehouse, codes or [])
        words = describe_questions(warehouse, codes or [])
    words += paused_words(ti, "release_campaigns", gates)
    if words:
        leave_note(ti, "\n".join(words))
    within = timedelta(hours=QuestionSettings.read_usable().approval_timeout_hours)
    return [
        {"trigger_run_id": gate.run_id("gate", within), "conf": {"gate_id": gate.number}}
        for gate in gates
    ]


@fail_without_retry()
def alert_about_held(params: Mapping[str, Any]) -> None:
    """Tell people which campaigns do not go out at their time.

    A run about named campaigns tells of no other ones. It did not look at them. What held them
    before may be solved.
    """
    from crm_mailchimp.campaigns.held_campaigns import held_campaigns
    from crm_mailchimp.settings import CampaignSettings
    from crm_mailchimp.sync.runs import run_alerts
    from mailchimp_provider.alerts import deliver

    codes = [params["campaign"]] if "campaign" in params else params["campaigns"]
    ahead = timedelta(minutes=CampaignSettings.read_usable().campaign_schedule_ahead)
    with opened() as connections:
        warehouse = connections.warehouse()
        run_alerts.alert_about_held(
            warehouse,
            lambda: {
                one.campaign_code: one.words for one in held_campaigns(warehouse, ahead=ahead)
            },
            run_alerts.usable_alert_times(),
            deliver,
            codes=codes or None,
        )


@fail_without_retry()
def show(codes: Sequence[str] | None) -> dict[str, int]:
    """All campaigns into ``stats``; ours into the CRM where ``WRITE_BACK_CAMPAIGNS`` is on.

    Args:
        codes: of the campaigns this run worked on; None where it could not even choose them.

    Raises:
        AirflowFailException: one of them failed, or a setting is wrong.
    """
    from crm_mailchimp.campaigns import campaign_round
    from crm_mailchimp.settings import Schedules, WriteBackSettings

    problems = Problems()
    with opened() as connections:
        warehouse = connections.warehouse()
        counts = {"in_mailchimp": 0, "changed": 0}

        def look(provider: Any, account: str) -> None:
            in_mailchimp, changed = campaign_round.look_at_all(warehouse, provider, account)
            counts["in_mailchimp"] += in_mailchimp
            counts["changed"] += changed

        names = accounts_to_work_in(warehouse)
        postponed: AccountsPostponedError | None = None
        with problems.noted():
            try:
                work_in_each(connections.accounts(), names, look)
            except AccountsPostponedError as error:
                postponed = error
        with problems.noted():
            if WriteBackSettings.read(only="write_back_campaigns").write_back_campaigns:
                counts["written_back"] = campaign_round.write_back(warehouse, connections.crm())
        with problems.noted():
            campaign_round.require_success(warehouse, campaign_round.require_chosen(codes))
        with problems.noted():
            Schedules.read(only="campaigns_schedule")
    problems.require_none()
    if postponed is not None:
        raise postponed
    return counts


@fail_without_retry()
def advance_campaign(
    campaign_code: str,
    *,
    provider_campaign_id: str | None = None,
    account: str | None = None,
    test_to: Sequence[str] = (),
    test_run: str = "",
    recreate: bool = False,
) -> dict[str, Any]:
    """What one campaign needs now; its result as a task may return it: no addresses, times as text.

    Args:
        campaign_code: of the CRM's campaign.
        provider_campaign_id: its id in Mailchimp, as far as the caller knows. It is enough to take
            the campaign back when nothing else can be reached.
        account: where that is, as far as the caller knows.
        test_to: only send a test to these addresses.
        test_run: the run that asks for the test.
        recreate: make a new draft where the old one was deleted in Mailchimp.

    Raises:
        AirflowFailException: trying again does not help.
    """
    from crm_mailchimp.campaigns import synchronise

    result = synchronise.sync_campaign(
        _CampaignConnections(),
        code=campaign_code,
        provider_campaign_id=provider_campaign_id,
        account=account,
        test_to=test_to,
        test_run=test_run,
        recreate=recreate,
    )
    return {
        "campaign_code": result.campaign_code,
        "action": result.action,
        "outcome": result.outcome,
        "detail": result.detail,
        "status": result.status,
        "provider_campaign_id": result.provider_campaign_id,
        "account": result.account,
        "wait_until": result.wait_until.isoformat() if result.wait_until else None,
        "is_ours": result.is_ours,
    }
