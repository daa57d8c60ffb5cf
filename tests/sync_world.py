"""A small world to sync in: a CRM to write into, a warehouse, a Mailchimp sandbox."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from crm_mailchimp.accounts import Accounts
from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import ConnectionFault
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.mailchimp.retries import Retry
from crm_mailchimp.provider import MemberChange
from crm_mailchimp.sessions import open_session
from crm_mailchimp.sync.runs.collection_sync import CollectionResult, sync_collection
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from crm_mailchimp.sync.staging.stage import stage
from crm_mailchimp.sync.staging.stagings import codes_to_sync
from reused_sessions import ReusedSessions

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

PROVIDER_ROWS = """
insert into crm.external_provider (
    code, connection_id, company, address1, city, zip, country, from_name, from_email, subject,
    language, permission_reminder, email_type_option
) values (
    'mailchimp', 'mailchimp_default', 'Ελληνικά Τρόφιμα ΑΕ', 'Οδός Ερμού 1', 'Αθήνα', '10563', 'GR',
    'Γαλαξίας', 'news@galaxy.gr', 'Νέα', 'el', 'Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε.', false
);
insert into crm.campaign_type (code, description, gdpr_category) values
('NEWS', 'Ενημερωτικά', 'newsletter'), ('OFFER', 'Προσφορές', 'offer'),
('FREE', 'Αταξινόμητα', 'unclassified');
insert into crm.resource (resource_id, name) values (1, 'Αλεξάνδρα');
"""


class Calls:
    """The requests of the syncs, one after the other: a test acts right before one, or loses the
    answer of one, which Mailchimp acted on."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.lost = 0
        self.before: Callable[[str], object] | None = None
        #: Called before every request and once more right before it goes out; the test's own too.
        self.tick: Callable[[], object] = lambda: None
        self.settle: Callable[[str], object] = lambda what: None

    def reset(self, *, lost: int = 0, before: Callable[[str], object] | None = None) -> None:
        """Count from 1 again.

        Args:
            lost: number of the request whose answer is lost.
            before: called with "METHOD path" right before each request; True loses its answer.
        """
        self.made, self.lost, self.before = [], lost, before

    def begin(self, what: str) -> bool:
        """Note a request; gives whether its answer is to be lost."""
        self.made.append(what)
        lost = len(self.made) == self.lost
        self.tick()
        if self.before is not None:
            # Requests that the test makes in here are not the sync's.
            kept, before = (self.made, self.lost, self.before), self.before
            self.made, self.lost, self.before = [], 0, None
            try:
                lost = before(what) is True or lost
            finally:
                self.made, self.lost, self.before = kept
        self.settle(what)
        return lost


class WatchedClient(MailchimpClient):
    """A client whose requests go past ``Calls``."""

    def __init__(self, *arguments: Any, calls: Calls | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._watch = calls or Calls()

    def _attempt(self, method: str, path: str, *arguments: Any) -> Any:
        lost = self._watch.begin(f"{method} {path}")
        answer = super()._attempt(method, path, *arguments)
        if lost:
            return ConnectionFault("lost", method=method, path=path, outcome_unknown=True)
        return answer

    @contextmanager
    def download(self, url: str) -> Iterator[Any]:
        if self._watch.begin("GET (result file)"):
            raise ConnectionFault("lost", method="GET", path="(result file)")
        with super().download(url) as response:
            yield response


class World:
    """Write CRM rows, run the sync, look at what Mailchimp and the warehouse hold."""

    def __init__(
        self, crm_dsn: str, warehouse_dsn: str, sandbox: Any, *, rows: str = PROVIDER_ROWS
    ) -> None:
        self.crm_dsn, self.warehouse_dsn, self.sandbox = crm_dsn, warehouse_dsn, sandbox
        self.crm = open_session(crm_dsn, autocommit=True)
        self.warehouse = open_session(warehouse_dsn, autocommit=True)
        self.warehouse.row_factory = dict_row
        self.crm.execute(rows.encode())
        self._sessions = ReusedSessions()
        self.retry = Retry()
        self.batching: Batching | None = None
        self.calls = Calls()
        self._ids = itertools.count(1)
        self._runs = itertools.count(1)

    def close(self) -> None:
        self._sessions.close()
        self.crm.close()
        self.warehouse.close()

    # ---- the CRM

    def collection(self, code: str = "NEWS", **columns: Any) -> int:
        collection_id = next(self._ids)
        row = {
            "collection_id": collection_id,
            "code": code,
            "description": f"Συλλογή {code}",
            "owner_id": 1,
            "is_shared": True,
            "is_static": True,
            "external_provider": "mailchimp",
            "campaign_type": "NEWS",
            "use_provider_defaults": True,
            "sync_merge_fields": False,
            "is_active": True,
            "updated_at": LONG_AGO,
            **columns,
        }
        self._insert("crm.contact_collection", row)
        return collection_id

    def contact(
        self,
        email: str | None,
        *collections: int,
        consent: str | None = "newsletter",
        **columns: Any,
    ) -> int:
        contact_id = columns.pop("contact_id", None) or next(self._ids)
        row = {
            "contact_id": contact_id,
            "email": email,
            "first_name": "Μαρία",
            "last_name": "Παπαδοπούλου",
            "language": "el",
            "is_active": True,
            "updated_at": LONG_AGO,
            **columns,
        }
        self._insert("crm.contact", row)
        for collection_id in collections:
            self.join(collection_id, contact_id)
        if consent:
            self.consent(contact_id, category=consent)
        return contact_id

    def join(self, collection_id: int, contact_id: int) -> None:
        self._insert(
            "crm.collection_member",
            {"collection_id": collection_id, "contact_id": contact_id, "added_at": LONG_AGO},
        )

    def leave(self, collection_id: int, contact_id: int) -> None:
        self.crm.execute(
            "delete from crm.collection_member where collection_id = %s and contact_id = %s",
            (collection_id, contact_id),
        )

    def consent(
        self,
        contact_id: int,
        *,
        granted: bool = True,
        category: str = "newsletter",
        effective_at: datetime | None = None,
        expires_at: datetime | None = None,
        channel: str = "email",
    ) -> int:
        consent_id = next(self._ids)
        now = datetime.now(UTC)
        self._insert(
            "crm.consent",
            {
                "consent_id": consent_id,
                "contact_id": contact_id,
                "channel": channel,
                "gdpr_category": category,
                "granted": granted,
                "effective_at": effective_at or (LONG_AGO if granted else now),
                "expires_at": expires_at,
                "recorded_at": now,
            },
        )
        return consent_id

    def regrant(self, contact_id: int, **options: Any) -> int:
        return self.consent(contact_id, effective_at=datetime.now(UTC), **options)

    def change_contact(self, contact_id: int, **columns: Any) -> None:
        assignments = ", ".join(f"{name} = %s" for name in columns)
        self.crm.execute(
            f"update crm.contact set {assignments}, updated_at = now() where contact_id = %s",
            (*columns.values(), contact_id),
        )

    def _insert(self, table: str, row: dict[str, Any]) -> None:
        marks = ", ".join(["%s"] * len(row))
        self.crm.execute(
            f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values())
        )

    # ---- the sync

    def connect(self, dsn: str, *, autocommit: bool = False) -> psycopg.Connection[Any]:
        """A connection that the sync uses."""
        return self._sessions.take(dsn, autocommit=autocommit)

    @contextmanager
    def provider(self) -> Iterator[Mailchimp]:
        client = WatchedClient(
            self.sandbox.key,
            calls=self.calls,
            host=self.sandbox.host,
            retry=self.retry,
            wait=lambda seconds: time.sleep(min(seconds, 0.1)),
        )
        with Mailchimp(client, batching=self.batching) as provider:
            yield provider

    def stage(self, codes: Sequence[str] = (), **options: Any) -> int:
        run_id = f"run-{next(self._runs)}"
        with (
            self.connect(self.warehouse_dsn) as warehouse,
            self.connect(self.crm_dsn) as crm,
        ):
            return stage(warehouse, crm, None, run_id=run_id, codes=codes, **options)

    def sync(
        self, codes: Sequence[str] = (), *, options: SyncOptions | None = None, **staging: Any
    ) -> dict[str, CollectionResult]:
        staging_id = self.stage(codes, **staging)
        with self.connect(self.warehouse_dsn) as warehouse:
            found = codes_to_sync(warehouse, staging_id)
        return {code: self.push(staging_id, code, options=options) for code in found}

    def push(
        self, staging_id: int, code: str, *, options: SyncOptions | None = None
    ) -> CollectionResult:
        with (
            self.provider() as provider,
            self.connect(self.warehouse_dsn) as warehouse,
            self.connect(self.crm_dsn, autocommit=True) as crm,
        ):
            return sync_collection(
                warehouse,
                crm,
                Accounts.only(provider),
                staging_id=staging_id,
                collection_code=code,
                options=options,
            )

    # ---- what people do in Mailchimp

    def act(self, email: str, action: str, code: str = "NEWS", **details: Any) -> None:
        """Somebody acts in an audience; a second passes, as Mailchimp counts whole seconds."""
        self.sandbox.control("POST", "clock/advance", {"seconds": 2})
        self.sandbox.control(
            "POST",
            "act",
            {
                "list_id": self.list_id(code),
                "email_address": email,
                "action": action,
                **details,
            },
        )
        self.sandbox.control("POST", "clock/advance", {"seconds": 2})

    def bounce(self, email: str, code: str = "NEWS") -> None:
        self.sandbox.control(
            "POST", "bounce", {"list_id": self.list_id(code), "email_address": email}
        )
        self.sandbox.control("POST", "clock/advance", {"seconds": 2})

    def archive_by_hand(self, email: str, code: str = "NEWS") -> None:
        self.sandbox.control("POST", "clock/advance", {"seconds": 2})
        with self.provider() as provider:
            change = MemberChange(subscriber_hash=subscriber_hash(email), action="archive")
            list(provider.change_members(self.list_id(code), [[change]]))
        self.sandbox.control("POST", "clock/advance", {"seconds": 2})

    def write_requests(self) -> list[str]:
        """Requests so far that could change a member."""
        requests = self.sandbox.control("GET", "ledger/requests?count=100000")["requests"]
        return [
            f"{request['method']} {request['template']}"
            for request in requests
            if request["method"] != "GET"
        ]

    def forget_ledger(self) -> None:
        """The warehouse loses all of sync but the suppression list and its marker."""
        kept = ("suppression", "suppression_key", "installation", "reason", "erased_subscriber")
        rows = self.warehouse.execute(
            "select format('%%I.%%I', schemaname, tablename) as name from pg_tables"
            " where schemaname = 'sync' and not tablename = any(%s)",
            (list(kept),),
        ).fetchall()
        self.warehouse.execute(f"truncate {', '.join(row['name'] for row in rows)}")

    # ---- what came of it

    def list_id(self, code: str = "NEWS") -> str:
        row = self.warehouse.execute(
            "select list_id from sync.audience where collection_code = %s", (code,)
        ).fetchone()
        assert row, f"collection {code} has no audience"
        return str(row["list_id"])

    def remote(self, code: str = "NEWS") -> dict[str, str]:
        """Address → status of all members, archived ones included."""
        with self.provider() as provider:
            return {
                member.email_address: member.status
                for status in (None, "archived")
                for member in provider.members(self.list_id(code), status=status)
            }

    def remote_fields(self, email: str, code: str = "NEWS") -> dict[str, Any]:
        with self.provider() as provider:
            member = provider.member(self.list_id(code), subscriber_hash(email))
        assert member, "no such member"
        return dict(member.merge_fields)

    def open_reasons(self, code: str = "NEWS") -> dict[int, str]:
        rows = self.warehouse.execute(
            "select contact_id, reason_code from sync.quarantine where collection_code = %s"
            " and resolved_at is null and reason_code <> 'invalid_field_value'",
            (code,),
        ).fetchall()
        assert len({row["contact_id"] for row in rows}) == len(rows)
        return {row["contact_id"]: row["reason_code"] for row in rows}

    def member(self, email: str, code: str = "NEWS") -> dict[str, Any]:
        row = self.warehouse.execute(
            "select * from sync.member where list_id = %s and subscriber_hash = %s",
            (self.list_id(code), subscriber_hash(email)),
        ).fetchone()
        assert row, "no such member"
        return dict(row)


def subscriber_hash(email: str) -> str:
    return hashlib.md5(email.lower().encode()).hexdigest()


def yesterday() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)
