"""Debian's Chromium without a window, driven over its debugging pipe (Chrome DevTools Protocol)."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

SECONDS = 180.0
#: Two screens: a desk's, and a phone's.
DESKTOP = (1280, 900)
PHONE = (390, 844)


class BrowserError(AssertionError):
    """The browser refused a command, ended, or the page did not become what was waited for."""


class Browser:
    """One tab of a running Chromium, with cookies of its own.

    Args:
        to_browser: file descriptor that the browser reads from; ``from_browser`` is the other one.
    """

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.problems: list[str] = []
        self.requested: list[str] = []
        self.status: int | None = None
        self.open_tab()

    def open_tab(self) -> None:
        """A fresh tab without cookies, as another person's browser."""
        self._session = None
        context = self._call("Target.createBrowserContext")["browserContextId"]
        target = self._call("Target.createTarget", url="about:blank", browserContextId=context)
        attached = self._call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")
        self.look()

    def look(
        self, *, size: tuple[int, int] = DESKTOP, dark: bool | None = False, language: str = "en"
    ) -> None:
        """Choose screen, colours and the language that the browser asks for.

        Args:
            size: width and height in pixels.
            dark: the colours that the system prefers; None: the browser decides, and a frame
                follows the page around it.
            language: value of ``Accept-Language``.
        """
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=size[0], height=size[1], deviceScaleFactor=1, mobile=size == PHONE,
        )  # fmt: skip
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        features = [] if dark is None else [feature]
        self._call("Emulation.setEmulatedMedia", features=features)
        self._call("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})

    def set_cookie(self, url: str, name: str, value: str) -> None:
        self._call("Network.setCookie", url=url, name=name, value=value)

    def go(self, url: str) -> None:
        """Open an address, and wait until it is loaded with everything in it."""
        self.problems.clear()
        self.requested.clear()
        self.status = None
        answer = self._call("Page.navigate", url=url)
        if "errorText" in answer:
            raise BrowserError(f"{urlsplit(url).path}: {answer['errorText']}")
        self.wait_for("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression on the page."""
        answer = self._call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Until a JavaScript expression is true."""
        deadline = time.monotonic() + SECONDS
        while True:
            with suppress(BrowserError):  # between two pages
                if self.run(f"!!({condition})"):
                    return
            if time.monotonic() > deadline:
                raise BrowserError(f"never: {condition}; at {self.run('location.href')}")

    def click(self, selector: str) -> None:
        """Click what a CSS selector finds, and wait for the page that comes."""
        self.run("window.isBefore = true")
        found = self.run(
            f"(e => e ? (e.click(), true) : false)(document.querySelector({json.dumps(selector)}))"
        )
        if not found:
            raise BrowserError(f"nothing to click: {selector}")
        self.wait_for("!window.isBefore && document.readyState === 'complete'")

    def fill(self, selector: str, text: str) -> None:
        """Give a field a value."""
        self.run(f"document.querySelector({json.dumps(selector)}).value = {json.dumps(text)}")

    def type_text(self, text: str) -> None:
        """Type into the field that has the focus, as a keyboard does."""
        self._call("Input.insertText", text=text)

    def before_each_page(self, script: str) -> None:
        """Run a script in each page to come, before the page's own."""
        self._call("Page.addScriptToEvaluateOnNewDocument", source=script)

    def bring_to_front(self) -> None:
        """Make the tab the visible one; a tab behind another is not drawn."""
        self._call("Page.bringToFront")

    def press(self, key: str) -> None:
        """Press and release a key such as ``Tab`` or ``Enter``."""
        code = {"Tab": 9, "Enter": 13, "Space": 32}[key]
        text = {"Enter": "\r", "Space": " "}.get(key, "")
        pressed: dict[str, Any] = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self._call("Input.dispatchKeyEvent", type="keyDown", text=text, **pressed)
        self._call("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def type(self, text: str) -> None:
        """Write into the field that has the focus."""
        self._call("Input.insertText", text=text)

    def accessible_names(self) -> list[tuple[str, str]]:
        """Role and name of everything that a screen reader finds."""
        self._call("Accessibility.enable")
        nodes = self._call("Accessibility.getFullAXTree")["nodes"]
        return [
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in nodes
            if not node.get("ignored") and "role" in node
        ]

    @property
    def text(self) -> str:
        """What a person reads, spaces made one."""
        return " ".join(self.run("document.body.innerText").split())

    def screenshot(self, path: Path, *, height: int | None = None) -> None:
        """The page as PNG, or as WebP where the file's name ends so.

        Args:
            height: only so many pixels from the top; None: the whole page.
        """
        size = self._call("Page.getLayoutMetrics")["cssContentSize"]
        shown = size["height"] if height is None else height
        clip = {"x": 0, "y": 0, "width": size["width"], "height": shown, "scale": 1}
        form = {"format": "webp", "quality": 80} if path.suffix == ".webp" else {"format": "png"}
        taken = self._call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip, **form)
        path.write_bytes(base64.b64decode(taken["data"]))

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + SECONDS
        while True:
            answer = self._read(deadline)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])
            self._note(answer)

    def _read(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(self._from, 1 << 16) if ready else b""
            if not piece:
                raise BrowserError("the browser does not answer")
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(line))

    def _note(self, event: Mapping[str, Any]) -> None:
        parameters = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent":
                self.requested.append(parameters["request"]["url"])
            case "Network.responseReceived" if parameters["type"] == "Document":
                self.status = parameters["response"]["status"]
            case "Log.entryAdded" if parameters["entry"]["level"] == "error":
                self.problems.append(parameters["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.problems.append(str(parameters["exceptionDetails"]["text"]))


def chromium() -> str:
    """The browser's file; without one, tests are skipped, but never in CI."""
    found = shutil.which("chromium")
    if found is None:
        words = "chromium is not installed (apt-get install chromium)"
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    return found


@contextmanager
def running_browser(arguments: Sequence[str] = ()) -> Iterator[Browser]:
    """A browser with a profile of its own, as long as the context lasts."""
    profile = Path(tempfile.mkdtemp(prefix="crm-chromium-"))
    command = [
        chromium(), "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
        "--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync",
        "--disable-component-update", "--no-first-run", "--hide-scrollbars",
        f"--user-data-dir={profile}", *arguments, "about:blank",
    ]  # fmt: skip
    browser_reads, we_write = os.pipe()
    we_read, browser_writes = os.pipe()
    silent = os.open(os.devnull, os.O_RDWR)
    process = os.posix_spawn(
        command[0],
        command,
        {**os.environ, "HOME": str(profile), "DBUS_SESSION_BUS_ADDRESS": "disabled:"},
        # Above all numbers in use first: 3 and 4 may be our own pipes.
        file_actions=[
            (os.POSIX_SPAWN_DUP2, browser_reads, 103),
            (os.POSIX_SPAWN_DUP2, browser_writes, 104),
            (os.POSIX_SPAWN_DUP2, 103, 3),
            (os.POSIX_SPAWN_DUP2, 104, 4),
            (os.POSIX_SPAWN_DUP2, silent, 1),
            (os.POSIX_SPAWN_DUP2, silent, 2),
        ],
        setpgroup=0,
    )
    for descriptor in (browser_reads, browser_writes, silent):
        os.close(descriptor)
    try:
        yield Browser(we_write, we_read)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(we_write)
        os.close(we_read)
        shutil.rmtree(profile, ignore_errors=True)
