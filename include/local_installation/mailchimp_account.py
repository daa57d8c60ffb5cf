"""The sandbox's account as a person sees it: members, a campaign that goes out, days that pass.

Everything goes over HTTP: Mailchimp's own API, or the sandbox's control API. The latter serves what
Mailchimp does not offer: time, and the ledger of all events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import requests

from local_installation.installation import InstallationError

_REQUEST_SECONDS = 120.0
_PAGE = 1000
#: Rows of the ledger in one answer.
_LEDGER_PAGE = 20_000


class MailchimpAccount:
    """The account behind a running sandbox."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = ("any", key)

    def members(self, list_id: str, status: str | None = None) -> Iterator[dict[str, Any]]:
        """Members of an audience with id, address, status, merge fields; all but archived ones."""
        yield from self._members(f"/3.0/lists/{list_id}/members", {"status": status})

    def tags(self, list_id: str) -> dict[str, int]:
        """The ids of an audience's tags, by name."""
        query = {"type": "static", "count": _PAGE, "fields": "segments.id,segments.name"}
        found = self._send("GET", f"/3.0/lists/{list_id}/segments", query=query)["segments"]
        return {str(row["name"]): int(row["id"]) for row in found}

    def tag_members(self, list_id: str, tag_id: int) -> Iterator[dict[str, Any]]:
        """Members of an audience that have a tag, as ``members`` gives them."""
        yield from self._members(f"/3.0/lists/{list_id}/segments/{tag_id}/members", {})

    def _members(self, path: str, wanted: Mapping[str, str | None]) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = {
            "count": _PAGE,
            "fields": "members.id,members.email_address,members.status,members.merge_fields",
            **{name: value for name, value in wanted.items() if value is not None},
        }
        offset = 0
        while True:
            rows = self._send("GET", path, query={**query, "offset": offset})["members"]
            yield from rows
            if len(rows) < _PAGE:
                return
            offset += len(rows)

    def send_campaign(
        self,
        list_id: str,
        *,
        title: str,
        subject: str,
        html: str,
        from_name: str,
        reply_to: str,
        tag_id: int | None = None,
    ) -> str:
        """Make a campaign as a person would on Mailchimp's pages, and send it; gives its id.

        Args:
            tag_id: only members of the audience with this tag get it; None: all of them.
        """
        settings = {
            "title": title,
            "subject_line": subject,
            "from_name": from_name,
            "reply_to": reply_to,
        }
        recipients: dict[str, Any] = {"list_id": list_id}
        if tag_id is not None:
            recipients["segment_opts"] = {"saved_segment_id": tag_id}
        draft = {"type": "regular", "recipients": recipients, "settings": settings}
        campaign_id = str(self._send("POST", "/3.0/campaigns", body=draft)["id"])
        self._send("PUT", f"/3.0/campaigns/{campaign_id}/content", body={"html": html})
        self._send("POST", f"/3.0/campaigns/{campaign_id}/actions/send")
        return campaign_id

    def set_behaviour(self, **chances: float) -> None:
        """Change how recipients of campaigns sent from now on behave; chances from 0 to 1."""
        self._send("POST", "/_sandbox/behaviour", body=chances)

    def let_days_pass(self, days: int) -> None:
        """Advance the sandbox's clock: recipients read, click, bounce, unsubscribe meanwhile."""
        self._send("POST", "/_sandbox/clock/advance", body={"days": days})

    def let_time_pass_until(self, moment: datetime) -> None:
        """Advance the sandbox's clock to a moment; one that is over changes nothing."""
        now = datetime.fromisoformat(self._send("GET", "/_sandbox/clock")["now"])
        seconds = int((moment - now).total_seconds())
        if seconds > 0:
            self._send("POST", "/_sandbox/clock/advance", body={"seconds": seconds})

    def let_the_present_come(self) -> None:
        """Advance the sandbox's clock to the machine's time."""
        self._send("POST", "/_sandbox/clock/present")

    def events(self, **wanted: str) -> Iterator[dict[str, Any]]:
        """What happened to people, as the sandbox itself wrote it down, in order.

        Args:
            wanted: only events with these values, such as ``action="open"``, ``campaign_id=...``.
        """
        yield from self._ledger("events", wanted)

    def requests(self, **wanted: str) -> Iterator[dict[str, Any]]:
        """API requests that the sandbox got, in order; ``method`` and ``template`` narrow down."""
        yield from self._ledger("requests", wanted)

    def _ledger(self, name: str, wanted: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        after = -1
        while True:
            query = {**wanted, "after": after, "count": _LEDGER_PAGE}
            rows = self._send("GET", f"/_sandbox/ledger/{name}", query=query)[name]
            yield from rows
            if len(rows) < _LEDGER_PAGE:
                return
            after = rows[-1]["seq"]

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        answer = self._session.request(
            method, f"{self._url}{path}", params=query, json=body, timeout=_REQUEST_SECONDS
        )
        if not answer.ok:
            raise InstallationError(
                f"the Mailchimp sandbox refused {method} {path}: HTTP {answer.status_code} "
                f"{answer.text[:300]}"
            )
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found
