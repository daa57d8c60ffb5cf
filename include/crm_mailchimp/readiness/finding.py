"""What a check before going live finds: fine, worth knowing, or something to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import psycopg

from crm_mailchimp.database_errors import DatabaseError, without_data
from crm_mailchimp.error_words import located, words_of
from crm_mailchimp.errors import PassingError, PermanentError, ProviderError

#: ``note`` is worth knowing, and nothing has to be done.
Verdict = Literal["fine", "note", "to do"]
#: From the best to the worst.
VERDICTS: tuple[Verdict, ...] = ("fine", "note", "to do")


@dataclass(frozen=True, kw_only=True)
class ReadyFinding:
    """One line for people.

    Attributes:
        subject: of the check, such as ``contract``.
        verdict: what it means for going live.
        words: what was found, and what to do. No address, name of a person, or key.
    """

    subject: str
    verdict: Verdict
    words: str


@dataclass(frozen=True, kw_only=True)
class Check:
    """Something to look at.

    Attributes:
        subject: of its findings.
        look: gives a verdict and words for each finding. It only reads.
        needs: connections without which there is nothing to look at.
        opens: the connection that it tries. With something to do there, it is not used.
    """

    subject: str
    look: Callable[[], Iterable[tuple[Verdict, str]]]
    needs: tuple[str, ...] = ()
    opens: str | None = None


def run_checks(checks: Iterable[Check]) -> Iterator[ReadyFinding]:
    """The findings of all checks, in their order; each check runs when it is its turn."""
    unusable: set[str] = set()
    left_out: set[ReadyFinding] = set()
    for check in checks:
        missing = [name for name in check.needs if name in unusable]
        if missing:
            words = f"not looked at: first correct the connection {', '.join(missing)}"
            finding = _finding(check, "to do", words)
            if finding not in left_out:  # one line for all checks of a subject
                yield finding
            left_out.add(finding)
            continue
        found = findings_of(check)
        if check.opens and any(one.verdict == "to do" for one in found):
            unusable.add(check.opens)
        yield from found


def findings_of(check: Check) -> list[ReadyFinding]:
    """The findings of a check. An error ends this check alone, and is a finding itself."""
    found: list[ReadyFinding] = []
    try:
        with without_data():
            for verdict, words in check.look():
                found.append(_finding(check, verdict, words))
    except Exception as error:
        found.append(_finding(check, "to do", error_words(error)))
    return found


def error_words(error: Exception) -> str:
    """An error in words for people: our own errors as they are, others without their text."""
    if isinstance(error, psycopg.Error):
        try:
            with without_data():
                raise error
        except DatabaseError as readable:
            return str(readable)
    if isinstance(error, PermanentError | PassingError | ProviderError):
        return located(error)
    return f"this check broke off ({words_of(error)}). Please report it"


def _finding(check: Check, verdict: Verdict, words: str) -> ReadyFinding:
    return ReadyFinding(subject=check.subject, verdict=verdict, words=" ".join(words.split()))
