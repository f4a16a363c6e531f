"""MovieSearch: the one class behind the command line, the web page and your own programs.

from moviesearch import MovieSearch
from moviesearch.sources import read

with MovieSearch("my-films") as search:
    search.ingest(read("films.jsonl"))
    for match in search.find(plots=["a man who can't make new memories hunts his wife's killer"]).matches:
        print(match.rank, match.movie.title)
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from .collection.base import Collection
from .collection.embedder import Embedder
from .collection.export import export
from .collection.ingest import Ingest, Progress, Shard
from .config import Settings
from .embedding.encoder import Encoder
from .embedding.load import load
from .embedding.passages import PassageSetting
from .errors import DamagedError, EncoderError, MismatchError, NotFoundError, StoreError, UsageError
from .records import Answer, FilmMap, IngestReport, Match, Movie, Rejected
from .request import Mode, Request, texts
from .retrieval import titles
from .retrieval.finder import Finder
from .retrieval.titles import Catalogue
from .storage.manifest import Manifest
from .storage.server.address import is_server, server

if TYPE_CHECKING:
    from .collection import transfer
    from .collection.ray_cluster import Cluster
    from .maps.stored import Atlas

T = TypeVar("T")
RERANKED = 50


@dataclass(frozen=True, slots=True)
class Info:
    """What is in a collection."""

    store: str
    collection: str
    films: int
    passages: int
    manifest: Manifest
    bytes: int
    years: tuple[int, int] | None
    wrong: str | None


class MovieSearch:
    """A collection of films that can be searched by story.

    `store` is a folder, `model` a sentence-transformers name or folder; what isn't given comes from
    `Settings`. `encoder` takes the place of a model by name. Nothing is opened before it is needed.
    Several threads may use it at once; while one stores films, the others wait.
    """

    def __init__(
        self,
        store: str | Path | None = None,
        collection: str | None = None,
        model: str | None = None,
        *,
        settings: Settings | None = None,
        encoder: Encoder | None = None,
        note: Callable[[str], None] | None = None,
    ) -> None:
        chosen = settings or Settings()
        self.settings = replace(
            chosen,
            store=str(store or chosen.store),
            collection=collection or chosen.collection,
            model=model or chosen.model,
        )
        self._note = note or (lambda _: None)
        self._encoder = encoder
        self._loading, self._listing = threading.Lock(), threading.Lock()
        self._catalogue: tuple[int, Catalogue] | None = None
        self._mapped: tuple[Atlas, FilmMap] | None = None
        name = _checked_name(self.settings.collection)
        self._collection = home(self.settings, name, self._encoder_at, self._note)

    def __enter__(self) -> MovieSearch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all files."""
        self._collection.close()

    def exists(self) -> bool:
        """Whether anything was ever stored in this collection."""
        return self._collection.exists()

    # storing

    def ingest(
        self,
        movies: Iterable[Movie | Rejected],
        *,
        setting: PassageSetting | None = None,
        rebuild: bool = False,
        shard: Shard | None = None,
        cluster: Cluster | None = None,
        prune: Callable[[int], bool] | None = None,
        progress: Progress | None = None,
        on_rejected: Callable[[Rejected], None] | None = None,
    ) -> IngestReport:
        """Store films; only new and changed ones are embedded.

        `shard` leaves the films of other shards to other machines, `cluster` has films embedded by others.
        `rebuild` makes a collection of
        another model or setting anew, with the films it has. `progress` is told of the state after
        each batch and may raise `ingest.Stopped`; what is done is kept. Raises MismatchError for a
        collection made by another model or setting, and LockedError while another process writes to
        the same folder.
        """
        with self._collection.writing():
            there = self._collection.chroma.manifest() if self._collection.exists() else None
            encoder = self._encoder_at(self.settings.model or (there.location if there else None))
            asked = _manifest(encoder, setting or PassageSetting(encoder.window))
            if there and there != asked and rebuild:
                self._collection.rebuild(encoder, asked)
            else:
                self._collection.create(asked)
            embedder = Embedder(encoder, self._collection.vector_cache, asked.setting)
            run = Ingest(self._collection, embedder, shard=shard, progress=progress, on_rejected=on_rejected)
            if not cluster:
                return run.run(movies, prune=prune)
            with closing(cluster.embedded(movies, embedder, run.changed)) as embedded:
                return run.run(embedded, prune=prune)

    def _read(self, work: Callable[[Manifest], T]) -> T:
        """Do some reading; where files turn out to be damaged they are mended, and it is done again."""
        try:
            with self._collection.reading() as manifest:
                return work(manifest)
        except DamagedError:
            self._collection.invalidate()
            with self._collection.reading() as manifest:
                return work(manifest)

    # finding

    def find(self, asked: Request | str | Sequence[str] = (), films: str | Sequence[str] = (), **wishes: Any) -> Answer:
        """The films whose story is nearest to what is asked.

        `asked` is a `Request`, or one plot or several, with `films` (ids) and any further wish of a `Request` by its
        name: `find("a heist", limit=3)`. The films asked for, others of their title and year, and those `seen` are
        left out.

        Raises UsageError for a request that makes no sense, NotFoundError for an id that isn't there.
        """
        began = time.perf_counter()
        request = asked if isinstance(asked, Request) else Request(plots=texts(asked), films=texts(films), **wishes)
        deep = replace(request, limit=max(request.limit, RERANKED)) if request.rerank else request
        notes: list[str] = []

        def answered(manifest: Manifest) -> tuple[Manifest, list[Match]]:
            notes[:] = self._notes(request.way)
            return manifest, self._finder(manifest).find(deep)

        manifest, matches = self._read(answered)
        if request.rerank:
            from .retrieval.rerank import reranked

            text = " ".join(request.plots) or " ".join(self.show(film).plot for film in request.films)
            matches = reranked(text, matches, request.rerank)[: request.limit]
        return Answer(
            query={"plot": list(request.plots), "films": list(request.films), "unlike": list(request.unlike)},
            mode=request.way,
            model=manifest.model,
            took_ms=(time.perf_counter() - began) * 1000,
            matches=tuple(matches),
            notes=tuple(notes),
        )

    def _notes(self, mode: Mode) -> list[str]:
        missing = None if mode == "dense" else self._collection.words_missing()
        if missing and mode == "lexical":
            raise StoreError(f"--mode lexical can't be had: {missing}")
        return [missing] if missing else []

    def rank(self, request: Request) -> list[str]:
        """The ids that answer a request, best first: `find` without what is shown."""
        return self._read(lambda manifest: self._finder(manifest).rank(request))

    def known(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids that are in the collection."""
        return self._read(lambda _: set(self._collection.ledger.known(list(ids))))

    def _finder(self, manifest: Manifest) -> Finder:
        return Finder(self._collection, manifest, lambda: self._encoder_for(manifest))

    # the map

    def map(self, *, make: bool = True, anew: bool = False) -> FilmMap:
        """All films as points in two dimensions, films of like stories beside each other.

        It is stored; films that were added or changed since are placed by their neighbours, the others stay
        where they were. Where there is no map, or too many films are new, it is laid out if `make` (a minute
        or two for 10,000 films, during which others may read and write), and NotFoundError is raised if not.
        `anew` lays it out in any case.
        """
        from .maps import stored as atlas

        def stored(manifest: Manifest) -> FilmMap | None:
            known = self._mapped
            found = atlas.current(self._collection, manifest, known and known[0])
            if found is None:
                return None
            if known is None or found is not known[0]:
                self._mapped = known = found, atlas.film_map(self._collection, found)
            return known[1]

        if not anew and (there := self._read(stored)):
            return there
        if not (make or anew):
            raise NotFoundError("there is no map of these films yet. `moviesearch map` makes it")
        made = self._read(lambda manifest: atlas.material(self._collection, manifest)).laid_out()
        atlas.save(self._collection.map_path, made)
        return self._read(stored) or self._read(lambda _: atlas.film_map(self._collection, made))

    # looking up

    def show(self, wanted: str, year: int | None = None) -> Movie:
        """A film by id or title. Raises NotFoundError with the nearest titles, or the films to choose from."""
        return self._read(lambda _: self._show(wanted, year))

    def _show(self, wanted: str, year: int | None) -> Movie:
        movie = self._collection.ledger.movie(wanted)
        if movie and (year is None or movie.year == year):
            return movie
        return titles.called(self._collection.ledger, wanted, year, self.settings.collection)

    def suggest(self, title: str, limit: int = 5) -> list[str]:
        """Titles (with years) that look like the one given, nearest first."""
        return titles.near(self._collection.ledger, title, limit)

    def film(self, film: str) -> Movie:
        """A film by its id. Raises NotFoundError."""
        found = self.movies([film])
        if film not in found:
            raise NotFoundError(f"there is no film with the id {film!r} in {self.settings.collection!r}")
        return found[film]

    def movies(self, ids: Iterable[str]) -> dict[str, Movie]:
        """Films by id; those that aren't there are left out."""
        return self._read(lambda _: self._collection.ledger.movies(list(ids)))

    def catalogue(self) -> Catalogue:
        """Titles, genres and years to choose from; made once for each state of the collection."""
        return self._read(lambda _: self._catalogued())

    def _catalogued(self) -> Catalogue:
        ledger = self._collection.ledger
        with self._listing:
            if self._catalogue is None or self._catalogue[0] != ledger.generation:
                made = Catalogue(ledger.titles(), ledger.genres(), ledger.years())
                self._catalogue = (ledger.generation, made)
            return self._catalogue[1]

    def info(self, *, check: bool = False) -> Info:
        """What is in the collection; `check` also looks at every row."""
        told = self._read(self._info)
        return replace(told, wrong=self.verify()) if check else told

    def _info(self, manifest: Manifest) -> Info:
        films, passages, _ = self._collection.ledger.counts()
        return Info(
            store=self.settings.store,
            collection=self.settings.collection,
            films=films,
            passages=passages,
            manifest=manifest,
            bytes=self._collection.size(),
            years=self._collection.ledger.years(),
            wrong=None,
        )

    def export(self, folder: Path) -> int:
        """Write `embeddings.npy`, `movies.json` and `manifest.json` to a folder; returns the number of films."""
        return self._read(lambda manifest: export(self._collection, manifest, folder))

    def copy(
        self, other: MovieSearch, *, replace_others: bool = False, progress: transfer.Progress | None = None
    ) -> transfer.Moved:
        """Have another collection hold just the films of this one, with their vectors; both are compared at the end.

        Where it holds others, or other versions, StoreError is raised, unless `replace_others` has
        them go. What was interrupted goes on from where it was.
        """
        from .collection import transfer

        return transfer.move(
            transfer.Stored(self._collection), other._collection, replace_others=replace_others, progress=progress
        )

    def backup(self, file: Path, *, progress: transfer.Progress | None = None) -> tuple[int, str]:
        """Write the collection to one file; returns the number of films and their checksum."""
        from .collection import transfer
        from .collection.backup import write

        return write(transfer.Stored(self._collection), file, progress)

    def restore(
        self, file: Path, *, replace_others: bool = False, progress: transfer.Progress | None = None
    ) -> transfer.Moved:
        """Store the films of a backup, as `copy` does. Raises StoreError for a damaged file before anything is done."""
        from .collection import transfer
        from .collection.backup import opened

        with opened(file) as backup:
            return transfer.move(backup, self._collection, replace_others=replace_others, progress=progress)

    def verify(self) -> str | None:
        """What is wrong with the collection's files, or None; nothing is changed by looking."""
        self._collection.require()
        return self._collection.verify()

    def repair(self) -> int:
        """Make the index again from its second home; returns the number of films."""
        self._collection.require()
        with self._collection.writing():
            self._collection.rebuild()
            return self._collection.ledger.counts()[0]

    # models

    def _encoder_at(self, location: str | None) -> Encoder:
        with self._loading:
            if self._encoder is None:
                wanted = self.settings.model or location
                self._encoder = load(wanted, self.settings.cache, threads=self.settings.threads, note=self._note)
            return self._encoder

    def _encoder_for(self, manifest: Manifest) -> Encoder:
        try:
            encoder = self._encoder_at(manifest.location)
        except EncoderError as error:
            raise EncoderError(
                f"{self.settings.collection!r} was made with {manifest.model}, and that can't be had: {error}"
            ) from error
        if encoder.digest != manifest.digest:
            raise MismatchError(
                f"collection {self.settings.collection!r} was made with {manifest.model} ({manifest.digest[:12]}), "
                f"and this is {encoder.name} ({encoder.digest[:12]}). Leave --model out, or `ingest --rebuild`"
            )
        return encoder


def _manifest(encoder: Encoder, setting: PassageSetting) -> Manifest:
    return Manifest(
        model=encoder.name,
        location=encoder.location,
        digest=encoder.digest,
        dimension=encoder.dimension,
        window=setting.window,
        size=setting.size,
        overlap=setting.overlap,
    )


def _checked_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){1,398}[A-Za-z0-9]", name):
        raise UsageError(
            f"{name!r} can't be a collection's name: 3 to 400 letters, digits, '.', '_' or '-', "
            "beginning and ending with a letter or digit"
        )
    return name


def home(
    settings: Settings, name: str, encoder: Callable[[str | None], Encoder], note: Callable[[str], None]
) -> Collection:
    """The collection of a name in the store of the settings. Nothing is opened yet."""
    if is_server(settings.store):
        from .collection.on_server import ServerCollection

        return ServerCollection(server(settings.store), settings, name, encoder, note)
    from .collection.in_folder import FolderCollection

    return FolderCollection(Path(settings.store).expanduser(), name, encoder, note)
