"""The process: its one line, its port, its key, its throttle, its state file."""

from __future__ import annotations

import base64
import json
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from mailchimp_sandbox.tests.running import KEY, Running, running


def test_the_control_api_says_whose_server_it_is(world: Running) -> None:
    identity = world.control("GET", "")
    assert identity["name"] == "mailchimp-sandbox"
    assert identity["pid"] == world.process.pid


def test_a_port_in_use_is_one_clear_line(world: Running) -> None:
    port = world.base_url.split(":")[2].removesuffix("/3.0")
    other = subprocess.run(
        [sys.executable, "-m", "mailchimp_sandbox", "--port", port],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert other.returncode == 1
    assert other.stdout == ""
    assert other.stderr == f"cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_it_ends_with_zero_on_sigterm() -> None:
    with running() as server:
        server.call("GET", "ping")
    assert server.process.returncode == 0


@pytest.mark.parametrize(
    ("header", "title"),
    [
        (None, "API Key Missing"),
        ("Basic " + base64.b64encode(b"x:wrong").decode(), "API Key Invalid"),
        ("Basic not-base64!", "API Key Invalid"),
        ("Bearer wrong", "API Key Invalid"),
        ("OAuth wrong", "API Key Invalid"),
        (f"Digest {KEY}", "API Key Invalid"),
    ],
)
def test_a_wrong_key_is_401(world: Running, header: str | None, title: str) -> None:
    headers = {"Authorization": header} if header else {}
    answer = httpx.get(f"{world.base_url}/ping", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["title"] == title
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize(
    "header",
    [f"Bearer {KEY}", f"OAuth {KEY}", "Basic " + base64.b64encode(f"ό,τι:{KEY}".encode()).decode()],
)
def test_basic_bearer_and_oauth_are_welcome(world: Running, header: str) -> None:
    answer = httpx.get(f"{world.base_url}/ping", headers={"Authorization": header})
    assert answer.json() == {"health_status": "Everything's Chimpy!"}


def test_unknown_paths_and_methods(world: Running) -> None:
    assert world.refused("GET", "nothing/here")["title"] == "Resource Not Found"
    answer = world.api.put("ping")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.json()["title"] == "Method Not Allowed"


def test_broken_json_is_named(world: Running) -> None:
    answer = world.api.post("lists", content=b'{"name": ')
    assert (answer.status_code, answer.json()["title"]) == (400, "JSON Parse Error")
    assert world.refused("POST", "lists", [1])["title"] == "Invalid Resource"


def test_more_than_ten_connections_at_once_are_throttled(world: Running) -> None:
    world.control("POST", "latency", milliseconds=2000)
    answers: list[int] = []
    together = threading.Barrier(14)

    def ask(client: httpx.Client) -> None:
        with client:
            together.wait()
            answers.append(client.get(f"{world.base_url}/ping").status_code)

    # Made before the first asks: each reads the certificates, which takes as long as an answer.
    clients = [httpx.Client(auth=("x", KEY), timeout=30) for _ in range(together.parties)]
    threads = [threading.Thread(target=ask, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.control("POST", "latency", milliseconds=0)
    assert sorted(set(answers)) == [200, 429]
    assert answers.count(200) >= 10
    assert world.control("GET", "")["most_in_flight"] > 10


def test_who_arrives_together_is_counted_together_however_fast_answers_are(world: Running) -> None:
    """Twelve requests wait in the sockets of a server that is not running for a moment."""
    host, port = world.base_url.removeprefix("http://").removesuffix("/3.0").split(":")
    login = base64.b64encode(f"any:{KEY}".encode()).decode()
    request = (
        f"GET /3.0/ping HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {login}\r\n"
        "Connection: close\r\n\r\n"
    )
    with ExitStack() as opened:
        world.process.send_signal(signal.SIGSTOP)
        try:
            lines = [
                opened.enter_context(socket.create_connection((host, int(port)), timeout=30))
                for _ in range(12)
            ]
            for line in lines:
                line.sendall(request.encode())
        finally:
            world.process.send_signal(signal.SIGCONT)
        statuses = [line.makefile("rb").readline().split()[1] for line in lines]
    assert statuses.count(b"429") == 2
    assert statuses.count(b"200") == 10


def test_state_survives_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "κατάσταση.json"
    with running("--state", str(state), "--seed", "3") as first:
        list_id = first.new_list("Οπωρώνες")
        first.subscribe(list_id, *(f"p{n}@otenet.gr" for n in range(40)))
        campaign_id = first.new_campaign(list_id)
        first.send(campaign_id)
        first.advance(days=1)
        first.control("POST", "save")
        assert state.exists()
        report = first.call("GET", f"reports/{campaign_id}")
        first.act(list_id, "p0@otenet.gr", "unsubscribe", reason="Τέλος")
        events = len(first.events())
    with running("--state", str(state)) as second:
        assert second.call("GET", f"lists/{list_id}")["name"] == "Οπωρώνες"
        member = second.call("GET", f"lists/{list_id}/members/p0@otenet.gr")
        assert (member["status"], member["unsubscribe_reason"]) == ("unsubscribed", "Τέλος")
        assert second.call("GET", f"reports/{campaign_id}")["opens"] == report["opens"]
        assert len(second.events()) == events
        second.advance(days=30)
        assert second.call("GET", f"reports/{campaign_id}")["opens"] != report["opens"]
    assert [path.name for path in tmp_path.iterdir()] == [state.name]


def test_a_state_file_of_an_older_version_is_read(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with running("--state", str(state)) as first:
        list_id = first.new_list()
        first.subscribe(list_id, "p0@otenet.gr")
    document = json.loads(state.read_text(encoding="utf-8"))
    [member] = document["account"]["audiences"][list_id]["members"].values()
    member["field_that_is_gone"] = ""
    del member["language"]
    state.write_text(json.dumps(document), encoding="utf-8")
    with running("--state", str(state)) as second:
        assert second.call("GET", f"lists/{list_id}/members/p0@otenet.gr")["language"] == ""


def test_a_foreign_state_file_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"format": 99}', encoding="utf-8")
    started = subprocess.run(
        [sys.executable, "-m", "mailchimp_sandbox", "--port", "0", "--state", str(state)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert started.returncode == 1
    assert started.stderr.startswith("cannot use the state file")
    assert state.read_text(encoding="utf-8") == '{"format": 99}'


def test_two_keys_are_two_accounts() -> None:
    """Ids are unique at Mailchimp over all accounts."""
    found = []
    for key in (KEY, "second-us2", KEY):
        with running("--key", key) as server:
            server.api.auth = httpx.BasicAuth("any", key)
            list_id = server.new_list()
            account = server.call("GET", "")["account_id"]
            found.append((account, list_id, server.new_campaign(list_id)))
    assert found[0] == found[2], "the same account in every run"
    assert not set(found[0]) & set(found[1])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock/advance", {"weeks": 1}),
        ("act", {"list_id": "x", "email_address": "x", "action": "open", "kind": "x"}),
        ("bounce", {"list_id": "x", "email_address": "x", "kind": "hard"}),
        ("faults", {"next": [{"kind": "429", "times": 2}]}),
        ("faults", {"cleared": True}),
        ("latency", {"milliseconds": 1, "seconds": 1}),
        ("limits", {"audiences": 1}),
        ("batches", {"hold": True, "until": 1}),
    ],
)
def test_the_control_api_ignores_no_field(world: Running, path: str, body: object) -> None:
    answer = world.control_client.post(f"/_sandbox/{path}", json=body)
    assert (answer.status_code, answer.json()["detail"][0]["type"]) == (422, "extra_forbidden")


@pytest.mark.parametrize(
    ("method", "path", "body", "place"),
    [
        ("GET", "ledger/events?actions=sent", None, ["query", "actions"]),
        ("GET", "ledger/requests?action=sent&count=1", None, ["query", "action"]),
        ("GET", "clock?days=1", None, ["query", "days"]),
        ("POST", "clock/advance?days=1", {}, ["query", "days"]),
        ("POST", "clock/present", {"days": 1}, ["body"]),
        ("POST", "reset", {"seed": 2}, ["body"]),
        ("POST", "save", {"file": "x"}, ["body"]),
    ],
)
def test_nor_a_filter_or_a_body_that_a_call_does_not_read(
    world: Running, method: str, path: str, body: object, place: list[str]
) -> None:
    answer = world.control_client.request(method, f"/_sandbox/{path}", json=body)
    assert answer.status_code == 422, answer.text
    [found] = answer.json()["detail"]
    assert (found["type"], found["loc"]) == ("extra_forbidden", place)


def test_times_of_the_clock_add_up(world: Running) -> None:
    def now() -> datetime:
        return datetime.fromisoformat(world.control("GET", "clock")["now"])

    before = now()
    world.advance(days=1, hours=2, minutes=3, seconds=4)
    passed = now() - before - timedelta(days=1, hours=2, minutes=3, seconds=4)
    assert timedelta(0) <= passed < timedelta(minutes=1)
