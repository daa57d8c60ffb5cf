"""What an admitted query can make of few rows is limited in its text."""

from __future__ import annotations

import re

import pytest
import sqlglot

from crm.query_texts import GROWING, MODEST, in_subqueries, in_with
from crm_mailchimp.crm.query_allowed import INSTEAD, OPERATORS_INSTEAD, QueryRefusedError
from crm_mailchimp.crm.query_text import check_query


@pytest.mark.parametrize("text", GROWING, ids=range(len(GROWING)))
def test_texts_that_grow_are_refused(text: str) -> None:
    assert sqlglot.parse_one(text, read="postgres")
    with pytest.raises(QueryRefusedError, match=re.escape(GROWING[text])):
        check_query(text)


@pytest.mark.parametrize("text", MODEST, ids=range(len(MODEST)))
def test_modest_texts_are_admitted(text: str) -> None:
    assert check_query(text)


@pytest.mark.parametrize("times", range(6))
def test_a_few_levels_are_admitted(times: int) -> None:
    for nested in (in_subqueries, in_with):
        assert check_query(nested("x || 'α'", times))
        assert check_query(nested("x + 1", times, "contact_id"))


def test_a_refused_function_says_what_to_write_instead() -> None:
    for function, instead in INSTEAD.items():
        if function == "tablesample":
            continue  # no function: test_collate_and_tablesample_say_what_to_write_instead
        assert instead in _refusals(function), function
    with pytest.raises(QueryRefusedError, match="line 2, column"):
        check_query("select contact_id\nfrom contact where where city = 'Αθήνα'")


def _refusals(function: str) -> str:
    """What is said about calls with any number of arguments."""
    refusals = []
    for arguments in ("", "city", "city, 1", "city, 1, 2"):
        with pytest.raises(QueryRefusedError) as refused:
            check_query(f"select contact_id from contact where {function}({arguments}) is null")
        refusals.append(str(refused.value))
    return " ".join(refusals)


def test_a_refused_operator_says_what_to_write_instead() -> None:
    for operator, instead in OPERATORS_INSTEAD.items():
        with pytest.raises(QueryRefusedError) as refused:
            check_query(f"select contact_id from contact where city {operator} zip")
        assert f"operator {operator!r} is not allowed. Instead {instead}" in str(refused.value)


def test_collate_and_tablesample_say_what_to_write_instead() -> None:
    for text in (
        "select contact_id from contact where city collate \"C\" = 'Αθήνα'",
        'select contact_id from contact order by city collate "el_GR"',
        "select contact_id from contact tablesample system (10)",
        "select contact_id from contact tablesample bernoulli (10) repeatable (1)",
    ):
        with pytest.raises(QueryRefusedError) as refused:
            check_query(text)
        assert "Instead " in str(refused.value)
        assert "function" not in str(refused.value)
