"""Interest categories and interests of an audience (OpenAPI: interestCategories, interests)."""

from __future__ import annotations

from typing import Any

from mailchimp_sandbox import validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.paging import window
from mailchimp_sandbox.problem import not_found
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import Audience, Interest, InterestCategory

TYPES = ("checkboxes", "dropdown", "radio", "hidden")
_CATEGORIES = "/lists/{list_id}/interest-categories"
_CATEGORY = _CATEGORIES + "/{interest_category_id}"
_INTERESTS = _CATEGORY + "/interests"
_INTEREST = _INTERESTS + "/{interest_id}"


def _category(audience: Audience, call: Call) -> InterestCategory:
    found = audience.categories.get(call.parts["interest_category_id"])
    if found is None:
        raise not_found()
    return found


def _interest(category: InterestCategory, call: Call) -> Interest:
    found = category.interests.get(call.parts["interest_id"])
    if found is None:
        raise not_found()
    return found


def _show_category(audience: Audience, category: InterestCategory) -> dict[str, Any]:
    return {
        "list_id": audience.list_id,
        "id": category.category_id,
        "title": category.title,
        "display_order": category.display_order,
        "type": category.type,
    }


def _show_interest(
    audience: Audience, category: InterestCategory, interest: Interest
) -> dict[str, Any]:
    count = sum(
        member.status == "subscribed" and member.interests.get(interest.interest_id, False)
        for member in audience.members.values()
    )
    return {
        "category_id": category.category_id,
        "list_id": audience.list_id,
        "id": interest.interest_id,
        "name": interest.name,
        "subscriber_count": str(count),
        "display_order": interest.display_order,
    }


@operation("GET", _CATEGORIES, rows={"categories": _CATEGORIES + "/{id}"})
def list_categories(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdInterestCategories."""
    audience = sandbox.audience(call.parts["list_id"])
    kind = call.query.get("type")
    rows = [row for row in audience.categories.values() if not kind or row.type == kind]
    return {
        "list_id": audience.list_id,
        "categories": [_show_category(audience, row) for row in rows[window(call.query)]],
        "total_items": len(rows),
    }


@operation("POST", _CATEGORIES, address=_CATEGORIES + "/{id}")
def create_category(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postListsIdInterestCategories."""
    audience = sandbox.audience(call.parts["list_id"])
    body = call.body()
    validation.check(
        body, {"title": "string", "type": "string", "display_order": "integer"}, ("title", "type")
    )
    category = InterestCategory(
        sandbox.new_id("category"),
        body["title"],
        validation.one_of(body["type"], TYPES, "type"),
        body.get("display_order", 0),
    )
    audience.categories[category.category_id] = category
    return _show_category(audience, category)


@operation("GET", _CATEGORY)
def get_category(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdInterestCategoriesId."""
    audience = sandbox.audience(call.parts["list_id"])
    return _show_category(audience, _category(audience, call))


@operation("PATCH", _CATEGORY)
def update_category(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: patchListsIdInterestCategoriesId."""
    audience = sandbox.audience(call.parts["list_id"])
    category = _category(audience, call)
    body = call.body()
    validation.check(
        body, {"title": "string", "type": "string", "display_order": "integer"}, ("title", "type")
    )
    category.type = validation.one_of(body["type"], TYPES, "type")
    category.title = body["title"]
    category.display_order = body.get("display_order", category.display_order)
    return _show_category(audience, category)


@operation("DELETE", _CATEGORY)
def delete_category(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteListsIdInterestCategoriesId."""
    audience = sandbox.audience(call.parts["list_id"])
    del audience.categories[_category(audience, call).category_id]
    audience.version += 1


@operation("GET", _INTERESTS, rows={"interests": _INTERESTS + "/{id}"})
def list_interests(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdInterestCategoriesIdInterests."""
    audience = sandbox.audience(call.parts["list_id"])
    category = _category(audience, call)
    rows = list(category.interests.values())
    return {
        "interests": [_show_interest(audience, category, row) for row in rows[window(call.query)]],
        "list_id": audience.list_id,
        "category_id": category.category_id,
        "total_items": len(rows),
    }


@operation("POST", _INTERESTS, address=_INTERESTS + "/{id}")
def create_interest(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postListsIdInterestCategoriesIdInterests."""
    audience = sandbox.audience(call.parts["list_id"])
    category = _category(audience, call)
    body = call.body()
    validation.check(body, {"name": "string", "display_order": "integer"}, ("name",))
    interest = Interest(sandbox.new_id("interest"), body["name"], body.get("display_order", 0))
    category.interests[interest.interest_id] = interest
    audience.version += 1
    return _show_interest(audience, category, interest)


@operation("GET", _INTEREST)
def get_interest(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdInterestCategoriesIdInterestsId."""
    audience = sandbox.audience(call.parts["list_id"])
    category = _category(audience, call)
    return _show_interest(audience, category, _interest(category, call))


@operation("PATCH", _INTEREST)
def update_interest(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: patchListsIdInterestCategoriesIdInterestsId."""
    audience = sandbox.audience(call.parts["list_id"])
    category = _category(audience, call)
    interest = _interest(category, call)
    body = call.body()
    validation.check(body, {"name": "string", "display_order": "integer"}, ("name",))
    interest.name = body["name"]
    interest.display_order = body.get("display_order", interest.display_order)
    return _show_interest(audience, category, interest)


@operation("DELETE", _INTEREST)
def delete_interest(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteListsIdInterestCategoriesIdInterestsId."""
    audience = sandbox.audience(call.parts["list_id"])
    category = _category(audience, call)
    del category.interests[_interest(category, call).interest_id]
    audience.version += 1
