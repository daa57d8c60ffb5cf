"""``/batches``: starting, waiting, reading results from another host, and what goes wrong."""

from __future__ import annotations

import io
import json
import logging
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from itertools import chain
from typing import Any

import pytest

from crm_mailchimp.address import subscriber_hash
from crm_mailchimp.mailchimp.changes import Batching, change_members, resume_changes
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import (
    AuthenticationError,
    BatchUnfinished,
    ConnectionFault,
    GarbledAnswer,
)
from crm_mailchimp.mailchimp.pace import Pace, Polling
from crm_mailchimp.provider import ChangeOutcome, MemberChange
from mailchimp.scripted_server import ScriptedServer, Step, answer, problem, reset, scripted

KEY = "0123456789abcdef0123456789abcdef-us21"


class Account:
    """A Mailchimp of batches only, written from its documentation: answers by path."""

    server: ScriptedServer

    def __init__(self, *, looks: int = 2) -> None:
        self.looks = looks
        self.batches: list[list[dict[str, Any]]] = []
        self.answers: dict[int, tuple[int, Any]] = {}
        self.left_out: set[int] = set()
        self.deleted: list[str] = []
        self.lose_start = False
        self.start_before_loss = True
        self.downloads: list[Step] = []
        self.download_headers: list[dict[str, str]] = []
        self.results = ""
        self.submitted = datetime.now(UTC).isoformat(timespec="seconds")
        self.archive: bytes | None = None

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path.split("?")[0]
        name = path.rpartition("/")[2]
        if path.startswith("/results/"):
            self.download_headers.append(dict(handler.headers))
            archive = answer(200, self._archive(name))
            return (self.downloads.pop(0) if self.downloads else archive)(handler)
        step = answer(404, {"title": "Resource Not Found", "detail": "?"})
        if handler.command == "POST" and path == "/3.0/batches":
            step = self._start(json.loads(self.server.seen[-1].body))
        elif path == "/3.0/batches":
            last = f"b{len(self.batches)}"
            step = answer(200, {"batches": [self._batch(last)] if self.batches else []})
        elif handler.command == "DELETE" and path.startswith("/3.0/batches/"):
            self.deleted.append(path)
            step = answer(204)
        elif path.startswith("/3.0/batches/"):
            self.looks -= 1
            step = answer(200, self._batch(name))
        for status in ("archived", "cleaned"):
            if path == f"/3.0/lists/l1/members/{subscriber_hash(f'{status}@galaxy.gr')}":
                step = answer(200, {"id": "x", "status": status})
        return step(handler)

    def _start(self, body: dict[str, Any]) -> Step:
        if self.lose_start:
            self.lose_start = False
            if self.start_before_loss:
                self.batches.append(body["operations"])
            return reset
        self.batches.append(body["operations"])
        return answer(200, self._batch(f"b{len(self.batches)}"))

    @property
    def operations(self) -> list[dict[str, Any]]:
        """Of the last batch."""
        return self.batches[-1]

    def _batch(self, name: str) -> dict[str, Any]:
        finished = self.looks <= 0
        operations = self.batches[int(name[1:]) - 1]
        return {
            "id": name,
            "status": "finished" if finished else "started",
            "total_operations": len(operations),
            "finished_operations": len(operations) if finished else 0,
            "errored_operations": 0,
            "submitted_at": self.submitted,
            "response_body_url": f"{self.results}/{name}?signature=s3" if finished else "",
        }

    def _archive(self, name: str) -> bytes:
        if self.archive is not None:
            return self.archive
        answers = []
        for index, operation in enumerate(self.batches[int(name[1:]) - 1]):
            if index in self.left_out:
                continue
            done: Any = {} if operation["method"] == "DELETE" else {"status": "subscribed"}
            status, content = self.answers.get(index, (200, done))
            answers.append(
                {
                    "status_code": status,
                    "operation_id": operation["operation_id"],
                    "response": json.dumps({"id": operation["path"][-32:], **content}),
                }
            )
        # Mailchimp spreads the results over several files of one folder, in no order.
        files = {"./a.json": answers[1::2], "./b.json": answers[::2]}
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            folder = tarfile.TarInfo("./")
            folder.type = tarfile.DIRTYPE
            tar.addfile(folder)
            for name, content in files.items():
                data = json.dumps(content).encode()
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        return archive.getvalue()


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@contextmanager
def account(given: Account | None = None) -> Iterator[tuple[Account, MailchimpClient, Batching]]:
    given = given or Account()
    clock = Clock()
    with scripted(given) as server:
        given.server = server
        given.results = given.results or f"{server.host}/results"
        batching = Batching(above=1)
        with MailchimpClient(KEY, host=server.host, wait=clock.wait, clock=clock) as client:
            yield given, client, batching


def changes(count: int, action: Any = "update") -> list[MemberChange]:
    return [
        MemberChange(
            subscriber_hash=subscriber_hash(f"μέλος{number}@galaxy.gr"),
            action=action,
            merge_fields={"FNAME": f"Ελένη {number}"} if action == "update" else None,
        )
        for number in range(count)
    ]


def run(
    client: MailchimpClient, batching: Batching, what: list[MemberChange]
) -> list[ChangeOutcome]:
    return list(chain.from_iterable(change_members(client, "l1", [what], batching=batching)))


def test_many_changes_are_one_request_and_their_outcomes_come_back() -> None:
    with account() as (there, client, batching):
        wanted = changes(30) + changes(3, "archive") + changes(2, "unsubscribe")
        found = run(client, batching, wanted)
    assert len(there.batches) == 1
    assert len(found) == len(wanted)
    assert all(outcome.rejection is None for outcome in found)
    assert {id(outcome.change) for outcome in found} == {id(change) for change in wanted}
    for outcome in found:
        assert (outcome.member is None) == (outcome.change.action == "archive")
        if outcome.member is not None:
            assert outcome.member.subscriber_hash == outcome.change.subscriber_hash
    first, archive, unsubscribe = (there.operations[index] for index in (0, 30, 33))
    member = f"/lists/l1/members/{subscriber_hash('μέλος0@galaxy.gr')}"
    assert (first["method"], first["path"]) == ("PATCH", member)
    assert json.loads(first["body"]) == {"merge_fields": {"FNAME": "Ελένη 0"}}
    assert (archive["method"], archive["path"], "body" in archive) == ("DELETE", member, False)
    assert json.loads(unsubscribe["body"]) == {"status": "unsubscribed"}
    assert there.deleted == ["/3.0/batches/b1"], "the results quote people"


def test_the_key_is_not_shown_to_the_host_of_the_results() -> None:
    with account() as (there, client, batching):
        run(client, batching, changes(3))
    assert there.download_headers
    for headers in there.download_headers:
        assert "authorization" not in {name.lower() for name in headers}


def test_the_signed_link_to_the_results_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """Who has the link may read the results, and they quote people."""
    caplog.set_level(logging.DEBUG)
    with account() as (there, client, batching):
        run(client, batching, changes(3))
    assert there.download_headers
    lines = [record.getMessage() for record in caplog.records]
    assert any("/3.0/batches" in line for line in lines), "urllib3 logs each request at DEBUG"
    assert not any("signature" in line or "/results" in line for line in lines)


def test_results_are_not_read_over_an_open_line_from_elsewhere() -> None:
    there = Account()
    there.results = "http://results.elsewhere.invalid"
    with (
        account(there) as (_, client, batching),
        pytest.raises(GarbledAnswer, match="no safe link"),
    ):
        run(client, batching, changes(3))


def test_a_few_changes_are_single_requests() -> None:
    with scripted(answer(200, {"id": "x", "status": "subscribed"})) as server:
        with MailchimpClient(KEY, host=server.host) as client:
            found = list(change_members(client, "l1", [changes(3)]))
        assert [seen.method for seen in server.seen] == ["PATCH"] * 3
        assert [len(outcomes) for outcomes in found] == [1, 1, 1]


def test_a_page_is_taken_right_before_it_is_sent_and_read_while_the_next_one_runs() -> None:
    events: list[str] = []

    class Watched(Account):
        def __call__(self, handler: BaseHTTPRequestHandler) -> None:
            events.append(f"{handler.command} {handler.path.split('?')[0].rpartition('/')[2]}")
            super().__call__(handler)

    def pages() -> Iterator[list[MemberChange]]:
        for number in range(3):
            events.append(f"take {number}")
            yield changes(100)
        events.append("no more")

    def note(tickets: Sequence[str | None]) -> None:
        events.append(" ".join(ticket.partition("/")[0] if ticket else "?" for ticket in tickets))

    with account(Watched(looks=0)) as (_, client, batching):
        for outcomes in change_members(client, "l1", pages(), batching=batching, on_batches=note):
            events.append(f"{len(outcomes)} known")
    assert events == [
        "take 0", "?", "POST batches", "b1",
        # No look was needed: the answer to the start says that it is finished.
        "take 1", "b1 ?", "POST batches", "b1 b2", "GET b1", "DELETE b1", "100 known",
        "take 2", "b2 ?", "POST batches", "b2 b3", "GET b2", "DELETE b2", "100 known",
        "no more", "GET b3", "DELETE b3", "100 known", "",
    ]  # fmt: skip


def test_a_large_page_comes_back_in_parts() -> None:
    with account() as (there, client, batching):
        found = list(change_members(client, "l1", [changes(1200)], batching=batching))
    assert len(there.batches) == 1
    assert [len(outcomes) for outcomes in found] == [500, 500, 200]


def test_a_batch_that_cannot_be_started_holds_up_nothing_of_the_one_before() -> None:
    """Its changes go one by one, and the results of the one before are read all the same."""

    class Full(Account):
        def __call__(self, handler: BaseHTTPRequestHandler) -> None:
            if handler.command == "POST" and len(self.batches) == 2:
                return problem(429, "Too Many Requests", "500 pending batches")(handler)
            if handler.command == "PATCH" or handler.path == "/3.0/ping":
                return answer(200, {"id": "x", "status": "subscribed"})(handler)
            return super().__call__(handler)

    tickets: list[int] = []
    with account(Full(looks=0)) as (there, client, batching):
        found = list(
            change_members(
                client,
                "l1",
                [changes(3), changes(4), changes(5)],
                batching=batching,
                on_batches=lambda noted: tickets.append(len(noted)),
            )
        )
    assert sorted(map(len, found)) == [1] * 5 + [3, 4]
    assert all(outcome.rejection is None for outcomes in found for outcome in outcomes)
    assert [path.rpartition("/")[2] for path in there.deleted] == ["b1", "b2"]
    assert tickets == [1, 1, 2, 2, 2, 0]


def test_results_that_cannot_be_read_stay_noted() -> None:
    """The next run asks again: nobody knows what the batch did."""
    noted: list[Sequence[str | None]] = []
    with account(Account(looks=0)) as (there, client, batching):
        there.answers = {1: (401, {"title": "API Key Invalid", "detail": "…"})}
        with pytest.raises(AuthenticationError):
            list(
                change_members(
                    client, "l1", [changes(3)] * 2, batching=batching, on_batches=noted.append
                )
            )
    assert [ticket and ticket[:2] for ticket in noted[-1]] == ["b1", "b2"]


def test_the_first_look_comes_when_the_batch_before_was_finished() -> None:
    def looks(known: float | None, operations: int = 2000) -> list[float]:
        pace = Pace(Polling(first=0.5, most=30))
        if known is not None:
            pace.note(2000, known)
            pace.note(2000, known * 10)  # it waited for another one
        return [pace.first_look(operations) for _ in range(50)]

    assert all(0.37 <= at <= 0.5 for at in looks(None))
    assert all(0.37 <= at <= 0.5 for at in looks(0.3))
    assert looks(100) == [pytest.approx(90)] * 50
    assert looks(100, operations=200) == [pytest.approx(9)] * 50
    assert looks(3000) == [pytest.approx(300)] * 50


def test_what_refusals_in_a_batch_become() -> None:
    there = Account()
    refused = {"title": "Resource Not Found", "detail": "Not here", "status": 404}
    compliance = {"title": "Member In Compliance State", "detail": "…", "status": 400}
    bounced = {
        "title": "Method Not Allowed",
        "detail": "This list member cannot be removed. Can not archive a contact that is bounced,"
        " pending or archived",
        "status": 405,
    }
    wanted = [
        *changes(1, "unsubscribe"),
        *changes(1, "archive"),
        *changes(1, "update"),
        *changes(1, "reconfirm"),
        MemberChange(subscriber_hash=subscriber_hash("archived@galaxy.gr"), action="archive"),
        MemberChange(subscriber_hash=subscriber_hash("cleaned@galaxy.gr"), action="archive"),
        *changes(1, "update"),
        *changes(1, "update"),
    ]
    there.answers = {
        0: (404, refused),
        1: (404, refused),
        2: (404, refused),
        3: (400, compliance),
        4: (405, bounced),
        5: (405, bounced),
        6: (500, {"title": "Internal Server Error", "detail": "Oops"}),
    }
    there.left_out = {7}
    with account(there) as (_, client, batching):
        found = {id(outcome.change): outcome.rejection for outcome in run(client, batching, wanted)}
    kinds = []
    for change in wanted:
        rejected = found[id(change)]
        kinds.append(rejected and (rejected.kind, rejected.retryable))
    assert kinds == [
        None,  # nobody there to unsubscribe: done
        None,
        ("not_found", False),
        ("compliance", False),
        None,  # was archived already
        ("other", False),  # bounced: cannot be archived
        ("other", True),
        ("other", True),
    ]


def test_a_key_that_is_revoked_meanwhile_ends_it() -> None:
    there = Account()
    there.answers = {1: (401, {"title": "API Key Invalid", "detail": "…"})}
    with account(there) as (_, client, batching), pytest.raises(AuthenticationError):
        run(client, batching, changes(3))


def test_waiting_is_bounded() -> None:
    with account(Account(looks=10**6)) as (_, client, batching):
        patient = replace(batching, polling=Polling(first=1, most=30, deadline=600))
        with pytest.raises(BatchUnfinished, match="batch b1 is 'started'") as caught:
            run(client, patient, changes(3))
        assert client.clock() <= 600
        assert client.calls < 40
    assert caught.value.outcome_unknown


@pytest.mark.parametrize("started", [True, False])
def test_a_lost_answer_to_the_start(started: bool) -> None:
    """The batch is looked for, so that it does not run twice."""
    there = Account()
    there.lose_start = True
    there.start_before_loss = started
    with account(there) as (_, client, batching):
        found = run(client, batching, changes(5))
    assert len(there.batches) == 1
    assert [outcome.rejection for outcome in found] == [None] * 5


def test_the_batch_of_somebody_else_is_left_alone() -> None:
    there = Account()
    there.lose_start, there.start_before_loss = True, False
    there.batches = [
        [{"method": "GET", "path": "/lists", "operation_id": f"other-{n}"} for n in range(5)]
    ]
    with account(there) as (_, client, batching), pytest.raises(GarbledAnswer, match="is another"):
        run(client, batching, changes(5))
    assert there.deleted == []


def test_an_old_batch_is_not_mistaken_for_the_lost_one() -> None:
    there = Account()
    there.lose_start = True
    there.submitted = "2020-01-01T00:00:00+00:00"
    with account(there) as (_, client, batching):
        run(client, batching, changes(5))
    assert len(there.batches) == 2


@pytest.mark.parametrize(
    "fault",
    [reset, answer(403, "<Error>Request has expired</Error>", kind="application/xml")],
)
def test_a_download_that_fails_is_tried_again(fault: Step) -> None:
    there = Account()
    there.downloads = [fault, fault]
    with account(there) as (_, client, batching):
        assert len(run(client, batching, changes(3))) == 3
    there = Account()
    there.downloads = [fault] * 4
    with account(there) as (_, client, batching), pytest.raises(ConnectionFault):
        run(client, batching, changes(3))


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00broken"])
def test_an_archive_that_cannot_be_read(content: bytes) -> None:
    there = Account()
    there.archive = content
    with account(there) as (_, client, batching), pytest.raises(GarbledAnswer, match="archive"):
        run(client, batching, changes(3))


def test_unreadable_results_of_an_earlier_run_are_given_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """They would end each later run of the collection, too."""
    there = Account(looks=0)
    there.archive = b"no archive"
    noted: list[Sequence[str | None]] = []
    with account(there) as (_, client, batching):
        with pytest.raises(GarbledAnswer):
            list(
                change_members(
                    client, "l1", [changes(3)], batching=batching, on_batches=noted.append
                )
            )
        (ticket,) = noted[-1]
        assert ticket
        assert not list(resume_changes(client, ticket, "l1", {}, wait=True, batching=batching))
    assert "cannot be read" in caplog.text


def test_an_answer_about_a_member_that_cannot_be_read_is_only_that_one() -> None:
    there = Account()
    there.answers = {1: (200, {"status": None, "last_changed": 7})}
    with account(there) as (_, client, batching):
        outcomes = run(client, batching, changes(3))
    rejected = [outcome.rejection for outcome in outcomes if outcome.rejection]
    assert [one.retryable for one in rejected] == [True]


def test_results_that_cannot_be_deleted_are_reported_without_harm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Stubborn(Account):
        def __call__(self, handler: BaseHTTPRequestHandler) -> None:
            if handler.command == "DELETE":
                return problem(403, "Forbidden", "No")(handler)
            return super().__call__(handler)

    with caplog.at_level(logging.INFO), account(Stubborn()) as (_, client, batching):
        assert len(run(client, batching, changes(3))) == 3
    assert "results of batch b1 stay" in caplog.text
    for change in changes(3):
        assert change.subscriber_hash not in caplog.text
    assert "galaxy.gr" not in caplog.text
