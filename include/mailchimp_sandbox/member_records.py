"""What hangs on a member: activity, notes, events, goals (OpenAPI: listMemberActivity,
listMemberActivityFeed, listMemberNotes, listMemberEvents, listMemberGoals)."""

from __future__ import annotations

from typing import Any

from mailchimp_sandbox import happenings, validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.lookup import find
from mailchimp_sandbox.paging import ordered, window
from mailchimp_sandbox.problem import invalid_fields, not_found
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import Audience, Member, Note

_MEMBER = "/lists/{list_id}/members/{subscriber_hash}"
SHOWN = 50  # OpenAPI: "the last 50 events"


def _member(sandbox: Sandbox, call: Call) -> tuple[Audience, Member]:
    audience = sandbox.audience(call.parts["list_id"])
    return audience, find(audience, call.parts["subscriber_hash"])


def _events(sandbox: Sandbox, member: Member) -> list[tuple[int, str, str, str, str]]:
    """(time, action, campaign id, url, bounce type), the newest first."""
    rows = []
    for campaign_id in member.campaigns:
        campaign = sandbox.account.campaigns.get(campaign_id)
        recipient = happenings.recipient_of(campaign, member) if campaign else None
        if campaign is None or recipient is None:
            continue
        rows.append((campaign.send_time or 0, "sent", campaign_id, "", ""))
        for at, action, _, link, _, bounce_type in recipient.events:
            url = campaign.links[link].url if action == "click" else ""
            rows.append((at, action, campaign_id, url, bounce_type))
        if recipient.unsubscribed_at is not None:
            rows.append((recipient.unsubscribed_at, "unsub", campaign_id, "", ""))
    rows.sort(key=lambda row: -row[0])
    return rows


@operation("GET", _MEMBER + "/activity")
def list_activity(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdMembersIdActivity."""
    audience, member = _member(sandbox, call)
    wanted = [name for name in call.query.get("action", "").split(",") if name]
    rows = []
    for at, action, campaign_id, url, bounce_type in _events(sandbox, member):
        if wanted and action not in wanted:
            continue
        row = {
            "action": action,
            "timestamp": iso(at),
            "campaign_id": campaign_id,
            "title": sandbox.account.campaigns[campaign_id].settings.get("title", ""),
        }
        if url:
            row["url"] = url
        if bounce_type:
            row["type"] = bounce_type
        rows.append(row)
    return {
        "activity": rows[:SHOWN],
        "email_id": member.hash,
        "contact_id": member.contact_id,
        "list_id": audience.list_id,
        "total_items": len(rows),
    }


@operation("GET", _MEMBER + "/activity-feed")
def list_feed(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdMembersIdActivityFeed."""
    audience, member = _member(sandbox, call)
    wanted = [name for name in call.query.get("activity_filters", "").split(",") if name]
    rows: list[dict[str, Any]] = []
    for at, action, campaign_id, url, bounce_type in _events(sandbox, member):
        row: dict[str, Any] = {
            "activity_type": action,
            "created_at_timestamp": iso(at),
            "campaign_id": campaign_id,
            "campaign_title": sandbox.account.campaigns[campaign_id].settings.get("title", ""),
        }
        if action == "click":
            row["link_clicked"] = url
        if action == "bounce":
            row["bounce_type"] = bounce_type
            row["bounce_has_open_activity"] = member.opened > 0
        if action == "unsub":
            row["unsubscribe_reason"] = member.unsubscribe_reason
            row["is_admin_unsubscribed"] = False
        rows.append(row)
    rows.extend(
        {
            "activity_type": "note",
            "created_at_timestamp": iso(note.created_at),
            "note_id": str(note.note_id),
            "note_text": note.note,
        }
        for note in member.notes
    )
    rows.append(
        {
            "activity_type": "generic_signup",
            "created_at_timestamp": iso(member.created_at),
            "signup_category": member.source,
        }
    )
    rows = [row for row in rows if not wanted or row["activity_type"] in wanted]
    rows.sort(key=lambda row: str(row["created_at_timestamp"]), reverse=True)
    return {
        "activity": rows[window(call.query)],
        "email_id": member.hash,
        "list_id": audience.list_id,
    }


def _show_note(audience: Audience, member: Member, note: Note) -> dict[str, Any]:
    return {
        "id": note.note_id,
        "created_at": iso(note.created_at),
        "created_by": "Ελένη Παπαδοπούλου",
        "updated_at": iso(note.updated_at),
        "note": note.note,
        "list_id": audience.list_id,
        "email_id": member.hash,
        "contact_id": member.contact_id,
    }


def _note(member: Member, call: Call) -> Note:
    for note in member.notes:
        if str(note.note_id) == call.parts["note_id"]:
            return note
    raise not_found()


@operation("GET", _MEMBER + "/notes", rows={"notes": _MEMBER + "/notes/{id}"})
def list_notes(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdMembersIdNotes."""
    audience, member = _member(sandbox, call)
    rows = ordered(
        member.notes[::-1],
        call.query,
        {
            "created_at": lambda note: note.created_at,
            "updated_at": lambda note: note.updated_at,
            "note_id": lambda note: note.note_id,
        },
    )
    return {
        "notes": [_show_note(audience, member, row) for row in rows[window(call.query)]],
        "email_id": member.hash,
        "list_id": audience.list_id,
        "total_items": len(rows),
    }


def _note_text(call: Call) -> str:
    body = call.body()
    validation.check(body, {"note": "string"}, ("note",))
    text = str(body["note"])
    if len(text) > 1000:  # OpenAPI: "Note length is limited to 1,000 characters"
        raise invalid_fields(("note", "This value is too long."))
    return text


@operation("POST", _MEMBER + "/notes", address=_MEMBER + "/notes/{id}")
def add_note(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postListsIdMembersIdNotes."""
    audience, member = _member(sandbox, call)
    now = sandbox.now
    note = Note(sandbox.next_number(), _note_text(call), now, now)
    member.notes.append(note)
    return _show_note(audience, member, note)


@operation("GET", _MEMBER + "/notes/{note_id}")
def get_note(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdMembersIdNotesId."""
    audience, member = _member(sandbox, call)
    return _show_note(audience, member, _note(member, call))


@operation("PATCH", _MEMBER + "/notes/{note_id}")
def update_note(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: patchListsIdMembersIdNotesId."""
    audience, member = _member(sandbox, call)
    note = _note(member, call)
    note.note, note.updated_at = _note_text(call), sandbox.now
    return _show_note(audience, member, note)


@operation("DELETE", _MEMBER + "/notes/{note_id}")
def delete_note(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteListsIdMembersIdNotesId."""
    _, member = _member(sandbox, call)
    member.notes.remove(_note(member, call))


@operation("GET", _MEMBER + "/events")
def list_events(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdMembersIdEvents."""
    _, member = _member(sandbox, call)
    rows = member.events[::-1]
    return {"events": rows[window(call.query)], "total_items": len(rows)}


@operation("POST", _MEMBER + "/events")
def add_event(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postListMemberEvents: names of 2 to 30 characters."""
    _, member = _member(sandbox, call)
    body = call.body()
    validation.check(
        body,
        {
            "name": "string",
            "properties": "object",
            "is_syncing": "boolean",
            "occurred_at": "string",
        },
        ("name",),
    )
    if not 2 <= len(body["name"]) <= 30:
        raise invalid_fields(("name", "Event names are 2 to 30 characters long."))
    at = validation.moment(body.get("occurred_at"), "occurred_at")
    member.events.append(
        {
            "name": body["name"],
            "occurred_at": iso(at or sandbox.now),
            "properties": {n: str(v) for n, v in body.get("properties", {}).items()},
        }
    )


@operation("GET", _MEMBER + "/goals")
def list_goals(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdMembersIdGoals: a feature Mailchimp has retired; always empty."""
    audience, member = _member(sandbox, call)
    return {
        "goals": [],
        "list_id": audience.list_id,
        "email_id": member.hash,
        "total_items": 0,
    }
