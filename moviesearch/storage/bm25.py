"""The word index: BM25 over the passages, in a tantivy index on the disk. No other module imports tantivy.

It is derived from the collection. A file beside it names the generation of the collection that it was
made from; an index that is missing, damaged or of another generation is made again. BM25 has
tantivy's constants, k1 = 1.2 and b = 0.75.

Words are stemmed in the language of the collection. English ones lose their accents first. Other stemmers need the
letters of their language, so accents go afterwards, and function words are left out of a query where tantivy has a
list of them. An index of another language than English has that in its files' names.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from moviesearch.atomic import replacing
from moviesearch.errors import DamagedError, StoreError, is_panic

from .shortage import is_shortage
from .word_languages import ENGLISH, LANGUAGES

FORMAT = 2
"""Version of schema and analyser. It is part of the files' names, so that each version has its own index."""

_HEAP = 64_000_000
"""Bytes that the writer may take up in memory."""

_LONGEST_WORD = 40
"""Bytes of an English word; longer ones are left out of the index."""

_LONGEST_FOREIGN_WORD = 160
"""The same of another language, whose letters may take three bytes each."""

_WITHOUT_STOP_WORDS = frozenset(("ar", "el", "ro", "ta", "tr"))
"""Languages whose function words tantivy does not list."""

_MARKS = dict.fromkeys(range(0x300, 0x370))
"""Accents that stand alone: stress in Russian, and the dot that Python leaves of a Turkish capital I."""

_SPELLINGS = {
    "ro": str.maketrans("șțȘȚ", "şţŞŢ"),
    "ru": str.maketrans("ёЁ", "еЕ"),
    "tr": str.maketrans("İI", "iı"),
}
"""Letters that the stemmer of a language expects in another form."""


class Bm25Index:
    """The passages of one collection, searched by their words. Raises StoreError when it can't be opened."""

    def __init__(self, folder: Path, language: str = ENGLISH) -> None:
        import tantivy

        self.folder, self.language = folder, language
        self._tantivy = tantivy
        self._analyser = _analyser(tantivy, language)
        self._query_analyser = _analyser(tantivy, language, of_query=True)
        self._version = f"{FORMAT}" if language == ENGLISH else f"{FORMAT}-{language}"
        self._generation_file = folder / f"generation-{self._version}"
        self._index = self._open()
        self._writer: Any = None

    def _open(self) -> Any:
        tantivy, schema = self._tantivy, _schema(self._tantivy)
        index_folder = self.folder / f"index-{self._version}"
        try:
            index_folder.mkdir(parents=True, exist_ok=True)
            try:
                index = tantivy.Index(schema, path=str(index_folder), reuse=True)
                index.config_reader(reload_policy="manual")
            except (ValueError, OSError) as error:
                if is_shortage(error):
                    raise
                shutil.rmtree(index_folder)
                self._generation_file.unlink(missing_ok=True)
                index_folder.mkdir(parents=True)
                index = tantivy.Index(schema, path=str(index_folder), reuse=True)
                index.config_reader(reload_policy="manual")
            index.register_tokenizer("story", self._analyser)
            return index
        except (ValueError, OSError) as error:
            raise StoreError(f"the word index in {index_folder} can't be opened ({error}); check free space") from error

    @property
    def generation(self) -> int:
        """The generation of the collection that the index was made from; -1 when it is unfinished."""
        try:
            return int(self._generation_file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return -1

    # writing

    def _remove_other_formats(self) -> None:
        for path in (*self.folder.glob("index-*"), *self.folder.glob("generation-*")):
            if path.name == f"index-{self._version}" or path == self._generation_file:
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _remove_leftovers(self) -> None:
        """Remove lists of deleted rows that a writer which failed left: tantivy names the next one alike, and fails."""
        folder = self.folder / f"index-{self._version}"
        segments = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["segments"]
        in_use = {
            f"{segment['segment_id'].replace('-', '')}.{segment['deletes']['opstamp']}.del"
            for segment in segments
            if segment["deletes"]
        }
        for path in folder.glob("*.del"):
            if path.name not in in_use:
                with contextlib.suppress(OSError):  # a reader may still have it
                    path.unlink()

    def write(self, films: Mapping[str, Sequence[tuple[str, str]]], generation: int | None) -> None:
        """Replace the rows of films, given as (passage id, passage); a film without rows is taken out.

        On return the rows are on the disk. `generation` is that of the collection as it then is; None
        says that more is to come, and leaves the index unfinished. Raises StoreError.
        """
        try:
            if self._writer is None:
                self._remove_leftovers()
                self._writer = self._index.writer(heap_size=_HEAP, num_threads=1)
                self._remove_other_formats()
            self._generation_file.unlink(missing_ok=True)
            for film, rows in films.items():
                self._writer.delete_documents_by_term("film", film)
                for passage, text in rows:
                    self._writer.add_document(
                        self._tantivy.Document(row=passage, film=film, text=_spelt(text, self.language))
                    )
            self._writer.commit()
            if generation is not None:
                self.mark(generation)
        except (ValueError, OSError, KeyError, TypeError) as error:
            self._writer = None
            raise self._unwritable(error) from error

    def mark(self, generation: int) -> None:
        """Note that the index is finished, and of which generation of the collection it is. Raises StoreError."""
        try:
            with replacing(self._generation_file) as file:
                file.write(str(generation))
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: Exception) -> StoreError:
        return StoreError(f"the word index in {self.folder} can't be written ({error}); check free space")

    def clear(self) -> None:
        """Delete the index and begin an empty one."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._index = self._open()

    def close(self) -> None:
        """Finish writing, if anything was written; reading needs no closing."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    # reading

    def refresh(self) -> None:
        """Read what has been written since the index was opened. Raises DamagedError."""
        with _translated(self.folder):
            self._index.reload()

    def terms(self, words: Iterable[str]) -> list[str]:
        """Words as the index has them: lower case, without accents, stemmed; a word may give none or several.

        In another language than English function words are left out, unless there are no others.
        """
        spelt = [_spelt(word, self.language) for word in words]
        telling = [term for word in spelt for term in self._query_analyser.analyze(word)]
        return telling or [term for word in spelt for term in self._analyser.analyze(word)]

    def frequency(self, term: str) -> int:
        """The number of passages that hold a term."""
        return int(self._index.searcher().doc_freq("text", term))

    def __len__(self) -> int:
        """The number of passages."""
        return int(self._index.searcher().num_docs)

    def search(self, terms: Sequence[str], limit: int, films: Sequence[str] | None = None) -> list[tuple[str, float]]:
        """At most `limit` (passage id, BM25 score), best first; only of these `films` where given.

        Raises DamagedError.
        """
        if not terms or limit < 1 or (films is not None and not films):
            return []
        tantivy, schema = self._tantivy, self._index.schema
        should = tantivy.Occur.Should
        query = tantivy.Query.boolean_query(
            [(should, tantivy.Query.term_query(schema, "text", term, index_option="freq")) for term in terms]
        )
        if films is not None:
            of_films = tantivy.Query.term_set_query(schema, "film", list(films))
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Must, query), (tantivy.Occur.Must, tantivy.Query.const_score_query(of_films, 0.0))]
            )
        with _translated(self.folder):
            searcher = self._index.searcher()
            hits = searcher.search(query, limit, count=False).hits
            return [(searcher.doc(address)["row"][0], float(score)) for score, address in hits]


class NoBm25Index(Bm25Index):
    """An empty word index without files, for a collection whose words are not kept."""

    def __init__(self) -> None:
        """Opens nothing."""

    def terms(self, words: Iterable[str]) -> list[str]:
        """No terms."""
        return []

    def frequency(self, term: str) -> int:
        """0."""
        return 0

    def __len__(self) -> int:
        return 0

    def search(self, terms: Sequence[str], limit: int, films: Sequence[str] | None = None) -> list[tuple[str, float]]:
        """No hits."""
        return []


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    """Errors of tantivy while it reads, as DamagedError."""
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


def _spelt(text: str, language: str) -> str:
    """A text as the stemmer of its language expects it."""
    if language == ENGLISH:
        return text
    return unicodedata.normalize("NFC", text).translate(_SPELLINGS.get(language, {})).translate(_MARKS)


def _analyser(tantivy: Any, language: str, *, of_query: bool = False) -> Any:
    filters, tokenizers, name = tantivy.Filter, tantivy.Tokenizer, LANGUAGES[language].lower()
    if language == ENGLISH:
        tokenizer, longest = tokenizers.simple(), _LONGEST_WORD
        forms = [filters.ascii_fold(), filters.stemmer(name)]
    else:  # marks are parts of words in Tamil and Arabic
        tokenizer, longest = tokenizers.regex(r"[\p{L}\p{M}\p{N}]+"), _LONGEST_FOREIGN_WORD
        forms = [filters.stemmer(name), filters.ascii_fold()]
        if of_query and language not in _WITHOUT_STOP_WORDS:
            forms.insert(0, filters.stopword(name))
    builder = tantivy.TextAnalyzerBuilder(tokenizer)
    for step in (filters.remove_long(longest), filters.lowercase(), *forms):
        builder = builder.filter(step)
    return builder.build()
