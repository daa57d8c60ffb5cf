"""A world of refusals: what happens to people on both sides, and campaigns that are really sent."""

from __future__ import annotations

import itertools
import re
import subprocess
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from campaign_world import BODY, CampaignWorld
from command_starter import run_sync_command
from crm_mailchimp.campaign_provider import CampaignDraft
from crm_mailchimp.campaigns.result import CampaignResult
from crm_mailchimp.provider import AudienceSettings, MemberChange, NewMember
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.members.write_back import write_back_members
from crm_mailchimp.sync.runs.collection_sync import CollectionResult
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from sync_world import subscriber_hash

#: For worlds in which many leave at once on purpose.
UNGUARDED = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**6, half=2.0))
#: Reasons that hold nobody back: they stand beside another one, or alone.
BESIDE = {"address_changed", "invalid_field_value"}
#: Not the newest word, but a consent in force.
LAST_YEAR = datetime.now(UTC) - timedelta(days=365)

_DOES_NOTHING = dict.fromkeys(
    ("hard_bounce", "soft_bounce", "unsubscribe", "abuse", "sign_up", "forward"), 0.0
)
_SETTINGS = AudienceSettings(
    name="",
    company="Ελληνικά Τρόφιμα ΑΕ",
    address1="Οδός Ερμού 1",
    address2="",
    city="Αθήνα",
    state="",
    zip="10563",
    country="GR",
    phone="",
    from_name="Γαλαξίας",
    from_email="news@galaxy.gr",
    subject="Νέα",
    language="el",
    permission_reminder="Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε.",
    email_type_option=False,
)


class Story(CampaignWorld):
    """What people do in the CRM and in Mailchimp, one short method for each thing."""

    def __init__(self, crm_dsn: str, warehouse_dsn: str, sandbox: Any) -> None:
        super().__init__(crm_dsn, warehouse_dsn, sandbox)
        self._campaigns = itertools.count(1)
        self.collections: dict[str, int] = {}
        #: Mailchimp's id of the campaign that was sent last.
        self.last_mail = ""
        # Recipients do nothing but what the test lets them do.
        sandbox.control("POST", "behaviour", _DOES_NOTHING)

    # ---- the CRM

    def collection(self, code: str = "NEWS", **columns: Any) -> int:
        collection_id = super().collection(code, **columns)
        self.collections[code] = collection_id
        return collection_id

    def move(self, contact_id: int, email: str | None) -> None:
        """The contact gets another address in the CRM."""
        self.change_contact(contact_id, email=email)

    def merge(self, contact_id: int, into: int | None) -> None:
        """The contact is merged into another one; None takes the merge back."""
        self.change_contact(contact_id, merged_into_id=into)

    def delete_contact(self, contact_id: int) -> None:
        """The CRM has the contact no more."""
        for table in ("consent", "collection_member", "contact"):
            self.crm.execute(f"delete from crm.{table} where contact_id = %s", (contact_id,))

    def withdraw(self, contact_id: int, **options: Any) -> None:
        self.consent(contact_id, granted=False, **options)

    def reimport(self, contact_id: int, new_id: int) -> int:
        """The CRM loads the contact again under a new id, with all that it knows of it."""
        for table in ("contact", "consent", "collection_member", "contact_field_value"):
            self.crm.execute(
                f"update crm.{table} set contact_id = %s where contact_id = %s",
                (new_id, contact_id),
            )
        self.crm.execute(
            "update crm.contact set merged_into_id = %s where merged_into_id = %s",
            (new_id, contact_id),
        )
        return new_id

    def link(self, code: str, list_id: str | None) -> None:
        """The CRM names another audience for a collection."""
        self.change_collection(code, provider_list_id=list_id)

    def change_collection(self, collection: str, /, **columns: Any) -> None:
        assignments = ", ".join(f"{name} = %s" for name in columns)
        self.crm.execute(
            f"update crm.contact_collection set {assignments}, updated_at = now() where code = %s",
            (*columns.values(), collection),
        )

    def reimport_collection(self, code: str, new_id: int) -> int:
        """The CRM loads a collection again: same code and description, another id."""
        self.crm.execute(
            "update crm.contact_collection set collection_id = %s where code = %s returning 1",
            (new_id, code),
        )
        self.crm.execute(
            "update crm.collection_member set collection_id = %s"
            " where collection_id not in (select collection_id from crm.contact_collection)",
            (new_id,),
        )
        self.collections[code] = new_id
        return new_id

    # ---- Mailchimp

    def audience_by_hand(self, name: str, **statuses: Collection[str]) -> str:
        """An audience that people made in Mailchimp; gives its id.

        Args:
            name: in Mailchimp.
            statuses: addresses by the status in which they stand there.
        """
        with self.provider() as provider:
            made = provider.create_audience(replace(_SETTINGS, name=name))
        for status, addresses in statuses.items():
            self.put_by_hand(made.list_id, status, addresses)
        return made.list_id

    def put_by_hand(self, list_id: str, status: str, addresses: Collection[str]) -> None:
        """Members that nobody of ours made."""
        members = [
            NewMember(email_address=address, status=status, merge_fields={})  # type: ignore[arg-type]
            for address in addresses
        ]
        with self.provider() as provider:
            outcome = provider.add_members(list_id, members)
        assert not outcome.rejected, outcome
        self.pass_time(seconds=2)

    def acts(self, list_id: str, email: str, action: str, **details: Any) -> None:
        """Somebody acts in an audience that may be nobody's."""
        self.pass_time(seconds=2)
        self.sandbox.control(
            "POST",
            "act",
            {"list_id": list_id, "email_address": email, "action": action, **details},
        )
        self.pass_time(seconds=2)

    def change_email(self, email: str, new: str, code: str = "NEWS") -> None:
        """The person changes their address in Mailchimp's own form."""
        self.act(email, "change_email", code, new_email_address=new)

    def delete_for_good(self, email: str, code: str = "NEWS") -> None:
        """Somebody deletes the member by hand; only a full listing shows it."""
        self.delete_in(self.list_id(code), email)

    def archive_in(self, list_id: str, email: str) -> None:
        """Somebody archives a member of any audience by hand."""
        self.pass_time(seconds=2)
        with self.provider() as provider:
            change = MemberChange(subscriber_hash=subscriber_hash(email), action="archive")
            list(provider.change_members(list_id, [[change]]))
        self.pass_time(seconds=2)

    def delete_in(self, list_id: str, email: str) -> None:
        """Somebody deletes a member of any audience for good."""
        self.pass_time(seconds=2)
        with self.provider() as provider:
            provider.delete_member_permanently(list_id, subscriber_hash(email))
        self.pass_time(seconds=2)

    def bounce_in(self, list_id: str, email: str) -> None:
        """An address of any audience bounces."""
        self.sandbox.control("POST", "bounce", {"list_id": list_id, "email_address": email})
        self.pass_time(seconds=2)

    def mail_by_hand(self, list_id: str) -> str:
        """People send a campaign to an audience without us; gives its id in Mailchimp."""
        draft = CampaignDraft(
            list_id=list_id,
            title="Με το χέρι",
            subject_line="Νέα",
            from_name="Γαλαξίας",
            reply_to="news@galaxy.gr",
        )
        with self.provider() as provider:
            made = provider.create_campaign(draft)
            provider.client.campaigns.set_content(made.campaign_id, {"html": BODY})
            provider.send_campaign(made.campaign_id)
        self.pass_time(hours=1)
        self.last_mail = made.campaign_id
        return made.campaign_id

    def members(self, list_id: str) -> dict[str, str]:
        """Address → status of all members of an audience, archived ones included."""
        with self.provider() as provider:
            return {
                member.email_address: member.status
                for status in (None, "archived")
                for member in provider.members(list_id, status=status)
            }

    def dump(self) -> dict[str, Any]:
        """Everything that Mailchimp holds: audiences, their names and settings, merge fields,
        members with all their values. Two dumps are equal when nothing was touched."""
        found: dict[str, Any] = {}
        with self.provider() as provider:
            client = provider.client
            for one in client.lists.get_all_lists(count=1000)["lists"]:
                list_id = one["id"]
                fields = client.lists.get_list_merge_fields(list_id, count=1000)["merge_fields"]
                members = [
                    _bare(member)
                    for status in ("", "archived")
                    for member in client.lists.get_list_members_info(
                        list_id, count=1000, **({"status": status} if status else {})
                    )["members"]
                ]
                found[list_id] = {
                    "settings": _bare(one),
                    "merge_fields": [_bare(field) for field in fields],
                    "members": sorted(members, key=lambda member: str(member["id"])),
                }
        return found

    def requests_since(self, seq: int) -> list[str]:
        """Requests after a mark, as "METHOD path template"."""
        rows = self.sandbox.control("GET", f"ledger/requests?count=100000&after={seq}")["requests"]
        return [f"{row['method']} {row['template']}" for row in rows]

    def mark(self) -> int:
        """The number of the last request in the ledger now."""
        return int(self.sandbox.control("GET", "ledger/requests?count=1")["last"])

    def requests_of(self, what: Callable[[], object]) -> list[str]:
        """Requests that something makes."""
        mark = self.mark()
        what()
        return self.requests_since(mark)

    # ---- campaigns

    def plan_campaign(self, code: str = "NEWS", **columns: Any) -> str:
        """A campaign of a collection that is due now; gives its code."""
        # Two installations may share an account: their campaigns have titles of their own.
        campaign = f"NL-{uuid.uuid4().hex[:6]}-{next(self._campaigns)}"
        row = self.crm.execute(
            "select collection_id, campaign_type from crm.contact_collection where code = %s",
            (code,),
        ).fetchone()
        assert row, f"no collection {code}"
        self._insert(
            "crm.campaign",
            {
                "campaign_id": next(self._ids),
                "code": campaign,
                "description": f"Ενημερωτικό {campaign}",
                "collection_id": row[0],
                "campaign_type": row[1],
                "subject_line": "Τα νέα του μήνα",
                "preview_text": "Διαβάστε τα",
                "state": "approved",
                "planned_at": self.now(),
                "updated_at": datetime.now(UTC),
                **columns,
            },
        )
        return campaign

    def try_to_send(self, code: str = "NEWS") -> tuple[str, CampaignResult]:
        """Plan a campaign, design it, and let it go if the gate opens; code and last result."""
        campaign = self.plan_campaign(code)
        result = self.step(campaign)
        if result.outcome != "created":
            return campaign, result
        self.design(campaign)
        result = self.step(campaign)
        self.pass_time(hours=1)
        return campaign, result

    def send(self, code: str = "NEWS") -> set[str]:
        """Really send a campaign through the open gate; the addresses that got it."""
        campaign, result = self.try_to_send(code)
        assert (result.outcome, result.detail) == ("sent", None)
        self.last_mail = self.provider_id(campaign)
        return self.recipients(campaign)

    def recipients(self, campaign: str) -> set[str]:
        """Who got a campaign, by the sandbox's ledger, and by the report just the same."""
        provider_id = self.provider_id(campaign)
        with self.provider() as provider:
            reported = {row["email_id"] for row in provider.rows(provider_id, "recipients")}
        events = self.sandbox.control(
            "GET", f"ledger/events?action=sent&count=100000&campaign_id={provider_id}"
        )["events"]
        recipients = {str(event["email_address"]) for event in events}
        assert {subscriber_hash(email) for email in recipients} == reported
        return recipients

    # ---- what came of it

    def synced(self, *codes: str, **staging: Any) -> CollectionResult:
        """Sync some collections, by default NEWS; all must succeed. The first one's result."""
        codes = codes or ("NEWS",)
        results = self.sync(codes, options=UNGUARDED, **staging)
        states = {code: (results[code].state, results[code].detail) for code in codes}
        assert {state for state, _ in states.values()} == {"succeeded"}, states
        return results[codes[0]]

    def blocked(self, code: str = "NEWS") -> str:
        """Sync a collection, which must end blocked; gives the detail."""
        result = self.sync([code])[code]
        assert result.state == "blocked", (result.state, result.detail)
        return result.detail or ""

    def reasons(self, code: str = "NEWS") -> dict[int, set[str]]:
        """All open reasons of the quarantine, by contact."""
        rows = self.warehouse.execute(
            "select contact_id, reason_code from sync.quarantine where collection_code = %s"
            " and resolved_at is null",
            (code,),
        ).fetchall()
        found: dict[int, set[str]] = {}
        for row in rows:
            found.setdefault(row["contact_id"], set()).add(row["reason_code"])
        return found

    def reason(self, contact_id: int, code: str = "NEWS") -> str | None:
        """The open reason that holds a contact back, if any; at most one."""
        reasons = self.reasons(code).get(contact_id, set()) - BESIDE
        assert len(reasons) <= 1, reasons
        return next(iter(reasons), None)

    def subscribed(self, code: str = "NEWS") -> set[str]:
        """Addresses that Mailchimp has as subscribed in a collection's audience."""
        return {email for email, status in self.remote(code).items() if status == "subscribed"}

    def write_back(self) -> dict[tuple[int, int], tuple[str, str | None]]:
        """What the write-back wrote: collection and contact → status and reason."""
        with (
            self.connect(self.warehouse_dsn) as warehouse,
            self.connect(self.crm_dsn) as crm,
        ):
            write_back_members(warehouse, crm)
        rows = self.crm.execute(
            "select collection_id, contact_id, status, reason from crm.provider_member_status"
        ).fetchall()
        return {(row[0], row[1]): (row[2], row[3]) for row in rows}

    # ---- commands

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``python -m crm_mailchimp.sync``, as a person types it."""
        return run_sync_command(words[0], "--dsn", self.warehouse_dsn, *words[1:])

    def says(self, command: str, code: str) -> str:
        """A command about a collection, which must succeed; gives what it says."""
        done = self.command(command, "--collection", code)
        assert done.returncode == 0, done.stderr
        assert not done.stderr
        return done.stdout

    def explain(self, **who: object) -> str:
        """``explain`` of an ``email`` or a ``contact``."""
        [(option, value)] = who.items()
        done = self.command("explain", f"--{option}", str(value))
        assert done.returncode == 0, done.stderr
        return done.stdout


def names(detail: str | None, contact_id: int) -> bool:
    """Whether the detail of a closed gate names a contact."""
    return re.search(rf"contacts?\b[^)]*\b{contact_id}\b", detail or "") is not None


def is_one_clear_line(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether a command failed as commands fail: non-zero, one line, no traceback."""
    lines = done.stderr.splitlines()
    return done.returncode != 0 and len(lines) == 1 and lines[0].startswith("error: ")


def _bare(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without its links and without the counts that a look may change."""
    return {name: value for name, value in row.items() if name not in ("_links", "stats")}
