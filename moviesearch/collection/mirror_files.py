"""The files of a server's collection on this machine: its mirror, kept by `mirror`, and the vectors embedded here.

CACHE/mirrors/vectors.sqlite3               the embedding cache
CACHE/mirrors/SERVER/NAME/films.sqlite3     the mirror's ledger
CACHE/mirrors/SERVER/NAME/lexical-1/        the mirror's word index
CACHE/mirrors/SERVER/NAME/tokens-1/         the mirror's token index, where the encoder gives token vectors
CACHE/mirrors/SERVER/NAME/gate.lock         for the processes of this machine that share the mirror
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from moviesearch.config import Settings
from moviesearch.embedding.encoder import Encoder
from moviesearch.embedding.vectors import TokenVectors
from moviesearch.errors import EncoderError, MismatchError
from moviesearch.storage.bm25 import Bm25Index, NoBm25Index
from moviesearch.storage.manifest import Manifest
from moviesearch.storage.server.address import Server
from moviesearch.storage.token_index import UNFINISHED, TokenIndex

from . import mirror, token_vectors
from .embedder import Embedder
from .files import CollectionFiles, Note


class MirrorFiles(CollectionFiles):
    """The mirror's ledger, word index and token index. The server itself comes with `on_server.ServerCollection`."""

    def __init__(
        self, server: Server, settings: Settings, name: str, encoder: Callable[[Manifest], Encoder], note: Note
    ) -> None:
        super().__init__(settings.cache / "mirrors", name, encoder, note)
        self.server, self.words_up_to = server, settings.mirror
        self._lie_in(settings.cache)
        self._generation = -1
        self._may_embed = 0  # passages, for their token vectors, in this catching up

    def _lie_in(self, cache: Path) -> None:
        """Have the mirror lie in a cache folder: before anything of it is opened."""
        server, mirrors = self.server, cache / "mirrors"
        digest = hashlib.sha256(f"{server.url}\n{server.tenant}\n{server.database}".encode()).hexdigest()[:16]
        self.folder, self._cache_path = mirrors / digest / self.name, mirrors / "vectors.sqlite3"

    @property
    def words(self) -> Bm25Index:
        """The mirror's word index, even where it is empty."""
        return super().bm25

    @property
    def bm25(self) -> Bm25Index:
        """The word index to search in: an empty one where the collection is too large to have its words mirrored."""
        return self.words if mirror.has_words(self.ledger) else NoBm25Index()

    def drop_words(self) -> None:
        """Delete the word index; the next one is of the language that the ledger then says."""
        self.words.clear()
        self._bm25 = None

    def words_missing(self) -> str | None:
        """Why a search goes by meaning alone, without words; None where words count."""
        if mirror.has_words(self.ledger):
            return None
        return (
            f"{self.name!r} has more than {self.words_up_to:,} passages, so their words are not kept here "
            "and meaning alone decides; a higher MOVIESEARCH_MIRROR changes that"
        )

    # token vectors: kept where words are, from the cache; what that lacks is embedded here if it isn't much

    @property
    def tokens(self) -> TokenIndex | None:
        """See Collection. Where those here are of another encoder, the next reading begins them anew."""
        manifest = self.ledger_manifest()
        if manifest is None or not mirror.has_words(self.ledger):
            return None
        try:
            self._encoder_of(manifest)
        except MismatchError:
            return None
        if self.ledger.fact("tokens") != (self.wanted_tokens(manifest) or ""):
            self.ledger.set_facts(tokens=None)
            return None
        return self.token_index

    def wanted_tokens(self, manifest: Manifest) -> str | None:
        """What is to make the token vectors; None where the encoder can't be had, is another, or gives none."""
        try:
            return self.embedder(manifest).token_digest
        except (EncoderError, MismatchError):
            return None

    def had_token_index(self) -> bool:
        """Whether the mirror is to have a token index."""
        return bool(self.ledger.fact("tokens"))

    def tokens_in_step(self) -> bool:
        """Whether the token index is as the ledger says: finished for its generation, or known to be unfinished."""
        index = self.any_token_index()
        if not self.had_token_index():
            return self.ledger.fact("tokens") is not None
        return index is not None and index.generation in (self.ledger.generation, UNFINISHED)

    def restart_tokens(self, digest: str | None) -> None:
        """Begin an empty token index for what `digest` names, or none."""
        if digest is None:
            self.drop_token_index()
        else:
            self.begin_token_index(digest).write({}, self.ledger.generation)

    def mirror_tokens(self, passages: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Take the token vectors of films' passages, (id, text), into the token index, just before they are committed.

        Where more than a few would have to be embedded for it, the index stays unfinished.
        """
        index, manifest, generation = self.any_token_index(), self.ledger_manifest(), self.ledger.generation
        if index is None or manifest is None or index.generation != generation:
            return
        tokens = self._few_tokens(manifest, index.digest, [text for rows in passages.values() for _, text in rows])
        if tokens is None:
            index.write({}, None)  # unfinished: each answer says so
        else:
            rows = {film: [(row, tokens[text]) for row, text in texts] for film, texts in passages.items()}
            index.write(rows, generation + 1)

    def _few_tokens(
        self, manifest: Manifest, digest: str | None, texts: Sequence[str]
    ) -> dict[str, TokenVectors] | None:
        """The token vectors of texts, from the cache; of those that it lacks, few are embedded, else it is None."""
        if not texts:
            return {}
        try:
            embedder = self.embedder(manifest)
            missing = len(set(embedder.without_tokens(texts)))
            if embedder.token_digest != digest or missing > self._may_embed:
                return None
            self._may_embed -= missing
            return embedder.tokens(texts)
        except (EncoderError, MismatchError):
            return None

    def complete_tokens(self, embedder: Embedder, tick: Callable[[], None] = lambda: None) -> None:
        """Make the token vectors that are missing here, where the encoder gives any. Within `writing`.

        `tick` is called after each batch and may raise to stop; the next call goes on from there.
        """
        if embedder.token_digest is not None and mirror.has_words(self.ledger):
            token_vectors.complete(self, embedder, tick)
            if self.any_token_index() is not None:
                self.ledger.set_facts(tokens=embedder.token_digest)

    def _follow(self) -> None:
        """Open the word index anew where another process has changed the mirror."""
        if self._generation != self.ledger.generation:
            if self._bm25 is not None:
                self._bm25.close()
                self._bm25 = None
            self._generation = self.ledger.generation

    def _discard(self) -> None:
        """Delete the files, which may be damaged."""
        self.reset()
        for path in self.folder.glob("films.sqlite3*"):
            path.unlink(missing_ok=True)
        shutil.rmtree(self.lexical_folder(1), ignore_errors=True)
        shutil.rmtree(self.tokens_folder(1), ignore_errors=True)

    def close_index(self) -> None:
        """Write out what the mirror's word index holds, and close its token index."""
        self._close_token_index()
        if self._bm25 is not None:
            self._bm25.close()
