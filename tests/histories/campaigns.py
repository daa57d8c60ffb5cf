"""The campaign at the end of a history: planned in the CRM, judged and sent by the pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg import Connection

from crm_mailchimp.campaigns.result import CampaignResult
from crm_mailchimp.campaigns.synchronise import sync_campaign
from histories import crm_rules
from histories.judge import reference
from histories.turns import settle
from histories.world import Collection, HistoryError, World

#: Members that are a person's to archive: foreign ones that the CRM refuses, and adopted ones that
#: belong to no contact any more. Neither is ours to remove; the gate stays closed.
_BY_HAND = ("refused_foreign_address", "contact_gone", "inactive_contact", "no_valid_consent",
            "address_changed", "refused")  # fmt: skip


def send(world: World, one: Collection, number: int) -> str | None:
    """Send one campaign to a collection; its id in Mailchimp, None where nobody is subscribed.

    Raises:
        HistoryError: the gate stays closed.
    """
    code = f"C{number}"
    world.crm.execute(
        "insert into crm.campaign (campaign_id, code, description, collection_id, campaign_type,"
        " subject_line, state, planned_at) values (%s, %s, 'Νέα', %s, %s, 'Νέα', 'approved', %s)",
        (number, code, one.collection_id, one.category.upper(),
         world.side.now() - timedelta(hours=1)),
    )  # fmt: skip
    made = _step(world, code)
    assert made.provider_campaign_id
    world.side.prepare_campaign(made.provider_campaign_id)
    result = _step(world, code)
    if (
        result.outcome == "held"
        and not one.shares
        and any(why in (result.detail or "") for why in _BY_HAND)
    ):
        _archive_by_hand(world, one)
        # Then the hourly sync comes by.
        settle(world, world.sync())
        result = _step(world, code)
    if result.outcome != "sent":
        raise HistoryError(f"the campaign to {one.key} ended {result.outcome}: {result.detail}")
    return result.provider_campaign_id


@dataclass(frozen=True)
class _Connections:
    """Those of a world, which stay open."""

    world: World

    def warehouse(self) -> AbstractContextManager[Connection[Any]]:
        return nullcontext(self.world.pipeline)

    def crm(self) -> AbstractContextManager[Connection[Any]]:
        return nullcontext(self.world.crm)

    def provider(self, account: str) -> AbstractContextManager[Any]:
        return self.world.side.provider(account)  # type: ignore[no-any-return]

    provider_without_slot = provider


def _step(world: World, code: str) -> CampaignResult:
    return sync_campaign(_Connections(world), code=code, now=world.side.now())


def _archive_by_hand(world: World, one: Collection) -> None:
    """What the gate asks for."""
    assert one.list_id is not None
    for address in list(_left_over(world, one)):
        world.tell(f"somebody archives {address} in {one.list_id}, as the gate asks")
        world.side.act("archive", one.list_id, address)
    world.side.drain()


def _left_over(world: World, one: Collection) -> Iterator[str]:
    assert one.list_id is not None
    clock = world.moment()
    for member in world.side.members(one.list_id):
        cast, ours = world.cast_at(member.address), reference(member)
        if cast is None or member.status != "subscribed" or (ours and ours[0] == "c"):
            continue
        refused = crm_rules.is_refused(cast, member.address, one.category, clock) or any(
            world.books[cast].find(person, member.address, one.key).must
            for person in cast.holders(member.address)
        )
        backed = member.address in crm_rules.eligible(cast, one.key, one.category, clock)
        if refused or (ours and not backed):
            yield member.address
