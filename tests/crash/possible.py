"""What may happen to a store: films in versions, steps with what each of their arguments may be, damage."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from acts import POINTS
from story import plot
from worker import ENCODERS, PEOPLE

from moviesearch import Movie

NUMBERS, VERSIONS = range(10), range(8)
COLLECTIONS = ("films", "copy")
MODELS = tuple(ENCODERS)

ROLES = {
    "cache": "vectors.sqlite3",
    "ledger": "{collection}/films.sqlite3",
    "chroma": "{collection}/chroma-*/chroma.sqlite3",
    "vectors": "{collection}/chroma-*/*/data_level0.bin",
    "links": "{collection}/chroma-*/*/link_lists.bin",
    "head": "{collection}/chroma-*/*/header.bin",
    "rows": "{collection}/chroma-*/*/index_metadata.pickle",
    "tokens": "{collection}/tokens-*/tokens.sqlite3",
    "words": "{collection}/lexical-*/index-*/*",
    "words' generation": "{collection}/lexical-*/generation*",
    "marks": "{collection}/seen.jsonl",
}
"""What a file is for -> where it lies."""

DAMAGES = ("cut", "emptied", "zeroed", "overwritten", "deleted")


def _killed():
    """No kill, more often than not; else one at any named point."""
    points = [(point, call, when) for point in POINTS for call in (1, 2, 3) for when in ("before", "after")]
    return [*[None] * len(points), *points]


@dataclass(frozen=True)
class Some:
    """An argument that is a few of these, in order."""

    of: Sequence[int]


_BY, _COLLECTION, _VERSION, _KILL = (0, 1), ("films", "films", "copy"), VERSIONS, _killed()
_SEVERAL = {"numbers": Some(NUMBERS), "version": _VERSION}
_DONE = {"collection": _COLLECTION, "by": _BY, "kill": _KILL}

STEPS = {
    "ingest": {**_SEVERAL, **_DONE, "prune": (False, False, True), "stop_after": (None, None, None, 1, 3, 6)},
    "rename": {"numbers": Some(NUMBERS), "change": (False, True), **_DONE},
    "rebuild": {"model": MODELS, **_DONE},
    "repair": _DONE,
    "copy": _DONE,
    "backup": _DONE,
    "restore": _DONE,
    "mark": {"numbers": Some(NUMBERS), "person": PEOPLE, "seen": (True, True, False), **_DONE},
    "kill": {"by": _BY},
    "reopen": {"by": _BY},
    "damage": {
        "role": tuple(ROLES),
        "how": DAMAGES,
        "which": range(8),
        "collection": _COLLECTION,
        "beside": (False, False, True),
    },
    "move": {},
    "beside": {**_SEVERAL, "by": _BY, "prune": (False, True), "kill": _KILL},
    "both": {"first": Some(NUMBERS), "second": Some(NUMBERS), "version": _VERSION, "by": _BY},
    "look": {"collection": _COLLECTION, "by": _BY, "thoroughly": (False, True)},
}
"""Step -> what each of its arguments may be."""


def film(number, version):
    """One of the films, as one of its versions tells it: plot, genres and title change at their own pace."""
    title = f"Film {number}" + " Again" * (version // 4)
    genres = ("Drama", "War")[: 1 + version % 2]
    return Movie(f"f{number}", title, plot(number, version // 2), 1900 + number, genres, None, {"number": number})


def damage(path, how):
    """Damage a file."""
    size = path.stat().st_size
    if how == "cut":
        os.truncate(path, size // 2)
    elif how == "emptied":
        os.truncate(path, 0)
    elif how == "zeroed":
        path.write_bytes(bytes(size))
    elif how == "deleted":
        path.unlink()
    else:
        with path.open("r+b") as file:
            for at in range(0, size, 97):
                file.seek(at)
                file.write(b"\xa5")
