"""The address key: one normal form for every spelling, and nothing that is no address."""

from __future__ import annotations

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_mailchimp.address import parse_address, subscriber_hash


@pytest.mark.parametrize(
    ("spellings", "key"),
    [
        (["maria@mail.gr", "  MARIA@Mail.GR\n", "\u00a0Maria@mail.gr\u2003"], "maria@mail.gr"),
        (["o'neill+news@mail.gr"], "o'neill+news@mail.gr"),
        (
            ["nikos@παράδειγμα.ελ", "Nikos@ΠΑΡΆΔΕΙΓΜΑ.ΕΛ", "nikos@xn--hxajbheg2az3al.xn--qxam"],
            "nikos@xn--hxajbheg2az3al.xn--qxam",
        ),
        (["a@σοφός.gr", "a@ΣΟΦΌΣ.gr", "A@Σοφός.GR"], "a@xn--0xagbn4a.gr"),
    ],
)
def test_spellings_of_one_address(spellings: list[str], key: str) -> None:
    for spelling in spellings:
        for form in ("NFC", "NFD"):
            assert parse_address(unicodedata.normalize(form, spelling)) == (key, None)


@pytest.mark.parametrize(
    "sign",
    ["\ufeff", "\u200b", "\u200e", "\u00a0", "\u202f", "\u2060", "\u3000", "\u202a", "\u00ad"],
)
def test_signs_that_nobody_sees_do_not_count(sign: str) -> None:
    for written in (
        f"{sign}eleni@mail.gr",
        f"eleni@mail.gr{sign}",
        f" {sign} eleni@mail.gr{sign} ",
    ):
        assert parse_address(written) == ("eleni@mail.gr", None)
    assert parse_address(sign * 3) == (None, "missing_email")


@pytest.mark.parametrize("text", [None, "", "  ", "\t\n", "\u2003", "\ufeff\u200b"])
def test_missing(text: str | None) -> None:
    assert parse_address(text) == (None, "missing_email")


@pytest.mark.parametrize(
    "text",
    [
        "maria", "@mail.gr", "maria@", "a@b@mail.gr", "a..b@mail.gr", ".a@mail.gr", "a.@mail.gr",
        "a b@mail.gr", "μαρία@mail.gr", "a@mail", "a@localhost", "a@mail.test", "a@mail.invalid",
        "a@mail.example", "a@mail.local", "a@mail.g1", "a@mail.123", "a@-mail.gr", "a@mail-.gr",
        "a@ma_il.gr", "a@mail..gr", "a@mail.gr.", "a@mail.gr, b@mail.gr", '"a b"@mail.gr',
        "a@[127.0.0.1]", f"{'a' * 65}@mail.gr", f"a@{'b' * 64}.gr", f"{'a' * 64}@{'b.' * 100}gr",
        "a@mail.gr\x00", "Maria <a@mail.gr>",
    ],
)  # fmt: skip
def test_invalid(text: str) -> None:
    assert parse_address(text) == (None, "invalid_email")


@given(st.text(max_size=80))
def test_any_text_has_a_key_or_a_problem_and_keys_are_stable(text: str) -> None:
    address = parse_address(text)
    assert (address.key is None) != (address.problem is None)
    if address.key is not None:
        assert parse_address(address.key) == address
        assert address.key.isascii()
        assert address.key == address.key.lower().strip()


def test_subscriber_hash_is_the_md5_of_the_lower_case() -> None:
    expected = hashlib.md5(b"maria@mail.gr").hexdigest()
    assert subscriber_hash("Maria@Mail.GR") == subscriber_hash("maria@mail.gr") == expected
