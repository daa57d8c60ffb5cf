"""Audiences: ``/lists`` and ``/lists/{list_id}`` (OpenAPI: lists)."""

from __future__ import annotations

from typing import Any

from mailchimp_sandbox import addresses, merge_fields, permissions, validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.paging import flag, moment, ordered, window
from mailchimp_sandbox.problem import (
    bad_request,
    invalid_fields,
    not_permitted,
)
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import Audience

_SCHEMA = {
    "name": "string",
    "contact": "object",
    "permission_reminder": "string",
    "use_archive_bar": "boolean",
    "campaign_defaults": "object",
    "notify_on_subscribe": "string",
    "notify_on_unsubscribe": "string",
    "email_type_option": "boolean",
    "double_optin": "boolean",
    "marketing_permissions": "boolean",
}
_REQUIRED = ("name", "contact", "permission_reminder", "campaign_defaults", "email_type_option")
_CONTACT = ("company", "address1", "address2", "city", "state", "zip", "country", "phone")
_CONTACT_REQUIRED = ("company", "address1", "city", "country")
_DEFAULTS = ("from_name", "from_email", "subject", "language")


def _check_settings(body: dict[str, Any], required: tuple[str, ...]) -> None:
    validation.check(body, _SCHEMA, required)
    contact = body.get("contact")
    if contact is not None:
        validation.check(
            contact,
            dict.fromkeys(_CONTACT, "string"),
            _CONTACT_REQUIRED if "contact" in required else (),
            "contact.",
        )
        country = contact.get("country", "")
        if country and not (len(country) == 2 and country.isalpha()):
            raise invalid_fields(("contact.country", "Please enter a two-letter country code"))
    defaults = body.get("campaign_defaults")
    if defaults is not None:
        needed = _DEFAULTS if "campaign_defaults" in required else ()
        # A null or missing subject is refused, an empty one accepted (undocumented).
        validation.check(
            defaults,
            dict.fromkeys(_DEFAULTS, "string"),
            tuple(name for name in needed if name != "subject" or defaults.get(name) is None),
            "campaign_defaults.",
        )
        sender = defaults.get("from_email")
        if sender and addresses.complaint(sender):
            raise invalid_fields(
                ("campaign_defaults.from_email", "Please provide a valid email address.")
            )


def describe(audience: Audience, total_contacts: bool = False) -> dict[str, Any]:
    """A list as the API answers it."""
    settings = audience.settings
    counts = audience.counts
    sent, opens, clicks = audience.mails_sent, audience.unique_opens, audience.clickers
    subscribed = counts.get("subscribed", 0)
    months = max(len(audience.monthly), 1)
    stats = {
        "member_count": subscribed,
        "unsubscribe_count": counts.get("unsubscribed", 0),
        "cleaned_count": counts.get("cleaned", 0),
        "member_count_since_send": audience.since_send.get("subscribed", 0),
        "unsubscribe_count_since_send": audience.since_send.get("unsubscribed", 0),
        "cleaned_count_since_send": audience.since_send.get("cleaned", 0),
        "campaign_count": audience.campaign_count,
        "campaign_last_sent": iso(audience.last_sent),
        "merge_field_count": len(audience.merge_fields),
        "avg_sub_rate": round(subscribed / months, 2),
        "avg_unsub_rate": round(counts.get("unsubscribed", 0) / months, 2),
        "target_sub_rate": round(counts.get("unsubscribed", 0) / months, 2),
        "open_rate": round(opens / sent * 100, 4) if sent else 0,
        "click_rate": round(clicks / sent * 100, 4) if sent else 0,
        "last_sub_date": iso(audience.last_sub),
        "last_unsub_date": iso(audience.last_unsub),
    }
    if total_contacts:
        stats["total_contacts"] = len(audience.members)
    return {
        "id": audience.list_id,
        "web_id": audience.web_id,
        "name": audience.name,
        "contact": {name: settings["contact"].get(name, "") for name in _CONTACT},
        "permission_reminder": settings["permission_reminder"],
        "use_archive_bar": settings.get("use_archive_bar", False),
        "campaign_defaults": {
            name: settings["campaign_defaults"].get(name, "") for name in _DEFAULTS
        },
        "notify_on_subscribe": settings.get("notify_on_subscribe", ""),
        "notify_on_unsubscribe": settings.get("notify_on_unsubscribe", ""),
        "date_created": iso(audience.date_created),
        "list_rating": 0,
        "email_type_option": settings["email_type_option"],
        "subscribe_url_short": f"http://eepurl.com/{audience.list_id[:6]}",
        "subscribe_url_long": (
            f"https://elaiones.us1.list-manage.com/subscribe?u=elaiones&id={audience.list_id}"
        ),
        "beamer_address": f"us1-{audience.list_id}@inbound.mailchimp.com",
        "visibility": "pub",
        "double_optin": settings.get("double_optin", False),
        "has_welcome": False,
        "marketing_permissions": settings.get("marketing_permissions", False),
        "modules": [],
        "stats": stats,
    }


def _may_create(sandbox: Sandbox) -> bool:
    """-1 is no limit; then -1 is the answer for both numbers (OpenAPI: ``constraints``)."""
    limit = sandbox.account.max_audiences
    return limit < 0 or len(sandbox.account.audiences) < limit


@operation("GET", "/lists", rows={"lists": "/lists/{id}"})
def list_lists(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getLists."""
    query = call.query
    created_after = moment(query, "since_date_created")
    created_until = moment(query, "before_date_created")
    sent_after = moment(query, "since_campaign_last_sent")
    sent_until = moment(query, "before_campaign_last_sent")
    email = query.get("email", "")
    wanted_hash = addresses.subscriber_hash(email) if email else ""
    rows = [
        audience
        for audience in sandbox.account.audiences.values()
        if (created_after is None or audience.date_created > created_after)
        and (created_until is None or audience.date_created <= created_until)
        and (sent_after is None or (audience.last_sent or 0) > sent_after)
        and (sent_until is None or (audience.last_sent or 0) <= sent_until)
        and (not wanted_hash or wanted_hash in audience.members)
        and not flag(query, "has_ecommerce_store")
    ]
    rows = ordered(rows, query, {"date_created": lambda audience: audience.date_created})
    limit = sandbox.account.max_audiences
    held = len(sandbox.account.audiences) if limit >= 0 else -1
    return {
        "lists": [
            describe(row, flag(query, "include_total_contacts")) for row in rows[window(query)]
        ],
        "total_items": len(rows),
        "constraints": {
            "may_create": _may_create(sandbox),
            "max_instances": limit,
            "current_total_instances": held,
        },
    }


@operation("POST", "/lists", address="/lists/{id}")
def create_list(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postLists. The plan limits the number of audiences."""
    body = call.body()
    _check_settings(body, _REQUIRED)
    if not _may_create(sandbox):
        raise not_permitted()
    list_id = sandbox.new_id("list")
    now = sandbox.now
    audience = Audience(
        list_id=list_id,
        web_id=100000 + sandbox.next_number(),
        name=body["name"],
        date_created=now,
        settings={name: body[name] for name in _SCHEMA if name in body and name != "name"},
    )
    merge_fields.add_default_fields(audience)
    permissions.switch_on(sandbox, audience)
    sandbox.account.audiences[list_id] = audience
    sandbox.ledger.event(now, "list_created", "api", list_id=list_id)
    return describe(audience)


@operation("GET", "/lists/{list_id}")
def get_list(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsId."""
    audience = sandbox.audience(call.parts["list_id"])
    return describe(audience, flag(call.query, "include_total_contacts"))


@operation("PATCH", "/lists/{list_id}")
def update_list(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: patchListsId. The description calls five properties required; Mailchimp takes
    any subset (its own documentation marks them optional), so does this."""
    audience = sandbox.audience(call.parts["list_id"])
    body = call.body()
    _check_settings(body, ())
    if body.get("name") == "":
        raise invalid_fields(("name", "This value should not be blank."))
    audience.name = body.get("name", audience.name)
    for name in _SCHEMA:
        if name not in body or name == "name":
            continue
        if name in ("contact", "campaign_defaults"):
            audience.settings[name] = {**audience.settings[name], **body[name]}
        else:
            audience.settings[name] = body[name]
    permissions.switch_on(sandbox, audience)
    audience.version += 1
    sandbox.ledger.event(sandbox.now, "list_changed", "api", list_id=audience.list_id)
    return describe(audience)


@operation("DELETE", "/lists/{list_id}")
def delete_list(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteListsId. Reports of its campaigns stay, with ``list_is_active`` false."""
    audience = sandbox.audience(call.parts["list_id"])
    if any(
        campaign.list_id == audience.list_id and campaign.status in ("schedule", "sending")
        for campaign in sandbox.account.campaigns.values()
    ):
        raise bad_request("This list has campaigns that are scheduled or sending.")
    del sandbox.account.audiences[audience.list_id]
    sandbox.account.deleted_audiences[audience.list_id] = audience.name
    sandbox.ledger.event(sandbox.now, "list_deleted", "api", list_id=audience.list_id)
