"""Answers that are too large, too deep or of the wrong types end in a typed error, in bounds."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import tarfile
import tracemalloc
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from crm_mailchimp.mailchimp import (
    account,
    answers,
    audiences,
    batch_results,
    campaigns,
    client,
    merge_fields,
)
from crm_mailchimp.mailchimp import members as audience_members
from crm_mailchimp.mailchimp.batch_results import ResultsUnreadable, results_of
from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import AnswerTooLarge, GarbledAnswer, MailchimpError
from crm_mailchimp.mailchimp.retries import Retry
from mailchimp.scripted_server import Step, answer, problem, scripted

KEY = "0123456789abcdef0123456789abcdef-us21"
DEEP = b"[" * 300_000 + b"]" * 300_000
TOKEN = "0a1b2c3d"


def asked(step: Step, ask: Callable[[MailchimpClient], Any]) -> Any:
    with (
        scripted(step) as server,
        MailchimpClient(KEY, host=server.host, retry=Retry(attempts=2, base=0)) as opened,
    ):
        return ask(opened)


def packed(megabytes: int) -> Step:
    body = gzip.compress(b" " * (megabytes << 20))
    return answer(200, body, headers={"Content-Encoding": "gzip"})


def test_a_small_answer_cannot_fill_the_memory() -> None:
    bomb = packed(256)
    tracemalloc.start()
    try:
        with pytest.raises(AnswerTooLarge) as caught:
            asked(bomb, lambda opened: opened.ping.get())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert not caught.value.retryable
    assert peak < 3 * client.MOST_BYTES


def test_an_answer_in_drops_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MOST_SECONDS", -1.0)
    with pytest.raises(MailchimpError, match="does not end") as caught:
        asked(answer(200, {"health_status": "fine"}), lambda opened: opened.ping.get())
    assert caught.value.retryable


@pytest.mark.parametrize(
    "body",
    [
        DEEP,
        b'{"a": ' * 300_000 + b"1" + b"}" * 300_000,
        b'{"a": ' * 60 + b"1" + b"}" * 60,
        b'{"a": ' + b"9" * 5_000 + b"}",
        b"null",
        b"\xff\xfe{}",
    ],
)
def test_what_is_no_usable_json_is_a_typed_error(body: bytes) -> None:
    with pytest.raises(GarbledAnswer):
        asked(answer(200, body), lambda opened: opened.ping.get())


def test_as_many_levels_as_the_api_has_are_read() -> None:
    levels = answers.MOST_LEVELS
    assert answers.json_value("[" * levels + "]" * levels)
    with pytest.raises(ValueError, match="levels"):
        answers.json_value("[" * (levels + 2) + "]" * (levels + 2))


READERS: list[Callable[[MailchimpClient], Any]] = [
    account.account,
    lambda opened: audiences.audience(opened, "l1"),
    lambda opened: list(audiences.audiences(opened)),
    lambda opened: merge_fields.merge_fields(opened, "l1"),
    lambda opened: audience_members.member(opened, "l1", "h"),
    lambda opened: list(audience_members.members(opened, "l1")),
    lambda opened: list(audience_members.complaints(opened, "l1")),
    lambda opened: campaigns.campaign_of(campaigns.campaign(opened, "c1") or {}),
    lambda opened: campaigns.send_checklist(opened, "c1"),
    campaigns.sender_domains,
]
ODD: list[Any] = [{"x": {"y": 1}}, ["Ελένη"], "Ελένη", 7.5, True]
NAMES = (
    *("account_id", "id", "contact", "stats", "list_id", "last_changed", "merge_fields", "status"),
    *("email_id", "date", "recipients", "settings", "send_time", "emails_sent", "options", "tag"),
    *("merge_id", "items", "domains", "total_subscribers"),
)


@pytest.mark.parametrize("value", ODD)
def test_values_of_other_types_are_a_typed_error_or_are_read(value: Any) -> None:
    entry = dict.fromkeys(NAMES, value)
    names = ("lists", "merge_fields", "members", "abuse_reports")
    contents = ({**entry, **{name: [entry] for name in names}}, dict.fromkeys(names, value))
    for reader, content in itertools.product(READERS, (*contents, {"id": 1})):
        try:
            asked(answer(200, content), reader)
        except MailchimpError as error:
            assert "Ελένη" not in str(error)
            assert error.place.startswith("http://127.0.0.1:")
            assert error.__suppress_context__ or error.__context__ is None


@pytest.mark.parametrize(
    ("constraints", "most"),
    [
        ({"max_instances": 3}, 3),
        ({"max_instances": 0}, 0),
        ({"max_instances": -1}, None),
        ({"max_instances": True}, None),
        ({"max_instances": "3"}, None),
        ({}, None),
        ([], None),
    ],
)
def test_a_limit_on_audiences_that_nobody_can_read_is_none(
    constraints: Any, most: int | None
) -> None:
    body = json.dumps({"constraints": constraints}).encode()
    assert asked(answer(200, body), audiences.most_audiences) == most


@pytest.mark.parametrize("errors", [None, {"field": 1}, [None, 7, "x", {"field": None}]])
def test_a_refusal_of_another_form_is_still_a_refusal(errors: Any) -> None:
    with pytest.raises(MailchimpError, match="400 Invalid Resource"):
        asked(problem(400, "Invalid Resource", errors=errors), lambda opened: opened.ping.get())


def archive(*files: bytes, name: str = "a.json", **more: Any) -> io.BytesIO:
    packed_files = io.BytesIO()
    with tarfile.open(fileobj=packed_files, mode="w:gz", **more) as tar:
        for content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    packed_files.seek(0)
    return packed_files


def row(**changed: Any) -> dict[str, Any]:
    return {"operation_id": f"{TOKEN}-0-s", "status_code": 200, "response": "{}", **changed}


@pytest.mark.parametrize(
    "content",
    [
        *(b"null", b"{}", b'"text"', b"7", b"", b"\xff\xfe", DEEP),
        *(b"[null]", b"[[]]", b"[7]", b'["x"]'),
        *(
            json.dumps([row(**changed)]).encode()
            for changed in (
                {"status_code": "x"},
                {"operation_id": f"{TOKEN}-{'9' * 5_000}-s"},
            )
        ),
    ],
)
def test_a_file_of_results_of_another_form_is_a_typed_error(content: bytes) -> None:
    with pytest.raises(ResultsUnreadable) as caught:
        list(results_of(archive(content), TOKEN))
    assert caught.value.retryable
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "response", [None, [], 7, "null", "[1]", "{", DEEP.decode(), '{"a":' * 400_000]
)
def test_a_result_without_an_answer_is_only_that_one(response: Any) -> None:
    content = json.dumps([row(response=response), row(operation_id=f"{TOKEN}-1-t")]).encode()
    first, second = results_of(archive(content), TOKEN)
    assert (first.answer, first.subject, second.subject) == ({}, "s", "t")


def test_an_archive_that_unpacks_to_much_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_results, "MOST_BYTES", 1 << 20)
    for bomb in (
        archive(b"[" + b" " * (8 << 20) + b"]"),
        archive(b" " * (8 << 20), name="readme.txt"),
        archive(*[b"[]"] * 3_000),
        # tarfile reads such a header whole.
        archive(b"[]", pax_headers={"comment": "x" * (8 << 20)}, format=tarfile.PAX_FORMAT),
        archive(b"[]", name="x" * (8 << 20) + ".json", format=tarfile.GNU_FORMAT),
    ):
        tracemalloc.start()
        try:
            with pytest.raises(ResultsUnreadable):
                list(results_of(bomb, TOKEN))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 4 << 20


def test_an_archive_of_many_files_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_results, "_MOST_FILES", 10)
    with pytest.raises(ResultsUnreadable):
        list(results_of(archive(*[b"[]"] * 11), TOKEN))


def test_no_member_of_an_archive_is_used_as_a_path(tmp_path: Any) -> None:
    odd = io.BytesIO()
    target = tmp_path / "ξένο.json"
    with tarfile.open(fileobj=odd, mode="w:gz") as tar:
        for kind, name in (
            (tarfile.SYMTYPE, str(target)),
            (tarfile.LNKTYPE, f"../../..{target}"),
            (tarfile.CHRTYPE, "device.json"),
            (tarfile.FIFOTYPE, "pipe.json"),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            tar.addfile(entry)
        content = json.dumps([row()]).encode()
        entry = tarfile.TarInfo(f"../../..{target}")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    odd.seek(0)
    (result,) = results_of(odd, TOKEN)
    assert result.subject == "s"
    assert not target.exists()


def test_a_header_that_lies_is_a_typed_error() -> None:
    whole = gzip.decompress(archive(json.dumps([row()]).encode()).getvalue())
    for cut in range(0, len(whole), 97):
        for broken in (whole[:cut], whole[:cut] + b"\xff" * 8 + whole[cut + 8 :]):
            try:
                list(results_of(io.BytesIO(gzip.compress(broken)), TOKEN))
            except ResultsUnreadable:
                continue


def test_the_key_follows_no_redirect() -> None:
    seen: list[str] = []

    def elsewhere(handler: BaseHTTPRequestHandler) -> None:
        seen.append(str(handler.headers.get("Authorization")))
        answer(200, {"health_status": "fine"})(handler)

    with scripted(elsewhere) as other:
        for status in (301, 302, 303, 307, 308):
            step = answer(status, None, headers={"Location": f"{other.host}/3.0/ping"})
            with pytest.raises(MailchimpError):
                asked(step, lambda opened: opened.ping.get())
    assert seen == []


def test_the_key_goes_by_no_proxy_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """By http the proxy would read it."""
    with scripted(answer(200, {"health_status": "fine"})) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.host)
        asked(answer(200, {"health_status": "fine"}), lambda opened: opened.ping.get())
        assert proxy.seen == []
