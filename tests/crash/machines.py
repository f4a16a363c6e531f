"""Writers and readers of one collection on a server, each a process that may be killed: see test_server_crashes."""

import random
import resource
import signal
import time
from pathlib import Path

from acts import LARGEST_FILE, small_batches
from story import plot
from support.hash_encoder import SETTING, HashEncoder

from moviesearch import Movie, MovieSearch
from moviesearch.collection.on_server import ServerCollection
from moviesearch.config import Settings
from moviesearch.errors import NotFoundError, StoreError

WRITERS, OF_EACH, SHARED = 8, 5, 4
VERSIONS = 6

_PAUSE = 0.3
"""Seconds until one whom the server left alone tries again."""

QUERIES = ("a thief takes the piano home", "the queen meets a ghost", "sailor camel winter", "letter desert train")


def film(number, version):
    """One of the films, as one of its versions tells it; the shared ones, of negative numbers, have one."""
    title = f"Film {number}" if number >= 0 else f"Shared {-number}"
    return Movie(
        f"f{number}", title, plot(number + 1000, version), 1950 + number % 50, ("Drama",), None, {"v": version}
    )


def own(writer):
    """The numbers of the films that one writer alone writes."""
    return range(writer * OF_EACH, writer * OF_EACH + OF_EACH)


def write(pipe, store, cache, writer, seed):
    """Ingest again and again: some of one's own films in a version that grows, and the shared ones.

    Tells ("begun", id -> version), then ("stored", id -> version) as each batch is in, ("refused", words) where the
    server broke off, and ("wrong", words) where anything else happened.
    """
    _arrange()
    chance = random.Random(seed)
    put = ServerCollection.put

    def telling(collection, films):
        put(collection, films)
        pipe.send(("stored", {row.entry.movie.id: row.entry.movie.extra["v"] for row in films}))

    ServerCollection.put = telling
    with MovieSearch(settings=_settings(store, cache), encoder=HashEncoder()) as search:
        while not pipe.poll():
            version = chance.randrange(VERSIONS)
            films = [film(number, version) for number in chance.sample(own(writer), 3)]
            films += [film(-number, 0) for number in range(1, SHARED + 1)]
            pipe.send(("begun", {movie.id: movie.extra["v"] for movie in films}))
            try:
                report = search.ingest(films, setting=SETTING)
                pipe.send(("done", {movie.id: movie.extra["v"] for movie in films}))
                if report.rejected or report.duplicates:
                    pipe.send(("wrong", f"films were refused: {report}"))
            except StoreError as error:
                pipe.send(("refused", str(error)))
                time.sleep(_PAUSE)
            except Exception as error:
                pipe.send(("wrong", f"{type(error).__name__}: {error}"))


def read(pipe, store, cache):
    """Search again and again: every answer is whole films, as some writer told them."""
    _arrange()
    answers = 0
    with MovieSearch(settings=_settings(store, cache), encoder=HashEncoder()) as search:
        while not pipe.poll():
            try:
                for match in search.find([QUERIES[answers % len(QUERIES)]], limit=20).matches:
                    if (said := wrong(match)) is not None:
                        pipe.send(("wrong", said))
                answers += 1
            except (StoreError, NotFoundError) as error:
                pipe.send(("refused", str(error)))
                time.sleep(_PAUSE)
            except Exception as error:
                pipe.send(("wrong", f"{type(error).__name__}: {error}"))
    pipe.send(("answers", answers))


def wrong(match):
    """What is wrong with a film that was found, or None."""
    movie = match.movie
    if movie != film(int(movie.id[1:]), movie.extra["v"]):
        return f"{movie.id} is in no version that was stored: {movie}"
    if match.passage.removeprefix(f"{movie.title} - ") not in movie.plot:
        return f"{movie.id}: {match.passage!r} is of another version than {movie.extra['v']}"
    return None


def _settings(store, cache):
    return Settings(store=store, cache=Path(cache), timeout=20)


def _arrange():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for the process that tells
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, resource.RLIM_INFINITY))
    small_batches(8)
