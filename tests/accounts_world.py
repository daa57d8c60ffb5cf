"""A world with two Mailchimp accounts: two sandboxes, each behind a connection of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from campaign_world import BODY, CampaignWorld
from crm_mailchimp.accounts import DEFAULT_ACCOUNT, Accounts, AccountUnusableError
from crm_mailchimp.campaign_provider import CampaignDraft
from crm_mailchimp.campaigns.result import CampaignResult
from crm_mailchimp.campaigns.synchronise import sync_campaign
from crm_mailchimp.data_protection.erasure import ErasureResult, erase_contacts
from crm_mailchimp.errors import PassingError, PermanentError, ProviderError
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.mailchimp.retries import Retry
from crm_mailchimp.sync.decisions.removal_guard import GuardLimits
from crm_mailchimp.sync.runs.collection_sync import CollectionResult, sync_collection
from crm_mailchimp.sync.runs.sync_options import SyncOptions
from crm_mailchimp.sync.staging.stagings import codes_to_sync
from sync_world import WatchedClient, subscriber_hash

#: The connection of the second account, and the code of its provider in the CRM.
SECOND = "mailchimp_kriti"
SECOND_PROVIDER = "kriti"

#: Many may leave at once.
UNGUARDED = SyncOptions(limits=GuardLimits(share=1.0, minimum=10**6, half=2.0))

_DOES_NOTHING = dict.fromkeys(
    ("hard_bounce", "soft_bounce", "unsubscribe", "abuse", "sign_up", "forward"), 0.0
)

_SECOND_ROW = """
alter table crm.external_provider add column if not exists kind text;
insert into crm.external_provider (
    code, kind, connection_id, company, address1, city, zip, country, from_name, from_email,
    subject, language, permission_reminder, email_type_option
) values (
    'kriti', 'mailchimp', 'mailchimp_kriti', 'Ελαιώνες Κρήτης ΑΕ', 'Οδός Ικάρου 7', 'Ηράκλειο',
    '71307', 'GR', 'Κρήτη', 'nea@kriti.gr', 'Νέα', 'el',
    'Λαμβάνετε αυτό το μήνυμα επειδή εγγραφήκατε.', false
);
"""


@dataclass(frozen=True)
class Place:
    """Where a connection leads."""

    host: str
    key: str


class AccountsWorld(CampaignWorld):
    """Collections in two accounts; a connection may be broken and mended.

    Attributes:
        places: of each connection; one that is taken out is not defined.
        opened: accounts in the order in which their clients were opened.
    """

    def __init__(self, crm_dsn: str, warehouse_dsn: str, first: Any, second: Any) -> None:
        super().__init__(crm_dsn, warehouse_dsn, first)
        self.second = second
        for sandbox in (first, second):
            # Recipients do nothing but what the test lets them do.
            sandbox.control("POST", "behaviour", _DOES_NOTHING)
        self.crm.execute(_SECOND_ROW)
        self.places = {
            DEFAULT_ACCOUNT: Place(first.host, first.key),
            SECOND: Place(second.host, second.key),
        }
        self.retry = Retry(attempts=2, base=0.01, cap=0.02, deadline=5.0)
        self.opened: list[str] = []

    # ---- the accounts

    @contextmanager
    def open_client(self, account: str, wait_seconds: float | None = None) -> Iterator[Mailchimp]:
        place = self.places.get(account)
        if place is None:
            raise AccountUnusableError(f"connection {account} is not defined")
        client = WatchedClient(
            place.key,
            calls=self.calls,
            host=place.host,
            name=account,
            retry=self.retry,
            wait=lambda seconds: time.sleep(min(seconds, 0.05)),
        )
        with Mailchimp(client, batching=self.batching) as provider:
            self.opened.append(account)
            yield provider

    def accounts(self) -> Accounts[Any]:
        return Accounts(self.open_client)

    def break_down(self, how: str, account: str = SECOND) -> None:
        """The account can be used no more."""
        place = self.places[account]
        if how == "no connection":
            del self.places[account]
        elif how == "wrong key":
            self.places[account] = replace(place, key="0123456789abcdef0123456789abcdef-us2")
        elif how == "down":
            self.places[account] = replace(place, host="http://127.0.0.1:9")
        else:
            assert how == "5xx"
            trouble = {"kind": "503", "count": 10**6}
            self.sandbox_of(account).control("POST", "faults", {"next": [trouble]})

    def mend(self, account: str = SECOND) -> None:
        sandbox = self.sandbox_of(account)
        sandbox.control("POST", "faults", {"clear": True})
        self.places[account] = Place(sandbox.host, sandbox.key)

    def sandbox_of(self, account: str) -> Any:
        return self.sandbox if account == DEFAULT_ACCOUNT else self.second

    def pass_seconds(self) -> None:
        for sandbox in (self.sandbox, self.second):
            sandbox.control("POST", "clock/advance", {"seconds": 2})

    def requests_of_each(self) -> dict[str, int]:
        """What each account has been asked so far, as Mailchimp counts it."""
        return {
            account: len(
                self.sandbox_of(account).control("GET", "ledger/requests?count=100000")["requests"]
            )
            for account in (DEFAULT_ACCOUNT, SECOND)
        }

    def counted_calls(self) -> dict[str, int]:
        """The same for the newest run, as the warehouse counts it."""
        rows = self.warehouse.execute(
            "select account, sum(api_calls)::integer as calls from mart.api_calls where run_id ="
            " (select run_id from sync.staging_run order by staging_id desc limit 1)"
            " group by account"
        ).fetchall()
        return dict.fromkeys((DEFAULT_ACCOUNT, SECOND), 0) | {
            row["account"]: row["calls"] for row in rows
        }

    # ---- the CRM

    def change_collection(self, code: str, /, **columns: Any) -> None:
        assignments = ", ".join(f"{name} = %s" for name in columns)
        self.crm.execute(
            f"update crm.contact_collection set {assignments}, updated_at = now() where code = %s",
            (*columns.values(), code),
        )

    # ---- the work

    def push(
        self, staging_id: int, code: str, *, options: SyncOptions | None = None
    ) -> CollectionResult:
        with (
            self.accounts() as accounts,
            self.connect(self.warehouse_dsn) as warehouse,
            self.connect(self.crm_dsn, autocommit=True) as crm,
        ):
            return sync_collection(
                warehouse,
                crm,
                accounts,
                staging_id=staging_id,
                collection_code=code,
                options=options or UNGUARDED,
            )

    def sync_all(self) -> dict[str, str]:
        """Sync each collection, whatever happens to the others: its state and words."""
        self.pass_seconds()
        staging_id = self.stage()
        with self.connect(self.warehouse_dsn) as warehouse:
            codes = codes_to_sync(warehouse, staging_id)
        for code in codes:
            # What it ended with is in its record, and in those of collections that share it.
            with suppress(ProviderError, PassingError, PermanentError):
                self.push(staging_id, code)
        ended = self.warehouse.execute(
            "select distinct on (ran.collection_code)"
            " ran.collection_code, concat(ran.state, ': ', coalesce(ran.detail, 'None')) as words"
            " from sync.collection_run as ran join sync.staged_collection as staged"
            " using (collection_code) where staged.staging_id = %s"
            " order by ran.collection_code, ran.started_at desc",
            (staging_id,),
        ).fetchall()
        return {row["collection_code"]: row["words"] for row in ended}

    def erase(self, **options: Any) -> ErasureResult:
        with (
            self.accounts() as accounts,
            self.connect(self.warehouse_dsn) as warehouse,
            self.connect(self.crm_dsn) as crm,
        ):
            return erase_contacts(warehouse, crm, accounts, run_id="διαγραφή", **options)

    def step_in(self, code: str = "NL-11", *, recreate: bool = False) -> CampaignResult:
        """What one campaign needs now, in its own account."""
        return sync_campaign(
            _Connections(self), code=code, options=self.options, now=self.now(), recreate=recreate
        )

    # ---- what came of it

    def audiences(self, account: str) -> dict[str, str]:
        """Id → name of the audiences in an account."""
        with self.open_client(account) as provider:
            return {one.list_id: one.settings.name for one in provider.audiences()}

    def people(self, account: str, list_id: str | None = None) -> dict[str, str]:
        """Address → status of all members of an account, or of one audience in it."""
        found: dict[str, str] = {}
        with self.open_client(account) as provider:
            for one in [list_id] if list_id else list(self.audiences(account)):
                for status in (None, "archived"):
                    for member in provider.members(one, status=status):
                        assert found.setdefault(member.email_address, member.status) == (
                            member.status
                        )
        return found

    def act_in(self, account: str, list_id: str, email: str, action: str, **details: Any) -> None:
        self.pass_seconds()
        self.sandbox_of(account).control(
            "POST",
            "act",
            {"list_id": list_id, "email_address": email, "action": action, **details},
        )
        self.pass_seconds()

    def mail_in(self, account: str, list_id: str) -> str:
        """People send a campaign to an audience without us; gives its id in Mailchimp."""
        draft = CampaignDraft(
            list_id=list_id,
            title="Με το χέρι",
            subject_line="Νέα",
            from_name="Γαλαξίας",
            reply_to="news@galaxy.gr",
        )
        with self.open_client(account) as provider:
            made = provider.create_campaign(draft)
            provider.client.campaigns.set_content(made.campaign_id, {"html": BODY})
            provider.send_campaign(made.campaign_id)
        self.sandbox_of(account).control("POST", "clock/advance", {"hours": 1})
        return str(made.campaign_id)

    def has_member(self, account: str, list_id: str, email: str) -> bool:
        with self.open_client(account) as provider:
            return provider.member(list_id, subscriber_hash(email)) is not None


@dataclass(frozen=True)
class _Connections:
    """Implements ``CampaignConnections``."""

    world: AccountsWorld

    def warehouse(self) -> psycopg.Connection[Any]:
        return self.world.connect(self.world.warehouse_dsn)

    def crm(self) -> psycopg.Connection[Any]:
        return self.world.connect(self.world.crm_dsn, autocommit=True)

    def provider(self, account: str) -> AbstractContextManager[Any]:
        return self.world.open_client(account)

    def provider_without_slot(self, account: str) -> AbstractContextManager[Any]:
        return self.world.open_client(account)
