"""By which code a campaign is known: each has one of its own, whatever the CRM has in the column.

A person, a title in Mailchimp and a run's parameter name a campaign by its code. So two campaigns
never share one, and two codes never look the same.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.blank_signs import visible_form
from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement


class WrittenCode(NamedTuple):
    """A campaign's code as the CRM has it; empty where it has none.

    Attributes:
        written_id: the id as the CRM writes it, such as ``14.00``.
    """

    campaign_id: int
    written_id: str
    code: str


@dataclass(frozen=True)
class CampaignCode:
    """The code by which a campaign is known.

    Attributes:
        code: the CRM's, or a name made of the campaign's id.
        problem: why the CRM's code cannot be used. Then the campaign is neither made nor sent.
        kind: of the problem, without the other campaign.
    """

    code: str
    problem: str | None = None
    kind: str | None = None


def read_campaign_codes(
    crm: Connection[Any], *, without_provider: bool = False
) -> dict[int, CampaignCode]:
    """The codes of all campaigns of collections with an external provider, by campaign id.

    Args:
        crm: to ``crm_db``.
        without_provider: also campaigns whose collection has no provider any more. They take no
            code from the others.
    """
    asked = {"without_provider": without_provider}
    found = campaign_codes(read_rows(crm, WrittenCode, statement("crm/campaign_codes"), asked))
    return found | read_campaign_codes(crm) if without_provider else found


def campaign_codes(written: Iterable[WrittenCode]) -> dict[int, CampaignCode]:
    """A code for each campaign, no two of which look the same.

    Of several codes that look the same, the one without anything odd in it stays. If there is none,
    or more than one, all of these campaigns are held back.

    Args:
        written: one row a campaign.
    """
    alike: dict[str, list[WrittenCode]] = defaultdict(list)
    for row in written:
        alike[visible_form(row.code)].append(row)
    odd = [_Odd(row, "column code is empty", "null or empty") for row in alike.pop("", ())]
    found: dict[int, CampaignCode] = {}
    for form, rows in alike.items():
        plain = [row for row in rows if row.code == form]
        kept = rows if len(rows) == 1 else plain if len(plain) == 1 else []
        found |= {row.campaign_id: CampaignCode(row.code.strip(" ")) for row in kept}
        odd += [_like_another(row, rows) for row in rows if row not in kept]
    for one in odd:
        name = _made_up(one.row, alike)
        found[one.row.campaign_id] = CampaignCode(name, one.problem, one.kind)
    return found


class _Odd(NamedTuple):
    row: WrittenCode
    problem: str
    kind: str


def _like_another(row: WrittenCode, rows: Iterable[WrittenCode]) -> _Odd:
    others = [other for other in rows if other.campaign_id != row.campaign_id]
    which = f"campaign {others[0].written_id}{' and others' if len(others) > 1 else ''}"
    if any(other.code == row.code for other in others):
        return _Odd(row, f"column code has the code of {which}", "there more than once")
    return _Odd(
        row,
        f"column code differs from the code of {which} only in spaces or in signs that nobody sees",
        "another code differs only in spaces or in signs that nobody sees",
    )


def _made_up(row: WrittenCode, taken: Mapping[str, object]) -> str:
    """``campaign 14``, or longer where that is the code of another campaign."""
    names = (f"campaign {row.written_id}{' (by id)' * times}" for times in itertools.count())
    return next(name for name in names if name not in taken)
