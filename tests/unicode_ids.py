"""A Mailchimp that keeps international domains in Unicode, under the md5 of that."""

from __future__ import annotations

from typing import Any

import pytest

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import NotFound
from sync_world import subscriber_hash

ASCII, UNICODE = "nikos@xn--hxajbheg2az3al.xn--qxam", "nikos@παράδειγμα.ελ"


def keep_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every client of this process see such a Mailchimp."""
    plain = MailchimpClient._attempt

    def attempt(
        self: MailchimpClient, method: str, path: str, ids: dict[str, str], *rest: Any
    ) -> Any:
        asked = ids.get("subscriber_hash")
        if asked == subscriber_hash(ASCII):
            return NotFound(method=method, path=path, status=404, title="Resource Not Found")
        if asked == subscriber_hash(UNICODE):
            ids = {**ids, "subscriber_hash": subscriber_hash(ASCII)}
        return _in_unicode(plain(self, method, path, ids, *rest))

    monkeypatch.setattr(MailchimpClient, "_attempt", attempt)


def _in_unicode(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_in_unicode(entry) for entry in answer]
    if not isinstance(answer, dict):
        return answer
    answer = {name: _in_unicode(value) for name, value in answer.items()}
    if answer.get("email_address") == ASCII:
        answer["email_address"] = UNICODE
        if "id" in answer:
            answer["id"] = subscriber_hash(UNICODE)
    return answer
