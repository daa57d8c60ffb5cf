"""Bodies of the control API."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Body(BaseModel):
    """A field that is not known is refused: a test would believe that it did something."""

    model_config = ConfigDict(extra="forbid")


class Advance(_Body):
    """How far to move the clock: the sum of all of them."""

    days: float = Field(0, ge=0)
    hours: float = Field(0, ge=0)
    minutes: float = Field(0, ge=0)
    seconds: int = Field(0, ge=0)


class Act(_Body):
    """Something a subscriber does in an audience.

    ``campaign_id`` is the campaign it comes from: needed for open, click, complain and forward,
    optional for unsubscribe. ``url`` is the link clicked (default: the first). ``times`` repeats
    an open or click within the same second. ``marketing_permissions`` are ids or texts: those that
    the person gives or takes back, or ticks while subscribing.
    """

    list_id: str
    email_address: str
    action: Literal[
        "subscribe",
        "confirm",
        "unsubscribe",
        "complain",
        "open",
        "click",
        "forward",
        "change_email",
        "update_profile",
        "give_permissions",
        "take_back_permissions",
    ]
    campaign_id: str = ""
    url: str = ""
    reason: str = "None given"
    new_email_address: str = ""
    merge_fields: dict[str, Any] = {}
    marketing_permissions: list[str] = []
    is_proxy: bool = False
    ip: str = "94.64.10.20"
    times: int = Field(1, ge=1, le=5000)


class Bounce(_Body):
    """A bounce of an address, of a campaign or (hard only) out of the blue."""

    list_id: str
    email_address: str
    campaign_id: str = ""
    bounce_type: Literal["hard", "soft"] = "hard"


class OrderedFault(_Body):
    """The next ``count`` matching requests fail; see ``faults``."""

    kind: str
    count: int = Field(1, ge=1)
    method: str = "*"
    path: str = "*"
    delay: float = Field(1.0, ge=0)


class FaultPlan(_Body):
    """A profile from now on, ordered faults, or both; ``clear`` first."""

    clear: bool = False
    profile: str | None = None
    seed: int = 1
    next: list[OrderedFault] = []


class Limits(_Body):
    """The account's plan. What is not in the body stays.

    ``max_audiences`` and ``max_contacts``: -1 is no limit. ``over_limit``: see ``billing``.
    """

    max_audiences: int | None = Field(None, ge=-1)
    max_merge_fields: int | None = Field(None, ge=0)
    max_contacts: int | None = Field(None, ge=-1)
    over_limit: Literal["charge", "pause", "refuse"] | None = None


class Latency(_Body):
    """What is added to every answer."""

    milliseconds: int = Field(ge=0)


class Hold(_Body):
    """Whether batches stay pending."""

    hold: bool
