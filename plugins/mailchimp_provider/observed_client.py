"""A client whose calls Airflow's metrics, traces and lineage show.

Names and attributes are those of OpenTelemetry's conventions for HTTP clients. Paths are templates,
such as ``/lists/{list_id}``: no id, address or key goes out.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.sdk.observability import stats
from opentelemetry import context, trace

from crm_mailchimp.mailchimp.client import Answer, MailchimpClient
from crm_mailchimp.mailchimp.errors import MailchimpError
from mailchimp_provider.lineage import note_call

if TYPE_CHECKING:
    from airflow.sdk.bases.hook import BaseHook

log = logging.getLogger(__name__)
_tracer = trace.get_tracer("crm_mailchimp")


class ObservedClient(MailchimpClient):
    """A client that Airflow watches; see ``MailchimpClient``.

    Args:
        hook: what made it.
        account: id of its connection; a tag of the metrics.
        arguments, options: those of ``MailchimpClient``.
    """

    def __init__(self, *arguments: Any, hook: BaseHook, account: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._hook = hook
        self._account = account
        self._noted: set[tuple[bool, str]] = set()
        # Calls side by side are made in threads, which do not know the task's span.
        self._of_task = context.get_current()

    def call(
        self,
        method: str,
        path: str,
        *,
        ids: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        """As ``MailchimpClient.call``: one span and one time, with repeats and their pauses."""
        began = time.monotonic()
        with _tracer.start_as_current_span(
            f"{method} {path}",
            context=self._of_task,
            kind=trace.SpanKind.CLIENT,
            attributes={
                "http.request.method": method,
                "url.template": path,
                "server.address": urlsplit(self.base_url).hostname or "",
                "mailchimp.account": self._account,
            },
            # The text of an error and its trace may show more than its kind does.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                return super().call(method, path, ids=ids, query=query, body=body)
            except MailchimpError as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(trace.StatusCode.ERROR)
                raise
            finally:
                self._note(method, path, timedelta(seconds=time.monotonic() - began))

    def _note(self, method: str, path: str, took: timedelta) -> None:
        """What cannot be noted fails no call."""
        try:
            tags = {"account": self._account, "endpoint": f"{method} {path}"}
            stats.timing("mailchimp.api.call", took, tags=tags)
            kind = (method == "GET", path)
            if kind not in self._noted:
                self._noted.add(kind)
                note_call(self._hook, self.base_url, method, path)
        except Exception as error:
            log.warning("call not noted: %s", type(error).__name__)
