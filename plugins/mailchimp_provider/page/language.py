"""Which language a reader gets: the switch decides, then the browser."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from mailchimp_provider.page.texts import LANGUAGES, Language

router = APIRouter()

COOKIE = "mailchimp_page_language"
_YEAR = 365 * 24 * 3600
#: Paths of the page to which the switch may lead back.
_VIEWS = ("", "collection", "campaigns", "campaign", "person", "plan")


@router.get("/language")
def choose(to: Language, back: str = "") -> RedirectResponse:
    """Remember a language, and go back to the view.

    Args:
        to: the language.
        back: path and query of a view of the page; anything else leads to its first view.
    """
    is_ours = is_view(back.partition("?")[0])
    answer = RedirectResponse(f"./{back}" if is_ours else "./", status_code=303)
    answer.set_cookie(COOKIE, to, max_age=_YEAR, path="/", httponly=True, samesite="lax")
    return answer


def is_view(path: str) -> bool:
    """Whether a relative path is a view of the page, and leads nowhere else."""
    return path in _VIEWS


def language_of(request: Request) -> Language:
    """The reader's language; English where neither cookie nor browser names one of ours."""
    chosen = request.cookies.get(COOKIE)
    for language in LANGUAGES:
        if language == chosen:
            return language
    return _accepted(request.headers.get("accept-language", ""))


def _accepted(header: str) -> Language:
    """The best of our languages in ``Accept-Language`` (RFC 9110, 12.5.4)."""
    best: tuple[float, Language] = (0.0, "en")
    for part in header.split(","):
        name, _, parameter = part.strip().partition(";")
        weight = _weight(parameter)
        for language in LANGUAGES:
            if name.lower().split("-")[0] == language and weight > best[0]:
                best = (weight, language)
    return best[1]


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
