"""``POST /lists/{list_id}``: up to 500 members in one call (OpenAPI: postListsId)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailchimp_sandbox import addresses, billing, member_body, subscriptions, tags, validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.member_view import describe_briefly
from mailchimp_sandbox.paging import flag
from mailchimp_sandbox.problem import Problem, invalid_fields
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import Audience, Member

MAX_MEMBERS = 500


def _refusal(address: Any, problem: Problem) -> dict[str, Any]:
    """One entry of ``errors``. There are two codes only; the text says the rest (seen in answers
    in public repositories; ``field`` since mailchimp-client-lib-codegen#303)."""
    exists = problem.title == "Member Exists"
    text = problem.detail
    if exists:
        text = (
            f"{address} is already a list member, do you want to update? please provide "
            "update_existing:true in the request body"
        )
    name, message = problem.errors[0] if problem.errors else ("", "")
    return {
        "email_address": address if isinstance(address, str) else "",
        "error": text,
        "error_code": "ERROR_CONTACT_EXISTS" if exists else "ERROR_GENERIC",
        "field": name,
        "field_message": message,
    }


def _one(
    sandbox: Sandbox,
    audience: Audience,
    body: Mapping[str, Any],
    call: Call,
    *,
    update_existing: bool,
    sync_tags: bool,
    skip: bool,
) -> tuple[Member, bool]:
    member_body.check_body(body, ("email_address",))
    # OpenAPI does not know them here.
    body = {name: value for name, value in body.items() if name != "marketing_permissions"}
    # OpenAPI marks nothing required here; without a status Mailchimp refuses the new member.
    status = body.get("status")
    if status is not None:
        validation.one_of(status, member_body.NEW_STATUSES, "status")
    names = tags.checked_names(body.get("tags", []))
    held = audience.members.get(addresses.subscriber_hash(body["email_address"]))
    if held is not None and held.status != "archived" and update_existing:
        subscriptions.change(sandbox, audience, held, body, ip=call.ip, skip_validation=skip)
        member, is_new = held, False
    else:
        if status is None:
            raise invalid_fields(("status", "Required fields were not provided: status"))
        member = subscriptions.add(
            sandbox, audience, body, status=status, ip=call.ip, skip_validation=skip
        )
        is_new = True
    if sync_tags:
        for name in [name for name in member.tags if name not in names]:
            tags.detach(sandbox, audience, member, name)
    for name in names:
        tags.attach(sandbox, audience, member, name)
    return member, is_new


def _changes(
    audience: Audience, rows: list[Any], *, update_existing: bool
) -> dict[str, tuple[Member | None, str | None]]:
    """Members that the call would change, by hash: rows that Mailchimp refuses change nobody."""
    changes: dict[str, tuple[Member | None, str | None]] = {}
    for row in rows:
        address = row.get("email_address") if isinstance(row, dict) else None
        if not isinstance(address, str):
            continue
        key = addresses.subscriber_hash(address)
        held = audience.members.get(key)
        is_kept = held is not None and held.status != "archived" and not update_existing
        if not is_kept and key not in audience.forgotten:
            changes.setdefault(key, (held, row.get("status")))
    return changes


@operation(
    "POST",
    "/lists/{list_id}",
    rows={
        "new_members": "/lists/{list_id}/members/{id}",
        "updated_members": "/lists/{list_id}/members/{id}",
    },
)
def batch_subscribe(sandbox: Sandbox, call: Call) -> Any:
    """Members that cannot be taken become ``errors`` of a 200; the others go in. A call that the
    plan has no room for is refused as a whole, see ``billing``.

    A second row with the same address is an error unless ``skip_duplicate_check`` (then the
    first one counts, OpenAPI).
    """
    audience = sandbox.audience(call.parts["list_id"])
    body = call.body()
    validation.check(
        body,
        {"members": "array", "sync_tags": "boolean", "update_existing": "boolean"},
        ("members",),
    )
    rows = body["members"]
    if len(rows) > MAX_MEMBERS:
        raise invalid_fields(("members", "Please limit your request to 500 members."))
    update_existing = body.get("update_existing", False)
    billing.require_room(
        sandbox, _changes(audience, rows, update_existing=update_existing).values()
    )
    skip_duplicates = flag(call.query, "skip_duplicate_check")
    skip = flag(call.query, "skip_merge_validation")
    created: list[dict[str, Any]] = []
    updated: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    seen: set[str] = set()
    for row in rows:
        if not isinstance(row, dict):
            raise invalid_fields(("members", "Schema describes object, string found instead"))
        address = row.get("email_address")
        key = addresses.subscriber_hash(address) if isinstance(address, str) else ""
        if key and key in seen:
            if not skip_duplicates:
                errors.append(
                    {
                        "email_address": address,
                        "error": f"Duplicate items found in your request: {address}",
                        "error_code": "ERROR_GENERIC",
                        "field": "",
                        "field_message": "",
                    }
                )
            continue
        seen.add(key)
        try:
            member, is_new = _one(
                sandbox,
                audience,
                row,
                call,
                update_existing=update_existing,
                sync_tags=body.get("sync_tags", False),
                skip=skip,
            )
        except Problem as problem:
            errors.append(_refusal(address, problem))
            continue
        (created if is_new else updated).append(describe_briefly(audience, member))
    return {
        "new_members": created,
        "updated_members": updated,
        "errors": errors,
        "total_created": len(created),
        "total_updated": len(updated),
        "error_count": len(errors),
    }
