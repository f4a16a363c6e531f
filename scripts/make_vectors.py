"""Write the vectors of the bundled films that come with the package; only texts that are new are embedded.

Usage: python scripts/make_vectors.py [--anew]     (after a change to the bundled films or to how passages are cut)

With --anew all are embedded, and compared with what was there.
"""

import sys

import numpy as np

from moviesearch.config import Settings
from moviesearch.embedding.load import load
from moviesearch.embedding.passages import PassageSetting, split, whole_film
from moviesearch.embedding.shipped import shipped_file, shipped_vectors, write_shipped
from moviesearch.records import Movie
from moviesearch.sources import bundled, read


def main() -> None:
    """Embed every text of every bundled film."""
    encoder = load(None, Settings().cache, threads=Settings().threads)
    setting = PassageSetting(encoder.window)
    texts: dict[str, None] = {}
    for movie in read(bundled()):
        assert isinstance(movie, Movie), movie
        texts |= dict.fromkeys([whole_film(movie.title, movie.plot), *split(movie, encoder.tokenize, setting)])
    before = shipped_vectors(encoder.digest, texts)
    fresh = [text for text in texts if "--anew" in sys.argv or text not in before]
    vectors = dict(before) | dict(zip(fresh, encoder.encode(fresh), strict=True))
    cosines = [float(vectors[text] @ before[text]) for text in before]
    print(f"{len(before)} of {len(texts)} texts were there, the least cosine {min(cosines, default=1):.7f}")
    write_shipped(encoder.digest, vectors)
    size = shipped_file(encoder.digest).stat().st_size
    print(f"{len(texts)} vectors of {np.shape(next(iter(vectors.values())))[0]} dimensions, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
