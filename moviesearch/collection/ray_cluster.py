"""Embedding on many machines: a Ray cluster makes the vectors, and ingest then has them in its cache.

This machine reads the films, cuts them into passages and stores them, as without a cluster. Texts that
the embedding cache lacks go, a window of films at a time, to a pool of Ray actors, each with the model.
Their vectors go into the cache, and a film is handed on to ingest once all of its vectors are there.
So vectors, ids and report are the same as from one machine. When a worker dies, some texts are embedded
twice. An ingest that is stopped goes on from the cache.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from itertools import islice
from typing import TYPE_CHECKING, Any, TextIO, cast

import numpy as np

from moviesearch.config import Settings
from moviesearch.embedding.load import load
from moviesearch.embedding.passages import whole_film
from moviesearch.errors import ClusterError, UsageError
from moviesearch.records import Movie

from .embedder import Embedder
from .steps import Item

if TYPE_CHECKING:
    import ray.data

WINDOW = 4096
"""Films that go to the cluster together: enough that the start of its workers takes a small part of the time."""

BATCH = 64
"""Texts that an actor embeds in one call. They are embedded again when it dies meanwhile."""

_PATIENCE = 10.0
"""Seconds until an address that doesn't answer counts as no cluster."""

Changed = Callable[[Sequence[Movie]], Sequence[Movie]]
"""Gives the films among these that ingest will store, as `Ingest.changed` does."""


class Cluster:
    """A Ray cluster. `address` is HOST:PORT, ray://HOST:PORT, auto (the cluster of this machine) or local.

    `local` starts one that lasts as long as the ingest, with `workers` processes.
    """

    def __init__(self, address: str, workers: int | None = None) -> None:
        self.address, self.workers = address, workers

    def embedded(self, movies: Iterable[Item], embedder: Embedder, changed: Changed) -> Generator[Item, None, None]:
        """The films in their order, each once its vectors are in the embedder's cache. Raises ClusterError."""
        with _connected(self.address, self.workers) as workers:
            remaining = iter(movies)
            while window := list(islice(remaining, WINDOW)):
                yield from self._window(window, embedder, changed, workers)

    def _window(self, window: Sequence[Item], embedder: Embedder, changed: Changed, workers: int) -> Iterator[Item]:
        to_store = changed([movie for movie in window if isinstance(movie, Movie)])
        texts_of = {id(movie): [whole_film(movie.title, movie.plot), *embedder.passages(movie)] for movie in to_store}
        texts = list(dict.fromkeys(text for of_film in texts_of.values() for text in of_film))
        passages = list(dict.fromkeys(text for of_film in texts_of.values() for text in of_film[1:]))
        cached = embedder.cache.get(embedder.encoder.digest, texts)
        without_tokens = set(embedder.without_tokens(passages))
        missing = [text for text in texts if text not in cached or text in without_tokens]
        awaited, batches = set(missing), _embedded(missing, embedder, workers)
        del cached
        for movie in window:
            while not awaited.isdisjoint(texts_of.get(id(movie), ())):
                awaited.difference_update(_next(batches))
            yield movie


def _next(batches: Iterator[list[str]]) -> list[str]:
    try:
        return next(batches)
    except StopIteration:
        raise ClusterError("the Ray cluster gave back fewer vectors than it was asked for") from None


def _embedded(texts: Sequence[str], embedder: Embedder, workers: int) -> Iterator[list[str]]:
    """Have texts embedded by the cluster, in their order; yields each batch once its vectors are in the cache."""
    if not texts:
        return
    import ray.data
    import ray.exceptions

    encoder = embedder.encoder
    dataset: ray.data.Dataset = ray.data.from_items(
        [{"text": text} for text in texts], override_num_blocks=max(1, -(-len(texts) // BATCH))
    )
    answers = dataset.map_batches(
        _Worker,
        fn_constructor_args=(encoder.location, encoder.digest, embedder.token_digest),
        batch_size=BATCH,
        batch_format="numpy",
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers),
        num_cpus=1,
    )
    try:
        for batch in answers.iter_batches(batch_size=None, batch_format="numpy"):
            pairs = zip(batch["text"], batch["vector"], strict=True)
            vectors = {str(text): np.asarray(vector, np.float32) for text, vector in pairs}
            if embedder.token_digest is None:
                embedder.cache.put(encoder.digest, vectors)
            else:
                width = int(batch["width"][0])
                tokens = {
                    text: np.frombuffer(blob, np.uint8).reshape(-1, width)
                    for text, blob in zip(vectors, batch["tokens"], strict=True)
                }
                embedder.cache.put_tokens(encoder.digest, embedder.token_digest, tokens, vectors)
            embedder.embedded += len(vectors)
            yield list(vectors)
    except ray.exceptions.RayError as error:
        raise ClusterError(f"the Ray cluster can't embed: {_cause(error)}") from error


def _cause(error: BaseException) -> str:
    """The last line of what went wrong on a worker."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else type(error).__name__


class _Worker:
    """A Ray actor, which loads the model once. Raises RuntimeError where its model is another one."""

    def __init__(self, location: str, digest: str, token_digest: str | None) -> None:
        settings = Settings()
        self._encoder, self._gives_tokens = load(location, settings.cache, threads=1), token_digest is not None
        if self._encoder.digest != digest or self._encoder.token_digest != token_digest:
            raise RuntimeError(
                f"a worker has another {self._encoder.name} ({self._encoder.digest[:12]}, not {digest[:12]}); "
                "install the same versions on all machines"
            )

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """{"text": (n,)} -> the same with "vector": float32 (n, dimension).

        Where the encoder gives token vectors, also with "tokens", the bytes of each text's, and "width", of a token's.
        """
        texts = [str(text) for text in batch["text"]]
        if not self._gives_tokens:
            return {"text": batch["text"], "vector": self._encoder.encode(texts)}
        vectors, tokens = self._encoder.encode_tokens(texts)
        blobs = np.array([of_text.tobytes() for of_text in tokens], object)  # else NumPy cuts zeros off
        widths = np.array([of_text.shape[1] for of_text in tokens])
        return {"text": batch["text"], "vector": vectors, "tokens": blobs, "width": widths}


def _check_listening(address: str) -> None:
    """Raise ClusterError where nothing listens at an address, and UsageError where it is none.

    Ray itself would try for minutes.
    """
    import socket

    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address in ("local", "auto"):
        return
    if not host or not port.isdigit():
        raise UsageError(f"--ray takes HOST:PORT, ray://HOST:PORT, auto or local, not {address!r}")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, error) from error


def _no_cluster(address: str, error: Exception) -> ClusterError:
    return ClusterError(
        f"there is no Ray cluster at {address} ({_cause(error)}). `ray start --head` starts one; "
        "--ray local uses this machine alone"
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Drop what Ray's own threads write to standard error. Failures are raised all the same."""
    sys.stderr.flush()
    stderr, devnull = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(devnull)


class _Stdout:
    """Standard output, without what Ray's threads print there: it is for data."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, unless a thread of Ray's is calling."""
        if threading.current_thread().name.startswith("ray_"):
            return len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _connected(address: str, workers: int | None) -> Iterator[int]:
    """A connection to the cluster; gives the number of actors to run there. Raises ClusterError, UsageError."""
    quiet = {
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        "RAY_BACKEND_LOG_LEVEL": "fatal",
        "RAY_DEDUP_LOGS": "0",  # what it holds back it would print when we leave, from our own thread
    }
    for name, value in quiet.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise UsageError("--ray needs Ray: pip install 'moviesearch[ray]'") from error
    if ray.is_initialized():
        raise UsageError("this process is connected to a Ray cluster already")
    import logging

    _check_listening(address)
    local = {"num_cpus": workers, "include_dashboard": False} if address == "local" else {}
    try:
        with _quiet():
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **local)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise _no_cluster(address, error) from error
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        context.execution_options.preserve_order = True
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        with redirect_stdout(cast(TextIO, _Stdout(sys.stdout))):
            yield workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    finally:
        with redirect_stdout(io.StringIO()):
            ray.shutdown()
