"""Addresses of Mailchimp's own pages, for people who are logged in there."""

from __future__ import annotations

from urllib.parse import urlsplit

_API = ".api.mailchimp.com"


def audience_page(base_url: str, web_id: int | None) -> str | None:
    """The page of an audience's members, or of all audiences.

    Source: description of ``web_id`` of a list (Mailchimp Marketing API 3.0.55).

    Args:
        base_url: of the account's API, such as ``https://us21.api.mailchimp.com/3.0``.
        web_id: of the audience; None: not known yet.

    Returns:
        None where the API is not Mailchimp's own: nobody knows the pages of another host.
    """
    host = urlsplit(base_url).hostname or ""
    if not host.endswith(_API):
        return None
    pages = f"https://{host.removesuffix(_API)}.admin.mailchimp.com/lists/"
    return pages if web_id is None else f"{pages}members/?id={web_id}"
