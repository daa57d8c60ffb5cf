"""Mailchimp's words about one member → what kind of refusal it is."""

from __future__ import annotations

import hashlib

import pytest

from crm_mailchimp.address import subscriber_hash
from crm_mailchimp.mailchimp.errors import BadRequest, FieldError, NotFound, ServerError
from crm_mailchimp.mailchimp.rejections import rejection, rejection_of
from crm_mailchimp.mailchimp.timestamps import format_instant, parse_instant

WHO = "eleni@galaxy.gr"


@pytest.mark.parametrize(
    ("words", "kind", "retryable"),
    [
        (f"{WHO} is already a list member. Use PUT to insert or update.", "exists", False),
        (
            f"{WHO} was permanently deleted and cannot be re-imported. The contact must"
            " re-subscribe to get back on the list.",
            "forgotten",
            False,
        ),
        (
            f"{WHO} is in a compliance state due to unsubscribe, bounce, or compliance review and"
            " cannot be subscribed.",
            "compliance",
            False,
        ),
        (f"{WHO} looks fake or invalid, please enter a real email address.", "fake", False),
        ("Please provide a valid email address.", "invalid", False),
        ("An email address must contain a single @", "invalid", False),
        (
            "The domain portion of the email address is invalid (the portion after the @: gr)",
            "invalid",
            False,
        ),
        ("Your merge fields were invalid.", "merge_field", False),
        (
            f"{WHO} has signed up to a lot of lists very recently; we're not allowing more signups"
            " for now",
            "other",
            True,
        ),
        (f'Recipient "{WHO}" has too many recent signup requests', "other", True),
        ("Something that nobody has seen yet", "other", False),
    ],
)
def test_texts(words: str, kind: str, retryable: bool) -> None:
    found = rejection(WHO, words, code="ERROR_GENERIC")
    assert (found.kind, found.retryable, found.message) == (kind, retryable, words)
    assert found.subscriber_hash == hashlib.md5(WHO.encode()).hexdigest()
    assert WHO not in repr(found)


def test_the_code_and_the_field_help_where_the_text_does_not() -> None:
    validated = "The resource submitted could not be validated."
    assert rejection(WHO, "Υπάρχει", code="ERROR_CONTACT_EXISTS").kind == "exists"
    assert rejection(WHO, validated, field="BIRTHDAY", field_message="Bad").kind == "merge_field"
    assert rejection(WHO, validated, field="EMAIL").kind == "invalid"
    assert "BIRTHDAY: Bad" in (
        rejection(WHO, validated, field="BIRTHDAY", field_message="Bad").message
    )


def test_errors_of_single_requests() -> None:
    member_hash = subscriber_hash(WHO)
    compliance = BadRequest(title="Member In Compliance State", detail=f"{WHO} is in …", status=400)
    merge = BadRequest(
        title="Invalid Resource",
        detail="Your merge fields were invalid.",
        errors=(FieldError(field="PLIROMI", message="Value must be a number"),),
    )
    assert rejection_of(member_hash, compliance).kind == "compliance"
    assert rejection_of(member_hash, merge).kind == "merge_field"
    assert "PLIROMI: Value must be a number" in rejection_of(member_hash, merge).message
    assert rejection_of(member_hash, NotFound(title="Resource Not Found")).kind == "not_found"
    assert rejection_of(member_hash, ServerError(status=500)).retryable


@pytest.mark.parametrize("address", ["Eleni@Galaxy.GR", "ELENI@GALAXY.GR", "eleni@galaxy.gr"])
def test_the_subscriber_hash_is_of_the_lower_cased_address(address: str) -> None:
    assert subscriber_hash(address) == hashlib.md5(b"eleni@galaxy.gr").hexdigest()


def test_instants_are_whole_seconds_of_utc() -> None:
    instant = parse_instant("2026-11-23T14:05:06.987654+02:00")
    assert instant is not None
    assert format_instant(instant) == "2026-11-23T12:05:06+00:00"
    assert parse_instant("") is None
    assert parse_instant(None) is None
    with pytest.raises(ValueError, match="time zone"):
        format_instant(instant.replace(tzinfo=None))
