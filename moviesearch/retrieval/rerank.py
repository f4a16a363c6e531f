"""An optional last step: a CrossEncoder reads the query beside each film and puts the best in order."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from moviesearch.embedding.passages import whole_film
from moviesearch.errors import EncoderError
from moviesearch.records import Match


def reranked(query: str, matches: Sequence[Match], model: str) -> list[Match]:
    """The matches in the order of a sentence-transformers CrossEncoder's scores, which replace theirs.

    `model` is a name or a folder. Raises EncoderError when it can't be had.
    """
    if not matches:
        return []
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from sentence_transformers import CrossEncoder

        encoder = CrossEncoder(model, model_kwargs={"use_safetensors": True}, trust_remote_code=False)
        pairs = [(query, whole_film(match.movie.title, match.passage)) for match in matches]
        scores = encoder.predict(pairs, show_progress_bar=False).tolist()
    except (ImportError, OSError, ValueError, RuntimeError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise EncoderError(
            f"the reranker {model!r} can't be had ({first}); give --rerank a CrossEncoder's folder"
        ) from error
    order = sorted(range(len(matches)), key=lambda at: (-scores[at], matches[at].movie.id))
    return [replace(matches[at], rank=rank, score=float(scores[at])) for rank, at in enumerate(order, 1)]
