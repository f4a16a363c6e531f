"""A Chroma server over HTTP: chromadb's own client, with a time limit, and each fault with its way out.

chromadb's client waits for ever, and tells a refused token and a proxy's page alike as a bare text.
"""

from __future__ import annotations

import socket
import ssl
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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
from moviesearch.storage.chroma_client import first_line

from .address import Server

_MOST = 2_000_000_000


class HttpClient:
    """The collections of one database on a server. `timeout` is in seconds, for each request as a whole.

    Raises StoreError, in words of its own for each fault, from every method.
    """

    def __init__(self, place: Server, *, token: str | None, ca_file: str | None, timeout: float) -> None:
        self._place = place
        self._api = _Api(place, token, ca_file, timeout)
        self._at: dict[str, Any] = {"tenant": place.tenant, "database": place.database}
        try:
            self._api.greet()
        except BaseException:
            self.close()
            raise

    def get_collection(self, name: str, *, embedding_function: None) -> Collection:
        """A collection by name. Raises chromadb's NotFoundError where there is none."""
        return self._collection(self._api.get_collection(name, **self._at))

    def get_or_create_collection(
        self, name: str, *, configuration: Any, metadata: Any, embedding_function: None
    ) -> Collection:
        """A collection by name; a new one where there is none, and else as it is."""
        model = self._api.create_collection(
            name, configuration=configuration, metadata=metadata, get_or_create=True, **self._at
        )
        return self._collection(model)

    def delete_collection(self, name: str) -> None:
        """Delete a collection. Raises chromadb's NotFoundError where there is none."""
        self._api.delete_collection(name, **self._at)

    def names(self) -> list[str]:
        """The names of all collections."""
        return [model.name for model in self._api.list_collections(**self._at)]

    def close(self) -> None:
        """Let go of the connections."""
        self._api.hang_up()

    def _collection(self, model: Model) -> Collection:
        return Collection(client=self._api, model=model, embedding_function=None, data_loader=None)


class _Api(FastAPI):
    def __init__(self, place: Server, token: str | None, ca_file: str | None, timeout: float) -> None:
        parts = urllib.parse.urlsplit(place.url)
        settings = ChromaSettings(
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host=place.url,
            chroma_server_http_port=parts.port,
            chroma_server_ssl_enabled=parts.scheme == "https",
            anonymized_telemetry=False,
        )
        super().__init__(System(settings))
        self._session.close()
        self._place, self._patience, self._has_token = place, timeout, token is not None
        self._api_url = f"{place.url}/api/v2"
        headers = {"Content-Type": "application/json", "User-Agent": str(self._header["User-Agent"])}
        if token is not None:
            headers[place.header] = place.header_value(token)
        self._session = httpx.Client(
            timeout=timeout, limits=self.http_limits, verify=_trust(ca_file), headers=headers, trust_env=True
        )

    def hang_up(self) -> None:
        self._session.close()

    def greet(self) -> None:
        """Make sure that a Chroma server of a version that is understood is there."""
        version = self._make_request("get", "/version")
        if not isinstance(version, str) or not version[:1].isdigit():
            raise self._stranger()
        if version.split(".")[0] != "1":
            raise MismatchError(
                f"the Chroma server at {self._place.name} has version {version}, and this moviesearch knows 1.x. "
                "Install a server of that version (pip install 'chromadb>=1.5.9,<1.6'), or another moviesearch"
            )
        try:
            self._make_request("get", f"/tenants/{self._place.tenant}/databases/{self._place.database}")
        except errors.NotFoundError as error:
            raise StoreError(
                f"{self._place.name} has no database {self._place.database!r} of the tenant {self._place.tenant!r}. "
                "Check the names, or make it there first"
            ) from error

    @override
    def _make_request(self, method: str, path: str, **told: Any) -> Any:
        if "json" in told:
            told["content"] = orjson.dumps(told.pop("json"), option=orjson.OPT_SERIALIZE_NUMPY)
        url = self._api_url + urllib.parse.quote(path, safe="/")
        status, headers, body = self._answer(method, url, told)
        if status >= 300:
            self._refuse(status, headers, body, path)
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise self._stranger() from error

    def _answer(self, method: str, url: str, told: Any) -> tuple[int, httpx.Headers, bytes]:
        """Ask; once more where the connection was lost, which may have been an old one."""
        for last in (False, True):
            deadline = time.monotonic() + self._patience
            with self._plainly():
                try:
                    with self._session.stream(method, url, **told) as response:
                        body = bytearray()
                        for chunk in response.iter_bytes():
                            body += chunk
                            if time.monotonic() > deadline or len(body) > _MOST:
                                raise httpx.ReadTimeout("too slow")
                        return response.status_code, response.headers, bytes(body)
                except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                    if last:
                        raise
        raise AssertionError

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        """What can go wrong on the way, each with its way out."""
        name = self._place.name
        host = urllib.parse.urlsplit(self._place.url).netloc
        try:
            yield
        except httpx.ConnectTimeout as error:
            raise StoreError(
                f"{name} could not be reached within {self._patience:g} s. "
                "Check the address, the network and firewalls, or give a longer --timeout"
            ) from error
        except (httpx.PoolTimeout, httpx.ReadTimeout, httpx.WriteTimeout) as error:
            raise StoreError(
                f"{name} did not answer within {self._patience:g} s. See whether the server is well, "
                "or give a longer --timeout; what was done is kept"
            ) from error
        except httpx.ConnectError as error:
            raise StoreError(_unreachable(error, name, host)) from error
        except httpx.ProxyError as error:
            raise StoreError(
                f"the proxy on the way to {name} refuses ({first_line(error)}). Check HTTP_PROXY, HTTPS_PROXY "
                "and NO_PROXY"
            ) from error
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as error:
            hint = "" if name.startswith("https") else ". If it speaks TLS, write https://"
            raise StoreError(
                f"{name} broke off in the middle of a request. Start the server again and run the same command; "
                f"what was done is kept{hint}"
            ) from error
        except httpx.HTTPError as error:
            raise StoreError(f"{name} can't be asked ({first_line(error)})") from error

    def _refuse(self, status: int, headers: httpx.Headers, body: bytes, path: str) -> None:
        name, told = self._place.name, _said(body)
        if status in (401, 403):
            how = "refused the token" if self._has_token else "wants a token"
            key = "CHROMA_API_KEY" if self._place.cloud else "MOVIESEARCH_TOKEN"
            raise StoreError(f"{name} {how} ({status}). Set {key}, or give --token @FILE with the right one")
        if told is not None:
            kind, text = told
            if kind == "NotFoundError":
                raise errors.NotFoundError(text)
            if kind == "QuotaError" or status == 429:
                raise StoreError(f"{name} refuses more for now: {text}. Wait a little, or have the quota raised")
            if status >= 500:
                raise DamagedError(
                    f"the Chroma server at {name} failed: {text}. See its log and free space; "
                    "`moviesearch verify` tells whether anything is damaged, `moviesearch repair` mends it"
                )
            raise StoreError(f"{name} refused a request: {text}")
        if status == 429:
            raise StoreError(f"{name} is asked too often. Wait a little, and run the same command again")
        if 300 <= status < 400:
            raise StoreError(f"{name} sends elsewhere, to {headers.get('location', '?')[:200]}: give that as --store")
        if status == 413:
            raise StoreError(
                f"the proxy before {name} takes no request of that size. Let it (nginx: client_max_body_size 64m)"
            )
        if status in (502, 503, 504):
            raise StoreError(
                f"the proxy before {name} can't reach the Chroma server ({status}). See whether that one is running"
            )
        if status == 400 and b"HTTPS port" in body:
            raise StoreError(f"{name} speaks TLS: write https:// in --store")
        if path == "/version" and self._is_old():
            raise MismatchError(
                f"the Chroma server at {name} is older than 0.6, and this moviesearch knows 1.x. "
                "Install a server of that version (pip install 'chromadb>=1.5.9,<1.6')"
            )
        raise self._stranger(status)

    def _is_old(self) -> bool:
        try:
            response = self._session.get(f"{self._place.url}/api/v1/heartbeat")
            return response.status_code == 200 and b"heartbeat" in response.content[:200]
        except httpx.HTTPError:
            return False

    def _stranger(self, status: int | None = None) -> StoreError:
        how = "" if status is None else f" (it says {status})"
        return StoreError(
            f"something answers at {self._place.name}, but no Chroma server{how}. Check the port and the path"
        )


def _trust(ca_file: str | None) -> ssl.SSLContext | bool:
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise StoreError(
            f"the file of certificates {ca_file} can't be used ({error.strerror or first_line(error)}). "
            "--ca-file takes one in PEM form"
        ) from error


def _said(body: bytes) -> tuple[str, str] | None:
    """What a Chroma server says of an error: its kind and its text; None for what another one says."""
    try:
        told = orjson.loads(body)
        return str(told["error"]), str(told["message"]).strip().splitlines()[0][:300]
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        return None


def _unreachable(error: httpx.ConnectError, name: str, host: str) -> str:
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


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
