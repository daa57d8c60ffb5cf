"""Members that segments and ``segment_opts`` choose, and the words for it."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from typing import Any

from mailchimp_sandbox import validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.happenings import recipient_of
from mailchimp_sandbox.problem import invalid_fields
from mailchimp_sandbox.state import Audience, Member

_TEXT: dict[str, Callable[[str, str], bool]] = {
    "is": lambda have, want: have == want,
    "not": lambda have, want: have != want,
    "contains": lambda have, want: want in have,
    "notcontain": lambda have, want: want not in have,
    "starts": lambda have, want: have.startswith(want),
    "ends": lambda have, want: have.endswith(want),
    "greater": lambda have, want: have > want,
    "less": lambda have, want: have < want,
    "blank": lambda have, want: not have,
    "blank_not": lambda have, want: bool(have),
}


# What a campaign condition asks for. Those with "no" hold for members it was sent to. It is
# undocumented whether a member it was never sent to "did not open" it.
_AIMS = {"open": "open", "click": "click", "noopen": "open", "noclick": "click"}


def _aim(sandbox: Sandbox, audience: Audience, op: str, value: str) -> Callable[[Member], bool]:
    """OpenAPI, "Aim Segment": what members did with a campaign (its web id), or with any."""
    campaigns = [
        campaign
        for campaign in sandbox.account.campaigns.values()
        if campaign.list_id == audience.list_id
        and campaign.recipients
        and value in ("any", str(campaign.web_id))
    ]

    def fits(member: Member) -> bool:
        rows = [recipient_of(campaign, member) for campaign in campaigns]
        received = [row for row in rows if row is not None]
        if op in ("sent", "nosent"):
            return bool(received) == (op == "sent")
        did = any(event[1] == _AIMS[op] for row in received for event in row.events)
        return did if op in ("open", "click") else bool(received) and not did

    return fits


def _condition(
    sandbox: Sandbox, audience: Audience, condition: Mapping[str, Any]
) -> Callable[[Member], bool]:
    kind = condition.get("condition_type", "")
    op = str(condition.get("op", ""))
    value = condition.get("value", "")
    name = str(condition.get("field", ""))
    if kind == "StaticSegment" or name == "static_segment":
        segment = audience.segments.get(str(value))
        held = segment.members if segment else {}
        return lambda member: (member.hash in held) == (op != "static_not")
    if op in _TEXT and (kind == "EmailAddress" or name == "EMAIL"):
        return lambda member: _TEXT[op](member.email_address.lower(), str(value).lower())
    if op in _TEXT and any(field.tag == name for field in audience.merge_fields):
        return lambda member: _TEXT[op](
            str(member.merge_fields.get(name, "")).lower(), str(value).lower()
        )
    if kind == "Aim" and op in (*_AIMS, "sent", "nosent"):
        return _aim(sandbox, audience, op, str(value))
    if name == "gmonkey":
        return lambda member: member.vip == (op == "member")
    raise invalid_fields(
        ("options.conditions", f"The sandbox does not know conditions of type {kind or name!r}.")
    )


def _conditions(options: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    validation.check(
        options,
        {"saved_segment_id": "integer", "match": "string", "conditions": "array"},
        (),
        "options.",
    )
    if "match" in options:
        validation.one_of(options["match"], ("any", "all"), "options.match")
    conditions: list[Mapping[str, Any]] = options.get("conditions", [])
    if not all(isinstance(condition, dict) for condition in conditions):
        raise invalid_fields(("options.conditions", "Schema describes array of objects"))
    return conditions


def members_of(sandbox: Sandbox, audience: Audience, options: Mapping[str, Any]) -> list[Member]:
    """Members of ``segment_opts`` (a saved segment or conditions); all of them without.

    Args:
        options: ``segment_opts``. A saved segment goes before conditions.

    Raises:
        Problem: 400 for a segment or condition that does not exist.
    """
    conditions = _conditions(options)
    saved = options.get("saved_segment_id")
    if saved:
        segment = audience.segments.get(str(saved))
        if segment is None:
            raise invalid_fields(
                ("recipients.segment_opts.saved_segment_id", "The segment does not exist.")
            )
        if segment.type == "static":
            return [audience.members[key] for key in segment.members if key in audience.members]
        options = segment.options
        conditions = _conditions(options)
    everyone = list(audience.members.values())
    if not conditions:
        return everyone
    tests = [_condition(sandbox, audience, condition) for condition in conditions]
    fits = any if options.get("match") == "any" else all
    return [member for member in everyone if fits(test(member) for test in tests)]


def members_now(sandbox: Sandbox, audience: Audience, options: Mapping[str, Any]) -> list[Member]:
    """As ``members_of``, for options that a campaign already has. Nobody, if its segment was
    deleted meanwhile (undocumented)."""
    saved = options.get("saved_segment_id")
    if saved and str(saved) not in audience.segments:
        return []
    return members_of(sandbox, audience, options)


def shown_options(audience: Audience, options: Mapping[str, Any]) -> dict[str, Any]:
    """``segment_opts`` as a campaign answers them: a saved segment together with its conditions
    (seen in brandonseydel/MailChimp.Net#326). A tag is shown as a condition of its own."""
    segment = audience.segments.get(str(options.get("saved_segment_id", "")))
    if segment is None:
        return dict(options)
    own = segment.options
    if segment.type == "static":
        condition = {
            "condition_type": "StaticSegment",
            "field": "static_segment",
            "op": "static_is",
            "value": segment.segment_id,
        }
        own = {"match": options.get("match", "any"), "conditions": [condition]}
    return {
        "saved_segment_id": segment.segment_id,
        "match": own.get("match", "all"),
        "conditions": own.get("conditions", []),
    }


def text_of(audience: Audience, options: Mapping[str, Any], amount: int) -> str:
    """``segment_text``: HTML in the form seen in brandonseydel/MailChimp.Net#326. The words for
    one condition are undocumented.

    Args:
        options: as ``shown_options`` gives them.
        amount: mails that were sent, or would be.
    """
    conditions = options.get("conditions", [])
    if not conditions:
        return ""
    lines = "".join(
        f'<li class="margin--lv1 !margin-left-right--lv0">{_words(audience, condition)}</li>'
        for condition in conditions
    )
    return (
        f'<p class="!margin--lv0">Contacts match <strong>{options.get("match", "all")}</strong> of'
        f' the following conditions:</p><ol id="conditions" class="small-meta">{lines}</ol>'
        f"<span>For a total of <strong>{amount}</strong> emails sent.</span>"
    )


def _words(audience: Audience, condition: Mapping[str, Any]) -> str:
    name, op = str(condition.get("field", "")), str(condition.get("op", ""))
    value = condition.get("value", "")
    if name == "static_segment":
        segment = audience.segments.get(str(value))
        verb = "is not" if op == "static_not" else "is"
        name, op = "Tags", f"contact {verb} tagged"
        value = segment.name if segment else value
    shown = [html.escape(str(part)) for part in (name, op, value)]
    return f"<strong>{shown[0]}</strong> {shown[1]} <strong>{shown[2]}</strong>"
