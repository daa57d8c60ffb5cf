"""The other end of a benchmark, and the count of calls that are in flight."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.far_end import FarEnd, far_end_at
from benchmarks.place import most_at_once
from benchmarks.wire import Request, additions, pages, send
from mailchimp.scripted_server import Step, answer, scripted


@pytest.mark.parametrize("host", ["https://us1.api.mailchimp.com", "https://mailchimp.com/3.0"])
def test_mailchimp_itself_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="Mailchimp itself"):
        far_end_at(host, "key-us1", None)


@pytest.mark.parametrize(
    "step",
    [answer(404, {"title": "Resource Not Found"}), answer(200, {}), answer(200, b"<html>")],
    ids=["not found", "another object", "a page"],
)
def test_a_server_without_control_is_no_sandbox(step: Step) -> None:
    with scripted(step) as server:
        found = far_end_at(f"{server.host}/3.0", "key-us1", None)
        assert found == FarEnd(server.host, "key-us1", None, is_sandbox=False)
        assert found.cpu_seconds() is None
        assert [seen.method for seen in server.seen] == ["GET"], "nothing of it may be emptied"


def test_a_server_that_does_not_answer_is_named() -> None:
    with pytest.raises(ValueError, match="MAILCHIMP_BENCH_HOST: nobody answers at http://127"):
        far_end_at("http://127.0.0.1:9/3.0", "key-us1", None)


def test_a_sandbox_of_choice_is_emptied_and_its_cpu_is_known(mailchimp_sandbox: Any) -> None:
    chosen = far_end_at(mailchimp_sandbox.base_url, mailchimp_sandbox.key, None)
    assert chosen.is_sandbox
    assert chosen.pid == mailchimp_sandbox.pid
    asked = send(chosen, [Request("GET", "/lists")] * 20)
    assert (asked.calls, asked.in_flight) == (20, 8)
    assert (chosen.cpu_seconds() or 0) > 0
    assert mailchimp_sandbox.control("GET", "")["requests"] == 20
    far_end_at(chosen.host, chosen.key, None)
    assert mailchimp_sandbox.control("GET", "")["requests"] == 0


def test_a_refused_request_fails_the_bare_loop(mailchimp_sandbox: Any) -> None:
    chosen = far_end_at(mailchimp_sandbox.base_url, mailchimp_sandbox.key, None)
    with pytest.raises(RuntimeError, match="the bare loop was refused: POST: 404"):
        send(chosen, additions("nowhere", 10, prefix="p"))


def test_calls_in_flight() -> None:
    assert most_at_once([]) == 0
    assert most_at_once([(1.0, 2.0), (2.0, 3.0)]) == 1
    assert most_at_once([(1.0, 4.0), (2.0, 3.0), (2.5, 5.0), (4.5, 6.0)]) == 3


def test_pages() -> None:
    assert [len(page) for page in pages(1_001)] == [500, 500, 1]
