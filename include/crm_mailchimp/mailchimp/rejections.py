"""Reading Mailchimp's words when it refuses one member.

A batch subscribe answers 200 and lists the refused members. It has only two codes for them,
ERROR_CONTACT_EXISTS and ERROR_GENERIC (public OpenAPI description, ``POST /lists/{list_id}``). So
the text decides. The texts are those of Mailchimp's API, as seen in bug reports of many clients. An
unknown one is kind 'other' and never retried by itself.
"""

from __future__ import annotations

import re

from crm_mailchimp.address import subscriber_hash
from crm_mailchimp.mailchimp.errors import BadRequest, MailchimpError, NotFound
from crm_mailchimp.provider import Rejection

#: Text → (kind of ``Rejection``, whether the same request can succeed later by itself). The first
#: that is found decides.
_WORDS: tuple[tuple[re.Pattern[str], str, bool], ...] = tuple(
    (re.compile(words, re.IGNORECASE), kind, retryable)
    for words, kind, retryable in (
        (r"is already a list member|member exists", "exists", False),
        (r"permanently deleted|forgotten email", "forgotten", False),
        (
            r"compliance state|has (previously )?unsubscribed|has bounced|already unsubscribed",
            "compliance",
            False,
        ),
        (r"looks fake or invalid|enter a real email", "fake", False),
        (r"signed up to a lot of lists|too many recent signup", "other", True),
        (r"merge fields? (were|was|are|is) invalid|merge field", "merge_field", False),
        (
            r"valid email|invalid email|email address is invalid|single @|"
            r"(domain|username) portion|email address .*(invalid|blank)",
            "invalid",
            False,
        ),
    )
)


def rejection(
    email_address: str,
    message: str,
    *,
    code: str = "",
    field: str = "",
    field_message: str = "",
) -> Rejection:
    """Tell what kind of refusal an entry of a batch subscribe's ``errors`` is."""
    kind, retryable = _kind(message)
    if code == "ERROR_CONTACT_EXISTS":
        kind, retryable = "exists", False
    elif kind == "other" and field:
        # "The resource submitted could not be validated": the field says what is meant.
        kind = "invalid" if field.upper() in ("EMAIL", "EMAIL_ADDRESS") else "merge_field"
    words = message if not field_message else f"{message} {field}: {field_message}"
    return Rejection(
        email_address=email_address,
        subscriber_hash=subscriber_hash(email_address),
        kind=kind,
        message=words,
        retryable=retryable,
    )


def rejection_of(member_hash: str, error: MailchimpError) -> Rejection:
    """Tell what kind of refusal the error of a request about one member is."""
    fields: tuple[str, ...] = ()
    if isinstance(error, BadRequest):
        fields = tuple(f"{entry.field}: {entry.message}" for entry in error.errors)
    message = " ".join(part for part in (error.title, error.detail, *fields) if part)
    if isinstance(error, NotFound):
        kind, retryable = "not_found", False
    else:
        kind, retryable = _kind(message)
        retryable = retryable or error.retryable
    return Rejection(
        email_address="",
        subscriber_hash=member_hash,
        kind=kind,
        message=message or str(error),
        retryable=retryable,
    )


def _kind(message: str) -> tuple[str, bool]:
    for words, kind, retryable in _WORDS:
        if words.search(message):
            return kind, retryable
    return "other", False
