"""Audiences of the account with their current figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.provider import AudienceHistoryProvider
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.landing import land
from crm_mailchimp.stats.other_accounts import leave_out_known_elsewhere, require_none_elsewhere
from crm_mailchimp.stats.shapes import Field, LeftOut, Shape

if TYPE_CHECKING:
    from psycopg import Connection

#: One audience with its current figures.
SHAPE = Shape(
    stream="audiences",
    fields=(
        Field("list_id", path="id", required=True),
        Field("web_id", "integer"),
        Field("name"),
        Field("created_at", "time", path="date_created"),
        Field("list_rating", "integer"),
        Field("visibility"),
        Field("double_optin", "boolean"),
        Field("member_count", "integer", path="stats.member_count"),
        Field("unsubscribe_count", "integer", path="stats.unsubscribe_count"),
        Field("cleaned_count", "integer", path="stats.cleaned_count"),
        Field("total_contacts", "integer", path="stats.total_contacts"),
        Field("campaign_count", "integer", path="stats.campaign_count"),
        Field("campaign_last_sent_at", "time", path="stats.campaign_last_sent"),
        Field("open_rate", "number", path="stats.open_rate"),
        Field("click_rate", "number", path="stats.click_rate"),
        Field("avg_sub_rate", "number", path="stats.avg_sub_rate"),
        Field("avg_unsub_rate", "number", path="stats.avg_unsub_rate"),
        Field("last_sub_at", "time", path="stats.last_sub_date"),
        Field("last_unsub_at", "time", path="stats.last_unsub_date"),
    ),
    # The owner's names and addresses, settings of forms, and counts that the others give.
    dropped=frozenset(
        {
            "contact",
            "campaign_defaults",
            "permission_reminder",
            "beamer_address",
            "notify_on_subscribe",
            "notify_on_unsubscribe",
            "subscribe_url_short",
            "subscribe_url_long",
            "email_type_option",
            "use_archive_bar",
            "has_welcome",
            "marketing_permissions",
            "modules",
            "stats.member_count_since_send",
            "stats.unsubscribe_count_since_send",
            "stats.cleaned_count_since_send",
            "stats.merge_field_count",
            "stats.target_sub_rate",
        }
    ),
)


def load_audiences(
    connection: Connection[Any],
    provider: AudienceHistoryProvider,
    account: str = DEFAULT_ACCOUNT,
) -> int:
    """Bring ``stats.lists`` up to date and mark what Mailchimp lists no more; commits.

    Args:
        connection: the warehouse.
        provider: where the audiences are.
        account: of the provider.

    Returns:
        number of audiences in the account.

    Raises:
        LeftOutError: some audiences could not be read; all others are loaded.
        InOtherAccountError: audiences are known in another account; all others are loaded.
    """
    left_out = LeftOut()
    landed = land(connection, SHAPE, provider.audience_figures(), left_out)
    elsewhere = leave_out_known_elsewhere(connection, f"landing_{SHAPE.stream}", "lists", account)
    connection.execute(statement("stats/load_audiences"), {"account": account})
    if not left_out.errors:
        # An audience that could not be read is still there.
        connection.execute(statement("stats/mark_gone_audiences"), {"account": account})
    connection.commit()
    require_none_elsewhere(elsewhere, account)
    left_out.require_none()
    return landed
