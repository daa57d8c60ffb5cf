"""``_links``: what can be done with a resource or collection, and where.

Every resource and every collection has them (recorded answers in grouparoo/grouparoo,
plugins/@grouparoo/mailchimp/__tests__/fixtures; OpenAPI: "_links"). They follow from the table of
operations: the methods of an address, its parent and what hangs below it. Names of schemas beyond
the recorded ones (lists, members, merge fields) follow their pattern (undocumented).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from mailchimp_sandbox.paging import select_fields
from mailchimp_sandbox.routing import Call, Node, Operation, node_of

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_CHANGES = (("PATCH", "update"), ("PUT", "upsert"), ("DELETE", "delete"))


@dataclass(frozen=True)
class _Link:
    """One link of an address.

    ``below`` is what follows the address; ``above``: how many segments of the address do not count.
    """

    rel: str
    method: str
    above: int = 0
    below: str = ""
    schema: str = ""


def _schema(template: str, kind: str) -> str:
    literals = [part for part in template.split("/") if part and not part.startswith("{")]
    names = ["".join(word.title() for word in part.split("-")) for part in literals]
    return "/".join(["Definitions", *(names or ["Root"]), f"{kind}.json"])


def _answer_of(template: str) -> str:
    is_collection = not template.endswith(("}", "/"))
    return _schema(template, "CollectionResponse" if is_collection else "Response")


def _parent(node: Node, template: str) -> _Link | None:
    above, parts = 0, template.split("/")
    while node.parent is not None and node.parent.parent is not None:
        node, above = node.parent, above + 1
        if "GET" in node.operations:
            return _Link("parent", "GET", above, schema=_answer_of("/".join(parts[:-above])))
    return None


def _below(node: Node, template: str) -> list[_Link]:
    found = []
    for name, child in sorted(node.literals.items()):
        path = f"{template}/{name}"
        if "GET" in child.operations:
            found.append(_Link(name, "GET", below=f"/{name}", schema=_answer_of(path)))
    actions = node.literals.get("actions")
    for name in sorted(actions.literals) if actions else ():
        found.append(_Link(name.replace("-", "_"), "POST", below=f"/actions/{name}"))
    return found


@lru_cache(maxsize=512)
def _links_of(address: str) -> tuple[_Link, ...]:
    node = node_of(address)
    own = _schema(address, "Response")
    found = []
    if "GET" in node.operations:
        found.append(_Link("self", "GET", schema=_answer_of(address)))
    parent = _parent(node, address)
    if parent is not None:
        found.append(parent)
    for method, rel in _CHANGES:
        if method in node.operations:
            found.append(_Link(rel, method, schema="" if method == "DELETE" else own))
    if "POST" in node.operations:
        is_list = address.startswith("/lists/{") and address.count("/") == 2
        rel = "batch-sub-unsub-members" if is_list else "create"
        found.append(_Link(rel, "POST", schema=own))
    return (*found, *_below(node, address))


def _shown(base_url: str, address: str, values: Mapping[str, Any]) -> list[dict[str, str]]:
    """The links of one resource or collection.

    Args:
        base_url: ends in ``/3.0``.
        address: the path template.
        values: the values of its placeholders.
    """
    path = _PLACEHOLDER.sub(lambda found: quote(str(values[found[1]]), safe="@"), address)
    segments = path.split("/")
    rows = []
    for link in _links_of(address):
        start = "/".join(segments[: -link.above]) if link.above else path
        row = {
            "rel": link.rel,
            "href": f"{base_url}{start}{link.below}",
            "method": link.method,
        }
        if link.schema:
            row["targetSchema"] = f"{base_url[:-4]}/schema/3.0/{link.schema}"
        rows.append(row)
    return rows


def _with_rows(body: Any, path: list[str], call: Call, address: str) -> Any:
    if not path:
        return [
            {**row, "_links": _shown(call.base_url, address, {**call.parts, **row})} for row in body
        ]
    return {**body, path[0]: _with_rows(body[path[0]], path[1:], call, address)}


def _is_wanted(path: list[str], query: Mapping[str, str]) -> bool:
    """Whether ``fields`` and ``exclude_fields`` leave the links there."""
    shape: Any = {"_links": True}
    for name in reversed(path):
        shape = {name: shape}
    left = select_fields(shape, query)
    for name in path:
        left = left.get(name, {})
    return "_links" in left


def added(operation: Operation, call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """An answer with its links, except those that the client does not ask for.

    ``body`` itself stays as it is, since state may hold it.
    """
    for name, address in operation.rows.items():
        path = name.split(".")
        if _is_wanted(path, call.query):
            body = _with_rows(body, path, call, address)
    if operation.address is not None and _is_wanted([], call.query):
        values = {**call.parts, **body}
        body = {**body, "_links": _shown(call.base_url, operation.address, values)}
    return body
