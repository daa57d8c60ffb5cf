"""Addresses of the page "Mailchimp" and of its parts."""

from __future__ import annotations

from urllib.parse import quote, urlencode

#: Where Airflow mounts the page's application.
PREFIX = "mailchimp-page"
#: The XCom in which a collection's task leaves the address of its audience's page in Mailchimp.
AUDIENCE_PAGE = "crm_mailchimp_audience_page"


def page_url() -> str:
    """The page itself."""
    from airflow.sdk import conf  # noqa: PLC0415 - takes seconds

    base = str(conf.get("api", "base_url", fallback="") or "").rstrip("/")
    return f"{base}/{PREFIX}/"


def collection_url(collection_code: str) -> str:
    """A collection on the page."""
    return f"{page_url()}#collection-{quote(collection_code, safe='')}"


def campaign_url(campaign_code: str) -> str:
    """A campaign on the page."""
    return f"{page_url()}#campaign-{quote(campaign_code, safe='')}"


def quarantine_url(collection_code: str) -> str:
    """Who of a collection is held back, and what to do, on the page."""
    return f"{page_url()}#quarantine-{quote(collection_code, safe='')}"


def plan_url(run_id: str) -> str:
    """The plan of a run, on the page."""
    return f"{page_url()}plan?{urlencode({'run': run_id})}"
