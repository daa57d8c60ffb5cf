"""How a member looks in an answer (OpenAPI: List Members)."""

from __future__ import annotations

from typing import Any

from mailchimp_sandbox import permissions
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.state import Audience, Member


def describe(audience: Audience, member: Member) -> dict[str, Any]:
    """A member as the API answers it. Fields never set answer the empty string."""
    fields = member.merge_fields
    sent = len(member.campaigns)
    row = {
        "id": member.hash,
        "email_address": member.email_address,
        "unique_email_id": member.unique_email_id,
        "contact_id": member.contact_id,
        "full_name": f"{fields.get('FNAME', '')} {fields.get('LNAME', '')}".strip(),
        "web_id": member.web_id,
        "email_type": member.email_type,
        "status": member.status,
        "consents_to_one_to_one_messaging": True,
        "merge_fields": {
            merge_field.tag: fields.get(merge_field.tag, "")
            for merge_field in audience.merge_fields
        },
        "interests": {
            interest_id: member.interests.get(interest_id, False)
            for category in audience.categories.values()
            for interest_id in category.interests
        },
        "stats": {
            "avg_open_rate": round(member.opened / sent, 4) if sent else 0,
            "avg_click_rate": round(member.clicked / sent, 4) if sent else 0,
        },
        "ip_signup": member.ip_signup,
        "timestamp_signup": iso(member.timestamp_signup),
        "ip_opt": member.ip_opt,
        "timestamp_opt": iso(member.timestamp_opt),
        "member_rating": 2 + (member.opened > 0) + (member.clicked > 0),
        "last_changed": iso(member.last_changed),
        "language": member.language,
        "vip": member.vip,
        "email_client": member.email_client,
        "location": {
            "latitude": member.latitude,
            "longitude": member.longitude,
            "gmtoff": member.gmtoff,
            "dstoff": member.gmtoff,
            "country_code": member.country_code,
            "timezone": member.timezone,
            "region": "",
        },
        "source": member.source,
        "tags_count": len(member.tags),
        "tags": [{"id": audience.tag_ids[name], "name": name} for name in member.tags],
        "list_id": audience.list_id,
    }
    if member.status == "unsubscribed":
        row["unsubscribe_reason"] = member.unsubscribe_reason
    row |= permissions.described(audience, member)
    if member.notes:
        note = member.notes[-1]
        row["last_note"] = {
            "note_id": note.note_id,
            "created_at": iso(note.created_at),
            "created_by": "Ελένη Παπαδοπούλου",
            "note": note.note,
        }
    return row


_FULL_ONLY = ("full_name", "web_id", "consents_to_one_to_one_messaging", "source")


def describe_briefly(audience: Audience, member: Member) -> dict[str, Any]:
    """The smaller form inside batch subscribe and segments (OpenAPI describes fewer properties
    there; newer SDKs add ``contact_id``)."""
    row = describe(audience, member)
    for name in _FULL_ONLY:
        del row[name]
    row.pop("marketing_permissions", None)
    del row["location"]["region"]
    return row


def describe_in_segment(audience: Audience, member: Member) -> dict[str, Any]:
    """The still smaller form that the members of a segment answer (OpenAPI:
    getListsIdSegmentsIdMembers names neither tags nor ``contact_id``)."""
    row = describe_briefly(audience, member)
    for name in ("contact_id", "tags", "tags_count"):
        del row[name]
    return row
