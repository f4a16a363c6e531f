"""A Chroma server over HTTP: chromadb's own client, with a time limit and messages that say what to do.

By itself chromadb's client waits for ever, and shows a refused token or a proxy's error page as raw text.
"""

from __future__ import annotations

import socket
import ssl
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import chromadb
import httpx
import orjson
from chromadb import errors
from chromadb.api.fastapi import FastAPI
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings as ChromaSettings
from chromadb.config import System
from chromadb.types import Collection as Model
from overrides import override

from moviesearch.errors import DamagedError, MismatchError, StoreError
from moviesearch.network import Proxy, proxy_for, trusted
from moviesearch.storage.chroma_client import first_line

from .address import Server
from .answers import is_sound

_LONGEST_ANSWER = 2_000_000_000
"""Bytes."""


class HttpClient:
    """The collections of one database on a server. `timeout` is in seconds, for each request as a whole.

    Every method raises StoreError, with a message for each kind of fault.
    """

    def __init__(self, server: Server, *, token: str | None, ca_file: str | None, timeout: float) -> None:
        self._api = _Api(server, token, ca_file, timeout)
        self._database: dict[str, Any] = {"tenant": server.tenant, "database": server.database}
        try:
            self._api.check()
        except BaseException:
            self.close()
            raise

    def get_collection(self, name: str, *, embedding_function: None) -> Collection:
        """A collection by name. Raises chromadb's NotFoundError where there is none."""
        return self._collection(self._api.get_collection(name, **self._database))

    def get_or_create_collection(
        self, name: str, *, configuration: Any, metadata: Any, embedding_function: None
    ) -> Collection:
        """A collection by name, unchanged where there is one; otherwise a new one."""
        model = self._api.create_collection(
            name, configuration=configuration, metadata=metadata, get_or_create=True, **self._database
        )
        return self._collection(model)

    def delete_collection(self, name: str) -> None:
        """Delete a collection. Raises chromadb's NotFoundError where there is none."""
        self._api.delete_collection(name, **self._database)

    def names(self) -> list[str]:
        """The names of all collections."""
        return [model.name for model in self._api.list_collections(**self._database)]

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _collection(self, model: Model) -> Collection:
        return Collection(client=self._api, model=model, embedding_function=None, data_loader=None)


class _Api(FastAPI):
    """chromadb's client with requests of our own."""

    def __init__(self, server: Server, token: str | None, ca_file: str | None, timeout: float) -> None:
        parts = urllib.parse.urlsplit(server.url)
        settings = ChromaSettings(
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host=server.url,
            chroma_server_http_port=parts.port,
            chroma_server_ssl_enabled=parts.scheme == "https",
            anonymized_telemetry=False,
        )
        # FastAPI's own would make another session first, which fails on many proxies that the environment may name.
        super(FastAPI, self).__init__(System(settings))
        self._settings = settings
        self._server, self._timeout, self._has_token = server, timeout, token is not None
        self._proxy = proxy_for(server.url)
        self._api_url = f"{server.url}/api/v2"
        headers = {"Content-Type": "application/json", "User-Agent": f"Chroma Python Client v{chromadb.__version__}"}
        if token is not None:
            headers[server.header] = server.header_value(token)
        self._session = httpx.Client(
            timeout=timeout,
            limits=self.http_limits,
            verify=trusted(ca_file) if ca_file or parts.scheme == "https" else False,
            headers=headers,
            trust_env=False,
            proxy=self._proxy.address if self._proxy else None,
        )

    def close(self) -> None:
        self._session.close()

    def check(self) -> None:
        """Raise StoreError or MismatchError unless a Chroma server 1.x answers and has the database."""
        version = self._make_request("get", "/version")
        if not isinstance(version, str) or not version[:1].isdigit() or not version[:100].isprintable():
            raise self._not_chroma()
        if version.split(".")[0] != "1":
            raise MismatchError(
                f"the Chroma server at {self._server.name} has version {version[:100]}, and this moviesearch knows "
                "1.x. Install a server of that version (pip install 'chromadb>=1.5.9,<1.6'), or another moviesearch"
            )
        try:
            self._make_request("get", f"/tenants/{self._server.tenant}/databases/{self._server.database}")
        except errors.NotFoundError as error:
            raise StoreError(
                f"{self._server.name} has no database {self._server.database!r} of the tenant {self._server.tenant!r}. "
                "Check the names, or make it there first"
            ) from error

    @override
    def _make_request(self, method: str, path: str, **options: Any) -> Any:
        include = options.get("json", {}).get("include", ())
        if "json" in options:
            options["content"] = orjson.dumps(options.pop("json"), option=orjson.OPT_SERIALIZE_NUMPY)
        url = self._api_url + urllib.parse.quote(path, safe="/")
        status, headers, body = self._send(method, url, options)
        if status >= 300:
            self._raise_error(status, headers, body, path)
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise self._not_chroma() from error
        if not is_sound(method, path, include, answer):
            raise StoreError(
                f"{self._server.name} gave an answer that no Chroma server 1.x gives. See what answers there, and "
                "what is between it and here"
            )
        return answer

    def _send(self, method: str, url: str, options: Any) -> tuple[int, httpx.Headers, bytes]:
        """The status, headers and body of the answer to a request.

        It is sent once more where the connection breaks, which may have been idle for too long.
        """
        for last_try in (False, True):
            deadline = time.monotonic() + self._timeout
            with self._translated():
                try:
                    with self._session.stream(method, url, **options) as response:
                        body = bytearray()
                        for chunk in response.iter_bytes():
                            body += chunk
                            if time.monotonic() > deadline or len(body) > _LONGEST_ANSWER:
                                raise httpx.ReadTimeout("too slow")
                        return response.status_code, response.headers, bytes(body)
                except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                    if last_try:
                        raise
        raise AssertionError

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Errors of the connection as StoreError, each with a message that says what to do."""
        name = self._server.name
        host = urllib.parse.urlsplit(self._server.url).netloc
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            if self._proxy and not any(isinstance(cause, ssl.SSLError) for cause in _causes(error)):
                raise StoreError(_no_way_through(self._proxy, error, name, host)) from error
            if isinstance(error, httpx.ConnectError):
                raise StoreError(_unreachable(error, name, host)) from error
            raise StoreError(
                f"{name} could not be reached within {self._timeout:g} s. "
                "Check the address, the network and firewalls, or give a longer --timeout"
            ) from error
        except (httpx.PoolTimeout, httpx.ReadTimeout, httpx.WriteTimeout) as error:
            raise StoreError(
                f"{name} did not answer within {self._timeout:g} s. See whether the server is well, "
                "or give a longer --timeout; what was done is kept"
            ) from error
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as error:
            hint = "" if name.startswith("https") else ". If it speaks TLS, write https://"
            raise StoreError(
                f"{name} broke off in the middle of a request. Start the server again and run the same command; "
                f"what was done is kept{hint}"
            ) from error
        except httpx.HTTPError as error:
            raise StoreError(f"{name} can't be asked ({first_line(error)})") from error

    def _raise_error(self, status: int, headers: httpx.Headers, body: bytes, path: str) -> None:
        """Raise what an answer with an HTTP status of 300 or more means."""
        name, error = self._server.name, _error_of(body)
        if status in (401, 403):
            how = "refused the token" if self._has_token else "wants a token"
            key = "CHROMA_API_KEY" if self._server.cloud else "MOVIESEARCH_TOKEN"
            raise StoreError(f"{name} {how} ({status}). Set {key}, or give --token @FILE with the right one")
        if error is not None:
            kind, message = error
            if kind == "NotFoundError":
                raise errors.NotFoundError(message)
            if kind == "QuotaError" or status == 429:
                raise StoreError(f"{name} refuses more for now: {message}. Wait a little, or have the quota raised")
            if status >= 500:
                raise DamagedError(
                    f"the Chroma server at {name} failed: {message}. See its log and free space; "
                    "`moviesearch verify` tells whether anything is damaged, `moviesearch repair` mends it"
                )
            raise StoreError(f"{name} refused a request: {message}")
        if status == 429:
            raise StoreError(f"{name} is asked too often. Wait a little, and run the same command again")
        if 300 <= status < 400:
            raise StoreError(f"{name} sends elsewhere, to {headers.get('location', '?')[:200]}: give that as --store")
        if status == 407 and self._proxy:
            raise StoreError(
                f"the proxy {self._proxy} wants a user and a password: write them into {self._proxy.variable}, or have "
                f"{name} reached without it (NO_PROXY)"
            )
        if status == 413:
            raise StoreError(
                f"the proxy before {name} takes no request of that size. Let it (nginx: client_max_body_size 64m)"
            )
        if status in (502, 503, 504):
            which = f"proxy {self._proxy} on the way to {name}" if self._proxy else f"proxy before {name}"
            raise StoreError(f"the {which} can't reach the Chroma server ({status}). See whether that one is running")
        if status == 400 and b"HTTPS port" in body:
            raise StoreError(f"{name} speaks TLS: write https:// in --store")
        if path == "/version" and self._is_old():
            raise MismatchError(
                f"the Chroma server at {name} is older than 0.6, and this moviesearch knows 1.x. "
                "Install a server of that version (pip install 'chromadb>=1.5.9,<1.6')"
            )
        raise self._not_chroma(status)

    def _is_old(self) -> bool:
        """Whether a Chroma server older than 0.6 answers."""
        try:
            response = self._session.get(f"{self._server.url}/api/v1/heartbeat")
            return response.status_code == 200 and b"heartbeat" in response.content[:200]
        except httpx.HTTPError:
            return False

    def _not_chroma(self, status: int | None = None) -> StoreError:
        how = "" if status is None else f" (it says {status})"
        return StoreError(
            f"something answers at {self._server.name}, but no Chroma server{how}. Check the port and the path"
        )


def _error_of(body: bytes) -> tuple[str, str] | None:
    """The kind and the message of an error, as a Chroma server answers; None for another's answer."""
    try:
        record = orjson.loads(body)
        message = str(record["message"]).strip().splitlines()[0][:300]
        return str(record["error"]), "".join(sign if sign.isprintable() else " " for sign in message)
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        return None


def _unreachable(error: httpx.ConnectError, name: str, host: str) -> str:
    """The message for a server that can't be connected to, by the causes of the error."""
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        why = next(cause.verify_message for cause in causes if isinstance(cause, ssl.SSLCertVerificationError))
        return (
            f"the certificate of {name} is not trusted ({why}). Give the certificate of its authority with --ca-file, "
            "and the host's name as the certificate has it"
        )
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        why = next(cause.reason or "" for cause in causes if isinstance(cause, ssl.SSLError))
        return f"no TLS connection to {name} ({why.replace('_', ' ').lower()}). If it speaks no TLS, write http://"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"there is no host of the name in {name}. Check its spelling, or the network"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes) or "refused" in str(error):
        return (
            f"nothing answers at {name}. Start the server (chroma run --path FOLDER --port {host.rpartition(':')[2]}), "
            "or check the port"
        )
    return f"{name} can't be reached ({first_line(error)}). Check the address and the network"


def _no_way_through(proxy: Proxy, error: Exception, name: str, host: str) -> str:
    """The message for a proxy that isn't there, or refuses."""
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        why = "there is no host of its name"
    elif any(isinstance(cause, ConnectionRefusedError) for cause in causes) or "refused" in str(error):
        why = "nothing answers there"
    elif isinstance(error, httpx.ConnectTimeout):
        why = "it does not answer in time"
    else:
        why = first_line(error)
    bare_host = host.rpartition(":")[0]
    return (
        f"{name} can't be reached through the proxy {proxy}: {why}. Mend {proxy.variable}, or set NO_PROXY={bare_host} "
        "where none is needed"
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
