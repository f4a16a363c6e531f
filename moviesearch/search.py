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
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal

import numpy as np

from . import vectors
from .archive import Archive
from .config import Settings
from .embedding import Embedder
from .encoders import Encoder, Vectors, load
from .errors import EncoderError, MismatchError, NotFoundError, UsageError
from .ingest import Ingest, Progress
from .ledger import fold_title
from .passages import PassageSetting, split_query, whole_film
from .records import Answer, IngestReport, Match, Movie, Rejected
from .retrieval import Filters, Nearest, Scope, blend, nearest_films
from .store import Kind, Manifest, passage_id

if TYPE_CHECKING:
    from collections.abc import Iterator

Mode = Literal["dense"]
LONGEST_QUERY = 60_000
_PAGE = 2000


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
        name = _checked_name(self.settings.collection)
        self._archive = Archive(Path(self.settings.store).expanduser(), name, self._encoder_at, self._note)

    def __enter__(self) -> MovieSearch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all files."""
        self._archive.close()

    def exists(self) -> bool:
        """Whether anything was ever stored in this collection."""
        return self._archive.exists()

    # storing

    def ingest(
        self,
        movies: Iterable[Movie | Rejected],
        *,
        setting: PassageSetting | None = None,
        rebuild: bool = False,
        prune: Callable[[int], bool] | None = None,
        progress: Progress | None = None,
        on_rejected: Callable[[Rejected], None] | None = None,
    ) -> IngestReport:
        """Store films; only new and changed ones are embedded.

        `rebuild` makes a collection of another model or setting anew, with the films it has.
        `progress` is told of the state after each batch and may raise `ingest.Stopped`; what is done
        is kept. Raises MismatchError for a collection made by another model or setting, and
        LockedError while another process writes.
        """
        with self._archive.writing():
            there = self._archive.store.manifest() if self._archive.exists() else None
            encoder = self._encoder_at(self.settings.model or (there.location if there else None))
            asked = _manifest(encoder, setting or PassageSetting(encoder.window))
            if there and there != asked and rebuild:
                self._archive.rebuild(encoder, asked)
            else:
                self._archive.create(asked)
                self._archive.remember(asked)
            run = Ingest(
                self._archive,
                Embedder(encoder, self._archive.cache, asked.setting),
                progress=progress,
                on_rejected=on_rejected,
            )
            return run.run(movies, prune=prune)

    # finding

    def find(
        self,
        plots: Sequence[str] = (),
        films: Sequence[str] = (),
        *,
        limit: int = 10,
        mode: Mode = "dense",
        filters: Filters | None = None,
        exact: bool = False,
        measure: vectors.Measure = "cosine",
    ) -> Answer:
        """The films whose story is nearest to the plots described and to the films named by id.

        The films asked for, and others of the same title and year, are never their own answer.
        `exact` compares whole-film vectors one by one as the original does, by any `measure`.
        Raises UsageError for an empty query and NotFoundError for an id that isn't there.
        """
        began = time.perf_counter()
        if measure != "cosine" and not exact:
            raise UsageError("Chroma's index is one of cosine similarity: --measure needs --exact")
        with self._archive.reading() as manifest:
            asked = self._asked_for(films)
            queries = self._query_vectors(plots, asked, manifest, whole=exact)
            scope = Scope(self._archive.ledger, filters or Filters(), self._same_films(asked))
            if exact:
                kind: Kind = "films"
                found = blend([self._exact(query, limit, scope, measure) for query in queries])
            else:
                kind = "passages"
                depth = limit if len(queries) == 1 else max(200, 4 * limit)
                found = blend([nearest_films(self._archive.store, kind, query, depth, scope) for query in queries])
            matches = self._matches(found[:limit], kind)
        return Answer(
            query={"plot": list(plots), "films": [movie.id for movie in asked]},
            mode=mode,
            model=manifest.model,
            took_ms=(time.perf_counter() - began) * 1000,
            matches=tuple(matches),
        )

    def _asked_for(self, films: Sequence[str]) -> list[Movie]:
        found = self._archive.ledger.movies(films)
        for film in films:
            if film not in found:
                raise NotFoundError(f"there is no film with the id {film!r} in {self.settings.collection!r}")
        return [found[film] for film in films]

    def _same_films(self, asked: Sequence[Movie]) -> set[str]:
        return {
            twin.id for movie in asked for twin in self._archive.ledger.by_title(movie.title) if twin.year == movie.year
        } | {movie.id for movie in asked}

    def _query_vectors(
        self, plots: Sequence[str], asked: Sequence[Movie], manifest: Manifest, *, whole: bool
    ) -> list[Vectors]:
        if not plots and not asked:
            raise UsageError("nothing to look for: describe a plot, or name a film")
        queries: list[Vectors] = []
        for plot in plots:
            if not plot.strip():
                raise UsageError("the plot to look for is empty")
            if len(plot) > LONGEST_QUERY:
                raise UsageError(
                    f"the plot to look for has {len(plot):,} characters; at most {LONGEST_QUERY:,} are read"
                )
            encoder = self._encoder_for(manifest)
            pieces = [plot] if whole else split_query(plot, encoder.tokenize, encoder.window)
            queries += list(encoder.encode(pieces))
        if whole:
            queries += [self._archive.store.vectors("films", [movie.id])[movie.id] for movie in asked]
        else:
            for movie in asked:
                entry, _ = self._archive.ledger.known([movie.id])[movie.id]
                rows = [passage_id(movie.id, n) for n in range(entry.passages)]
                queries += list(self._archive.store.vectors("passages", rows).values())
        return queries

    def _exact(self, query: Vectors, limit: int, scope: Scope, measure: vectors.Measure) -> list[Nearest]:
        ids = [film for film in self._archive.ledger.ids() if scope.admits(film)]
        best = vectors.exact_nearest(query, self._whole_pages(ids), limit, measure)
        return [Nearest(film, film, score) for film, score in best]

    def _whole_pages(self, ids: Sequence[str]) -> Iterator[tuple[Sequence[str], Vectors]]:
        for start in range(0, len(ids), _PAGE):
            page = ids[start : start + _PAGE]
            yield page, self._whole(page)

    def _whole(self, ids: Sequence[str]) -> Vectors:
        found = self._archive.store.vectors("films", ids)
        return np.stack([found[film] for film in ids])

    def _matches(self, found: Sequence[Nearest], kind: Kind) -> list[Match]:
        movies = self._archive.ledger.movies([match.film for match in found])
        texts = self._archive.store.texts([match.row for match in found]) if kind == "passages" else {}
        return [
            Match(
                rank=rank,
                movie=movies[match.film],
                score=match.cosine,
                cosine=match.cosine,
                passage=_untitled(movies[match.film], texts.get(match.row)),
            )
            for rank, match in enumerate(found, 1)
        ]

    # looking up

    def show(self, wanted: str, year: int | None = None) -> Movie:
        """A film by id or title. Raises NotFoundError with the nearest titles, or the films to choose from."""
        with self._archive.reading():
            movie = self._archive.ledger.movie(wanted)
            if movie and (year is None or movie.year == year):
                return movie
            return self._one_of(wanted, year)

    def _one_of(self, title: str, year: int | None) -> Movie:
        found = self._archive.ledger.by_title(title, year)
        if len(found) == 1:
            return found[0]
        if found:
            listing = "; ".join(f"{movie.title} ({movie.year or 'no year'}, --id {movie.id})" for movie in found)
            raise NotFoundError(
                f"there are {len(found)} films called {title!r}: {listing}. Say which with --year or --id"
            )
        near = self.suggest(title)
        hint = f" Did you mean: {'; '.join(near)}?" if near else ""
        when = f" of {year}" if year is not None else ""
        raise NotFoundError(f"there is no film called {title!r}{when} in {self.settings.collection!r}.{hint}")

    def suggest(self, title: str, limit: int = 5) -> list[str]:
        """Titles (with years) that look like the one given, nearest first."""
        from rapidfuzz import fuzz, process

        known = list(self._archive.ledger.titles())
        folded = [fold_title(name) for _, name, _ in known]
        best = process.extract(fold_title(title), folded, scorer=fuzz.WRatio, limit=limit, score_cutoff=75)
        return [f"{known[at][1]} ({known[at][2]})" if known[at][2] else known[at][1] for _, _, at in best]

    def info(self, *, check: bool = False) -> Info:
        """What is in the collection; `check` also looks at every row."""
        with self._archive.reading() as manifest:
            films, passages, _ = self._archive.ledger.counts()
            return Info(
                store=self.settings.store,
                collection=self.settings.collection,
                films=films,
                passages=passages,
                manifest=manifest,
                bytes=sum(path.stat().st_size for path in self._archive.folder.rglob("*") if path.is_file()),
                years=self._archive.ledger.years(),
                wrong=self._archive.verify() if check else None,
            )

    def export(self, folder: Path) -> int:
        """Write `embeddings.npy`, `movies.json` and `manifest.json` to a folder; returns the number of films."""
        with self._archive.reading() as manifest:
            ids = self._archive.ledger.ids()
            ledger = self._archive.ledger
            pages = (ids[start : start + _PAGE] for start in range(0, len(ids), _PAGE))
            movies = ([found[film] for film in page] for page in pages for found in [ledger.movies(page)])
            told = {
                "model": manifest.model,
                "model_digest": manifest.digest,
                "dimension": manifest.dimension,
                "films": len(ids),
                "text": whole_film("{title}", "{plot}"),
            }
            vectors.export(folder, movies, self._whole, (len(ids), manifest.dimension), told)
            return len(ids)

    # models

    def _encoder_at(self, location: str | None) -> Encoder:
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


def _untitled(movie: Movie, passage: str | None) -> str:
    if passage is None:
        return movie.plot
    head = whole_film(movie.title, "")
    return passage.removeprefix(head)


def _checked_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){1,398}[A-Za-z0-9]", name):
        raise UsageError(
            f"{name!r} can't be a collection's name: 3 to 400 letters, digits, '.', '_' or '-', "
            "beginning and ending with a letter or digit"
        )
    return name
