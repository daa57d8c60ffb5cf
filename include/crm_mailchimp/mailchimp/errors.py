"""What can go wrong when talking to Mailchimp, as one small tree of exceptions.

::

    MailchimpError
    ├── ConfigurationError     the client cannot even be built (no key, no data centre)
    ├── AuthenticationError    401: the key is wrong, revoked or of another data centre
    ├── PermissionDenied       403 with Mailchimp's explanation: the key's user may not do this
    │   └── AudienceLimitReached   the account's plan allows no further audience
    ├── NotFound               404 with Mailchimp's explanation
    ├── BadRequest             400 and other refusals of this very request; ``errors`` by field
    │   ├── MergeFieldLimitReached the account's plan allows no further merge field
    │   ├── ComplianceStateError   unsubscribed, bounced or under review: not by API
    │   └── ForgottenError         permanently deleted: only the person can come back
    ├── TooManyRequests        429: more than 10 connections for the account (retryable)
    ├── OverloadedError        403 without an explanation: turned away under load (retryable)
    ├── ServerError            5xx (retryable)
    ├── ConnectionFault        no answer: refused, timed out, cut (retryable)
    ├── HostUnknown            no computer has the host's name; nothing was sent
    ├── ReadOnlyClientError    a client that only reads was asked to write; nothing was sent
    ├── CertificateRefused     the host cannot prove that it is the one we want; nothing was sent
    ├── NoTlsAtHost            the host's port speaks no TLS, or another one; nothing was sent
    ├── UnexpectedAnswer       an answer that Mailchimp's API does not give (wrong host?)
    │   ├── AnswerTooLarge         an answer of more bytes than are read
    │   ├── ForeignAnswer          a success of another kind than JSON: a proxy's page
    │   └── GarbledAnswer          a success whose body is cut or empty (retryable)
    └── BatchUnfinished        a batch of operations took longer than allowed

``retryable`` is a property of the class. ``str()`` of each says connection and host, method, path
template, status, Mailchimp's title, the request's id and what to do. It never has an address, a
name, a key or a hash. Mailchimp's own explanation (``detail``, ``errors``) quotes people's data.
It is kept as an attribute for the quarantine, and only shown for requests that are not about a
person.

Source of statuses and titles: "Errors" of the Marketing API documentation. Source of the bare 403:
"Throttling" there (requests turned away before they reach the API).
"""

# The names are those of HTTP and of Mailchimp's error glossary, where "Error" would be noise.
# ruff: noqa: N818

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as record_field
from typing import ClassVar

from crm_mailchimp.errors import (
    AudienceLimitAtProviderError,
    MergeFieldLimitAtProviderError,
    NotAllowedByProviderError,
    NotFoundAtProviderError,
    ProviderError,
    ProviderUnreachableError,
    RefusedByProviderError,
)
from crm_mailchimp.scrubbing import scrub

#: Requests whose explanations quote a person's data, even in parts ("the portion before the @").
_ABOUT_PEOPLE = ("/members", "/search-members", "/actions/test")


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """One entry of a refusal's ``errors``: which field, and Mailchimp's words about it."""

    field: str
    message: str = record_field(repr=False)


class MailchimpError(ProviderError):
    """Something went wrong with one request (see the module's tree)."""

    retryable: ClassVar[bool] = False
    advice: str = "See the status and title; quote the request id to Mailchimp's support."

    def __init__(
        self,
        summary: str = "",
        *,
        method: str = "",
        path: str = "",
        status: int | None = None,
        title: str = "",
        detail: str = "",
        instance: str = "",
        retry_after: float | None = None,
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(summary)
        self.method = method
        self.path = path
        self.status = status
        self.title = title
        #: Mailchimp's own explanation, personal data included: for the quarantine, not for logs.
        self.detail = detail
        self.instance = instance
        #: Seconds the server asked to wait, where it did.
        self.retry_after = retry_after
        self.outcome_unknown = outcome_unknown
        #: How often the request was sent before giving up.
        self.attempts = 1
        #: The connection and its host, as far as the raiser knows them; see ``MailchimpClient``.
        self.place = ""

    @property
    def explanation(self) -> str:
        """Mailchimp's title and words, without addresses, keys and hashes."""
        return ": ".join(scrub(part) for part in (self.title, self.detail) if part)

    @property
    def about_people(self) -> bool:
        """Whether the request was about members, so that its details must stay out of logs."""
        batch_subscribe = (self.method, self.path) == ("POST", "/lists/{list_id}")
        return batch_subscribe or any(part in self.path for part in _ABOUT_PEOPLE)

    def __str__(self) -> str:
        request = f"{self.method} {self.path}".strip()
        where = ": ".join(part for part in (self.place, request) if part)
        answer = " ".join(
            part
            for part in (str(self.status or ""), scrub(self.title)[:120], str(self.args[0] or ""))
            if part
        )
        if self.instance:
            answer += f" (request {scrub(self.instance)[:64]})"
        if self.detail and not self.about_people:
            answer += f": {scrub(self.detail)[:300]}"
        sentences = [f"{where}: {answer}" if where else answer]
        if self.attempts > 1:
            sentences.append(f"Gave up after {self.attempts} attempts")
        if self.outcome_unknown:
            sentences.append("The request may have been carried out: look before it is sent again")
        return ". ".join(sentence.rstrip(".") for sentence in sentences) + f". {self.advice}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class ConfigurationError(MailchimpError):
    """The client cannot be built from what it was given; ``advice`` is about that very problem."""

    def __init__(self, summary: str, *, advice: str = "") -> None:
        super().__init__(summary)
        self.advice = advice


class AuthenticationError(MailchimpError, ProviderUnreachableError):
    """401: Mailchimp does not accept the key."""

    advice = (
        "Check the API key of the connection. It may be revoked or mistyped, or its suffix names "
        "another data centre."
    )


class PermissionDenied(MailchimpError, NotAllowedByProviderError):
    """403 with an explanation: the key's user or the account's plan may not do this."""

    advice = "Give the key's user the needed role, or look for a notice in the Mailchimp account."


class AudienceLimitReached(PermissionDenied, AudienceLimitAtProviderError):
    """The account has as many audiences as its plan allows (``constraints`` of ``GET /lists``)."""

    advice = (
        "Delete an audience of others that nobody needs, use an existing one, or have the plan "
        "changed."
    )

    def __init__(self, *, present: int, allowed: int, refusal: PermissionDenied) -> None:
        super().__init__(
            f"the account has {present} audiences and its plan allows {allowed}",
            method=refusal.method,
            path=refusal.path,
            status=refusal.status,
            title=refusal.title,
            instance=refusal.instance,
        )
        self.present = present
        self.allowed = allowed


class NotFound(MailchimpError, NotFoundAtProviderError):
    """404 with an explanation: no such audience, member, campaign, batch."""

    advice = "It was deleted in Mailchimp, or the id belongs to another account."


class BadRequest(MailchimpError, RefusedByProviderError):
    """400 and the other refusals of this very request; the same request will fail again."""

    advice = "The same request will be refused again: correct the named fields."

    def __init__(
        self,
        summary: str = "",
        *,
        method: str = "",
        path: str = "",
        status: int | None = None,
        title: str = "",
        detail: str = "",
        instance: str = "",
        errors: tuple[FieldError, ...] = (),
    ) -> None:
        super().__init__(
            summary,
            method=method,
            path=path,
            status=status,
            title=title,
            detail=detail,
            instance=instance,
        )
        self.errors = errors

    def __str__(self) -> str:
        text = super().__str__()
        if not self.errors:
            return text
        if self.about_people:
            fields = ", ".join(scrub(error.field) or "(none)" for error in self.errors)
        else:
            fields = "; ".join(
                f"{scrub(error.field) or '(none)'}: {scrub(error.message)[:200]}"
                for error in self.errors
            )
        return f"{text} Fields: {fields}"


class MergeFieldLimitReached(BadRequest, MergeFieldLimitAtProviderError):
    """The audience has as many merge fields as the account's plan allows."""

    advice = "Delete merge fields that nobody needs, or have the plan changed."


class ComplianceStateError(BadRequest):
    """The member unsubscribed, bounced or is under review, and cannot be subscribed by API."""

    advice = "Only the person can subscribe again; do not try it by API."


class ForgottenError(BadRequest):
    """The address was permanently deleted from the audience."""

    advice = "Only the person can come back, by Mailchimp's own sign-up form."


class TooManyRequests(MailchimpError, ProviderUnreachableError):
    """429: more than 10 connections at once for the account."""

    retryable = True
    advice = "Let fewer things talk to this account at once; the limit is 10 connections."


class OverloadedError(MailchimpError, ProviderUnreachableError):
    """403 without an explanation: turned away before the API, under load."""

    retryable = True
    advice = "Try later; if it stays, Mailchimp's gateway blocks this machine's address."


class ServerError(MailchimpError):
    """5xx: Mailchimp failed."""

    retryable = True
    advice = "Try later; see status.mailchimp.com."


class ConnectionFault(MailchimpError, ProviderUnreachableError):
    """No answer came: refused, timed out, cut off."""

    retryable = True
    advice = "Check the host of the connection, the network and the proxy, then run it again."


class HostUnknown(MailchimpError, ProviderUnreachableError):
    """No computer has the name of the host; nothing was sent."""

    advice = (
        "Correct the host of the connection. Without a host, the end of the API key names the data "
        "centre: copy the key again."
    )


class ReadOnlyClientError(MailchimpError):
    """A client that only reads was asked to write; nothing was sent."""

    advice = "A preview never writes: use the DAG that does."


class CertificateRefused(MailchimpError):
    """The host's TLS certificate is not one that this machine trusts; nothing was sent."""

    advice = (
        "Check the connection's host; behind a company's proxy, name its certificates in "
        "REQUESTS_CA_BUNDLE."
    )


class NoTlsAtHost(MailchimpError, ProviderUnreachableError):
    """The handshake of TLS failed because the other side does not speak it; nothing was sent."""

    advice = (
        "Correct the host and its port: https needs a port with TLS. If a proxy is in between, "
        "correct the proxy."
    )


class UnexpectedAnswer(MailchimpError):
    """An answer the API does not give, such as a web page or a redirect."""

    advice = "Something other than Mailchimp's API answered: check the connection's host and proxy."


class AnswerTooLarge(UnexpectedAnswer):
    """An answer of more bytes than are read, after its compression is undone."""

    advice = (
        "No answer of Mailchimp's API is so large: check the connection's host and proxy. The same "
        "request would get the same answer."
    )


class ForeignAnswer(UnexpectedAnswer):
    """A success whose Content-Type is not JSON, such as the sign-in page of a hotel's network."""

    advice = (
        "Something between this machine and Mailchimp answers in its place, such as a proxy or a "
        "sign-in page. Correct the network, the proxy or the host of the connection."
    )


class GarbledAnswer(UnexpectedAnswer):
    """A success whose body is cut or empty, or does not hold what its Content-Type says."""

    retryable = True


class BatchUnfinished(MailchimpError):
    """A batch of operations was not finished in the time allowed; it goes on in Mailchimp."""

    advice = "Run it again later: the operations are safe to repeat."
