"""The words: BM25 over the passages, in a tantivy index on the disk. The only room that imports tantivy.

Derived from the collection: each state of it carries the collection's generation, and one that is
missing, broken or out of step is made again. BM25 as tantivy has it: k1 = 1.2, b = 0.75.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from moviesearch.atomic import replacing
from moviesearch.errors import DamagedError, StoreError, is_panic

FORMAT = 2
"""Of the schema and the analyser; another one is another index."""

_HEAP = 64_000_000
_LONGEST_WORD = 40


class Bm25Index:
    """The passages of a collection by their words."""

    def __init__(self, folder: Path) -> None:
        import tantivy

        self.folder = folder
        self._tantivy = tantivy
        self._analyser = _analyser(tantivy)
        self._note = folder / f"generation-{FORMAT}"
        self._index = self._open()
        self._writer: Any = None

    def _open(self) -> Any:
        tantivy, schema = self._tantivy, _schema(self._tantivy)
        inner = self.folder / f"index-{FORMAT}"
        try:
            inner.mkdir(parents=True, exist_ok=True)
            try:
                index = tantivy.Index(schema, path=str(inner), reuse=True)
                index.config_reader(reload_policy="manual")
            except (ValueError, OSError):
                shutil.rmtree(inner)
                self._note.unlink(missing_ok=True)
                inner.mkdir(parents=True)
                index = tantivy.Index(schema, path=str(inner), reuse=True)
                index.config_reader(reload_policy="manual")
            index.register_tokenizer("story", self._analyser)
            return index
        except (ValueError, OSError) as error:
            raise StoreError(f"the word index in {inner} can't be opened ({error}); check free space") from error

    @property
    def generation(self) -> int:
        """The collection's generation that this index answers for; -1 for none."""
        try:
            return int(self._note.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return -1

    # writing

    def _forget_other_formats(self) -> None:
        for path in (*self.folder.glob("index-*"), *self.folder.glob("generation-*")):
            if path.name == f"index-{FORMAT}" or path == self._note:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def write(self, films: Mapping[str, Sequence[tuple[str, str]]], generation: int | None) -> None:
        """Replace films by their (passage id, passage) rows; no rows take a film out.

        On return the rows are on the disk; with `generation` None they are one part of a longer work.
        """
        try:
            if self._writer is None:
                self._writer = self._index.writer(heap_size=_HEAP, num_threads=1)
                self._forget_other_formats()
            self._note.unlink(missing_ok=True)
            for film, rows in films.items():
                self._writer.delete_documents_by_term("film", film)
                for row, text in rows:
                    self._writer.add_document(self._tantivy.Document(row=row, film=film, text=text))
            self._writer.commit()
            if generation is not None:
                self.mark(generation)
        except (ValueError, OSError) as error:
            self._writer = None
            raise StoreError(f"the word index in {self.folder} can't be written ({error}); check free space") from error

    def mark(self, generation: int) -> None:
        """Say which generation of the collection the index answers for."""
        with replacing(self._note) as file:
            file.write(str(generation))

    def clear(self) -> None:
        """Take everything out."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._index = self._open()

    def close(self) -> None:
        """Finish what the writer has in hand; reading needs no closing."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    # reading

    def refresh(self) -> None:
        """See what has been written since the index was opened."""
        with _damage(self.folder):
            self._index.reload()

    def terms(self, words: Iterable[str]) -> list[str]:
        """The index's terms for words: folded and stemmed."""
        return [term for word in words for term in self._analyser.analyze(word)]

    def frequency(self, term: str) -> int:
        """In how many passages a term occurs."""
        return int(self._index.searcher().doc_freq("text", term))

    def __len__(self) -> int:
        """The number of passages."""
        return int(self._index.searcher().num_docs)

    def search(self, terms: Sequence[str], limit: int, films: Sequence[str] | None = None) -> list[tuple[str, float]]:
        """At most `limit` (passage id, BM25 score), best first; only of these `films` where given."""
        if not terms or limit < 1 or (films is not None and not films):
            return []
        tantivy, schema = self._tantivy, self._index.schema
        should = tantivy.Occur.Should
        query = tantivy.Query.boolean_query(
            [(should, tantivy.Query.term_query(schema, "text", term, index_option="freq")) for term in terms]
        )
        if films is not None:
            among = tantivy.Query.term_set_query(schema, "film", list(films))
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, tantivy.Query.const_score_query(among, 0.0))]
            )
        with _damage(self.folder):
            searcher = self._index.searcher()
            hits = searcher.search(query, limit, count=False).hits
            return [(searcher.doc(address)["row"][0], float(score)) for score, address in hits]


class NoBm25Index(Bm25Index):
    """A word index without a word."""

    def __init__(self) -> None:
        """Nothing is opened."""

    def terms(self, words: Iterable[str]) -> list[str]:
        """None."""
        return []

    def frequency(self, term: str) -> int:
        """Nowhere."""
        return 0

    def __len__(self) -> int:
        return 0

    def search(self, terms: Sequence[str], limit: int, films: Sequence[str] | None = None) -> list[tuple[str, float]]:
        """Nothing."""
        return []


@contextmanager
def _damage(folder: Path) -> Iterator[None]:
    try:
        yield
    except (ValueError, OSError) as error:
        raise DamagedError(f"the word index in {folder} can't be read ({error})") from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise DamagedError(f"the word index in {folder} can't be read") from error


def _schema(tantivy: Any) -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("row", stored=True, tokenizer_name="raw")
    builder.add_text_field("film", stored=False, tokenizer_name="raw")
    builder.add_text_field("text", stored=False, tokenizer_name="story", index_option="freq")
    return builder.build()


def _analyser(tantivy: Any) -> Any:
    filters = tantivy.Filter
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(filters.remove_long(_LONGEST_WORD))
        .filter(filters.lowercase())
        .filter(filters.ascii_fold())
        .filter(filters.stemmer("english"))
        .build()
    )
