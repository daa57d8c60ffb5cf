"""Sign-up forms and surveys of an audience: there are none but the hosted form (OpenAPI:
listSignupForms, listSurveys)."""

from __future__ import annotations

from typing import Any

from mailchimp_sandbox import validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.routing import Call, operation

_FORMS = "/lists/{list_id}/signup-forms"
_SURVEYS = "/lists/{list_id}/surveys"


def _form(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    audience = sandbox.audience(call.parts["list_id"])
    form: dict[str, Any] = audience.settings.setdefault(
        "signup_form", {"header": {"text": audience.name}, "contents": [], "styles": []}
    )
    url = f"https://elaiones.us1.list-manage.com/subscribe?u=elaiones&id={audience.list_id}"
    return {**form, "signup_form_url": url, "list_id": audience.list_id}


@operation("GET", _FORMS, rows={"signup_forms": _FORMS})
def list_forms(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdSignupForms."""
    form = _form(sandbox, call)
    return {"signup_forms": [form], "list_id": form["list_id"], "total_items": 1}


@operation("POST", _FORMS)
def change_form(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postListsIdSignupForms: changes the hosted form."""
    body = call.body()
    validation.check(body, {"header": "object", "contents": "array", "styles": "array"})
    _form(sandbox, call)
    held = sandbox.audience(call.parts["list_id"]).settings["signup_form"]
    held.update({n: body[n] for n in ("header", "contents", "styles") if n in body})
    return _form(sandbox, call)


@operation("GET", _SURVEYS, address=None)
def list_surveys(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdSurveys, whose answer it leaves out (undocumented)."""
    sandbox.audience(call.parts["list_id"])
    return {"surveys": [], "total_items": 0}
