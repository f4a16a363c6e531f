"""Whether an answer is one that a Chroma server gives, so that all that reads it may rely on its form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chromadb.types import Collection

_OF_ROWS = re.compile(r".*/collections/[^/]+/(get|query|count)")
_COLLECTION = re.compile(r".*/collections(/[^/]+)?")


def is_sound(method: str, path: str, include: Sequence[str], answer: Any) -> bool:
    """Whether what a server answers to a request has the form that is expected; requests unknown here pass.

    `include` names what was asked for of rows besides their ids.
    """
    if match := _OF_ROWS.fullmatch(path):
        is_of_form = {"get": _are_rows, "query": _are_hits, "count": _is_count}[match[1]](answer)
        return is_of_form and all(answer.get(name) is not None for name in include)
    if match := _COLLECTION.fullmatch(path):
        if method == "get" and match[1] is None:
            return isinstance(answer, list) and all(_is_collection(record) for record in answer)
        return method in ("delete", "put") or _is_collection(answer)
    return True


def _is_count(answer: Any) -> bool:
    return isinstance(answer, int) and not isinstance(answer, bool) and answer >= 0


def _is_collection(answer: Any) -> bool:
    try:
        model = Collection.from_json(answer)
    except (LookupError, TypeError, ValueError, AttributeError):
        return False
    return isinstance(model.name, str) and (model.metadata is None or isinstance(model.metadata, dict))


def _are_rows(answer: Any) -> bool:
    """Ids, and of what was asked for besides, one for each."""
    if not isinstance(answer, dict) or not _are_texts(answer.get("ids")):
        return False
    count = len(answer["ids"])
    documents, metadatas, embeddings = (answer.get(name) for name in ("documents", "metadatas", "embeddings"))
    return (
        (documents is None or (_are_texts(documents, or_none=True) and len(documents) == count))
        and (metadatas is None or (_is_list(metadatas, count) and all(map(_is_metadata, metadatas))))
        and (embeddings is None or (_is_list(embeddings, count) and _are_vectors(embeddings)))
    )


def _are_hits(answer: Any) -> bool:
    """For each query, ids, and as many distances."""
    if not isinstance(answer, dict) or not isinstance(answer.get("ids"), list):
        return False
    ids, distances = answer["ids"], answer.get("distances")
    if not all(map(_are_texts, ids)):
        return False
    return distances is None or (
        _is_list(distances, len(ids))
        and all(_is_list(row, len(of_row)) and _are_numbers(row) for row, of_row in zip(distances, ids, strict=True))
    )


def _is_metadata(record: Any) -> bool:
    if record is None:
        return True
    return isinstance(record, Mapping) and all(
        value is None or isinstance(value, str | int | float) for value in record.values()
    )


def _are_vectors(rows: Sequence[Any]) -> bool:
    return all(isinstance(row, list) and _are_numbers(row) for row in rows) and len({len(row) for row in rows}) < 2


def _are_numbers(values: Sequence[Any]) -> bool:
    """Whether all are numbers; the vectors of a page are many, so their types are looked at together."""
    return set(map(type, values)) <= {float, int}


def _are_texts(values: Any, *, or_none: bool = False) -> bool:
    return isinstance(values, list) and set(map(type, values)) <= ({str, type(None)} if or_none else {str})


def _is_list(values: Any, length: int) -> bool:
    return isinstance(values, list) and len(values) == length
