"""Faults of TLS on a real connection: before anything was sent, and after everything was."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crm_mailchimp.mailchimp.client import MailchimpClient
from crm_mailchimp.mailchimp.errors import (
    CertificateRefused,
    ConnectionFault,
    MailchimpError,
    NoTlsAtHost,
)

KEY = "0123456789abcdef0123456789abcdef-us21"
#: An encrypted record whose seal is wrong.
BROKEN_RECORD = b"\x17\x03\x03\x00\x20" + bytes(32)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Key and self-signed certificate of 127.0.0.1 in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "δοκιμή")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(pem)
    )
    return path


@contextmanager
def broken_answers(certificate: Path) -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads whole requests and answers with broken records: host, requests."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    requests: list[bytes] = []

    def serve(line: socket.socket) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=True)

        def carried_out(step: Callable[[], Any]) -> Any:
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    line.sendall(outgoing.read())
                    incoming.write(line.recv(65536) or _closed())
                finally:
                    line.sendall(outgoing.read())

        with line:
            try:
                carried_out(tls.do_handshake)
                requests.append(carried_out(lambda: tls.read(65536)))
                line.sendall(BROKEN_RECORD)
                line.recv(65536)
            except (ssl.SSLError, OSError):
                return  # the client wanted none of it: what the tests are about

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return  # the test is over
                serve(line)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"https://127.0.0.1:{listening.getsockname()[1]}", requests
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _closed() -> bytes:
    raise ConnectionResetError


def refused(host: str, call: Callable[[MailchimpClient], object]) -> tuple[MailchimpError, int]:
    waits: list[float] = []
    with (
        MailchimpClient(KEY, host=host, wait=waits.append) as client,
        pytest.raises(MailchimpError) as caught,
    ):
        call(client)
    return caught.value, client.calls


def test_an_unknown_certificate_is_no_fault_that_heals(certificate: Path) -> None:
    with broken_answers(certificate) as (host, requests):
        error, calls = refused(host, lambda client: client.campaigns.send("c1"))
    assert isinstance(error, CertificateRefused)
    assert "REQUESTS_CA_BUNDLE" in str(error)
    assert not error.outcome_unknown
    assert (calls, requests) == (1, [])


def test_a_broken_answer_to_a_sending_is_never_followed_by_a_second(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with broken_answers(certificate) as (host, requests):
        error, calls = refused(host, lambda client: client.campaigns.send("c1"))
    assert isinstance(error, ConnectionFault)
    assert error.outcome_unknown
    assert calls == len(requests) == 1


def test_a_broken_answer_to_a_question_is_asked_again(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with broken_answers(certificate) as (host, requests):
        error, calls = refused(host, lambda client: client.ping.get())
    assert isinstance(error, ConnectionFault)
    assert calls == len(requests) == 6


@pytest.mark.parametrize(
    "first_bytes", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"220 \xce\xb3\r\n" * 9]
)
def test_a_port_without_tls_is_no_fault_that_heals(first_bytes: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            line, _ = listening.accept()
            with line:
                line.recv(65536)
                line.sendall(first_bytes)
                # Until the client has left, in whatever way it leaves.
                with suppress(ConnectionResetError):
                    line.recv(65536)

        thread = threading.Thread(target=serve)
        thread.start()
        port = listening.getsockname()[1]
        error, calls = refused(
            f"https://127.0.0.1:{port}", lambda client: client.campaigns.send("c")
        )
        thread.join()
    assert isinstance(error, NoTlsAtHost)
    assert not error.retryable
    assert not error.outcome_unknown
    assert calls == 1
    assert f"https://127.0.0.1:{port}" in str(error)
    assert "Correct the host and its port" in str(error)
