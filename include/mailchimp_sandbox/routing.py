"""One table of API operations, used by the HTTP front and by ``/batches`` alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from mailchimp_sandbox.account import Sandbox
from mailchimp_sandbox.problem import Problem, method_not_allowed, not_found


@dataclass(frozen=True, kw_only=True)
class Call:
    """One API request, wherever it came from.

    ``parts`` are the values of the path template. ``base_url`` ends in ``/3.0``. ``ip`` is the
    caller's address. ``via`` is 'http' or 'batch'.
    """

    method: str
    path: str
    query: Mapping[str, str]
    raw_body: bytes = b""
    base_url: str = ""
    ip: str = ""
    via: str = "http"
    parts: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The JSON object sent.

        Raises:
            Problem: 400 "JSON Parse Error" (error glossary), or when it is not an object.
        """
        if not self.raw_body.strip():
            return {}
        try:
            document = json.loads(self.raw_body)
        except (ValueError, UnicodeDecodeError):
            raise Problem(
                400, "JSON Parse Error", "We encountered an unspecified JSON parsing error."
            ) from None
        if not isinstance(document, dict):
            raise Problem(
                400,
                "Invalid Resource",
                "The resource submitted could not be validated. For field-specific details, see "
                "the 'errors' array.",
                [("", f"Schema describes object, {json_type(document)} found instead")],
            )
        return document


_JSON_TYPES: tuple[tuple[type, str], ...] = (
    (type(None), "NULL"),
    (bool, "boolean"),
    (int, "integer"),
    (float, "double"),
    (str, "string"),
    (list, "array"),
)


def json_type(value: Any) -> str:
    """The name Mailchimp gives to the type of a JSON value in its validation messages."""
    for kind, name in _JSON_TYPES:
        if isinstance(value, kind):
            return name
    return "object"


@dataclass(frozen=True)
class Answer:
    """Status and body; ``None`` is an empty body (204)."""

    status: int
    body: Any = None


Handler = Callable[[Sandbox, Call], Any]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one path template.

    ``address`` is the path of the resource that the answer shows, None where the answer has no
    ``_links``. ``rows`` gives for each collection in the answer (dots reach inside) the path of a
    row. Both are templates: values come from the path, then from the resource or row itself.
    """

    method: str
    template: str
    handler: Handler
    address: str | None
    rows: Mapping[str, str]


@dataclass
class Node:
    """One segment of the paths: what hangs below it, and what can be done there."""

    parent: Node | None = None
    literals: dict[str, Node] = field(default_factory=dict)
    parameter: tuple[str, Node] | None = None
    operations: dict[str, Operation] = field(default_factory=dict)


_ROOT = Node()


def _segments(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def node_of(template: str) -> Node:
    """The place of a path template; made when new."""
    node = _ROOT
    for part in _segments(template):
        if part.startswith("{"):
            if node.parameter is None:
                node.parameter = (part[1:-1], Node(node))
            node = node.parameter[1]
        else:
            node = node.literals.setdefault(part, Node(node))
    return node


def operation(
    method: str,
    template: str,
    *,
    address: str | None = "",
    rows: Mapping[str, str] | None = None,
) -> Callable[[Handler], Handler]:
    """Register a handler for ``method`` and a path template of the OpenAPI description.

    A handler returns the JSON body (status 200) or ``None`` (status 204); ``_links`` are added to
    what it returns.

    Args:
        address: see ``Operation``; '' is the template itself.
        rows: see ``Operation``.
    """

    def register(handler: Handler) -> Handler:
        node = node_of(template)
        if method in node.operations:
            raise RuntimeError(f"two handlers for {method} {template}")
        node.operations[method] = Operation(
            method=method,
            template=template,
            handler=handler,
            address=template if address == "" else address,
            rows=rows or {},
        )
        return handler

    return register


def find(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """The operation and the values of its path.

    Raises:
        Problem: 404 for an unknown path, 405 for a known one without this method.
    """
    node = _ROOT
    parts: dict[str, str] = {}
    for part in _segments(path):
        if part in node.literals:
            node = node.literals[part]
        elif node.parameter is not None:
            name, node = node.parameter
            parts[name] = unquote(part)
        else:
            raise not_found()
    if not node.operations:
        raise not_found()
    if method not in node.operations:
        raise method_not_allowed(sorted(node.operations))
    return node.operations[method], parts


def operations() -> list[tuple[str, str]]:
    """Every (method, template) served: for the tests that compare with OpenAPI."""
    found: list[tuple[str, str]] = []

    def walk(node: Node) -> None:
        found.extend((row.method, row.template) for row in node.operations.values())
        for child in node.literals.values():
            walk(child)
        if node.parameter is not None:
            walk(node.parameter[1])

    walk(_ROOT)
    return sorted(found)
