"""Whatever text or JSON value arrives: Postgres can hold what is made of it."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mailchimp.mailchimp.answers import json_object
from crm_mailchimp.storable import dump_json, storable_text
from local_installation import postgres as embedded

#: Any code points, half surrogates and NUL among them.
TEXTS = st.text(st.characters(codec=None))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(TEXTS)
def test_a_text_loses_nothing_but_what_cannot_be_held(text: str) -> None:
    stored = storable_text(text)
    assert "\x00" not in stored
    stored.encode()
    readable = [one for one in text if one != "\x00"]
    assert len(stored) == len(readable)
    assert all(
        new == old or (new == "\ufffd" and "\ud800" <= old <= "\udfff")
        for new, old in zip(stored, readable, strict=True)
    )


@settings(max_examples=300, deadline=None)
@given(value=VALUES)
def test_postgres_takes_every_json_value(postgres: embedded.Server, value: Any) -> None:
    with psycopg.connect(postgres.dsn()) as connection:
        row = connection.execute("select %s::jsonb is not null", (dump_json(value),)).fetchone()
    assert row == (True,)


def test_typed_escapes_stay_as_they_are() -> None:
    typed = {"subject": "γράψε \\u0000 ή \\ud83c", "\\u0000": 1}
    assert json.loads(dump_json(typed)) == typed
    assert json_object(json.dumps(typed).encode()) == typed


def test_an_answer_with_what_postgres_cannot_hold() -> None:
    body = (
        rb'{"title": "\ud83c \u0000Nea \ud83c\udf89", "n": NaN, "big": 1e999, "raw": "'
        + b"\xc3\x28"
        + '", "όνομα": "Ελένη", "key\\udc00": [{"x": "\\uDBFF"}]}'.encode()
    )
    answer = json_object(body)
    assert answer is not None
    assert answer["title"] == "\ufffd Nea 🎉"
    assert answer["όνομα"] == "Ελένη"
    assert answer["raw"] == "\ufffd("
    assert answer["key\ufffd"] == [{"x": "\ufffd"}]
    assert json.loads(dump_json(answer))["big"] is None


def test_an_answer_that_is_cut_short_or_too_deep_is_none() -> None:
    assert json_object(b'{"title": "\\ud83') is None
    assert json_object(b'{"a":' * 100_000 + b"1" + b"}" * 100_000) is None
