"""Everything that moviesearch raises on purpose.

MovieSearchError            the message says what is wrong and the way out
├── SourceError             a source of films can't be read at all
├── NotFoundError           no such film, collection or store
│   └── SeveralFilmsError   several films of the title that was given
├── UsageError              a request that makes no sense as put
├── EncoderError            a model can't be found, loaded or trusted
├── ClusterError            the machines that embed can't be reached, or can't do it
└── StoreError              the store can't be opened, read or written
    ├── MismatchError       made by another model, passage setting or version
    ├── LockedError         another process is writing
    └── DamagedError        the store's files are damaged
"""

HOW_TO_FILL = "`moviesearch ingest` stores the bundled films, `moviesearch ingest FILE` your own"
"""The way out where there are no films."""


class MovieSearchError(Exception):
    """Root of all errors raised on purpose; `str()` is one message that names the fix."""


class SourceError(MovieSearchError):
    """A source of films can't be read at all: missing, a wrong kind of file, or wholly empty."""


class NotFoundError(MovieSearchError):
    """No film, collection or store of that name."""


class SeveralFilmsError(NotFoundError):
    """Several films have the title that was given; the message lists them."""


class UsageError(MovieSearchError):
    """A request that makes no sense as put, such as an empty query."""


class EncoderError(MovieSearchError):
    """A model that can't be found, loaded or trusted."""


class ClusterError(MovieSearchError):
    """The cluster can't be reached, or can't do the work."""


class StoreError(MovieSearchError):
    """The store can't be opened, read or written."""


class MismatchError(StoreError):
    """The collection was made by another model, passage setting or version."""


class LockedError(StoreError):
    """Another process holds the store for writing."""


class DamagedError(StoreError):
    """The store's own files are damaged."""


def is_panic(error: BaseException) -> bool:
    """Whether it is a panic of Rust code (Chroma's, tantivy's): a BaseException that no module lets one name."""
    return type(error).__name__ == "PanicException"


def not_text(text: str) -> str | None:
    """Why a string is no text, for a message: it holds half a character, as Python keeps a byte that is no UTF-8.

    None for a text, which any program can read.
    """
    if text.isascii():
        return None
    half = next((letter for letter in text if "\ud800" <= letter <= "\udfff"), None)
    if half is None:
        return None
    if "\udc80" <= half <= "\udcff":
        return f"holds the byte 0x{ord(half) - 0xDC00:02x}, which is no UTF-8 text"
    return f"holds half a character (U+{ord(half):04X}), which is no text"
