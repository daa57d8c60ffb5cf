"""The control API under ``/_sandbox/``: what only a simulated world can offer.

Bodies and answers are JSON. It needs no key: the server listens on the own machine only.
"""

from __future__ import annotations

import os
from dataclasses import asdict, fields
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query, Request
from pydantic import Field

from mailchimp_sandbox import (
    billing,
    happenings,
    persistence,
    simulation,
)
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.acting import (
    act_as_subscriber,
    audience_or_404,
    campaign_or_404,
    member_or_404,
)
from mailchimp_sandbox.clock import DAY, iso
from mailchimp_sandbox.control_requests import (
    Act,
    Advance,
    Bounce,
    FaultPlan,
    Hold,
    Latency,
    Limits,
)
from mailchimp_sandbox.faults import KINDS, PROFILES
from mailchimp_sandbox.lag import LISTS
from mailchimp_sandbox.server import Server
from mailchimp_sandbox.state import Rates

VERSION = "1"
#: In a request's scope: the server that is asked.
SERVER = "sandbox.server"


def _identity(server: Server) -> dict[str, Any]:
    sandbox = server.sandbox
    return {
        "name": server.name,
        "version": VERSION,
        "pid": os.getpid(),
        "now": iso(sandbox.now),
        "seed": sandbox.account.seed,
        "lists": len(sandbox.account.audiences),
        "campaigns": len(sandbox.account.campaigns),
        "events": len(sandbox.ledger.events),
        "requests": len(sandbox.ledger.requests),
        "most_in_flight": server.most_in_flight,
        "fault_profile": server.faults.profile,
        "faults_ordered": server.faults.ordered_left(),
    }


def _plan(sandbox: Sandbox) -> dict[str, Any]:
    account = sandbox.account
    return {
        "max_audiences": account.max_audiences,
        "max_merge_fields": account.max_merge_fields,
        "max_contacts": account.max_contacts,
        "over_limit": account.over_limit,
        "contacts": billing.billed_in_all(sandbox),
        "addresses": billing.billed_addresses(sandbox),
        "contacts_by_list": {
            audience.list_id: billing.billed(audience) for audience in account.audiences.values()
        },
    }


async def _serving(request: Request) -> Server:
    return request.scope[SERVER]  # type: ignore[no-any-return]


async def _refuse_unread(request: Request) -> None:
    """Refuse filters that a call does not know, and a body where it reads none."""
    reads = request.scope["route"].dependant
    places = [
        ["query", name]
        for name in request.query_params
        if name not in {known.alias for known in reads.query_params}
    ]
    if not reads.body_params and await request.body() not in (b"", b"{}", b"null"):
        places.append(["body"])
    if places:
        raise HTTPException(
            422,
            [
                {"type": "extra_forbidden", "loc": place, "msg": "The call does not read it"}
                for place in places
            ],
        )


#: The server that is asked.
Here = Annotated[Server, Depends(_serving)]
#: The control API of whichever server puts itself into the request's scope. It is made once, and
#: not for each server: that takes most of a server's start.
api = FastAPI(
    docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(_refuse_unread)]
)


@api.get("/")
async def identity(server: Here) -> dict[str, Any]:
    """Whose server this is, and how much has happened."""
    return _identity(server)


@api.post("/clock/advance")
async def advance(server: Here, by: Advance) -> dict[str, str]:
    """Let simulated time pass; everything due happens, each thing at its own moment."""
    server.sandbox.clock.advance(
        int(by.days * DAY + by.hours * 3600 + by.minutes * 60 + by.seconds)
    )
    simulation.catch_up(server.sandbox)
    return {"now": iso(server.sandbox.now)}


@api.post("/clock/present")
async def come_to_the_present(server: Here) -> dict[str, str]:
    """Let time pass up to the machine's own; nothing happens if it is not behind."""
    server.sandbox.clock.advance(server.sandbox.clock.behind)
    simulation.catch_up(server.sandbox)
    return {"now": iso(server.sandbox.now)}


@api.get("/clock")
async def clock(server: Here) -> dict[str, str]:
    """The simulated time."""
    return {"now": iso(server.sandbox.now)}


@api.post("/act")
async def act(server: Here, what: Act) -> dict[str, str]:
    """Do something as a subscriber."""
    simulation.catch_up(server.sandbox)
    act_as_subscriber(server.sandbox, what)
    return {"now": iso(server.sandbox.now)}


@api.post("/bounce")
async def bounce(server: Here, what: Bounce) -> dict[str, str]:
    """Let a mail to an address bounce."""
    simulation.catch_up(server.sandbox)
    audience = audience_or_404(server.sandbox, what.list_id)
    member = member_or_404(audience, what.email_address)
    if what.campaign_id:
        campaign = campaign_or_404(server.sandbox, what.campaign_id)
        recipient = happenings.recipient_of(campaign, member)
        if recipient is None:
            raise HTTPException(409, "the campaign did not go to that member")
        happenings.bounced(
            server.sandbox, campaign, recipient, server.sandbox.now, what.bounce_type
        )
    elif what.bounce_type == "hard":
        happenings.clean(server.sandbox, audience, member, server.sandbox.now)
    else:
        raise HTTPException(422, "a soft bounce belongs to a campaign")
    return {"now": iso(server.sandbox.now)}


@api.get("/ledger/events")
async def events(
    server: Here,
    after: int = -1,
    count: Annotated[int, Query(ge=1, le=100_000)] = 1000,
    action: str = "",
    campaign_id: str = "",
    list_id: str = "",
    subscriber_hash: str = "",
    by: str = "",
) -> dict[str, Any]:
    """Events after a ``seq``, in the order in which they were recorded."""
    simulation.catch_up(server.sandbox)
    wanted = {
        "action": action,
        "campaign_id": campaign_id,
        "list_id": list_id,
        "subscriber_hash": subscriber_hash,
        "by": by,
    }
    wanted = {name: value for name, value in wanted.items() if value}
    rows = []
    for event in server.sandbox.ledger.find_events(after, wanted):
        rows.append({**asdict(event), "time": iso(event.at)})
        if len(rows) >= count:
            break
    return {"events": rows, "last": len(server.sandbox.ledger.events) - 1}


@api.get("/ledger/requests")
async def requests(
    server: Here,
    after: int = -1,
    count: Annotated[int, Query(ge=1, le=100_000)] = 1000,
    method: str = "",
    template: str = "",
) -> dict[str, Any]:
    """API requests after a ``seq``; ``via`` 'batch' are operations of a batch."""
    rows = [
        {**asdict(row), "time": iso(row.at)}
        for row in server.sandbox.ledger.requests[after + 1 :]
        if (not method or row.method == method) and (not template or row.template == template)
    ]
    return {"requests": rows[:count], "last": len(server.sandbox.ledger.requests) - 1}


@api.get("/faults")
async def show_faults(server: Here) -> dict[str, Any]:
    """Profile in force, profiles and kinds there are."""
    return {
        "profile": server.faults.profile,
        "ordered": server.faults.ordered_left(),
        "profiles": sorted(PROFILES),
        "kinds": KINDS,
    }


@api.post("/faults")
async def plan_faults(server: Here, plan: FaultPlan) -> dict[str, Any]:
    """Order trouble."""
    try:
        if plan.clear:
            server.faults.clear()
        if plan.profile is not None:
            server.faults.use(plan.profile, plan.seed)
        for ordered in plan.next:
            server.faults.order(**ordered.model_dump())
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    return {"profile": server.faults.profile, "ordered": server.faults.ordered_left()}


@api.post("/latency")
async def set_latency(server: Here, latency: Latency) -> dict[str, int]:
    """Add this to every answer from now on."""
    server.latency = latency.milliseconds / 1000
    return {"milliseconds": latency.milliseconds}


@api.post("/lag")
async def set_lag(server: Here, seconds: dict[str, Annotated[int, Field(ge=0)]]) -> dict[str, int]:
    """Let lists of reports lag behind the totals, each by up to so many seconds."""
    if not set(seconds) <= set(LISTS):
        raise HTTPException(422, f"lists are: {', '.join(LISTS)}")
    server.sandbox.lag.seconds.update(seconds)
    return server.sandbox.lag.seconds


@api.post("/behaviour")
async def set_behaviour(server: Here, rates: dict[str, float]) -> dict[str, float]:
    """Change how recipients behave in campaigns sent from now on (see ``state.Rates``)."""
    known = {field.name for field in fields(Rates)}
    if not set(rates) <= known:
        raise HTTPException(422, f"rates are: {', '.join(sorted(known))}")
    for name, value in rates.items():
        setattr(server.sandbox.account.rates, name, value)
    return asdict(server.sandbox.account.rates)


@api.get("/limits")
async def show_limits(server: Here) -> dict[str, Any]:
    """The account's plan, and what is counted against it."""
    return _plan(server.sandbox)


@api.post("/limits")
async def set_limits(server: Here, limits: Limits) -> dict[str, Any]:
    """Change the account's plan."""
    account = server.sandbox.account
    if limits.max_audiences is not None:
        account.max_audiences = limits.max_audiences
    if limits.max_merge_fields is not None:
        account.max_merge_fields = limits.max_merge_fields
    if limits.max_contacts is not None:
        account.max_contacts = limits.max_contacts
    if limits.over_limit is not None:
        account.over_limit = limits.over_limit
    return _plan(server.sandbox)


@api.post("/domains")
async def set_domains(server: Here, verified: dict[str, bool]) -> dict[str, bool]:
    """Say which sender domains are verified; others count as verified."""
    server.sandbox.account.domains.update({n.lower(): value for n, value in verified.items()})
    return server.sandbox.account.domains


@api.post("/batches")
async def hold_batches(server: Here, batches: Hold) -> dict[str, bool]:
    """Leave batches pending, or let them run again."""
    server.sandbox.hold_batches = batches.hold
    return {"hold": batches.hold}


@api.post("/reset")
async def reset(server: Here) -> dict[str, Any]:
    """Forget everything but the seed and the time, faults too."""
    server.sandbox.reset()
    server.faults.clear()
    server.most_in_flight = 0
    return _identity(server)


@api.post("/save")
async def save(server: Here) -> dict[str, str]:
    """Write the state file now."""
    if server.state_file is None:
        raise HTTPException(409, "the server was started without --state")
    persistence.save(server.sandbox, server.state_file)
    return {"now": iso(server.sandbox.now)}
