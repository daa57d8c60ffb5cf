"""The part of the seam about campaigns: from draft to sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from crm_mailchimp.outages import Answering
from crm_mailchimp.send_checklist import Checklist


@dataclass(frozen=True, kw_only=True)
class CampaignDraft:
    """What a regular campaign is created from or adjusted to while it is a draft.

    Attributes:
        tag_id: only members of the audience with this tag; None: all of the audience.
    """

    list_id: str
    tag_id: int | None = None
    title: str
    subject_line: str
    from_name: str
    reply_to: str
    preview_text: str = ""

    def settings(self) -> dict[str, str]:
        """The settings by the provider's names: all of a draft but its audience and its body."""
        return {
            "title": self.title,
            "subject_line": self.subject_line,
            "preview_text": self.preview_text,
            "from_name": self.from_name,
            "reply_to": self.reply_to,
        }


@dataclass(frozen=True, kw_only=True)
class RemoteCampaign:
    """A campaign as the provider answers it. ``status`` is the provider's own word;
    ``recipient_count`` is what it would send to now, or sent to. ``tag_id`` is the tag or saved
    segment that it goes to, if it goes to nothing else."""

    campaign_id: str
    status: str
    list_id: str
    settings: Mapping[str, str] = field(repr=False)
    send_at: datetime | None
    recipient_count: int
    emails_sent: int
    unique_opens: int
    unique_clicks: int
    has_segment: bool = False
    tag_id: int | None = None
    type: str = "regular"

    @property
    def title(self) -> str:
        """The title, spaces made one."""
        return " ".join(self.settings["title"].split())

    @property
    def is_draft(self) -> bool:
        """Whether people can still edit it (OpenAPI 3.0.55, ``status`` of a campaign)."""
        return self.status in ("save", "paused")

    def is_titled_with(self, code: str) -> bool:
        """Whether the title ends with a code of the CRM, as the titles of our drafts do."""
        return self.title.endswith(f"({' '.join(code.split())})")


class CampaignSchedule(Protocol):
    """Campaigns in the schedule, where they go out by themselves."""

    def campaigns_of(self, list_id: str) -> Iterator[RemoteCampaign]:
        """All campaigns to one audience, those made by hand included, oldest first."""
        ...

    def campaign(self, campaign_id: str) -> RemoteCampaign | None:
        """One campaign; None where it does not exist (any more)."""
        ...

    def unschedule_campaign(self, campaign_id: str) -> None: ...


class CampaignProvider(Answering, CampaignSchedule, Protocol):
    """Campaigns from draft to sent."""

    def campaign_of(self, row: Mapping[str, Any]) -> RemoteCampaign:
        """One row of ``ReportProvider.campaigns`` as a record."""
        ...

    def create_campaign(self, draft: CampaignDraft) -> RemoteCampaign:
        """Create a draft. Never repeated after a lost answer: look for its title first."""
        ...

    def change_campaign(
        self,
        campaign_id: str,
        settings: Mapping[str, str],
        *,
        list_id: str | None = None,
        tag_id: int | None = None,
    ) -> RemoteCampaign:
        """Change these settings of a draft, and its audience with its tag if given. The body
        stays."""
        ...

    def send_checklist(self, campaign_id: str) -> Checklist: ...
    def schedule_campaign(self, campaign_id: str, at: datetime) -> None: ...
    def send_campaign(self, campaign_id: str) -> None: ...
    def send_test(self, campaign_id: str, addresses: Sequence[str]) -> None: ...
    def delete_campaign(self, campaign_id: str) -> bool:
        """Delete a campaign; False where it does not exist (any more)."""
        ...

    def sender_domains(self) -> dict[str, bool]:
        """Domains that mails may come from, lower case, and whether they are verified."""
        ...
