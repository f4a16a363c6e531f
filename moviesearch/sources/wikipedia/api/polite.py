"""The way to the wiki: one request after the other, patient where the wiki is busy, and nothing asked twice.

The transport sits below the Wikipedia-API library, which of its own accord retries neither a dropped connection nor
an error that comes with status 200, and gives up on anything that isn't the answer it expects with a bare KeyError.
What passes upwards from here is an answer that holds no error.
"""

from __future__ import annotations

import email.utils
import json
import random
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from moviesearch.errors import MovieSearchError, UsageError

from .answers import Answers

_BUSY = ("maxlag", "ratelimited", "readonly", "internal_api_error", "actionthrottled", "timeouterror")
_LARGEST_ANSWER = 64 * 1024 * 1024


class WikiStoppedError(MovieSearchError):
    """The wiki refuses to answer at all, or the work was stopped: no use in asking for the next film."""


class NoAnswerError(MovieSearchError):
    """One request got no answer, however often it was asked."""


class RefusedError(MovieSearchError):
    """The wiki's answer to this request is an error that asking again won't change."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How patient to be, in seconds and attempts."""

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
    ) -> None:
        """Keep what is answered in `answers`; send to `api` instead of where the request says, where it is given."""
        self._answers = answers
        self._api = _address(api) if api else None
        self._manners = manners or Manners()
        self._make_inner = inner or (lambda: connection(api or "https://en.wikipedia.org"))
        self._inner = self._make_inner()
        self._on_wait = on_wait or (lambda note: None)
        self._lock = threading.Lock()
        self._asking: dict[str, threading.Lock] = {}
        self._not_before = 0.0
        self._stopped = threading.Event()
        self.asked = 0

    def stop(self) -> None:
        """Let every waiting thread give up at once."""
        self._stopped.set()

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from what is kept, or ask the wiki as often as its state allows."""
        url = self._api.copy_with(query=request.url.query) if self._api else request.url
        key = _key(url)
        with self._lock:
            # Two films of one title, on two connections, ask once.
            asking = self._asking.setdefault(key, threading.Lock())
        with asking:
            body = self._answers.get(key)
            if body is None:
                body = self._ask(url, request)
                self._answers.put(key, body)
        with self._lock:
            self._asking.pop(key, None)
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
                reason, asked_wait = str(busy), busy.wait
            except (httpx.TransportError, httpx.DecodingError) as error:
                reason, asked_wait = _plainly(error), None
            if asked_wait is not None and asked_wait > manners.longest_wait:
                raise WikiStoppedError(f"the wiki asks to wait for {asked_wait:.0f} s: run the same command again then")
            wait = manners.first_wait * 2**attempt * random.uniform(0.8, 1.2)
            self._postpone(min(max(wait, asked_wait or 0.0), manners.longest_wait))
            self._on_wait(reason)
        raise NoAnswerError(f"no answer after {manners.attempts} attempts: {reason}")

    def _wait_for_turn(self) -> None:
        while True:
            with self._lock:
                now = time.monotonic()
                wait = self._not_before - now
                if wait <= 0:
                    self._not_before = now + self._manners.pause
                    self.asked += 1
                    break
            if self._stopped.wait(wait):
                break
        if self._stopped.is_set():
            raise WikiStoppedError("stopped")

    def _postpone(self, seconds: float) -> None:
        with self._lock:
            self._not_before = max(self._not_before, time.monotonic() + seconds)

    def _within_deadline(self, request: httpx.Request) -> httpx.Response:
        """Send, and read to the end, in a thread that is left behind when the wiki keeps it waiting."""
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
    """Connect to an address, through the proxy that the environment names for it, if any."""
    url = httpx.URL(address)
    proxy = None if urllib.request.proxy_bypass(url.host) else urllib.request.getproxies().get(url.scheme)
    try:
        return httpx.HTTPTransport(proxy=proxy, limits=httpx.Limits(max_connections=8, max_keepalive_connections=4))
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise UsageError(f"the proxy {proxy!r} that the environment names can't be used: {error}") from None


def _address(api: str) -> httpx.URL:
    try:
        url = httpx.URL(api)
    except httpx.InvalidURL as error:
        raise UsageError(f"{api!r} is no address: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise UsageError(f"{api!r} is no address of an api.php: give it from http:// or https:// on")
    return url


def _key(url: httpx.URL) -> str:
    """Name a request by what it asks for, whatever the order of its parameters."""
    parameters = sorted(item for item in url.params.multi_items() if item[0] != "maxlag")
    return f"{url.copy_with(query=None)}?{urllib.parse.urlencode(parameters)}"


def _read(response: httpx.Response, request: httpx.Request) -> httpx.Response:
    response.request = request
    parts, size = [], 0
    try:
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > _LARGEST_ANSWER:
                raise httpx.ReadError("an endless answer")
    finally:
        response.close()
    headers = {"retry-after": response.headers["retry-after"]} if "retry-after" in response.headers else {}
    return httpx.Response(response.status_code, headers=headers, content=b"".join(parts), request=request)


def _body(response: httpx.Response) -> bytes:
    """Return an answer that holds no error; raise what the trouble calls for."""
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


def _plainly(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "the wiki keeps us waiting"
    if isinstance(error, httpx.ConnectError):
        return f"no connection to the wiki ({error})"
    return f"the connection was cut ({error})" if str(error) else "the connection was cut"
