"""A sandbox server in a process of its own, and a client for its two APIs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

KEY = "sandbox-us1"
SENDER = "nea@elaiones.gr"


@dataclass
class Running:
    """``api`` is signed in and begins at ``/3.0/``, ``control`` at the root."""

    process: subprocess.Popen[str]
    base_url: str
    api: httpx.Client
    control_client: httpx.Client

    def control(self, method: str, path: str, **body: Any) -> Any:
        answer = self.control_client.request(
            method, f"/_sandbox/{path}", json=body if method == "POST" else None
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def advance(self, **by: float) -> None:
        self.control("POST", "clock/advance", **by)

    def events(self, **wanted: Any) -> list[dict[str, Any]]:
        answer = self.control_client.get(
            "/_sandbox/ledger/events", params={"count": 100_000, **wanted}
        )
        return answer.json()["events"]

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """A call that must succeed; gives the JSON answer or None."""
        answer = self.api.request(method, path, json=body, params=query)
        assert answer.status_code in (200, 204), answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """A call that must fail; gives the problem document."""
        answer = self.api.request(method, path, json=body, params=query)
        assert answer.status_code >= 400, answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert {"type", "title", "detail", "instance"} <= set(problem)
        return problem

    def new_list(self, name: str = "Πελάτες", **changes: Any) -> str:
        body = {
            "name": name,
            "contact": {
                "company": "Ελαιώνες",
                "address1": "Ερμού 1",
                "city": "Αθήνα",
                "country": "GR",
            },
            "permission_reminder": "Γραφτήκατε στο κατάστημα",
            "campaign_defaults": {
                "from_name": "Ελαιώνες",
                "from_email": SENDER,
                "subject": "",
                "language": "el",
            },
            "email_type_option": False,
        }
        return self.call("POST", "lists", {**body, **changes})["id"]

    def subscribe(self, list_id: str, *addresses: str, status: str = "subscribed") -> None:
        for start in range(0, len(addresses), 500):
            rows = [
                {"email_address": a, "status": status, "merge_fields": {"FNAME": "Ελένη"}}
                for a in addresses[start : start + 500]
            ]
            answer = self.call("POST", f"lists/{list_id}", {"members": rows})
            assert answer["error_count"] == 0, answer["errors"][:3]

    def act(self, list_id: str, address: str, action: str, **more: Any) -> None:
        body = {"list_id": list_id, "email_address": address, "action": action, **more}
        self.control("POST", "act", **body)

    def new_campaign(self, list_id: str, **changes: Any) -> str:
        body = {
            "type": "regular",
            "recipients": {"list_id": list_id},
            "settings": {
                "subject_line": "Νέα σοδειά",
                "title": "Οκτώβριος",
                "from_name": "Ελαιώνες",
                "reply_to": SENDER,
            },
            **changes,
        }
        campaign_id = self.call("POST", "campaigns", body)["id"]
        markup = (
            '<a href="https://elaiones.gr/λάδι?a=1&amp;b=2">λάδι</a>'
            '<a href="https://elaiones.gr/elies">ελιές</a>'
            '<a href="*|UNSUB|*">διαγραφή</a><a href="mailto:a@b.gr">mail</a>'
        )
        self.call("PUT", f"campaigns/{campaign_id}/content", {"html": markup})
        return campaign_id

    def send(self, campaign_id: str) -> None:
        self.call("POST", f"campaigns/{campaign_id}/actions/send")

    def rows(self, path: str, name: str, **query: Any) -> list[dict[str, Any]]:
        """All rows of a collection, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.call("GET", path, count=1000, offset=len(found), **query)[name]
            found += page
            if len(page) < 1000:
                return found


@contextmanager
def running(*options: str) -> Iterator[Running]:
    """A server with these command-line options, stopped by SIGTERM at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mailchimp_sandbox", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    line = process.stdout.readline()
    assert line.startswith("ready http://127.0.0.1:"), process.stderr.read()
    base_url = line.split()[1]
    with (
        httpx.Client(base_url=f"{base_url}/", auth=("any", KEY), timeout=60) as api,
        httpx.Client(base_url=base_url.removesuffix("/3.0"), timeout=60) as control,
    ):
        try:
            yield Running(process, base_url, api, control)
        finally:
            process.terminate()
            process.communicate(timeout=30)
