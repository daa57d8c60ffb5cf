"""Campaigns of the account, of every type."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from crm_mailchimp.accounts import DEFAULT_ACCOUNT
from crm_mailchimp.statements import statement
from crm_mailchimp.stats.landing import land
from crm_mailchimp.stats.other_accounts import leave_out_known_elsewhere, require_none_elsewhere
from crm_mailchimp.stats.parts import leave_out_parts, remove_parts
from crm_mailchimp.stats.shapes import Field, LeftOut, Shape

if TYPE_CHECKING:
    from psycopg import Connection

#: One campaign: its type, state, audience and settings.
SHAPE = Shape(
    stream="campaigns",
    fields=(
        Field("campaign_id", path="id", required=True),
        Field("web_id", "integer"),
        Field("parent_campaign_id"),
        Field("list_id", path="recipients.list_id"),
        Field("list_name", path="recipients.list_name"),
        Field("type"),
        Field("status"),
        Field("title", path="settings.title"),
        Field("subject_line", path="settings.subject_line"),
        Field("preview_text", path="settings.preview_text"),
        Field("from_name", path="settings.from_name"),
        Field("reply_to", path="settings.reply_to"),
        Field("content_type"),
        # A tag is a static segment, too (OpenAPI 3.0.55, recipients.segment_opts).
        Field("segment_id", "integer", path="recipients.segment_opts.saved_segment_id"),
        Field("segment_text", path="recipients.segment_text"),
        Field("recipient_count", "integer", path="recipients.recipient_count"),
        Field("emails_sent", "integer"),
        Field("created_at", "time", path="create_time"),
        Field("sent_at", "time", path="send_time"),
        Field("archive_url", path="long_archive_url"),
        Field("variate_settings", "json"),
        Field("ab_split_options", "json", path="ab_split_opts"),
    ),
    # Figures come from the report; segment conditions may name people; the rest are settings of
    # Mailchimp's own editor.
    dropped=frozenset(
        {
            "archive_url",
            "report_summary",
            "delivery_status",
            "tracking",
            "rss_opts",
            "social_card",
            "needs_block_refresh",
            "resendable",
            "recipients.list_is_active",
            "recipients.segment_opts",
            *(
                f"settings.{name}"
                for name in (
                    "authenticate",
                    "auto_fb_post",
                    "auto_footer",
                    "auto_tweet",
                    "drag_and_drop",
                    "fb_comments",
                    "folder_id",
                    "inline_css",
                    "template_id",
                    "timewarp",
                    "to_name",
                    "use_conversation",
                )
            ),
        }
    ),
)


class CampaignListing(Protocol):
    """The part of ``ReportProvider`` that lists campaigns."""

    def campaigns(
        self, *, since_send_time: datetime | None = None, before_send_time: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        """Campaigns of every type, one JSON object each."""
        ...


def load_campaigns(
    connection: Connection[Any],
    provider: CampaignListing,
    *,
    account: str = DEFAULT_ACCOUNT,
    since: datetime | None = None,
    until: datetime | None = None,
    left_out: LeftOut,
) -> int:
    """Bring ``stats.campaigns`` up to date; commits. A page of the API is 1,000 campaigns.

    Args:
        connection: the warehouse.
        provider: where the campaigns are.
        account: of the provider.
        since: only campaigns sent after this moment.
        until: only campaigns sent up to this moment.
        left_out: takes what is wrong with campaigns that do not fit the shape.

    Returns:
        number of campaigns read.

    Raises:
        InOtherAccountError: campaigns are known in another account; all others are loaded.
    """
    landed = land(
        connection,
        SHAPE,
        provider.campaigns(since_send_time=since, before_send_time=until),
        left_out,
        may_be_empty=True,
    )
    leave_out_parts(connection, f"landing_{SHAPE.stream}")
    elsewhere = leave_out_known_elsewhere(
        connection, f"landing_{SHAPE.stream}", "campaigns", account
    )
    connection.execute(statement("stats/load_campaigns"), {"account": account})
    connection.commit()
    remove_parts(connection)
    require_none_elsewhere(elsewhere, account)
    return landed
