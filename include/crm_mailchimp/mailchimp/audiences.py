"""Audiences (Mailchimp: lists): reading, creating, adjusting."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import (
    AudienceLimitReached,
    PermissionDenied,
    UnexpectedAnswer,
)
from crm_mailchimp.mailchimp.paging import walk
from crm_mailchimp.mailchimp.readings import count_of, object_of, text_of
from crm_mailchimp.provider import Audience, AudienceSettings

log = logging.getLogger(__name__)


def audiences(client: MailchimpClient) -> Iterator[Audience]:
    """All audiences of the account, oldest first."""
    for entry in walk(
        lambda count, offset: client.lists.get_all_lists(
            count=count,
            offset=offset,
            exclude_fields=["_links", "lists._links", "lists.modules"],
            sort_field="date_created",
            sort_dir="ASC",
        ),
        "lists",
        key=lambda entry: str(entry.get("id")),
    ):
        if not text_of(entry.get("id")):
            log.warning("an audience in the list of all has no id and is passed over")
            continue
        yield audience_of(entry)


def audience(client: MailchimpClient, list_id: str) -> Audience:
    """One audience.

    Raises:
        NotFound: there is none with this id in the account.
    """
    return audience_of(client.lists.get_list(list_id, exclude_fields=["_links", "modules"]))


def create_audience(client: MailchimpClient, settings: AudienceSettings) -> Audience:
    """Create an audience.

    It is never repeated after a lost answer, as that could make a second one. Look for its name
    before you create it again.

    Raises:
        ConnectionFault, ServerError: with ``outcome_unknown``, the audience may exist.
        AudienceLimitReached: the account's plan allows no further audience.
        PermissionDenied, BadRequest: the key's user may not, or a setting is refused.
    """
    try:
        return audience_of(client.lists.create_list(_body(settings)))
    except PermissionDenied as error:
        # One answer for two causes; the list of audiences tells whether the plan is the reason.
        constraints = _constraints(client)
        if constraints.get("may_create", True):
            raise
        raise AudienceLimitReached(
            present=count_of(constraints.get("current_total_instances")),
            allowed=count_of(constraints.get("max_instances")),
            refusal=error,
        ) from error


def most_audiences(client: MailchimpClient) -> int | None:
    """How many audiences the account's plan allows; None: any number, or Mailchimp does not say."""
    # -1 is unlimited (OpenAPI 3.0.55, ``GET /lists``, ``constraints``, ``max_instances``).
    allowed = _constraints(client).get("max_instances")
    is_limit = isinstance(allowed, int) and not isinstance(allowed, bool) and allowed >= 0
    return allowed if is_limit else None


def update_audience(client: MailchimpClient, list_id: str, settings: AudienceSettings) -> Audience:
    """Adjust an audience's name, sender and list defaults; everything else stays."""
    return audience_of(client.lists.update_list(list_id, _body(settings)))


def audience_of(entry: Mapping[str, Any]) -> Audience:
    """Read an audience from its JSON object.

    Raises:
        UnexpectedAnswer: it has no id.
    """
    list_id = text_of(entry.get("id"))
    if not list_id:
        raise UnexpectedAnswer("an audience has no id")
    contact = object_of(entry.get("contact"))
    defaults = object_of(entry.get("campaign_defaults"))
    stats = object_of(entry.get("stats"))
    return Audience(
        list_id=list_id,
        settings=AudienceSettings(
            name=text_of(entry.get("name")),
            company=text_of(contact.get("company")),
            address1=text_of(contact.get("address1")),
            address2=text_of(contact.get("address2")),
            city=text_of(contact.get("city")),
            state=text_of(contact.get("state")),
            zip=text_of(contact.get("zip")),
            country=text_of(contact.get("country")),
            phone=text_of(contact.get("phone")),
            from_name=text_of(defaults.get("from_name")),
            from_email=text_of(defaults.get("from_email")),
            subject=text_of(defaults.get("subject")),
            language=text_of(defaults.get("language")),
            permission_reminder=text_of(entry.get("permission_reminder")),
            email_type_option=entry.get("email_type_option") is True,
        ),
        member_count=count_of(stats.get("member_count")),
        unsubscribe_count=count_of(stats.get("unsubscribe_count")),
        cleaned_count=count_of(stats.get("cleaned_count")),
        has_permissions=entry.get("marketing_permissions") is True,
    )


def _body(settings: AudienceSettings) -> dict[str, Any]:
    return {
        "name": settings.name,
        "contact": {
            "company": settings.company,
            "address1": settings.address1,
            "address2": settings.address2,
            "city": settings.city,
            "state": settings.state,
            "zip": settings.zip,
            "country": settings.country,
            "phone": settings.phone,
        },
        "permission_reminder": settings.permission_reminder,
        "campaign_defaults": {
            "from_name": settings.from_name,
            "from_email": settings.from_email,
            "subject": settings.subject,
            "language": settings.language,
        },
        "email_type_option": settings.email_type_option,
    }


def _constraints(client: MailchimpClient) -> Mapping[str, Any]:
    """What the plan allows of audiences (OpenAPI 3.0.55, ``GET /lists``, ``constraints``)."""
    answer = client.lists.get_all_lists(count=1, fields=["constraints"])
    return object_of(object_of(answer).get("constraints"))
