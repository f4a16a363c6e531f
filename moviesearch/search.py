"""MovieSearch: the one class behind the command line, the web page and your own programs.

from moviesearch import MovieSearch
from moviesearch.sources import read

with MovieSearch("my-films") as search:
    search.ingest(read("films.jsonl"))
    for match in search.find("a man who can't make new memories hunts his wife's killer").matches:
        print(match.rank, match.movie.title)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from .collection.embedder import Embedder
from .collection.encoder_loader import EncoderLoader, manifest_of
from .collection.folder_or_server import collection_of
from .collection.info import Info, info_of
from .collection.overviews import overviews_in
from .config import Settings
from .embedding.encoder import Encoder
from .embedding.passages import PassageSetting
from .errors import DamagedError, NotFoundError, UsageError
from .records import Answer, FilmFile, FilmMap, IngestReport, Marked, Movie, Rejected, SeenFilm
from .request import Filters, Request, check_year, named_person, texts
from .retrieval import seen as marks
from .retrieval import titles
from .retrieval.answer_notes import english_model_note, language_notes, missing_notes
from .retrieval.confidence import is_unlikely, sentence
from .retrieval.filters import narrowed
from .retrieval.finder import Finder, Found
from .retrieval.titles import Catalogue
from .storage.manifest import Manifest
from .storage.word_languages import ENGLISH, language_code

if TYPE_CHECKING:
    from .collection import transfer
    from .collection.ray_cluster import Cluster
    from .collection.steps import Item, Progress, Shard, Source
    from .maps.stored import StoredMap

T = TypeVar("T")

RERANKED = 50
"""Matches that a reranker puts in order, at least."""


class MovieSearch:
    """A collection of films that can be searched by story.

    `store` is a folder or a server's address, `collection` a name in it, `model` a sentence-transformers name or
    folder; what isn't given comes from `settings`. A given `encoder` is used instead of loading a model. `note` is
    told of work that takes a while.

    Nothing is opened before it is needed. Several threads may use it at once; while one stores films, the others wait.
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
        self._encoders = EncoderLoader(self.settings, encoder, self._note)
        self._collection = collection_of(self.settings, self._encoders, self._note)
        self._catalogue: tuple[int, Catalogue] | None = None
        self._catalogue_lock = threading.Lock()

    def __enter__(self) -> MovieSearch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close all files and connections."""
        self._collection.close()
        self._encoders.close()

    def exists(self) -> bool:
        """Whether anything was ever stored in this collection."""
        return self._collection.exists()

    # storing

    def ingest(
        self,
        movies: Iterable[Item],
        *,
        source: Source | None = None,
        setting: PassageSetting | None = None,
        language: str | None = None,
        rebuild: bool = False,
        shard: Shard | None = None,
        cluster: Cluster | None = None,
        prune: Callable[[int], bool] | None = None,
        progress: Progress | None = None,
        on_rejected: Callable[[Rejected], None] | None = None,
    ) -> IngestReport:
        """Store films; only new and changed ones are embedded.

        A film that is there under another id is updated and keeps that id, as long as nothing known contradicts; films
        of one source are told apart. A `NextSource` stands between those of two. A `FilmFile` behind a film tells which
        file it came from, and a `FolderEnd` that all of a folder came (see `film_files`).

        A `source` tells by its digest whether the films are those of an ingest that stored each as it came. If so, and
        the collection is as it was then, they are not read: the report counts them as unchanged.

        `setting` says how plots are cut, `language` (by code or name, else the settings') in which language words are
        stemmed: a collection keeps the one that it was made with. `rebuild` makes a collection of another model,
        setting or language anew, with the films it has. `shard` leaves the films of other shards to other machines,
        `cluster` has films embedded by others. `prune` is told how many films the source no longer has; they are
        removed where it returns True.
        `progress` is told of the state after each batch and may raise `Stopped` of collection.steps;
        what is done is kept.
        `on_rejected` is told of each record that can't be stored. Where nothing that comes is a film, no
        collection is made; no `movies` at all make an empty one.

        Raises MismatchError for a collection made by another model or setting, or in another language, UsageError for a
        language without a stemmer, and LockedError while another process writes to the same folder.
        """
        if isinstance(movies, str | Path):
            raise UsageError(f"films are to be stored, and {str(movies)!r} is the name of a file: read(it) gives them")
        from .collection.first_film import from_first_film
        from .collection.ingest import Ingest

        wanted = language or self.settings.language
        code = language_code(wanted) if wanted else None
        if not self._collection.exists():
            self._encoders.begin(None)
            coming = from_first_film(movies, progress, on_rejected)
            if isinstance(coming, IngestReport):
                return coming
            movies = coming
        with self._collection.writing(anew=rebuild):
            present = self._collection.present_manifest()
            encoder = self._encoders.at(present.location if present else None)
            code = code or (present.language if present else ENGLISH)
            manifest = manifest_of(encoder, setting or PassageSetting(encoder.window), code)
            if not present and (note := english_model_note(encoder.name, code)):
                self._note(note)
            if present and present != manifest and rebuild:
                self._collection.rebuild(encoder, manifest)
            else:
                self._collection.create(manifest)
            embedder = Embedder(encoder, self._collection.vector_cache, manifest.setting)
            run = Ingest(self._collection, embedder, shard=shard, progress=progress, on_rejected=on_rejected)
            if not cluster:
                return run.run(movies, prune=prune, source=source)
            with closing(cluster.embedded(movies, embedder, run.changed)) as embedded:
                return run.run(embedded, prune=prune)

    def film_files(self) -> dict[bytes, FilmFile]:
        """The files on this machine that films here came from, by path, as they were when they were last read.

        What reads a folder (`sources.media_folder.read_folder`) needn't open those that are so still. Those whose films
        have changed here since are to be read in any case.
        """
        if not self.exists():
            return {}
        try:
            files = self._read(lambda _: self._collection.ledger.shelf.files())
        except NotFoundError:
            return {}
        return {path: known.file if known.fits else replace(known.file, changed=-1) for path, known in files.items()}

    def _read(self, work: Callable[[Manifest], T]) -> T:
        """Do some reading; where files turn out to be damaged, they are repaired and it is done again."""
        try:
            with self._collection.reading() as manifest:
                return work(manifest)
        except DamagedError:
            self._collection.invalidate()
        try:
            with self._collection.reading() as manifest:
                return work(manifest)
        except DamagedError as error:
            self._collection.invalidate(str(error))
            with self._collection.reading() as manifest:
                return work(manifest)

    # finding

    def begin(self) -> None:
        """Begin to load the model in a thread, for a question that is soon to come. An error is raised there."""
        if location := self._collection.likely_model():
            self._encoders.begin(location)

    def find(self, plots: Request | str | Sequence[str] = (), films: str | Sequence[str] = (), **wishes: Any) -> Answer:
        """The films whose story is nearest to what is asked, best first.

        Give a `Request`; or one plot or several, with `films` (ids) and `wishes`, which are further fields of a
        `Request`: `find("a heist", limit=3)`. The films asked for, others of their title and year, and those of `seen`
        are left out.

        Raises UsageError for a request that makes no sense, NotFoundError for an id that isn't there.
        """
        began = time.perf_counter()
        if isinstance(plots, Request):
            request = plots
        else:
            request = Request(plots=texts(plots, "plots"), films=texts(films, "films"), **wishes)
        deep = replace(request, limit=max(request.limit, RERANKED)) if request.rerank else request
        needs_encoder = bool(request.plots or request.unlike) and request.way != "lexical"
        if needs_encoder:
            self.begin()
        manifest, found = self._read(lambda manifest: self._find(deep, manifest))
        matches = found.matches
        if request.rerank:
            from .retrieval.rerank import reranked

            text = " ".join(request.plots) or " ".join(self.show(film).plot for film in request.films)
            matches = tuple(reranked(text, matches, request.rerank)[: request.limit])
        return Answer(
            query={"plot": list(request.plots), "films": list(request.films), "unlike": list(request.unlike)},
            mode=request.way,
            model=manifest.model,
            took_ms=(time.perf_counter() - began) * 1000,
            matches=matches,
            notes=found.notes,
            confidence=found.confidence,
            understood=found.understood,
            question=found.question,
        )

    def _find(self, request: Request, manifest: Manifest) -> tuple[Manifest, Found]:
        missing = missing_notes(self._collection, request.way)
        found = self._finder(manifest).find(request)
        unsure = [*filter(None, [sentence(found.confidence)])]
        if is_unlikely(found.confidence):
            typed = (titles.meant_by_slip(self._collection.ledger, plot) for plot in request.plots)
            unsure += [f"Did you mean the film {name}? It can be looked up by its title" for name in typed if name]
        notes = (*missing, *found.notes, *unsure, *language_notes(self._collection, request.plots, manifest))
        return manifest, replace(found, notes=notes)

    def rank(self, request: Request) -> list[str]:
        """The ids that answer a request, best first: `find` without what is shown."""
        return self._read(lambda manifest: self._finder(manifest).rank(request))

    def known(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids that are in the collection."""
        return self._read(lambda _: set(self._collection.ledger.known(list(ids))))

    def _finder(self, manifest: Manifest) -> Finder:
        return Finder(self._collection, manifest, lambda: self._encoders.that_made(manifest))

    # the map

    def map(self, *, make: bool = True, anew: bool = False) -> FilmMap:
        """All films as points in two dimensions, films of like stories beside each other.

        The map is stored. Films that were added or changed since are put beside their neighbours, and the others stay
        where they were. Where there is no map, or too many films are new, all are laid out if `make` (a minute or two
        for 10,000 films, during which others may read and write); if not, NotFoundError is raised. `anew` lays them
        out in any case.
        """
        if not anew and (shown := self._read(self._stored_map.current)):
            return shown
        if not (make or anew):
            raise NotFoundError("there is no map of these films yet. `moviesearch map` makes it")
        atlas = self._read(self._stored_map.material).laid_out()
        self._stored_map.save(atlas)
        return self._read(self._stored_map.current) or self._read(lambda _: self._stored_map.film_map(atlas))

    @cached_property
    def _stored_map(self) -> StoredMap:
        from .maps.stored import StoredMap

        return StoredMap(self._collection)

    # what was seen

    def seen(self, person: str = "") -> list[SeenFilm]:
        """The films that a person has seen, by title; those that are not in the collection too.

        Films that their records say were watched are seen by the person without a name, "".
        """
        name = named_person(person)
        return self._read(lambda _: marks.seen_films(self._collection, name))

    def seen_ids(self, person: str = "") -> frozenset[str]:
        """The ids of the films here that a person has seen; kept until something changes."""
        name = named_person(person)
        return self._read(lambda _: marks.seen_by(self._collection, name))

    def mark_seen(
        self, films: str | Iterable[str] = (), *, titles: Iterable[tuple[str, int | None]] = (), person: str = ""
    ) -> Marked:
        """Mark films, by id, and those of (title, year or None) as seen by a person; on return that is on the disk.

        A title may be written as in any list; where several films have it, all of them are marked, and of one that no
        film has yet, the mark counts when it comes. It may be called while another process stores films. Raises
        NotFoundError for an id that isn't there; nothing is marked then.
        """
        return self._change_marks(marks.marking, texts(films, "films"), titles, person)

    def unmark_seen(
        self, films: str | Iterable[str] = (), *, titles: Iterable[tuple[str, int | None]] = (), person: str = ""
    ) -> Marked:
        """Have films not count as seen by a person any more, whatever their records say; as `mark_seen`."""
        return self._change_marks(marks.unmarking, texts(films, "films"), titles, person)

    def _change_marks(
        self, plan: marks.Plan, films: Sequence[str], titles: Iterable[tuple[str, int | None]], person: str
    ) -> Marked:
        name, wanted = named_person(person), marks.checked(titles)

        def change() -> Marked:
            planned = self._read(lambda _: plan(self._collection, films, wanted, name))
            self._collection.marks.change(planned.put, planned.drop)
            return planned.marked

        try:
            return change()
        except DamagedError:
            self._collection.invalidate()
            return change()

    # looking up

    def show(self, wanted: str, year: int | None = None) -> Movie:
        """A film by id or title, as people type it: `retrieval.titles.taken` tells how it was understood.

        Raises NotFoundError with the nearest titles, or the films to choose from.
        """
        if not isinstance(wanted, str):
            raise UsageError(f"the film to show is {wanted!r:.40}, and should be an id or a title")
        check_year("year", year)
        return self._read(lambda _: self._show(wanted, year))

    def _show(self, wanted: str, year: int | None) -> Movie:
        movie = self._collection.ledger.movie(wanted)
        if movie and (year is None or movie.year == year):
            return movie
        return titles.called(self._collection.ledger, wanted, year, self.settings.collection)

    def check_filters(self, filters: Filters) -> None:
        """Raise UsageError for a genre, director, ... that no film has; the message names the nearest."""
        if unknown := self._read(lambda _: narrowed(filters, self._collection.ledger).unknown):
            raise UsageError(unknown[0])

    def of_title(self, title: str, year: int | None = None) -> list[str]:
        """The ids of all films that a title, as people type it, can mean; none where it is misspelt."""
        return self._read(lambda _: marks.films_named(self._collection.ledger, [(title, year)])[0])

    def suggest(self, title: str, limit: int = 5) -> list[str]:
        """Titles (with years) that look like the one given, nearest first."""
        return titles.near(self._collection.ledger, title, limit)

    def film(self, film: str) -> Movie:
        """A film by its id. Raises NotFoundError."""
        movies = self.movies([film])
        if film not in movies:
            raise NotFoundError(f"there is no film with the id {film!r} in {self.settings.collection!r}")
        return movies[film]

    def movies(self, ids: Iterable[str]) -> dict[str, Movie]:
        """Films by id; unknown ids are left out."""
        return self._read(lambda _: self._collection.ledger.movies(list(ids)))

    def overviews(self) -> list[Movie]:
        """The films that have only an overview: a short plot that was not fetched. In the order of ingest."""
        return self._read(lambda _: overviews_in(self._collection.ledger))

    def catalogue(self) -> Catalogue:
        """Titles, genres and years to choose from; made once for each state of the collection."""
        return self._read(lambda _: self._current_catalogue())

    def _current_catalogue(self) -> Catalogue:
        ledger = self._collection.ledger
        with self._catalogue_lock:
            if self._catalogue is None or self._catalogue[0] != ledger.generation:
                self._catalogue = (ledger.generation, Catalogue(ledger))
            return self._catalogue[1]

    def info(self, *, check: bool = False) -> Info:
        """What is in the collection; `check` also verifies it, which reads every row."""
        info = self._read(lambda manifest: info_of(self._collection, self.settings, manifest))
        return replace(info, wrong=self.verify()) if check else info

    def export(self, folder: Path) -> int:
        """Write `embeddings.npy`, `movies.json` and `manifest.json` to a folder; returns the number of films."""
        from .collection.export import export

        return self._read(lambda manifest: export(self._collection, manifest, folder))

    def copy(
        self, other: MovieSearch, *, replace_others: bool = False, progress: transfer.Progress | None = None
    ) -> transfer.Moved:
        """Make another collection hold just the films of this one, with their vectors; both are compared at the end.

        Raises StoreError where the other one holds further films, or other versions of them; with `replace_others`
        these are removed or replaced instead. A copy that was interrupted goes on where it stopped.
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
        """What is wrong with the collection's files, or None. Nothing is changed."""
        self._collection.require()
        return self._collection.verify()

    def repair(self) -> int:
        """Make the index again from its replica; returns the number of films. Those stored twice are joined."""
        from .collection.doubles import join_doubles

        self._collection.require()
        with self._collection.writing():
            self._collection.rebuild()
            if manifest := self._collection.chroma.manifest():
                join_doubles(self._collection, self._collection.embedder(manifest))
            return self._collection.ledger.counts()[0]
