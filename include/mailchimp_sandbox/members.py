"""Members of an audience: ``/lists/{list_id}/members...`` (OpenAPI: listMembers)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Any

from mailchimp_sandbox import (
    addresses,
    member_body,
    removals,
    subscriptions,
    tags,
    validation,
)
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.lookup import find, seek
from mailchimp_sandbox.member_view import describe
from mailchimp_sandbox.paging import choice, flag, moment, ordered, window
from mailchimp_sandbox.problem import invalid_fields
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import Audience, Member

_MEMBER = "/lists/{list_id}/members/{id}"
_STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived")


def _within(name: str, after: int | None, until: int | None) -> Callable[[Member], bool]:
    value = attrgetter(name)

    def fits(member: Member) -> bool:
        at = value(member) or 0
        return (after is None or at > after) and (until is None or at <= until)

    return fits


def _time_filters(query: Mapping[str, str]) -> Iterator[Callable[[Member], bool]]:
    for name in ("timestamp_opt", "last_changed"):
        after, until = moment(query, f"since_{name}"), moment(query, f"before_{name}")
        if after is not None or until is not None:
            yield _within(name, after, until)


def _interest_filter(query: Mapping[str, str]) -> Callable[[Member], bool]:
    if not query.get("interest_category_id"):
        raise invalid_fields(("interest_category_id", "This value should not be blank."))
    wanted = query["interest_ids"].split(",")
    match = query.get("interest_match") or "any"

    def fits(member: Member) -> bool:
        held = [bool(member.interests.get(interest_id)) for interest_id in wanted]
        return {"any": any(held), "all": all(held), "none": not any(held)}[match]

    return fits


def _filters(
    audience: Audience, query: Mapping[str, str], status: str | None
) -> list[Callable[[Member], bool]]:
    tests: list[Callable[[Member], bool]] = []
    tests.extend(_time_filters(query))
    unsubscribed_after = moment(query, "unsubscribed_since")
    if unsubscribed_after is not None:
        if status not in (None, "unsubscribed"):  # OpenAPI: "will result in an error"
            raise invalid_fields(("status", "unsubscribed_since needs the status unsubscribed."))
        tests.append(
            lambda member: (
                member.status == "unsubscribed"
                and (member.unsubscribed_at or 0) > unsubscribed_after
            )
        )
    if query.get("email_type"):
        tests.append(lambda member: member.email_type == query["email_type"])
    if query.get("unique_email_id"):
        tests.append(lambda member: member.unique_email_id == query["unique_email_id"])
    if flag(query, "vip_only"):
        tests.append(lambda member: member.vip)
    if flag(query, "since_last_campaign"):
        if status is None:  # OpenAPI: "Member status is required to use this filter."
            raise invalid_fields(("status", "This value should not be blank."))
        last_sent = audience.last_sent or 0
        tests.append(lambda member: member.last_changed > last_sent)
    choice(query, "interest_match", ("any", "all", "none"))
    if query.get("interest_ids"):
        tests.append(_interest_filter(query))
    return tests


def _of_status(audience: Audience, status: str | None) -> list[Member]:
    # Before the other filters: clients often ask for the few archived members of a large audience.
    members = audience.members.values()
    if status is None:
        return [member for member in members if member.status != "archived"]
    return [member for member in members if member.status == status]


@operation("GET", "/lists/{list_id}/members", rows={"members": _MEMBER})
def list_members(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdMembers. Without ``status`` archived members are left out."""
    audience = sandbox.audience(call.parts["list_id"])
    query = call.query
    status = choice(query, "status", _STATUSES)
    tests = _filters(audience, query, status)

    def build() -> list[Member]:
        rows = _of_status(audience, status)
        return ordered(
            [member for member in rows if all(test(member) for test in tests)] if tests else rows,
            query,
            {
                name: lambda member, name=name: getattr(member, name) or 0  # type: ignore[misc]
                for name in ("timestamp_opt", "timestamp_signup", "last_changed")
            },
        )

    page_only = ("count", "offset", "fields", "exclude_fields")
    key = (
        "members",
        audience.list_id,
        tuple(sorted(item for item in query.items() if item[0] not in page_only)),
    )
    rows = sandbox.cached(key, audience.version, build)
    return {
        "members": [describe(audience, member) for member in rows[window(query)]],
        "list_id": audience.list_id,
        "total_items": len(rows),
    }


@operation("POST", "/lists/{list_id}/members", address=_MEMBER)
def add_member(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postListsIdMembers."""
    audience = sandbox.audience(call.parts["list_id"])
    body = call.body()
    member_body.check_body(body, ("email_address", "status"))
    status = validation.one_of(body["status"], member_body.NEW_STATUSES, "status")
    names = tags.checked_names(body.get("tags", []))
    member = subscriptions.add(
        sandbox,
        audience,
        body,
        status=status,
        ip=call.ip,
        skip_validation=flag(call.query, "skip_merge_validation"),
    )
    for name in names:
        tags.attach(sandbox, audience, member, name)
    return describe(audience, member)


@operation("GET", "/lists/{list_id}/members/{subscriber_hash}", address=_MEMBER)
def get_member(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdMembersId. An archived member answers with that status."""
    audience = sandbox.audience(call.parts["list_id"])
    return describe(audience, find(audience, call.parts["subscriber_hash"]))


@operation("PUT", "/lists/{list_id}/members/{subscriber_hash}", address=_MEMBER)
def put_member(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: putListsIdMembersId. A new member needs the address, and ``status_if_new`` or
    ``status``; the address decides, whatever hash the path holds. An address that is a member
    under another hash is refused (both recorded in grouparoo/grouparoo,
    plugins/@grouparoo/mailchimp/__tests__/fixtures/export/exportRecord.js). ``tags`` are not taken
    here (seen in drewm/mailchimp-api#210)."""
    audience = sandbox.audience(call.parts["list_id"])
    body = call.body()
    skip = flag(call.query, "skip_merge_validation")
    key = call.parts["subscriber_hash"]
    member_body.check_body(body, ())
    member = seek(audience, key)
    if "status" in body:
        validation.one_of(body["status"], member_body.NEW_STATUSES, "status")
    if member is None:
        name = (
            "status" if body.get("status_if_new") is None and "status" in body else "status_if_new"
        )
        member_body.check_body(body, ("email_address", name))
        status = validation.one_of(body[name], member_body.NEW_STATUSES, name)
        member = subscriptions.add(
            sandbox, audience, body, status=status, ip=call.ip, skip_validation=skip
        )
    else:
        subscriptions.change(sandbox, audience, member, body, ip=call.ip, skip_validation=skip)
    return describe(audience, member)


@operation("PATCH", "/lists/{list_id}/members/{subscriber_hash}", address=_MEMBER)
def patch_member(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: patchListsIdMembersId."""
    audience = sandbox.audience(call.parts["list_id"])
    member = find(audience, call.parts["subscriber_hash"])
    body = call.body()
    member_body.check_body(body, ())
    if "status" in body:
        validation.one_of(body["status"], member_body.CHANGED_STATUSES, "status")
    subscriptions.change(
        sandbox,
        audience,
        member,
        body,
        ip=call.ip,
        skip_validation=flag(call.query, "skip_merge_validation"),
    )
    return describe(audience, member)


@operation("DELETE", "/lists/{list_id}/members/{subscriber_hash}")
def archive_member(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteListsIdMembersId ("Archive list member")."""
    audience = sandbox.audience(call.parts["list_id"])
    member = find(audience, call.parts["subscriber_hash"])
    removals.archive(sandbox, audience, member, by="api")


@operation("POST", "/lists/{list_id}/members/{subscriber_hash}/actions/delete-permanent")
def delete_member(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postListMemberHashActionsDeletePermanent."""
    audience = sandbox.audience(call.parts["list_id"])
    member = find(audience, call.parts["subscriber_hash"])
    removals.delete_permanently(sandbox, audience, member)


@operation(
    "GET",
    "/search-members",
    rows={"exact_matches.members": _MEMBER, "full_search.members": _MEMBER},
)
def search_members(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getSearchMembers.

    A whole address matches exactly. Three or more letters of an address or name match in the full
    search.
    """
    query = call.query.get("query", "").strip()
    list_id = call.query.get("list_id", "")
    if not query:
        raise invalid_fields(("query", "This value should not be blank."))
    audiences = [sandbox.audience(list_id)] if list_id else list(sandbox.account.audiences.values())
    exact: list[dict[str, Any]] = []
    full: list[dict[str, Any]] = []
    key = addresses.subscriber_hash(query)
    needle = query.lower()
    for audience in audiences:
        held = audience.members.get(key)
        if held is not None:
            exact.append(describe(audience, held))
        if "@" in query or len(needle) < 3:
            continue
        for member in audience.members.values():
            name = f"{member.merge_fields.get('FNAME', '')} {member.merge_fields.get('LNAME', '')}"
            if needle in member.email_address.lower() or needle in name.lower():
                full.append(describe(audience, member))
    return {
        "exact_matches": {"members": exact, "total_items": len(exact)},
        "full_search": {"members": full[:1000], "total_items": len(full)},
    }
