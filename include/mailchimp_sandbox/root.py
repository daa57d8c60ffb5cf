"""``GET /`` and ``GET /ping``: who the account is, and whether it answers."""

from __future__ import annotations

import hashlib
from typing import Any

from mailchimp_sandbox.account import TIME_ZONE, Sandbox
from mailchimp_sandbox.clock import iso
from mailchimp_sandbox.routing import Call, operation


@operation("GET", "/ping", address=None)
def ping(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getPing."""
    return {"health_status": "Everything's Chimpy!"}


@operation("GET", "/")
def root(sandbox: Sandbox, call: Call) -> Any:
    """OpenAPI: getRoot. ``total_subscribers`` counts subscribed members over all audiences."""
    account = sandbox.account
    return {
        "account_id": hashlib.sha256(f"account:{account.seed}{account.name}".encode()).hexdigest()[
            :25
        ],
        "login_id": str(1000000 + account.seed),
        "account_name": account.contact["company"],
        "email": "owner@elaiones.gr",
        "first_name": "Ελένη",
        "last_name": "Παπαδοπούλου",
        "username": "elaiones",
        "avatar_url": "",
        "role": "owner",
        "member_since": iso(account.created_at),
        "pricing_plan_type": "monthly",
        "first_payment": iso(account.created_at),
        "account_timezone": TIME_ZONE,
        "account_industry": "Agriculture and Food Services",
        "contact": dict(account.contact),
        "pro_enabled": False,
        "last_login": iso(account.created_at),
        "total_subscribers": sum(
            audience.counts.get("subscribed", 0) for audience in account.audiences.values()
        ),
        "industry_stats": {"open_rate": 0.214, "bounce_rate": 0.004, "click_rate": 0.021},
    }
