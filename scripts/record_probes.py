"""Write the vectors that sentence-transformers gives for the probes: what a graph made without PyTorch must agree with.

Usage: python scripts/record_probes.py     (for the bundled model; after a change to PROBES in embedding/export.py)
"""

from pathlib import Path

import numpy as np

from moviesearch.config import Settings
from moviesearch.embedding.export import PROBES
from moviesearch.embedding.models import locate
from moviesearch.embedding.reference_encoder import SentenceTransformersEncoder

target = Path(__file__).parents[1] / "moviesearch" / "data" / "probes"
model = locate(None, Settings().cache)
target.mkdir(exist_ok=True)
np.save(target / f"{model.float_digest[:32]}.npy", SentenceTransformersEncoder(model).encode(PROBES))
print(f"{model.name}: {target / model.float_digest[:32]}.npy")
