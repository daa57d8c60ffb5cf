"""Superset in a browser: logs in, opens a dashboard, notes what its charts were answered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from browser import Browser
from dashboards.provision import Superset

#: A wide desk's screen.
SIZE = (1400, 1200)
#: Notes each question about a chart's data, and its answer.
_NOTE_ANSWERS = """
window.answers = [];
const ask = window.fetch;
window.fetch = async (...words) => {
    const answer = await ask(...words);
    const address = String(words[0].url || words[0]);
    if (address.includes('/api/v1/chart/data')) {
        const question = JSON.parse(words[1].body);
        const text = await answer.clone().text();
        window.answers.push({status: answer.status, question, text});
    }
    return answer;
};
"""
#: Waits for so many frames of the drawn page.
_DRAW = """
new Promise(drawn => {
    let left = 60;
    const draw = () => (left -= 1) ? requestAnimationFrame(draw) : drawn();
    requestAnimationFrame(draw);
})
"""
_SEEN_ERRORS = (
    '[...document.querySelectorAll(\'.ant-alert-error, [data-test="error-boundary"],'
    " .chart-error')].map(e => e.innerText)"
)


@dataclass(frozen=True)
class Provisioned:
    """A running Superset with the dashboards.

    Attributes:
        api: a session of its admin.
        warehouse: DSN of the login that owns the warehouse.
        bi: DSN of the BI login, which Superset uses.
    """

    url: str
    api: Superset
    warehouse: str
    bi: str


@dataclass(frozen=True)
class Answer:
    """What a chart was answered.

    Attributes:
        question: the query as the page sent it.
        queries: Superset's results, one for each query of the chart.
    """

    status: int
    question: dict[str, Any]
    text: str

    @property
    def queries(self) -> list[dict[str, Any]]:
        return list(json.loads(self.text).get("result", []))

    @property
    def chart(self) -> int | None:
        return self.question.get("form_data", {}).get("slice_id")


def log_in(browser: Browser, url: str, user: str, password: str) -> None:
    """Log in by the form that Superset shows."""
    browser.before_each_page(_NOTE_ANSWERS)
    browser.look(size=SIZE)
    browser.go(f"{url}/login/")
    browser.wait_for("document.querySelector('input[type=password]')")
    names = "input#username, input[name=username], input[type=text]"
    for selector, text in ((names, user), ("input[type=password]", password)):
        browser.run(f"document.querySelector({json.dumps(selector)}).focus()")
        browser.type_text(text)
    browser.run("document.querySelector('button[type=submit], input[type=submit]').click()")
    browser.wait_for("!location.pathname.startsWith('/login') && document.readyState=='complete'")


def open_dashboard(browser: Browser, url: str, charts: int) -> list[Answer]:
    """Open a dashboard, and wait until all of its charts are drawn.

    Args:
        browser: logged in.
        url: of the dashboard.
        charts: how many it has.
    """
    browser.go(url)
    browser.wait_for(
        "new Set(window.answers.map(a => (a.question.form_data || {}).slice_id)"
        f".filter(Boolean)).size >= {charts}"
    )
    browser.wait_for("!document.querySelector('[data-test=\"loading-indicator\"], .loading')")
    # A page behind another is not drawn, and plots grow over some frames.
    browser.bring_to_front()
    browser.run(_DRAW)
    return [Answer(**one) for one in browser.run("window.answers")]


def show_whole(browser: Browser, *, dark: bool) -> None:
    """Make the screen as high as the open dashboard: below the screen nothing is drawn.

    Args:
        dark: the colours that the system prefers; Superset follows.
    """
    height = browser.run("Math.max(...[...document.querySelectorAll('*')].map(e=>e.scrollHeight))")
    browser.look(size=(SIZE[0], int(height)), dark=dark)
    browser.bring_to_front()
    browser.run(_DRAW)


def shown_errors(browser: Browser) -> list[str]:
    """Texts of what the page marks as an error."""
    return list(browser.run(_SEEN_ERRORS))
