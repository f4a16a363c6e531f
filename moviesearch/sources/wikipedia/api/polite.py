"""Requests to a wiki: one after the other, patient where the wiki is busy, and none that was answered already.

The transport sits below the Wikipedia-API library. That retries neither a dropped connection nor an error that comes
with status 200, and raises a bare KeyError for any answer that it doesn't expect. From this transport it only gets
answers that hold no error.
"""

from __future__ import annotations

import email.utils
import json
import random
import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from moviesearch.errors import MovieSearchError, UsageError
from moviesearch.network import proxy_for, trusted

from .answers import Answers

_BUSY = ("maxlag", "ratelimited", "readonly", "internal_api_error", "actionthrottled", "timeouterror")
_LARGEST_ANSWER = 64 * 1024 * 1024
_LOOK_AROUND = 0.2
"""Seconds after which whoever waits looks whether the work was stopped."""


class WikiStoppedError(MovieSearchError):
    """The wiki refuses every request, or the work was stopped: the next film need not be tried."""


class NoAnswerError(MovieSearchError):
    """One request got no answer in any of its attempts."""


class RefusedError(MovieSearchError):
    """The wiki answered this request with an error that another attempt won't change."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How patient to be. `maxlag` is what the wiki calls its own; all but `attempts` are in seconds."""

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 600.0
    deadline: float = 60.0
    pause: float = 0.0
    maxlag: int = 5


class _BusyError(Exception):
    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class PoliteTransport(httpx.BaseTransport):
    """Sends requests through another transport, politely; safe to use from several threads."""

    def __init__(
        self,
        answers: Answers,
        *,
        api: str | None = None,
        manners: Manners | None = None,
        inner: Callable[[], httpx.BaseTransport] | None = None,
        on_wait: Callable[[str], None] | None = None,
        stopped: threading.Event | None = None,
    ) -> None:
        """Keep the answers in `answers`; `api`, where it is given, gets the requests in place of their own address.

        Once `stopped` is set, no request is sent and whatever waits for one raises WikiStoppedError.
        """
        self._answers = answers
        self._api = _address(api) if api else None
        self._manners = manners or Manners()
        self._make_inner = inner or (lambda: connection(api or "https://en.wikipedia.org"))
        self._inner = self._make_inner()
        self._on_wait = on_wait or (lambda note: None)
        self._lock = threading.Lock()
        self._in_flight: dict[str, threading.Lock] = {}
        self._not_before = 0.0
        self._stopped = threading.Event()
        self._stopped_by_caller = stopped or self._stopped
        self.requests = 0

    def stop(self) -> None:
        """Let every waiting thread raise WikiStoppedError at once."""
        self._stopped.set()

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the stored answer, or get one from the wiki.

        Raises WikiStoppedError, NoAnswerError or RefusedError.
        """
        url = self._api.copy_with(query=request.url.query) if self._api else request.url
        key = _key(url)
        with self._lock:
            # Two films of one title, on two connections, make one request.
            request_lock = self._in_flight.setdefault(key, threading.Lock())
        with request_lock:
            body = self._answers.get(key)
            if body is None:
                body = self._ask(url, request)
                self._answers.put(key, body)
        with self._lock:
            self._in_flight.pop(key, None)
        return httpx.Response(200, headers={"content-type": "application/json"}, content=body, request=request)

    def _ask(self, url: httpx.URL, request: httpx.Request) -> bytes:
        manners = self._manners
        headers = {**request.headers, "host": url.netloc.decode("ascii")}
        reason = ""
        for attempt in range(manners.attempts):
            self._wait_for_turn()
            try:
                response = self._within_deadline(httpx.Request("GET", url, headers=headers))
                return _body(response)
            except _BusyError as busy:
                reason, wiki_wait = str(busy), busy.wait
            except (httpx.TransportError, httpx.DecodingError) as error:
                reason, wiki_wait = _message_of(error, str(url)), None
            if wiki_wait is not None and wiki_wait > manners.longest_wait:
                raise WikiStoppedError(f"the wiki asks to wait for {wiki_wait:.0f} s: run the same command again then")
            wait = manners.first_wait * 2**attempt * random.uniform(0.8, 1.2)
            self._postpone(min(max(wait, wiki_wait or 0.0), manners.longest_wait))
            self._on_wait(reason)
        raise NoAnswerError(f"no answer after {manners.attempts} attempts: {reason}")

    def _wait_for_turn(self) -> None:
        while not (self._stopped.is_set() or self._stopped_by_caller.is_set()):
            with self._lock:
                now = time.monotonic()
                wait = self._not_before - now
                if wait <= 0:
                    self._not_before = now + self._manners.pause
                    self.requests += 1
                    return
            self._stopped.wait(min(wait, _LOOK_AROUND))
        raise WikiStoppedError("stopped")

    def _postpone(self, seconds: float) -> None:
        with self._lock:
            self._not_before = max(self._not_before, time.monotonic() + seconds)

    def _within_deadline(self, request: httpx.Request) -> httpx.Response:
        """Send, and read to the end, in a thread that is abandoned where that takes too long."""
        inner = self._inner
        outcome: list[httpx.Response | BaseException] = []

        def work() -> None:
            try:
                outcome.append(_read(inner.handle_request(request), request))
            except BaseException as error:  # handed to the caller's thread
                outcome.append(error)

        request.extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), self._manners.deadline)}
        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        worker.join(self._manners.deadline)
        if not outcome:
            with self._lock:
                if self._inner is inner:
                    self._inner = self._make_inner()
            raise _BusyError(f"no whole answer within {self._manners.deadline:.0f} s")
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]


def connection(address: str) -> httpx.BaseTransport:
    """Return a transport to an address, through the proxy that the environment names for it, if any.

    Raises UsageError for a proxy, and StoreError for certificates, that can't be used.
    """
    proxy = proxy_for(address)
    limits = httpx.Limits(max_connections=8, max_keepalive_connections=4)
    return httpx.HTTPTransport(proxy=proxy.address if proxy else None, verify=trusted(), limits=limits)


def _address(api: str) -> httpx.URL:
    try:
        url = httpx.URL(api)
    except httpx.InvalidURL as error:
        raise UsageError(f"{api!r} is no address: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise UsageError(f"{api!r} is no address of an api.php: give it from http:// or https:// on")
    return url


def _key(url: httpx.URL) -> str:
    """Return the same text for all requests of the same content, whatever the order of their parameters."""
    parameters = sorted(item for item in url.params.multi_items() if item[0] != "maxlag")
    return f"{url.copy_with(query=None)}?{urllib.parse.urlencode(parameters)}"


def _read(response: httpx.Response, request: httpx.Request) -> httpx.Response:
    response.request = request
    blocks, size = [], 0
    try:
        for block in response.iter_bytes():
            blocks.append(block)
            size += len(block)
            if size > _LARGEST_ANSWER:
                raise httpx.ReadError("an endless answer")
    finally:
        response.close()
    headers = {"retry-after": response.headers["retry-after"]} if "retry-after" in response.headers else {}
    return httpx.Response(response.status_code, headers=headers, content=b"".join(blocks), request=request)


def _body(response: httpx.Response) -> bytes:
    """Return the content of an answer that holds no error; else raise _BusyError, RefusedError or WikiStoppedError."""
    status = response.status_code
    wait = _retry_after(response.headers.get("retry-after", ""))
    if status == 429 or status >= 500:
        raise _BusyError(f"the wiki is busy (HTTP {status})", wait)
    if status in (401, 403):
        raise WikiStoppedError(f"the wiki refuses (HTTP {status}): give a real --contact, as its policy asks")
    if status in (400, 414):
        raise RefusedError(f"the wiki refuses the title (HTTP {status})")
    if status != 200:
        raise WikiStoppedError(f"there is no API at {response.request.url.copy_with(query=None)} (HTTP {status})")
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError):
        raise _BusyError("the answer is no JSON") from None
    if not isinstance(answer, dict):
        raise _BusyError("the answer is no JSON object")
    if "error" in answer:
        error = answer["error"] if isinstance(answer["error"], dict) else {}
        code, info = str(error.get("code", "unknown")), str(error.get("info", ""))[:200]
        if code.startswith(_BUSY):
            raise _BusyError(f"the wiki is busy ({code})", wait)
        raise RefusedError(f"the wiki answers with the error {code}: {info}")
    return response.content


def _retry_after(text: str) -> float | None:
    """Read a Retry-After header: seconds, or a date."""
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time()) if text else None
    except (TypeError, ValueError):
        return None


def _message_of(error: Exception, address: str) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "the wiki keeps us waiting"
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        proxy = proxy_for(address)
        return f"no connection to the wiki{f' through the proxy {proxy}' if proxy else ''} ({error})"
    return f"the connection was cut ({error})" if str(error) else "the connection was cut"
