"""One story in Greek that calls every operation the sandbox serves, successfully."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from mailchimp_sandbox.tests.feeds import feed_server
from mailchimp_sandbox.tests.running import SENDER, Running

READER = "eleni.papadopoulou@otenet.gr"
LEAVER = "nikos@otenet.gr"
COMPLAINER = "maria@otenet.gr"
BOUNCER = "giorgos@otenet.gr"
OTHERS = tuple(f"melos{number}@otenet{number % 3}.gr" for number in range(12))
CONDITIONS = {
    "match": "all",
    "conditions": [{"condition_type": "TextMerge", "field": "FNAME", "op": "is", "value": "Ελένη"}],
}


def key(address: str) -> str:
    return hashlib.md5(address.encode()).hexdigest()


def everything(world: Running) -> None:
    """Call it all."""
    list_id = _audience(world)
    _members(world, list_id)
    _segments(world, list_id)
    campaign_id = _campaigns(world, list_id)
    _reports(world, campaign_id, list_id)
    _figures(world, list_id)
    _batches(world, list_id)
    _drafts(world, list_id)
    _library(world)
    _surveys(world, list_id)
    _farewell(world, list_id)


def _audience(world: Running) -> str:
    call = world.call
    call("GET", "ping")
    call("GET", "")
    list_id = world.new_list("Πελάτες λιανικής", double_optin=False)
    call("GET", "lists", count=10, offset=0, sort_field="date_created", sort_dir="DESC")
    call("GET", f"lists/{list_id}", include_total_contacts="true")
    call("PATCH", f"lists/{list_id}", _settings("Πελάτες χονδρικής"))
    fields = f"lists/{list_id}/merge-fields"
    made = call("POST", fields, {"tag": "POLI", "name": "Πόλη", "type": "text", "required": False})
    call("POST", fields, {"name": "Γενέθλια", "type": "birthday"})
    call(
        "POST",
        fields,
        {"name": "Κατηγορία", "type": "dropdown", "options": {"choices": ["Α΄", "Β΄"]}},
    )
    call("GET", fields, count=1000)
    call("GET", f"{fields}/{made['merge_id']}")
    call("PATCH", f"{fields}/{made['merge_id']}", {"name": "Πόλη κατοικίας"})
    spare = call("POST", fields, {"name": "Περιττό", "type": "number"})
    call("DELETE", f"{fields}/{spare['merge_id']}")
    _hooks(world, f"lists/{list_id}/webhooks", {"events": {"subscribe": True}})
    call(
        "POST",
        f"lists/{list_id}/signup-forms",
        {
            "header": {"text": "Εγγραφή"},
            "contents": [{"section": "signup_message", "value": "Καλώς ήρθατε"}],
        },
    )
    call("GET", f"lists/{list_id}/signup-forms")
    return list_id


def _settings(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "contact": {
            "company": "Ελαιώνες",
            "address1": "Ερμού 1",
            "city": "Αθήνα",
            "state": "Αττική",
            "zip": "10563",
            "country": "GR",
        },
        "permission_reminder": "Γραφτήκατε στο κατάστημα",
        "campaign_defaults": {
            "from_name": "Ελαιώνες",
            "from_email": SENDER,
            "subject": "Νέα",
            "language": "el",
        },
        "email_type_option": True,
    }


def _hooks(world: Running, path: str, more: dict[str, Any]) -> None:
    made = world.call("POST", path, {"url": "https://elaiones.gr/άγκιστρο", **more})
    world.call("GET", path)
    world.call("GET", f"{path}/{made['id']}")
    world.call("PATCH", f"{path}/{made['id']}", {"url": "https://elaiones.gr/hook"})
    world.call("DELETE", f"{path}/{made['id']}")


def _members(world: Running, list_id: str) -> None:
    call, path = world.call, f"lists/{list_id}/members"
    interests = _interests(world, list_id)
    call(
        "POST",
        path,
        {
            "email_address": READER,
            "status": "subscribed",
            "language": "el",
            "merge_fields": {
                "FNAME": "Ελένη",
                "LNAME": "Παπαδοπούλου",
                "POLI": "Θεσσαλονίκη",
                "ADDRESS": {
                    "addr1": "Τσιμισκή 1",
                    "city": "Θεσσαλονίκη",
                    "state": "ΚΜ",
                    "zip": "54624",
                    "country": "GR",
                },
            },
            "interests": interests,
            "tags": ["Πιστή πελάτισσα"],
            "timestamp_opt": "2026-01-05T10:00:00+00:00",
        },
        skip_merge_validation="false",
    )
    rows: list[dict[str, Any]] = [
        {"email_address": address, "status": "subscribed", "merge_fields": {"FNAME": "Νίκος"}}
        for address in (LEAVER, COMPLAINER, BOUNCER, *OTHERS, "ακυρη@")
    ]
    body = {"members": rows, "update_existing": False}
    answer = call("POST", f"lists/{list_id}", body, skip_merge_validation="true")
    assert answer["error_count"] == 1
    call("GET", path, count=1000, status="subscribed", sort_field="last_changed", sort_dir="DESC")
    call("GET", path, since_last_changed="2026-01-01T00:00:00+00:00", exclude_fields="_links")
    one = f"{path}/{key(READER)}"
    call("GET", one)
    call("PATCH", one, {"merge_fields": {"LNAME": "Γεωργίου"}, "vip": True})
    call(
        "PUT",
        f"{path}/{key('katerina@otenet.gr')}",
        {"email_address": "katerina@otenet.gr", "status_if_new": "pending"},
    )
    call("POST", f"{one}/tags", {"tags": [{"name": "Λάδι", "status": "active"}]})
    call("GET", f"{one}/tags")
    call("GET", f"lists/{list_id}/tag-search", name="Λά")
    note = call("POST", f"{one}/notes", {"note": "Ρώτησε για παράδοση στο Βόλο"})
    call("GET", f"{one}/notes")
    call("GET", f"{one}/notes/{note['id']}")
    call("PATCH", f"{one}/notes/{note['id']}", {"note": "Παράδοση στον Βόλο"})
    call("DELETE", f"{one}/notes/{note['id']}")
    call("POST", f"{one}/events", {"name": "agora", "properties": {"proion": "λάδι"}})
    call("GET", f"{one}/events")
    call("GET", f"{one}/goals")
    call("GET", "search-members", query="Ελένη", list_id=list_id)
    call("GET", "search-members", query=READER)


def _interests(world: Running, list_id: str) -> dict[str, bool]:
    call, path = world.call, f"lists/{list_id}/interest-categories"
    made = call("POST", path, {"title": "Προϊόντα", "type": "checkboxes"})
    call("GET", path)
    one = f"{path}/{made['id']}"
    call("GET", one)
    call("PATCH", one, {"title": "Τα προϊόντα μας", "type": "checkboxes"})
    kept = call("POST", f"{one}/interests", {"name": "Ελιές"})
    spare = call("POST", f"{one}/interests", {"name": "Κρασί"})
    call("GET", f"{one}/interests")
    call("GET", f"{one}/interests/{spare['id']}")
    call("PATCH", f"{one}/interests/{spare['id']}", {"name": "Κρασιά"})
    call("DELETE", f"{one}/interests/{spare['id']}")
    other = call("POST", path, {"title": "Περιττά", "type": "hidden"})
    call("DELETE", f"{path}/{other['id']}")
    return {kept["id"]: True}


def _segments(world: Running, list_id: str) -> None:
    call, path = world.call, f"lists/{list_id}/segments"
    saved = call("POST", path, {"name": "Οι Ελένες", "options": CONDITIONS})
    made = call("POST", path, {"name": "Δείγμα", "static_segment": list(OTHERS[:2])})
    call("GET", path, count=10, type="static")
    call("GET", f"{path}/{saved['id']}")
    one = f"{path}/{made['id']}"
    call("PATCH", one, {"name": "Το δείγμα", "static_segment": list(OTHERS[:3])})
    call("POST", one, {"members_to_add": [READER], "members_to_remove": [OTHERS[0]]})
    call("POST", f"{one}/members", {"email_address": OTHERS[5]})
    call("GET", f"{one}/members")
    call("DELETE", f"{one}/members/{key(OTHERS[5])}")
    call("DELETE", one)


def _campaigns(world: Running, list_id: str) -> str:
    """A campaign goes out and people do everything they can with it."""
    call = world.call
    world.control_client.post("/_sandbox/behaviour", json={"hard_bounce": 0, "soft_bounce": 0})
    campaign_id = world.new_campaign(list_id)
    one = f"campaigns/{campaign_id}"
    call("GET", "campaigns", count=10, status="save", sort_field="create_time")
    settings = {"subject_line": "Νέα σοδειά ☀", "from_name": "Ελαιώνες", "reply_to": SENDER}
    call("PATCH", one, {"settings": {**settings, "preview_text": "Δείτε την"}})
    call("GET", f"{one}/content")
    call("GET", f"{one}/send-checklist")
    remark = call("POST", f"{one}/feedback", {"message": "Ωραίο!"})
    call("GET", f"{one}/feedback")
    call("GET", f"{one}/feedback/{remark['feedback_id']}")
    call("PATCH", f"{one}/feedback/{remark['feedback_id']}", {"is_complete": True})
    call("DELETE", f"{one}/feedback/{remark['feedback_id']}")
    call("POST", f"{one}/actions/test", {"test_emails": [SENDER], "send_type": "html"})
    world.send(campaign_id)
    call("GET", one)
    world.advance(hours=1)
    shared = {"campaign_id": campaign_id}
    world.act(list_id, READER, "open", times=2, **shared)
    world.act(list_id, READER, "click", times=2, **shared)
    world.act(list_id, OTHERS[0], "forward", **shared)
    world.act(list_id, LEAVER, "unsubscribe", reason="Δεν με ενδιαφέρει", **shared)
    world.act(list_id, COMPLAINER, "complain", **shared)
    bounced = {"list_id": list_id, "email_address": BOUNCER}
    world.control("POST", "bounce", bounce_type="hard", **bounced, **shared)
    world.advance(days=3)
    call("GET", one)
    resend = call("POST", f"{one}/actions/create-resend")
    call("DELETE", f"campaigns/{resend['id']}")
    return campaign_id


def _reports(world: Running, campaign_id: str, list_id: str) -> None:
    call, path = world.call, f"reports/{campaign_id}"
    call("GET", "reports", count=10, since_send_time="2026-01-01T00:00:00+00:00")
    call("GET", path)
    call("GET", f"{path}/sent-to", count=1000)
    call("GET", f"{path}/sent-to/{key(READER)}")
    call("GET", f"{path}/email-activity", count=1000, since="2026-01-01T00:00:00+00:00")
    call("GET", f"{path}/email-activity/{key(READER)}")
    call("GET", f"{path}/open-details", count=1000, sort_field="opens_count", sort_dir="DESC")
    call("GET", f"{path}/open-details/{key(READER)}")
    links = call("GET", f"{path}/click-details", count=1000)["urls_clicked"]
    link = next(row["id"] for row in links if row["total_clicks"])
    call("GET", f"{path}/click-details/{link}")
    call("GET", f"{path}/click-details/{link}/members", count=1000)
    call("GET", f"{path}/click-details/{link}/members/{key(READER)}")
    call("GET", f"{path}/unsubscribed", count=1000)
    call("GET", f"{path}/unsubscribed/{key(LEAVER)}")
    [complaint] = call("GET", f"{path}/abuse-reports")["abuse_reports"]
    call("GET", f"{path}/abuse-reports/{complaint['id']}")
    for part in ("advice", "domain-performance", "ecommerce-product-activity", "eepurl"):
        call("GET", f"{path}/{part}")
    call("GET", f"{path}/locations", count=100)
    call("GET", f"{path}/sub-reports")
    call("GET", f"lists/{list_id}/abuse-reports")
    call("GET", f"lists/{list_id}/abuse-reports/{complaint['id']}")
    member = f"lists/{list_id}/members/{key(READER)}"
    call("GET", f"{member}/activity")
    call("GET", f"{member}/activity-feed", count=10)


def _figures(world: Running, list_id: str) -> None:
    path = f"lists/{list_id}"
    world.call("GET", f"{path}/activity")
    [month, *_] = world.call("GET", f"{path}/growth-history")["history"]
    world.call("GET", f"{path}/growth-history/{month['month']}")
    world.call("GET", f"{path}/clients")
    world.call("GET", f"{path}/locations")


def _batches(world: Running, list_id: str) -> None:
    call = world.call
    member = f"/lists/{list_id}/members/{key(OTHERS[1])}"
    rows = [
        {
            "method": "PATCH",
            "path": member,
            "operation_id": "1",
            "body": json.dumps({"merge_fields": {"FNAME": "Μάρκος"}}, ensure_ascii=False),
        },
        {"method": "GET", "path": member, "operation_id": "2", "params": {"fields": "id,status"}},
        {"method": "GET", "path": f"/lists/{list_id}/members/λείπει", "operation_id": "3"},
    ]
    batch = call("POST", "batches", {"operations": rows})
    call("GET", "batches", count=10)
    while (state := call("GET", f"batches/{batch['id']}"))["status"] != "finished":
        pass
    assert world.control_client.get(state["response_body_url"]).status_code == 200
    call("DELETE", f"batches/{batch['id']}")
    _hooks(world, "batch-webhooks", {})


def _drafts(world: Running, list_id: str) -> None:
    call = world.call
    now = datetime.fromisoformat(world.control("GET", "clock")["now"])
    campaign_id = world.new_campaign(list_id)
    actions = f"campaigns/{campaign_id}/actions"
    at = now.replace(minute=0, second=0) + timedelta(hours=2)
    call("POST", f"{actions}/schedule", {"schedule_time": at.isoformat()})
    call("GET", "campaigns", status="schedule")
    call("POST", f"{actions}/unschedule")
    copied = call("POST", f"{actions}/replicate")
    call("DELETE", f"campaigns/{copied['id']}")
    world.send(campaign_id)
    call("POST", f"{actions}/cancel-send")
    with feed_server() as feed:
        feed.post("Νέα", now)
        options = {"feed_url": feed.url, "frequency": "daily", "schedule": {"hour": 9}}
        series = world.new_campaign(list_id, type="rss", rss_opts=options)
        rss = f"campaigns/{series}/actions"
        call("POST", f"{rss}/send")
        call("POST", f"{rss}/pause")
        call("POST", f"{rss}/resume")
        world.advance(days=1)
        call("POST", f"{rss}/pause")
    call("GET", f"campaigns/{series}")
    call("GET", f"reports/{series}")
    assert call("GET", f"reports/{series}/sub-reports")["reports"]
    variate = {
        "winner_criteria": "opens",
        "test_size": 50,
        "wait_time": 60,
        "subject_lines": ["Νέα σοδειά", "Φρέσκο λάδι"],
    }
    test = world.new_campaign(list_id, type="variate", variate_settings=variate)
    call("GET", f"campaigns/{test}")
    world.send(test)
    world.advance(days=2)
    call("GET", f"reports/{test}")
    call("GET", f"campaigns/{test}")
    call("GET", "campaigns", count=1000)


def _library(world: Running) -> None:
    call = world.call
    markup = '<div mc:edit="σώμα">Γεια σας</div>'
    made = call("POST", "templates", {"name": "Ενημερωτικό", "html": markup})
    call("GET", "templates", sort_field="name")
    one = f"templates/{made['id']}"
    call("GET", one)
    call("PATCH", one, {"name": "Νέο", "html": markup})
    call("GET", f"{one}/default-content")
    call("DELETE", one)
    folder = call("POST", "campaign-folders", {"name": "Φθινόπωρο"})
    call("GET", "campaign-folders")
    call("GET", f"campaign-folders/{folder['id']}")
    call("PATCH", f"campaign-folders/{folder['id']}", {"name": "Χειμώνας"})
    call("DELETE", f"campaign-folders/{folder['id']}")
    call("GET", "automations", count=10)
    call("GET", "verified-domains")
    call("GET", f"verified-domains/{SENDER.split('@')[1]}")


def _surveys(world: Running, list_id: str) -> None:
    world.call("GET", f"lists/{list_id}/surveys")
    world.refused("GET", f"lists/{list_id}/surveys/1")


def _farewell(world: Running, list_id: str) -> None:
    path = f"lists/{list_id}/members"
    world.call("DELETE", f"{path}/{key(OTHERS[2])}")
    world.call("GET", path, status="archived")
    world.call("POST", f"{path}/{key(OTHERS[2])}/actions/delete-permanent")
    world.refused("POST", path, {"email_address": OTHERS[2], "status": "subscribed"})
    world.refused("GET", f"{path}/{key(OTHERS[2])}")
    world.refused("POST", path, {"email_address": LEAVER, "status": "subscribed"})
    world.refused("POST", "lists", {"name": "Χωρίς στοιχεία"})
    world.call("DELETE", f"lists/{world.new_list('Προσωρινή')}")
