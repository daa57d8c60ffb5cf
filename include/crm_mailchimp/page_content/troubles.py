"""How collections are, and which a person should look at: a shared audience once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from crm_mailchimp.sync.runs.collections_page import CollectionRow

Health = Literal["failed", "blocked", "late", "never", "previewed", "running", "succeeded"]
#: What needs somebody comes first.
HEALTHS: Sequence[Health] = get_args(Health)


class CollectionInTrouble(NamedTuple):
    """A collection, or a shared audience, that a person should look at.

    Attributes:
        sharing: the collections that share the audience, and have no other trouble than it.
    """

    health: Health
    row: CollectionRow
    sharing: Sequence[CollectionRow]


def health_of(row: CollectionRow, late: set[str]) -> Health:
    """How a collection is, in one word."""
    match row.state:
        case "failed" | "blocked" as trouble:
            return trouble
        case None if row.succeeded_at is None:
            return "never"
    if row.collection_code in late:
        return "late"
    if row.state == "dry_run":
        return "previewed"
    return "running" if row.state is None else "succeeded"


def troubles_among(
    collections: Sequence[tuple[Health, CollectionRow]], audience_codes: Mapping[str, str]
) -> list[CollectionInTrouble]:
    """What a person should look at, in the order of the collections.

    Args:
        collections: shared audiences among them.
        audience_codes: the code of the audience that a collection shares, by the collection's.
    """
    found = [one for one in collections if one[0] in ("failed", "blocked", "late")]
    audiences = {row.collection_code: (health, row) for health, row in found}
    alone: list[CollectionInTrouble] = []
    sharing: dict[str, list[CollectionRow]] = {}
    for health, row in found:
        code = audience_codes.get(row.collection_code, "")
        audience = audiences.get(code)
        if audience is not None and audience[0] == health and _says_the_same(row, audience[1]):
            sharing.setdefault(code, []).append(row)
        else:
            alone.append(CollectionInTrouble(health, row, []))
    return [one._replace(sharing=sharing.get(one.row.collection_code, [])) for one in alone]


def _says_the_same(row: CollectionRow, audience: CollectionRow) -> bool:
    """Whether the detail of a collection's run ends with that of its audience, and adds nothing."""
    if audience.detail is None or row.detail is None:
        return row.detail == audience.detail
    _, colon, rest = audience.detail.partition(": ")
    return row.detail.endswith(rest if colon else audience.detail)
