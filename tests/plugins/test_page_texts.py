"""The words of the page: both languages say everything, and no template says anything by itself."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

import mailchimp_provider
from crm_mailchimp.campaigns.gate_reasons import _CONSENT_WORDS
from crm_mailchimp.campaigns.sending_health import _WORDS
from crm_mailchimp.data_protection.membership_words import _NOT_MAILED
from crm_mailchimp.data_protection.refusal_words import _KINDS
from crm_mailchimp.errors import ProviderUnreachableError
from crm_mailchimp.page_content import campaigns, troubles
from crm_mailchimp.sync.decisions.plan_export import ACTIONS
from mailchimp_provider.page.language import language_of
from mailchimp_provider.page.texts import LANGUAGES, catalogue, number, text

ROOT = Path(__file__).parents[2]
PAGE = Path(mailchimp_provider.__file__).parent / "page"
TEMPLATES = sorted((PAGE / "templates").glob("*.html"))
GREEK = re.compile("[α-ωάέήίόύώϊϋΐΰς]", re.IGNORECASE)
#: Names that are the same in Greek.
SAME = {"English", "Mailchimp", "Airflow"}
#: Words that readers hear and see, in attributes.
SPOKEN = re.compile(r'\b(?:title|alt|aria-label|placeholder|data-name)="([^"]*)"')
JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)


def template(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


@pytest.mark.parametrize("key", catalogue())
def test_a_text_is_there_in_both_languages(key: str) -> None:
    texts = catalogue()[key]
    assert set(texts) in ({"en", "el"}, {"en", "el", "en_one"}, {"en", "el", "en_one", "el_one"})
    assert all(words.strip() == words and words for words in texts.values())
    assert placeholders(texts["en"]) == placeholders(texts["el"])
    assert GREEK.search(texts["el"]) or texts["el"] in SAME
    assert not GREEK.search(texts["en"]) or key == "language.el"
    assert not re.search(r"\bsave\b", texts["en"]), "Mailchimp's own word for a draft"


def used_keys() -> set[str]:
    """Keys that templates and modules name as a whole."""
    sources = [template(path) for path in TEMPLATES]
    sources += [path.read_text(encoding="utf-8") for path in PAGE.glob("*.py")]
    calls = re.compile(r"""\b(?:t|text)\(\s*["']([a-z_]+\.[a-z_0-9]+)["']\s*[),]""")
    chosen = re.compile(r'"([a-z_]+\.[a-z_]+)" if [^}]*? else "([a-z_]+\.[a-z_]+)"')
    found = {key for source in sources for key in calls.findall(source)}
    return found | {key for source in sources for pair in chosen.findall(source) for key in pair}


def test_every_text_that_is_asked_for_exists() -> None:
    used = used_keys()
    assert len(used) > 100
    assert used - set(catalogue()) == set()


def test_no_template_holds_words_of_its_own() -> None:
    for path in TEMPLATES:
        source = template(path)
        spoken = [JINJA.sub("", words) for words in SPOKEN.findall(source)]
        assert [words for words in spoken if re.search(r"[^\W\d_]", words)] == [], path.name
        bare = re.sub(r"<[^>]*>", " ", JINJA.sub("", source))
        assert re.findall(r"[^\W\d_]{2,}", bare) == [], path.name


def assert_known(topic: str, codes: set[str]) -> None:
    assert codes
    assert {code for code in codes if f"{topic}.{code}" not in catalogue()} == set()


def test_every_reason_of_the_quarantine_has_words(warehouse_db: str) -> None:
    with psycopg.connect(warehouse_db) as warehouse:
        rows = warehouse.execute("select reason_code from sync.reason").fetchall()
        metrics = warehouse.execute("select metric from stats.metric").fetchall()
    reasons = {code for (code,) in rows}
    assert_known("reason", reasons)
    assert_known("remedy", reasons)
    assert_known("metric", {metric for (metric,) in metrics})


def test_every_word_of_a_plan_has_words() -> None:
    assert_known("plan", set(ACTIONS))
    literals: set[str] = set()
    for name in ("sync/plan_changes", "sync/plan_tags", "sync/find_leaving_causes"):
        query = (ROOT / "sql" / f"{name}.sql").read_text(encoding="utf-8")
        literals |= set(re.findall(r"(?:then|else) '([a-z_]+)'", query))
    assert_known("reason", literals - set(ACTIONS) - {"unchanged"})


def test_every_reason_of_a_gate_has_words() -> None:
    codes = set(_CONSENT_WORDS)
    for path in (ROOT / "include" / "crm_mailchimp" / "campaigns").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        codes |= set(re.findall(r'\b(?:firm|_releasable)\(\s*"([a-z_]+)"', source))
    assert len(codes) > 20
    assert_known("gate", codes | {"sync_blocked", "sync_failed"})


@pytest.mark.parametrize("code", ["tagged_by_hand", "tag_changed"])
def test_a_gate_that_a_sync_opens_says_so(code: str) -> None:
    assert "Sync the collection" in text(f"gate.{code}", "en")
    assert "Συγχρονίστε τη συλλογή" in text(f"gate.{code}", "el")


def test_every_end_of_a_collection_has_words() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = guide[guide.index("| `detail` begins with |") :].partition("\n\n")[0]
    codes = set(re.findall(r"^\| `([a-z]+_[a-z_]+)`", table, re.MULTILINE))
    for folder in ("sync", "crm"):
        for path in (ROOT / "include" / "crm_mailchimp" / folder).rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            codes |= set(re.findall(r'\bProblem\(\s*"([a-z_]+)"', source))
            codes |= set(re.findall(r'\bf?"([a-z]+_[a-z_]+): ', source))
    assert len(codes) > 15
    assert_known("end", codes)


def test_an_account_in_trouble_has_words() -> None:
    unreachable = set(_classes_below(ProviderUnreachableError))
    assert {"AuthenticationError", "AccountUnusableError", "ConnectionFault"} <= unreachable
    assert_known("end", unreachable | {"ConfigurationError", "PermissionDenied", "ServerError"})


def _classes_below(error: type[Exception]) -> Iterator[str]:
    for kind in error.__subclasses__():
        if kind.__module__.startswith("crm_mailchimp."):
            yield kind.__name__
        yield from _classes_below(kind)


def test_every_state_has_words() -> None:
    assert_known("state", set(troubles.HEALTHS) | {"dry_run"})
    assert_known("phase", set(campaigns.PHASES))
    assert_known("next", set(campaigns.PHASES))
    assert_known("rate", {*campaigns.RATES, *(key for _, key in campaigns.WAYS_OF_COUNTING)})
    assert_known("decision", {"approved", "rejected", "timed_out"})
    assert_known("answer", {"approved", "rejected", "timed_out"})
    assert_known("cause", set(_NOT_MAILED))
    assert_known("refusal", set(_KINDS))
    assert_known("delivery", {"sent", "hard", "soft"})
    assert_known("sending", set(_WORDS))
    assert_known("done", {"preview", "sync", "defaults", "answer", "erase", "refused"})


@pytest.mark.parametrize(
    ("header", "cookie", "expected"),
    [
        ("", None, "en"),
        ("el-GR,el;q=0.9,en;q=0.8", None, "el"),
        ("en-GB,en;q=0.9,el;q=0.8", None, "en"),
        ("de-DE,de;q=0.9", None, "en"),
        ("de, el;q=0.3", None, "el"),
        ("el;q=0", None, "en"),
        ("el;q=many, en;q=0.1", None, "en"),
        ("en", "el", "el"),
        ("el", "en", "en"),
        ("el", "klingon", "el"),
    ],
)
def test_the_switch_beats_the_browser(header: str, cookie: str | None, expected: str) -> None:
    cookies = {} if cookie is None else {"mailchimp_page_language": cookie}
    request = SimpleNamespace(headers={"accept-language": header}, cookies=cookies)
    assert language_of(request) == expected  # type: ignore[arg-type]


def test_numbers_and_plurals_are_those_of_the_language() -> None:
    assert [number(1234567.5, language, 1) for language in LANGUAGES] == [
        "1,234,567.5",
        "1.234.567,5",
    ]
    assert text("quarantine.contacts", "el", n=1) == "1 επαφή."
    assert text("quarantine.contacts", "el", n=1234) == "1.234 επαφές."
    assert text("quarantine.contacts", "en", n=1) == "1 contact."
