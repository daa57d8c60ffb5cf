"""The connection to one Mailchimp account: the official SDK on a transport that lasts.

The SDK (``mailchimp-marketing`` 3.0.80) knows the API's operations. But it opens a TCP connection
for each call, and it replaces the text ``server`` anywhere in a URL. It returns the raw response
where there is no body, and text where the body is ``application/problem+json``. It has no retries.
Here its ``ApiClient`` gets a keep-alive session, typed errors and retries. Its operations stay in
use.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import quote, urlsplit

import requests
from mailchimp_marketing.api.batches_api import BatchesApi
from mailchimp_marketing.api.campaigns_api import CampaignsApi
from mailchimp_marketing.api.lists_api import ListsApi
from mailchimp_marketing.api.ping_api import PingApi
from mailchimp_marketing.api.reports_api import ReportsApi
from mailchimp_marketing.api.root_api import RootApi
from mailchimp_marketing.api.verified_domains_api import VerifiedDomainsApi
from mailchimp_marketing.api_client import ApiClient
from urllib3.exceptions import LocationValueError

from crm_mailchimp.mailchimp.answers import moment_of, read_answer
from crm_mailchimp.mailchimp.errors import (
    AnswerTooLarge,
    ConnectionFault,
    MailchimpError,
    ReadOnlyClientError,
)
from crm_mailchimp.mailchimp.retries import Retry, repeatable
from crm_mailchimp.mailchimp.transport import KeyAuth, base_url, connection_fault, new_session
from crm_mailchimp.scrubbing import scrub_transport_log, silent_transport

log = logging.getLogger(__name__)

#: Seconds to wait for a connection and for the next bytes. Mailchimp itself gives up a call after
#: 120 s ("Throttling" in the Marketing API documentation).
TIMEOUT = (10.0, 125.0)

#: Most bytes of an answer, uncompressed. A page of 1,000 rows has a few million.
MOST_BYTES = 64 * 1024 * 1024
#: Most seconds from the first byte of an answer to its last.
MOST_SECONDS = 600.0
_CHUNK = 1 << 16

Answer = dict[str, Any] | None


class Held(Protocol):
    """What a client holds while it is open, such as one of the account's connections."""

    def require(self) -> None:
        """Raises an error if it is no longer held: then no request may go out."""
        ...

    def is_wanted(self) -> bool:
        """Whether somebody else waits for it."""
        ...


#: Opens what is held while a client is open.
Slot = Callable[[], AbstractContextManager[Held | None]]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class MailchimpClient:
    """One connection to one account, open inside a ``with`` block; at most one request at a time.

    Args:
        key: API key, ending in its data centre (``…-us21``).
        host: other place to talk to, such as ``http://127.0.0.1:8099`` (``/3.0`` is optional).
        name: of the connection; errors say it, and the host.
        timeout: seconds to connect and to wait for the next bytes of an answer.
        retry: how often and how patiently to try again what can heal.
        slot: opened with the client and closed with it; the account-wide limit of connections.
        read_only: refuse every request but GET, before anything is sent.
        wait: how to let seconds pass.
        clock: seconds that only grow, for the retry's deadline.

    Raises:
        ConfigurationError: the key or the host cannot be used (see ``transport.base_url``).
    """

    def __init__(
        self,
        key: str,
        *,
        host: str | None = None,
        name: str = "",
        timeout: float | tuple[float, float] = TIMEOUT,
        retry: Retry | None = None,
        slot: Slot | None = None,
        read_only: bool = False,
        wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base_url = base_url(key, host)
        self._name = name
        self._auth = KeyAuth(key)
        self._timeout = timeout
        self._retry = retry or Retry()
        self._slot = slot
        self._read_only = read_only
        self.wait = wait
        self.clock = clock
        self._one_at_a_time = threading.Lock()
        self._open = ExitStack()
        self._session: requests.Session | None = None
        self._held: Held | None = None
        self._calls = 0
        self._date: str | None = None
        #: Bytes of the latest answer, uncompressed.
        self.answered_bytes = 0
        operations = _Operations(self)
        self.batches = BatchesApi(operations)
        self.campaigns = CampaignsApi(operations)
        self.lists = ListsApi(operations)
        self.ping = PingApi(operations)
        self.reports = ReportsApi(operations)
        self.root = RootApi(operations)
        self.verified_domains = VerifiedDomainsApi(operations)

    @property
    def calls(self) -> int:
        """API requests sent so far, repeated ones included."""
        return self._calls

    def is_wanted(self) -> bool:
        """Whether somebody else waits for what this client holds while it is open."""
        return self._held is not None and self._held.is_wanted()

    @property
    def answered_at(self) -> datetime | None:
        """When the latest answer was given, Mailchimp's clock, in whole seconds (``Date``, RFC
        9110). None: there is no answer yet, or it did not say."""
        return moment_of(self._date)

    @property
    def place(self) -> str:
        """Where it talks to, for people: the connection, and its host. A path may be a secret."""
        address = urlsplit(self.base_url)
        host = f"{address.scheme}://{address.netloc}"
        return f"connection {self._name} ({host})" if self._name else host

    def __repr__(self) -> str:
        return f"MailchimpClient({self.base_url!r}, calls={self._calls})"

    def __enter__(self) -> Self:
        if self._session is not None:
            raise RuntimeError("This Mailchimp client is open already; build one for each use.")
        scrub_transport_log()
        with ExitStack() as opening:
            if self._slot is not None:
                self._held = opening.enter_context(self._slot())
            self._session = opening.enter_context(new_session(self.base_url))
            self._open = opening.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, MailchimpError):
            error.place = error.place or self.place
        self._session = None
        self._held = None
        self._open.__exit__(kind, error, traceback)

    def present_time(self) -> datetime | None:
        """The present time as Mailchimp says (``Date`` of the answer to ``GET /ping``, RFC 9110).

        Returns:
            None: the answer had no time that can be read.

        Raises:
            MailchimpError: after retrying what can heal.
        """
        self.ping.get()
        return self.answered_at

    def require_answer(self) -> None:
        """Ask for a sign of life (``GET /ping``, Mailchimp Marketing API 3.0.55).

        Raises:
            MailchimpError: after retrying what can heal.
        """
        self.ping.get()

    def call(
        self,
        method: str,
        path: str,
        *,
        ids: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Send one request, and again what can heal.

        Args:
            method: HTTP method.
            path: template below ``/3.0``, such as ``/lists/{list_id}``; errors show it unfilled.
            ids: values of the template's placeholders.
            query: parameters of the URL; lists become comma-separated.
            body: JSON object to send.

        Returns:
            the answer's JSON object, or None for "no content".

        Raises:
            MailchimpError: after retrying what can heal; of its kind (see ``errors``).
            ReadOnlyClientError: the client is read-only, and the method is not GET.
        """
        if self._read_only and method != "GET":
            raise ReadOnlyClientError(
                "this client only reads, nothing was sent", method=method, path=path
            )
        began = self.clock()
        attempt = 0
        while True:
            attempt += 1
            answer = self._attempt(method, path, ids or {}, query or {}, body)
            if not isinstance(answer, MailchimpError):
                return answer
            answer.attempts, answer.place = attempt, self.place
            if not answer.retryable or attempt >= self._retry.attempts:
                raise answer
            if answer.outcome_unknown and not repeatable(method, path, body):
                raise answer
            answer.outcome_unknown = False
            delay = self._retry.delay(attempt, answer.retry_after)
            if self.clock() - began + delay > self._retry.deadline:
                raise answer
            log.info(
                "%s %s: %s, attempt %d of %d, next in %.1f s",
                method,
                path,
                type(answer).__name__,
                attempt,
                self._retry.attempts,
                delay,
            )
            self.wait(delay)

    def _attempt(
        self,
        method: str,
        path: str,
        ids: Mapping[str, str],
        query: Mapping[str, Any],
        body: Mapping[str, Any] | None,
    ) -> Answer | MailchimpError:
        if self._session is None:
            raise RuntimeError("Open the Mailchimp client first: with MailchimpClient(...) as it")
        url = self.base_url + _filled(path, ids)
        with self._one_at_a_time:
            if self._held is not None:
                self._held.require()
            self._calls += 1
            try:
                response = self._session.request(
                    method,
                    url,
                    params={name: _parameter(value) for name, value in query.items()},
                    data=None if body is None else json.dumps(body).encode(),
                    headers={} if body is None else {"Content-Type": "application/json"},
                    auth=self._auth,
                    timeout=self._timeout,
                    allow_redirects=False,
                    stream=True,
                )
                self._date = response.headers.get("Date")
                with response:
                    received = self._body(response)
                    self.answered_bytes = MOST_BYTES if received is None else len(received)
            except (requests.RequestException, LocationValueError) as error:
                fault = connection_fault(method, path, error)
            except TimeoutError:
                fault = ConnectionFault(
                    "the answer does not end",
                    method=method,
                    path=path,
                    outcome_unknown=method != "GET",
                )
            else:
                if received is None:
                    return AnswerTooLarge(
                        f"more than {MOST_BYTES} bytes",
                        method=method,
                        path=path,
                        status=response.status_code,
                        outcome_unknown=method != "GET",
                    )
                return read_answer(method, path, response.status_code, response.headers, received)
        # Outside of the handler: the library's own text holds the whole URL. It would be shown as
        # the context of the error.
        return fault

    def _body(self, response: requests.Response) -> bytes | None:
        """The whole answer, uncompressed; None where it is too large.

        Raises:
            TimeoutError: it comes in drops, and no end is in sight.
        """
        began = self.clock()
        body = bytearray()
        # urllib3 undoes the compression piece by piece, so a small answer cannot fill the memory.
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > MOST_BYTES:
                return None
            if self.clock() - began > MOST_SECONDS:
                raise TimeoutError
        return bytes(body)

    @contextmanager
    def download(self, url: str) -> Iterator[requests.Response]:
        """Open a result file on whatever host it lies, without showing that host the API key.

        Raises:
            ConnectionFault: no or no good answer.
        """
        # A session of its own: neither the key nor a cookie of the API may reach another host.
        with new_session(url) as elsewhere:
            fault = None
            try:
                with silent_transport():  # the link's signature opens the file to everybody
                    response = elsewhere.get(
                        url, timeout=self._timeout, stream=True, allow_redirects=False
                    )
            except (requests.RequestException, LocationValueError) as error:
                fault = connection_fault("GET", "(result file)", error)
            if fault is not None:
                raise fault
            with response:
                if response.status_code != 200:
                    raise ConnectionFault(
                        "the result file is not there",
                        method="GET",
                        path="(result file)",
                        status=response.status_code,
                    )
                yield response


class _Operations(ApiClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's ``ApiClient`` that hands its calls to a ``MailchimpClient``."""

    def __init__(self, client: MailchimpClient) -> None:
        # No key: it is held in one place only. No server: the SDK would replace the text
        # "server" in every URL by it.
        super().__init__({"server": ""})
        self.host = client.base_url
        self._client = client

    def call_api(
        self,
        resource_path: str,
        method: str,
        path_params: Mapping[str, str] | None = None,
        query_params: list[tuple[str, Any]] | None = None,
        header_params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        collection_formats: Mapping[str, str] | None = None,
        **options: Any,  # of the code generator; none has a meaning here
    ) -> Answer:
        return self._client.call(
            method, resource_path, ids=path_params, query=dict(query_params or []), body=body
        )


def _filled(path: str, ids: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda name: quote(str(ids[name[1]]), safe=""), path)


def _parameter(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    return str(value)
