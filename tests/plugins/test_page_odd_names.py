"""Addresses of the page that nothing can have: refused before a file or a database is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from page_reader import reading

LONG = "α" * 5_000


def nowhere() -> None:
    raise AssertionError("the warehouse was asked")


@pytest.fixture
def client() -> Iterator[TestClient]:
    with reading(nowhere) as reader:
        yield reader.client


@pytest.mark.parametrize("name", ["%00", "index%00.html", LONG, "a/" * 3_000, "..%2F%00", "%1b"])
def test_a_file_that_cannot_be_is_not_found(client: TestClient, name: str) -> None:
    assert client.get(f"/data-docs/1/{name}").status_code == 404


@pytest.mark.parametrize("value", ["%00", "NEWS%00", LONG, "%0d%0aX-Header:%201"])
@pytest.mark.parametrize(
    "address",
    [
        "/quarantine.csv?collection=", "/plan?run=", "/plan.csv?run=", "/collection?code=",
        "/campaign?code=", "/language?to=el&back=",
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_a_bad_request(
    client: TestClient, address: str, value: str
) -> None:
    assert client.get(address + value).status_code == 400


def test_a_number_that_cannot_be_is_refused(client: TestClient) -> None:
    assert client.get(f"/data-docs/{'9' * 4_000}/").status_code in (404, 422)


@pytest.mark.parametrize(
    "address",
    [
        "/campaigns?month=2026-13", "/campaigns?month=1999-01", "/collection?code=A&after=1e9",
        "/?done=hacked", "/language?to=de",
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_is_refused(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 422


@pytest.mark.parametrize("back", ["https://example.com", "//example.com", "../../", "dags"])
def test_the_switch_leads_nowhere_else(client: TestClient, back: str) -> None:
    answer = client.get("/language", params={"to": "el", "back": back}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "./")
