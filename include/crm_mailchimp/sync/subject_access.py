"""Subject access: everything the warehouse knows about one address, for the person to read."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from crm_mailchimp.address import parse_address
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.erasure import address_forms
from crm_mailchimp.sync.explain import UnknownAddressError, as_text
from crm_mailchimp.sync.suppression import open_suppression

_STYLE = (
    "body{font-family:system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:0 0 1rem;width:100%}"
    "td,th{border:1px solid #ccc;padding:.2rem .5rem;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}th{width:14rem;font-weight:600;background:#f6f6f6}"
)


@dataclass(frozen=True)
class SubjectAccess:
    """What is known of one person.

    Attributes:
        address: what was asked for, in normal form.
        contact_ids: contacts of the CRM that stand, stood or would stand under it.
        told_at: when this was put together.
        sections: records by the table they come from; every field as it is kept.
    """

    address: str = field(repr=False)
    contact_ids: Sequence[int]
    told_at: datetime
    sections: Mapping[str, Sequence[Mapping[str, Any]]] = field(repr=False)

    def as_json(self) -> str:
        """One JSON object; Greek stays readable."""
        return json.dumps(asdict(self), default=as_text, ensure_ascii=False, indent=2)

    def as_text(self) -> str:
        """Plain text, a block for each record."""
        return "\n".join(self._lines())

    def as_html(self) -> str:
        """One page without scripts or outside resources."""
        title = html.escape(f"What is known about {self.address}")
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
            f"<p>{html.escape(self._summary())}</p>{''.join(self._html_sections())}</body></html>\n"
        )

    def _summary(self) -> str:
        contacts = ", ".join(map(str, self.contact_ids)) or "none"
        return f"Contacts in the CRM: {contacts}. Put together {as_text(self.told_at)}."

    def _lines(self) -> Iterator[str]:
        yield f"What is known about {self.address}"
        yield self._summary()
        for section, records in self.sections.items():
            yield ""
            yield f"== {section} ({len(records)})"
            for record in records:
                yield ""
                yield from (f"  {name}: {_plain(value)}" for name, value in _told(record))

    def _html_sections(self) -> Iterator[str]:
        for section, records in self.sections.items():
            yield f"<h2>{html.escape(section)} ({len(records)})</h2>"
            for record in records:
                rows = "".join(
                    f"<tr><th>{html.escape(name)}</th><td>{html.escape(_plain(value))}</td></tr>"
                    for name, value in _told(record)
                )
                yield f"<table>{rows}</table>"


def gather(warehouse: Connection[Any], email: str) -> SubjectAccess:
    """Everything that staging, sync, stats and marts hold about an address in any spelling.

    Earlier addresses of its contacts count, too, as far as their hashes are known. The CRM and
    Mailchimp keep their own data, and answer for it themselves.

    Raises:
        UnknownAddressError: the text is no well-formed address.
        SuppressionLostError: the suppression list is not whole.
    """
    key = parse_address(email).key
    if key is None:
        raise UnknownAddressError("this is no well-formed e-mail address")
    forms, hashes = address_forms(email)
    digester = open_suppression(warehouse)
    contact_ids = [
        contact_id
        for (contact_id,) in warehouse.execute(
            statement("sync/explain_contacts"),
            {"subscriber_hashes": sorted(hashes), "address": key},
        )
    ]
    hashes |= {
        hash_
        for (hash_,) in warehouse.execute(
            statement("sync/access_hashes"), {"contact_ids": contact_ids}
        )
    }
    rows = warehouse.execute(
        statement("sync/access_everything"),
        {
            "subscriber_hashes": sorted(hashes),
            "addresses": sorted(forms),
            "contact_ids": contact_ids,
            "digests": [digester.address(key), *(digester.contact(one) for one in contact_ids)],
        },
    ).fetchall()
    warehouse.rollback()
    sections: dict[str, list[Mapping[str, Any]]] = {}
    for section, record in rows:
        sections.setdefault(section, []).append(record)
    return SubjectAccess(key, contact_ids, datetime.now(UTC), sections)


def _told(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in record.items() if value is not None)


def _plain(value: object) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
