"""The encoder of a collection: loaded when it is first needed, and only for the vectors that are there."""

from __future__ import annotations

import threading
from collections.abc import Callable

from moviesearch.background import Background
from moviesearch.config import Settings
from moviesearch.embedding.early_encoder import EarlyEncoder
from moviesearch.embedding.encoder import Encoder
from moviesearch.embedding.load import load
from moviesearch.embedding.passages import PassageSetting
from moviesearch.errors import EncoderError, MismatchError
from moviesearch.storage.manifest import Manifest

from .cache_folder import CacheFolder


class EncoderLoader:
    """Loads the encoder of a collection once, when it is first needed; for several threads.

    A given `encoder` is used instead of loading one. `note` is told of work that takes a while.
    """

    def __init__(self, settings: Settings, encoder: Encoder | None, note: Callable[[str], None]) -> None:
        self._settings, self._encoder, self._note = settings, encoder, note
        self._is_given = encoder is not None
        self._loaded_from: str | None = None
        self._lock = threading.Lock()
        self._begun: tuple[str | None, Background[Encoder]] | None = None
        self.cache = CacheFolder(settings.cache, note)

    def at(self, location: str | None) -> Encoder:
        """The encoder of the model in the settings, else of the model at `location`, else of the default model.

        Where another process has made a collection anew with another model, that one is loaded in place of the first.
        Raises EncoderError when it can't be found, trusted or loaded.
        """
        with self._lock:
            if self._encoder is None or self._is_of_another(location):
                self._loaded_from = location
                begun, self._begun = self._begun, None
                self._encoder = begun[1].result() if begun and begun[0] == location else self._load(location)
            return self._encoder

    def begin(self, location: str | None) -> None:
        """Begin to load what `at` gives for a location, which is soon asked for. An error is raised there."""
        with self._lock:
            if self._encoder is None and self._begun is None:
                self._begun = location, Background(lambda: self._load(location), "encoder")

    def _load(self, location: str | None) -> Encoder:
        settings = self._settings
        return load(
            settings.model or location,
            settings.cache,
            threads=settings.threads,
            note=self._note,
            to_write=self.cache.to_write,
            early=True,
        )

    def _is_of_another(self, location: str | None) -> bool:
        """Whether the encoder that is loaded is of another model than that at `location`, and nobody chose it."""
        if self._encoder is None or self._is_given or self._settings.model is not None or location is None:
            return False
        return location not in (self._loaded_from, self._encoder.location)

    def close(self) -> None:
        """Remove what took the cache's place, and the encoder with it, if its files lie there."""
        with self._lock:
            if self._begun:
                self._begun[1].wait()
            if isinstance(self._encoder, EarlyEncoder):
                self._encoder.wait()
            if self.cache.is_spare:
                self._encoder = None
                self.cache.close()

    def that_made(self, manifest: Manifest) -> Encoder:
        """The encoder that a collection was made with.

        Raises EncoderError when it can't be loaded, MismatchError when the settings name another model, or another one
        has come in its place.
        """
        collection = self._settings.collection
        try:
            encoder = self.at(manifest.location)
        except EncoderError as error:
            raise EncoderError(
                f"{collection!r} was made with {manifest.model}, and that can't be had: {error}"
            ) from error
        if encoder.digest != manifest.digest:
            is_chosen = self._settings.model is not None or self._is_given
            way_out = "Leave --model out" if is_chosen else f"Put the former one back at {manifest.location}"
            raise MismatchError(
                f"collection {collection!r} was made with {manifest.model} ({manifest.digest[:12]}), "
                f"and this is {encoder.name} ({encoder.digest[:12]}). {way_out}, or `ingest --rebuild`"
            )
        return encoder


def manifest_of(encoder: Encoder, setting: PassageSetting, language: str) -> Manifest:
    """The manifest of a collection whose plots are cut by a setting and embedded by an encoder.

    `language` is the code of that by which words are stemmed.
    """
    return Manifest(
        model=encoder.name,
        location=encoder.location,
        digest=encoder.digest,
        dimension=encoder.dimension,
        window=setting.window,
        size=setting.size,
        overlap=setting.overlap,
        language=language,
    )
