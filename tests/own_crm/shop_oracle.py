"""Who may be mailed, said in plain Python from the shop's own tables; no view is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

_ATHENS = ZoneInfo("Europe/Athens")
_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y")
_FORMS = [
    f"{day}{clock}" for day in _DAYS for clock in ("", " %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S")
    if not (clock.startswith("T") and day != "%Y-%m-%d")
]  # fmt: skip
_LONG = 4


@dataclass
class _Person:
    """A customer with all duplicates of the customer."""

    said: dict[str, list[tuple[datetime, bool]]] = field(default_factory=lambda: defaultdict(list))
    ends: dict[str, datetime | None] = field(default_factory=dict)
    is_unreadable: bool = False
    addresses: set[str] = field(default_factory=set)


def moment(text: str | None) -> datetime | None:
    """A written day and time of Athens; None if nobody knows what it means."""
    written = (text or "").strip(" ")
    if not written.isascii():
        return None
    for form in _FORMS:
        try:
            read = datetime.strptime(written, form)  # noqa: DTZ007 - the shop writes no zone
        except ValueError:
            continue
        has_long_year = any(
            len(part) == _LONG for part in written.replace("T", " ").split(" ")[0].split("-")
        ) or any(len(part) == _LONG for part in written.split(" ")[0].replace(".", "/").split("/"))
        if has_long_year and 1900 <= read.year <= 2099:
            return read
    return None


def reasons(crm: psycopg.Connection[Any], listno: int, category: str) -> dict[int, str | None]:
    """Each customer on a list, with the reason that holds the customer back, or None.

    Args:
        crm: of the shop's database.
        category: newsletter or offer.
    """
    customers = {row["custno"]: row for row in _rows(crm, "select * from shop.customer")}
    mails = _rows(crm, "select * from shop.customer_mail order by mailno")
    members = [
        row["custno"]
        for row in _rows(crm, f"select custno from shop.mailing_list_customer where"
                              f" listno = {listno} and removed = 0 order by custno")
        if row["custno"] in customers
    ]  # fmt: skip
    people = _people(customers, mails)
    found: dict[int, str | None] = {}
    taken: set[str] = set()
    for custno in members:
        found[custno] = _reason(customers[custno], mails, people, customers, category)
        address = _main(mails, custno)
        if found[custno] is None and address is not None:
            found[custno] = "duplicate_email" if _key(address) in taken else None
            taken.add(_key(address))
    return found


def main_address(crm: psycopg.Connection[Any], custno: int) -> str | None:
    """The address to which the customer's letters go."""
    return _main(_rows(crm, "select * from shop.customer_mail"), custno)


def _reason(
    row: Mapping[str, Any],
    mails: list[dict[str, Any]],
    people: dict[int, _Person],
    customers: dict[int, dict[str, Any]],
    category: str,
) -> str | None:
    asked = (row["forget_on"] or "").strip(" ")
    if moment(asked):
        return "erased_contact"
    flags = {row["blocked"], row["deleted"]}
    if asked not in ("", "0000-00-00") or not flags <= {0, 1}:
        return "unreadable_row"
    if flags != {0} or row["same_as"]:
        return "inactive_contact"
    address = _main(mails, row["custno"])
    if address is None:
        return "missing_email"
    if "@" not in address:
        return "invalid_email"
    own = people[row["custno"]]
    others = [person for person in people.values()
              if person is not own and _key(address) in person.addresses]  # fmt: skip
    if own.is_unreadable:
        return "unreadable_consent"
    if (word := _word(own, category)) != "granted":
        return word
    erased = any(
        moment(customers[mail["custno"]]["forget_on"])
        for mail in mails
        if _key(mail["address"]) == _key(address)
    )
    refused = any(_word(person, category) == "consent_withdrawn" for person in others)
    if refused or erased:
        return "shared_address_refused"
    return "unreadable_consent" if any(person.is_unreadable for person in others) else None


def _word(person: _Person, category: str) -> str:
    said = person.said[category]
    now = datetime.now(UTC)
    past = [one for one in said if one[0] <= now]
    if not past:
        return "consent_not_yet_effective" if any(one[1] for one in said) else "no_consent"
    # A no wins a tie.
    _, is_yes = max(past, key=lambda one: (one[0], not one[1]))
    if not is_yes:
        return "consent_withdrawn"
    end = person.ends.get(category)
    return "consent_expired" if end is not None and end <= now else "granted"


def _people(
    customers: dict[int, dict[str, Any]], mails: list[dict[str, Any]]
) -> dict[int, _Person]:
    roots = {custno: _root(customers, custno) for custno in customers}
    people = {root: _Person() for root in roots.values()}
    for custno, root in roots.items():
        person = people[root]
        for category, is_yes, said, end, is_bad in _answers(customers[custno]):
            if custno != root and is_yes:
                continue  # a yes of a duplicate says nothing
            person.is_unreadable |= is_bad
            if not is_bad and said is not None:
                person.said[category].append((said, bool(is_yes)))
                if custno == root:
                    person.ends[category] = end
    for mail in mails:
        if mail["custno"] in roots:
            people[roots[mail["custno"]]].addresses.add(_key(mail["address"]))
    return people


def _answers(
    row: Mapping[str, Any],
) -> Iterator[tuple[str, bool | None, datetime | None, datetime | None, bool]]:
    for category, name in (("newsletter", "ok_news"), ("offer", "ok_offers")):
        flag, said = row[name], moment(row[f"{name}_on"])
        if flag is None:
            continue
        until = (row.get(f"{name}_until") or "").strip(" ")
        end = moment(until)
        if flag == 1:
            said = said.replace(hour=0, minute=0, second=0) if said else None
            is_bad = said is None or (until != "" and end is None)
        else:
            latest = [one for one in (said, row["changed"]) if one is not None]
            said = min(latest) if latest else None
            is_bad = flag != 0 or said is None
        midnight = end.replace(hour=0, minute=0, second=0) if end else None
        yield category, {0: False, 1: True}.get(flag), _utc(said), _utc(midnight), is_bad


def _utc(local: datetime | None) -> datetime | None:
    return local.replace(tzinfo=_ATHENS).astimezone(UTC) if local else None


def _root(customers: Mapping[int, Mapping[str, Any]], custno: int) -> int:
    while (above := customers[custno]["same_as"]) and above in customers:
        custno = above
    return custno


def _main(mails: list[dict[str, Any]], custno: int) -> str | None:
    live = [
        mail
        for mail in mails
        if mail["custno"] == custno and mail["is_main"] == 1 and mail["deleted"] == 0
    ]
    if len(live) != 1 or live[0]["bounced"] != 0:
        return None
    return str(live[0]["address"])


def _key(address: str) -> str:
    return address.strip().lower()


def _rows(crm: psycopg.Connection[Any], query: str) -> list[dict[str, Any]]:
    with crm.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode()).fetchall()
