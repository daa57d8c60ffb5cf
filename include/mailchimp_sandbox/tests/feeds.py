"""A feed on 127.0.0.1, whose posts a test writes and whose readers it counts."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class FeedServer:
    """``status`` and ``document`` are what it answers; without a document it is the posts."""

    url: str = ""
    status: int = 200
    document: str = ""
    posts: list[str] = field(default_factory=list)
    readings: int = 0

    def post(self, title: str, at: datetime | str) -> str:
        """Publish something; gives its address."""
        link = f"https://example.gr/ιστολόγιο/{len(self.posts)}?πηγή=ροή&n=1"
        date = at if isinstance(at, str) else format_datetime(at.astimezone(UTC))
        self.posts.insert(
            0,
            f"<item><title>{html.escape(title)}</title><link>{html.escape(link)}</link>"
            f"<pubDate>{date}</pubDate><description>…</description></item>",
        )
        return link

    def answer(self) -> bytes:
        return (
            self.document
            or '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
            f"<title>Το ιστολόγιο</title>{''.join(self.posts)}</channel></rss>"
        ).encode()


@contextmanager
def feed_server() -> Iterator[FeedServer]:
    """A running server of one feed."""
    feed = FeedServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            feed.readings += 1
            self.send_response(feed.status)
            self.end_headers()
            self.wfile.write(feed.answer())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    feed.url = f"http://127.0.0.1:{server.server_port}/ροή.xml"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield feed
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
