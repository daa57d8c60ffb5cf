"""Reads back what the past left in Mailchimp, as ``extract_reports`` and ``pull_statuses`` would.

Airflow starts a task for each campaign. For the campaigns of a year that takes minutes, and one
process takes seconds. It is the same code, so the next runs of these DAGs go on from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from crm_mailchimp.accounts import DEFAULT_ACCOUNT, Accounts
from crm_mailchimp.data_protection.retention import cautious_ages, ips_kept_since
from crm_mailchimp.errors import PassingError, PermanentError, ProviderError
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.sessions import open_session
from crm_mailchimp.stats.campaign_choice import Choice, choose_campaigns, list_campaigns
from crm_mailchimp.stats.extract import extract_campaigns
from crm_mailchimp.sync.members.pull_statuses import mapped_codes, pull_statuses
from local_installation.installation import InstallationError
from local_installation.local_services import Services


def read_reports(services: Services) -> int:
    """Bring the reports of campaigns with news into the warehouse; gives how many these are.

    Args:
        services: what runs here. No run of ``extract_reports`` is under way.

    Raises:
        InstallationError: some reports could not be read, or the sandbox does not answer.
    """
    with _provider(services) as provider, open_session(services.warehouse) as warehouse:
        list_campaigns(warehouse, provider, Choice())
        chosen = choose_campaigns(warehouse, Choice(), [DEFAULT_ACCOUNT])
        campaigns = [campaign_id for ids in chosen.values() for campaign_id in ids]
        extract_campaigns(
            warehouse,
            provider,
            campaigns,
            ips_since=ips_kept_since(cautious_ages()),
            connect=lambda: open_session(services.warehouse),
        )
    return len(campaigns)


def read_statuses(services: Services) -> None:
    """Bring what people did to the warehouse's members: their refusals hold from now on.

    Args:
        services: what runs here. No sync is under way.

    Raises:
        InstallationError: the sandbox does not answer.
    """
    with (
        _provider(services) as provider,
        open_session(services.warehouse) as warehouse,
        open_session(services.crm, autocommit=True) as crm,
    ):
        for code in mapped_codes(warehouse):
            warehouse.commit()
            pull_statuses(warehouse, Accounts.only(provider), code, crm=crm)


@contextmanager
def _provider(services: Services) -> Iterator[Mailchimp]:
    client = MailchimpClient(services.mailchimp_key, host=services.mailchimp_url)
    try:
        with Mailchimp(client) as provider:
            yield provider
    except (PassingError, PermanentError, ProviderError) as error:
        raise InstallationError(f"the past could not be read back: {error}") from error
