"""Any value in any field of an answer: the answer is read, and nothing else of it is lost."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_mailchimp.mailchimp import audiences, campaigns, members, merge_fields
from crm_mailchimp.mailchimp.errors import UnexpectedAnswer
from crm_mailchimp.mailchimp.paging import walk
from crm_mailchimp.provider import RemoteMember

STRANGE: list[Any] = [
    None, "", "κείμενο", "12", "1e999", 0, -1, 2**63, 2**70, 0.5, float("inf"), float("nan"),
    True, False, [], ["x", None], {}, {"a": {"b": None}}, "infinity", "9999-99-99T00:00:00",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "\ufffd", "x" * 100_000,
]  # fmt: skip
MEMBER = {
    "id": "0123456789abcdef0123456789abcdef",
    "list_id": "l1",
    "email_address": "eleni@mail.gr",
    "status": "subscribed",
    "last_changed": "2026-01-01T00:00:00+00:00",
    "merge_fields": {"FNAME": "Ελένη", "CRMREF": "7"},
    "unsubscribe_reason": "",
    "language": "el",
    "contact_id": "c7",
}
AUDIENCE = {
    "id": "l1",
    "name": "Νέα",
    "contact": {"company": "Εταιρεία", "country": "GR"},
    "campaign_defaults": {"from_name": "Νέα", "language": "el"},
    "permission_reminder": "Γραφτήκατε",
    "email_type_option": True,
    "stats": {"member_count": 3, "unsubscribe_count": 1, "cleaned_count": 0},
}
CAMPAIGN = {
    "id": "c1",
    "type": "regular",
    "status": "save",
    "send_time": "",
    "emails_sent": 0,
    "recipients": {"list_id": "l1", "recipient_count": 5, "segment_opts": None},
    "settings": {"title": "Νέα (N1)", "subject_line": "Νέα"},
    "report_summary": {"unique_opens": 1, "subscriber_clicks": 2},
}
FIELD = {
    "merge_id": 4,
    "tag": "TAXNO",
    "name": "ΑΦΜ",
    "type": "dropdown",
    "required": False,
    "public": False,
    "options": {"choices": ["ναι", "όχι"], "date_format": ""},
}


def _variants(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The item with each strange value in each of its fields, and without each."""
    for name, value in item.items():
        yield {key: one for key, one in item.items() if key != name}
        for strange in STRANGE:
            yield {**copy.deepcopy(item), name: strange}
        if isinstance(value, dict):
            for inner in value:
                for strange in STRANGE:
                    yield {**item, name: {**value, inner: strange}}


def test_every_member_is_read() -> None:
    for item in _variants(MEMBER):
        member = members.member_of(item, "l1")
        assert isinstance(member, RemoteMember)
        assert member.status
        assert member.subscriber_hash
        assert member.last_changed.tzinfo


def test_a_status_that_cannot_be_read_is_no_refusal_and_no_subscription() -> None:
    for strange in STRANGE:
        status = members.member_of({**MEMBER, "status": strange}, "l1").status
        assert status not in {"subscribed", "unsubscribed", "cleaned", "pending", "archived"}


def test_every_campaign_and_field_is_read() -> None:
    for item in _variants(CAMPAIGN):
        campaign = campaigns.campaign_of(item)
        assert campaign.recipient_count >= 0
        assert all(isinstance(text, str) for text in campaign.settings.values())
    for item in _variants(FIELD):
        assert (merge_fields.merge_field_of(item).merge_id or 1) < 2**31


def test_an_audience_needs_only_its_id() -> None:
    for item in _variants(AUDIENCE):
        if item.get("id") == "l1":
            assert 0 <= audiences.audience_of(item).member_count < 2**53
    with pytest.raises(UnexpectedAnswer):
        audiences.audience_of({**AUDIENCE, "id": None})


@given(
    st.lists(
        st.one_of(
            st.builds(lambda n: {"id": str(n)}, st.integers(0, 10**6)),
            st.sampled_from([None, 7, "x", ["y"], True]),
        ),
        max_size=60,
    ),
    st.integers(3, 20),
)
def test_a_walk_gives_every_object_whatever_is_between(items: list[Any], size: int) -> None:
    def fetch(count: int, offset: int) -> dict[str, Any]:
        return {"items": items[offset : offset + count]}

    wanted = [one["id"] for one in items if isinstance(one, dict)]
    pages = [items[start : start + size] for start in range(0, len(items), size)]
    if any(page and not any(isinstance(one, dict) for one in page) for page in pages):
        with pytest.raises(UnexpectedAnswer, match="no list of objects"):
            list(walk(fetch, "items", size=size))
        return
    assert [one["id"] for one in walk(fetch, "items", size=size)] == wanted
