"""Subject access: everything the warehouse knows about one person, for the person to read."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from psycopg import Connection

from crm_mailchimp.address import parse_address, written_form
from crm_mailchimp.data_protection.known_under import known_under, merged_into
from crm_mailchimp.data_protection.person_keys import person_keys
from crm_mailchimp.data_protection.refusal_words import as_text
from crm_mailchimp.rows import read_rows
from crm_mailchimp.statements import statement

_STATEMENTS = "sync/access_sync", "sync/access_staging", "sync/access_reports"

_STYLE = (
    "body{font-family:system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:0 0 1rem;width:100%}"
    "td,th{border:1px solid #ccc;padding:.2rem .5rem;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}th{width:14rem;font-weight:600;background:#f6f6f6}"
)


@dataclass(frozen=True, kw_only=True)
class SubjectAccess:
    """What is known of one person.

    Attributes:
        address: what was asked for, in normal form, or as written if it has none; None: a contact.
        contact_ids: contacts of the CRM that have, had or would have it. Or the one that was asked
            for.
        collected_at: when this was put together.
        sections: records by what they are; every field as it is kept.
    """

    address: str | None = field(repr=False)
    contact_ids: Sequence[int]
    collected_at: datetime
    sections: Mapping[str, Sequence[Mapping[str, object]]] = field(repr=False)

    @property
    def nothing_held(self) -> bool:
        """No table of the warehouse knows the person."""
        return not self.sections

    def as_json(self) -> str:
        """One JSON object; Greek stays readable."""
        known = {**asdict(self), "nothing_held": self.nothing_held, "summary": self._summary()}
        return json.dumps(known, default=as_text, ensure_ascii=False, indent=2)

    def as_text(self) -> str:
        """Plain text, a block for each record."""
        return "\n".join(self._lines())

    def as_html(self) -> str:
        """One page without scripts or outside resources."""
        title = html.escape(self._title())
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
            f"<p>{html.escape(self._summary())}</p>{''.join(self._html_sections())}</body></html>\n"
        )

    def _title(self) -> str:
        return f"What is known about {self.address or f'contact {self.contact_ids[0]}'}"

    def _summary(self) -> str:
        collected = f"Put together {as_text(self.collected_at)}."
        if self.nothing_held:
            return (
                "Nothing is held: no table of the warehouse knows this person. "
                f"The CRM and Mailchimp answer for themselves. {collected}"
            )
        contacts = ", ".join(map(str, self.contact_ids)) or "none"
        several = (
            " Several contacts have, or had, this address, or were merged. Make sure that all are "
            "the person who asks, or ask again by contact, before you hand this over."
            if len(self.contact_ids) > 1
            else ""
        )
        return f"Contacts in the CRM: {contacts}.{several} {collected}"

    def _lines(self) -> Iterator[str]:
        yield self._title()
        yield self._summary()
        for section, records in self.sections.items():
            yield ""
            yield f"== {section} ({len(records)})"
            for record in records:
                yield ""
                yield from (f"  {name}: {_plain(value)}" for name, value in _filled(record))

    def _html_sections(self) -> Iterator[str]:
        for section, records in self.sections.items():
            yield f"<h2>{html.escape(section)} ({len(records)})</h2>"
            for record in records:
                rows = "".join(
                    f"<tr><th>{html.escape(name)}</th><td>{html.escape(_plain(value))}</td></tr>"
                    for name, value in _filled(record)
                )
                yield f"<table>{rows}</table>"


class _KnownRecord(NamedTuple):
    """A record as it is kept, and what it is."""

    section: str
    record: Mapping[str, object]


def access_by_address(warehouse: Connection[Any], email: str) -> SubjectAccess:
    """Everything that staging, sync, stats and marts hold about an address in any spelling.

    An address that is not well formed is looked up as it is written. Snapshots of the CRM hold it,
    too. Earlier addresses of its contacts count, too, as far as they are known. The CRM and
    Mailchimp keep their own data, and answer for it themselves.

    Raises:
        UnknownAddressError: the text is empty.
        SuppressionLostError: the suppression list is not whole.
    """
    known = known_under(warehouse, email)
    asked_for = parse_address(email).key or written_form(email)
    return _gather(
        warehouse, asked_for, known.contact_ids, known.addresses, known.subscriber_hashes
    )


def access_by_contact(warehouse: Connection[Any], contact_id: int) -> SubjectAccess:
    """Everything about a contact of the CRM, under all addresses that it has or had.

    Contacts that were merged into it are the same person, and are included.

    Raises:
        SuppressionLostError: the suppression list is not whole.
    """
    merged = merged_into(warehouse, contact_id)
    return _gather(warehouse, None, merged, frozenset(), frozenset())


def _gather(
    warehouse: Connection[Any],
    asked_for: str | None,
    contact_ids: Sequence[int],
    addresses: Set[str],
    hashes: Set[str],
) -> SubjectAccess:
    keys = person_keys(warehouse, contact_ids, addresses, hashes)
    parameters = {
        "subscriber_hashes": sorted(keys.subscriber_hashes),
        "addresses": sorted(keys.addresses),
        "contact_ids": list(contact_ids),
        "digests": keys.digests,
    }
    sections: dict[str, list[Mapping[str, object]]] = {}
    for name in _STATEMENTS:
        for one in read_rows(warehouse, _KnownRecord, statement(name), parameters):
            sections.setdefault(one.section, []).append(one.record)
    warehouse.rollback()
    return SubjectAccess(
        address=asked_for,
        contact_ids=contact_ids,
        collected_at=datetime.now(UTC),
        sections=sections,
    )


def _filled(record: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    return ((name, value) for name, value in record.items() if value is not None)


def _plain(value: object) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
