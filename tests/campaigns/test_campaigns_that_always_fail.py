"""Mailchimp always fails for one campaign: the others are looked at all the same."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from campaign_world import CampaignWorld
from crm_mailchimp.campaigns.campaign_round import look_at_all
from crm_mailchimp.mailchimp.errors import ConnectionFault, ServerError, TooManyRequests
from crm_mailchimp.mailchimp.mailchimp import Mailchimp


def _statuses(world: CampaignWorld) -> dict[str, str]:
    rows = world.warehouse.execute("select campaign_id, status from stats.campaigns").fetchall()
    return {row["campaign_id"]: row["status"] for row in rows}


@pytest.mark.parametrize("fault", [ServerError, TooManyRequests, ConnectionFault])
def test_a_vanished_campaign_that_nobody_can_ask_for_hides_no_other(
    world: CampaignWorld, monkeypatch: pytest.MonkeyPatch, fault: type[Any]
) -> None:
    world.audience()
    for number in range(3):
        world.campaign(f"NL-{number}")
        world.step(f"NL-{number}")
    ids = sorted(world.provider_id(f"NL-{number}") for number in range(3))
    plain = Mailchimp.campaign

    def campaign(self: Mailchimp, campaign_id: str) -> Any:
        if campaign_id == ids[0]:
            raise fault(method="GET", path="/campaigns/{campaign_id}", status=500)
        return plain(self, campaign_id)

    with world.provider() as provider, psycopg.connect(world.warehouse_dsn) as warehouse:
        look_at_all(warehouse, provider)
        for campaign_id in ids[:2]:
            provider.delete_campaign(campaign_id)
        with monkeypatch.context() as patch:
            patch.setattr(Mailchimp, "campaign", campaign)
            look_at_all(warehouse, provider)
        assert _statuses(world) == {ids[0]: "save", ids[1]: "deleted", ids[2]: "save"}
        look_at_all(warehouse, provider)
    assert _statuses(world) == {ids[0]: "deleted", ids[1]: "deleted", ids[2]: "save"}
