from collections.abc import Iterator
from typing import Any

import pytest

from campaign_world import CampaignWorld


@pytest.fixture
def world(crm_db: str, warehouse_db: str, mailchimp_sandbox: Any) -> Iterator[CampaignWorld]:
    world = CampaignWorld(crm_db, warehouse_db, mailchimp_sandbox)
    yield world
    world.close()
