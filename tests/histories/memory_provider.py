"""The provider's protocol over an account in memory, with every request in the test's hands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from crm_mailchimp.campaign_provider import CampaignDraft, RemoteCampaign
from crm_mailchimp.errors import ProviderError
from crm_mailchimp.mailchimp.errors import BadRequest
from crm_mailchimp.provider import (
    AddOutcome,
    Audience,
    AudienceSettings,
    ChangeOutcome,
    Complaint,
    K,
    MemberChange,
    MergeField,
    NewMember,
    Rejection,
    RemoteMember,
)
from crm_mailchimp.send_checklist import Checklist
from histories import mailchimp_memory as far
from histories.mailchimp_memory import BY_ADMIN, Refused, subscriber_hash
from histories.memory_tags import MemoryTags

PAGE, OVERLAP = 1000, 10
_KINDS = {"exists": "exists", "compliance": "compliance", "forgotten": "forgotten",
          "not_archivable": "other", "not_found": "not_found"}  # fmt: skip


class MemoryMailchimp(MemoryTags):
    """Implements ``AudienceProvider`` and ``CampaignProvider`` for one connection."""

    def require_answer(self) -> None:
        self._read("ping")

    # ---- audiences and their columns

    def audiences(self) -> Iterator[Audience]:
        self._read("audiences")
        for one in list(self._account.audiences.values()):
            if one.connection == self._name:
                yield _audience(one)

    def audience(self, list_id: str) -> Audience:
        self._read("audience", list_id)
        return _audience(self._audience(list_id))

    def create_audience(self, settings: AudienceSettings) -> Audience:
        loss = self._begin("create_audience")
        made = self._account.create_audience(settings, self._name)
        self._lost(loss, "lists")
        return _audience(made)

    def update_audience(self, list_id: str, settings: AudienceSettings) -> Audience:
        loss = self._begin("update_audience", list_id)
        audience = self._audience(list_id)
        audience.settings = settings
        self._lost(loss, "lists")
        return _audience(audience)

    def merge_fields(self, list_id: str) -> list[MergeField]:
        self._read("merge_fields", list_id)
        return [_column(one) for one in self._audience(list_id).columns]

    def create_merge_field(self, list_id: str, merge_field: MergeField) -> MergeField:
        loss = self._begin("create_merge_field", list_id)
        columns = self._audience(list_id).columns
        if any(one.tag == merge_field.tag for one in columns):
            words = f'A Merge Field with the tag "{merge_field.tag}" already exists for this list.'
            raise BadRequest(status=400, title="Invalid Resource", detail=words)
        number = max(one.merge_id for one in columns) + 1
        made = far.Column(number, merge_field.tag, merge_field.name, merge_field.type)
        made.public, made.required = merge_field.public, merge_field.required
        columns.append(made)
        self._lost(loss, "merge-fields")
        return _column(made)

    def update_merge_field(self, list_id: str, merge_field: MergeField) -> MergeField:
        loss = self._begin("update_merge_field", list_id)
        columns = self._audience(list_id).columns
        (held,) = [one for one in columns if one.merge_id == merge_field.merge_id]
        held.name, held.public, held.required = (
            merge_field.name, merge_field.public, merge_field.required,
        )  # fmt: skip
        self._lost(loss, "merge-fields")
        return _column(held)

    # ---- members

    def members(
        self,
        list_id: str,
        *,
        status: str | None = None,
        since_last_changed: datetime | None = None,
        on_begin: Callable[[datetime], None] | None = None,
    ) -> Iterator[RemoteMember]:
        since = int(since_last_changed.timestamp()) if since_last_changed else None
        offset, given = 0, set[str]()
        while True:
            self._read("archived" if status == "archived" else "members", list_id)
            if offset == 0 and on_begin is not None:
                on_begin(datetime.fromtimestamp(self._account.now - 1, UTC))
            page = self._audience(list_id).listed(status, since)[offset : offset + PAGE]
            answer = [self._show(list_id, one) for one in page if one.hash not in given]
            given |= {one.hash for one in page}
            yield from answer
            if len(page) < PAGE:
                return
            offset += PAGE - OVERLAP

    def member(self, list_id: str, subscriber_hash: str) -> RemoteMember | None:
        self._lost(self._begin("member", list_id), "member")
        # Of a deleted audience Mailchimp answers the same 404.
        audience = self._reached(list_id)
        found = audience.find(subscriber_hash) if audience is not None else None
        if found is None:
            self._line.missed(list_id, subscriber_hash, "member")
            return None
        return self._show(list_id, found)

    def add_members(self, list_id: str, members: Sequence[NewMember]) -> AddOutcome:
        loss = self._begin("add", list_id)
        audience = self._audience(list_id)
        for _ in range(2 if loss == "again" else 1):
            created, rejected = [], []
            for new in members:
                assert new.status in ("subscribed", "pending")
                opt_in = int(new.timestamp_opt.timestamp()) if new.timestamp_opt else None
                try:
                    created.append(
                        self._account.add(
                            audience, new.email_address, new.status, new.merge_fields,
                            opt_in=opt_in,
                        )
                    )  # fmt: skip
                except Refused as refused:
                    rejected.append(self._refuse(list_id, new.email_address, refused))
        self._lost(loss, "lists")
        return AddOutcome(
            created=[self._show(list_id, one) for one in created], updated=(), rejected=rejected
        )

    def add_pages(
        self, list_id: str, pages: Iterable[tuple[K, Sequence[NewMember]]]
    ) -> Iterator[tuple[K, AddOutcome | ProviderError]]:
        for key, members in pages:
            yield key, self.add_members(list_id, members)

    def change_members(
        self,
        list_id: str,
        pages: Iterable[Sequence[MemberChange]],
        *,
        on_batches: Callable[[Sequence[str | None]], None] | None = None,
    ) -> Iterator[list[ChangeOutcome]]:
        for page in pages:
            for change in page:
                yield [self._change(list_id, change)]

    def _change(self, list_id: str, change: MemberChange) -> ChangeOutcome:
        loss = self._begin(change.action, list_id)
        audience, key = self._audience(list_id), change.subscriber_hash
        twice = loss == "again"
        try:
            if change.action == "archive":
                self._account.archive(audience, key)
                self._lost(loss, "members")
                return ChangeOutcome(change=change)
            statuses = {"unsubscribe": "unsubscribed", "reconfirm": "pending", "update": None}
            for _ in range(2 if twice else 1):
                member = self._account.patch(
                    audience, key, status=statuses[change.action], fields=change.merge_fields
                )
            self._lost(loss, "members")
            return ChangeOutcome(change=change, member=self._show(list_id, member))
        except Refused as refused:
            self._lost(loss, "members")
            return self._refused_change(list_id, change, refused)

    def _refused_change(
        self, list_id: str, change: MemberChange, refused: Refused
    ) -> ChangeOutcome:
        key = change.subscriber_hash
        if refused.kind == "not_archivable":
            present = self.member(list_id, key)
            if present is not None and present.status == "archived":
                return ChangeOutcome(change=change, member=present)
        if refused.kind == "not_found":
            self._line.missed(list_id, key, change.action)
            if change.action in ("archive", "unsubscribe"):
                return ChangeOutcome(change=change, was_gone=True)
        rejection = Rejection(
            email_address="", subscriber_hash=key, kind=_KINDS[refused.kind],
            message=refused.kind, retryable=False,
        )  # fmt: skip
        return ChangeOutcome(change=change, rejection=rejection)

    def resume_changes(
        self, ticket: str, list_id: str, changes: Mapping[str, MemberChange], *, wait: bool
    ) -> Iterator[list[ChangeOutcome]]:
        raise AssertionError("no batch was started")

    def delete_member_permanently(self, list_id: str, subscriber_hash: str) -> bool:
        loss = self._begin("delete", list_id)
        done = self._account.delete(self._audience(list_id), subscriber_hash)
        self._lost(loss, "members")
        return done

    def complaints(self, list_id: str) -> Iterator[Complaint]:
        self._read("complainers", list_id)
        for hash_, at in list(self._audience(list_id).complaints):
            yield Complaint(subscriber_hash=hash_, reported_at=datetime.fromtimestamp(at, UTC))

    def _show(self, list_id: str, member: far.Member) -> RemoteMember:
        self._line.saw(list_id, member)
        return _member(self._audience(list_id), member)

    def _refuse(self, list_id: str, address: str, refused: Refused) -> Rejection:
        if refused.kind == "forgotten":
            self._line.missed(list_id, subscriber_hash(address), "add")
        return Rejection(
            email_address=address, subscriber_hash=subscriber_hash(address),
            kind=_KINDS[refused.kind], message=refused.kind, retryable=False,
        )  # fmt: skip

    # ---- campaigns

    def campaigns_of(self, list_id: str) -> Iterator[RemoteCampaign]:
        self._read("campaigns")
        yield from (
            self._campaign(one)
            for one in list(self._account.campaigns.values())
            if one.list_id == list_id and self._reached(list_id)
        )

    def campaign(self, campaign_id: str) -> RemoteCampaign | None:
        self._read("campaign")
        found = self._account.campaigns.get(campaign_id)
        return self._campaign(found) if found and self._reached(found.list_id) else None

    def create_campaign(self, draft: CampaignDraft) -> RemoteCampaign:
        self._lost(self._begin("create_campaign"), "campaigns")
        account = self._account
        made = far.Sending(
            account.next_id("campaign"), draft.list_id, draft.settings(), account.now,
            tag_id=draft.tag_id,
        )  # fmt: skip
        account.campaigns[made.campaign_id] = made
        return self._campaign(made)

    def change_campaign(
        self,
        campaign_id: str,
        settings: Mapping[str, str],
        *,
        list_id: str | None = None,
        tag_id: int | None = None,
    ) -> RemoteCampaign:
        self._lost(self._begin("change_campaign"), "campaigns")
        held = self._account.campaigns[campaign_id]
        held.settings.update(settings)
        if list_id:
            held.list_id, held.tag_id = list_id, tag_id
        return self._campaign(held)

    def send_checklist(self, campaign_id: str) -> Checklist:
        self._read("checklist")
        return Checklist(is_ready=True, items=())

    def send_campaign(self, campaign_id: str) -> None:
        self._lost(self._begin("send_campaign"), "campaigns")
        self._account.send(self._account.campaigns[campaign_id])

    def schedule_campaign(self, campaign_id: str, at: datetime) -> None:
        raise AssertionError("the campaigns of histories are sent at once")

    unschedule_campaign = send_test = delete_campaign = schedule_campaign  # type: ignore[assignment]

    def sender_domains(self) -> dict[str, bool]:
        self._read("domains")
        return {"galaxy.gr": True}

    def _campaign(self, one: far.Sending) -> RemoteCampaign:
        count = len(self._account.recipients_of(one))
        sent = len(one.recipients)
        return RemoteCampaign(
            campaign_id=one.campaign_id, status=one.status, list_id=one.list_id,
            settings=dict(one.settings),
            send_at=_moment(one.send_at) if one.send_at else None,
            recipient_count=sent if one.status == "sent" else count, emails_sent=sent,
            unique_opens=0, unique_clicks=0, has_segment=one.tag_id is not None, tag_id=one.tag_id,
        )  # fmt: skip


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _audience(one: far.Audience) -> Audience:
    counts = [member.status for member in one.members.values()]
    return Audience(
        list_id=one.list_id, settings=one.settings,
        member_count=counts.count("subscribed"), unsubscribe_count=counts.count("unsubscribed"),
        cleaned_count=counts.count("cleaned"),
    )  # fmt: skip


def _column(one: far.Column) -> MergeField:
    return MergeField(
        tag=one.tag, name=one.name, type=one.type, merge_id=one.merge_id, required=one.required,
        public=one.public,
    )  # fmt: skip


def _member(audience: far.Audience, one: far.Member) -> RemoteMember:
    is_out = one.status == "unsubscribed"
    by = "administrator" if one.reason == BY_ADMIN else "person"
    return RemoteMember(
        list_id=audience.list_id, subscriber_hash=one.hash, email_address=one.address,
        status=one.status, last_changed=_moment(one.last_changed),
        merge_fields={column.tag: one.fields.get(column.tag, "") for column in audience.columns},
        unsubscribed_by=by if is_out else None, language=one.language,  # type: ignore[arg-type]
        remote_contact_id=one.contact_id,
    )  # fmt: skip
