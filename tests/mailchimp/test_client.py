"""The transport: what is sent again, what is surfaced, what never shows."""

from __future__ import annotations

import base64
import logging
import pickle
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import (
    AuthenticationError,
    BadRequest,
    ComplianceStateError,
    ConfigurationError,
    ConnectionFault,
    ForeignAnswer,
    ForgottenError,
    GarbledAnswer,
    HostUnknown,
    MailchimpError,
    NotFound,
    OverloadedError,
    PermissionDenied,
    ReadOnlyClientError,
    ServerError,
    TooManyRequests,
    UnexpectedAnswer,
)
from crm_mailchimp.mailchimp.retries import Retry
from crm_mailchimp.mailchimp.transport import base_url
from mailchimp.scripted_server import (
    ScriptedServer,
    Step,
    answer,
    cut_short,
    late,
    problem,
    reset,
    scripted,
)

KEY = "0123456789abcdef0123456789abcdef-us21"
ADDRESS = "Μαρία.Παπαδοπούλου@example.gr"
HASH = "b642b4217b34b1e8d3bd915fc65c4452"
OK = answer(200, {"health_status": "Everything's Chimpy!"})


class Clock:
    """Time that passes by waiting only."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@contextmanager
def talking(
    *script: Step, retry: Retry | None = None, timeout: float = 5
) -> Iterator[tuple[MailchimpClient, ScriptedServer, Clock]]:
    clock = Clock()
    with (
        scripted(*script) as server,
        MailchimpClient(
            KEY, host=server.host, timeout=timeout, retry=retry, wait=clock.wait, clock=clock
        ) as client,
    ):
        yield client, server, clock


@pytest.mark.parametrize(
    ("key", "host", "expected"),
    [
        (KEY, None, "https://us21.api.mailchimp.com/3.0"),
        (f" {KEY}\n", "", "https://us21.api.mailchimp.com/3.0"),
        ("sandbox-us1", "http://127.0.0.1:8099", "http://127.0.0.1:8099/3.0"),
        ("sandbox-us1", "http://127.0.0.1:8099/3.0/", "http://127.0.0.1:8099/3.0"),
        ("anything", "http://localhost:1/proxy", "http://localhost:1/proxy/3.0"),
        (KEY, "mail.gateway.internal", "https://mail.gateway.internal/3.0"),
        (KEY, "US21.api.mailchimp.com", "https://US21.api.mailchimp.com/3.0"),
        (KEY, "http://[::1]:8099", "http://[::1]:8099/3.0"),
        (KEY, "http://127.8.9.10", "http://127.8.9.10/3.0"),
        # The sandbox in a container: its key is no secret.
        ("sandbox-us1", "http://mailchimp-sandbox:8099", "http://mailchimp-sandbox:8099/3.0"),
    ],
)
def test_where_it_talks_to(key: str, host: str | None, expected: str) -> None:
    assert base_url(key, host) == expected


@pytest.mark.parametrize(
    ("key", "host", "word"),
    [
        ("", None, "No Mailchimp API key"),
        ("   ", "http://127.0.0.1:1", "No Mailchimp API key"),
        ("0123456789abcdef0123456789abcdef", None, "data centre"),
        ("κλειδί-us1", None, "characters"),
        (KEY, "ftp://127.0.0.1", "no address"),
        (KEY, "http://", "no address"),
        (KEY, "https://user:secret@us21.api.mailchimp.com", "holds a login"),
        (KEY, "https://secret@us21.api.mailchimp.com", "holds a login"),
        (KEY, "http://us21.api.mailchimp.com", "without encryption"),
        (KEY, "HTTP://US21.API.MAILCHIMP.COM", "without encryption"),
        (KEY, "http://127.0.0.1.galaxy.gr", "without encryption"),
        (KEY, "http://localhost.galaxy.gr", "without encryption"),
        (KEY, "http://sandbox:8099", "without encryption"),
        (KEY, "http://mailchimp-sandbox:8099", "without encryption"),
        ("sandbox-us2", "http://mailchimp-sandbox:8099", "without encryption"),
        ("sandbox-us1", "http://sandbox.galaxy.gr:8099", "without encryption"),
        ("sandbox-us1", "http://sandbox.:8099", "without encryption"),
        ("sandbox-us1", "http://10.0.0.1:8099", "without encryption"),
        ("sandbox-us1", "http://167772161:8099", "without encryption"),
        ("sandbox-us1", "http://0xa000001:8099", "without encryption"),
        ("sandbox-us1", "http://[2001:db8::1]:8099", "without encryption"),
        (KEY, "http://10.0.0.1", "without encryption"),
        (KEY, "http://[2001:db8::1]:8099", "without encryption"),
        (KEY, "http://0.0.0.0:8099", "without encryption"),
        (KEY, "http://127.0.0.1\\@galaxy.gr", "holds a login"),
        (KEY, "http://127.0.0.1\\galaxy.gr", "no address"),
        (KEY, "https://us21.api.mailchimp.com:galaxy", "no address"),
        (KEY, "https://us21.api.mailchimp.com:99999", "no address"),
        (KEY, "https://[::1", "no address"),
        (KEY, "https://us21.api.mailchimp.com/#x", "no address"),
        (KEY, "https://us21.api. mailchimp.com", "no address"),
        (KEY, "https://us6.api.mailchimp.com", "data centre us6, and the key of us21"),
        (KEY, "US6.api.mailchimp.com.", "data centre us6, and the key of us21"),
    ],
)
def test_what_it_cannot_be_built_from(key: str, host: str | None, word: str) -> None:
    with pytest.raises(ConfigurationError, match=word) as caught:
        MailchimpClient(key, host=host)
    assert "secret" not in str(caught.value)
    assert not key.strip() or key.strip() not in str(caught.value)


def test_one_connection_for_many_calls() -> None:
    with talking(OK) as (client, server, _):
        for _ in range(25):
            client.ping.get()
        assert server.connections == 1
        assert client.calls == len(server.seen) == 25


def test_the_request_as_mailchimp_wants_it() -> None:
    with talking(answer(200, {"id": HASH})) as (client, server, _):
        client.lists.get_all_lists(fields=["lists.id", "total_items"], count=1000, offset=0)
        client.lists.update_list_member("l1", HASH, {"merge_fields": {"FNAME": "Ελένη"}})
        read, changed = server.seen
    assert read.target == "/3.0/lists?fields=lists.id%2Ctotal_items&count=1000&offset=0"
    assert read.body == b""
    assert changed.json == {"merge_fields": {"FNAME": "Ελένη"}}
    assert changed.headers["Content-Type"] == "application/json"
    user, _, password = (
        base64.b64decode(read.headers["Authorization"].removeprefix("Basic ")).decode()
    ).partition(":")
    assert (bool(user), password) == (True, KEY)
    assert "crm-mailchimp/" in read.headers["User-Agent"]
    assert "mailchimp-marketing/3." in read.headers["User-Agent"]


def test_the_sdk_cannot_replace_the_text_server() -> None:
    """The SDK puts the data centre wherever a URL says "server", also inside of ids."""
    with talking(answer(200, {"id": "x"})) as (client, server, _):
        client.lists.get_list_member("server1", "myserver@server.gr", fields=["server"])
        assert server.seen[0].target == (
            "/3.0/lists/server1/members/myserver%40server.gr?fields=server"
        )
    assert base_url("0-us21", "https://server.internal") == "https://server.internal/3.0"


@pytest.mark.parametrize("name", ["a/../../b", "{subscriber_hash}", "x?y=z", "μέλος"])
def test_ids_cannot_leave_their_place_in_the_path(name: str) -> None:
    with talking(answer(200, {"id": "x"})) as (client, server, _):
        client.lists.get_list_member(name, HASH)
        assert server.seen[0].target.count("/") == len(["", "3.0", "lists", "id", "members"])
        assert server.seen[0].target.endswith(f"/members/{HASH}")


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (problem(401, "API Key Invalid"), AuthenticationError),
        (problem(403, "Forbidden", "User does not have access"), PermissionDenied),
        (problem(404, "Resource Not Found", "No such list"), NotFound),
        (problem(400, "Invalid Resource"), BadRequest),
        (problem(400, "Member In Compliance State"), ComplianceStateError),
        (problem(400, "Forgotten Email Not Subscribed"), ForgottenError),
        (problem(405, "Method Not Allowed"), BadRequest),
        (answer(404, "<html>nginx</html>", kind="text/html"), UnexpectedAnswer),
        (answer(302, None, headers={"Location": "http://127.0.0.1:1/"}), UnexpectedAnswer),
        (answer(400, "<html>Bad</html>", kind="text/html"), UnexpectedAnswer),
        (answer(200, "<html>Σύνδεση</html>", kind="text/html; charset=utf-8"), ForeignAnswer),
        (answer(200, "OK", kind="text/plain"), ForeignAnswer),
        (answer(201, b"\x89PNG", kind="image/png"), ForeignAnswer),
        (answer(200, " <!DOCTYPE html>", kind=""), ForeignAnswer),
        (answer(200, "", kind="text/html"), ForeignAnswer),
    ],
)
def test_what_cannot_heal_fails_at_once(step: Step, kind: type[MailchimpError]) -> None:
    with talking(step) as (client, server, clock), pytest.raises(kind) as caught:
        client.lists.get_list("l1")
    assert type(caught.value) is kind
    assert not caught.value.retryable
    assert len(server.seen) == 1
    assert clock.waits == []


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (problem(429, "Too Many Requests"), TooManyRequests),
        (answer(403, "<html>Access Denied</html>", kind="text/html"), OverloadedError),
        (answer(403, None), OverloadedError),
        (problem(500, "Internal Server Error"), ServerError),
        (answer(503, "<html>", kind="text/html"), ServerError),
        (reset, ConnectionFault),
        (cut_short, ConnectionFault),
        (answer(200, '{"id": "l1", "na', kind="application/problem+json"), GarbledAnswer),
        (answer(200, '{"id": "l1", "na'), GarbledAnswer),
        (answer(200, "[1]"), GarbledAnswer),
        (answer(200, None), GarbledAnswer),
    ],
)
def test_what_can_heal_is_sent_again(step: Step, kind: type[MailchimpError]) -> None:
    with talking(step, step, answer(200, {"id": "l1"})) as (client, server, clock):
        assert client.lists.get_list("l1") == {"id": "l1"}
        assert client.calls == len(server.seen) == 3
        assert len(clock.waits) == 2
    with talking(step) as (client, server, clock), pytest.raises(kind) as caught:
        client.lists.get_list("l1")
    assert type(caught.value) is kind
    assert caught.value.retryable
    assert not caught.value.outcome_unknown, "nothing is lost by reading"
    assert caught.value.attempts == len(server.seen) == Retry().attempts
    assert "Gave up after 6 attempts" in str(caught.value)


def test_a_page_in_mailchimps_place_is_named() -> None:
    page = f"<html>{ADDRESS} {KEY}</html>"
    with talking(answer(200, page, kind="text/html")) as (client, server, _):
        with pytest.raises(ForeignAnswer) as caught:
            client.lists.get_list("l1")
        words = str(caught.value)
        assert server.host in words
    assert "answers in its place" in words
    assert "text/html" in words
    assert ADDRESS not in words and KEY not in words
    with scripted(problem(401, "API Key Invalid")) as server:
        host = f"{server.host}/secret-path"
        with (
            MailchimpClient(KEY, host=host, name="mailchimp_default") as client,
            pytest.raises(AuthenticationError) as refused,
        ):
            client.ping.get()
    assert f"connection mailchimp_default ({server.host}): GET /ping" in str(refused.value)
    assert "secret-path" not in str(refused.value)
    # A page that greets a sending: nobody knows whether it went through before.
    with talking(answer(200, page, kind="text/html")) as (client, server, _):
        with pytest.raises(ForeignAnswer) as caught:
            client.campaigns.send("c1")
        assert caught.value.outcome_unknown
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("http://crm.example.gr/mystikó", "http://crm.example.gr would"),
        ("ftp://127.0.0.1:21/x", "ftp://127.0.0.1:21 is no"),
        ("https://user:mystikó@api.example.gr/t", "https://api.example.gr holds"),
        ("https://user:my/stikó@api.example.gr", "(not shown"),
        ("https://api.example.gr:mystikó", "https://api.example.gr:… is no"),
        ("https://api.example.gr?mystikó", "https://api.example.gr is no"),
        ("https://us7.api.mailchimp.com/mystikó", "https://us7.api.mailchimp.com is of"),
        (f"ftp://{KEY}", "ftp://[key] is no"),
        ("https://διακομιστής.gr", "https://διακομιστής.gr is no"),
    ],
)
def test_a_problem_of_the_host_shows_the_host_and_its_own_advice(host: str, shown: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        base_url(KEY, host)
    words = str(caught.value)
    assert f"The host {shown}" in words
    assert "stikó" not in words and KEY not in words
    assert "Enter the API key" not in words
    assert "Set the API key" not in words


def test_backoff_grows_has_jitter_and_a_cap() -> None:
    retry = Retry(base=1, cap=8)
    for attempt, most in [(1, 1), (2, 2), (3, 4), (4, 8), (9, 8)]:
        delays = [retry.delay(attempt, None) for _ in range(300)]
        assert 0 <= min(delays) < most / 4
        assert most * 3 / 4 < max(delays) <= most
    assert all(30 <= retry.delay(1, 30) <= 31 for _ in range(50))


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(form: str) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=41)
    header = "40" if form == "seconds" else format_datetime(moment, usegmt=True)
    throttled = answer(429, {"title": "Too Many Requests"}, headers={"Retry-After": header})
    with talking(throttled, OK) as (client, _, clock):
        client.ping.get()
    assert 38 <= clock.waits[0] <= 42


def test_no_attempt_begins_after_the_deadline() -> None:
    throttled = answer(429, {"title": "Too Many Requests"}, headers={"Retry-After": "40"})
    with (
        talking(throttled, retry=Retry(attempts=50, deadline=100)) as (client, server, clock),
        pytest.raises(TooManyRequests),
    ):
        client.ping.get()
    assert len(server.seen) == 3
    assert clock.now <= 100


def test_a_slow_answer_is_given_up() -> None:
    with talking(late(6.0, OK), OK, timeout=2.0) as (client, server, _):
        client.ping.get()
        assert len(server.seen) == 2


def test_an_unreachable_host() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: nobody answers there
        clock = Clock()
        host = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with MailchimpClient(KEY, host=host, wait=clock.wait, clock=clock) as client:
            with pytest.raises(ConnectionFault, match="cannot be reached") as caught:
                client.campaigns.create({"type": "regular"})
            # Nothing was sent, so even this may be tried again.
            assert client.calls == Retry().attempts
            assert not caught.value.outcome_unknown


@pytest.mark.parametrize(
    "host", ["https://us99.api.mailchimp.invalid", "https://a..b", f"https://{'a' * 64}.gr"]
)
def test_a_host_without_a_computer_fails_at_once(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = socket.getaddrinfo

    def unknown(name: str, *arguments: Any, **options: Any) -> Any:
        if name.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return asked(name, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    clock = Clock()
    with MailchimpClient(
        KEY, host=host, name="mailchimp_gr", wait=clock.wait, clock=clock
    ) as client:
        with pytest.raises(HostUnknown) as caught:
            client.ping.get()
        assert client.calls == 1
    assert not caught.value.retryable
    assert f"connection mailchimp_gr ({host}): GET /ping" in str(caught.value)
    assert "Correct the host" in str(caught.value)


def test_a_resolver_out_of_reach_may_heal(monkeypatch: pytest.MonkeyPatch) -> None:
    def unanswered(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unanswered)
    clock = Clock()
    with (
        MailchimpClient(KEY, host="https://a.galaxy.gr", wait=clock.wait, clock=clock) as client,
        pytest.raises(ConnectionFault, match=r"a\.galaxy\.gr.*cannot be reached"),
    ):
        client.ping.get()
    assert client.calls == Retry().attempts


CREATIONS: list[Callable[[MailchimpClient], Any]] = [
    lambda client: client.lists.create_list({"name": "Πελάτες"}),
    lambda client: client.lists.add_list_merge_field("l1", {"name": "Πόλη", "type": "text"}),
    lambda client: client.campaigns.create({"type": "regular"}),
    lambda client: client.campaigns.send("c1"),
    lambda client: client.campaigns.schedule("c1", {"schedule_time": "2026-11-23T12:00:00+00:00"}),
    lambda client: client.campaigns.send_test_email("c1", {"test_emails": [ADDRESS]}),
    lambda client: client.lists.batch_list_members("l1", {"members": [], "update_existing": True}),
    lambda client: client.lists.batch_list_members("l1", {"members": []}),
]


@pytest.mark.parametrize("create", CREATIONS)
@pytest.mark.parametrize("step", [reset, cut_short, problem(500, "Oops"), answer(200, "<html>")])
def test_a_lost_answer_to_a_creation_is_surfaced(
    create: Callable[[MailchimpClient], Any], step: Step
) -> None:
    with talking(step, OK) as (client, server, _), pytest.raises(MailchimpError) as caught:
        create(client)
    assert caught.value.outcome_unknown
    assert "may have been carried out" in str(caught.value)
    assert len(server.seen) == 1


@pytest.mark.parametrize("create", CREATIONS)
@pytest.mark.parametrize("step", [problem(429, "Too Many Requests"), answer(403, None)])
def test_a_creation_that_was_turned_away_is_sent_again(
    create: Callable[[MailchimpClient], Any], step: Step
) -> None:
    with talking(step, OK) as (client, server, _):
        create(client)
        assert len(server.seen) == 2


@pytest.mark.parametrize("step", [reset, cut_short, problem(500, "Oops")])
def test_a_lost_answer_to_what_is_safe_to_repeat_is_repeated(step: Step) -> None:
    body = {"members": [], "update_existing": False}
    with talking(step, answer(200, {"new_members": []})) as (client, server, _):
        client.lists.batch_list_members("l1", body)
        assert [seen.json for seen in server.seen] == [body, body]
    with talking(step, answer(204)) as (client, server, _):
        assert client.lists.delete_list_member_permanent("l1", HASH) is None
        assert client.lists.delete_list_member("l1", HASH) is None
        assert len(server.seen) == 3


def test_one_request_at_a_time() -> None:
    with talking(late(0.05, OK)) as (client, server, _):
        threads = [threading.Thread(target=client.ping.get) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(server.seen), server.most_in_flight) == (6, 1)


def test_the_slot_is_held_while_the_client_is_open() -> None:
    held: list[str] = []

    @contextmanager
    def slot() -> Iterator[None]:
        held.append("taken")
        try:
            yield
        finally:
            held.append("given back")

    with scripted(problem(401, "API Key Invalid")) as server:
        client = MailchimpClient(KEY, host=server.host, slot=slot)
        assert held == []
        with pytest.raises(AuthenticationError), client:
            assert held == ["taken"]
            client.ping.get()
        assert held == ["taken", "given back"]
        with pytest.raises(RuntimeError, match="Open the Mailchimp client"):
            client.ping.get()


def test_a_slot_that_is_not_given_leaves_nothing_open() -> None:
    @contextmanager
    def slot() -> Iterator[None]:
        raise TimeoutError("no slot")
        yield

    client = MailchimpClient(KEY, slot=slot)
    with pytest.raises(TimeoutError), client:
        pytest.fail("the client must not open")
    with pytest.raises(RuntimeError):
        client.ping.get()


QUOTING = {
    "detail": f"{ADDRESS} is already a list member; portion before the @: Μαρία.Παπαδοπούλου",
    "errors": [{"field": "merge_fields.FNAME", "message": f"Μαρία of {ADDRESS}, {HASH}, {KEY}"}],
}


@pytest.mark.parametrize(
    "step",
    [
        problem(400, "Invalid Resource", **QUOTING),
        problem(400, f"{ADDRESS} is odd", **QUOTING),
        problem(404, "Resource Not Found", QUOTING["detail"]),
        problem(401, "API Key Invalid", f"Your API key {KEY} may be invalid"),
        problem(500, "Oops", QUOTING["detail"]),
        answer(200, f"<html>{ADDRESS} {HASH} {KEY}</html>", kind="text/html"),
        reset,
        cut_short,
    ],
)
def test_no_secret_and_nobody_shows_in_errors_or_logs(
    step: Step, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with talking(step, retry=Retry(attempts=2)) as (client, _, _):
        shown = [repr(client), str(client), repr(vars(client))]
        for request in (
            lambda: client.lists.update_list_member("l1", HASH, {"merge_fields": {"FNAME": "Μ"}}),
            lambda: client.lists.get_list_member("l1", ADDRESS),
            lambda: client.call("GET", "/search-members", query={"query": ADDRESS}),
            lambda: client.lists.batch_list_members("l1", {"members": [{"email": ADDRESS}]}),
        ):
            with pytest.raises(MailchimpError) as caught:
                request()
            error = caught.value
            again = pickle.loads(pickle.dumps(error))
            assert str(again) == str(error)
            shown += [
                str(error),
                repr(error),
                "".join(traceback.format_exception(error)),
                repr(error.__context__),
            ]
            assert "{list_id}" in str(error) or "/search-members" in str(error)
    shown += [record.getMessage() for record in caplog.records]
    assert any(record.name == "urllib3.connectionpool" for record in caplog.records)
    for line in shown:
        for secret in (KEY, KEY[:32], ADDRESS, "Παπαδοπούλου", "%CE%9C%CE%B1", HASH):
            assert secret not in line, line


def test_what_an_error_says() -> None:
    refused = problem(400, "Invalid Resource", errors=[{"field": "name", "message": "Too long"}])
    with talking(refused) as (client, server, _), pytest.raises(BadRequest) as caught:
        client.lists.update_list("l1", {"name": "Πελάτες" * 50})
    assert str(caught.value) == (
        f"{server.host}: PATCH /lists/{{list_id}}: 400 Invalid Resource"
        " (request 995c5cb0-3280-4a6e-808b-3b096d0bb219)."
        " The same request will be refused again: correct the named fields."
        " Fields: name: Too long"
    )
    with talking(refused) as (client, _, _), pytest.raises(BadRequest) as caught:
        client.lists.update_list_member("l1", HASH, {"merge_fields": {"FNAME": "Ελένη" * 99}})
    assert str(caught.value).endswith("Fields: name")


def test_the_transport_log_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with talking(answer(200, {"id": HASH})) as (client, _, _):
        client.lists.get_list_member("l1", HASH)
        client.call("GET", "/search-members", query={"query": ADDRESS})
    lines = [record.getMessage() for record in caplog.records if "HTTP/1.1" in record.getMessage()]
    assert len(lines) == 2, "urllib3 logs each request at DEBUG"
    assert "/3.0/lists/l1/members/[hash]" in lines[0]
    assert "Παπαδοπούλου" not in lines[1]
    assert "%CE" not in lines[1]


def test_a_read_only_client_sends_nothing_but_get() -> None:
    """Through the SDK's operations, by ``call``, and in any spelling of a method."""
    with scripted(OK) as server:
        client = MailchimpClient(KEY, host=server.host, read_only=True)
        with client:
            assert client.ping.get()
            for write in (
                lambda: client.lists.create_list({"name": "Νέα"}),
                lambda: client.lists.update_list("l", {}),
                lambda: client.lists.delete_list("l"),
                lambda: client.lists.set_list_member("l", HASH, {}),
                lambda: client.batches.start({"operations": []}),
                lambda: client.campaigns.send("c"),
                lambda: client.call("get", "/lists"),
            ):
                with pytest.raises(ReadOnlyClientError, match="nothing was sent"):
                    write()
            assert client.calls == 1
        assert [request.method for request in server.seen] == ["GET"]
