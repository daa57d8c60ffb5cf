"""Mailchimp's own data as assets of Airflow, such as ``mailchimp://us1.api.mailchimp.com/lists``.

The form of a URI is ours: neither Airflow nor OpenLineage has one for Mailchimp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from airflow.providers.common.compat.openlineage.facet import Dataset

SCHEME = "mailchimp"


def sanitize_uri(uri: SplitResult) -> SplitResult:
    """Insist on a host and one path, as Airflow asks of each scheme.

    Raises:
        ValueError: the URI names no host or nothing at that host.
    """
    if not uri.netloc or not uri.path.strip("/"):
        raise ValueError(
            "write mailchimp://host/kind, such as mailchimp://us1.api.mailchimp.com/lists"
        )
    return uri._replace(path=f"/{uri.path.strip('/')}")


def uri_of(base_url: str, path: str) -> str:
    """The asset that a path of the API is about, without ids.

    Args:
        base_url: of the account, such as ``https://us1.api.mailchimp.com/3.0``.
        path: a template, such as ``/lists/{list_id}/members``.
    """
    kinds = [part for part in path.split("/") if part and not part.startswith("{")]
    return f"{SCHEME}://{urlsplit(base_url).netloc}/{'/'.join(kinds)}"


def convert_asset_to_openlineage(asset: Any, lineage_context: Any) -> Dataset:
    """The dataset of an asset: the host is the namespace, and the rest is the name.

    Args:
        asset: one whose URI has our scheme.
        lineage_context: what Airflow hands over; not needed.
    """
    from airflow.providers.common.compat.openlineage.facet import Dataset  # noqa: PLC0415

    parsed = urlsplit(asset.uri)
    return Dataset(namespace=f"{SCHEME}://{parsed.netloc}", name=parsed.path.strip("/"))
