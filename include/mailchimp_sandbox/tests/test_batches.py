"""``/batches``: asynchronous, through the same rules, results behind a signed URL."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import httpx

from mailchimp_sandbox.tests.running import Running


def finished(world: Running, batch_id: str) -> dict[str, Any]:
    for _ in range(2000):
        batch: dict[str, Any] = world.call("GET", f"batches/{batch_id}")
        if batch["status"] == "finished":
            return batch
    raise AssertionError("the batch did not finish")


def results(url: str) -> list[dict[str, Any]]:
    answer = httpx.get(url)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = []
    with tarfile.open(fileobj=io.BytesIO(answer.content), mode="r:gz") as archive:
        for entry in archive.getmembers():
            file = archive.extractfile(entry)
            if file is not None:
                rows += json.load(file)
    return rows


def test_operations_follow_the_same_rules(world: Running, list_id: str) -> None:
    world.subscribe(list_id, "a@otenet.gr", "b@otenet.gr")
    members = f"/lists/{list_id}/members"
    world.control("POST", "batches", hold=True)
    batch = world.call(
        "POST",
        "batches",
        {
            "operations": [
                {
                    "method": "PATCH",
                    "path": f"{members}/a@otenet.gr",
                    "operation_id": "μία",
                    "body": json.dumps({"merge_fields": {"FNAME": "Άννα"}}),
                },
                {"method": "DELETE", "path": f"{members}/b@otenet.gr", "operation_id": "δύο"},
                {"method": "DELETE", "path": f"{members}/b@otenet.gr", "operation_id": "τρία"},
                {"method": "GET", "path": members, "params": {"count": 1, "status": "archived"}},
                {"method": "PATCH", "path": f"{members}/c@otenet.gr", "body": "{"},
            ]
        },
    )
    assert (batch["status"], batch["total_operations"]) == ("pending", 0)
    assert batch["response_body_url"] == ""
    assert world.call("GET", f"lists/{list_id}/members/a@otenet.gr")["full_name"] == "Ελένη"
    world.control("POST", "batches", hold=False)
    batch = finished(world, batch["id"])
    assert (batch["total_operations"], batch["errored_operations"]) == (5, 2)
    rows = results(batch["response_body_url"])
    assert [row["status_code"] for row in rows] == [200, 204, 405, 200, 404]
    assert [row["operation_id"] for row in rows] == ["μία", "δύο", "τρία", None, None]
    assert json.loads(rows[0]["response"])["merge_fields"]["FNAME"] == "Άννα"
    assert rows[1]["response"] == ""
    assert json.loads(rows[3]["response"])["members"][0]["email_address"] == "b@otenet.gr"


def test_the_result_url_needs_no_key_and_expires(world: Running, list_id: str) -> None:
    operation = {"method": "GET", "path": f"/lists/{list_id}"}
    batch_id = world.call("POST", "batches", {"operations": [operation]})["id"]
    url = finished(world, batch_id)["response_body_url"]
    assert len(results(url)) == 1
    assert httpx.get(url, auth=("x", "sandbox-us1")).status_code == 400
    assert httpx.get(url[:-4] + "beef").status_code == 403
    world.advance(seconds=601)
    assert httpx.get(url).status_code == 403
    assert len(results(world.call("GET", f"batches/{batch_id}")["response_body_url"])) == 1
    world.call("DELETE", f"batches/{batch_id}")
    assert world.refused("GET", f"batches/{batch_id}")["status"] == 404


def test_at_most_500_batches_wait(world: Running, list_id: str) -> None:
    world.control("POST", "batches", hold=True)
    body = {"operations": [{"method": "GET", "path": f"/lists/{list_id}"}]}
    for _ in range(500):
        world.call("POST", "batches", body)
    problem = world.refused("POST", "batches", body)
    assert (problem["status"], problem["detail"]) == (
        429,
        "You have more than 500 pending batches.",
    )


def test_bodies_must_be_strings(world: Running) -> None:
    operation = {"method": "PATCH", "path": "/ping", "body": {"a": 1}}
    problem = world.refused("POST", "batches", {"operations": [operation]})
    assert problem["errors"][0]["field"] == "operations.0.body"
    operation = {"method": "HEAD", "path": "/ping"}
    assert world.refused("POST", "batches", {"operations": [operation]})["status"] == 400
    assert world.refused("POST", "batches", {})["status"] == 400


def test_results_of_many_operations_span_files(world: Running) -> None:
    operations = [
        {"method": "GET", "path": "/ping", "operation_id": str(number)} for number in range(2100)
    ]
    batch_id = world.call("POST", "batches", {"operations": operations})["id"]
    rows = results(finished(world, batch_id)["response_body_url"])
    assert sorted(int(row["operation_id"]) for row in rows) == list(range(2100))
