"""The provider seam on the sandbox: a stateful Mailchimp over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest

from crm_mailchimp.address import subscriber_hash
from crm_mailchimp.mailchimp.changes import Batching
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import AuthenticationError, BadRequest, NotFound
from crm_mailchimp.mailchimp.mailchimp import Mailchimp
from crm_mailchimp.mailchimp.retries import Retry
from crm_mailchimp.provider import (
    AudienceProvider,
    AudienceSettings,
    MemberChange,
    MergeField,
    NewMember,
    ReportProvider,
)

SETTINGS = AudienceSettings(
    name="Πελάτες λιανικής (LIANIKI)",
    company="Γαλαξίας Α.Ε.",
    address1="Ερμού 12",
    address2="2ος όροφος",
    city="Αθήνα",
    zip="10563",
    country="GR",
    phone="2101234567",
    from_name="Γαλαξίας",
    from_email="nea@galaxias.gr",
    subject="Τα νέα μας",
    language="el",
    permission_reminder="Λαμβάνετε αυτό το μήνυμα επειδή είστε πελάτης μας.",
)


@pytest.fixture
def mailchimp(mailchimp_sandbox: Any) -> Iterator[Mailchimp]:
    client = MailchimpClient(mailchimp_sandbox.key, host=mailchimp_sandbox.base_url)
    with Mailchimp(client, batching=Batching(above=20)) as opened:
        yield opened


@pytest.fixture
def list_id(mailchimp: Mailchimp) -> str:
    created = mailchimp.create_audience(SETTINGS).list_id
    mailchimp.create_merge_field(
        created, MergeField(tag="CRMREF", name="CRM reference", type="text")
    )
    return created


def people(count: int, first: int = 0) -> list[NewMember]:
    return [
        NewMember(
            email_address=f"Maria.{number}@galaxias.gr",
            status="subscribed",
            merge_fields={"FNAME": "Μαρία", "LNAME": "Παπαδοπούλου", "CRMREF": f"c-{number}"},
            language="el",
            timestamp_opt=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
        )
        for number in range(first, first + count)
    ]


def test_it_is_the_seam(mailchimp: Mailchimp) -> None:
    audience_side: AudienceProvider = mailchimp
    report_side: ReportProvider = mailchimp
    assert audience_side.calls == 0
    assert list(report_side.campaigns()) == []
    assert mailchimp.calls == 1


def test_account_and_key(mailchimp: Mailchimp, mailchimp_sandbox: Any) -> None:
    assert mailchimp.account().name
    wrong = MailchimpClient("0123456789abcdef-us1", host=mailchimp_sandbox.host)
    with wrong, pytest.raises(AuthenticationError):
        wrong.ping.get()
    assert wrong.calls == 1


def test_audience(mailchimp: Mailchimp) -> None:
    created = mailchimp.create_audience(SETTINGS)
    assert created.settings == SETTINGS
    changed = replace(SETTINGS, city="Θεσσαλονίκη", subject="")
    assert mailchimp.update_audience(created.list_id, changed).settings == changed
    assert mailchimp.audience(created.list_id).settings == changed
    assert [one.list_id for one in mailchimp.audiences()] == [created.list_id]
    with pytest.raises(NotFound, match=r"GET /lists/\{list_id\}: 404"):
        mailchimp.audience("nothere")


def test_merge_fields(mailchimp: Mailchimp, list_id: str) -> None:
    wanted = MergeField(tag="POLI", name="Πόλη", type="dropdown", choices=("Αθήνα", "Θεσσαλονίκη"))
    created = mailchimp.create_merge_field(list_id, wanted)
    assert replace(created, merge_id=None) == wanted
    renamed = mailchimp.update_merge_field(
        list_id, replace(created, name="Έδρα", choices=(*wanted.choices, "Πάτρα"))
    )
    assert renamed in mailchimp.merge_fields(list_id)
    assert (renamed.tag, renamed.type, renamed.choices[-1]) == ("POLI", "dropdown", "Πάτρα")
    with pytest.raises(BadRequest):
        mailchimp.create_merge_field(list_id, wanted)
    with pytest.raises(ValueError, match="merge_id"):
        mailchimp.update_merge_field(list_id, wanted)


def test_members_are_added_and_read_back(mailchimp: Mailchimp, list_id: str) -> None:
    outcome = mailchimp.add_members(list_id, people(500))
    assert (len(outcome.created), outcome.updated, outcome.rejected) == (500, [], [])
    found = list(mailchimp.members(list_id))
    assert {member.subscriber_hash for member in found} == {
        subscriber_hash(f"maria.{number}@galaxias.gr") for number in range(500)
    }
    one = mailchimp.member(list_id, subscriber_hash("maria.7@galaxias.gr"))
    assert one is not None
    assert (one.status, one.language) == ("subscribed", "el")
    assert (one.merge_fields["FNAME"], one.merge_fields["CRMREF"]) == ("Μαρία", "c-7")
    assert mailchimp.member(list_id, "0" * 32) is None


def test_walking_over_pages(mailchimp: Mailchimp, list_id: str) -> None:
    for first in range(0, 2500, 500):
        mailchimp.add_members(list_id, people(500, first))
    before = mailchimp.calls
    walked = [member.subscriber_hash for member in mailchimp.members(list_id)]
    assert len(walked) == len(set(walked)) == 2500
    assert mailchimp.calls - before == 3


def test_what_is_refused(mailchimp: Mailchimp, list_id: str) -> None:
    mailchimp.add_members(list_id, people(1))
    gone = people(1, 1)
    mailchimp.add_members(list_id, gone)
    assert mailchimp.delete_member_permanently(list_id, subscriber_hash(gone[0].email_address))
    assert not mailchimp.delete_member_permanently(list_id, subscriber_hash(gone[0].email_address))
    odd = [
        NewMember(email_address=address, status="subscribed", merge_fields={})
        for address in ("δεν-είναι", "joe@example.com", "nikos@galaxias.gr")
    ]
    outcome = mailchimp.add_members(list_id, [*people(1), *gone, *odd])
    assert [member.email_address for member in outcome.created] == ["nikos@galaxias.gr"]
    assert {one.subscriber_hash: one.kind for one in outcome.rejected} == {
        subscriber_hash("Maria.0@galaxias.gr"): "exists",
        subscriber_hash("Maria.1@galaxias.gr"): "forgotten",
        subscriber_hash("δεν-είναι"): "invalid",
        subscriber_hash("joe@example.com"): "fake",
    }
    still = mailchimp.member(list_id, subscriber_hash("maria.0@galaxias.gr"))
    assert still is not None
    assert still.merge_fields["LNAME"] == "Παπαδοπούλου", "an existing member is left alone"


def test_what_may_not_be_asked_for(mailchimp: Mailchimp, list_id: str) -> None:
    before = mailchimp.calls
    with pytest.raises(ValueError, match="At most 500"):
        mailchimp.add_members(list_id, people(501))
    wrong: Any = "unsubscribed"
    with pytest.raises(ValueError, match="'subscribed' or 'pending'"):
        mailchimp.add_members(list_id, [replace(people(1)[0], status=wrong)])
    assert list(mailchimp.add_members(list_id, []).created) == []
    assert mailchimp.calls == before


@pytest.mark.parametrize("count", [5, 60])
def test_changes_one_by_one_and_by_batch_do_the_same(
    mailchimp: Mailchimp, list_id: str, count: int
) -> None:
    mailchimp.add_members(list_id, people(3 * count))
    hashes = [subscriber_hash(person.email_address) for person in people(3 * count)]
    wanted = [
        *(
            MemberChange(subscriber_hash=one, action="update", merge_fields={"FNAME": "Ελένη"})
            for one in hashes[:count]
        ),
        *(MemberChange(subscriber_hash=one, action="unsubscribe") for one in hashes[count:-count]),
        *(MemberChange(subscriber_hash=one, action="archive") for one in hashes[-count:]),
        MemberChange(subscriber_hash="0" * 32, action="archive"),
        MemberChange(subscriber_hash="1" * 32, action="unsubscribe"),
        MemberChange(subscriber_hash="2" * 32, action="update", merge_fields={"FNAME": "Ζωή"}),
    ]
    outcomes = list(chain.from_iterable(mailchimp.change_members(list_id, [wanted])))
    assert len(outcomes) == len(wanted)
    refused = [outcome for outcome in outcomes if outcome.rejection is not None]
    assert [
        (one.change.subscriber_hash, one.rejection.kind) for one in refused if one.rejection
    ] == [("2" * 32, "not_found")]
    by_status: dict[str, set[str]] = {}
    for status in ("subscribed", "unsubscribed", "archived"):
        by_status[status] = {
            member.subscriber_hash for member in mailchimp.members(list_id, status=status)
        }
    assert by_status == {
        "subscribed": set(hashes[:count]),
        "unsubscribed": set(hashes[count:-count]),
        "archived": set(hashes[-count:]),
    }
    changed = mailchimp.member(list_id, hashes[0])
    assert changed is not None
    assert (changed.merge_fields["FNAME"], changed.status) == ("Ελένη", "subscribed")
    unfiltered = {member.subscriber_hash for member in mailchimp.members(list_id)}
    assert unfiltered == set(hashes[:-count]), "archived members are left out unless asked for"


def test_a_lost_answer_to_an_add_is_recognised_by_the_reference(
    mailchimp: Mailchimp, list_id: str, mailchimp_sandbox: Any
) -> None:
    fault = {"kind": "drop_after", "method": "POST", "path": f"*/lists/{list_id}"}
    mailchimp_sandbox.control("POST", "faults", {"next": [fault]})
    outcome = mailchimp.add_members(list_id, people(3))
    assert len(outcome.created) == 0
    assert [one.kind for one in outcome.rejected] == ["exists"] * 3
    for number, one in enumerate(outcome.rejected):
        member = mailchimp.member(list_id, one.subscriber_hash)
        assert member is not None
        assert member.merge_fields["CRMREF"] == f"c-{number}"


def test_a_rough_day(mailchimp_sandbox: Any) -> None:
    """Everything at once, as a loaded Mailchimp shows it: nothing lost, nothing doubled."""
    patient = Retry(attempts=12, base=0.01, cap=0.05)
    client = MailchimpClient(mailchimp_sandbox.key, host=mailchimp_sandbox.host, retry=patient)
    with Mailchimp(client) as mailchimp:
        audience = mailchimp.create_audience(SETTINGS).list_id
        mailchimp.create_merge_field(
            audience, MergeField(tag="CRMREF", name="CRM reference", type="text")
        )
        mailchimp_sandbox.control("POST", "faults", {"profile": "flaky", "seed": 7})
        for first in range(0, 1000, 50):
            mailchimp.add_members(audience, people(50, first))
        walked = sorted(member.merge_fields["CRMREF"] for member in mailchimp.members(audience))
        assert mailchimp.calls > 2 + 20 + 1, "something had to be sent again"
    assert walked == sorted(f"c-{number}" for number in range(1000))


def test_permissions_are_shown_by_members_and_given_one_by_one(
    mailchimp: Mailchimp, list_id: str
) -> None:
    address = "eleni@mail.gr"
    new = NewMember(email_address=address, status="subscribed", merge_fields={})
    [created] = mailchimp.add_members(list_id, [new]).created
    assert not mailchimp.audience(list_id).has_permissions
    mailchimp.client.lists.update_list(list_id, {"marketing_permissions": True})

    assert mailchimp.audience(list_id).has_permissions
    assert created.permissions == ()
    [listed] = mailchimp.members(list_id)
    assert mailchimp.member(list_id, listed.subscriber_hash) == listed
    by_text = {one.text: one for one in listed.permissions}
    assert {text: one.is_given for text, one in by_text.items()} == {
        "Email": False, "Direct Mail": False, "Customized Online Advertising": False,
    }  # fmt: skip

    for text in ("Email", "Direct Mail"):
        change = MemberChange(
            subscriber_hash=listed.subscriber_hash,
            action="update",
            permission_to_give=by_text[text].permission_id,
        )
        [[outcome]] = mailchimp.change_members(list_id, [[change]])
        assert outcome.member is not None
    given = {one.text for one in outcome.member.permissions if one.is_given}
    assert given == {"Email", "Direct Mail"}
