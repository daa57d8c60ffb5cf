"""The account behind a key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import GarbledAnswer


@dataclass(frozen=True, kw_only=True)
class Account:
    """What the root of the API says: name, size, and the account's own contact."""

    name: str
    total_subscribers: int
    contact: dict[str, Any] = field(repr=False)


def account(client: MailchimpClient) -> Account:
    """Read the account (``GET /``)."""
    answer = client.root.get_root(exclude_fields=["_links"])
    if not answer or "account_id" not in answer:
        raise GarbledAnswer("the answer holds no account", method="GET", path="/", status=200)
    return Account(
        name=str(answer.get("account_name") or ""),
        total_subscribers=int(answer.get("total_subscribers") or 0),
        contact=dict(answer.get("contact") or {}),
    )
