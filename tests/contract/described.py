"""A recorded sandbox for our own pipeline, and what its traffic may not hold."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

from mailchimp_sandbox.tests.contract.description import Description
from mailchimp_sandbox.tests.contract.recorded import Recorded
from mailchimp_sandbox.tests.running import KEY


def recorded_sandbox(recorded: Recorded) -> Any:
    """The recorded sandbox, as the sync's test world wants it."""

    def control(method: str, path: str, json: Any = None) -> Any:
        return recorded.world.control(method, path.lstrip("/"), **(json or {}))

    host = recorded.recording.host
    return SimpleNamespace(host=host, base_url=f"{host}/3.0", key=KEY, control=control)


def described(recorded: Recorded, description: Description) -> Counter[tuple[str, str]]:
    """How often each operation was used; fails where a request or an answer is not described."""
    exchanges = recorded.recording.everything()
    wrong = [
        (exchange.title, wrong)
        for exchange in exchanges
        for wrong in description.wrong_in_request(exchange) + description.wrong_in_answer(exchange)
    ]
    assert not wrong, wrong
    return Counter((exchange.method, description.template(exchange.path)) for exchange in exchanges)
