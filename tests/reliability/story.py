"""A small story of a CRM and its Mailchimp account, the same for the same seed.

Each chapter changes the CRM, lets people act in Mailchimp, and then runs DAGs. A trial disturbs the
DAGs of one chapter. The values are Greek, and some of them are odd on purpose.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import requests

from campaign_world import BODY
from crm_mailchimp.campaigns.next_action import next_quarter
from crm_mailchimp.mailchimp.timestamps import parse_instant
from sync_world import LONG_AGO, PROVIDER_ROWS, subscriber_hash

NEWS, OFFERS, GREEKS = 1, 2, 3
CODES = {NEWS: "ΝΕΑ", OFFERS: "OFFERS", GREEKS: "GREEKS"}
CAMPAIGN = "ΝΛ-11"
PEOPLE = 36
_LATER = datetime(2095, 1, 1, tzinfo=UTC)

_NAMES = (
    "Μαρία", "Γιώργος", "Ελένη", "Άννα-Μαρία", "Νίκος", "Ἀλέξανδρος", "ΚΑΤΕΡΙΝΑ", "Σπύρος",
    # Odd ones that a CRM holds: quotes, COPY's own signs, formulas, merge tags, other scripts.
    "O'Brien \"Νιόνιος\"", "\\N", "Γραμμή\nδεύτερη\tστήλη", "=1+1", "*|FNAME|*", "<b>Ζωή</b>",
    "Ν\u0301ι\u0301κος", "ΟΔΥΣΣΕΥΣ\u200b", "محمد", "👩‍👩‍👧 Οικογένεια", "α" * 300,
    " \u00a0 ", "%s %(a)s {0}",
)  # fmt: skip
_SURNAMES = ("Παπαδοπούλου", "Γαλανός", "D’Angelo", "Ψαρράς; drop table", "Ιωάννου\\", "Θεοδώρου")
_ODD_ADDRESSES = (
    None,
    "",
    "δεν έχει",
    "two@@signs.gr",
    "a" * 70 + "@mail.gr",
    "ελένη@παράδειγμα.ελ",
    " MiXeD.Case@Mail.GR ",
    "maria+νέα@mail.gr",
    "o'brien@mail.gr",
)
_FIELDS = (
    ("hobby", "Χόμπι", "text", None),
    ("points", "Πόντοι", "number", None),
    ("wedding", "Ημερομηνία γάμου", "date", None),
    ("vip", "Σημαντικός πελάτης", "boolean", None),
    ("shop", "Κατάστημα", "choice", ["Αθήνα", "Πάτρα"]),
)
_VALUES = {
    "hobby": ("κηπουρική", "\\.", "ράψιμο 'και' πλέξιμο", "β" * 300, "'; --"),
    "points": ("12", "1.234,56", "πολλά", "1e400"),
    "wedding": ("2019-02-28", "29/2/2021", "χθες"),
    "vip": ("ΟΧΙ", "ναι", "ίσως"),
    "shop": ("Αθήνα", "Λάρισα"),
}


@dataclass
class Scene:
    """What a chapter works on.

    Attributes:
        crm: connection to the CRM, in autocommit.
        warehouse: connection to the warehouse, in autocommit; only read.
        sandbox: the account.
        random: the story's own numbers for this chapter.
    """

    crm: psycopg.Connection[Any]
    warehouse: psycopg.Connection[Any]
    sandbox: Any
    random: random.Random

    def list_id(self, collection: int) -> str:
        row = self.warehouse.execute(
            "select list_id from sync.audience where collection_id = %s", (collection,)
        ).fetchone()
        assert row, f"collection {CODES[collection]} has no audience"
        return str(row[0])

    def api(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(
            method,
            f"{self.sandbox.base_url}{path}",
            json=body,
            auth=("any", self.sandbox.key),
            timeout=60,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def subscribed(self, collection: int) -> list[str]:
        """Addresses that are subscribed in a collection's audience, in order."""
        path = f"/lists/{self.list_id(collection)}/members?status=subscribed&count=1000"
        return sorted(row["email_address"] for row in self.api("GET", path)["members"])

    def some(self, collection: int, count: int, among: set[str] | None = None) -> list[str]:
        found = [one for one in self.subscribed(collection) if among is None or one in among]
        return self.random.sample(found, count)

    def act(self, collection: int, address: str, action: str, **more: Any) -> None:
        self.pass_time(seconds=2)
        body = {"list_id": self.list_id(collection), "email_address": address, "action": action}
        self.sandbox.control("POST", "act", {**body, **more})
        self.pass_time(seconds=2)

    def pass_time(self, **how_long: float) -> None:
        self.sandbox.control("POST", "clock/advance", how_long)

    def now(self) -> datetime:
        moment = parse_instant(self.sandbox.control("GET", "clock")["now"])
        assert moment
        return moment

    def campaign_id(self) -> str:
        row = self.warehouse.execute(
            "select provider_campaign_id from sync.campaign where campaign_code = %s", (CAMPAIGN,)
        ).fetchone()
        assert row and row[0], "the campaign has no draft"
        return str(row[0])


# ---- the CRM


def _insert(crm: psycopg.Connection[Any], table: str, rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        crm.execute(
            f"insert into {table} ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})",
            list(row.values()),
        )


def _add_contact(scene: Scene, number: int, email: str | None) -> None:
    draw = scene.random
    _insert(
        scene.crm,
        "crm.contact",
        [
            {
                "contact_id": number,
                "email": email,
                "first_name": draw.choice(_NAMES),
                "last_name": draw.choice(_SURNAMES),
                "phone": draw.choice(("(210) 1234567", "+30 697 0000000", "τηλ. 5", None)),
                "address1": draw.choice(("Ερμού 1", "", None)),
                "city": draw.choice(("Αθήνα", "Πάτρα", None)),
                "country": draw.choice(("GR", "GR", "CY")),
                "language": draw.choice(("el", "en", None, "κινέζικα")),
                "birth_date": draw.choice(("1980-02-29", "0001-01-01", None)),
                "is_active": draw.random() > 0.06,
                "updated_at": LONG_AGO,
            }
        ],
    )
    memberships = [NEWS] if draw.random() < 0.85 else []
    memberships += [OFFERS] if draw.random() < 0.6 else []
    _insert(
        scene.crm,
        "crm.collection_member",
        [{"collection_id": one, "contact_id": number} for one in memberships],
    )
    for kind in ("newsletter", "offer"):
        fate = draw.random()
        if fate < 0.92:
            _consent(scene, number, kind, granted=True)
        if 0.86 < fate < 0.92:
            _consent(scene, number, kind, granted=False)
    for code, values in _VALUES.items():
        if draw.random() < 0.5:
            _insert(
                scene.crm,
                "crm.contact_field_value",
                [{"contact_id": number, "field_code": code, "value": draw.choice(values)}],
            )


def _consent(scene: Scene, contact: int, kind: str, *, granted: bool, **more: Any) -> None:
    row = scene.crm.execute("select coalesce(max(consent_id), 0) + 1 from crm.consent").fetchone()
    assert row
    _insert(
        scene.crm,
        "crm.consent",
        [
            {
                "consent_id": row[0],
                "contact_id": contact,
                "channel": "email",
                "gdpr_category": kind,
                "granted": granted,
                "effective_at": LONG_AGO if granted else datetime.now(UTC),
                "expires_at": _LATER if granted else None,
                **more,
            }
        ],
    )


def fill(scene: Scene) -> None:
    """The CRM before the first run."""
    scene.crm.execute(PROVIDER_ROWS)
    for number, code in CODES.items():
        _insert(
            scene.crm,
            "crm.contact_collection",
            [
                {
                    "collection_id": number,
                    "code": code,
                    "description": f"Συλλογή «{code}»",
                    "owner_id": 1,
                    "is_static": number != GREEKS,
                    "query_text": (
                        "select contact_id from crm.contact where country = 'GR'"
                        if number == GREEKS
                        else None
                    ),
                    "external_provider": "mailchimp",
                    "campaign_type": {NEWS: "NEWS", OFFERS: "OFFER", GREEKS: "FREE"}[number],
                    "use_provider_defaults": True,
                    "sync_merge_fields": number == NEWS,
                    "updated_at": LONG_AGO,
                }
            ],
        )
    for code, label, kind, choices in _FIELDS:
        row = {"code": code, "label": label, "data_type": kind, "choices": choices}
        _insert(scene.crm, "crm.contact_field", [row])
    for number in range(1, PEOPLE + 1):
        email = f"filos{number}@mail.gr"
        if number <= len(_ODD_ADDRESSES):
            email = _ODD_ADDRESSES[number - 1]  # type: ignore[assignment]
        elif scene.random.random() < 0.06:
            email = f"FILOS{number - 1}@mail.gr"
        _add_contact(scene, number, email)


def _update(scene: Scene, contact: int, **columns: Any) -> None:
    names = ", ".join(f"{name} = %s" for name in columns)
    scene.crm.execute(
        f"update crm.contact set {names}, updated_at = now() where contact_id = %s",
        (*columns.values(), contact),
    )


# ---- chapters


def _nothing(scene: Scene) -> None:
    """The CRM is as it was filled."""


def _changes(scene: Scene) -> None:
    """A month of the CRM, and of the people in Mailchimp."""
    draw = scene.random
    plain = list(range(len(_ODD_ADDRESSES) + 1, PEOPLE + 1))
    draw.shuffle(plain)
    one, two, three, four, five, six, seven, *others = plain
    _consent(scene, one, "newsletter", granted=False)
    _consent(scene, one, "offer", granted=False)
    _update(scene, two, email=f"neo{two}@mail.gr")
    _update(scene, three, email=f"Νέα.Διεύθυνση{three}@mail.gr")
    scene.crm.execute("delete from crm.collection_member where contact_id = %s", (four,))
    _update(scene, five, merged_into_id=six)
    _update(scene, seven, is_active=False)
    for contact in others[:5]:
        _update(scene, contact, first_name=draw.choice(_NAMES), city="Θεσσαλονίκη")
    for number in range(PEOPLE + 1, PEOPLE + 5):
        _add_contact(scene, number, f"νέος{number}@mail.gr" if number % 2 else f"n{number}@mail.gr")
    # What two changes of one person come to depends on the order of the audiences.
    untouched = {f"filos{contact}@mail.gr" for contact in others[5:]}
    gone, moved, bounced, archived = scene.some(NEWS, 4, among=untouched)
    scene.act(NEWS, gone, "unsubscribe")
    scene.act(NEWS, moved, "change_email", new_email_address=f"neo.{moved}")
    body = {"list_id": scene.list_id(NEWS), "email_address": bounced}
    scene.sandbox.control("POST", "bounce", body)
    scene.pass_time(seconds=2)
    scene.api("DELETE", f"/lists/{scene.list_id(NEWS)}/members/{subscriber_hash(archived)}")
    untouched -= {gone, moved, bounced, archived}
    scene.act(OFFERS, scene.some(OFFERS, 1, among=untouched)[0], "unsubscribe")


def _plan_campaign(scene: Scene) -> None:
    """Marketing plans a campaign."""
    row = {
        "campaign_id": 1,
        "code": CAMPAIGN,
        "description": "Ενημερωτικό «Νοεμβρίου»",
        "collection_id": NEWS,
        "campaign_type": "NEWS",
        "subject_line": 'Τα νέα του Νοεμβρίου *|FNAME|* "τώρα"',
        "preview_text": "Διαβάστε τα ☀",
        "state": "draft",
        "updated_at": LONG_AGO,
    }
    _insert(scene.crm, "crm.campaign", [row])


def _approve_campaign(scene: Scene) -> None:
    """The mail is designed in Mailchimp, and the campaign is approved."""
    scene.api("PUT", f"/campaigns/{scene.campaign_id()}/content", {"html": BODY})
    scene.crm.execute("update crm.campaign set state = 'approved', updated_at = now()")
    plan_ahead(scene)


def plan_ahead(scene: Scene) -> None:
    """The campaign is due in an hour, whenever a trial begins: far from any look at its gate."""
    scene.crm.execute(
        "update crm.campaign set planned_at = %s",
        (next_quarter(scene.now() + timedelta(minutes=60)),),
    )


def _reactions(scene: Scene) -> None:
    """The campaign goes out, and people react."""
    scene.pass_time(hours=2)
    campaign = scene.campaign_id()
    people = scene.some(NEWS, 9)
    for number, address in enumerate(people[:7]):
        scene.act(NEWS, address, "open", campaign_id=campaign, times=1 + number % 3)
    for address in people[2:5]:
        scene.act(NEWS, address, "click", campaign_id=campaign, times=2)
    scene.act(NEWS, people[0], "unsubscribe", campaign_id=campaign, reason="Πολλά μηνύματα; \\N")
    scene.act(NEWS, people[7], "complain", campaign_id=campaign)
    body = {"list_id": scene.list_id(NEWS), "email_address": people[8], "campaign_id": campaign}
    scene.sandbox.control("POST", "bounce", {**body, "bounce_type": "soft"})
    scene.pass_time(hours=1)


def _farewells(scene: Scene) -> None:
    """People ask to be forgotten, withdraw, and come back."""
    contacts = [
        row[0]
        for row in scene.crm.execute(
            "select contact_id from crm.contact where contact_id > %s and is_active"
            " and merged_into_id is null order by contact_id",
            (len(_ODD_ADDRESSES),),
        ).fetchall()
    ]
    forgotten, other, withdrawn, back = scene.random.sample(contacts, 4)
    _update(scene, forgotten, erasure_requested_at=datetime.now(UTC))
    _update(scene, other, erasure_requested_at=datetime.now(UTC))
    _consent(scene, withdrawn, "newsletter", granted=False)
    _consent(scene, back, "newsletter", granted=True, effective_at=datetime.now(UTC))
    scene.act(NEWS, "εγγράφηκα@mail.gr", "subscribe")


@dataclass(frozen=True)
class Chapter:
    """What happens in the world, and which DAGs run then.

    Attributes:
        again: DAGs that run once more at the end, with and without a fault. A bounce in one
            audience counts in the others from the next run on, and a rerun is such a run.
        begin: what depends on the time of day, done again when a trial begins here.
    """

    name: str
    happen: Callable[[Scene], None]
    dags: tuple[str, ...]
    again: tuple[str, ...]
    begin: Callable[[Scene], None] = _nothing


CHAPTERS = (
    Chapter("first sync", _nothing, ("sync",), ("sync",)),
    Chapter("changes", _changes, ("sync",), ("sync",)),
    Chapter("draft", _plan_campaign, ("campaigns",), ("campaigns",)),
    Chapter("approval", _approve_campaign, ("sync", "campaigns"), ("campaigns",), plan_ahead),
    # Reports that are read after the sync show its unsubscribes, too.
    Chapter("reactions", _reactions, ("campaigns", "reports", "sync"), ("sync", "reports")),
    Chapter("farewells", _farewells, ("erase", "sync", "pull", "reports"), ("sync", "reports")),
)
