"""Every operation the sandbox serves, held against Mailchimp's OpenAPI description."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import pytest

from mailchimp_sandbox import operations, routing
from mailchimp_sandbox.tests.contract.description import Description, Exchange
from mailchimp_sandbox.tests.contract.every_operation import everything
from mailchimp_sandbox.tests.contract.recorded import Recorded

assert operations.MODULES  # importing them fills the routing table
SERVED = routing.operations()

Traffic = Mapping[tuple[str, str], list[Exchange]]


@pytest.fixture(scope="module")
def traffic(recorded: Recorded, description: Description) -> Traffic:
    everything(recorded.world)
    found: defaultdict[tuple[str, str], list[Exchange]] = defaultdict(list)
    for exchange in recorded.recording.everything():
        found[exchange.method, description.template(exchange.path)].append(exchange)
    return found


@pytest.mark.parametrize(("method", "template"), SERVED, ids=lambda part: part)
def test_answers_are_as_described(
    traffic: Traffic, description: Description, method: str, template: str
) -> None:
    exchanges = traffic[method, template]
    assert any(exchange.status < 300 for exchange in exchanges), "never called with success"
    assert [
        (exchange.title, wrong)
        for exchange in exchanges
        for wrong in description.wrong_in_answer(exchange)
    ] == []


@pytest.mark.parametrize(("method", "template"), SERVED, ids=lambda part: part)
def test_links_are_where_the_description_has_them(
    traffic: Traffic, description: Description, method: str, template: str
) -> None:
    assert [
        (exchange.title, missing)
        for exchange in traffic[method, template]
        if exchange.status == 200 and not {"fields", "exclude_fields"} & dict(exchange.query).keys()
        for missing in description.without_links(exchange)
    ] == []


@pytest.mark.parametrize(("method", "template"), SERVED, ids=lambda part: part)
def test_what_it_takes_is_described(
    traffic: Traffic, description: Description, method: str, template: str
) -> None:
    assert [
        (exchange.title, wrong)
        for exchange in traffic[method, template]
        if exchange.status < 300
        for wrong in description.wrong_in_request(exchange)
    ] == []
