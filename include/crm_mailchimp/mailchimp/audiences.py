"""Audiences (Mailchimp: lists): reading, creating, adjusting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import AudienceLimitReached, PermissionDenied
from crm_mailchimp.mailchimp.paging import walk
from crm_mailchimp.provider import Audience, AudienceSettings


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
        key=lambda entry: str(entry["id"]),
    ):
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
        # One answer for two causes; the list of audiences tells whether the plan is the reason
        # (OpenAPI 3.0.55, ``GET /lists``, ``constraints``).
        answer = client.lists.get_all_lists(count=1, fields=["constraints"])
        constraints = answer.get("constraints") or {}
        if constraints.get("may_create", True):
            raise
        raise AudienceLimitReached(
            present=int(constraints.get("current_total_instances") or 0),
            allowed=int(constraints.get("max_instances") or 0),
            refusal=error,
        ) from error


def update_audience(client: MailchimpClient, list_id: str, settings: AudienceSettings) -> Audience:
    """Adjust an audience's name, sender and list defaults; everything else stays."""
    return audience_of(client.lists.update_list(list_id, _body(settings)))


def audience_of(entry: Mapping[str, Any]) -> Audience:
    """Read an audience from its JSON object."""
    contact = entry.get("contact") or {}
    defaults = entry.get("campaign_defaults") or {}
    stats = entry.get("stats") or {}
    return Audience(
        list_id=str(entry["id"]),
        settings=AudienceSettings(
            name=str(entry.get("name") or ""),
            company=str(contact.get("company") or ""),
            address1=str(contact.get("address1") or ""),
            address2=str(contact.get("address2") or ""),
            city=str(contact.get("city") or ""),
            state=str(contact.get("state") or ""),
            zip=str(contact.get("zip") or ""),
            country=str(contact.get("country") or ""),
            phone=str(contact.get("phone") or ""),
            from_name=str(defaults.get("from_name") or ""),
            from_email=str(defaults.get("from_email") or ""),
            subject=str(defaults.get("subject") or ""),
            language=str(defaults.get("language") or ""),
            permission_reminder=str(entry.get("permission_reminder") or ""),
            email_type_option=bool(entry.get("email_type_option")),
        ),
        member_count=int(stats.get("member_count") or 0),
        unsubscribe_count=int(stats.get("unsubscribe_count") or 0),
        cleaned_count=int(stats.get("cleaned_count") or 0),
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
