"""An optional last step: a CrossEncoder reads the query beside each film and puts the best in order."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from moviesearch.embedding.models import way_to_hub
from moviesearch.embedding.passages import whole_film
from moviesearch.errors import EncoderError
from moviesearch.records import Match


@contextmanager
def _hub_in_silence() -> Iterator[None]:
    """Show no warning of the hub's client: it tells each try to reach the hub, and the error at the end tells all."""
    log = logging.getLogger("huggingface_hub")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def reranked(query: str, matches: Sequence[Match], model: str) -> list[Match]:
    """The matches in the order of a sentence-transformers CrossEncoder, with its scores and new ranks.

    `model` is a name or a folder. Raises EncoderError when it can't be had.
    """
    if not matches:
        return []
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from sentence_transformers import CrossEncoder

        with _hub_in_silence():
            encoder = CrossEncoder(model, model_kwargs={"use_safetensors": True}, trust_remote_code=False)
        pairs = [(query, whole_film(match.movie.title, match.passage)) for match in matches]
        scores = encoder.predict(pairs, show_progress_bar=False).tolist()
    except Exception as error:  # errors of the hub's client and of the libraries below it have no root in common
        message = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        way = "" if os.path.isdir(model) else way_to_hub()
        raise EncoderError(
            f"the reranker {model!r} can't be had{way} ({message}); give --rerank a CrossEncoder's folder"
        ) from error
    order = sorted(zip(scores, matches, strict=True), key=lambda scored: (-scored[0], scored[1].movie.id))
    return [replace(match, rank=rank, score=float(score)) for rank, (score, match) in enumerate(order, 1)]
