"""The account's state: plain records, no behaviour. Times are seconds since the epoch.

Every field is JSON, a dataclass, or a list or string-keyed dict of these. So ``persistence`` can
save and load it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Note:
    """A note about a member."""

    note_id: int
    note: str
    created_at: int
    updated_at: int


@dataclass(slots=True)
class Member:
    """One address in one audience.

    ``opted_out`` says why a status came about that the API may not take back: '' or 'person',
    'complaint', 'bounce'.
    """

    hash: str
    email_address: str
    unique_email_id: str
    contact_id: str
    web_id: int
    status: str
    created_at: int
    last_changed: int
    former_hashes: list[str] = field(default_factory=list)
    email_type: str = "html"
    merge_fields: dict[str, Any] = field(default_factory=dict)
    interests: dict[str, bool] = field(default_factory=dict)
    permissions: dict[str, bool] = field(default_factory=dict)
    language: str = ""
    vip: bool = False
    source: str = "API - Generic"
    timestamp_signup: int | None = None
    ip_signup: str = ""
    timestamp_opt: int | None = None
    ip_opt: str = ""
    unsubscribed_at: int | None = None
    unsubscribe_reason: str = ""
    opted_out: str = ""
    tags: dict[str, int] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    latitude: float = 0
    longitude: float = 0
    country_code: str = ""
    timezone: str = ""
    gmtoff: int = 0
    email_client: str = ""
    soft_bounces: int = 0
    campaigns: list[str] = field(default_factory=list)
    opened: int = 0
    clicked: int = 0


@dataclass(slots=True)
class MergeField:
    """A column of an audience."""

    merge_id: int
    tag: str
    name: str
    type: str
    required: bool = False
    default_value: str = ""
    public: bool = False
    display_order: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    help_text: str = ""


@dataclass(slots=True)
class Segment:
    """A tag or static segment (``members`` by hash) or a saved one (``options``)."""

    segment_id: int
    name: str
    type: str
    created_at: int
    updated_at: int
    members: dict[str, bool] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Interest:
    """One choice of an interest category."""

    interest_id: str
    name: str
    display_order: int = 0


@dataclass(slots=True)
class InterestCategory:
    """A group of interests."""

    category_id: str
    title: str
    type: str
    display_order: int = 0
    interests: dict[str, Interest] = field(default_factory=dict)


@dataclass(slots=True)
class AbuseReport:
    """A complaint about one campaign."""

    report_id: int
    campaign_id: str
    hash: str
    email_address: str
    date: int


@dataclass(slots=True)
class Audience:
    """A list. ``version`` grows with every change of its members: what cached pages hang on.

    ``permissions``: the texts of its GDPR fields by id; empty until they are switched on.
    """

    list_id: str
    web_id: int
    name: str
    date_created: int
    settings: dict[str, Any] = field(default_factory=dict)
    permissions: dict[str, str] = field(default_factory=dict)
    merge_fields: list[MergeField] = field(default_factory=list)
    next_merge_id: int = 1
    members: dict[str, Member] = field(default_factory=dict)
    contacts: dict[str, str] = field(default_factory=dict)
    forgotten: dict[str, bool] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    since_send: dict[str, int] = field(default_factory=dict)
    daily: dict[str, dict[str, int]] = field(default_factory=dict)
    monthly: dict[str, dict[str, int]] = field(default_factory=dict)
    segments: dict[str, Segment] = field(default_factory=dict)
    tag_ids: dict[str, int] = field(default_factory=dict)
    categories: dict[str, InterestCategory] = field(default_factory=dict)
    webhooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    abuse_reports: list[AbuseReport] = field(default_factory=list)
    last_sub: int | None = None
    last_unsub: int | None = None
    last_sent: int | None = None
    campaign_count: int = 0
    mails_sent: int = 0
    unique_opens: int = 0
    clickers: int = 0
    version: int = 0


@dataclass(slots=True)
class Recipient:
    """One address a campaign went to, with the address as it was when it was sent.

    ``events``: [at, action, ip, link index or -1, is proxy, bounce type] in order of time.
    """

    hash: str
    email_address: str
    contact_id: str
    status: str = "sent"
    group: str = ""
    events: list[list[Any]] = field(default_factory=list)
    unsubscribed_at: int | None = None
    unsubscribe_reason: str = ""
    deleted: bool = False


@dataclass(slots=True)
class Link:
    """A tracked URL of a campaign with its totals."""

    link_id: str
    url: str
    total: int = 0
    unique: int = 0
    last_click: int | None = None


@dataclass(slots=True)
class Totals:
    """A campaign's figures. They stay when a member, and so a recipient, is deleted."""

    sent: int = 0
    opens: int = 0
    unique_opens: int = 0
    human_opens: int = 0
    unique_human_opens: int = 0
    clicks: int = 0
    unique_clicks: int = 0
    clickers: int = 0
    hard_bounces: int = 0
    soft_bounces: int = 0
    unsubscribed: int = 0
    abuse: int = 0
    forwards: int = 0
    forward_opens: int = 0
    last_open: int | None = None
    last_click: int | None = None


@dataclass(slots=True)
class Campaign:
    """A campaign, its recipients once sent, and what its recipients are still going to do.

    ``timeline``: [at, action, hash, ip, link index or -1, is proxy, detail] sorted by time.
    ``position`` is the first entry that has not happened yet. ``activated_at`` is when an RSS
    campaign first began to follow its schedule.
    """

    campaign_id: str
    web_id: int
    type: str
    create_time: int
    number: int
    status: str = "save"
    list_id: str = ""
    segment_opts: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    tracking: dict[str, Any] = field(default_factory=dict)
    variate: dict[str, Any] = field(default_factory=dict)
    rss: dict[str, Any] = field(default_factory=dict)
    social_card: dict[str, Any] = field(default_factory=dict)
    content_type: str = "template"
    html: str = ""
    plain_text: str = ""
    variate_contents: list[dict[str, Any]] = field(default_factory=list)
    feedback: list[dict[str, Any]] = field(default_factory=list)
    parent_id: str = ""
    scheduled_for: int | None = None
    activated_at: int | None = None
    send_time: int | None = None
    delivered_at: int | None = None
    recipients: list[Recipient] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=dict)
    deleted_recipients: int = 0
    links: list[Link] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)
    hourly: dict[str, list[int]] = field(default_factory=dict)
    locations: dict[str, list[int]] = field(default_factory=dict)
    timeline: list[list[Any]] = field(default_factory=list)
    position: int = 0
    version: int = 0


@dataclass(slots=True)
class Batch:
    """A batch of operations; ``results`` are the rows of its downloadable files."""

    batch_id: str
    status: str
    submitted_at: int
    operations: list[dict[str, Any]] = field(default_factory=list)
    total: int = 0
    finished: int = 0
    errored: int = 0
    completed_at: int | None = None
    results: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Template:
    """A user's template."""

    template_id: int
    name: str
    html: str
    created_at: int
    edited_at: int
    folder_id: str = ""


@dataclass(slots=True)
class Rates:
    """How the simulated recipients behave: chances per recipient and campaign, 0 to 1.

    ``open`` and ``click`` scale everybody's own inclination; 1 is the usual behaviour. These are
    shares: ``gateway`` of the mail domains have a scanner (``gateways``). ``office`` of the domains
    are one office each, behind one IP address. ``images_off`` of the people see no images, and
    ``hurried`` of the people click fast.
    """

    open: float = 1.0
    click: float = 1.0
    proxy: float = 0.35
    hard_bounce: float = 0.008
    soft_bounce: float = 0.012
    unsubscribe: float = 0.006
    abuse: float = 0.0008
    forward: float = 0.003
    sign_up: float = 0.002
    gateway: float = 0.0
    office: float = 0.0
    images_off: float = 0.0
    hurried: float = 0.0


@dataclass(slots=True)
class Account:
    """The whole simulated account.

    ``max_audiences`` and ``max_contacts``: -1 is no limit. ``over_limit`` says what happens beyond
    the limit on contacts, see ``billing``.
    """

    seed: int
    created_at: int
    name: str = ""
    counter: int = 0
    max_audiences: int = 100
    max_merge_fields: int = 30
    max_contacts: int = -1
    over_limit: str = "charge"
    audiences: dict[str, Audience] = field(default_factory=dict)
    deleted_audiences: dict[str, str] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    batch_webhooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    domains: dict[str, bool] = field(default_factory=dict)
    contact: dict[str, str] = field(default_factory=dict)
    rates: Rates = field(default_factory=Rates)
