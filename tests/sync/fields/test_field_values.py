"""Values of additional fields: what Mailchimp gets, and what is left out."""

from __future__ import annotations

import unicodedata
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mailchimp.sync.fields.field_values import (
    TEXT_MAXIMUM_BYTES,
    InvalidValueError,
    coerce,
    cut,
)
from mailchimp_sandbox import merge_values
from mailchimp_sandbox.state import MergeField

CHOICES = ("Αθήνα", "Θεσσαλονίκη", "Ηράκλειο  Κρήτης", " Πάτρα ")
#: Our types → how Mailchimp holds them.
REMOTE = {
    "text": MergeField(1, "A", "text", "text"),
    "boolean": MergeField(1, "A", "boolean", "text"),
    "number": MergeField(1, "A", "number", "number"),
    "date": MergeField(1, "A", "date", "date"),
    "url": MergeField(1, "A", "url", "url"),
    "phone": MergeField(1, "A", "phone", "phone"),
    "choice": MergeField(
        1, "A", "choice", "dropdown", options={"choices": [choice.strip() for choice in CHOICES]}
    ),
}

GOOD = [
    ("text", " Αγία Παρασκευή\n", "Αγία Παρασκευή"),
    ("text", unicodedata.normalize("NFD", "Άγιος Στέφανος"), "Άγιος Στέφανος"),
    ("number", "42", 42),
    ("number", " -3.50 ", -3.5),
    ("number", "+007", 7),
    ("number", "999999999999999", 999999999999999),
    ("number", "-0.0", 0),
    ("date", "2024-02-29", "2024-02-29"),
    ("boolean", "ΝΑΙ", "true"),
    ("boolean", "όχι", "false"),
    ("boolean", unicodedata.normalize("NFD", "Όχι"), "false"),
    ("boolean", "1", "true"),
    ("boolean", "No", "false"),
    ("url", "https://www.example.com/πελάτης/7?α=β#γ", "https://www.example.com/πελάτης/7?α=β#γ"),
    ("url", "HTTP://παράδειγμα.ελ", "HTTP://παράδειγμα.ελ"),
    ("phone", "+30 (2310) 200-000", "+30 (2310) 200-000"),
    ("boolean", "ΟΧΙ", "false"),
    ("boolean", "οχι", "false"),
    ("boolean", "ΌΧΙ", "false"),
    ("boolean", "ναί", "true"),
    ("boolean", unicodedata.normalize("NFD", "Ναί"), "true"),
    ("boolean", "\ufeffΝΑΙ\u00a0", "true"),
    ("boolean", "\u200bYES\u200b", "true"),
    ("phone", "(210) 1234567", "210 1234567"),
    ("phone", "(+30) 210 123 4567", "+30 210 123 4567"),
    ("phone", "210\u00a01234567", "210 1234567"),
    ("phone", "+30\u202f210\u2009123\u20114567", "+30 210 123-4567"),
    ("phone", "\ufeff210.123.4567\u200b", "210.123.4567"),
    ("phone", "２１０–1234567", "210-1234567"),
    ("phone", "\u202a+30 6971234567\u202c", "+30 6971234567"),
    ("number", "\u00a042\u00a0", 42),
    ("number", "\ufeff-3.5", -3.5),
    ("date", "\u200b2024-02-29\u00a0", "2024-02-29"),
    ("url", "\ufeffhttps://www.example.com/νέα\u00a0", "https://www.example.com/νέα"),
    ("text", "\ufeff\u00a0Άρτα\u200b", "Άρτα"),
    ("choice", "\ufeffΑθήνα\u00a0", "Αθήνα"),
    ("choice", " Αθήνα", "Αθήνα"),
    ("choice", unicodedata.normalize("NFD", "Θεσσαλονίκη"), "Θεσσαλονίκη"),
    ("choice", "Πάτρα", "Πάτρα"),
]

BAD = [
    ("number", "δώδεκα"),
    ("number", "1,5"),
    ("number", "1.000.000"),
    ("number", "1e5"),
    ("number", "NaN"),
    ("number", "inf"),
    ("number", "٣"),
    ("number", "1234567890123456"),
    ("number", "9" * 400),
    ("date", "2023-02-29"),
    ("date", "31/12/2024"),
    ("date", "2024-2-9"),
    ("date", "20240209"),
    ("date", "2024-02-09T10:00"),
    ("date", "0000-01-01"),
    ("boolean", "ίσως"),
    ("boolean", "2"),
    ("url", "www.example.com"),
    ("url", "ftp://example.com"),
    ("url", "javascript:alert(1)"),
    ("url", "https:// "),
    ("url", "https://localhost"),
    ("url", "https://@"),
    ("url", "https://example..com"),
    ("url", "https://example.com:99999/"),
    ("url", "https://[::1/"),
    ("url", "https://example.com/α β"),
    ("url", "https://exam\tple.com"),
    ("url", "https://example.com/" + "α" * 200),
    ("phone", "δεν έχει"),
    ("phone", "12"),
    ("phone", "(((("),
    ("phone", "+1234567890123456"),
    ("phone", "210-1234567 ή 8"),
    ("boolean", "οχιά"),
    ("phone", "+30 2310 200000 εσωτ. 5"),
    ("phone", "2" * 300),
    ("choice", "αθήνα"),
    ("choice", "Ρόδος"),
    ("colour", "μπλε"),
]


@pytest.mark.parametrize(("data_type", "value", "sent"), GOOD)
def test_values_that_fit(data_type: str, value: str, sent: Any) -> None:
    assert coerce(data_type, value, CHOICES) == sent


@pytest.mark.parametrize(("data_type", "value"), BAD)
def test_values_that_do_not_fit_are_reported_without_the_value(data_type: str, value: str) -> None:
    with pytest.raises(InvalidValueError) as invalid:
        coerce(data_type, value, CHOICES)
    assert value not in str(invalid.value).replace("http:// or https://", "")


def test_blank_clears_every_type() -> None:
    for data_type in REMOTE:
        for blank in (None, "", "  \n"):
            assert coerce(data_type, blank, CHOICES) == ""
    assert str(coerce("number", "-0.0")) == "0.0"  # and not "-0.0"


def _like(data_type: str) -> st.SearchStrategy[str]:
    patterns = {
        "number": r"[+-]?[0-9٣]{1,20}[.,]?[0-9]{0,5}",
        "date": r"[0-9]{3,4}-[0-1]?[0-9]-[0-3][0-9]",
        "phone": r"[+(]?[0-9 ()./x-]{2,20}",
        "url": r"(https?|ftp)://[a-zα.\-\[\]:@/ ]{1,20}(:[0-9]{1,6})?(/[αa %]{0,9})?",
    }
    any_text = st.text(max_size=300)
    if data_type in patterns:
        return any_text | st.from_regex(patterns[data_type], fullmatch=True)
    return any_text | st.sampled_from([*CHOICES, "ναι", "1", "ΌΧΙ", "true"])


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_whatever_is_let_through_mailchimp_takes(data: st.DataObject) -> None:
    """A value that Mailchimp refuses would hold back the whole contact, so none may get there."""
    data_type = data.draw(st.sampled_from(sorted(REMOTE)))
    value = data.draw(_like(data_type))
    try:
        sent = coerce(data_type, value, CHOICES)
    except InvalidValueError as invalid:
        assert data_type != "text"
        assert len(value) < 12 or value not in str(invalid)
        return
    sent = cut(sent) if isinstance(sent, str) else sent
    audience: Any = SimpleNamespace(merge_fields=[REMOTE[data_type]])
    merge_values.checked(audience, {"A": sent}, {}, skip_validation=False)
    assert coerce(data_type, str(sent), CHOICES) == sent


FAMILY = "👨\u200d👩\u200d👧\u200d👦"  # 25 bytes, one picture
GREECE = "🇬🇷"  # 8 bytes
WAVE = "👋🏽"  # 8 bytes
HEART = "❤\ufe0f"  # 6 bytes
ACCENTED = "q\u0301\u0323"  # 5 bytes, has no composed form


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("α" * 127, "α" * 127),
        ("α" * 128, "α" * 127),
        ("a" * 254 + "α", "a" * 254),
        ("a" * 255, "a" * 255),
        ("α" * 126 + "  ω", "α" * 126),
        ("a" * 240 + FAMILY, "a" * 240),
        ("a" * 230 + FAMILY, "a" * 230 + FAMILY),
        ("a" * 251 + GREECE, "a" * 251),
        (GREECE * 40, GREECE * 31),
        ("a" * 3 + GREECE * 40, "a" * 3 + GREECE * 31),
        ("a" * 251 + WAVE, "a" * 251),
        ("a" * 252 + HEART, "a" * 252),
        ("a" * 254 + ACCENTED, "a" * 254),
        ("a" * 251 + ACCENTED, "a" * 251),
        ("a" + "\u0301" * 300, ""),
    ],
)
def test_cut_between_what_people_see_as_characters(text: str, kept: str) -> None:
    assert cut(text) == kept


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["α", "ώ", "a", " ", "漢", "😀", FAMILY, GREECE, WAVE, HEART, ACCENTED])
        | st.characters(exclude_categories=["Cs", "Mn", "Mc", "Me", "Cf", "Sk", "So"]),
        max_size=300,
    )
)
def test_a_cut_text_is_whole_characters_and_as_long_as_may_be(characters: list[str]) -> None:
    text = "".join(characters)
    kept = cut(text)
    assert len(kept.encode()) <= TEXT_MAXIMUM_BYTES
    assert cut(kept) == kept
    whole = ""
    for character in characters:
        if len((whole + character).encode()) > TEXT_MAXIMUM_BYTES:
            break
        whole += character
    assert kept == (text if whole == text else whole.rstrip())
