"""An audience's GDPR fields, which the API calls marketing permissions.

Sources:

- OpenAPI: ``marketing_permissions`` of a list (whether it has any) and of a member (which it gave).
  A member's can be written by POST, PUT and PATCH of a member. ``POST /lists/{list_id}`` neither
  takes nor answers them.
- Their ids are only in the answers about members (spatie/laravel-newsletter#262,
  bwaidelich/Wwwision.Neos.MailChimp#17 and #18).
- Nobody has given one until somebody says so: a member made without them shows as opted out
  (ibericode/mailchimp-for-wordpress#754, strangerstudios/pmpro-mailchimp#97).
- The three that an audience begins with (sterlingmills.com, "GDPR, Squarespace & Mailchimp").
- They do not change a member's status. A campaign without a segment goes to everybody who is
  subscribed (help page "Collect Consent with GDPR Forms").

Undocumented: an id that the audience does not have is refused. An audience without these fields
passes over what is sent.
"""

from __future__ import annotations

from typing import Any

from mailchimp_sandbox import validation
from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.problem import invalid_fields
from mailchimp_sandbox.state import Audience, Member

FIRST_TEXTS = ("Email", "Direct Mail", "Customized Online Advertising")


def switch_on(sandbox: Sandbox, audience: Audience) -> None:
    """Give an audience its GDPR fields if its settings ask for them and it never had any."""
    if audience.settings.get("marketing_permissions") and not audience.permissions:
        audience.permissions = {sandbox.new_id("permission"): text for text in FIRST_TEXTS}


def in_use(audience: Audience) -> dict[str, str]:
    """The texts of an audience's permissions by id; none while they are switched off."""
    return audience.permissions if audience.settings.get("marketing_permissions") else {}


def described(audience: Audience, member: Member) -> dict[str, Any]:
    """What an answer about a member says of them; nothing where the audience has none."""
    texts = in_use(audience)
    if not texts:
        return {}
    return {
        "marketing_permissions": [
            {
                "marketing_permission_id": permission_id,
                "text": text,
                "enabled": member.permissions.get(permission_id, False),
            }
            for permission_id, text in texts.items()
        ]
    }


def checked(audience: Audience, given: list[Any]) -> dict[str, bool]:
    """What a body says of a member's permissions, by id.

    Raises:
        Problem: 400.
    """
    values = {}
    for entry in given:
        if not isinstance(entry, dict):
            raise invalid_fields(("marketing_permissions", "This value should be of type object"))
        validation.check(
            entry,
            {"marketing_permission_id": "string", "enabled": "boolean", "text": "string"},
            (),
            "marketing_permissions.",
        )
        permission_id = entry.get("marketing_permission_id", "")
        if in_use(audience) and permission_id not in audience.permissions:
            raise invalid_fields(("marketing_permissions", "Invalid marketing permission ID"))
        if "enabled" in entry:
            values[permission_id] = entry["enabled"]
    return values if in_use(audience) else {}
