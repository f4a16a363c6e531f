"""Makes the token vectors of a collection's passages where they are missing: most from the cache, the rest anew.

A search goes on without them meanwhile, and says so. The caller holds the writer's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from moviesearch.errors import DamagedError, EncoderError, MismatchError
from moviesearch.storage import locks
from moviesearch.storage.rows import batches, passage_ids

from .check import tokens_wrong
from .embedder import Embedder
from .files import CollectionFiles

FEW_PASSAGES = 500
"""So many are embedded for their token vectors while somebody waits for an answer. More are left for later."""


def texts_in_chroma(files: CollectionFiles) -> Iterator[dict[str, dict[str, str]]]:
    """The passages of all films by film and id, from Chroma, a batch at a time. Raises DamagedError where some lack."""
    for batch in batches(files.ledger.entries()):
        rows_of = {entry.movie.id: passage_ids(entry.movie.id, entry.passages) for entry in batch}
        texts = files.chroma.texts([row for rows in rows_of.values() for row in rows])
        if len(texts) != sum(map(len, rows_of.values())):
            raise DamagedError("passages are missing")
        yield {film: {row: texts[row] for row in rows} for film, rows in rows_of.items()}


def complete(files: CollectionFiles, embedder: Embedder, tick: Callable[[], None] = lambda: None) -> None:
    """Make the token index of a collection that has none of this encoder: an earlier version made it, or lost it.

    `tick` is called after each batch and may raise to stop. What was embedded until then is in the cache.
    """
    if not files.ledger.counts()[0] or embedder.token_digest is None or _has_tokens(files, embedder.token_digest):
        return
    _announce(files, _lacking(embedder, texts_in_chroma(files)))
    _make(files, embedder, tick)


def mend(files: CollectionFiles, had_tokens: bool, *, look_at_rows: bool) -> None:
    """Make a token index again that was there and is lost, damaged, out of step or not finished."""
    wrong = tokens_wrong(files, look_at_rows=look_at_rows)
    if not wrong and (not had_tokens or files.token_index is not None):
        return
    manifest = files.ledger_manifest()
    try:
        embedder = files.embedder(manifest) if manifest else None
    except (EncoderError, MismatchError):  # whoever needs the model is told
        embedder = None
    if embedder is None or embedder.token_digest is None:
        return files.drop_token_index()
    _, lacking = _lacking(embedder, texts_in_chroma(files))
    if lacking > FEW_PASSAGES:
        files.begin_token_index(embedder.token_digest)  # unfinished: each answer says so
        return
    if lacking:
        files.note(f"the token vectors of {lacking:,} passages of {files.name!r} were lost; embedding these again")
    _make(files, embedder)


def _has_tokens(files: CollectionFiles, digest: str) -> bool:
    """Whether the token index is in step and made by what `digest` names."""
    try:
        index = files.token_index
    except DamagedError:
        return False
    return index is not None and index.digest == digest


def _lacking(embedder: Embedder, passages: Iterator[dict[str, dict[str, str]]]) -> tuple[int, int]:
    """(films, passages) that would have to be embedded for their token vectors."""
    films = lacking = 0
    for texts_of in passages:
        missing = set(embedder.without_tokens([text for texts in texts_of.values() for text in texts.values()]))
        films += sum(not missing.isdisjoint(texts.values()) for texts in texts_of.values())
        lacking += len(missing)
    return films, lacking


def announce(files: CollectionFiles, embedder: Embedder, *, anew: bool, somebody_waits: bool) -> None:
    """Before a rebuild, say what it embeds for token vectors alone; have it leave them out if it would be too many."""
    if anew or embedder.token_digest is None or _has_tokens(files, embedder.token_digest):
        return
    films, lacking = _lacking(embedder, _cut(files, embedder))
    if somebody_waits and lacking > FEW_PASSAGES:
        embedder.token_digest = None
    else:
        _announce(files, (films, lacking))


def _cut(files: CollectionFiles, embedder: Embedder) -> Iterator[dict[str, dict[str, str]]]:
    """The passages of all films as `texts_in_chroma` gives them, cut from their plots."""
    for batch in batches(files.ledger.entries()):
        passages = {entry.movie.id: embedder.passages(entry.movie) for entry in batch}
        yield {film: dict(zip(passage_ids(film, len(texts)), texts, strict=True)) for film, texts in passages.items()}


def _announce(files: CollectionFiles, lacking: tuple[int, int]) -> None:
    films, _ = lacking
    if films:
        of_films = "1 film" if films == 1 else f"{films:,} films"
        files.note(f"making the token vectors of {of_films}, which make answers better; this happens once")


def _make(files: CollectionFiles, embedder: Embedder, tick: Callable[[], None] = lambda: None) -> None:
    """Make the token index from Chroma's passages, of which those that the cache lacks are embedded.

    Meanwhile others may read: they go without it.
    """
    assert embedder.token_digest is not None
    generation = files.ledger.generation
    index = files.begin_token_index(embedder.token_digest)
    for texts_of in texts_in_chroma(files):
        tokens = embedder.tokens([text for texts in texts_of.values() for text in texts.values()], lambda _: tick())
        rows = {film: [(row, tokens[text]) for row, text in texts.items()] for film, texts in texts_of.items()}
        index.write(rows, None)
        tick()
    with locks.gate(files.folder, write=True):
        if files.ledger.generation == generation:  # a mirror may have gone on meanwhile
            index.write({}, generation)
