"""Airflow plugin: the page "Mailchimp" in the menu; what it shows is in ``mailchimp_provider``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_PREFIX = "mailchimp-page"


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    # Every process of Airflow loads plugins, tasks too; only the API server serves the page.
    from mailchimp_provider.page.app import app  # noqa: PLC0415

    await app(scope, receive, send)


class MailchimpPage(AirflowPlugin):
    """Collections, decisions, quarantine and campaigns at one glance."""

    name = "mailchimp_page"
    fastapi_apps: list[dict[str, Any]] = [  # noqa: RUF012 - Airflow's own form
        {"app": _page, "url_prefix": f"/{_PREFIX}", "name": "Mailchimp"}
    ]
    external_views: list[dict[str, Any]] = [  # noqa: RUF012
        {
            "name": "Mailchimp",
            "href": f"{_PREFIX}/",  # relative: Airflow may live below a path of its own
            "url_route": "mailchimp",
            "destination": "nav",
        }
    ]
