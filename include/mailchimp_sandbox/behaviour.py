"""What the recipients of a campaign are going to do, decided when it is sent.

Everything follows from the account's seed, the campaign's number and the order of calls. So the
same history gives the same events. Each address has a lasting inclination (from its hash). So some
people read everything and some nothing, campaign after campaign.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mailchimp_sandbox import gateways
from mailchimp_sandbox.clock import DAY
from mailchimp_sandbox.state import Campaign, Rates, Recipient

HOUR = 3600
# Simulated pace of delivery, in mails a second.
PACE = 2000

# The choices of Mailchimp's unsubscribe survey, and no answer.
REASONS = (
    "None given",
    "None given",
    "I no longer want to receive these emails",
    "I never signed up for this mailing list",
    "The emails are inappropriate",
    "The emails are spam and should be reported",
    "Άλλο: λαμβάνω πάρα πολλά μηνύματα",
)

# (chance to be of this kind, chance to open, chance to click once opened)
_KINDS = ((0.12, 0.0, 0.0), (0.28, 0.15, 0.10), (0.40, 0.45, 0.25), (0.20, 0.85, 0.45))

_FIRST = ("eleni", "nikos", "maria", "giorgos", "katerina", "dimitris", "sofia", "kostas")
_LAST = ("papadaki", "oikonomou", "vlachos", "karagianni", "makris", "nikolaidou")
_DOMAINS = ("otenet.gr", "mailbox.gr", "hol.gr", "gmail.com", "icloud.com")


@dataclass(frozen=True)
class Persona:
    """The lasting traits of an address.

    ``mailbox`` is a number in [0, 1), which is compared with the bounce rates. So a dead mailbox is
    dead every time. Without images no open is counted, unless a click implies it.
    """

    opens: float
    clicks: float
    uses_proxy: bool
    mailbox: float
    ip: str
    sees_images: bool
    is_hurried: bool


def persona(seed: int, subscriber_hash: str, rates: Rates, domain: str = "") -> Persona:
    """The traits of an address in this simulated world."""
    digest = hashlib.sha256(f"{seed}:{subscriber_hash}".encode()).digest()
    kind = int.from_bytes(digest[0:4], "big") / 2**32
    opens = clicks = 0.0
    for share, opens, clicks in _KINDS:  # noqa: B007 - the last one read counts
        if kind < share:
            break
        kind -= share
    return Persona(
        opens=min(1.0, opens * rates.open),
        clicks=min(1.0, clicks * rates.click),
        uses_proxy=int.from_bytes(digest[4:8], "big") / 2**32 < rates.proxy,
        mailbox=int.from_bytes(digest[8:12], "big") / 2**32,
        ip=_office_ip(seed, domain, rates)
        or f"94.{64 + digest[12] % 8}.{digest[13]}.{1 + digest[14] % 254}",
        sees_images=int.from_bytes(digest[16:20], "big") / 2**32 >= rates.images_off,
        is_hurried=int.from_bytes(digest[20:24], "big") / 2**32 < rates.hurried,
    )


def _office_ip(seed: int, domain: str, rates: Rates) -> str:
    """The address that everybody of an office shares (NAT); empty: the domain is no office."""
    digest = hashlib.sha256(f"{seed}:office:{domain}".encode()).digest()
    if not domain or int.from_bytes(digest[0:4], "big") / 2**32 >= rates.office:
        return ""
    return f"94.{72 + digest[4] % 8}.{digest[5]}.{1 + digest[6] % 254}"


def _reading_times(dice: random.Random, start: int) -> Iterator[int]:
    """When somebody opens: soon mostly, again often, sometimes weeks later."""
    first = start + 40 + int(dice.expovariate(1 / (7 * HOUR)))
    yield first
    moment = first
    while dice.random() < 0.35:
        moment += 30 + int(dice.expovariate(1 / (14 * HOUR)))
        yield moment
    if dice.random() < 0.03:
        yield start + dice.randrange(5 * DAY, 25 * DAY)


def _clicks(dice: random.Random, at: int, links: int) -> Iterator[tuple[int, int]]:
    """(time, link index) of one reading: often two links within one second."""
    if not links:
        return
    moment = at + dice.randrange(3, 90)
    link = int(links * dice.random() ** 2)
    yield moment, link
    if dice.random() < 0.2 and links > 1:
        yield moment, (link + 1) % links
    if dice.random() < 0.06:
        yield moment, link
    while dice.random() < 0.3:
        moment += dice.randrange(5, 600)
        yield moment, dice.randrange(links)


def _hurried_clicks(dice: random.Random, at: int, links: int) -> Iterator[tuple[int, int]]:
    """Somebody in a hurry: the first link at once, or every link within half a minute or so."""
    moment = at + dice.randrange(1, 5)
    amount = links if dice.random() < 0.5 else min(links, 1)
    for link in range(amount):
        yield moment, link
        moment += dice.randrange(4, 15)


def _reader(
    dice: random.Random, recipient: Recipient, who: Persona, start: int, links: int, rates: Rates
) -> Iterator[list[Any]]:
    key = recipient.hash
    if who.uses_proxy:
        # Apple's Mail Privacy Protection loads images by itself, hours after delivery or sooner.
        proxy_ip = f"17.58.{dice.randrange(256)}.{dice.randrange(1, 255)}"
        yield [start + dice.randrange(20, 9 * HOUR), "open", key, proxy_ip, -1, True, ""]
    if dice.random() >= who.opens:
        return
    opened = start
    for number, at in enumerate(_reading_times(dice, start)):
        opened = at
        if who.sees_images:
            yield [at, "open", key, who.ip, -1, False, ""]
        if dice.random() < (who.clicks if number == 0 else who.clicks / 3):
            clicks = _hurried_clicks if who.is_hurried else _clicks
            for moment, link in clicks(dice, at, links):
                yield [moment, "click", key, who.ip, link, False, ""]
    if dice.random() < rates.forward * 3:
        yield [opened + 60, "forward", key, who.ip, -1, False, ""]
    if dice.random() < rates.unsubscribe * 2:
        yield [opened + 20, "unsubscribe", key, who.ip, -1, False, dice.choice(REASONS)]
    elif dice.random() < rates.abuse * 2:
        yield [opened + 15, "abuse", key, who.ip, -1, False, ""]


def _sign_ups(dice: random.Random, campaign: Campaign, start: int, amount: int) -> Iterator[Any]:
    for number in range(amount):
        address = (
            f"{dice.choice(_FIRST)}.{dice.choice(_LAST)}.{campaign.number}{number}"
            f"@{dice.choice(_DOMAINS)}"
        )
        at = start + dice.randrange(HOUR, 9 * DAY)
        ip = f"94.65.{dice.randrange(256)}.{dice.randrange(1, 255)}"
        yield [at, "sign_up", address, ip, -1, False, ""]


def timeline(seed: int, campaign: Campaign, rates: Rates, start: int) -> list[list[Any]]:
    """Everything that will happen after ``campaign`` went to ``campaign.recipients``.

    Args:
        start: when its delivery began, in seconds since the epoch.

    Returns:
        Entries as ``Campaign.timeline`` describes them, sorted by time.
    """
    dice = random.Random(f"{seed}:{campaign.number}")  # noqa: S311 - a simulation
    entries: list[list[Any]] = []
    for number, recipient in enumerate(campaign.recipients):
        domain = recipient.email_address.rpartition("@")[2].lower()
        who = persona(seed, recipient.hash, rates, domain)
        if who.mailbox < rates.hard_bounce:
            at = start + dice.randrange(2, 300)
            entries.append([at, "bounce", recipient.hash, "", -1, False, "hard"])
            continue
        if who.mailbox < rates.hard_bounce + rates.soft_bounce and dice.random() < 0.8:
            at = start + dice.randrange(2, 3 * DAY)
            entries.append([at, "bounce", recipient.hash, "", -1, False, "soft"])
            continue
        entries.extend(_reader(dice, recipient, who, start, len(campaign.links), rates))
        gateway = gateways.gateway_of(seed, domain, rates)
        if gateway is not None:
            arrived = start + 1 + number // PACE
            links = len(campaign.links)
            entries += gateways.visit(seed, campaign, recipient.hash, gateway, arrived, links)
    amount = int(len(campaign.recipients) * rates.sign_up)
    if rates.sign_up and campaign.recipients:
        amount = max(1, amount)
    entries.extend(_sign_ups(dice, campaign, start, amount))
    entries.sort(key=lambda entry: entry[0])
    return entries
