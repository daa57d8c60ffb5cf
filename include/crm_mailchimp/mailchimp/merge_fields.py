"""Merge fields: the typed columns of an audience."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_mailchimp.mailchimp.answers import expected_shape
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import BadRequest, MergeFieldLimitReached
from crm_mailchimp.mailchimp.paging import walk
from crm_mailchimp.mailchimp.readings import count_of, object_of, text_of
from crm_mailchimp.provider import MergeField

#: Larger ids do not fit into an integer of Postgres.
_MOST_FIELDS = 2**31


def merge_fields(client: MailchimpClient, list_id: str) -> list[MergeField]:
    """All merge fields of an audience; EMAIL is none of them."""
    return [
        merge_field_of(entry)
        for entry in walk(
            lambda count, offset: client.lists.get_list_merge_fields(
                list_id,
                count=count,
                offset=offset,
                exclude_fields=["_links", "merge_fields._links"],
            ),
            "merge_fields",
            key=lambda entry: str(entry.get("merge_id")),
        )
        # A field without a tag cannot be written to.
        if text_of(entry.get("tag"))
    ]


def create_merge_field(
    client: MailchimpClient, list_id: str, merge_field: MergeField
) -> MergeField:
    """Create a merge field. Never repeated after a lost answer: list the fields first.

    Raises:
        MergeFieldLimitReached: the account's plan allows no further field.
        BadRequest: the tag is taken, or the field is refused for another reason.
        ConnectionFault, ServerError: with ``outcome_unknown``, the field may exist.
    """
    body = {"tag": merge_field.tag, "type": merge_field.type, **_body(merge_field)}
    try:
        return merge_field_of(client.lists.add_list_merge_field(list_id, body))
    except BadRequest as error:
        # "Merge Max Limit Exceeded" comes as an invalid resource: only its words tell.
        if "limit" not in error.detail.lower():
            raise
        raise MergeFieldLimitReached(
            method=error.method,
            path=error.path,
            status=error.status,
            title=error.title,
            detail=error.detail,
            instance=error.instance,
        ) from error


def update_merge_field(
    client: MailchimpClient, list_id: str, merge_field: MergeField
) -> MergeField:
    """Adjust name, visibility, obligation and choices. Tag and type stay as they are.

    Raises:
        ValueError: the field has no ``merge_id``.
    """
    if merge_field.merge_id is None:
        raise ValueError(f"Merge field {merge_field.tag} has no merge_id; read it from Mailchimp.")
    return merge_field_of(
        client.lists.update_list_merge_field(list_id, str(merge_field.merge_id), _body(merge_field))
    )


@expected_shape("a merge field")
def merge_field_of(entry: Mapping[str, Any]) -> MergeField:
    """Read a merge field from its JSON object."""
    options = object_of(entry.get("options"))
    choices = options.get("choices")
    merge_id = count_of(entry.get("merge_id"))
    return MergeField(
        tag=text_of(entry.get("tag")),
        name=text_of(entry.get("name")),
        type=text_of(entry.get("type")),
        merge_id=merge_id if 0 < merge_id < _MOST_FIELDS else None,
        required=entry.get("required") is True,
        public=entry.get("public") is True,
        choices=tuple(map(text_of, choices)) if isinstance(choices, list) else (),
        date_format=text_of(options.get("date_format")) or None,
    )


def _body(merge_field: MergeField) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if merge_field.choices:
        options["choices"] = list(merge_field.choices)
    if merge_field.date_format:
        options["date_format"] = merge_field.date_format
    body: dict[str, Any] = {
        "name": merge_field.name,
        "required": merge_field.required,
        "public": merge_field.public,
    }
    return {**body, "options": options} if options else body
