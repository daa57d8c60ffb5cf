"""What a person may say about a closed gate. The consent rule is not among it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypedDict

from psycopg import Connection

from crm_mailchimp.errors import PermanentError
from crm_mailchimp.rows import find_value, read_row, read_rows, read_value
from crm_mailchimp.statements import statement
from crm_mailchimp.sync.decisions.answer import Decision
from crm_mailchimp.sync.decisions.open_question import OpenQuestion


class NotReleasableError(PermanentError):
    """The gate is unknown, or closed for a reason nobody may release."""


class _StoredReason(TypedDict):
    """A ``GateReason``, as ``sync.campaign_gate`` keeps it."""

    code: str
    detail: str
    key: str
    may_be_released: bool
    released: bool


class EndedRequestError(PermanentError):
    """The gate waits for no decision: it has opened, closed for more, or was decided on."""


class AnsweredLateError(PermanentError):
    """An approval came after the question had ended."""


class _StoredGate(NamedTuple):
    """A gate, and the newest decision about its campaign (columns ``…_now``).

    The collection, the account and the time are those of the campaign as it is now.
    """

    gate_id: int
    campaign_id: int
    campaign_code: str
    is_open: bool
    reasons: list[_StoredReason]
    recipients: int | None
    is_open_now: bool
    reasons_now: list[_StoredReason]
    collection_code: str | None
    account: str | None
    planned_at: datetime | None


class _Question(NamedTuple):
    """A question about a campaign's newest gate: open, or answered with a no that still holds."""

    campaign_code: str
    gate_id: int
    decided_at: datetime | None
    expires_at: datetime | None

    def words(self) -> str:
        if self.decided_at is None or self.expires_at is None:
            asked = f"Required Actions in Airflow asks a person (gate {self.gate_id})"
        else:
            asked = (
                f"gate {self.gate_id} was not approved on {self.decided_at:%Y-%m-%d %H:%M %Z}. It "
                "is asked about again when its reasons change, or on "
                f"{self.expires_at:%Y-%m-%d %H:%M %Z}"
            )
        return f"campaign {self.campaign_code}: {asked}"


@dataclass(frozen=True, kw_only=True)
class ReleaseRequest:
    """A closed gate that a person may open: which campaign, and why it is closed.

    Attributes:
        campaign: what people know it by: its collection, account and time.
    """

    gate_id: int
    campaign_code: str
    recipients: int
    reasons: tuple[str, ...]
    campaign: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The question in one line."""
        return f"Let campaign {self.campaign_code} go to {self.recipients} recipients?"

    @property
    def body(self) -> str:
        """Which campaign it is, and why the gate is closed, in Markdown."""
        closed = f"The gate is closed ({self.gate_id} in `sync.campaign_gate`):"
        parts = (_listed(self.campaign), closed, _listed(self.reasons))
        return "\n\n".join(part for part in parts if part) + "\n"


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def request_releases(warehouse: Connection[Any], codes: Sequence[str]) -> list[OpenQuestion]:
    """Note what people are to be asked about these campaigns; commits.

    Returns:
        gates that nobody answered about yet, those asked about before included.
    """
    parameters = {"codes": list(codes)}
    warehouse.execute(statement("campaigns/request_releases"), parameters)
    gates = read_rows(warehouse, OpenQuestion, statement("campaigns/open_requests"), parameters)
    warehouse.commit()
    return gates


def describe_questions(warehouse: Connection[Any], codes: Sequence[str]) -> list[str]:
    """A line for each closed gate of these campaigns that waits for an answer, or got a no."""
    questions = read_rows(
        warehouse, _Question, statement("campaigns/describe_questions"), {"codes": list(codes)}
    )
    warehouse.commit()
    return [question.words() for question in questions]


def find_release_request(
    warehouse: Connection[Any],
    *,
    gate_id: int | None = None,
    campaign_code: str | None = None,
) -> ReleaseRequest | None:
    """The gate to decide on: the one named, or the newest that waits; None when none waits.

    Raises:
        NotReleasableError: there is no such gate or campaign, or the gate is closed for what nobody
            may release.
        EndedRequestError: ``gate_id`` waits for no decision any more.
    """
    if gate_id is not None:
        request = _closed_gate(warehouse, gate_id)
        if campaign_code not in (None, request.campaign_code):
            raise NotReleasableError(
                f"param 'gate_id' is {gate_id}: that gate is of campaign "
                f"{request.campaign_code}, not of {campaign_code}. Leave one of the params empty"
            )
        decision = _decision_about(warehouse, gate_id)
        warehouse.commit()
        if decision is not None:
            raise EndedRequestError(
                f"the question about gate {gate_id} is already {decision}; leave 'gate_id' empty "
                "for the newest that waits"
            )
        return request
    if campaign_code is not None:
        _require_known(warehouse, campaign_code)
    while True:
        newest = find_value(
            warehouse, int, statement("campaigns/newest_request"), {"campaign_code": campaign_code}
        )
        if newest is None:
            warehouse.commit()
            return None
        with suppress(EndedRequestError):  # superseded now: the next one is another
            return _closed_gate(warehouse, newest)


def _require_known(warehouse: Connection[Any], campaign_code: str) -> None:
    is_known = read_value(
        warehouse,
        bool,
        "select exists (select from sync.campaign where campaign_code = %(code)s)"
        " or exists (select from sync.campaign_gate where campaign_code = %(code)s)",
        {"code": campaign_code},
    )
    if not is_known:
        raise NotReleasableError(
            f"param 'campaign' is {campaign_code!r}: no run of sync_campaigns has met a "
            "campaign of this code. Correct it (crm.campaign has the codes), or leave it empty for "
            "the newest gate that waits"
        )


def _decision_about(warehouse: Connection[Any], gate_id: int) -> str | None:
    return find_value(
        warehouse,
        str,
        "select decision from sync.campaign_release where gate_id = %s and decision is not null",
        (gate_id,),
    )


def _closed_gate(warehouse: Connection[Any], gate_id: int) -> ReleaseRequest:
    """The question about a gate; a request that has ended is noted as superseded.

    Raises:
        NotReleasableError: there is no such gate, or it is closed for what nobody may release.
        EndedRequestError: it has opened, or has closed for more, meanwhile.
    """
    gate = read_row(warehouse, _StoredGate, statement("campaigns/find_gate"), {"gate_id": gate_id})
    if gate is None:
        raise NotReleasableError(
            f"param 'gate_id' is {gate_id}: there is no such gate; see sync.campaign_gate"
        )
    firm = [reason["code"] for reason in gate.reasons if not reason["may_be_released"]]
    if firm:
        raise NotReleasableError(
            f"gate {gate_id} of campaign {gate.campaign_code} is closed for "
            f"{', '.join(firm)}: nobody may release that; its reasons say what to do"
        )
    asked = {reason["key"] for reason in gate.reasons}
    now = {reason["key"] for reason in gate.reasons_now}
    if gate.is_open or gate.is_open_now or not now <= asked:
        warehouse.execute(statement("campaigns/supersede_request"), {"gate_id": gate_id})
        warehouse.commit()
        raise EndedRequestError(f"gate {gate_id} has opened, or has closed for more, meanwhile")
    warehouse.commit()
    return ReleaseRequest(
        gate_id=gate_id,
        campaign_code=gate.campaign_code,
        recipients=gate.recipients or 0,
        reasons=tuple(f"{reason['code']}: {reason['detail']}" for reason in gate.reasons),
        campaign=tuple(_known_by(gate)),
    )


def _known_by(gate: _StoredGate) -> Iterator[str]:
    if gate.collection_code is not None:
        yield f"collection: {gate.collection_code}"
    if gate.account is not None:
        yield f"account: connection {gate.account}"
    if gate.planned_at is not None:
        yield f"planned for: {gate.planned_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def decide_release(
    warehouse: Connection[Any],
    gate_id: int,
    decision: Decision,
    *,
    holds: timedelta,
    ask_again_after: timedelta,
    decided_by: str | None = None,
) -> bool:
    """Store a person's decision, or their silence; committed. The first about a gate holds.

    Args:
        warehouse: the warehouse.
        gate_id: the gate that ``find_release_request`` returned.
        decision: what was said.
        holds: how long an approval is good for. After a silence nobody is asked for that long.
        ask_again_after: how long a rejection is good for: nobody is asked about the same reasons.
        decided_by: Airflow's id of the person.

    Returns:
        whether the gate's reasons are released now.

    Raises:
        NotReleasableError: nobody may release this.
        AnsweredLateError: an approval that releases nothing, and why.
    """
    try:
        _closed_gate(warehouse, gate_id)
    except EndedRequestError as error:
        if decision == "approved":
            raise AnsweredLateError(
                f"{error}: this approval releases nothing. If something else is to be released, a "
                "new question asks it"
            ) from None
        return False
    parameters = {
        "gate_id": gate_id,
        "decision": decision,
        "decided_by": decided_by,
        "holds": ask_again_after if decision == "rejected" else holds,
    }
    warehouse.execute(statement("campaigns/store_release"), parameters)
    in_force = _decision_about(warehouse, gate_id)
    warehouse.commit()
    if decision == "approved" and in_force != "approved":
        raise AnsweredLateError(
            f"the question about gate {gate_id} is already {in_force}: this approval releases "
            "nothing"
        )
    return in_force == "approved"
