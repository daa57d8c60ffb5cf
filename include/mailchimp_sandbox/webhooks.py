"""Webhooks of audiences and batches: kept and listed; the sandbox calls nobody (OpenAPI:
listWebhooks, batchWebhooks)."""

from __future__ import annotations

from typing import Any

from mailchimp_sandbox import validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.paging import window
from mailchimp_sandbox.problem import invalid_fields, not_found
from mailchimp_sandbox.routing import Call, operation

_EVENTS = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")
_SOURCES = ("user", "admin", "api")
_HOOKS = "/lists/{list_id}/webhooks"
_HOOK = _HOOKS + "/{webhook_id}"


def _checked(body: dict[str, Any], held: dict[str, Any]) -> dict[str, Any]:
    validation.check(body, {"url": "string", "events": "object", "sources": "object"})
    url = body.get("url", held.get("url", ""))
    if not url.startswith(("http://", "https://")):
        raise invalid_fields(("url", "Please enter a valid URL"))
    events, sources = body.get("events", {}), body.get("sources", {})
    validation.check(events, dict.fromkeys(_EVENTS, "boolean"), (), "events.")
    validation.check(sources, dict.fromkeys(_SOURCES, "boolean"), (), "sources.")
    return {
        "url": url,
        "events": {n: bool(events.get(n, held.get("events", {}).get(n, False))) for n in _EVENTS},
        "sources": {
            n: bool(sources.get(n, held.get("sources", {}).get(n, False))) for n in _SOURCES
        },
    }


@operation("GET", _HOOKS, rows={"webhooks": _HOOKS + "/{id}"})
def list_webhooks(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdWebhooks."""
    audience = sandbox.audience(call.parts["list_id"])
    rows = list(audience.webhooks.values())
    return {"webhooks": rows, "list_id": audience.list_id, "total_items": len(rows)}


@operation("POST", _HOOKS, address=_HOOKS + "/{id}")
def create_webhook(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postListsIdWebhooks."""
    audience = sandbox.audience(call.parts["list_id"])
    row = {
        "id": sandbox.new_id("webhook"),
        **_checked(call.body(), {}),
        "list_id": audience.list_id,
    }
    audience.webhooks[row["id"]] = row
    return row


def _webhook(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    found = sandbox.audience(call.parts["list_id"]).webhooks.get(call.parts["webhook_id"])
    if found is None:
        raise not_found()
    return found


@operation("GET", _HOOK)
def get_webhook(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getListsIdWebhooksId."""
    return _webhook(sandbox, call)


@operation("PATCH", _HOOK)
def update_webhook(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: patchListsIdWebhooksId."""
    row = _webhook(sandbox, call)
    row.update(_checked(call.body(), row))
    return row


@operation("DELETE", _HOOK)
def delete_webhook(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteListsIdWebhooksId."""
    row = _webhook(sandbox, call)
    del sandbox.audience(call.parts["list_id"]).webhooks[row["id"]]


@operation("GET", "/batch-webhooks", rows={"webhooks": "/batch-webhooks/{id}"})
def list_batch_webhooks(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getBatchWebhooks."""
    rows = list(sandbox.account.batch_webhooks.values())
    return {"webhooks": rows[window(call.query)], "total_items": len(rows)}


@operation("POST", "/batch-webhooks", address="/batch-webhooks/{id}")
def create_batch_webhook(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postBatchWebhooks."""
    body = call.body()
    validation.check(body, {"url": "string", "enabled": "boolean"}, ("url",))
    row = {
        "id": sandbox.new_id("batch-webhook"),
        "url": body["url"],
        "enabled": body.get("enabled", True),
    }
    sandbox.account.batch_webhooks[row["id"]] = row
    return row


def _batch_webhook(sandbox: Sandbox, call: Call) -> dict[str, Any]:
    found = sandbox.account.batch_webhooks.get(call.parts["batch_webhook_id"])
    if found is None:
        raise not_found()
    return found


@operation("GET", "/batch-webhooks/{batch_webhook_id}")
def get_batch_webhook(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getBatchWebhook."""
    return _batch_webhook(sandbox, call)


@operation("PATCH", "/batch-webhooks/{batch_webhook_id}")
def update_batch_webhook(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: patchBatchWebhooks."""
    row = _batch_webhook(sandbox, call)
    body = call.body()
    validation.check(body, {"url": "string", "enabled": "boolean"})
    row.update({name: body[name] for name in ("url", "enabled") if name in body})
    return row


@operation("DELETE", "/batch-webhooks/{batch_webhook_id}")
def delete_batch_webhook(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteBatchWebhookId."""
    del sandbox.account.batch_webhooks[_batch_webhook(sandbox, call)["id"]]
