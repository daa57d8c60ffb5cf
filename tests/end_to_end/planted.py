"""Markers planted in the CRM: what must never be found outside the tables meant for it."""

from __future__ import annotations

from typing import Any

import psycopg

FIRST_ID = 900_001
#: Nothing else in the world contains these words.
MARKER_NAME = "Μαρκαδόρα"
MARKER_SURNAME = "Ζζανταρίδου"
MARKER_WORD = "zzmarker"
ADDRESSES = {
    # eligible, and created in Mailchimp
    900_001: f"{MARKER_WORD}.eligible@example.com",
    # eligible for us; Mailchimp refuses it, and quotes it in its answer
    900_002: "joe@example.com",
    # one address in two spellings: a duplicate
    900_003: f"  {MARKER_WORD.upper()}.Twice@Example.com ",
    900_004: f"{MARKER_WORD}.twice@example.com",
    # malformed
    900_005: f"{MARKER_WORD}.broken@@example.com",
    # withdrawn
    900_006: f"{MARKER_WORD}.withdrawn@example.com",
    # to be erased
    900_007: f"{MARKER_WORD}.erased@example.com",
}
COLLECTION = "MARKERS"
COMMENTS = "Σχόλιο <script>alert('ώπα')</script> & άλλα"
#: A dynamic collection whose failure quotes data: Postgres names the text that is no number.
QUOTING_COLLECTION = "QUOTING_QUERY"


def plant(crm: psycopg.Connection[Any]) -> None:
    """Add marker contacts, their consents, and two collections of them. Committed."""
    for contact_id, address in ADDRESSES.items():
        crm.execute(
            "insert into crm.contact (contact_id, email, first_name, last_name, company, language, "
            "is_active, erasure_requested_at, updated_at) values (%s, %s, %s, %s, %s, 'el', true, "
            "case when %s then now() - interval '1 day' end, now())",
            [
                *(contact_id, address, MARKER_NAME, MARKER_SURNAME, f"{MARKER_WORD} Α.Ε."),
                contact_id == 900_007,
            ],
        )
        crm.execute(
            "insert into crm.consent (consent_id, contact_id, channel, gdpr_category, granted, "
            "effective_at, recorded_at) values (%s, %s, 'email', 'newsletter', %s, "
            "now() - interval '1 day', now())",
            [contact_id, contact_id, contact_id != 900_006],
        )
    query = "select contact_id from crm.contact where contact_id > 900000 and email::int = 1"
    for collection_id, code, text in (
        (9_001, COLLECTION, None),
        (9_002, QUOTING_COLLECTION, query),
    ):
        crm.execute(
            "insert into crm.contact_collection (collection_id, code, description, owner_id, "
            "is_shared, is_static, query_text, comments, external_provider, campaign_type, "
            "use_provider_defaults, sync_merge_fields, is_active, updated_at) values (%s, %s, "
            "%s, 1, false, %s, %s, %s, 'mailchimp', 'NEWSLETTER', true, true, true, now())",
            [collection_id, code, f"Δοκιμή {code}", text is None, text, COMMENTS],
        )
    crm.execute(
        "insert into crm.collection_member (collection_id, contact_id, added_at) "
        "select 9001, contact_id, now() from crm.contact where contact_id > 900000"
    )
    crm.commit()
