"""How a view becomes a page: templates, words of the reader's language, times, headers."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from crm_mailchimp.setting_group import SettingError
from crm_mailchimp.sync.staging.shared_audiences import name_in
from mailchimp_provider.page import plots
from mailchimp_provider.page.language import language_of
from mailchimp_provider.page.texts import LANGUAGES, Language, catalogue, number, text, text_or
from mailchimp_provider.time_zones import report_time_zone

_FOLDER = Path(__file__).parent
# Both are in the page itself: who has no login yet may load nothing else.
_STYLE = (_FOLDER / "static" / "style.css").read_text(encoding="utf-8")
_SCRIPT = (_FOLDER / "static" / "links.js").read_text(encoding="utf-8")


def _hash(text_in_page: str) -> str:
    """What a Content Security Policy calls a text that may be in the page."""
    digest = hashlib.sha256(text_in_page.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


# Airflow shows the page in a frame of its own. Nothing is loaded from anywhere, and no other style
# or script is obeyed.
_POLICY = (
    f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)};"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def rendered(request: Request, name: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A view in the reader's language, which no browser keeps.

    Args:
        request: of the reader.
        name: of the template.
        status: of the answer.
        values: what the template shows.
    """
    language = language_of(request)
    page = _templates.get_template(name).render(
        **_words(language), **_addresses(request), plots=plots, **values
    )
    headers = {
        "Content-Security-Policy": _POLICY,
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Language, Cookie",
        "Content-Language": language,
    }
    return HTMLResponse(page, status_code=status, headers=headers)


def zone() -> tzinfo:
    """The time zone of reports; UTC where the setting is wrong, because tasks say so loudly."""
    try:
        return ZoneInfo(report_time_zone())
    except SettingError:
        return ZoneInfo("UTC")


def day_words(value: datetime, language: Language, *, with_time: bool = False) -> str:
    """A day, with its time if asked for, in the time zone of reports."""
    own = value.astimezone(zone())
    words = f"{own.day} {text(f'month.short_{own.month}', language)} {own.year}"
    return f"{words}, {own:%H:%M}" if with_time else words


def _words(language: Language) -> dict[str, Any]:
    """What templates call for words, times and numbers."""

    def translated(key: str, **values: object) -> str:
        return text(key, language, **values)

    def moment(value: datetime | None) -> str:
        return "" if value is None else day_words(value, language, with_time=True)

    def count(value: Any) -> str:
        return text("page.unknown", language) if value is None else number(value, language)

    def percent(value: Any, digits: int = 1) -> str:
        """A share between 0 and 1."""
        if value is None:
            return text("page.unknown", language)
        return f"{number(100 * value, language, digits)}\N{NO-BREAK SPACE}%"

    def known(topic: str, code: str | None, other: str) -> str:
        return text_or(f"{topic}.{code}", other, language)

    def code_or(topic: str, code: str) -> str:
        """The words of a code; the code itself where the catalogue does not know it."""
        return translated(f"{topic}.{code}") if f"{topic}.{code}" in catalogue() else code

    callables: dict[str, Callable[..., str]] = {
        "t": translated, "moment": moment, "count": count, "percent": percent,
        "known": known, "code_or": code_or, "audience_name": name_in,
    }  # fmt: skip
    return {**callables, "language": language, "languages": LANGUAGES, "zone_name": str(zone())}


def _addresses(request: Request) -> dict[str, Any]:
    """Where the reader is, and where Airflow begins, relative to the page."""
    root = request.scope.get("root_path", "")
    path = request.scope["path"].removeprefix(root).lstrip("/")
    query = request.url.query
    here = f"{path}?{query}" if query else path
    return {
        "here": quote(here, safe=""),
        "view": path,
        "up": "../" * path.count("/"),
        "stylesheet": Markup(_STYLE),  # noqa: S704 - our own file
        "script": Markup(_SCRIPT),  # noqa: S704 - our own file
        "form_token": getattr(request.state, "form_token", ""),
        "rights": getattr(request.state, "rights", frozenset()),
    }
