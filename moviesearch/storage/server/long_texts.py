"""Films that are too long for one row of a server: the rest of them is in further rows, in `NAME.more`.

The metadata of a film's row hold the number of its further rows (`more`), their key (`key`, the film's
content hash), and how many of their characters belong to the plot (`plot`); the others are the
record. Further rows are written before the film's own row; those of an older version are deleted
afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from moviesearch.errors import DamagedError
from moviesearch.storage.chroma_client import Client, translated
from moviesearch.storage.entries import Entry
from moviesearch.storage.paging import pages
from moviesearch.storage.quotas import Quotas
from moviesearch.storage.rows import Row, whole_number

from .side_collection import no_vectors, side_collection

_MOST = 10_000
"""Further rows that a film may have: 160 MB. A row that says more lies."""


class LongTexts:
    """The further rows of one collection; there are none where the quotas set no limits."""

    def __init__(self, client: Client, name: str, where: str, quotas: Quotas) -> None:
        self._client, self.name, self._where, self._quotas = client, name, where, quotas

    def fitted(self, entry: Entry, metadata: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """A film's document and metadata, cut to what its row takes; the rest is written to further rows."""
        longest_document, longest_value = self._quotas.document, self._quotas.value
        document, rest_of_plot = _split(entry.movie.plot, longest_document)
        fitted = {**metadata, "more": None, "key": None, "plot": None}
        rest = rest_of_plot
        if longest_value is not None and len((fitted["genres"] or "").encode()) > longest_value:
            fitted["genres"] = None  # they are in the record too
        if longest_value is not None and len(fitted["record"].encode()) > longest_value:
            rest, fitted["record"] = rest_of_plot + fitted["record"], None
        if rest:
            pieces = list(_pieces(rest, longest_document or len(rest)))
            fitted |= {"more": len(pieces), "key": entry.hash, "plot": len(rest_of_plot)}
            self._write(entry, pieces)
        return document, fitted

    def joined(self, rows: Sequence[Row]) -> list[Row]:
        """Films' rows with plot and record made whole.

        Raises DamagedError where a further row is missing, or a film's own row tells of some that can't be.
        """
        ids = {film: self._further_ids(film, metadata) for film, metadata, _ in rows}
        pieces = self._read([row for further in ids.values() for row in further])
        joined: list[Row] = []
        for film, metadata, document in rows:
            if ids[film]:
                if any(row not in pieces for row in ids[film]):
                    raise DamagedError(f"a part of the film {film!r} is gone from {self._where}")
                rest = "".join(pieces[row] for row in ids[film])
                of_plot = self._number(film, metadata, "plot", len(rest))
                document += rest[:of_plot]
                metadata = {**metadata, "record": rest[of_plot:] or metadata.get("record")}
            joined.append((film, metadata, document))
        return joined

    def _further_ids(self, film: str, metadata: Mapping[str, Any]) -> list[str]:
        """The ids of a film's further rows, by its own row's metadata."""
        count = 0 if metadata.get("more") is None else self._number(film, metadata, "more", _MOST)
        return [_further_id(metadata.get("key"), number) for number in range(count)]

    def _number(self, film: str, metadata: Mapping[str, Any], name: str, most: int) -> int:
        try:
            return whole_number(metadata, name, most)
        except (KeyError, ValueError) as error:
            raise DamagedError(f"the film {film!r} can't be read from {self._where} ({error})") from error

    def tidy(self, entries: Iterable[Entry]) -> None:
        """Delete the further rows of older versions of films."""
        self._delete({"$and": [{"film": entry.movie.id}, {"key": {"$ne": entry.hash}}]} for entry in entries)

    def forget(self, films: Sequence[str]) -> None:
        """Delete all further rows of films."""
        self._delete({"film": film} for film in films)

    def _rows(self, *, make: bool = False) -> Any:
        """The Chroma collection with the further rows; None where there is none and it is not to be made."""
        return side_collection(self._client, self.name, self._quotas, make=make)

    def _write(self, entry: Entry, pieces: Sequence[str]) -> None:
        with translated(self._where):
            rows = self._rows(make=True)
            for page in pages(list(enumerate(pieces)), self._quotas.written):
                rows.upsert(
                    ids=[_further_id(entry.hash, number) for number, _ in page],
                    embeddings=no_vectors(len(page)),
                    documents=[piece for _, piece in page],
                    metadatas=[{"film": entry.movie.id, "key": entry.hash}] * len(page),
                )

    def _read(self, ids: Sequence[str]) -> dict[str, str]:
        """The documents of further rows by id; ids without a row are left out."""
        documents: dict[str, str] = {}
        if ids:
            with translated(self._where):
                rows = self._rows()
                for page in pages(ids, self._quotas.read) if rows else ():
                    answer = rows.get(ids=list(page), include=["documents"])
                    documents |= {
                        row: text
                        for row, text in zip(answer["ids"], answer["documents"], strict=True)
                        if text is not None
                    }
        return documents

    def _delete(self, conditions: Iterable[dict[str, Any]]) -> None:
        """Delete the further rows that meet one of the conditions."""
        if self._quotas.document is not None:
            with translated(self._where):
                rows = self._rows()
                for condition in conditions if rows else ():
                    rows.delete(where=condition)


def _further_id(key: object, number: int) -> str:
    return f"{key}+{number}"


def _split(text: str, most: int | None) -> tuple[str, str]:
    """A text cut in two: at most `most` bytes of UTF-8, in whole characters, and the rest."""
    if most is None or len(text) * 4 <= most:
        return text, ""
    first = text.encode()[:most].decode(errors="ignore")
    return first, text[len(first) :]


def _pieces(text: str, most: int) -> Iterator[str]:
    """A text in pieces of at most `most` bytes."""
    while text:
        first, text = _split(text, most)
        yield first
