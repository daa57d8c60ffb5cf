"""Addresses of the page that nothing can have: refused before a file or a database is asked."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.api_fastapi.core_api import security
from fastapi.testclient import TestClient

from mailchimp_provider import page, page_files

LONG = "α" * 5_000


def nowhere() -> None:
    raise AssertionError("the warehouse was asked")


@pytest.fixture
def client() -> Iterator[TestClient]:
    user = SimpleAuthManagerUser(username="Άννα", role="admin")
    page.app.dependency_overrides[security.get_user] = lambda: user
    with (
        patch.object(security, "get_auth_manager", SimpleAuthManager),
        patch.object(security.DagModel, "get_team_name", lambda *_, **__: None),
        patch.object(page, "warehouse_connection", nowhere),
        patch.object(page_files, "warehouse_connection", nowhere),
        TestClient(page.app, raise_server_exceptions=False) as client,
    ):
        yield client
    page.app.dependency_overrides.clear()


@pytest.mark.parametrize("name", ["%00", "index%00.html", LONG, "a/" * 3_000, "..%2F%00", "%1b"])
def test_a_file_that_cannot_be_is_not_found(client: TestClient, name: str) -> None:
    assert client.get(f"/data-docs/1/{name}").status_code == 404


@pytest.mark.parametrize("value", ["%00", "NEWS%00", LONG, "%0d%0aX-Header:%201"])
@pytest.mark.parametrize("address", ["/quarantine.csv?collection=", "/plan?run=", "/plan.csv?run="])
def test_a_value_that_cannot_be_is_a_bad_request(
    client: TestClient, address: str, value: str
) -> None:
    assert client.get(address + value).status_code == 400


def test_a_number_that_cannot_be_is_refused(client: TestClient) -> None:
    assert client.get(f"/data-docs/{'9' * 4_000}/").status_code in (404, 422)
