"""Every default once, each with the environment variable that changes it.

| field | variable |
| --- | --- |
| store | MOVIESEARCH_STORE |
| the folder that is the store where none is named | MOVIESEARCH_DATA |
| collection | MOVIESEARCH_COLLECTION |
| model | MOVIESEARCH_MODEL |
| language (of a collection that is made: code or name; English where none is set) | MOVIESEARCH_LANGUAGE |
| token (of a server; `@FILE` reads it from a file) | MOVIESEARCH_TOKEN |
| ca_file | MOVIESEARCH_CA_FILE |
| timeout (seconds, for a request to a server; at most 10,000,000) | MOVIESEARCH_TIMEOUT |
| mirror (passages of a server's collection up to which its words are stored here) | MOVIESEARCH_MIRROR |
| cache | MOVIESEARCH_CACHE |
| threads (of the model; 0: one a core) | MOVIESEARCH_THREADS |
"""

from __future__ import annotations

import codecs
import os
from dataclasses import dataclass, field
from pathlib import Path

from .errors import UsageError

DATA = Path(__file__).parent / "data"
"""The folder of what comes with the package: the bundled films, adapters, help texts."""
BUNDLED_FILMS = DATA / "films.jsonl"
BUNDLED_QUERIES = DATA / "queries.jsonl"
"""Judged queries over the bundled films."""

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_COLLECTION = "films"
DEFAULT_LIMIT = 10
MOST_RESULTS = 1000
"""Films in an answer of the command line, at most: a program may read it, and nobody else waits."""
MOST_SERVED = 100
"""The same of the API, where others wait their turn."""
MOST_SHOWN = 50
"""The same on the page and for an assistant, which read what is there to its end."""
DEFAULT_TIMEOUT = 60.0
LONGEST_TIMEOUT = 10_000_000
"""Seconds; systems can't wait for hundreds of years."""
DEFAULT_MIRROR = 500_000
LONGEST_OVERVIEW = 800
"""Characters of a plot up to which it is taken for an overview, and not for the whole story."""
MOST_THREADS = 1024
LONGEST_TOKEN = 8000
"""Characters of a token: what common servers and proxies let through in one header."""


def _data_folder() -> str:
    if chosen := os.environ.get("MOVIESEARCH_DATA"):
        return str(home_expanded(chosen))
    from platformdirs import user_data_path

    return str(user_data_path("moviesearch"))


def _cache_folder() -> Path:
    if chosen := os.environ.get("MOVIESEARCH_CACHE"):
        return home_expanded(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("moviesearch")


def home_expanded(path: str) -> Path:
    """A path whose `~` or `~USER` at the beginning is a home. Raises UsageError where there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        user = path.partition("/")[0]
        raise UsageError(f"{path!r}: there is no user {user[1:]!r} here; ./{path} is a folder of that name") from error


def _number(name: str, default: float, most: float) -> float:
    value = os.environ.get(name)
    try:
        number = float(value) if value else default
    except ValueError:
        number = -1.0
    if not 0 < number <= most:
        raise UsageError(f"{name} is {value!r:.80}, and should be a number above 0, at most {most:,.0f}")
    return number


def _threads() -> int:
    value = os.environ.get("MOVIESEARCH_THREADS", "").strip()
    try:
        number = int(value or 0)
    except ValueError:
        number = -1
    if not 0 <= number <= MOST_THREADS:
        raise UsageError(
            f"MOVIESEARCH_THREADS is {value!r:.80}, and should be a whole number up to {MOST_THREADS:,}; 0: one a core"
        )
    return number or os.cpu_count() or 1


def read_token(value: str) -> str:
    """The token that a setting gives: the text itself, or for `@FILE` what that file holds, without space around it.

    Raises UsageError where the file can't be read, and for what `check_token` refuses.
    """
    if not value.startswith("@"):
        check_token(value)
        return value
    path = value[1:]
    if not path:
        raise UsageError("the token's @ names no file: write @FILE, the file that holds the token")
    try:
        with Path(path).expanduser().open("rb") as file:
            content = file.read(8 * LONGEST_TOKEN)  # enough to tell, and an end to /dev/zero
        # Windows' shells and editors write UTF-16 and byte order marks.
        utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        token = content.decode("utf-16" if utf_16 else "utf-8-sig").strip()
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: ~nobody
        reason = "it is no text" if isinstance(error, UnicodeError) else getattr(error, "strerror", None) or error
        raise UsageError(f"the token can't be read from {path!r} ({reason})") from error
    check_token(token, f" in {path!r}")
    if token.startswith("@"):
        raise UsageError(f"the token in {path!r} begins with @, as the name of a file would: choose another")
    return token


def check_token(token: str, where: str = "") -> None:
    """Raise UsageError, which never repeats the token, for one that no client can send in a header."""
    if not token:
        fault = "is empty"
    elif not token.isascii():
        fault = "holds letters or signs that are not ASCII"
    elif " " in token:
        fault = "holds spaces"
    elif not token.isprintable():
        fault = "holds control characters, such as a line break"
    elif len(token) > LONGEST_TOKEN:
        fault = f"is longer than {LONGEST_TOKEN:,} characters"
    else:
        return
    raise UsageError(
        f"the token{where} {fault}, and no program could send it: a token is one word of ASCII letters, digits and "
        "signs, given as MOVIESEARCH_TOKEN or in a file (--token @FILE)"
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are, and what is used where nothing else is given: each from its variable, or the default.

    A `token` that is set and empty is kept so: a server must not stand open because a variable came out empty.
    """

    store: str = field(default_factory=lambda: os.environ.get("MOVIESEARCH_STORE") or _data_folder())
    collection: str = field(default_factory=lambda: os.environ.get("MOVIESEARCH_COLLECTION") or DEFAULT_COLLECTION)
    model: str | None = field(default_factory=lambda: os.environ.get("MOVIESEARCH_MODEL") or None)
    language: str | None = field(default_factory=lambda: os.environ.get("MOVIESEARCH_LANGUAGE") or None)
    token: str | None = field(default_factory=lambda: os.environ.get("MOVIESEARCH_TOKEN"), repr=False)
    ca_file: str | None = field(default_factory=lambda: os.environ.get("MOVIESEARCH_CA_FILE") or None)
    timeout: float = field(default_factory=lambda: _number("MOVIESEARCH_TIMEOUT", DEFAULT_TIMEOUT, LONGEST_TIMEOUT))
    mirror: int = field(default_factory=lambda: int(_number("MOVIESEARCH_MIRROR", DEFAULT_MIRROR, 10**12)))
    cache: Path = field(default_factory=_cache_folder)
    threads: int = field(default_factory=_threads)

    @property
    def in_default_place(self) -> bool:
        """Whether the store and the collection are those that are used when none is named."""
        return (self.store, self.collection) == (_data_folder(), DEFAULT_COLLECTION)
