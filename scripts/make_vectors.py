"""Write the vectors of the bundled films that come with the package, and the token vectors of their passages.

Only texts that are new are embedded.

Usage: python scripts/make_vectors.py [--anew]     (after a change to the bundled films or to how passages are cut)

With --anew all are embedded, and compared with what was there.
"""

import sys

import numpy as np

from moviesearch.config import Settings
from moviesearch.embedding.load import load
from moviesearch.embedding.passages import PassageSetting, split, whole_film
from moviesearch.embedding.shipped import shipped_file, shipped_tokens, shipped_vectors, write_shipped
from moviesearch.embedding.vectors import TokenVectors
from moviesearch.records import Movie
from moviesearch.sources import bundled, read


def main() -> None:
    """Embed every text of every bundled film."""
    encoder = load(None, Settings().cache, threads=Settings().threads)
    setting = PassageSetting(encoder.window)
    texts: dict[str, None] = {}
    passages: set[str] = set()
    for movie in read(bundled()):
        assert isinstance(movie, Movie), movie
        of_film = split(movie, encoder.tokenize, setting)
        texts |= dict.fromkeys([whole_film(movie.title, movie.plot), *of_film])
        passages.update(of_film)
    anew = "--anew" in sys.argv
    before = shipped_vectors(encoder.digest, texts)
    fresh = [text for text in texts if anew or text not in before]
    vectors = dict(before) | dict(zip(fresh, encoder.encode(fresh), strict=True))
    cosines = [float(vectors[text] @ before[text]) for text in before]
    print(f"{len(before)} of {len(texts)} texts were there, the least cosine {min(cosines, default=1):.7f}")
    tokens: dict[str, TokenVectors] = {}
    if encoder.token_digest:
        in_turn = [text for text in texts if text in passages]
        tokens = {} if anew else shipped_tokens(encoder.digest, encoder.token_digest, in_turn)
        fresh = [text for text in in_turn if text not in tokens]
        tokens |= zip(fresh, encoder.encode_tokens(fresh)[1], strict=True)
        print(f"{sum(map(len, tokens.values()))} tokens of {len(tokens)} passages, {len(fresh)} of them new")
    write_shipped(encoder.digest, vectors, encoder.token_digest, tokens)
    size = shipped_file(encoder.digest).stat().st_size
    print(f"{len(texts)} vectors of {np.shape(next(iter(vectors.values())))[0]} dimensions, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
