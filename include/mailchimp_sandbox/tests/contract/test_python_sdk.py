"""The official Python SDK as it is, against the sandbox: only its host is set."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from mailchimp_marketing import Client
from mailchimp_marketing.api_client import ApiClientError

from mailchimp_sandbox.tests.contract.description import Description
from mailchimp_sandbox.tests.contract.every_operation import key
from mailchimp_sandbox.tests.contract.recorded import Recorded
from mailchimp_sandbox.tests.contract.simulated_days import actions, happened, live_through
from mailchimp_sandbox.tests.running import KEY, Running

READER = "eleni@otenet.gr"
HASH = key(READER)


@pytest.fixture
def client(recorded: Recorded) -> Any:
    client = Client({"api_key": KEY, "server": "us1"})
    client.api_client.host = recorded.recording.base_url
    return client


def _list(client: Any) -> str:
    made = client.lists.create_list(
        {
            "name": "Πελάτες",
            "contact": {
                "company": "Ελαιώνες",
                "address1": "Ερμού 1",
                "city": "Αθήνα",
                "country": "GR",
            },
            "permission_reminder": "Γραφτήκατε στο κατάστημα",
            "campaign_defaults": {
                "from_name": "Ελαιώνες",
                "from_email": "nea@elaiones.gr",
                "subject": "Νέα",
                "language": "el",
            },
            "email_type_option": False,
        }
    )
    return str(made["id"])


def _members(client: Any, list_id: str) -> None:
    field = client.lists.add_list_merge_field(
        list_id, {"tag": "POLI", "name": "Πόλη", "type": "text"}
    )
    client.lists.update_list_merge_field(list_id, field["merge_id"], {"name": "Πόλη κατοικίας"})
    rows = [
        {
            "email_address": address,
            "status": "subscribed",
            "merge_fields": {"FNAME": "Ελένη", "POLI": "Χανιά"},
        }
        for address in (READER, "nikos@otenet.gr", "maria@otenet.gr")
    ]
    added = client.lists.batch_list_members(list_id, {"members": rows})
    assert (added["total_created"], added["error_count"]) == (3, 0)
    client.lists.update_list_member(list_id, HASH, {"merge_fields": {"LNAME": "Γεωργίου"}})
    member = client.lists.get_list_member(list_id, HASH)
    assert member["merge_fields"] | {"ADDRESS": "", "PHONE": ""} == member["merge_fields"]
    assert (member["merge_fields"]["LNAME"], member["merge_fields"]["POLI"]) == (
        "Γεωργίου",
        "Χανιά",
    )
    with pytest.raises(ApiClientError) as refused:
        client.lists.add_list_member(list_id, {"email_address": READER, "status": "subscribed"})
    assert refused.value.status_code == 400 and "Member Exists" in refused.value.text
    client.lists.delete_list_member(list_id, key("maria@otenet.gr"))
    page = client.lists.get_list_members_info(list_id, count=1, offset=1)
    assert (len(page["members"]), page["total_items"]) == (1, 2)


def test_the_python_sdk_works(recorded: Recorded, client: Any, description: Description) -> None:
    assert client.ping.get()["health_status"] == "Everything's Chimpy!"
    list_id = _list(client)
    _members(client, list_id)

    batch = client.batches.start(
        {"operations": [{"method": "GET", "path": f"/lists/{list_id}", "operation_id": "1"}]}
    )
    while (state := client.batches.status(batch["id"]))["status"] != "finished":
        pass
    assert (state["total_operations"], state["errored_operations"]) == (1, 0)
    assert httpx.get(state["response_body_url"]).status_code == 200

    settings = {
        "subject_line": "Νέα σοδειά ☀",
        "title": "Οκτώβριος",
        "from_name": "Ελαιώνες",
        "reply_to": "nea@elaiones.gr",
    }
    campaign_id = client.campaigns.create(
        {"type": "regular", "recipients": {"list_id": list_id}, "settings": settings}
    )["id"]
    markup = '<a href="https://elaiones.gr/λάδι">λάδι</a>'
    client.campaigns.set_content(campaign_id, {"html": markup})
    assert client.campaigns.get_send_checklist(campaign_id)["is_ready"] is True
    client.campaigns.send(campaign_id)
    recorded.world.advance(hours=1)
    recorded.world.act(list_id, READER, "click", campaign_id=campaign_id, times=2)

    report = client.reports.get_campaign_report(campaign_id)
    assert (report["emails_sent"], report["subject_line"]) == (2, "Νέα σοδειά ☀")
    activity = client.reports.get_email_activity_for_subscriber(campaign_id, HASH)["activity"]
    clicks = [row["url"] for row in activity if row["action"] == "click"]
    assert clicks == ["https://elaiones.gr/λάδι"] * 2
    assert len(client.reports.get_campaign_recipients(campaign_id, count=1000)["sent_to"]) == 2
    [link] = client.reports.get_campaign_click_details(campaign_id)["urls_clicked"]
    assert link["total_clicks"] == 2
    assert [
        (exchange.title, wrong)
        for exchange in recorded.recording.everything()
        for wrong in description.wrong_in_request(exchange) + description.wrong_in_answer(exchange)
    ] == []


def test_the_python_sdk_keeps_tags_and_mails_them(
    recorded: Recorded, client: Any, description: Description
) -> None:
    recorded.world.control("POST", "reset")
    begun = len(recorded.recording.exchanges)
    list_id = _list(client)
    _members(client, list_id)
    lists = client.lists
    made = lists.create_segment(list_id, {"name": "Πιστοί", "static_segment": []})
    changes = {"members_to_add": [READER, "nikos@otenet.gr", "xenos@otenet.gr"]}
    answer = lists.batch_segment_members(changes, list_id, made["id"])
    assert (answer["total_added"], answer["error_count"]) == (2, 0)
    answer = lists.batch_segment_members(
        {"members_to_add": [READER], "members_to_remove": ["nikos@otenet.gr"]}, list_id, made["id"]
    )
    assert (answer["total_added"], answer["total_removed"]) == (0, 1)
    [error] = answer["errors"]
    assert error["email_addresses"] == [READER]
    with pytest.raises(ApiClientError) as refused:
        lists.batch_segment_members({"members_to_add": ["xenos@otenet.gr"]}, list_id, made["id"])
    assert refused.value.status_code == 400 and "None of the emails" in refused.value.text
    lists.create_segment_member(list_id, made["id"], {"email_address": "nikos@otenet.gr"})
    lists.remove_segment_member(list_id, made["id"], key("nikos@otenet.gr"))
    lists.update_list_member_tags(
        list_id, key("nikos@otenet.gr"), {"tags": [{"name": "Νέοι", "status": "active"}]}
    )
    found = lists.tag_search(list_id, name="Πισ")["tags"]
    assert [row["id"] for row in found] == [made["id"]]
    segments = lists.list_segments(list_id, type="static")["segments"]
    assert {row["name"]: row["member_count"] for row in segments} == {"Πιστοί": 1, "Νέοι": 1}
    members = lists.get_segment_members_list(list_id, made["id"])["members"]
    assert [row["email_address"] for row in members] == [READER]

    settings = {
        "subject_line": "Νέα",
        "title": "Στους πιστούς",
        "from_name": "Ελαιώνες",
        "reply_to": "nea@elaiones.gr",
    }
    recipients = {"list_id": list_id, "segment_opts": {"saved_segment_id": made["id"]}}
    campaign = client.campaigns.create(
        {"type": "regular", "recipients": recipients, "settings": settings}
    )
    assert campaign["recipients"]["recipient_count"] == 1
    client.campaigns.set_content(campaign["id"], {"html": "<p>Γεια</p>"})
    client.campaigns.send(campaign["id"])
    sent = client.reports.get_campaign_recipients(campaign["id"])["sent_to"]
    assert [row["email_address"] for row in sent] == [READER]

    recorded.world.control("POST", "limits", max_contacts=2, over_limit="refuse")
    more = {"members": [{"email_address": "nea@otenet.gr", "status": "subscribed"}]}
    with pytest.raises(ApiClientError) as refused:
        lists.batch_list_members(list_id, more)
    assert refused.value.status_code == 403
    assert "User action not permitted" in refused.value.text
    recorded.world.control("POST", "limits", max_contacts=-1)
    assert lists.batch_list_members(list_id, more)["total_created"] == 1
    assert [
        (exchange.title, wrong)
        for exchange in recorded.recording.exchanges[begun:]
        for wrong in description.wrong_in_request(exchange) + description.wrong_in_answer(exchange)
    ] == []


def test_the_python_sdk_reads_what_simulated_days_left(
    sandbox_process: Running, recorded: Recorded, client: Any, description: Description
) -> None:
    sandbox_process.control("POST", "reset")
    past = live_through(sandbox_process)
    begun = len(recorded.recording.exchanges)
    [audience] = client.lists.get_all_lists()["lists"]
    assert (audience["id"], audience["stats"]["campaign_count"]) == (past.list_id, 1)
    true = happened(sandbox_process, past.campaign_id)
    report = client.reports.get_campaign_report(past.campaign_id)
    figures = report["opens"]["opens_total"], report["clicks"]["clicks_total"]
    assert figures == (true["open"], true["click"])
    assert report["unsubscribed"] == true["unsubscribe"] > 0
    rows: list[Any] = []
    while len(rows) < report["emails_sent"]:
        page = client.reports.get_email_activity_for_campaign(
            past.campaign_id, count=1000, offset=len(rows)
        )
        rows += page["emails"]
    assert actions(rows) == {name: true[name] for name in ("open", "click", "bounce")}
    members = client.lists.get_segment_members_list(past.list_id, past.segment_id, count=1000)
    assert len(members["members"]) == members["total_items"] > 0
    assert [
        (exchange.title, wrong)
        for exchange in recorded.recording.exchanges[begun:]
        for wrong in description.wrong_in_request(exchange) + description.wrong_in_answer(exchange)
    ] == []
