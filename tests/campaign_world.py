"""The sync's world with campaigns in it: planned in the CRM, designed and sent in the sandbox."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from crm_mailchimp.campaigns.campaign_options import CampaignOptions
from crm_mailchimp.campaigns.campaign_round import campaigns_to_sync
from crm_mailchimp.campaigns.next_action import next_quarter
from crm_mailchimp.campaigns.result import CampaignResult
from crm_mailchimp.campaigns.synchronise import sync_campaign
from crm_mailchimp.mailchimp import campaigns as campaign_calls
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.mailchimp.timestamps import parse_instant
from sync_world import LONG_AGO, World

BODY = '<p>Καλημέρα *|FNAME|*, <a href="https://galaxy.gr/νέα">τα νέα μας</a></p>'


class Connections:
    """Implements ``CampaignConnections``; a test may break what is opened, or count it.

    Attributes:
        opened: names of what was opened, in order.
    """

    def __init__(self, world: CampaignWorld, provider: type[Mailchimp] = Mailchimp) -> None:
        self._world, self._provider = world, provider
        self.opened: list[str] = []

    def warehouse(self) -> psycopg.Connection[Any]:
        self.opened.append("warehouse")
        return self._world.connect(self._world.warehouse_dsn)

    def crm(self) -> psycopg.Connection[Any]:
        self.opened.append("crm")
        return self._world.connect(self._world.crm_dsn, autocommit=True)

    def provider(self, account: str) -> Mailchimp:
        self.opened.append("provider")
        return self._world.open_provider(self._provider)

    def provider_without_slot(self, account: str) -> Mailchimp:
        self.opened.append("provider_without_slot")
        return self._world.open_provider(self._provider)


class CampaignWorld(World):
    """Plan campaigns, take a step, look at what Mailchimp and the warehouse hold."""

    options = CampaignOptions()

    def audience(
        self, people: int = 3, *, consents: Sequence[str] = ("newsletter",), **columns: Any
    ) -> list[int]:
        """A synced collection NEWS with so many people; returns their contact ids."""
        news = self.collection("NEWS", **columns)
        contacts = []
        for number in range(people):
            contact = self.contact(f"filos{number}@mail.gr", news, consent=consents[0])
            for category in consents[1:]:
                self.consent(contact, category=category)
            contacts.append(contact)
        self.sync()
        return contacts

    def campaign(self, code: str = "NL-11", **columns: Any) -> int:
        campaign_id = next(self._ids)
        collection = self.crm.execute(
            "select collection_id from crm.contact_collection where code = 'NEWS'"
        ).fetchone()
        assert collection
        self._insert(
            "crm.campaign",
            {
                "campaign_id": campaign_id,
                "code": code,
                "description": "Ενημερωτικό Νοεμβρίου",
                "collection_id": collection[0],
                "campaign_type": "NEWS",
                "subject_line": "Τα νέα του Νοεμβρίου",
                "preview_text": "Διαβάστε τα",
                "state": "draft",
                "updated_at": LONG_AGO,
                **columns,
            },
        )
        return campaign_id

    def change_campaign(self, code: str = "NL-11", /, **columns: Any) -> None:
        assignments = ", ".join(f"{name} = %s" for name in columns)
        self.crm.execute(
            f"update crm.campaign set {assignments}, updated_at = now() where code = %s",
            (*columns.values(), code),
        )

    def step(
        self,
        code: str = "NL-11",
        *,
        provider: type[Mailchimp] = Mailchimp,
        **arguments: Any,
    ) -> CampaignResult:
        """What one campaign needs now, on the sandbox's clock."""
        return sync_campaign(
            Connections(self, provider),
            code=code,
            options=replace(self.options, **arguments.pop("options", {})),
            now=arguments.pop("now", None) or self.now(),
            **arguments,
        )

    def open_provider(self, kind: type[Mailchimp] = Mailchimp) -> Mailchimp:
        with self.provider() as provider:
            client = type(provider.client)(
                self.sandbox.key, host=self.sandbox.host, retry=self.retry
            )
        return kind(client)

    # ---- time

    def now(self) -> datetime:
        moment = parse_instant(self.sandbox.control("GET", "clock")["now"])
        assert moment
        return moment

    def pass_time(self, **how_much: float) -> None:
        self.sandbox.control("POST", "clock/advance", how_much)

    def in_hours(self, hours: float) -> datetime:
        return self.now() + timedelta(hours=hours)

    def go_to(self, moment: datetime, **before: float) -> None:
        """Let time pass until so long before a moment."""
        ahead = moment - timedelta(**before) - self.now()
        assert ahead >= timedelta(0), "that moment is over"
        self.pass_time(seconds=int(ahead.total_seconds()))

    def quarter_in(self, hours: float) -> datetime:
        """A quarter of an hour about so far ahead: Mailchimp schedules for these only."""
        return next_quarter(self.in_hours(hours))

    def schedule_early(self) -> None:
        """Put campaigns into Mailchimp's schedule as soon as the gate is open."""
        self.options = replace(self.options, schedule_ahead=timedelta(days=30))

    # ---- what people do in Mailchimp

    def design(self, code: str = "NL-11", body: str = BODY) -> None:
        with self.provider() as provider:
            provider.client.campaigns.set_content(self.provider_id(code), {"html": body})

    def by_hand(self, code: str = "NL-11", **settings: str) -> None:
        with self.provider() as provider:
            provider.change_campaign(self.provider_id(code), settings)

    def draft_by_hand(self, title: str, *, kind: str = "regular") -> str:
        """A campaign with a body, made directly in Mailchimp."""
        with self.provider() as provider:
            made = provider.client.campaigns.create(
                {
                    "type": kind,
                    "recipients": {"list_id": self.list_id()},
                    "settings": {
                        "title": title,
                        "subject_line": "Με το χέρι",
                        "from_name": "Άννα",
                        "reply_to": "news@galaxy.gr",
                    },
                }
            )
            if kind == "regular":
                provider.client.campaigns.set_content(made["id"], {"html": BODY})
        return str(made["id"])

    def schedule_by_hand(self, at: datetime, code: str = "NL-11") -> None:
        with self.provider() as provider:
            provider.schedule_campaign(self.provider_id(code), at)

    # ---- Airflow

    def airflow_environment(self, home: Path) -> dict[str, str]:
        """Of a process that finds this world's connections as Airflow's processes do."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        mailchimp = {
            "conn_type": "mailchimp",
            "password": self.sandbox.key,
            "host": self.sandbox.host,
            # Its client does not ask twice: what fails, fails.
            "extra": {"retry_deadline": 0},
        }
        return kept | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW_CONN_CRM_DB": postgres_connection(self.crm_dsn),
            "AIRFLOW_CONN_WAREHOUSE_DB": postgres_connection(self.warehouse_dsn),
            "AIRFLOW_CONN_MAILCHIMP_DEFAULT": json.dumps(mailchimp),
        }

    # ---- what came of it

    def sent_to(self) -> list[str]:
        """Addresses that got a mail, in order."""
        events = self.sandbox.control("GET", "ledger/events?action=sent")["events"]
        return sorted(event["email_address"] for event in events)

    def went_out(self) -> list[str]:
        """Ids of the campaigns that went out."""
        events = self.sandbox.control("GET", "ledger/events?action=campaign_sent")["events"]
        return [event["campaign_id"] for event in events]

    def tests_sent(self) -> list[str]:
        """Addresses that got a test."""
        events = self.sandbox.control("GET", "ledger/events?action=test_sent")["events"]
        return [event["email_address"] for event in events]

    def choose(self) -> list[str]:
        """Codes that a run would look at."""
        with (
            self.connect(self.warehouse_dsn) as warehouse,
            self.connect(self.crm_dsn) as crm,
        ):
            return campaigns_to_sync(warehouse, crm)

    def provider_id(self, code: str = "NL-11") -> str:
        return str(self.row(code)["provider_campaign_id"])

    def row(self, code: str = "NL-11") -> dict[str, Any]:
        row = self.warehouse.execute(
            "select * from sync.campaign where campaign_code = %s", (code,)
        ).fetchone()
        assert row, f"campaign {code} is unknown"
        return dict(row)

    def remote_campaigns(self) -> list[dict[str, Any]]:
        with self.provider() as provider:
            return list(campaign_calls.campaigns(provider.client))

    def body(self, code: str = "NL-11") -> str:
        with self.provider() as provider:
            return str(provider.client.campaigns.get_content(self.provider_id(code))["html"])

    def remote_status(self, code: str = "NL-11") -> str:
        with self.provider() as provider:
            remote = provider.campaign(self.provider_id(code))
        return remote.status if remote else "deleted"

    def gate(self, code: str = "NL-11") -> dict[str, Any]:
        row = self.warehouse.execute(
            "select * from sync.campaign_gate where campaign_code = %s order by gate_id desc",
            (code,),
        ).fetchone()
        assert row, f"no gate was asked about campaign {code}"
        return dict(row)

    def gate_codes(self, code: str = "NL-11") -> list[str]:
        return [reason["code"] for reason in self.gate(code)["reasons"]]


def postgres_connection(dsn: str) -> str:
    """A connection of Airflow to this database, as JSON."""
    parts = conninfo_to_dict(dsn)
    return json.dumps(
        {
            "conn_type": "postgres",
            "host": parts.get("host"),
            "login": parts.get("user"),
            "password": parts.get("password"),
            "port": int(str(parts["port"])) if parts.get("port") else None,
            "schema": parts.get("dbname"),
        }
    )
