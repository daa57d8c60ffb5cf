"""Scanners of corporate mail gateways: programs that follow links before a person sees the mail.

Mailchimp's reports count what they do as clicks and opens. Sources:

- Mailchimp's help page "About Bot Activity and Bot Filtering": security tools open mails and click
  links before people can.
- mautic/mautic#9798: Proofpoint follows all links, and loads the images.
- Customer Minds, "Include/Exclude 'Suspected Bots'": every link, within seconds.
- Arternal, "Smart Mail clickthroughs triggered by email security scanners": one to five seconds
  after the mail, from the provider's network.

How often each habit occurs is undocumented.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from mailchimp_sandbox.state import Campaign, Rates

Habit = Literal["at_once", "renders", "queues", "samples"]

#: How many of ten gateways have each habit.
_HABITS: tuple[tuple[Habit, int], ...] = (
    ("at_once", 5),
    ("renders", 2),
    ("queues", 2),
    ("samples", 1),
)
_OF_TEN = [habit for habit, amount in _HABITS for _ in range(amount)]


@dataclass(frozen=True)
class Gateway:
    """The scanner of a mail domain.

    Attributes:
        habit: ``at_once``: every link as the mail arrives. ``renders``: shows the mail with its
            images first. ``queues``: every link some minutes later. ``samples``: one or two links.
        network: first three numbers of its IP addresses.
    """

    habit: Habit
    network: str


def gateway_of(seed: int, domain: str, rates: Rates) -> Gateway | None:
    """The gateway of a mail domain in this simulated world; None: it has none."""
    digest = hashlib.sha256(f"{seed}:gateway:{domain}".encode()).digest()
    if int.from_bytes(digest[0:4], "big") / 2**32 >= rates.gateway:
        return None
    return Gateway(habit=_OF_TEN[digest[4] % 10], network=f"52.{digest[5]}.{digest[6]}")


def visit(
    seed: int,
    campaign: Campaign,
    subscriber_hash: str,
    gateway: Gateway,
    arrived: int,
    links: int,
) -> Iterator[list[Any]]:
    """What the scanner does with one mail, as entries of ``Campaign.timeline``.

    It has dice of its own, so people do the same with and without it.

    Args:
        arrived: when the mail reached the gateway, in seconds since the epoch.
        links: number of links of the mail.
    """
    dice = random.Random(f"{seed}:{campaign.number}:{subscriber_hash}:gateway")  # noqa: S311
    moment = arrived + dice.randrange(0, 4)
    chosen = list(range(links))
    gap = 1
    if gateway.habit == "renders":
        moment += dice.randrange(2, 60)
        gap = 2
        ip = f"{gateway.network}.{dice.randrange(1, 255)}"
        yield [moment, "open", subscriber_hash, ip, -1, False, "scanner"]
        moment += dice.randrange(0, 3)
    elif gateway.habit == "queues":
        moment += dice.randrange(30, 300)
    elif gateway.habit == "samples":
        moment += dice.randrange(0, 20)
        chosen = sorted(dice.sample(chosen, min(links, dice.randrange(1, 3))))
    for link in chosen:
        ip = f"{gateway.network}.{dice.randrange(1, 255)}"
        yield [moment, "click", subscriber_hash, ip, link, False, "scanner"]
        moment += dice.randint(0, gap)
