"""Who may get newsletters, said in plain Python from SuiteCRM's own tables; no view is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row


def contact_id(written: str) -> int:
    """The number that the contract has for an id of SuiteCRM."""
    return int(hashlib.md5(written.encode()).hexdigest()[:15], 16)


def reasons(crm: psycopg.Connection[Any], list_id: str) -> dict[str, str | None]:
    """Each contact of a target list, with the reason that holds the contact back, or None."""
    tables = _Tables(crm)
    found: dict[str, str | None] = {}
    holders: dict[str, list[str]] = {}
    for one in tables.contacts:
        if (address := tables.primary(one)) is not None:
            holders.setdefault(address["email_address"].lower(), []).append(one)
    words = {one: tables.word(one) for one in tables.contacts}
    for entry in tables.entries:
        if entry["prospect_list_id"] != list_id or entry["related_type"] != "Contacts":
            continue
        one = entry["related_id"]
        if entry["deleted"] != 0 or one not in tables.contacts:
            continue
        found[one] = _reason(tables, words, holders, one)
    taken: set[str] = set()
    for one in sorted(found, key=contact_id):
        if found[one] is None:
            address = tables.primary(one)
            assert address
            key = address["email_address"].lower()
            found[one] = "duplicate_email" if key in taken else None
            taken.add(key)
    return found


def _reason(
    tables: _Tables,
    words: dict[str, tuple[bool, str]],
    holders: dict[str, list[str]],
    one: str,
) -> str | None:
    deleted = tables.contacts[one]["deleted"]
    if deleted not in (0, 1):
        return "unreadable_row"
    if deleted == 1:
        return "inactive_contact"
    address = tables.primary(one)
    if address is None:
        return "missing_email"
    others = [words[other] for other in holders[address["email_address"].lower()]]
    is_unreadable, word = words[one]
    if is_unreadable or word != "granted":
        return "unreadable_consent" if is_unreadable else word
    if any(theirs == "consent_withdrawn" for _, theirs in others):
        return "shared_address_refused"
    return "unreadable_consent" if any(theirs for theirs, _ in others) else None


class _Tables:
    def __init__(self, crm: psycopg.Connection[Any]) -> None:
        def rows(table: str) -> list[dict[str, Any]]:
            with crm.cursor(row_factory=dict_row) as cursor:
                return cursor.execute(f"select * from suitecrm.{table}".encode()).fetchall()

        self.contacts = {row["id"]: row for row in rows("contacts")}
        self.addresses = {row["id"]: row for row in rows("email_addresses")}
        self.links = rows("email_addr_bean_rel")
        self.lists = {row["id"]: row for row in rows("prospect_lists")}
        self.entries = rows("prospect_lists_prospects")

    def _links_of(self, one: str, module: str = "Contacts") -> Iterator[dict[str, Any]]:
        return (
            link for link in self.links if link["bean_id"] == one and link["bean_module"] == module
        )

    def primary(self, one: str) -> dict[str, Any] | None:
        live = [
            self.addresses[link["email_address_id"]]
            for link in self._links_of(one)
            if link["primary_address"] == 1 and link["deleted"] == 0
            and self.addresses[link["email_address_id"]]["deleted"] == 0
        ]  # fmt: skip
        return live[0] if len(live) == 1 and live[0]["invalid_email"] == 0 else None

    def word(self, one: str) -> tuple[bool, str]:
        """Whether something cannot be read, and what the rest amounts to."""
        said: list[tuple[datetime | None, bool | None]] = []
        for link in self._links_of(one):
            address = self.addresses[link["email_address_id"]]
            if (
                link["primary_address"] == 1 and link["deleted"] == 0 and address["deleted"] == 0
                and address["opt_out"] == 0 and address["confirm_opt_in"] == "confirmed-opt-in"
            ):  # fmt: skip
                said.append((address["confirm_opt_in_date"], True))
            for other in self.addresses.values():
                same = other["email_address_caps"] == address["email_address_caps"]
                if same and other["opt_out"] != 0:
                    said.append((other["date_modified"], False if other["opt_out"] == 1 else None))
            said += [(when, False) for when in self._suppressed_by(one, address)]
        if "withdrawn" in (self.contacts[one]["lawful_basis"] or "").lower():
            said.append((self.contacts[one]["date_modified"], False))
        said += [
            (entry["date_modified"], False)
            for entry in self._entries_of("exempt")
            if entry["related_id"] == one and entry["related_type"] == "Contacts"
        ]
        readable = [(when, is_yes) for when, is_yes in said if when and is_yes is not None]
        if not readable:
            return bool(said), "no_consent"
        _, is_yes = max(readable, key=lambda each: (each[0], not each[1]))
        return len(readable) < len(said), "granted" if is_yes else "consent_withdrawn"

    def _entries_of(self, kind: str) -> Iterator[dict[str, Any]]:
        for entry in self.entries:
            of = self.lists.get(entry["prospect_list_id"])
            if of and of["list_type"] == kind and of["deleted"] != 1 and entry["deleted"] != 1:
                yield entry

    def _suppressed_by(self, one: str, address: dict[str, Any]) -> Iterator[datetime | None]:
        for entry in self._entries_of("exempt_address"):
            for link in self._links_of(entry["related_id"], entry["related_type"]):
                theirs = self.addresses[link["email_address_id"]]["email_address_caps"]
                if theirs == address["email_address_caps"]:
                    yield entry["date_modified"]
        for of in self.lists.values():
            domain = (of["domain_name"] or "").lower()
            is_listed = domain and address["email_address"].lower().endswith(f"@{domain}")
            if of["list_type"] == "exempt_domain" and of["deleted"] != 1 and is_listed:
                yield of["date_modified"]
