"""A campaign to many members who read eagerly, in the sandbox."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.provider import NewMember
from stats.sandbox_world import SETTINGS, send

_PATIENCE = 1_800  # seconds, for the sandbox to simulate a big campaign
QUIET = {
    "open": 0,
    "click": 0,
    "proxy": 0,
    "hard_bounce": 0,
    "soft_bounce": 0,
    "unsubscribe": 0,
    "abuse": 0,
    "forward": 0,
    "sign_up": 0,
}
BUSY = {**QUIET, "open": 3, "click": 3, "proxy": 1, "hard_bounce": 0.008, "unsubscribe": 0.006}


def control(sandbox: Any, method: str, path: str, body: Any = None) -> Any:
    """As ``sandbox.control``, with patience for a big simulation."""
    request = urllib.request.Request(
        f"{sandbox.host}/_sandbox/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
        return json.loads(answer.read())


def big_campaign(provider: Mailchimp, sandbox: Any, members: int) -> str:
    """A campaign to so many members who read eagerly; two days of it have passed."""
    list_id = provider.create_audience(SETTINGS).list_id
    for start in range(0, members, 500):
        provider.add_members(
            list_id,
            [
                NewMember(
                    email_address=f"prosopo{number}@mail{number % 7}.gr",
                    status="subscribed",
                    merge_fields={},
                )
                for number in range(start, min(members, start + 500))
            ],
        )
    control(sandbox, "POST", "behaviour", BUSY)
    campaign_id = send(provider, list_id, "Χειμερινές προσφορές")
    control(sandbox, "POST", "clock/advance", {"days": 2})
    return campaign_id
