"""A test mail of a campaign, to colleagues."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from crm_mailchimp.campaign_provider import CampaignProvider
from crm_mailchimp.campaigns import campaign_records
from crm_mailchimp.campaigns.campaign_records import CampaignRecord
from crm_mailchimp.campaigns.result import CampaignResult
from crm_mailchimp.errors import PermanentError, RefusedByProviderError

log = logging.getLogger(__name__)

_TESTABLE = ("save", "paused", "schedule")


class NoTestError(PermanentError):
    """A test was asked for and could not be sent."""


def send_sample(
    warehouse: Connection[Any],
    provider: CampaignProvider,
    code: str,
    record: CampaignRecord | None,
    addresses: Sequence[str],
    *,
    run_id: str,
) -> CampaignResult:
    """Send a test mail of the campaign as it is in Mailchimp, once for a run; nothing else.

    Args:
        warehouse: the warehouse; that a run sent its test is committed before the call.
        provider: where the draft is.
        code: of the campaign.
        record: what the warehouse knows of it.
        addresses: of colleagues.
        run_id: of who asks.

    Raises:
        NoTestError: there is nothing to test, or Mailchimp refused.
    """
    remote = None
    if record is not None and record.provider_campaign_id is not None:
        remote = provider.campaign(record.provider_campaign_id)
    if record is None or remote is None or remote.status not in _TESTABLE:
        state = remote.status if remote else "not there"
        raise NoTestError(f"campaign {code} has no draft in Mailchimp to test: {state}")
    detail = f"test sent to {len(addresses)} addresses"
    if run_id and record.tested_by_run == run_id:
        detail = "this run has sent its test already; start another for one more"
    else:
        campaign_records.update_record(warehouse, record.campaign_id, tested_by_run=run_id or None)
        try:
            provider.send_test(remote.campaign_id, addresses)
        except RefusedByProviderError as error:
            campaign_records.update_record(warehouse, record.campaign_id, tested_by_run=None)
            raise NoTestError(
                f"campaign {code}: Mailchimp sent no test; has the draft a body, and are the "
                f"addresses right? {error}"
            ) from error
        campaign_records.update_record(warehouse, record.campaign_id, tested_at=datetime.now(UTC))
    log.info("campaign %s: %s", code, detail)
    return CampaignResult(
        campaign_code=code,
        action="test",
        outcome="tested",
        detail=detail,
        status=remote.status,
        provider_campaign_id=remote.campaign_id,
    )
