"""A warehouse of another Airflow: its campaigns stay as they are in Mailchimp."""

from __future__ import annotations

from typing import Any

import pytest

from crm_mailchimp.campaigns.synchronise import sync_campaign
from crm_mailchimp.warehouse.deployment import OtherDeploymentError


class Refused:
    """Connections of an Airflow that the warehouse does not belong to."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked: list[str] = []

    def warehouse(self) -> Any:
        self.asked.append("warehouse")
        raise self.error

    def crm(self) -> Any:
        self.asked.append("crm")
        raise self.error

    def provider(self, account: str) -> Any:
        self.asked.append("provider")
        raise self.error

    def provider_without_slot(self, account: str) -> Any:
        self.asked.append("provider_without_slot")
        raise self.error


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (OtherDeploymentError("the other Airflow judges it"), ["warehouse"]),
        # Any other error takes back what would go out without a judgement.
        (ConnectionError("no warehouse"), ["warehouse", "provider_without_slot"]),
    ],
)
def test_a_refused_airflow_takes_no_campaign_back(error: Exception, asked: list[str]) -> None:
    connections = Refused(error)
    with pytest.raises(type(error)):
        sync_campaign(connections, code="ΝΕΑ-11", provider_campaign_id="c1")
    assert connections.asked == asked
