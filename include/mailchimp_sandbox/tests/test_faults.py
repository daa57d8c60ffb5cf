"""Trouble on purpose, and the ledger of what the server really did."""

from __future__ import annotations

import httpx
import pytest

from mailchimp_sandbox.tests.running import Running


def order(world: Running, kind: str, **more: object) -> None:
    world.control("POST", "faults", next=[{"kind": kind, **more}])


@pytest.mark.parametrize("kind", ["429", "500"])
def test_problems(world: Running, kind: str) -> None:
    order(world, kind)
    assert world.refused("GET", "ping")["status"] == int(kind)
    world.call("GET", "ping")


@pytest.mark.parametrize("kind", ["403", "502", "503", "504"])
def test_html_where_json_should_be(world: Running, kind: str) -> None:
    order(world, kind, count=2)
    for _ in range(2):
        answer = world.api.get("ping")
        assert answer.status_code == int(kind)
        assert answer.headers["content-type"].startswith("text/html")
        assert "<html>" in answer.text
    world.call("GET", "ping")


def test_a_connection_dropped_before_nothing_happened(world: Running, list_id: str) -> None:
    order(world, "drop_before", method="POST")
    world.call("GET", "ping")
    with pytest.raises(httpx.TransportError):
        world.api.post(
            f"lists/{list_id}/members",
            json={"email_address": "a@otenet.gr", "status": "subscribed"},
        )
    assert world.call("GET", f"lists/{list_id}/members")["total_items"] == 0


def test_a_lost_answer_happened_all_the_same(world: Running, list_id: str) -> None:
    order(world, "drop_after", method="POST", path="/lists/*/members")
    with pytest.raises(httpx.TransportError):
        world.api.post(
            f"lists/{list_id}/members",
            json={"email_address": "a@otenet.gr", "status": "subscribed"},
        )
    assert world.call("GET", f"lists/{list_id}/members")["total_items"] == 1
    requests = world.control_client.get(
        "/_sandbox/ledger/requests", params={"template": "/lists/{list_id}/members"}
    ).json()["requests"]
    assert [(r["method"], r["status"], r["answered"]) for r in requests[:1]] == [
        ("POST", 200, False)
    ]


def test_profiles_are_named_and_repeatable(world: Running) -> None:
    def statuses() -> list[int]:
        world.control("POST", "faults", clear=True, profile="throttled", seed=5)
        return [world.api.get("ping").status_code for _ in range(60)]

    first = statuses()
    assert first == statuses()
    assert set(first) == {200, 429}
    world.control("POST", "faults", clear=True)
    answer = world.control_client.post("/_sandbox/faults", json={"profile": "nonsense"})
    assert answer.status_code == 422
    answer = world.control_client.post("/_sandbox/faults", json={"next": [{"kind": "418"}]})
    assert answer.status_code == 422


def test_flaky_mixes_everything(world: Running) -> None:
    world.control("POST", "faults", profile="flaky", seed=1)
    seen = set()
    for _ in range(400):
        try:
            seen.add(str(world.api.get("ping").status_code))
        except httpx.TransportError:
            seen.add("dropped")
    world.control("POST", "faults", clear=True)
    assert {"200", "429", "dropped"} <= seen
    assert len(seen) >= 5


def test_requests_of_batches_are_marked(world: Running) -> None:
    world.call("POST", "batches", {"operations": [{"method": "GET", "path": "/lists"}]})
    for _ in range(1000):
        requests = world.control_client.get("/_sandbox/ledger/requests").json()["requests"]
        if any(row["via"] == "batch" for row in requests):
            break
    assert [(r["method"], r["template"], r["via"]) for r in requests if r["via"] == "batch"] == [
        ("GET", "/lists", "batch")
    ]
