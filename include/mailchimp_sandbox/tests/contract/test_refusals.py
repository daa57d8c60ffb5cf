"""What the description forbids, the sandbox refuses: every operation is also called wrongly.

Before its first right call every operation gets bodies with a wrong type, an unknown word of an
enumeration, a broken time or a missing required property, and query parameters likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from mailchimp_sandbox.tests.contract.description import Description
from mailchimp_sandbox.tests.contract.every_operation import everything
from mailchimp_sandbox.tests.contract.recorded import Recorded
from mailchimp_sandbox.tests.running import Running

Body = dict[str, Any]
Key = tuple[str, str]

WRONG: dict[str, Any] = {
    "string": {"x": 1},
    "integer": "κάτι",
    "number": "κάτι",
    "boolean": "ναι",
    "array": "κάτι",
    "object": "κάτι",
}

# Taken all the same, each for a reason.
TAKEN = {
    # The description demands whole objects; a part is taken, as clients in use send parts.
    ("PATCH", "/lists/{list_id}"): "missing",
    ("PATCH", "/campaigns/{campaign_id}"): "missing",
    # A single report has no pages; the description lists count and offset by mistake.
    ("GET", "/lists/{list_id}/abuse-reports/{report_id}"): "?",
    # The hosted form is kept as it comes, nothing reads it.
    ("POST", "/lists/{list_id}/signup-forms"): "header.",
}


def bad_bodies(
    schema: Mapping[str, Any], good: Body, put: Callable[[Body], Body], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """(what is wrong, body); ``put`` sets a changed object into the whole body."""
    for name, part in schema.get("properties", {}).items():
        kind = part.get("type")
        if kind in WRONG:
            yield f"{prefix}{name} wrong type", put({**good, name: WRONG[kind]})
        if "enum" in part:
            yield f"{prefix}{name} unknown", put({**good, name: "άγνωστο"})
        if part.get("format") == "date-time":
            yield f"{prefix}{name} no time", put({**good, name: "χθες"})
        if kind == "object" and isinstance(good.get(name), dict):

            def deeper(value: Body, name: str = name) -> Body:
                return put({**good, name: value})

            yield from bad_bodies(part, good[name], deeper, f"{prefix}{name}.")
    for name in schema.get("required", []):
        yield f"{prefix}{name} missing", put({k: v for k, v in good.items() if k != name})


def bad_queries(parameters: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for name, parameter in parameters.items():
        schema = parameter["schema"]
        if schema["type"] == "integer":
            yield from ((name, "κάτι"), (name, "-1"))
        elif schema["type"] == "boolean":
            yield name, "ίσως"
        elif schema["type"] == "string" and "enum" in schema:
            yield name, "άγνωστο"
        is_time = schema.get("format") == "date-time" or name.startswith(("since_", "before_"))
        if schema["type"] == "string" and (is_time or name == "since"):
            yield from ((name, "χθες"), (name, "2026-13-01T00:00:00+00:00"))


@dataclass
class Probing(Running):
    """Calls every operation wrongly before it calls it rightly for the first time."""

    description: Description = field(kw_only=True)
    probed: set[Key] = field(default_factory=set)
    tried: int = 0
    taken: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        key = method, self.description.template(f"/{path}")
        if key not in self.probed:
            self.probed.add(key)
            self._probe(key, path, body, query)
        return super().call(method, path, body, **query)

    def _probe(self, key: Key, path: str, body: Any, query: dict[str, Any]) -> None:
        tries: list[tuple[str, Any, dict[str, Any]]] = []
        schema, _ = self.description.body_schema(key)
        if schema is not None:
            tries.append(("not an object", [1], query))
            tries += [(what, bad, query) for what, bad in bad_bodies(schema, body or {}, dict)]
        for name, text in bad_queries(self.description.parameters(key, "query")):
            tries.append((f"?{name}={text}", body, {**query, name: text}))
        for what, bad, asked in tries:
            if key in TAKEN and TAKEN[key] in what:
                continue
            self.tried += 1
            answer = self.api.request(key[0], path, json=bad, params=asked)
            if answer.status_code != 400:
                self.taken.append(f"{' '.join(key)} {what}: {answer.status_code}")


def test_what_is_wrong_is_refused(recorded: Recorded, description: Description) -> None:
    held = {part.name: getattr(recorded.world, part.name) for part in fields(Running)}
    world = Probing(**held, description=description)
    everything(world)
    assert world.taken == []
    assert world.tried > 500 and len(world.probed) > 125, (world.tried, len(world.probed))
