"""A server that plays what a healthy wiki never does: busy, broken, cut off, or silent.

Every page exists here. A page's title says how the server behaves before it answers: "429 twice" is answered with
429 two times, then well.
"""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.parse
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

_TIMES = {"once": 1, "twice": 2, "always": 10**9}


class MisbehavingWiki:
    """Serves on 127.0.0.1; `asked` counts the requests for each title, `agents` the names clients gave."""

    def __init__(self, retry_after: str = "0", delay: float = 0.0) -> None:
        self.retry_after = retry_after
        self.delay = delay
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.agents: set[str] = set()
        self.at: list[float] = []
        self.queries: list[dict[str, str]] = []
        self.closing = threading.Event()
        wiki = self

        class Handler(_Handler):
            owner = wiki

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda request, client: None  # type: ignore[method-assign,assignment]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/w/api.php"

    def __enter__(self) -> MisbehavingWiki:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


def answer(title: str) -> dict[str, object]:
    """Return the API's answer for a film article of that title."""
    page_id = int.from_bytes(title.encode()[-6:], "big")
    text = f"{title} is a 2001 American film.\n\n\n== Plot ==\nThe plot of {title}.\n\n\n== Cast ==\nNobody."
    page: dict[str, object] = {"pageid": page_id, "ns": 0, "title": title, "extract": text, "lastrevid": 7}
    page |= {"fullurl": f"https://wiki.test/{urllib.parse.quote(title)}", "categories": [{"ns": 14, "title": "Category:2001 films"}]}  # fmt: skip # noqa: E501
    return {"batchcomplete": "", "query": {"pages": {str(page_id): page}}}


class _Handler(BaseHTTPRequestHandler):
    owner: MisbehavingWiki
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:  # noqa: N802
        wiki = self.owner
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        title = query.get("titles", "")
        wiki.asked[title] += 1
        wiki.agents.add(self.headers.get("User-Agent", ""))
        wiki.at.append(time.monotonic())
        wiki.queries.append(query)
        time.sleep(wiki.delay)
        behaviour = re.match(r"(\S+) (once|twice|always)", title)
        if behaviour and wiki.asked[title] <= _TIMES[behaviour[2]]:
            self._misbehave(behaviour[1])
        else:
            wiki.answered[title] += 1
            self._send(200, json.dumps(answer(title)).encode())

    def _misbehave(self, how: str) -> None:
        later = {"Retry-After": self.owner.retry_after}
        if how in ("429", "503"):
            self._send(int(how), b"Too many requests", later)
        elif how.isdigit():
            self._send(int(how), b"<h1>No</h1>")
        elif how in ("maxlag", "ratelimited", "readonly", "invalidtitle"):
            self._send(200, json.dumps({"error": {"code": how, "info": "Waiting for db9"}}).encode(), later)
        elif how == "html":
            self._send(200, b"<!DOCTYPE html><title>Wikimedia Error</title>")
        elif how == "list":
            self._send(200, b"[1, 2]")
        elif how == "half":
            self._send(200, b'{"query": {"pages"')
        elif how == "hangup":
            self.close_connection = True
        elif how == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.wfile.write(b'{"query"')
            self.close_connection = True
        elif how == "silent":
            self.owner.closing.wait(30)
            self.close_connection = True
        elif how in ("drip", "drip-headers"):
            self._drip(body=how == "drip")
        elif how == "garbage":
            self.wfile.write(b"\x00\x01 not HTTP at all\r\n\r\n")
            self.close_connection = True
        elif how == "gzip":
            self._send(200, b"this is no gzip", {"Content-Encoding": "gzip"})
        else:
            raise AssertionError(how)

    def _drip(self, *, body: bool) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n" + (b"\r\n" if body else b"X-Slow: "))
        while not self.owner.closing.wait(0.02):
            self.wfile.write(b" " if body else b"x")
            self.wfile.flush()

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass
