"""The page "Mailchimp" of a test's installation, in a browser with the admin's login."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from airflow_world import AirflowWorld
from browser import Browser, running_browser
from local_installation.airflow_processes import USER


@dataclass(frozen=True)
class AdminPage:
    """The page as the admin sees it.

    Attributes:
        address: of the page, with a slash at its end.
    """

    browser: Browser
    address: str

    def go(self, view: str = "") -> None:
        self.browser.go(f"{self.address}{view}")

    def press(self, selector: str, done: str) -> None:
        """Press a button of a form, and see what the page says then."""
        self.browser.click(selector)
        self.browser.wait_for("document.querySelector('[role=status]') !== null")
        assert done in self.browser.text
        assert self.browser.problems == []

    def answer(self, question: str, number: int, answer: str) -> None:
        """Press the button of one of two answers on the overview."""
        self.go()
        fields = {"question": question, "number": number, "answer": answer}
        chosen = "".join(f":has(input[name={name}][value='{fields[name]}'])" for name in fields)
        self.press(f"form[action='do/answer']{chosen} button", "Your answer was given.")


@contextmanager
def admin_page(world: AirflowWorld) -> Iterator[AdminPage]:
    """A running browser that has the admin's login."""
    url = world.airflow.url
    entered = {"username": USER, "password": world.installation.secrets().airflow_password}
    login = requests.post(f"{url}/auth/token", json=entered, timeout=60).json()
    with running_browser() as browser:
        browser.set_cookie(url, "_token", login["access_token"])
        yield AdminPage(browser, f"{url}/mailchimp-page/")
