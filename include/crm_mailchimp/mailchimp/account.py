"""The account behind a key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import GarbledAnswer
from crm_mailchimp.mailchimp.readings import count_of, object_of, text_of


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
        name=text_of(answer.get("account_name")),
        total_subscribers=count_of(answer.get("total_subscribers")),
        contact=dict(object_of(answer.get("contact"))),
    )
