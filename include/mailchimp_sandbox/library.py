"""Templates, campaign folders, verified domains and automations (OpenAPI: templates,
campaignFolders, verifiedDomains, automations)."""

from __future__ import annotations

import re
from typing import Any

from mailchimp_sandbox import validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.paging import choice, moment, ordered, window
from mailchimp_sandbox.problem import not_found
from mailchimp_sandbox.routing import Call, operation
from mailchimp_sandbox.state import Template

_SECTION = re.compile(r'mc:edit="([^"]+)"[^>]*>(.*?)</', re.DOTALL)


def _show(template: Template) -> dict[str, Any]:
    return {
        "id": template.template_id,
        "type": "user",
        "name": template.name,
        "drag_and_drop": False,
        "responsive": False,
        "category": "",
        "date_created": iso(template.created_at),
        "date_edited": iso(template.edited_at),
        "created_by": "Ελένη Παπαδοπούλου",
        "edited_by": "Ελένη Παπαδοπούλου",
        "active": True,
        "folder_id": template.folder_id,
        "thumbnail": "",
        "share_url": "",
        "content_type": "html",
    }


def _template(sandbox: Sandbox, call: Call) -> Template:
    found = sandbox.account.templates.get(call.parts["template_id"])
    if found is None:
        raise not_found()
    return found


@operation("GET", "/templates", rows={"templates": "/templates/{id}"})
def list_templates(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getTemplates."""
    query = call.query
    choice(query, "content_type", ("html", "template", "multichannel"))
    after, until = moment(query, "since_date_created"), moment(query, "before_date_created")
    rows = [
        template
        for template in sandbox.account.templates.values()
        if (after is None or template.created_at > after)
        and (until is None or template.created_at <= until)
        and query.get("type", "user") == "user"
        and (not query.get("folder_id") or template.folder_id == query["folder_id"])
    ]
    rows = ordered(
        rows,
        query,
        {
            "date_created": lambda template: template.created_at,
            "date_edited": lambda template: template.edited_at,
            "name": lambda template: template.name,
        },
    )
    return {"templates": [_show(row) for row in rows[window(query)]], "total_items": len(rows)}


@operation("POST", "/templates", address="/templates/{id}")
def create_template(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postTemplates."""
    body = call.body()
    validation.check(
        body, {"name": "string", "html": "string", "folder_id": "string"}, ("name", "html")
    )
    now = sandbox.now
    template = Template(
        sandbox.next_number(), body["name"], body["html"], now, now, body.get("folder_id", "")
    )
    sandbox.account.templates[str(template.template_id)] = template
    return _show(template)


@operation("GET", "/templates/{template_id}")
def get_template(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getTemplatesId."""
    return _show(_template(sandbox, call))


@operation("PATCH", "/templates/{template_id}")
def update_template(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: patchTemplatesId."""
    template = _template(sandbox, call)
    body = call.body()
    validation.check(
        body, {"name": "string", "html": "string", "folder_id": "string"}, ("name", "html")
    )
    for name in ("name", "html", "folder_id"):
        if name in body:
            setattr(template, name, body[name])
    template.edited_at = sandbox.now
    return _show(template)


@operation("DELETE", "/templates/{template_id}")
def delete_template(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteTemplatesId."""
    del sandbox.account.templates[str(_template(sandbox, call).template_id)]


@operation("GET", "/templates/{template_id}/default-content")
def get_default_content(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getTemplatesIdDefaultContent: the editable sections."""
    template = _template(sandbox, call)
    return {"sections": {found[1]: found[2] for found in _SECTION.finditer(template.html)}}


# campaign folders


def _folder(sandbox: Sandbox, folder_id: str) -> dict[str, Any]:
    name = sandbox.account.folders.get(folder_id)
    if name is None:
        raise not_found()
    count = sum(
        campaign.settings.get("folder_id") == folder_id
        for campaign in sandbox.account.campaigns.values()
    )
    return {"id": folder_id, "name": name, "count": count}


@operation("GET", "/campaign-folders", rows={"folders": "/campaign-folders/{id}"})
def list_folders(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getCampaignFolders."""
    rows = list(sandbox.account.folders)
    return {
        "folders": [_folder(sandbox, row) for row in rows[window(call.query)]],
        "total_items": len(rows),
    }


@operation("POST", "/campaign-folders", address="/campaign-folders/{id}")
def create_folder(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: postCampaignFolders."""
    body = call.body()
    validation.check(body, {"name": "string"}, ("name",))
    folder_id = sandbox.new_id("folder")
    sandbox.account.folders[folder_id] = body["name"]
    return _folder(sandbox, folder_id)


@operation("GET", "/campaign-folders/{folder_id}")
def get_folder(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getCampaignFoldersId."""
    return _folder(sandbox, call.parts["folder_id"])


@operation("PATCH", "/campaign-folders/{folder_id}")
def update_folder(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: patchCampaignFoldersId."""
    folder = _folder(sandbox, call.parts["folder_id"])
    body = call.body()
    validation.check(body, {"name": "string"}, ("name",))
    sandbox.account.folders[folder["id"]] = body["name"]
    return _folder(sandbox, folder["id"])


@operation("DELETE", "/campaign-folders/{folder_id}")
def delete_folder(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: deleteCampaignFoldersId; its campaigns stay, without a folder."""
    folder = _folder(sandbox, call.parts["folder_id"])
    del sandbox.account.folders[folder["id"]]
    for campaign in sandbox.account.campaigns.values():
        if campaign.settings.get("folder_id") == folder["id"]:
            campaign.settings["folder_id"] = ""


# verified domains


def _domains(sandbox: Sandbox) -> dict[str, bool]:
    """Domains somebody sends from; they count as verified until ``/_sandbox/domains`` says
    otherwise."""
    account = sandbox.account
    known: dict[str, bool] = {}
    for audience in account.audiences.values():
        address = audience.settings["campaign_defaults"].get("from_email", "")
        domain = address.rpartition("@")[2].lower()
        if domain:
            known[domain] = True
    known.update(account.domains)
    return known


def _show_domain(sandbox: Sandbox, domain: str, verified: bool) -> dict[str, Any]:
    return {
        "domain": domain,
        "verified": verified,
        "authenticated": False,
        "verification_email": f"postmaster@{domain}",
        "verification_sent": iso(sandbox.account.created_at),
    }


@operation("GET", "/verified-domains", address=None)
def list_domains(sandbox: Sandbox, call: Call) -> Any:
    """Docs: "List sending domains"."""
    rows = [_show_domain(sandbox, *item) for item in _domains(sandbox).items()]
    return {"domains": rows, "total_items": len(rows)}


@operation("GET", "/verified-domains/{domain_name}", address=None)
def get_domain(sandbox: Sandbox, call: Call) -> Any:
    """Docs: "Get domain info"."""
    domain = call.parts["domain_name"].lower()
    known = _domains(sandbox)
    if domain not in known:
        raise not_found()
    return _show_domain(sandbox, domain, known[domain])


# automations


@operation("GET", "/automations", rows={"automations": "/automations/{id}"})
def list_automations(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getAutomations. The simulated account has none; clients that copy a whole account
    ask for them."""
    choice(call.query, "status", ("save", "paused", "sending"))
    for name in ("create_time", "start_time"):
        moment(call.query, f"since_{name}")
        moment(call.query, f"before_{name}")
    automations: list[Any] = []
    return {"automations": automations[window(call.query)], "total_items": 0}
